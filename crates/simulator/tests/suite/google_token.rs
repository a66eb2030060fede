//! Google's token endpoint.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use helpdelta_simulator::{Google, GoogleAction, GoogleFault, GooglePlace, READONLY_SCOPE, ScopePolicy, When};
use jsonwebtoken::Algorithm;
use rstest::rstest;
use serde_json::{Value, json};

use crate::google_support::{Assertion, BASE, GRANT_TYPE, access_token, exchange, get_with, google, post_form, send};

const VALUES: &str = "/v4/spreadsheets/roster/values/Clients";
const UNREASONABLE: &str = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable \
                            timeframe. Check your iat and exp values in the JWT claim.";
const BROADER: &str = "https://www.googleapis.com/auth/spreadsheets";

/// The difference between an answer's `Date` and this machine's clock.
fn skew(date: &str) -> i64 {
    let date = httpdate::parse_http_date(date).expect("a date");
    let since_1970 = date.duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since_1970.as_secs()).unwrap() - jiff::Timestamp::now().as_second()
}

#[tokio::test(start_paused = true)]
async fn the_key_file_has_what_google_writes_into_it() {
    let google = google();
    let key_file: Value = serde_json::from_str(&google.service_account_key("http://127.0.0.1:9/")).unwrap();
    assert_eq!(key_file["type"], "service_account");
    assert_eq!(key_file["client_email"], google.client_email());
    assert_eq!(key_file["project_id"], google.project_id());
    assert_eq!(key_file["token_uri"], "http://127.0.0.1:9/token");
    assert_eq!(key_file["private_key_id"].as_str().unwrap().len(), 40);
    let pem = key_file["private_key"].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\nMII") && pem.ends_with("\n-----END PRIVATE KEY-----\n"));
    assert!(pem.lines().all(|line| line.len() <= 64));
    assert!(!format!("{google:?}").contains("MII"));
}

#[tokio::test(start_paused = true)]
async fn a_signed_assertion_gets_a_token_that_reads() {
    let google = google();
    let reply = exchange(&google, &Assertion::new(&google)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let body = reply.json();
    assert_eq!((&body["expires_in"], &body["token_type"]), (&json!(3599), &json!("Bearer")));
    let token = body["access_token"].as_str().unwrap();
    assert_eq!(get_with(&google, VALUES, token).await.status, StatusCode::OK);
    assert_eq!(google.scopes_asked(), [READONLY_SCOPE]);
}

#[rstest]
#[case::no_key_id(|assertion: Assertion| assertion.with_key_id(None))]
#[case::slow_by_four_minutes(|assertion: Assertion| assertion.later(-240))]
#[case::fast_by_four_minutes(|assertion: Assertion| assertion.later(240))]
#[case::subject_is_itself(|assertion: Assertion| {
    let issuer = assertion.claims["iss"].clone();
    assertion.claim("sub", issuer)
})]
#[tokio::test(start_paused = true)]
async fn what_google_bears_is_borne(#[case] change: fn(Assertion) -> Assertion) {
    let google = google();
    let reply = exchange(&google, &change(Assertion::new(&google))).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
}

