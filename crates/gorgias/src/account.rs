//! One helpdesk account: every request passes its budget, failures are repeated where that can help, pages are
//! followed to their end.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use helpdelta_core::{
    AccountPlan, Agent, Channel, Credential, Domain, Query, RequestCounts, StatisticAnswer, StatisticRow, Zone,
};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::address::BaseUrl;
use crate::answer::{Page, is_web_page, message};
use crate::budget::{Admission, Budget, CallLimit};
use crate::error::{Error, ErrorKind};
use crate::request::ReadRequest;
use crate::retry::{RetryPolicy, parse_retry_after};
use crate::transport::{Transport, TransportError, TransportRequest, TransportResponse};
use crate::{reporting, users};

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

/// Everything that a plan asks of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountReading {
    /// Every user, each once, in the order of the helpdesk.
    pub users: Vec<Agent>,
    /// One answer a query, in the order of the plan.
    pub answers: Vec<StatisticAnswer>,
    users_requests: usize,
    answers_requests: Vec<usize>,
}

impl AccountReading {
    /// How many requests the figures of a channel took: those of the users, and of the answers that serve it.
    pub fn requests_of(&self, channel: &Channel) -> usize {
        let serving = self.answers.iter().zip(&self.answers_requests);
        let serving = serving.filter(|(answer, _)| answer.query.channels.serves(channel));
        self.users_requests + serving.map(|(_, requests)| requests).sum::<usize>()
    }
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
    ceilings: Ceilings,
    counters: Arc<Counters>,
}

/// The rows of every page, and how many requests they took.
struct Pages {
    rows: Vec<Map<String, Value>>,
    requests: usize,
}

/// An answer that is one, and how many requests it took.
struct Answered {
    response: TransportResponse,
    tries: u32,
    started: Instant,
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
        let counters = Arc::default();
        Self { domain, base_url, credential, transport, budget, retry, ceilings, counters }
    }

    /// What was sent so far.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Reads the users and every query of a plan. The first final failure ends the reading.
    ///
    /// # Errors
    ///
    /// A request failed finally, an answer is not what the API promises, or the account's time is up.
    pub async fn read(&self, plan: &AccountPlan, zone: &Zone) -> Result<AccountReading, Error> {
        let started = Instant::now();
        let limit = self.ceilings.account_limit;
        let reading = tokio::time::timeout(limit, self.read_all(plan, zone)).await;
        reading.unwrap_or_else(|_| {
            let asked = "all requests".to_owned();
            Err(self.error(asked, 1, started, ErrorKind::TimeLimit { limit }))
        })
    }

    async fn read_all(&self, plan: &AccountPlan, zone: &Zone) -> Result<AccountReading, Error> {
        let (users, users_requests) = self.users().await?;
        let answers = stream::iter(&plan.queries)
            .map(|query| self.statistic(query, zone))
            .buffered(self.ceilings.parallel_requests.max(1));
        let answers: Vec<(StatisticAnswer, usize)> = answers.try_collect().await?;
        let (answers, answers_requests) = answers.into_iter().unzip();
        Ok(AccountReading { users, answers, users_requests, answers_requests })
    }

    /// All users, each once, and how many requests that took.
    async fn users(&self) -> Result<(Vec<Agent>, usize), Error> {
        let started = Instant::now();
        let request = |cursor| ReadRequest::Users { cursor };
        let asked = request(None).describe();
        let failed = |kind| self.error(asked.clone(), 1, started, kind);
        let pages = self.pages(request).await?;
        let mut seen = HashSet::new();
        let mut users = pages.rows.iter().map(users::user).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        users.retain(|user| seen.insert(user.id));
        if users.is_empty() {
            // The owner of the credential is a user: an empty list is a fault, not a helpdesk without agents.
            return Err(failed(ErrorKind::unexpected("the list of users is empty")));
        }
        Ok((users, pages.requests))
    }

    /// The whole answer to a query, and how many requests that took.
    async fn statistic(&self, query: &Query, zone: &Zone) -> Result<(StatisticAnswer, usize), Error> {
        let started = Instant::now();
        let request = |cursor| ReadRequest::ReportingStatistic { query: query.clone(), zone: zone.clone(), cursor };
        let asked = request(None).describe();
        let pages = self.pages(request).await?;
        let rows: Vec<StatisticRow> =
            reporting::rows(query, &pages.rows).map_err(|kind| self.error(asked, 1, started, kind))?;
        Ok((StatisticAnswer { query: query.clone(), rows }, pages.requests))
    }

    /// Follows the cursor to the end of a list. A cursor that the helpdesk no longer takes begins the list again, once
    /// (`gorgias-api.md` 3.2).
    async fn pages(&self, request: impl Fn(Option<String>) -> ReadRequest) -> Result<Pages, Error> {
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
    async fn send(&self, request: &ReadRequest, requests: &mut usize) -> Result<Answered, Error> {
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
        let json_body = request.body().map(|body| serde_json::to_vec(&body)).transpose().map_err(|error| {
            let kind = ErrorKind::unexpected(format!("the request cannot be written as JSON: {error}"));
            self.error(request.describe(), 1, Instant::now(), kind)
        })?;
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
        admission.answered(response.call_limit.as_deref().and_then(CallLimit::parse));
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
                let asked = response.retry_after.as_deref().and_then(|asked| parse_retry_after(asked, response.date));
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

    fn error(&self, asked: String, tries: u32, started: Instant, kind: ErrorKind) -> Error {
        Error { domain: self.domain.clone(), asked, tries, elapsed: started.elapsed(), kind }
    }
}
