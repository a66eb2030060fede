//! Failures of a helpdesk, by what they mean to the caller (`gorgias-api.md` 7).

use std::time::Duration;

use helpdelta_core::{Credential, Domain};

/// A request that finally failed: which account, what was asked, how often and for how long.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{domain}: {asked}: {kind}{}", repeated(*tries, *elapsed))]
pub struct Error {
    /// The account.
    pub domain: Domain,
    /// What was asked, without the credential.
    pub asked: String,
    /// How often it was sent.
    pub tries: u32,
    /// From the first try to the last answer.
    pub elapsed: Duration,
    /// What the failure means.
    pub kind: ErrorKind,
}

fn repeated(tries: u32, elapsed: Duration) -> String {
    if tries > 1 { format!(" ({tries} tries in {} s)", elapsed.as_secs()) } else { String::new() }
}

/// What a failure means. Texts of the helpdesk are shortened and hold no part of the credential.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// 401 or 419: the credential is missing, wrong or expired.
    #[error("the helpdesk refused the credential")]
    Unauthorized,
    /// 403: the plan or the role of the key's owner lacks the permission.
    #[error("the helpdesk denied permission: {message}")]
    Forbidden {
        /// The helpdesk's words.
        message: String,
    },
    /// 404 with a web page: there is no helpdesk of that name.
    #[error("there is no helpdesk at this domain")]
    UnknownDomain,
    /// 404 of an API path.
    #[error("the helpdesk has no such resource: {message}")]
    NotFound {
        /// The helpdesk's words.
        message: String,
    },
    /// 400 and other final answers of the 4xx range.
    #[error("the helpdesk refused the request with {status}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// The helpdesk's words.
        message: String,
    },
    /// 429 until no try was left.
    #[error("the account's rate limit stayed exhausted")]
    RateLimited,
    /// 5xx until no try was left.
    #[error("the helpdesk failed with {status}: {message}")]
    Server {
        /// The last status.
        status: u16,
        /// The helpdesk's words.
        message: String,
    },
    /// 202 until no try was left.
    #[error("the helpdesk did not finish computing the statistic")]
    NotReady,
    /// A time limit passed until no try was left.
    #[error("the helpdesk did not answer in time")]
    Timeout,
    /// The connection failed until no try was left.
    #[error("the connection failed: {message}")]
    Network {
        /// What failed.
        message: String,
    },
    /// 3xx: the credential is not sent along.
    #[error("the helpdesk answered {status}, a redirect, which is not followed")]
    Redirected {
        /// The status.
        status: u16,
    },
    /// The answer is larger than the ceiling.
    #[error("the answer is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The ceiling.
        limit_bytes: usize,
    },
    /// The answer is not what the API promises.
    #[error("unexpected answer: {what}")]
    Unexpected {
        /// What is wrong with it.
        what: String,
    },
    /// Reading the account took longer than the ceiling.
    #[error("reading the account took longer than {} s", limit.as_secs())]
    TimeLimit {
        /// The ceiling.
        limit: Duration,
    },
}

impl ErrorKind {
    /// A stable word for reports.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::Forbidden { .. } => "forbidden",
            Self::UnknownDomain => "unknown_domain",
            Self::NotFound { .. } => "not_found",
            Self::Refused { .. } => "refused",
            Self::RateLimited => "rate_limited",
            Self::Server { .. } => "server_error",
            Self::NotReady => "not_ready",
            Self::Timeout => "timeout",
            Self::Network { .. } => "network",
            Self::Redirected { .. } => "redirected",
            Self::TooLarge { .. } => "answer_too_large",
            Self::Unexpected { .. } => "unexpected_answer",
            Self::TimeLimit { .. } => "time_limit",
        }
    }

    /// The same failure with its texts shortened and without any part of the credential, whatever they quote.
    pub(crate) fn tidied(self, credential: &Credential) -> Self {
        let tidied = |text: String| tidy(&credential.scrub(&text));
        match self {
            Self::Forbidden { message } => Self::Forbidden { message: tidied(message) },
            Self::NotFound { message } => Self::NotFound { message: tidied(message) },
            Self::Refused { status, message } => Self::Refused { status, message: tidied(message) },
            Self::Server { status, message } => Self::Server { status, message: tidied(message) },
            Self::Network { message } => Self::Network { message: tidied(message) },
            Self::Unexpected { what } => Self::Unexpected { what: tidied(what) },
            other => other,
        }
    }

    /// Whether the helpdesk finally refused this very request, while the account as such is in order: a name that it
    /// does not know, a permission that it lacks, an API that is not there.
    pub fn is_refusal(&self) -> bool {
        self.is_absence() || matches!(self, Self::Refused { status: 400 | 422, .. })
    }

    /// Whether the helpdesk said that what was asked is not there, or not for this credential.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::Forbidden { .. } | Self::NotFound { .. } | Self::UnknownDomain)
    }

    pub(crate) fn unexpected(what: impl Into<String>) -> Self {
        Self::Unexpected { what: what.into() }
    }
}

/// A text on one line without control characters, cut after 300 characters.
fn tidy(text: &str) -> String {
    const LONGEST: usize = 300;
    let words = text.split(|letter: char| letter.is_whitespace() || letter.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
