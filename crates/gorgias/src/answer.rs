//! What the bodies of answers have in common: pages, errors, numbers in any spelling.

use helpdelta_core::Credential;
use serde_json::{Map, Value};

use crate::error::ErrorKind;
use crate::transport::TransportResponse;

/// How much of a helpdesk's words is kept, in characters (`gorgias-api.md` 7.1).
const LONGEST_MESSAGE: usize = 200;

/// One page of a list.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) rows: Vec<Map<String, Value>>,
    pub(crate) next_cursor: Option<String>,
}

impl Page {
    /// Reads `{"data": [...], "meta": {"next_cursor": ...}}`, a bare array, or a cursor at the top level
    /// (`gorgias-api.md` 3.2, 4.6). `data: null` is an error, not an empty list.
    pub(crate) fn read(response: &TransportResponse) -> Result<Self, ErrorKind> {
        let value = json(response)?;
        let (data, next_cursor) = match value {
            Value::Array(data) => (data, None),
            Value::Object(mut object) => {
                let next_cursor = next_cursor(&object)?;
                match object.remove("data") {
                    Some(Value::Array(data)) => (data, next_cursor),
                    Some(Value::Null) => return Err(ErrorKind::unexpected("\"data\" is null")),
                    Some(_) => return Err(ErrorKind::unexpected("\"data\" is no list")),
                    None => return Err(ErrorKind::unexpected("there is no \"data\"")),
                }
            }
            _ => return Err(ErrorKind::unexpected("the answer is neither an object nor a list")),
        };
        let row = |(place, value): (usize, Value)| match value {
            Value::Object(row) => Ok(row),
            _ => Err(ErrorKind::unexpected(format!("item {place} of \"data\" is no object"))),
        };
        let rows = data.into_iter().enumerate().map(row).collect::<Result<_, _>>()?;
        Ok(Self { rows, next_cursor })
    }
}

fn next_cursor(object: &Map<String, Value>) -> Result<Option<String>, ErrorKind> {
    let in_meta = object.get("meta").and_then(|meta| meta.get("next_cursor"));
    match in_meta.filter(|cursor| !cursor.is_null()).or_else(|| object.get("next_cursor")) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(cursor)) => Ok(Some(cursor.clone()).filter(|cursor| !cursor.is_empty())),
        Some(Value::Number(cursor)) => Ok(Some(cursor.to_string())),
        Some(_) => Err(ErrorKind::unexpected("\"next_cursor\" is no text")),
    }
}

/// The body as JSON.
pub(crate) fn json(response: &TransportResponse) -> Result<Value, ErrorKind> {
    serde_json::from_slice(&response.body).map_err(|error| {
        let content_type = response.content_type.as_deref().unwrap_or("no content type");
        ErrorKind::unexpected(format!("the body is no JSON ({content_type}): {error}"))
    })
}

/// Whether an answer is a web page rather than one of the API's.
pub(crate) fn is_web_page(response: &TransportResponse) -> bool {
    let html = response.content_type.as_deref().is_some_and(|kind| kind.to_ascii_lowercase().contains("html"));
    html || response.body.trim_ascii_start().starts_with(b"<")
}

/// The helpdesk's words in an error answer: `error.msg`, `error`, `message`, or the text without tags.
pub(crate) fn message(response: &TransportResponse, credential: &Credential) -> String {
    let value = serde_json::from_slice::<Value>(&response.body).ok();
    let said = value.as_ref().and_then(|value| {
        let error = value.get("error");
        let words = error.and_then(|error| error.get("msg")).or(error).or_else(|| value.get("message"));
        words.and_then(Value::as_str).map(|words| with_details(words, error))
    });
    let text = said.unwrap_or_else(|| without_tags(&String::from_utf8_lossy(&response.body)));
    // The credential first: a cut in its middle would leave a part that is no longer recognised.
    let scrubbed = credential.scrub(&text);
    let tidy: Vec<&str> = scrubbed.split(|letter: char| letter.is_whitespace() || letter.is_control()).collect();
    let tidy = tidy.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if tidy.is_empty() {
        return "no reason given".to_owned();
    }
    match tidy.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}...", tidy.get(..end).unwrap_or_default()),
        None => tidy,
    }
}

fn with_details(words: &str, error: Option<&Value>) -> String {
    match error.and_then(|error| error.get("data")) {
        Some(data) if !data.is_null() => format!("{words} {data}"),
        _ => words.to_owned(),
    }
}

fn without_tags(text: &str) -> String {
    let mut plain = String::new();
    let mut inside = false;
    for letter in text.chars() {
        match letter {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                plain.push(' ');
            }
            _ if !inside => plain.push(letter),
            _ => {}
        }
    }
    plain
}

/// A measure in any spelling: a number, a numeric string, null or missing (`gorgias-api.md` 4.6). Finite.
pub(crate) fn number(value: Option<&Value>) -> Result<Option<f64>, String> {
    let number = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(_) => None,
    };
    number.filter(|number| number.is_finite()).map(Some).ok_or_else(|| shown(value))
}

/// An id in any spelling: an integer, a numeric string or null.
pub(crate) fn id(value: &Value) -> Result<Option<i64>, String> {
    let id = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().and_then(whole)),
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    id.map(Some).ok_or_else(|| shown(Some(value)))
}

fn whole(number: f64) -> Option<i64> {
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a whole number within 2^53")]
    (number.fract() == 0.0 && number.abs() <= LARGEST).then_some(number as i64)
}

