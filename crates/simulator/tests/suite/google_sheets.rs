//! Google's Sheets API.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use helpdelta_simulator::{CannedResponse, Google, GoogleAction, GoogleFault, GooglePlace, When, Worksheet};
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::google_support::{access_token, get, get_with, google, send};

const VALUES: &str = "/v4/spreadsheets/roster/values/Clients";

fn values(range: &str) -> String {
    format!("/v4/spreadsheets/roster/values/{range}")
}

/// The recorded answer, asked as it was asked.
#[tokio::test(start_paused = true)]
async fn values_come_in_the_recorded_shape() {
    let recorded = json!({
        "range": "Sheet1!A1:D3",
        "majorDimension": "ROWS",
        "values": [
            ["Name", "Email", "Phone", "Department"],
            ["John Doe", "john@example.com", "+1234567890", "Sales"],
            ["Jane Smith", "jane@example.com", "+0987654321", "Marketing"]
        ],
    });
    let google = google();
    let rows: Vec<Vec<String>> = serde_json::from_value(recorded["values"].clone()).unwrap();
    google.put_sheet("recorded", vec![Worksheet::new("Sheet1", rows)]);
    let reply = get(&google, "/v4/spreadsheets/recorded/values/Sheet1!A1%3AD3").await;
    assert_eq!(reply.text, recorded.to_string());
    assert_eq!(reply.header("content-type"), Some("application/json; charset=UTF-8"));
    assert_eq!(reply.header("vary"), Some("Origin, X-Origin, Referer"));
    assert_eq!(reply.header("server"), Some("ESF"));
}

#[rstest]
#[case::title("Clients", "Clients!A1:Z1000", "Client")]
#[case::quoted_title("%27Clients%27", "Clients!A1:Z1000", "Client")]
#[case::apostrophe("%27Bo%27%27s%20own%27", "'Bo''s own'!A1:Z1000", "x")]
#[case::bare_apostrophe("Bo's%20own", "'Bo''s own'!A1:Z1000", "x")]
#[case::escaped_slash("%27North%2FSouth%27", "'North/South'!A1:Z1000", "compass")]
#[case::cells_of_a_title("Clients!B2%3AC2", "Clients!B2:C2", "YTpi")]
#[case::first_visible("A2%3AZ", "Clients!A2:Z1000", "acme")]
#[case::title_like_a_cell("%27Q1%27", "'Q1'!A1:Z1000", "quarter")]
#[case::hidden("Old", "Old!A1:Z1000", "hidden")]
#[tokio::test(start_paused = true)]
async fn a_range_is_found_and_named(#[case] range: &str, #[case] name: &str, #[case] first: &str) {
    let body = get(&google(), &values(range)).await.json();
    assert_eq!((&body["range"], &body["values"][0][0]), (&json!(name), &json!(first)), "{body}");
}

#[tokio::test(start_paused = true)]
async fn rows_are_ragged_and_empty_ends_are_left_out() {
    let body = get(&google(), &values("%27Clients%27")).await.json();
    let expected = json!([
        ["Client", "Authentication", "Channel", "Notes"],
        ["acme", "YTpi", "email"],
        [],
        ["globex", "", "chat", "paused"]
    ]);
    assert_eq!(body["values"], expected);
}

#[rstest]
#[case::empty_worksheet("Empty", "Empty!A1:Z1000")]
#[case::empty_cell_instead_of_the_worksheet_of_that_title("Q1", "Clients!Q1")]
#[tokio::test(start_paused = true)]
async fn an_empty_range_has_no_values_key(#[case] range: &str, #[case] name: &str) {
    let reply = get(&google(), &values(range)).await;
    assert_eq!(reply.json(), json!({ "range": name, "majorDimension": "ROWS" }));
}

