//! Failures of the Google road, by what they mean to the reader of the message (`gorgias-api.md` 8.2, 8.4).

use std::fmt;
use std::time::Duration;

use super::spreadsheet_id::SpreadsheetId;

/// Which of Google's servers failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoogleServer {
    /// The one at the key file's `token_uri`.
    Token,
    /// Sheets.
    Sheets,
}

impl fmt::Display for GoogleServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Token => "Google's token server",
            Self::Sheets => "Google Sheets",
        })
    }
}

/// A sheet that finally could not be read.
///
/// Google's own sentences are not passed on: they change, come in other languages, and may repeat what was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SheetError {
    /// 403 `PERMISSION_DENIED`.
    #[error("the spreadsheet {id} is not shared with {client_email}")]
    NotShared {
        /// The spreadsheet.
        id: SpreadsheetId,
        /// Whom it must be shared with.
        client_email: String,
    },
    /// 403 `SERVICE_DISABLED`.
    #[error("the Google Sheets API is not enabled in the project {project}")]
    ApiDisabled {
        /// The service account's project.
        project: String,
    },
    /// 404 `NOT_FOUND`.
    #[error("there is no spreadsheet {id}")]
    NoSuchSpreadsheet {
        /// The spreadsheet.
        id: SpreadsheetId,
    },
    /// 400 `FAILED_PRECONDITION`: a file of Google Drive that Sheets shows, but that is no Google Sheet.
    #[error("{id} is not a Google Sheet but a file of another kind, such as an Excel file in Google Drive")]
    NotAGoogleSheet {
        /// The file.
        id: SpreadsheetId,
    },
    /// 400 for a named worksheet that is not among the titles.
    #[error("the spreadsheet has no worksheet {wanted:?}; it has {}", listed(existing))]
    NoSuchWorksheet {
        /// The setting.
        wanted: String,
        /// The titles of all worksheets, in their order.
        existing: Vec<String>,
    },
    /// The worksheet has no text at all.
    #[error("{source_name} is empty")]
    EmptySheet {
        /// The worksheet.
        source_name: String,
    },
    /// The token server refuses a request that is signed for another time than its own.
    #[error("Google refuses the sign-in because {}", clock(*skew_secs))]
    ClockWrong {
        /// This machine's time less Google's: positive when this machine is ahead. None when the answer had no `Date`.
        skew_secs: Option<i64>,
    },
    /// The token server refuses the key or the account.
    #[error(
        "Google refuses the key of {client_email} ({reason}): the key was revoked or is another account's, or the \
         account is disabled or deleted"
    )]
    KeyRefused {
        /// The service account.
        client_email: String,
        /// Google's word for it, such as `invalid_grant`.
        reason: String,
    },
    /// 401 with a token that was given out a moment ago.
    #[error("Google Sheets refuses the access token that Google has just given out for {client_email}")]
    TokenRefused {
        /// The service account.
        client_email: String,
    },
    /// 429 until no try was left.
    #[error("the read quota of Google Sheets stayed exhausted{}", after(*tries))]
    Quota {
        /// How often it was tried.
        tries: u32,
    },
    /// 5xx until no try was left.
    #[error("{server} failed with {status}{}", after(*tries))]
    Server {
        /// Which server.
        server: GoogleServer,
        /// The last status.
        status: u16,
        /// How often it was tried.
        tries: u32,
    },
    /// The connection failed until no try was left.
    #[error("the connection to {server} failed: {message}{}", after(*tries))]
    Network {
        /// Which server.
        server: GoogleServer,
        /// What failed.
        message: String,
        /// How often it was tried.
        tries: u32,
    },
    /// A time limit passed until no try was left.
    #[error("{server} did not answer in time{}", after(*tries))]
    Timeout {
        /// Which server.
        server: GoogleServer,
        /// How often it was tried.
        tries: u32,
    },
    /// All requests together took longer than the ceiling.
    #[error("reading the sheet took longer than {} s", limit.as_secs())]
    TimeLimit {
        /// The ceiling.
        limit: Duration,
    },
    /// The answer is larger than the ceiling.
    #[error("the answer of {server} is larger than {limit_bytes} bytes, which is too large for a roster")]
    TooLarge {
        /// Which server.
        server: GoogleServer,
        /// The ceiling.
        limit_bytes: usize,
    },
    /// A final status that has no meaning of its own above, redirects among them.
    #[error("{server} answered {status}{}", in_brackets(reason.as_deref()))]
    Refused {
        /// Which server.
        server: GoogleServer,
        /// The status.
        status: u16,
        /// Google's word for it, such as `INVALID_ARGUMENT`.
        reason: Option<String>,
    },
    /// The answer is not what the API promises.
    #[error("unexpected answer of {server}: {what}")]
    Unexpected {
        /// Which server.
        server: GoogleServer,
        /// What is wrong with it.
        what: String,
    },
}