fn shown(value: Option<&Value>) -> String {
    value.map(Value::to_string).unwrap_or_default().chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn response(content_type: &str, body: &str) -> TransportResponse {
        TransportResponse {
            status: 400,
            call_limit: None,
            retry_after: None,
            content_type: Some(content_type.to_owned()),
            date: None,
            body: body.as_bytes().to_vec().into(),
        }
    }

    #[rstest]
    #[case::envelope(r#"{"data":[{"id":1}],"meta":{"next_cursor":null}}"#, None)]
    #[case::bare_array(r#"[{"id":1}]"#, None)]
    #[case::no_meta(r#"{"data":[{"id":1}]}"#, None)]
    #[case::empty_cursor(r#"{"data":[{"id":1}],"meta":{"next_cursor":""}}"#, None)]
    #[case::cursor(r#"{"data":[{"id":1}],"meta":{"next_cursor":"abc"}}"#, Some("abc"))]
    #[case::top_level_cursor(r#"{"data":[{"id":1}],"next_cursor":"abc"}"#, Some("abc"))]
    #[case::number_as_cursor(r#"{"data":[{"id":1}],"meta":{"next_cursor":7}}"#, Some("7"))]
    fn a_page_is_read_in_every_envelope(#[case] body: &str, #[case] cursor: Option<&str>) {
        let page = Page::read(&response("application/json", body)).expect("a page");
        assert_eq!((page.rows.len(), page.next_cursor.as_deref()), (1, cursor));
    }

    #[rstest]
    #[case::null_data(r#"{"data":null}"#, "null")]
    #[case::no_data(r#"{"error":{}}"#, "no \"data\"")]
    #[case::data_object(r#"{"data":{}}"#, "no list")]
    #[case::row_of_numbers(r#"{"data":[1]}"#, "item 0")]
    #[case::truncated(r#"{"data":[{"id":1}"#, "no JSON")]
    #[case::empty("", "no JSON")]
    #[case::web_page("<html>maintenance</html>", "no JSON")]
    fn what_is_no_page_is_an_error_and_never_an_empty_list(#[case] body: &str, #[case] reason: &str) {
        let error = Page::read(&response("text/html", body)).expect_err("no page");
        assert!(error.to_string().contains(reason), "{error}");
    }

    #[rstest]
    #[case::msg(r#"{"error":{"msg":"Unauthorized."}}"#, "Unauthorized.")]
    #[case::msg_with_data(r#"{"error":{"msg":"Bad.","data":{"x":["y"]}}}"#, r#"Bad. {"x":["y"]}"#)]
    #[case::error_text(r#"{"error":"invalid_grant"}"#, "invalid_grant")]
    #[case::message(r#"{"message":"Nope"}"#, "Nope")]
    #[case::web_page("<html><b>Bad</b>\n gateway</html>", "Bad gateway")]
    #[case::terminal_escape("\u{1b}[31mred", "[31mred")]
    #[case::empty("", "no reason given")]
    fn the_helpdesk_s_words_are_found_in_every_shape(#[case] body: &str, #[case] expected: &str) {
        let credential = Credential::parse("bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==").expect("a credential");
        assert_eq!(message(&response("application/json", body), &credential), expected);
    }

    #[test]
    fn a_long_message_is_cut_after_the_credential_was_taken_out() {
        let credential = Credential::parse("bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==").expect("a credential");
        let body = format!("{} secret-key {}", "x".repeat(190), "y".repeat(500));
        let message = message(&response("text/plain", &body), &credential);
        assert!(message.len() < 210 && !message.contains("secret"), "{message}");
    }

    #[rstest]
    #[case::integer(json!(214), Some(214.0))]
    #[case::float(json!(4.46), Some(4.46))]
    #[case::numeric_text(json!("214"), Some(214.0))]
    #[case::numeric_text_with_fraction(json!(" 4.46 "), Some(4.46))]
    #[case::null(json!(null), None)]
    #[case::empty_text(json!(""), None)]
    fn a_measure_is_read_in_every_spelling(#[case] value: Value, #[case] expected: Option<f64>) {
        assert_eq!(number(Some(&value)), Ok(expected));
        assert_eq!(number(None), Ok(None));
    }

    #[rstest]
    #[case::words(json!("n/a"))]
    #[case::truth(json!(true))]
    #[case::list(json!([1]))]
    #[case::not_a_number(json!("NaN"))]
    #[case::infinite(json!("inf"))]
    fn a_measure_that_is_no_number_is_refused(#[case] value: Value) {
        assert!(number(Some(&value)).is_err());
    }

    #[rstest]
    #[case::integer(json!(48151623), Some(48_151_623))]
    #[case::text(json!("48151623"), Some(48_151_623))]
    #[case::float(json!(48151623.0), Some(48_151_623))]
    #[case::null(json!(null), None)]
    #[case::beyond_32_bits(json!(5_195_432_440_i64), Some(5_195_432_440))]
    fn an_id_is_read_in_every_spelling(#[case] value: Value, #[case] expected: Option<i64>) {
        assert_eq!(id(&value), Ok(expected));
    }

    #[rstest]
    #[case::words(json!("maya"))]
    #[case::fraction(json!(1.5))]
    fn an_id_that_is_none_is_refused(#[case] value: Value) {
        assert!(id(&value).is_err());
    }
}
