//! What a test may set: spreadsheets, and how Google is disposed towards the service account.

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use jiff::Timestamp;

/// A new worksheet has so many rows and columns, filled or not.
const NEW_GRID: (usize, usize) = (1000, 26);
/// The last second that an HTTP date can name.
const LAST_SECOND: i64 = 253_402_300_799;

/// Everything that a test may set.
#[derive(Clone, Debug, PartialEq)]
pub struct GoogleState {
    /// The spreadsheets by their id.
    pub spreadsheets: BTreeMap<String, Spreadsheet>,
    /// How many seconds Google's clock is ahead of this machine's; negative when it is behind. It is the clock of
    /// `Date`, of the check of an assertion, and of the expiry of access tokens. Always the system's clock: tokio's
    /// does not move it, paused or not.
    pub clock_offset_secs: i64,
    /// Whether the Sheets API is enabled in the project.
    pub sheets_api_enabled: bool,
    /// Whether the key has been revoked. Access tokens that were got with it live on.
    pub key_revoked: bool,
    /// Whether the service account has been deleted.
    pub account_deleted: bool,
    /// Which scopes the token endpoint grants.
    pub scopes: ScopePolicy,
    /// How long an access token lives, in whole seconds.
    pub token_lifetime: Duration,
    /// How long every answer takes; on tokio's clock.
    pub latency: Duration,
}

impl Default for GoogleState {
    fn default() -> Self {
        Self {
            spreadsheets: BTreeMap::new(),
            clock_offset_secs: 0,
            sheets_api_enabled: true,
            key_revoked: false,
            account_deleted: false,
            scopes: ScopePolicy::default(),
            token_lifetime: Duration::from_secs(3599),
            latency: Duration::ZERO,
        }
    }
}

impl GoogleState {
    /// Google's clock, in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        Timestamp::now().as_second().saturating_add(self.clock_offset_secs).clamp(0, LAST_SECOND)
    }

    /// `Date`.
    pub(super) fn date(&self) -> String {
        let since_1970 = Duration::from_secs(self.now().unsigned_abs());
        httpdate::fmt_http_date(UNIX_EPOCH + since_1970)
    }
}

/// Which scopes the token endpoint grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScopePolicy {
    /// [`READONLY_SCOPE`](crate::READONLY_SCOPE) alone. Google itself grants more; a client that asks for more than
    /// it needs is refused here so that the mistake shows.
    #[default]
    ReadonlyAlone,
    /// Any of Google's that have to do with spreadsheets or the cloud, as Google does.
    AsGoogle,
}

/// A spreadsheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spreadsheet {
    /// Its name.
    pub title: String,
    /// Its worksheets, from left to right. Google has none without at least one visible worksheet.
    pub worksheets: Vec<Worksheet>,
    /// Whether the service account may read it.
    pub shared: bool,
}

impl Spreadsheet {
    /// A spreadsheet that the service account may read.
    pub fn new(worksheets: Vec<Worksheet>) -> Self {
        Self { title: "Helpdesk accounts".to_owned(), worksheets, shared: true }
    }

    /// The worksheet that a range without a title means.
    pub(super) fn first_visible(&self) -> Option<&Worksheet> {
        self.worksheets.iter().find(|worksheet| !worksheet.hidden)
    }
}

/// A worksheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Worksheet {
    /// Its title, unlike the others of its spreadsheet.
    pub title: String,
    /// Its cells as displayed, from `A1`. Rows may differ in length; what is missing is empty.
    pub rows: Vec<Vec<String>>,
    /// Whether people see it.
    pub hidden: bool,
}

impl Worksheet {
    /// A worksheet that people see.
    pub fn new(title: &str, rows: impl IntoIterator<Item = impl IntoIterator<Item = impl Into<String>>>) -> Self {
        let rows = rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect();
        Self { title: title.to_owned(), rows, hidden: false }
    }

    /// Its rows and columns, also the empty ones.
    pub(super) fn grid(&self) -> (usize, usize) {
        let (rows, columns) = NEW_GRID;
        let widest = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        (rows.max(self.rows.len()), columns.max(widest))
    }
}
