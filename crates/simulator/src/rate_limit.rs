//! The leaky bucket of an account (`gorgias-api.md` 2).

use std::time::Duration;

use tokio::time::Instant;

/// On which answers `Retry-After` stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfterHeader {
    /// On every answer, as documented. On a success it says when the bucket will be empty, so that a client which
    /// sleeps on it there is needlessly slow; on a 429, when there is room for one request.
    #[default]
    OnEvery,
    /// On 429 only.
    OnThrottled,
    /// On none.
    Never,
}

/// The bucket's size and speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many requests fit in; at least 1.
    pub size: u32,
    /// How long a full bucket takes to run empty.
    pub drain: Duration,
    /// Another client of the same account sends a request each time that this has passed. None: there is no other.
    pub foreign_interval: Option<Duration>,
    /// On which answers `Retry-After` stands.
    pub retry_after: RetryAfterHeader,
}

impl RateLimit {
    /// An API key on an ordinary plan: 40 requests, 20 seconds.
    pub const API_KEY: Self = Self {
        size: 40,
        drain: Duration::from_secs(20),
        foreign_interval: None,
        retry_after: RetryAfterHeader::OnEvery,
    };

    /// An API key on the enterprise plan: 40 requests, 10 seconds.
    pub const ENTERPRISE: Self = Self { drain: Duration::from_secs(10), ..Self::API_KEY };

    /// No limit that a test would meet: for benchmarks of everything but waiting.
    pub const UNLIMITED: Self = Self { size: 1_000_000, drain: Duration::from_millis(1), ..Self::API_KEY };

    /// How much of the drain time one request takes up.
    fn share(&self) -> Duration {
        (self.drain / self.size.max(1)).max(Duration::from_nanos(1))
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self::API_KEY
    }
}

/// What became of a request, and what its headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) admitted: bool,
    pub(crate) used: u128,
    pub(crate) retry_after_secs: u64,
}

/// The level of a bucket, as the time that it needs to run empty.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    level: Duration,
    updated: Option<Instant>,
    next_foreign: Option<Instant>,
}

impl Bucket {
    /// Lets a request in if there is room.
    pub(crate) fn take(&mut self, limit: &RateLimit, now: Instant) -> Reading {
        self.advance(limit, now);
        let admitted = self.pour(limit);
        let reading = self.read(limit);
        if admitted {
            return reading;
        }
        let wait = (self.level + limit.share()).saturating_sub(limit.drain);
        Reading { admitted, retry_after_secs: whole_secs(wait).max(1), ..reading }
    }

    /// What the headers of an answer say that took nothing out of the bucket.
    pub(crate) fn look(&mut self, limit: &RateLimit, now: Instant) -> Reading {
        self.advance(limit, now);
        self.read(limit)
    }

    /// Another client's requests: those that fit.
    pub(crate) fn consume(&mut self, limit: &RateLimit, now: Instant, requests: u32) {
        self.advance(limit, now);
        self.level = self.level.saturating_add(limit.share().saturating_mul(requests)).min(limit.drain);
    }

    fn read(&self, limit: &RateLimit) -> Reading {
        let used = self.level.as_nanos().div_ceil(limit.share().as_nanos());
        Reading { admitted: true, used, retry_after_secs: whole_secs(self.level) }
    }

    fn pour(&mut self, limit: &RateLimit) -> bool {
        let level = self.level + limit.share();
        let fits = level <= limit.drain;
        if fits {
            self.level = level;
        }
        fits
    }

    fn advance(&mut self, limit: &RateLimit, now: Instant) {
        match limit.foreign_interval.filter(|interval| !interval.is_zero()) {
            None => self.next_foreign = None,
            Some(interval) => {
                let mut next = self.next_foreign.unwrap_or(self.updated.unwrap_or(now) + interval);
                // After two drain times the level no longer depends on what it was before.
                let relevant = limit.drain.saturating_mul(2).saturating_add(interval);
                if now.saturating_duration_since(next) > relevant {
                    next = now.checked_sub(relevant).unwrap_or(next);
                }
                while next <= now {
                    self.leak(next);
                    self.pour(limit);
                    next += interval;
                }
                self.next_foreign = Some(next);
            }
        }
        self.leak(now);
    }

    fn leak(&mut self, now: Instant) {
        let elapsed = self.updated.map_or(Duration::ZERO, |updated| now.saturating_duration_since(updated));
        self.level = self.level.saturating_sub(elapsed);
        self.updated = Some(now);
    }
}

fn whole_secs(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(bucket: &mut Bucket, limit: &RateLimit, now: Instant) -> usize {
        (0..1000).take_while(|_| bucket.take(limit, now).admitted).count()
    }

    #[test]
    fn forty_fit_in_and_two_a_second_run_out() {
        let (limit, start, mut bucket) = (RateLimit::API_KEY, Instant::now(), Bucket::default());
        assert_eq!(bucket.take(&limit, start), Reading { admitted: true, used: 1, retry_after_secs: 1 });
        assert_eq!(fill(&mut bucket, &limit, start), 39);
        assert_eq!(bucket.take(&limit, start), Reading { admitted: false, used: 40, retry_after_secs: 1 });
        let later = start + Duration::from_millis(499);
        assert!(!bucket.take(&limit, later).admitted);
        assert_eq!(fill(&mut bucket, &limit, start + Duration::from_secs(3)), 6);
        assert_eq!(fill(&mut bucket, &limit, start + Duration::from_secs(60)), 40);
    }

    #[test]
    fn the_enterprise_plan_drains_twice_as_fast() {
        let (limit, start, mut bucket) = (RateLimit::ENTERPRISE, Instant::now(), Bucket::default());
        assert_eq!(fill(&mut bucket, &limit, start), 40);
        assert_eq!(fill(&mut bucket, &limit, start + Duration::from_secs(3)), 12);
    }

    #[test]
    fn another_client_takes_its_share() {
        let limit = RateLimit { foreign_interval: Some(Duration::from_secs(1)), ..RateLimit::API_KEY };
        let (start, mut bucket) = (Instant::now(), Bucket::default());
        assert_eq!(fill(&mut bucket, &limit, start), 40);
        assert_eq!(fill(&mut bucket, &limit, start + Duration::from_secs(10)), 10);
        let much_later = start + Duration::from_secs(1_000_000);
        assert_eq!(bucket.look(&limit, much_later).used, 1);
    }

    #[test]
    fn a_burst_of_another_client_fills_the_bucket_and_never_overfills_it() {
        let (limit, start, mut bucket) = (RateLimit::API_KEY, Instant::now(), Bucket::default());
        bucket.consume(&limit, start, 39);
        assert_eq!(fill(&mut bucket, &limit, start), 1);
        bucket.consume(&limit, start, 5000);
        assert_eq!(bucket.look(&limit, start).used, 40);
    }

    #[test]
    fn looking_takes_nothing() {
        let (limit, start, mut bucket) = (RateLimit::API_KEY, Instant::now(), Bucket::default());
        bucket.take(&limit, start);
        bucket.look(&limit, start);
        assert_eq!(bucket.look(&limit, start).used, 1);
    }
}