#[rstest]
#[case::wrong_key(|assertion: Assertion| assertion.signed_by_a_stranger(), "invalid_grant", "Invalid JWT Signature.")]
#[case::wrong_key_id(
    |assertion: Assertion| assertion.with_key_id(Some("0f1e2d")), "invalid_grant", "Invalid JWT Signature."
)]
#[case::other_algorithm(
    |assertion: Assertion| assertion.with_algorithm(Algorithm::RS512), "invalid_grant", "Invalid JWT Signature."
)]
#[case::unknown_account(
    |assertion: Assertion| assertion.claim("iss", json!("nobody@x.example")),
    "invalid_grant",
    "Invalid grant: account not found"
)]
#[case::no_issuer(|assertion: Assertion| assertion.without("iss"), "invalid_grant", "Invalid grant: account not found")]
#[case::wrong_audience(
    |assertion: Assertion| assertion.claim("aud", json!("https://www.googleapis.com/oauth2/v4/token")),
    "invalid_grant",
    "Invalid JWT: Failed audience check. The right audience is http://127.0.0.1:8080/token"
)]
#[case::slow_clock(|assertion: Assertion| assertion.later(-360), "invalid_grant", UNREASONABLE)]
#[case::fast_clock(|assertion: Assertion| assertion.later(360), "invalid_grant", UNREASONABLE)]
#[case::too_long(
    |assertion: Assertion| { let issued = assertion.claims["iat"].as_i64().unwrap(); assertion.claim("exp", json!(issued + 3601)) },
    "invalid_grant",
    UNREASONABLE
)]
#[case::expired(
    |assertion: Assertion| { let issued = assertion.claims["iat"].clone(); assertion.claim("exp", issued) },
    "invalid_grant",
    UNREASONABLE
)]
#[case::milliseconds(
    |assertion: Assertion| { let issued = assertion.claims["iat"].as_i64().unwrap(); assertion.claim("iat", json!(issued * 1000)) },
    "invalid_grant",
    UNREASONABLE
)]
#[case::no_expiry(|assertion: Assertion| assertion.without("exp"), "invalid_grant", UNREASONABLE)]
#[case::no_scope(
    |assertion: Assertion| assertion.without("scope"),
    "invalid_scope",
    "Invalid OAuth scope or ID token audience provided."
)]
#[case::misspelt_scope(
    |assertion: Assertion| assertion.claim("scope", json!("https://www.googleapis.com/auth/spreadsheet.readonly")),
    "invalid_scope",
    "Invalid OAuth scope or ID token audience provided."
)]
#[case::delegation(
    |assertion: Assertion| assertion.claim("sub", json!("boss@x.example")),
    "unauthorized_client",
    "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the \
     scopes requested."
)]
#[tokio::test(start_paused = true)]
async fn a_wrong_assertion_is_refused_in_googles_words(
    #[case] change: fn(Assertion) -> Assertion,
    #[case] error: &str,
    #[case] description: &str,
) {
    let google = google();
    let reply = exchange(&google, &change(Assertion::new(&google))).await;
    assert!(reply.status.is_client_error());
    assert_eq!(reply.json(), json!({ "error": error, "error_description": description }));
}

#[rstest]
#[case::key_revoked(|google: &Google| google.edit(|state| state.key_revoked = true), "Invalid JWT Signature.")]
#[case::account_deleted(
    |google: &Google| google.edit(|state| state.account_deleted = true), "Invalid grant: account not found"
)]
#[case::google_ahead(|google: &Google| google.edit(|state| state.clock_offset_secs = 600), UNREASONABLE)]
#[case::google_behind(|google: &Google| google.edit(|state| state.clock_offset_secs = -600), UNREASONABLE)]
#[tokio::test(start_paused = true)]
async fn what_was_set_refuses_a_right_assertion(#[case] set: fn(&Google), #[case] description: &str) {
    let google = google();
    set(&google);
    let reply = exchange(&google, &Assertion::new(&google)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.json(), json!({ "error": "invalid_grant", "error_description": description }));
}

#[rstest]
#[case::ahead(600)]
#[case::behind(-86_400)]
#[case::right(0)]
#[tokio::test(start_paused = true)]
async fn every_answer_tells_googles_time_and_a_client_of_that_time_gets_in(#[case] offset: i64) {
    let google = google();
    google.edit(|state| state.clock_offset_secs = offset);
    let granted = exchange(&google, &Assertion::new(&google).later(offset)).await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.text);
    let refused = get_with(&google, VALUES, "none").await;
    for reply in [granted, refused] {
        assert!((skew(reply.header("date").unwrap()) - offset).abs() <= 2);
    }
}

#[rstest]
#[case::nothing(&[], "invalid_request", "Required parameter is missing: grant_type")]
#[case::grant_type(&[("grant_type", "password")], "unsupported_grant_type", "Invalid grant_type: password")]
#[case::no_assertion(&[("grant_type", GRANT_TYPE)], "invalid_request", "Required parameter is missing: assertion")]
#[case::no_token(
    &[("grant_type", GRANT_TYPE), ("assertion", "x.y.z")], "invalid_grant", "Invalid JWT: not a signed JSON web token."
)]
#[tokio::test(start_paused = true)]
async fn a_wrong_form_is_refused(#[case] fields: &[(&str, &str)], #[case] error: &str, #[case] description: &str) {
    let reply = post_form(&google(), fields).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.json(), json!({ "error": error, "error_description": description }));
}

