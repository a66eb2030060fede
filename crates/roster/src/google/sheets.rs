//! Requests to Sheets and what its answers mean (`gorgias-api.md` 8.3, 8.4).

use std::fmt;

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::error::Category;

use super::error::{GoogleServer, SheetError};
use super::key::ServiceAccountKey;
use super::spreadsheet_id::SpreadsheetId;
use super::token::word;
use super::transport::TransportResponse;

/// The path that asks for the worksheets' titles.
pub(crate) fn titles_path(id: &SpreadsheetId) -> String {
    format!("/v4/spreadsheets/{id}?fields=sheets.properties%28title%2Cindex%2Chidden%29")
}

/// The path that asks for every cell of a worksheet, as displayed.
pub(crate) fn values_path(id: &SpreadsheetId, title: &str) -> String {
    // In quotes a title cannot be mistaken for an address such as A1 or for a named range.
    let range = format!("'{}'", title.replace('\'', "''"));
    let range = as_one_segment(&range);
    format!("/v4/spreadsheets/{id}/values/{range}?majorDimension=ROWS&valueRenderOption=FORMATTED_VALUE")
}

fn as_one_segment(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A worksheet, as far as choosing one needs.
#[derive(Debug, Deserialize)]
pub(crate) struct Worksheet {
    pub(crate) title: String,
    /// Like every field of Google's, left out when it is zero or false.
    #[serde(default)]
    index: u64,
    #[serde(default)]
    pub(crate) hidden: bool,
}

#[derive(Deserialize)]
struct Spreadsheet {
    #[serde(default)]
    sheets: Vec<SheetEntry>,
}

#[derive(Deserialize)]
struct SheetEntry {
    properties: Worksheet,
}

/// The worksheets of an answer with status 200, in the order of their tabs.
pub(crate) fn worksheets(response: &TransportResponse) -> Result<Vec<Worksheet>, SheetError> {
    let spreadsheet: Spreadsheet = parse(response)?;
    let mut worksheets: Vec<Worksheet> = spreadsheet.sheets.into_iter().map(|sheet| sheet.properties).collect();
    worksheets.sort_by_key(|worksheet| worksheet.index);
    Ok(worksheets)
}

#[derive(Deserialize)]
struct Values {
    /// Missing when the worksheet is empty.
    #[serde(default)]
    values: Vec<Vec<CellText>>,
}

/// The rows of an answer with status 200: ragged, without the blank ones at the end.
pub(crate) fn rows(response: &TransportResponse) -> Result<Vec<Vec<String>>, SheetError> {
    let values: Values = parse(response)?;
    Ok(values.values.into_iter().map(|row| row.into_iter().map(|cell| cell.0).collect()).collect())
}

/// A text, or what else Google might put into a cell, as text.
struct CellText(String);

impl<'de> Deserialize<'de> for CellText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CellVisitor)
    }
}

struct CellVisitor;

impl Visitor<'_> for CellVisitor {
    type Value = CellText;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a cell")
    }

    fn visit_str<E>(self, text: &str) -> Result<CellText, E> {
        Ok(CellText(text.to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<CellText, E> {
        Ok(CellText(if value { "TRUE" } else { "FALSE" }.to_owned()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<CellText, E> {
        Ok(CellText(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<CellText, E> {
        Ok(CellText(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<CellText, E> {
        Ok(CellText(value.to_string()))
    }

    fn visit_unit<E>(self) -> Result<CellText, E> {
        Ok(CellText(String::new()))
    }
}

fn parse<T: DeserializeOwned>(response: &TransportResponse) -> Result<T, SheetError> {
    serde_json::from_slice(&response.body).map_err(|error| {
        // serde's own message may quote a cell.
        let what = match error.classify() {
            Category::Data => "the JSON has another shape",
            Category::Io | Category::Syntax | Category::Eof => "no JSON",
        };
        let place = format!("{what} (line {}, column {})", error.line(), error.column());
        SheetError::unexpected(GoogleServer::Sheets, place)
    })
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    error: ErrorDetails,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorDetails {
    status: String,
    details: Vec<Reason>,
    /// The older style, which may be there as well.
    errors: Vec<Reason>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reason {
    reason: String,
}

/// Reasons of a 403 that sharing the spreadsheet would not cure.
const OTHER_DENIALS: [&str; 4] =
    ["ACCESS_TOKEN_SCOPE_INSUFFICIENT", "CONSUMER_INVALID", "SECURITY_POLICY_VIOLATED", "USER_PROJECT_DENIED"];

/// What a status other than 200 means. 401 is not asked about: it has an answer of its own.
pub(crate) fn refusal(response: &TransportResponse, id: &SpreadsheetId, key: &ServiceAccountKey) -> SheetError {
    let ErrorBody { error } = serde_json::from_slice(&response.body).unwrap_or_default();
    let because = |reasons: &[&str]| {
        error.details.iter().chain(&error.errors).any(|given| reasons.contains(&given.reason.as_str()))
    };
    match (response.status, error.status.as_str()) {
        (403, _) if because(&["SERVICE_DISABLED", "accessNotConfigured"]) => {
            SheetError::ApiDisabled { project: key.project_id().to_owned() }
        }
        (403, _) if because(&["RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded"]) => {
            SheetError::Quota { tries: 1 }
        }
        (403, "PERMISSION_DENIED") if !because(&OTHER_DENIALS) => {
            SheetError::NotShared { id: id.clone(), client_email: key.client_email().to_owned() }
        }
        (404, "NOT_FOUND") => SheetError::NoSuchSpreadsheet { id: id.clone() },
        (400, "FAILED_PRECONDITION") => SheetError::NotAGoogleSheet { id: id.clone() },
        (status, general) => {
            let reason = error.details.iter().map(|given| given.reason.as_str()).find(|reason| !reason.is_empty());
            let reason = word(reason.unwrap_or(general), |letter| letter.is_ascii_uppercase());
            SheetError::Refused { server: GoogleServer::Sheets, status, reason }
        }
    }
}

/// Whether Google could not make sense of the range.
pub(crate) fn is_bad_range(response: &TransportResponse) -> bool {
    let ErrorBody { error } = serde_json::from_slice(&response.body).unwrap_or_default();
    response.status == 400 && error.status == "INVALID_ARGUMENT"
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::plain("Clients", "%27Clients%27")]
    #[case::apostrophe("Maya's list", "%27Maya%27%27s%20list%27")]
    #[case::looks_like_a_cell("A1", "%27A1%27")]
    #[case::reserved("a/b?c#d+e%f!g", "%27a%2Fb%3Fc%23d%2Be%25f%21g%27")]
    #[case::other_letters("Kl\u{f6}", "%27Kl%C3%B6%27")]
    fn a_title_is_one_quoted_segment_of_the_path(#[case] title: &str, #[case] expected: &str) {
        let id = "sheet-1".parse().expect("an id");
        let expected =
            format!("/v4/spreadsheets/sheet-1/values/{expected}?majorDimension=ROWS&valueRenderOption=FORMATTED_VALUE");
        assert_eq!(values_path(&id, title), expected);
    }
}