impl SheetError {
    /// A stable word for reports.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotShared { .. } => "sheet_not_shared",
            Self::ApiDisabled { .. } => "sheets_api_disabled",
            Self::NoSuchSpreadsheet { .. } => "no_such_spreadsheet",
            Self::NotAGoogleSheet { .. } => "not_a_google_sheet",
            Self::NoSuchWorksheet { .. } => "no_such_worksheet",
            Self::EmptySheet { .. } => "sheet_empty",
            Self::ClockWrong { .. } => "clock_wrong",
            Self::KeyRefused { .. } => "key_refused",
            Self::TokenRefused { .. } => "token_refused",
            Self::Quota { .. } => "sheets_quota",
            Self::Server { .. } => "google_unavailable",
            Self::Network { .. } => "google_network",
            Self::Timeout { .. } | Self::TimeLimit { .. } => "google_timeout",
            Self::TooLarge { .. } => "google_answer_too_large",
            Self::Refused { .. } => "google_refused",
            Self::Unexpected { .. } => "google_unexpected_answer",
        }
    }

    /// Whether the same settings may succeed later: Google is down, slow or out of quota.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Quota { .. }
            | Self::Server { .. }
            | Self::Network { .. }
            | Self::Timeout { .. }
            | Self::TimeLimit { .. } => true,
            Self::NotShared { .. }
            | Self::ApiDisabled { .. }
            | Self::NoSuchSpreadsheet { .. }
            | Self::NotAGoogleSheet { .. }
            | Self::NoSuchWorksheet { .. }
            | Self::EmptySheet { .. }
            | Self::ClockWrong { .. }
            | Self::KeyRefused { .. }
            | Self::TokenRefused { .. }
            | Self::TooLarge { .. }
            | Self::Refused { .. }
            | Self::Unexpected { .. } => false,
        }
    }

    pub(crate) fn unexpected(server: GoogleServer, what: impl Into<String>) -> Self {
        Self::Unexpected { server, what: what.into() }
    }
}

fn after(tries: u32) -> String {
    if tries > 1 { format!(" ({tries} tries)") } else { String::new() }
}

fn in_brackets(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({reason})")).unwrap_or_default()
}

fn listed(titles: &[String]) -> String {
    const MOST: usize = 20;
    let shown: Vec<String> = titles.iter().take(MOST).map(|title| format!("{title:?}")).collect();
    let more = titles.len().saturating_sub(MOST);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn clock(skew_secs: Option<i64>) -> String {
    match skew_secs {
        None => "this machine's clock is wrong".to_owned(),
        Some(0) => "this machine's clock is wrong, although it agrees with the date of Google's answer".to_owned(),
        Some(secs) => {
            let direction = if secs > 0 { "ahead of" } else { "behind" };
            format!("this machine's clock is {} {direction} Google's", spoken(secs.unsigned_abs()))
        }
    }
}

/// A duration in its two largest units.
fn spoken(secs: u64) -> String {
    let (days, hours, minutes) = (secs / 86_400, secs / 3_600 % 24, secs / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{secs} s"),
        (0, 0, minutes) => format!("{minutes} min {} s", secs % 60),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::ahead(Some(3_600 + 61), "this machine's clock is 1 h 1 min ahead of Google's")]
    #[case::behind(Some(-432), "this machine's clock is 7 min 12 s behind Google's")]
    #[case::days(Some(2 * 86_400 + 3_600), "this machine's clock is 2 d 1 h ahead of Google's")]
    #[case::seconds(Some(-9), "this machine's clock is 9 s behind Google's")]
    #[case::farthest(Some(i64::MIN), "this machine's clock is 106751991167300 d 15 h behind Google's")]
    #[case::unknown(None, "this machine's clock is wrong")]
    fn a_wrong_clock_is_told_by_how_much_and_in_which_direction(#[case] skew_secs: Option<i64>, #[case] end: &str) {
        let error = SheetError::ClockWrong { skew_secs }.to_string();
        assert_eq!(error, format!("Google refuses the sign-in because {end}"));
    }

    #[test]
    fn a_long_list_of_worksheets_is_cut() {
        let existing = (1..=23).map(|number| format!("Sheet{number}")).collect();
        let error = SheetError::NoSuchWorksheet { wanted: "Clients".to_owned(), existing }.to_string();
        assert!(error.ends_with("\"Sheet20\" and 3 more"), "{error}");
    }
}
