//! The reader against a scripted network under tokio's paused clock.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use helpdelta_simulator::Google;
use rstest::rstest;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::transport::{TransportError, parse_http_date};
use super::*;

type Answer = Result<TransportResponse, TransportError>;

const DATE: &str = "Thu, 12 Mar 2026 07:34:33 GMT";
const SECRET: &str = "planted-secret";

static KEY: LazyLock<ServiceAccountKey> = LazyLock::new(|| {
    let key_file = Google::new().expect("a Google").service_account_key("http://127.0.0.1:9");
    ServiceAccountKey::parse(&key_file).expect("a key")
});

/// Gives its answers one after the other, and then none.
#[derive(Clone)]
struct Scripted {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<TransportRequest>>>,
}

impl Transport for Scripted {
    async fn send(&self, request: TransportRequest) -> Answer {
        self.asked.lock().expect("a lock").push(request);
        let answer = self.answers.lock().expect("a lock").pop_front();
        match answer {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }
}

impl Scripted {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), asked: Arc::default() }
    }

    fn reader(&self, worksheet: Option<&str>) -> SheetReader<Self> {
        let source =
            SheetSource { spreadsheet: "1Z2U".parse().expect("an id"), worksheet: worksheet.map(str::to_owned) };
        let settings = SheetSettings::new(source, KEY.clone());
        // Ten seconds ahead of Google.
        let now = || parse_http_date(DATE).expect("a date") + Duration::from_secs(10);
        SheetReader { settings, token_server: self.clone(), sheets_server: self.clone(), now: Box::new(now) }
    }

    async fn read(&self) -> Result<SheetReading, SheetError> {
        self.reader(Some("Clients")).read().await
    }

    fn paths(&self) -> Vec<String> {
        let asked = self.asked.lock().expect("a lock");
        let path = |request: &TransportRequest| {
            let path = request.url.split_once("//").and_then(|(_, rest)| rest.split_once('/')).expect("a path").1;
            path.split_once('?').map_or(path, |(path, _)| path).to_owned()
        };
        asked.iter().map(path).collect()
    }

    fn form(&self) -> String {
        match &self.asked.lock().expect("a lock")[0].content {
            Content::Form(form) => form.expose_secret().to_owned(),
            Content::Get { .. } => panic!("a GET"),
        }
    }
}

fn answer(status: u16, body: impl ToString) -> TransportResponse {
    TransportResponse { status, retry_after: None, date: parse_http_date(DATE), body: body.to_string().into() }
}

fn token() -> Answer {
    Ok(answer(200, json!({ "access_token": "ya29.planted-secret", "expires_in": 3599, "token_type": "Bearer" })))
}

fn values(values: Value) -> Answer {
    Ok(answer(200, json!({ "range": "Clients!A1:D4", "majorDimension": "ROWS", "values": values })))
}

fn failure(status: u16, word: &str, reason: &str) -> Answer {
    let details = json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason }]);
    let details = if reason.is_empty() { json!([]) } else { details };
    let error = json!({ "code": status, "message": SECRET, "status": word, "details": details });
    Ok(answer(status, json!({ "error": error })))
}

fn denial(status: u16, error: &str, description: &str) -> TransportResponse {
    answer(status, json!({ "error": error, "error_description": description }))
}

