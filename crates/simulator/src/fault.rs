//! Scripted faults: what goes wrong, on which path, at which request.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

/// A fault of some requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The helpdesk; none for all.
    pub domain: Option<String>,
    /// The path below the domain.
    pub path: PathPattern,
    /// Only requests whose body has this text, such as a scope in quotes; none for all.
    pub body_contains: Option<String>,
    /// Which of the requests that match, counted from the time that the fault was injected.
    pub when: When,
    /// What happens to them.
    pub action: Action,
}

/// Paths below a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPattern {
    /// Every path.
    Any,
    /// This path, such as `/api/users`.
    Exact(String),
    /// Paths that begin so, such as `/api/stats/`.
    Prefix(String),
}

/// Which of the requests that match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Each.
    Always,
    /// The first so many.
    First(u64),
    /// From the one to the other, both included; the first request is number 1.
    Requests(RangeInclusive<u64>),
    /// Each so-manieth: with 3, requests 3, 6, 9.
    Every(u64),
}

/// What happens to a request. It has been let in and has taken its place in the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Another answer.
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
    /// 200 with an empty list, whatever there is.
    EmptyList,
    /// 200 with `"data": null`.
    NullData,
    /// The first page again and again, always with the same next cursor.
    RepeatedCursor,
    /// An error that quotes the `Authorization` header of the request, as a careless server might.
    EchoAuthorization {
        /// The status of the error, 400 to 599.
        status: u16,
    },
}

/// An answer made up in advance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedResponse {
    /// The status.
    pub status: u16,
    /// Headers, `Content-Type` among them. They replace the simulator's own.
    pub headers: Vec<(String, String)>,
    /// `Retry-After`; none leaves the true one.
    pub retry_after: Option<RetryAfter>,
    /// The body.
    pub body: String,
}

/// Spellings of `Retry-After`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// No header.
    Missing,
    /// So many seconds; may be 0.
    Seconds(u64),
    /// An HTTP date so long after the answer. On the real clock: dates are of that clock, also in tests that pause
    /// tokio's.
    DateIn(Duration),
    /// Anything else, such as `1.5` or `soon`.
    Text(String),
}

impl RetryAfter {
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Missing => None,
            Self::Seconds(seconds) => Some(seconds.to_string()),
            Self::DateIn(wait) => SystemTime::now().checked_add(*wait).map(httpdate::fmt_http_date),
            Self::Text(text) => Some(text.clone()),
        }
    }
}

impl Action {
    /// An error in the vendor's JSON.
    pub fn error(status: u16, message: &str) -> Self {
        let body = serde_json::json!({ "error": { "msg": message } }).to_string();
        Self::respond(status, "application/json", body, None)
    }

    /// An error page as gateways write them.
    pub fn html(status: u16) -> Self {
        let body = format!("<!DOCTYPE html><html><body><h1>{status}</h1><p>cloudflare</p></body></html>");
        Self::respond(status, "text/html; charset=utf-8", body, None)
    }

    /// 202 without a body: the statistics are not ready.
    pub fn accepted() -> Self {
        let response = CannedResponse { status: 202, headers: Vec::new(), retry_after: None, body: String::new() };
        Self::Respond(response)
    }

    /// 429, although the bucket is not full.
    pub fn throttled(retry_after: RetryAfter) -> Self {
        let body = serde_json::json!({ "error": { "msg": "Too many requests." } }).to_string();
        Self::respond(429, "application/json", body, Some(retry_after))
    }

    fn respond(status: u16, content_type: &str, body: String, retry_after: Option<RetryAfter>) -> Self {
        let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        Self::Respond(CannedResponse { status, headers, retry_after, body })
    }
}

impl Fault {
    /// A fault of every request for one path of one helpdesk.
    pub fn new(domain: &str, path: &str, action: Action) -> Self {
        Self {
            domain: Some(domain.to_owned()),
            path: PathPattern::Exact(path.to_owned()),
            body_contains: None,
            when: When::Always,
            action,
        }
    }

    /// The same fault of other requests.
    #[must_use]
    pub fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    /// The same fault, only of requests whose body has a text.
    #[must_use]
    pub fn body_contains(self, text: &str) -> Self {
        Self { body_contains: Some(text.to_owned()), ..self }
    }

