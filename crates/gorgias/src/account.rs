//! One helpdesk account: every request passes its budget, failures are repeated where that can help, pages are
//! followed to their end.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use helpdelta_core::{Credential, Domain, RequestCounts};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::address::BaseUrl;
use crate::answer::{Page, is_web_page, message};
use crate::budget::{Admission, Budget, CallLimit};
use crate::error::{Error, ErrorKind};
use crate::request::ReadRequest;
use crate::retry::{RetryPolicy, parse_retry_after};
use crate::transport::{Transport, TransportError, TransportRequest, TransportResponse};

/// What reading one account may take (law 8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ceilings {
    /// Requests under way at once; at least 1.
    pub parallel_requests: usize,
    /// Pages of one list; more is taken for an endless loop.
    pub pages: usize,
    /// Time for the whole account.
    pub account_limit: Duration,
}

impl Default for Ceilings {
    /// Four requests at once, a thousand pages, ten minutes.
    fn default() -> Self {
        Self { parallel_requests: 4, pages: 1_000, account_limit: Duration::from_secs(600) }
    }
}

/// What was sent to an account so far; may be read while it is being read.
#[derive(Debug, Default)]
pub struct Counters {
    sent: AtomicUsize,
    retried: AtomicUsize,
    throttled: AtomicUsize,
}

impl Counters {
    /// The counts at this moment.
    pub fn snapshot(&self) -> RequestCounts {
        RequestCounts {
            sent: self.sent.load(Ordering::Relaxed),
            retried: self.retried.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
        }
    }
}

/// What an answer tells beside its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastAnswer {
    /// This machine's clock less the helpdesk's: positive when this machine is ahead. None when the helpdesk did not say.
    pub clock_skew_secs: Option<i64>,
    /// The account's bucket of requests; none when the helpdesk did not say.
    pub call_limit: Option<CallLimit>,
}

/// One helpdesk, its credential and its budget.
#[derive(Debug)]
pub struct Account<T> {
    domain: Domain,
    base_url: BaseUrl,
    credential: Credential,
    transport: T,
    budget: Arc<Budget>,
    retry: RetryPolicy,
    pub(crate) ceilings: Ceilings,
    counters: Arc<Counters>,
    last_answer: Mutex<LastAnswer>,
}

/// The rows of every page, and how many requests they took.
pub(crate) struct Pages {
    pub(crate) rows: Vec<Map<String, Value>>,
    pub(crate) requests: usize,
}

/// An answer that is one, and how many requests it took.
pub(crate) struct Answered {
    pub(crate) response: TransportResponse,
    pub(crate) tries: u32,
    pub(crate) started: Instant,
}

enum Verdict {
    Answer(TransportResponse),
    Final(ErrorKind),
    Again { kind: ErrorKind, wait: Duration },
}

impl<T: Transport> Account<T> {
    /// An account. Whoever else reads the same domain must share `budget`.
    pub fn new(
        domain: Domain,
        base_url: BaseUrl,
        credential: Credential,
        transport: T,
        budget: Arc<Budget>,
        retry: RetryPolicy,
        ceilings: Ceilings,
    ) -> Self {
        let (counters, last_answer) = (Arc::default(), Mutex::default());
        Self { domain, base_url, credential, transport, budget, retry, ceilings, counters, last_answer }
    }

    /// The account's domain.
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// What was sent so far.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// What the newest answer told beside its content, a refusal's too; nothing before the first.
    pub fn last_answer(&self) -> LastAnswer {
        *self.last_answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Follows the cursor to the end of a list. A cursor that the helpdesk no longer takes begins the list again, once
    /// (`gorgias-api.md` 3.2).
    pub(crate) async fn pages(&self, request: impl Fn(Option<String>) -> ReadRequest) -> Result<Pages, Error> {
        let mut requests = 0;
        let mut restarted = false;
        'list: loop {
            let mut rows = Vec::new();
            let mut cursor = None;
            let mut seen = HashSet::new();
            loop {
                let request = request(cursor.clone());
                let answered = match self.send(&request, &mut requests).await {
                    Ok(answered) => answered,
                    Err(Error { kind: ErrorKind::Refused { .. }, .. }) if cursor.is_some() && !restarted => {
                        tracing::warn!(domain = %self.domain, "The helpdesk no longer takes a cursor; the list begins again.");
                        restarted = true;
                        continue 'list;
                    }
                    Err(error) => return Err(error),
                };
                let failed = |kind| self.error(request.describe(), answered.tries, answered.started, kind);
                let page = Page::read(&answered.response).map_err(failed)?;
                rows.extend(page.rows);
                let Some(next_cursor) = page.next_cursor else { return Ok(Pages { rows, requests }) };
                if !seen.insert(next_cursor.clone()) {
                    return Err(failed(ErrorKind::unexpected("a cursor came twice, so the list would never end")));
                }
                if seen.len() >= self.ceilings.pages {
                    let what = format!("the list has more than {} pages", self.ceilings.pages);
                    return Err(failed(ErrorKind::unexpected(what)));
                }
                cursor = Some(next_cursor);
            }
        }
    }