#[tokio::test(start_paused = true)]
async fn a_form_sent_as_json_is_refused_and_not_logged() {
    let google = google();
    let body = json!({ "grant_type": GRANT_TYPE, "assertion": Assertion::new(&google).sign() }).to_string();
    let length = body.len();
    let request = Request::post("/token").header("Content-Type", "application/json").body(Body::from(body)).unwrap();
    let reply = send(google.router(), request).await;
    assert_eq!((reply.status, &reply.json()["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
    assert_eq!(google.requests()[0].body, format!("[{length} bytes]"));
}

#[rstest]
#[case::least(ScopePolicy::ReadonlyAlone, READONLY_SCOPE, 200, 200)]
#[case::broader(ScopePolicy::ReadonlyAlone, BROADER, 400, 0)]
#[case::broader_as_google(ScopePolicy::AsGoogle, BROADER, 200, 200)]
#[case::unrelated_as_google(ScopePolicy::AsGoogle, "https://www.googleapis.com/auth/userinfo.email", 200, 403)]
#[case::unknown_as_google(ScopePolicy::AsGoogle, "https://www.googleapis.com/auth/nothing", 400, 0)]
#[tokio::test(start_paused = true)]
async fn the_least_scope_alone_is_granted_unless_told_otherwise(
    #[case] policy: ScopePolicy,
    #[case] scope: &str,
    #[case] granted: u16,
    #[case] read: u16,
) {
    let google = google();
    google.edit(|state| state.scopes = policy);
    let reply = exchange(&google, &Assertion::new(&google).claim("scope", json!(scope))).await;
    assert_eq!(reply.status.as_u16(), granted, "{}", reply.text);
    assert_eq!(google.scopes_asked(), [scope]);
    if let Some(token) = reply.json()["access_token"].as_str() {
        assert_eq!(get_with(&google, VALUES, token).await.status.as_u16(), read);
    }
}

#[rstest]
#[case::made_up(|_: &Google| (), Some("ya29.c.made-up"))]
#[case::expired(|google: &Google| google.expire_tokens(), None)]
#[case::past_its_life(|google: &Google| google.edit(|state| state.clock_offset_secs = 3600), None)]
#[tokio::test(start_paused = true)]
async fn a_token_that_is_not_alive_is_unauthenticated(#[case] change: fn(&Google), #[case] token: Option<&str>) {
    let google = google();
    let right = access_token(&google).await;
    change(&google);
    let reply = get_with(&google, VALUES, token.unwrap_or(&right)).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.json()["error"]["status"], "UNAUTHENTICATED");
}

#[tokio::test(start_paused = true)]
async fn a_token_lives_as_long_as_set() {
    let google = google();
    google.edit(|state| state.token_lifetime = Duration::ZERO);
    let token = access_token(&google).await;
    assert_eq!(get_with(&google, VALUES, &token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(start_paused = true)]
async fn the_log_has_no_assertion_and_no_token() {
    let google = google();
    let assertion = Assertion::new(&google).sign();
    let reply = post_form(&google, &[("grant_type", GRANT_TYPE), ("assertion", &assertion)]).await;
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();
    get_with(&google, &format!("{VALUES}?access_token={token}"), &token).await;
    let log = format!("{:?}", google.requests());
    assert!(!log.contains(&assertion) && !log.contains(&token), "{log}");
    assert_eq!(
        google.requests()[0].body,
        format!("grant_type={}&assertion=[redacted]", GRANT_TYPE.replace(':', "%3A"))
    );
    assert_eq!(google.counts().by_status.into_iter().collect::<Vec<_>>(), [(200, 1), (400, 1)]);
    google.clear_log();
    assert_eq!((google.requests(), google.scopes_asked()), (Vec::new(), Vec::new()));
}

#[rstest]
#[case::server_error(GoogleAction::Status(503), 503, r#""error":"internal_failure""#)]
#[case::client_error(GoogleAction::Status(400), 400, r#""error":"invalid_request""#)]
#[case::page(GoogleAction::Page(502), 502, "<title>Error 502 (Bad Gateway)!!1</title>")]
#[tokio::test(start_paused = true)]
async fn a_fault_of_the_token_endpoint_leaves_the_sheets_alone(
    #[case] action: GoogleAction,
    #[case] status: u16,
    #[case] text: &str,
) {
    let google = google();
    let token = access_token(&google).await;
    google.inject(GoogleFault::new(GooglePlace::Token, action).when(When::First(1)));
    assert_eq!(get_with(&google, VALUES, &token).await.status, StatusCode::OK);
    let reply = exchange(&google, &Assertion::new(&google)).await;
    assert_eq!(reply.status.as_u16(), status);
    assert!(reply.text.contains(text) && reply.header("date").is_some(), "{}", reply.text);
    assert_eq!(exchange(&google, &Assertion::new(&google)).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn each_key_file_names_a_right_audience() {
    let google = google();
    google.service_account_key("http://[::1]:1");
    for audience in [format!("{BASE}/token"), "http://[::1]:1/token".to_owned()] {
        let reply = exchange(&google, &Assertion::new(&google).claim("aud", json!(audience))).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    }
}