    fn matches(&self, domain: &str, path: &str, body: &str) -> bool {
        let path_fits = match &self.path {
            PathPattern::Any => true,
            PathPattern::Exact(exact) => exact == path,
            PathPattern::Prefix(prefix) => path.starts_with(prefix.as_str()),
        };
        path_fits
            && self.domain.as_deref().is_none_or(|wanted| wanted == domain)
            && self.body_contains.as_deref().is_none_or(|text| body.contains(text))
    }
}

impl When {
    fn includes(&self, number: u64) -> bool {
        match self {
            Self::Always => true,
            Self::First(count) => number <= *count,
            Self::Requests(numbers) => numbers.contains(&number),
            Self::Every(step) => *step > 0 && number.is_multiple_of(*step),
        }
    }
}

/// A fault and how many requests it has met.
#[derive(Clone, Debug)]
struct Armed<F> {
    fault: F,
    met: u64,
}

/// The faults of a service.
#[derive(Clone, Debug)]
pub(crate) struct Script<F>(Vec<Armed<F>>);

impl<F> Default for Script<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<F> Script<F> {
    pub(crate) fn arm(&mut self, fault: F) {
        self.0.push(Armed { fault, met: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault that is due for a request. Every fault that matches counts it.
    pub(crate) fn first_due(&mut self, matches: impl Fn(&F) -> bool, when: impl Fn(&F) -> &When) -> Option<&F> {
        let mut due = None;
        for armed in self.0.iter_mut().filter(|armed| matches(&armed.fault)) {
            armed.met += 1;
            if due.is_none() && when(&armed.fault).includes(armed.met) {
                due = Some(&armed.fault);
            }
        }
        due
    }
}

impl Script<Fault> {
    /// What happens to a request.
    pub(crate) fn strike(&mut self, domain: &str, path: &str, body: &str) -> Option<Action> {
        let due = self.first_due(|fault| fault.matches(domain, path, body), |fault| &fault.when);
        due.map(|fault| fault.action.clone())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::always(When::Always, "123456")]
    #[case::first(When::First(2), "12")]
    #[case::range(When::Requests(2..=4), "234")]
    #[case::every(When::Every(3), "36")]
    #[case::every_nothing(When::Every(0), "")]
    fn a_fault_strikes_the_requests_it_names(#[case] when: When, #[case] expected: &str) {
        let mut script = Script::default();
        script.arm(Fault::new("acme", "/api/users", Action::EmptyList).when(when));
        let struck: String = (1..=6)
            .filter(|_| script.strike("acme", "/api/users", "").is_some())
            .map(|number: u32| number.to_string())
            .collect();
        assert_eq!(struck, expected);
    }

    #[rstest]
    #[case::exact(PathPattern::Exact("/api/users".to_owned()), "/api/users", true)]
    #[case::exact_is_no_prefix(PathPattern::Exact("/api".to_owned()), "/api/users", false)]
    #[case::prefix(PathPattern::Prefix("/api/stats/".to_owned()), "/api/stats/overview", true)]
    #[case::other_prefix(PathPattern::Prefix("/api/stats/".to_owned()), "/api/reporting/stats", false)]
    #[case::any(PathPattern::Any, "/x", true)]
    fn a_fault_strikes_the_paths_it_names(#[case] path: PathPattern, #[case] asked: &str, #[case] expected: bool) {
        let mut script = Script::default();
        script.arm(Fault { path, ..Fault::new("acme", "", Action::EmptyList) });
        assert_eq!(script.strike("acme", asked, "").is_some(), expected);
        assert_eq!(script.strike("other", asked, ""), None);
    }

    #[test]
    fn a_fault_of_one_scope_leaves_the_others_and_the_first_due_fault_wins() {
        let mut script = Script::default();
        script.arm(Fault::new("acme", "/r", Action::EmptyList).body_contains("\"messages-sent\"").when(When::First(1)));
        script.arm(Fault { domain: None, ..Fault::new("", "/r", Action::NullData) }.when(When::Requests(2..=9)));
        assert_eq!(script.strike("acme", "/r", r#"{"scope":"tickets-closed"}"#), None);
        assert_eq!(script.strike("acme", "/r", r#"{"scope":"messages-sent"}"#), Some(Action::EmptyList));
        assert_eq!(script.strike("acme", "/r", r#"{"scope":"messages-sent"}"#), Some(Action::NullData));
    }
}
