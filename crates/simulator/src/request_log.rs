//! What a helpdesk was asked, and what it answered. Never holds a credential.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// How many requests a log keeps; counts go on after that.
const LONGEST_LOG: usize = 100_000;

/// A request that reached a helpdesk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedRequest {
    /// Its number since the simulator began, from 1.
    pub number: u64,
    /// When it arrived, since the simulator began; on tokio's clock.
    pub arrived: Duration,
    /// The method.
    pub method: String,
    /// The path below the domain, such as `/api/users`.
    pub path: String,
    /// The query string, without its question mark.
    pub query: String,
    /// The body.
    pub body: String,
    /// The status of the answer; none while there is none.
    pub status: Option<u16>,
}

/// Numbers of requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// All.
    pub total: u64,
    /// By path below the domain.
    pub by_path: BTreeMap<String, u64>,
    /// By status; requests without an answer are in none.
    pub by_status: BTreeMap<u16, u64>,
    /// The most requests that were under way at one time.
    pub most_at_once: u64,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct RequestLog {
    requests: VecDeque<LoggedRequest>,
    counts: RequestCounts,
    last_number: u64,
    under_way: u64,
}

impl RequestLog {
    /// Enters a request; returns its number.
    pub(crate) fn begin(&mut self, request: LoggedRequest) -> u64 {
        self.last_number += 1;
        self.under_way += 1;
        self.counts.total += 1;
        self.counts.most_at_once = self.counts.most_at_once.max(self.under_way);
        *self.counts.by_path.entry(request.path.clone()).or_default() += 1;
        if self.requests.len() >= LONGEST_LOG {
            self.requests.pop_front();
        }
        self.requests.push_back(LoggedRequest { number: self.last_number, ..request });
        self.last_number
    }

    /// Enters the status of an answer.
    pub(crate) fn answered(&mut self, number: u64, status: u16) {
        let Some(request) = self.requests.iter_mut().rev().find(|request| request.number == number) else { return };
        request.status = Some(status);
        *self.counts.by_status.entry(status).or_default() += 1;
    }

    /// A request is over, answered or given up.
    pub(crate) fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        self.requests.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> RequestCounts {
        self.counts.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
        self.counts = RequestCounts::default();
    }
}
