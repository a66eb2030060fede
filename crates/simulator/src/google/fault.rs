//! Scripted faults of Google.

use std::time::Duration;

use crate::fault::{CannedResponse, When};

/// A fault of some requests. It strikes before anything else is looked at, credentials included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoogleFault {
    /// Where.
    pub place: GooglePlace,
    /// Which of the requests there, counted from the time that the fault was injected.
    pub when: When,
    /// What happens to them.
    pub action: GoogleAction,
}

impl GoogleFault {
    /// A fault of every request to a place.
    pub fn new(place: GooglePlace, action: GoogleAction) -> Self {
        Self { place, when: When::Always, action }
    }

    /// The same fault of other requests.
    #[must_use]
    pub fn when(self, when: When) -> Self {
        Self { when, ..self }
    }
}

/// A part of Google.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GooglePlace {
    /// All of it.
    Anywhere,
    /// `/token`.
    Token,
    /// `/v4/spreadsheets/{id}`, which tells the worksheets.
    Spreadsheet,
    /// `/v4/spreadsheets/{id}/values/{range}`, which tells the cells.
    Values,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GoogleAction {
    /// An error with this status, 400 to 599, in the JSON of the place: an object at the Sheets API, a string at the
    /// token endpoint.
    Status(u16),
    /// An error page with this status, 400 to 599; with 429 the other way of Google to say that a quota is used up.
    Page(u16),
    /// 429 of the Sheets API: the quota of reads in a minute is used up.
    Quota,
    /// Another answer. Its headers replace the true ones, `Date` included.
    Respond(CannedResponse),
    /// The true answer, late; on tokio's clock.
    Delay(Duration),
    /// No answer, and the connection stays open.
    NeverAnswer,
    /// Half of the true answer; then the connection breaks.
    CloseMidBody,
    /// 200 with the first half of a JSON document.
    GarbageJson,
    /// 200 with a JSON document of more than so many bytes.
    Oversize {
        /// Blanks in the document.
        bytes: u64,
    },
    /// A redirect, 307.
    Redirect {
        /// Where to.
        location: String,
    },
    /// An error that quotes the `Authorization` header and the body of the request, as a careless proxy might.
    EchoCredential {
        /// The status of the error, 400 to 599.
        status: u16,
    },
}