#[rstest]
#[case::unknown_title("Clinets", "Unable to parse range: Clinets")]
#[case::other_letters("clients", "Unable to parse range: clients")]
#[case::unknown_title_with_cells("Clinets!A1%3AB2", "Unable to parse range: Clinets!A1:B2")]
#[case::no_cells("Clients!", "Unable to parse range: Clients!")]
#[case::outside("Clients!AA1", "Range (Clients!AA1) exceeds grid limits. Max rows: 1000, max columns: 26")]
#[case::unknown_parameter("Clients?majordimension=ROWS", "Unknown name \"majordimension\"")]
#[case::unknown_option("Clients?valueRenderOption=PRETTY", "Invalid value at 'value_render_option'")]
#[case::columns("Clients?majorDimension=COLUMNS", "This simulator does not serve majorDimension=COLUMNS")]
#[case::formulas("Clients?valueRenderOption=FORMULA", "This simulator does not serve valueRenderOption=FORMULA")]
#[tokio::test(start_paused = true)]
async fn a_wrong_request_is_refused(#[case] request: &str, #[case] message: &str) {
    let reply = get(&google(), &values(request)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let error = &reply.json()["error"];
    assert_eq!((&error["code"], &error["status"]), (&json!(400), &json!("INVALID_ARGUMENT")));
    assert!(error["message"].as_str().unwrap().contains(message), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_default_options_may_be_written_out() {
    let google = google();
    let options = "majorDimension=ROWS&valueRenderOption=FORMATTED_VALUE&dateTimeRenderOption=FORMATTED_STRING";
    assert_eq!(get(&google, &format!("{VALUES}?{options}")).await.text, get(&google, VALUES).await.text);
    let masked = get(&google, &format!("{VALUES}?fields=range")).await;
    assert_eq!(masked.json(), json!({ "range": "Clients!A1:Z1000" }));
}

#[tokio::test(start_paused = true)]
async fn a_spreadsheet_tells_its_worksheets() {
    let body = get(&google(), "/v4/spreadsheets/roster").await.json();
    assert_eq!((&body["spreadsheetId"], &body["properties"]["title"]), (&json!("roster"), &json!("Helpdesk accounts")));
    let told: Vec<(&str, u64, bool)> = body["sheets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sheet| &sheet["properties"])
        .map(|sheet| {
            let hidden = sheet.get("hidden").is_some_and(|hidden| hidden == true);
            (sheet["title"].as_str().unwrap(), sheet["index"].as_u64().unwrap(), hidden)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("Old", 0, true),
            ("Clients", 1, false),
            ("Bo's own", 2, false),
            ("Q1", 3, false),
            ("North/South", 4, false),
            ("Empty", 5, false)
        ]
    );
    assert_eq!(body["sheets"][1]["properties"].get("hidden"), None);
}

#[tokio::test(start_paused = true)]
async fn a_mask_leaves_the_worksheets_alone() {
    let body = get(&google(), "/v4/spreadsheets/roster?fields=sheets.properties(title,index)").await.json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["sheets"]);
}

fn disable(google: &Google) {
    google.edit(|state| state.sheets_api_enabled = false);
}

fn unshare(google: &Google) {
    google.edit(|state| state.spreadsheets.get_mut("roster").unwrap().shared = false);
}

fn remove(google: &Google) {
    google.edit(|state| state.spreadsheets.clear());
}

#[rstest]
#[case::unshared(unshare, 403, "PERMISSION_DENIED", "The caller does not have permission", None)]
#[case::removed(remove, 404, "NOT_FOUND", "Requested entity was not found.", None)]
#[case::disabled(
    disable,
    403,
    "PERMISSION_DENIED",
    "Google Sheets API has not been used in project 480000000815 before or it is disabled. Enable it by visiting ",
    Some("SERVICE_DISABLED")
)]
#[tokio::test(start_paused = true)]
async fn what_was_set_refuses_both_methods(
    #[case] set: fn(&Google),
    #[case] code: u16,
    #[case] status: &str,
    #[case] message: &str,
    #[case] reason: Option<&str>,
) {
    let google = google();
    set(&google);
    for path in [VALUES, "/v4/spreadsheets/roster"] {
        let reply = get(&google, path).await;
        let error = reply.json()["error"].clone();
        assert_eq!(reply.status.as_u16(), code);
        assert_eq!((&error["code"], &error["status"]), (&json!(code), &json!(status)));
        assert!(error["message"].as_str().unwrap().starts_with(message), "{error}");
        let reasons =
            error["details"].as_array().map(|details| details.iter().find_map(|detail| detail["reason"].as_str()));
        assert_eq!(reasons.flatten(), reason);
    }
}

#[rstest]
#[case::nobody(None, 403, "PERMISSION_DENIED")]
#[case::basic(Some("Basic YTpi"), 401, "UNAUTHENTICATED")]
#[case::empty_token(Some("Bearer "), 401, "UNAUTHENTICATED")]
#[tokio::test(start_paused = true)]
async fn whoever_has_no_token_is_not_let_in(
    #[case] authorization: Option<&str>,
    #[case] code: u16,
    #[case] status: &str,
) {
    let mut request = Request::get(VALUES);
    if let Some(authorization) = authorization {
        request = request.header("Authorization", authorization);
    }
    let reply = send(google().router(), request.body(Body::empty()).unwrap()).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["error"]["status"]), (code, &json!(status)));
}

#[rstest]
#[case::writing("PUT", VALUES, "", 404)]
#[case::batch("GET", "/v4/spreadsheets/roster/values:batchGet", "", 404)]
#[case::body("GET", VALUES, "{}", 400)]
#[case::no_text("GET", "/v4/spreadsheets/roster/values/%FF", "", 404)]
#[tokio::test(start_paused = true)]
async fn what_google_does_not_know_is_a_page(
    #[case] method: &str,
    #[case] path: &str,
    #[case] body: &'static str,
    #[case] status: u16,
) {
    let google = google();
    let token = access_token(&google).await;
    let request = Request::builder().method(method).uri(path).header("Authorization", format!("Bearer {token}"));
    let reply = send(google.router(), request.body(Body::from(body)).unwrap()).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (status, Some("text/html; charset=UTF-8")));
    assert!(reply.header("date").is_some());
    let logged = google.requests().pop().unwrap();
    assert_eq!((logged.method.as_str(), logged.path.as_str(), logged.status), (method, path, Some(status)));
}

