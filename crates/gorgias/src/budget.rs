//! The request budget of one account.
//!
//! The helpdesk keeps a leaky bucket an account: 40 requests that drain in 20 s, shared by everybody who uses the
//! account (`gorgias-api.md` 2). This module keeps a picture of that bucket that is never emptier than the real one,
//! as far as anyone can know: it counts what it sent, drains at the documented speed, and corrects itself by the
//! `used/size` that every answer carries. It corrects upwards when somebody else used the account, and downwards
//! only as far as the requests still under way allow.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The size of the bucket for an API key (`gorgias-api.md` 2.1).
pub const DOCUMENTED_LIMIT: u32 = 40;
/// The time in which a full bucket drains (`gorgias-api.md` 2.1; half of it for enterprise plans).
pub const DOCUMENTED_WINDOW: Duration = Duration::from_secs(20);

/// No documented bucket comes near this.
const LARGEST_SIZE: u32 = 10_000;

/// What `X-Gorgias-Account-Api-Call-Limit` says: requests in the bucket, and its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimit {
    /// Requests in the bucket.
    pub used: u32,
    /// The size of the bucket; at least 1.
    pub size: u32,
}

impl CallLimit {
    /// Reads `used/size`.
    pub fn parse(value: &str) -> Option<Self> {
        let (used, size) = value.trim().split_once('/')?;
        let limit = Self { used: used.trim().parse().ok()?, size: size.trim().parse().ok()? };
        (limit.size > 0).then_some(limit)
    }
}

/// The budget that all requests of an account share. Requests are let through in the order in which they came.
#[derive(Debug)]
pub struct Budget {
    share: f64,
    bucket: Mutex<Bucket>,
    turnstile: tokio::sync::Mutex<()>,
}

/// A request that the budget let through; tell it what the helpdesk said, or drop it.
#[derive(Debug)]
pub(crate) struct Admission<'a> {
    budget: &'a Budget,
    number: u64,
    /// Requests that were under way when this one was let through.
    beside: u64,
}

impl Budget {
    /// A budget that keeps the account's bucket below `share` (above 0, up to 1) of its size, as far as our own
    /// requests go; the rest is for others who use the account.
    pub fn new(share: f64) -> Self {
        let bucket = Bucket {
            size: f64::from(DOCUMENTED_LIMIT),
            level: 0.0,
            drained_at: Instant::now(),
            last_number: 0,
            under_way: 0,
            paused_until: None,
        };
        Self { share, bucket: Mutex::new(bucket), turnstile: tokio::sync::Mutex::new(()) }
    }

    /// How many requests fit at once into an empty bucket of the documented size.
    pub fn burst(share: f64) -> u32 {
        (1..=DOCUMENTED_LIMIT)
            .rev()
            .find(|count| f64::from(*count) <= ceiling(f64::from(DOCUMENTED_LIMIT), share))
            .unwrap_or(1)
    }

    /// Waits until a request fits.
    pub(crate) async fn admit(&self) -> Admission<'_> {
        let _turn = self.turnstile.lock().await;
        loop {
            let ready_at = {
                let mut bucket = self.bucket();
                let now = Instant::now();
                match bucket.ready_at(now, self.share) {
                    Some(ready_at) if ready_at > now => ready_at,
                    _ => {
                        let beside = bucket.under_way;
                        return Admission { budget: self, number: bucket.take(now), beside };
                    }
                }
            };
            sleep_until(ready_at).await;
        }
    }

    /// Stops every request of the account for a while, after 429.
    pub(crate) fn pause(&self, wait: Duration) {
        let mut bucket = self.bucket();
        let now = Instant::now();
        bucket.drain(now);
        bucket.level = bucket.level.max(bucket.size);
        let until = now + wait;
        bucket.paused_until = Some(bucket.paused_until.map_or(until, |earlier| earlier.max(until)));
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        // The bucket is consistent after every statement, so a panic elsewhere does not spoil it.
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admission<'_> {
    /// Corrects the picture of the bucket by what the answer says of it.
    pub(crate) fn answered(&self, limit: Option<CallLimit>) {
        if let Some(limit) = limit {
            self.budget.bucket().learn(Instant::now(), self, limit);
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        let mut bucket = self.budget.bucket();
        bucket.under_way = bucket.under_way.saturating_sub(1);
    }
}

#[derive(Debug)]
struct Bucket {
    size: f64,
    level: f64,
    drained_at: Instant,
    /// The number of the request that was let through last.
    last_number: u64,
    /// How many requests have no answer yet.
    under_way: u64,
    paused_until: Option<Instant>,
}

fn ceiling(size: f64, share: f64) -> f64 {
    (size * share).floor().max(1.0)
}

impl Bucket {
    fn drain_per_second(&self) -> f64 {
        self.size / DOCUMENTED_WINDOW.as_secs_f64()
    }

    fn drain(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.drained_at).as_secs_f64();
        self.level = (self.level - elapsed * self.drain_per_second()).max(0.0);
        self.drained_at = now;
    }

    /// When one more request fits; none if nothing is in its way.
    fn ready_at(&mut self, now: Instant, share: f64) -> Option<Instant> {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return Some(until);
        }
        self.paused_until = None;
        self.drain(now);
        let excess = self.level + 1.0 - ceiling(self.size, share);
        if excess <= 0.0 {
            return None;
        }
        // A whole millisecond more than needed, so that rounding never wakes it too early to fit.
        let wait = Duration::try_from_secs_f64(excess / self.drain_per_second()).unwrap_or(DOCUMENTED_WINDOW);
        Some(now + wait + Duration::from_millis(1))
    }

    fn take(&mut self, now: Instant) -> u64 {
        self.drain(now);
        self.level += 1.0;
        self.last_number += 1;
        self.under_way += 1;
        self.last_number
    }

    /// Learns from an answer: the bucket held at least `used` when the helpdesk wrote it, and holds at most that and
    /// every request that it may have counted since. Those are all that were sent after this one, and all that were
    /// under way beside it: answers overtake each other, so one that is already here may have been counted later.
    fn learn(&mut self, now: Instant, admission: &Admission<'_>, limit: CallLimit) {
        // A count beyond the bucket, or a bucket beyond reason, is nothing to wait for.
        self.size = f64::from(limit.size.min(LARGEST_SIZE));
        self.drain(now);
        let uncounted = self.last_number.saturating_sub(admission.number) + admission.beside;
        let uncounted = f64::from(u32::try_from(uncounted).unwrap_or(u32::MAX));
        let used = f64::from(limit.used).min(self.size);
        self.level = self.level.max(used).min(used + uncounted);
    }
}

#[cfg(test)]
mod tests;
