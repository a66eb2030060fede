//! What can be made to go wrong.

use std::time::Duration;

use axum::body::to_bytes;
use axum::http::{Method, StatusCode};
use helpdelta_simulator::{Action, CannedResponse, Fault, RetryAfter, Simulator, When};
use rstest::rstest;
use serde_json::Value;
use tokio::time::Instant;
use tower::ServiceExt as _;

use crate::support::{acme, get, post, query, request, simulator};

const USERS: &str = "/acme/api/users";

fn failing(action: Action) -> Simulator {
    let simulator = simulator();
    simulator.inject(Fault::new("acme", "/api/users", action));
    simulator
}

#[rstest]
#[case::error(Action::error(500, "Oops."), 500, "application/json", r#"{"error":{"msg":"Oops."}}"#)]
#[case::unavailable_page(Action::html(503), 503, "text/html; charset=utf-8", "<h1>503</h1>")]
#[case::ok_page(Action::html(200), 200, "text/html; charset=utf-8", "cloudflare")]
#[case::garbage(Action::GarbageJson, 200, "application/json", r#"{"data": [{"agentId": 4815"#)]
#[case::empty_list(Action::EmptyList, 200, "application/json", r#""data":[]"#)]
#[case::null_data(Action::NullData, 200, "application/json", r#""data":null"#)]
#[tokio::test(start_paused = true)]
async fn a_fault_replaces_the_answer(
    #[case] action: Action,
    #[case] status: u16,
    #[case] content_type: &str,
    #[case] text: &str,
) {
    let reply = get(&failing(action), USERS).await;
    assert_eq!(reply.status.as_u16(), status);
    assert_eq!(reply.header("content-type"), Some(content_type));
    assert!(reply.text.contains(text), "{}", reply.text);
    assert_eq!(reply.header("x-gorgias-account-api-call-limit"), Some("1/40"));
}

#[tokio::test(start_paused = true)]
async fn not_ready_is_202_with_an_empty_body() {
    let reply = get(&failing(Action::accepted()), USERS).await;
    assert_eq!((reply.status, reply.text.as_str()), (StatusCode::ACCEPTED, ""));
    assert_eq!(reply.header("content-type"), None);
}

#[rstest]
#[case::missing(RetryAfter::Missing, None)]
#[case::zero(RetryAfter::Seconds(0), Some("0"))]
#[case::seconds(RetryAfter::Seconds(7), Some("7"))]
#[case::fraction(RetryAfter::Text("1.5".to_owned()), Some("1.5"))]
#[case::junk(RetryAfter::Text("soon".to_owned()), Some("soon"))]
#[tokio::test(start_paused = true)]
async fn retry_after_is_spelt_as_told(#[case] retry_after: RetryAfter, #[case] expected: Option<&str>) {
    let reply = get(&failing(Action::throttled(retry_after)), USERS).await;
    assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(reply.header("retry-after"), expected);
}

#[tokio::test(start_paused = true)]
async fn retry_after_can_be_a_date() {
    let retry_after = RetryAfter::DateIn(Duration::from_secs(3600));
    let reply = get(&failing(Action::throttled(retry_after)), USERS).await;
    let date = httpdate::parse_http_date(reply.header("retry-after").unwrap()).unwrap();
    assert!(date > std::time::SystemTime::now() + Duration::from_secs(3000));
}

#[tokio::test(start_paused = true)]
async fn a_canned_response_has_headers_of_its_own() {
    let headers =
        vec![("Content-Type".to_owned(), "text/plain".to_owned()), ("Retry-After".to_owned(), "3".to_owned())];
    let canned = CannedResponse { status: 599, headers, retry_after: None, body: "?".to_owned() };
    let reply = get(&failing(Action::Respond(canned)), USERS).await;
    assert_eq!((reply.status.as_u16(), reply.text.as_str()), (599, "?"));
    assert_eq!((reply.header("content-type"), reply.header("retry-after")), (Some("text/plain"), Some("3")));
}

#[tokio::test(start_paused = true)]
async fn a_redirect_leads_to_another_host() {
    let location = "http://elsewhere.example/api/users".to_owned();
    let reply = get(&failing(Action::Redirect { location: location.clone() }), USERS).await;
    assert_eq!((reply.status, reply.header("location")), (StatusCode::TEMPORARY_REDIRECT, Some(location.as_str())));
}

#[tokio::test(start_paused = true)]
async fn a_careless_error_quotes_the_authorization_header() {
    let reply = get(&failing(Action::EchoAuthorization { status: 400 }), USERS).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.message().contains(&acme().token()));
}

#[tokio::test(start_paused = true)]
async fn endless_paging_is_the_first_page_with_the_same_cursor_each_time() {
    let simulator = failing(Action::RepeatedCursor);
    let first = get(&simulator, "/acme/api/users?limit=1").await.json();
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let escaped: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
    let second = get(&simulator, &format!("/acme/api/users?limit=1&cursor={escaped}")).await.json();
    assert_eq!(second["data"], first["data"]);
    assert_eq!(second["meta"]["next_cursor"], cursor);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_answer_is_the_true_one() {
    let simulator = failing(Action::Delay(Duration::from_secs(45)));
    let start = Instant::now();
    let reply = get(&simulator, USERS).await;
    assert_eq!(start.elapsed(), Duration::from_secs(45));
    assert_eq!(reply.json()["data"].as_array().map(Vec::len), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_answered_has_no_status_and_is_over_when_the_client_gives_up() {
    let simulator = failing(Action::NeverAnswer);
    let waited = tokio::time::timeout(Duration::from_secs(3600), get(&simulator, USERS)).await;
    assert!(waited.is_err());
    assert_eq!(simulator.requests("acme").unwrap()[0].status, None);
    simulator.clear_faults();
    simulator.clear_log();
    get(&simulator, USERS).await;
    assert_eq!(simulator.counts("acme").unwrap().most_at_once, 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_can_break_in_the_middle_of_the_body() {
    let simulator = failing(Action::CloseMidBody);
    let response = simulator.router().oneshot(request(&simulator, Method::GET, USERS, None)).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers().contains_key("content-length"));
    assert!(to_bytes(response.into_body(), usize::MAX).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn an_oversize_answer_is_json_of_more_bytes_than_told() {
    let reply = get(&failing(Action::Oversize { bytes: 3_000_000 }), USERS).await;
    assert!(reply.text.len() > 3_000_000);
    assert_eq!(reply.json()["data"], Value::Array(Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_one_scope_and_of_the_first_requests_passes() {
    let simulator = simulator();
    let fault = Fault::new("acme", "/api/reporting/stats", Action::accepted());
    simulator.inject(fault.body_contains("\"messages-sent\"").when(When::First(2)));
    let ask = async |scope: &str| {
        let query = query(scope, None, "2025-01-01", "2025-02-01", "UTC");
        post(&simulator, "/acme/api/reporting/stats", &query).await.status.as_u16()
    };
    assert_eq!(ask("tickets-closed").await, 200);
    assert_eq!([ask("messages-sent").await, ask("messages-sent").await, ask("messages-sent").await], [202, 202, 200]);
    assert_eq!(simulator.counts("acme").unwrap().by_status[&202], 2);
}