#[rstest]
#[case::quota(GoogleAction::Quota, 429, r#""reason":"RATE_LIMIT_EXCEEDED""#)]
#[case::quota_as_status(GoogleAction::Status(429), 429, r#""status":"RESOURCE_EXHAUSTED""#)]
#[case::quota_page(GoogleAction::Page(429), 429, "<title>Error 429 (Too Many Requests)!!1</title>")]
#[case::internal(GoogleAction::Status(500), 500, r#""status":"INTERNAL""#)]
#[case::unavailable(GoogleAction::Status(503), 503, r#""message":"The service is currently unavailable.""#)]
#[case::garbage(GoogleAction::GarbageJson, 200, "{\"range\": \"Cli")]
#[case::redirect(GoogleAction::Redirect { location: "https://elsewhere.example/".to_owned() }, 307, "")]
#[tokio::test(start_paused = true)]
async fn a_fault_replaces_the_answer_where_and_when_it_was_told(
    #[case] action: GoogleAction,
    #[case] status: u16,
    #[case] text: &str,
) {
    let google = google();
    google.inject(GoogleFault::new(GooglePlace::Values, action).when(When::First(1)));
    assert_eq!(get(&google, "/v4/spreadsheets/roster").await.status, StatusCode::OK);
    let reply = get(&google, VALUES).await;
    assert_eq!(reply.status.as_u16(), status);
    assert!(reply.text.contains(text) && reply.header("date").is_some(), "{}", reply.text);
    assert_eq!(get(&google, VALUES).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn faults_anywhere_strike_until_they_are_cleared() {
    let google = google();
    let token = access_token(&google).await;
    let canned = CannedResponse {
        status: 418,
        headers: vec![("Date".to_owned(), "Thu, 12 Mar 2026 07:34:33 GMT".to_owned())],
        retry_after: None,
        body: "tea".to_owned(),
    };
    google.inject(GoogleFault::new(GooglePlace::Anywhere, GoogleAction::Respond(canned)));
    for path in ["/token", VALUES, "/v4/spreadsheets/roster", "/v4/elsewhere"] {
        let reply = get_with(&google, path, &token).await;
        assert_eq!((reply.status.as_u16(), reply.text.as_str()), (418, "tea"));
        assert_eq!(reply.header("date"), Some("Thu, 12 Mar 2026 07:34:33 GMT"));
    }
    google.clear_faults();
    assert_eq!(get_with(&google, VALUES, &token).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_careless_error_quotes_the_credential() {
    let google = google();
    let token = access_token(&google).await;
    google.inject(GoogleFault::new(GooglePlace::Values, GoogleAction::EchoCredential { status: 403 }));
    let reply = get_with(&google, VALUES, &token).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.json()["error"]["message"].as_str().unwrap().contains(&token));
}

#[tokio::test(start_paused = true)]
async fn latency_and_delays_pass_on_tokios_clock() {
    let google = google();
    let token = access_token(&google).await;
    google.edit(|state| state.latency = Duration::from_secs(2));
    google.inject(GoogleFault::new(GooglePlace::Values, GoogleAction::Delay(Duration::from_secs(60))));
    let began = Instant::now();
    assert_eq!(get_with(&google, VALUES, &token).await.status, StatusCode::OK);
    assert_eq!(began.elapsed(), Duration::from_secs(62));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_never_answered_is_logged_without_a_status() {
    let google = google();
    let token = access_token(&google).await;
    google.inject(GoogleFault::new(GooglePlace::Values, GoogleAction::NeverAnswer));
    let waited = tokio::time::timeout(Duration::from_secs(600), get_with(&google, VALUES, &token)).await;
    assert!(waited.is_err());
    assert_eq!(google.requests().pop().unwrap().status, None);
    assert_eq!(google.counts().most_at_once, 1);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_rows_come_at_once() {
    let google = google();
    let rows = (0..10_000).map(|row| vec![format!("client {row}"), "YTpi".to_owned()]);
    google.put_sheet("large", vec![Worksheet::new("Clients", rows)]);
    let body = get(&google, "/v4/spreadsheets/large/values/A%3AB").await.json();
    assert_eq!(body["range"], "Clients!A1:B10000");
    assert_eq!(body["values"].as_array().map(Vec::len), Some(10_000));
    assert_eq!(body["values"][9_999], Value::from(vec!["client 9999", "YTpi"]));
}