#[tokio::test(start_paused = true)]
async fn the_assertion_asks_for_reading_spreadsheets_for_an_hour_and_nothing_more() {
    let google = Scripted::new([token(), values(json!([["Client"]]))]);
    google.read().await.expect("a reading");
    let form = google.form();
    let fields: Vec<_> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    assert_eq!(fields[0], ("grant_type".to_owned(), "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()));
    let part = |index: usize| -> Value {
        let part = fields[1].1.split('.').nth(index).expect("a part");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("Base64")).expect("JSON")
    };
    let iat = 1_773_300_883;
    let claims = json!({
        "iss": KEY.client_email(),
        "scope": "https://www.googleapis.com/auth/spreadsheets.readonly",
        "aud": "http://127.0.0.1:9/token",
        "iat": iat,
        "exp": iat + 3600,
    });
    assert_eq!((part(0)["alg"].clone(), part(0)["typ"].clone(), part(1)), (json!("RS256"), json!("JWT"), claims));
    assert!(part(0)["kid"].is_string());
}

#[tokio::test(start_paused = true)]
async fn cells_of_every_kind_are_texts_and_rows_keep_their_numbers() {
    let google = Scripted::new([token(), values(json!([[], ["a", 7, -1, 1.5, true, null, ""], [], ["b"]]))]);
    let reading = google.read().await.expect("a reading");
    let cells: Vec<_> = reading.grid.rows.iter().map(|row| (row.number, row.cells.join("|"))).collect();
    let expected = [(1, ""), (2, "a|7|-1|1.5|TRUE||"), (3, ""), (4, "b")];
    assert_eq!(cells, expected.map(|(number, cells)| (number, cells.to_owned())));
    assert_eq!(reading.clock_skew_secs, Some(10));
}

#[tokio::test(start_paused = true)]
async fn the_first_visible_worksheet_is_read_where_none_is_named() {
    let sheets = json!({ "sheets": [
        { "properties": { "title": "Third", "index": 2 } },
        { "properties": { "title": "First", "hidden": true } },
        { "properties": { "title": "Second\u{1b}", "index": 1 } },
    ] });
    let google = Scripted::new([token(), Ok(answer(200, sheets)), values(json!([["Client"]]))]);
    let reading = google.reader(None).read().await.expect("a reading");
    assert_eq!(reading.grid.source_name, "Google Sheet 1Z2U, worksheet Second\u{fffd}");
    assert_eq!(google.paths()[2], "v4/spreadsheets/1Z2U/values/%27Second%1B%27");
}

#[rstest]
#[case::as_asked(Some("7"), 7.0, 7.7)]
#[case::as_asked_within_reason(Some("7200"), 60.0, 60.0)]
#[case::backing_off(None, 1.0, 2.0)]
#[tokio::test(start_paused = true)]
async fn a_passing_fault_is_waited_out(#[case] retry_after: Option<&str>, #[case] least: f64, #[case] most: f64) {
    for status in [429, 500, 503] {
        let busy =
            TransportResponse { retry_after: retry_after.map(str::to_owned), ..answer(status, "<html>busy</html>") };
        let google = Scripted::new([token(), Ok(busy), values(json!([["Client"]]))]);
        let begun = Instant::now();
        google.read().await.expect("a reading");
        let waited = begun.elapsed().as_secs_f64();
        assert!((least..=most + 0.002).contains(&waited), "{status}: {waited}");
    }
}

#[rstest]
#[case::quota(Ok(answer(429, "<html>")), "sheets_quota")]
#[case::server(Ok(answer(503, "<html>")), "google_unavailable")]
#[case::network(Err(TransportError::Network { message: "reset".to_owned() }), "google_network")]
#[case::timeout(Err(TransportError::Timeout), "google_timeout")]
#[tokio::test(start_paused = true)]
async fn a_lasting_passing_fault_is_tried_six_times_at_either_server(#[case] fault: Answer, #[case] code: &str) {
    for before in [vec![], vec![token()]] {
        let (first, asked) = (before.len(), before.len() + 6);
        let google = Scripted::new(before.into_iter().chain(vec![fault.clone(); 9]));
        let begun = Instant::now();
        let error = google.read().await.expect_err("a failure");
        assert_eq!((error.code(), error.is_passing(), google.paths().len()), (code, true, asked), "{first}: {error}");
        assert!(error.to_string().ends_with("(6 tries)"), "{error}");
        assert!((31.0..63.0).contains(&begun.elapsed().as_secs_f64()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_google_that_never_answers_is_given_up_at_the_ceiling() {
    let begun = Instant::now();
    let error = Scripted::new([token()]).read().await.expect_err("a failure");
    assert_eq!(error.to_string(), "reading the sheet took longer than 300 s");
    assert_eq!((error.is_passing(), begun.elapsed().as_secs()), (true, 300));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    let refused = || failure(401, "UNAUTHENTICATED", "");
    let google = Scripted::new([token(), refused(), token(), values(json!([["Client"]]))]);
    google.read().await.expect("a reading");
    let google = Scripted::new([token(), refused(), token(), refused()]);
    assert_eq!(google.read().await.expect_err("a failure").code(), "token_refused");
    assert_eq!(google.paths().iter().filter(|path| *path == "token").count(), 2);
}

#[rstest]
#[case::not_shared(403, "PERMISSION_DENIED", "", "sheet_not_shared")]
#[case::disabled(403, "PERMISSION_DENIED", "SERVICE_DISABLED", "sheets_api_disabled")]
#[case::quota_as_403(403, "PERMISSION_DENIED", "rateLimitExceeded", "sheets_quota")]
#[case::scope(403, "PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "google_refused")]
#[case::bare_403(403, "", "", "google_refused")]
#[case::unknown_id(404, "NOT_FOUND", "", "no_such_spreadsheet")]
#[case::office_file(400, "FAILED_PRECONDITION", "", "not_a_google_sheet")]
#[case::other_400(400, "OUT_OF_RANGE", "", "google_refused")]
#[case::redirect(307, "", "", "google_refused")]
#[tokio::test(start_paused = true)]
async fn a_refusal_of_sheets_is_final_and_is_known_by_its_code(
    #[case] status: u16,
    #[case] word: &str,
    #[case] reason: &str,
    #[case] code: &str,
) {
    let google = Scripted::new([token(), failure(status, word, reason)]);
    let error = google.read().await.expect_err("a failure");
    assert_eq!((error.code(), google.paths().len()), (code, 2), "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_page_with_404_is_no_word_about_the_spreadsheet() {
    let google = Scripted::new([token(), Ok(answer(404, "<html>Not Found</html>"))]);
    assert_eq!(google.read().await.expect_err("a failure").to_string(), "Google Sheets answered 404");
}

#[tokio::test(start_paused = true)]
async fn a_worksheet_that_is_there_and_refused_is_not_called_missing() {
    let sheets = json!({ "sheets": [{ "properties": { "title": "Clients", "index": 0 } }] });
    let google = Scripted::new([token(), failure(400, "INVALID_ARGUMENT", ""), Ok(answer(200, sheets))]);
    let error = google.read().await.expect_err("a failure").to_string();
    assert_eq!(error, "Google Sheets answered 400 (INVALID_ARGUMENT)");
}

#[rstest]
#[case::nothing(json!([]))]
#[case::blanks(json!([[], ["", "  "], [""]]))]
#[tokio::test(start_paused = true)]
async fn a_worksheet_without_a_text_is_empty(#[case] cells: Value) {
    let error = Scripted::new([token(), values(cells)]).read().await.expect_err("a failure").to_string();
    assert_eq!(error, "Google Sheet 1Z2U, worksheet Clients is empty");
}

#[rstest]
#[case::no_json("<html>planted-secret</html>", "no JSON (line 1, column 1)")]
#[case::cut("{\"values\": [[\"planted-secret", "no JSON (line 1, column 28)")]
#[case::list_as_cell("{\"values\": [[\"a\", [\"planted-secret\"]]]}", "the JSON has another shape (line 1, column 19)")]
#[case::text_as_values("{\"values\": \"planted-secret\"}", "the JSON has another shape (line 1, column 27)")]
#[tokio::test(start_paused = true)]
async fn an_answer_of_another_shape_is_refused_without_showing_it(#[case] body: &str, #[case] what: &str) {
    let error = Scripted::new([token(), Ok(answer(200, body))]).read().await.expect_err("a failure");
    assert_eq!(error.to_string(), format!("unexpected answer of Google Sheets: {what}"));
    assert!(!format!("{error:?}").contains(SECRET), "{error:?}");
}

#[rstest]
#[case::short_lived("invalid_grant", "Invalid JWT: Token must be a short-lived token", Some(DATE), "clock_wrong")]
#[case::short_lived_without_a_date("invalid_grant", "Token must be a short-lived token", None, "clock_wrong")]
#[case::signature("invalid_grant", "Invalid JWT Signature.", Some(DATE), "key_refused")]
#[case::signature_at_the_wrong_time(
    "invalid_grant",
    "Invalid JWT Signature.",
    Some("Thu, 12 Mar 2026 07:24:33 GMT"),
    "clock_wrong"
)]
#[case::client("disabled_client", "The OAuth client was disabled.", Some(DATE), "key_refused")]
#[case::no_code("<planted-secret>", "", Some(DATE), "google_refused")]
#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_token_server_is_the_clock_or_the_key(
    #[case] error: &str,
    #[case] description: &str,
    #[case] date: Option<&str>,
    #[case] code: &str,
) {
    let refused = TransportResponse { date: date.and_then(parse_http_date), ..denial(400, error, description) };
    let google = Scripted::new([Ok(refused)]);
    let error = google.read().await.expect_err("a failure");
    assert_eq!((error.code(), google.paths().len()), (code, 1), "{error}");
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
}

#[rstest]
#[case::no_token("{\"id_token\": \"planted-secret\"}")]
#[case::number("{\"access_token\": 7, \"x\": \"planted-secret\"}")]
#[case::line_break("{\"access_token\": \"planted-secret\\nHost: evil.example\"}")]
#[case::page("<html>planted-secret</html>")]
#[tokio::test(start_paused = true)]
async fn an_answer_without_a_usable_token_is_refused_without_showing_it(#[case] body: &str) {
    let error = Scripted::new([Ok(answer(200, body))]).read().await.expect_err("a failure");
    assert_eq!(error.code(), "google_unexpected_answer");
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
}