    /// Sends a request until it has an answer, a final failure or no try left. Adds its tries to `requests`.
    pub(crate) async fn send(&self, request: &ReadRequest, requests: &mut usize) -> Result<Answered, Error> {
        let started = Instant::now();
        let mut tries: u32 = 0;
        loop {
            let admission = self.budget.admit().await;
            self.counters.sent.fetch_add(1, Ordering::Relaxed);
            if tries > 0 {
                self.counters.retried.fetch_add(1, Ordering::Relaxed);
            }
            *requests += 1;
            let outcome = self.transport.send(self.outgoing(request)?).await;
            let verdict = self.judge(outcome, &admission, tries);
            drop(admission);
            tries += 1;
            match verdict {
                Verdict::Answer(response) => return Ok(Answered { response, tries, started }),
                Verdict::Final(kind) => return Err(self.error(request.describe(), tries, started, kind)),
                Verdict::Again { kind, .. } if tries > self.retry.max_retries => {
                    return Err(self.error(request.describe(), tries, started, kind));
                }
                Verdict::Again { kind, wait } => {
                    tracing::warn!(
                        domain = %self.domain, asked = request.describe(), code = kind.code(), tries,
                        wait_secs = wait.as_secs_f64(), "A request is repeated.",
                    );
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    fn outgoing(&self, request: &ReadRequest) -> Result<TransportRequest, Error> {
        let unwritable = |reason: String| {
            let kind = ErrorKind::unexpected(format!("the request cannot be written: {reason}"));
            self.error(request.describe(), 1, Instant::now(), kind)
        };
        let body = request.body().transpose().map_err(|error| unwritable(error.to_string()))?;
        let json_body = body.map(|body| serde_json::to_vec(&body)).transpose();
        let json_body = json_body.map_err(|error| unwritable(error.to_string()))?;
        Ok(TransportRequest {
            url: self.base_url.of(&self.domain, &request.path_and_query()),
            authorization: self.credential.authorization(),
            json_body,
        })
    }

    /// What an outcome means, by `gorgias-api.md` 7.2. `retry` is the number of the repetition that would follow.
    fn judge(
        &self,
        outcome: Result<TransportResponse, TransportError>,
        admission: &Admission<'_>,
        retry: u32,
    ) -> Verdict {
        let chance = rand::random::<f64>();
        let wait = self.retry.backoff(retry, chance);
        let response = match outcome {
            Ok(response) => response,
            Err(TransportError::Timeout) => return Verdict::Again { kind: ErrorKind::Timeout, wait },
            Err(TransportError::Network { message }) => {
                let message = self.credential.scrub(&message);
                return Verdict::Again { kind: ErrorKind::Network { message }, wait };
            }
            Err(TransportError::TooLarge { limit_bytes }) => {
                return Verdict::Final(ErrorKind::TooLarge { limit_bytes });
            }
        };
        let call_limit = response.call_limit.as_deref().and_then(CallLimit::parse);
        admission.answered(call_limit);
        let clock_skew_secs = response.date.map(clock_skew_secs);
        *self.last_answer.lock().unwrap_or_else(PoisonError::into_inner) = LastAnswer { clock_skew_secs, call_limit };
        let message = || message(&response, &self.credential);
        match response.status {
            200 => Verdict::Answer(response),
            202 => Verdict::Again { kind: ErrorKind::NotReady, wait },
            300..=399 => Verdict::Final(ErrorKind::Redirected { status: response.status }),
            401 | 419 => Verdict::Final(ErrorKind::Unauthorized),
            403 => Verdict::Final(ErrorKind::Forbidden { message: message() }),
            404 if is_web_page(&response) => Verdict::Final(ErrorKind::UnknownDomain),
            404 => Verdict::Final(ErrorKind::NotFound { message: message() }),
            429 => {
                self.counters.throttled.fetch_add(1, Ordering::Relaxed);
                let date = response.date.unwrap_or_else(SystemTime::now);
                let asked = response.retry_after.as_deref().and_then(|asked| parse_retry_after(asked, date));
                let wait = self.retry.after_throttling(asked, retry, chance);
                self.budget.pause(wait);
                Verdict::Again { kind: ErrorKind::RateLimited, wait }
            }
            400..=499 => Verdict::Final(ErrorKind::Refused { status: response.status, message: message() }),
            500..=599 => {
                Verdict::Again { kind: ErrorKind::Server { status: response.status, message: message() }, wait }
            }
            status => Verdict::Final(ErrorKind::unexpected(format!("the status is {status}"))),
        }
    }

    pub(crate) fn error(&self, asked: String, tries: u32, started: Instant, kind: ErrorKind) -> Error {
        let kind = kind.tidied(&self.credential);
        Error { domain: self.domain.clone(), asked, tries, elapsed: started.elapsed(), kind }
    }
}

/// This machine's clock less `date`.
fn clock_skew_secs(date: SystemTime) -> i64 {
    let seconds = |difference: Duration| i64::try_from(difference.as_secs()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(date) {
        Ok(ahead) => seconds(ahead),
        Err(error) => -seconds(error.duration()),
    }
}
