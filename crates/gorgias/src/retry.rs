//! When a request is repeated, and after how long.

use std::time::{Duration, SystemTime};

/// How often and how patiently a request is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Repetitions of one request; 0 means one try.
    pub max_retries: u32,
    /// The wait before the first repetition; it doubles with each.
    pub base_wait: Duration,
    /// The longest wait, whatever the helpdesk asks for.
    pub longest_wait: Duration,
}

impl Default for RetryPolicy {
    /// The notebook's patience: five repetitions after 2, 4, 8, 16, 32 seconds; at most a minute each.
    fn default() -> Self {
        Self { max_retries: 5, base_wait: Duration::from_secs(2), longest_wait: Duration::from_secs(60) }
    }
}

impl RetryPolicy {
    /// The wait before repetition number `retry` (from 0): between half and all of the doubled base, by `chance` in
    /// 0..1.
    pub(crate) fn backoff(&self, retry: u32, chance: f64) -> Duration {
        let factor = 2_u32.saturating_pow(retry);
        let full = self.base_wait.saturating_mul(factor).min(self.longest_wait);
        full.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0))
    }

    /// The wait after 429: what the helpdesk asked for, capped, and up to a tenth more so that accounts do not come
    /// back in step. Without a usable `Retry-After`, or with one that says "at once", the backoff.
    pub(crate) fn after_throttling(&self, asked: Option<Duration>, retry: u32, chance: f64) -> Duration {
        match asked {
            Some(asked) if !asked.is_zero() => asked.min(self.longest_wait).mul_f64(1.0 + 0.1 * chance.clamp(0.0, 1.0)),
            _ => self.backoff(retry, chance),
        }
    }
}

/// Reads a `Retry-After`: seconds, a fraction of seconds, or an HTTP date relative to `now`.
///
/// A date in the past is zero; anything else is none.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn now() -> SystemTime {
        httpdate::parse_http_date("Tue, 24 Nov 2026 12:00:00 GMT").expect("a date")
    }

    #[rstest]
    #[case::seconds("5", Some(5.0))]
    #[case::fraction("1.5", Some(1.5))]
    #[case::zero("0", Some(0.0))]
    #[case::blanks(" 7 ", Some(7.0))]
    #[case::date("Tue, 24 Nov 2026 12:00:30 GMT", Some(30.0))]
    #[case::date_in_the_past("Tue, 24 Nov 2026 11:00:00 GMT", Some(0.0))]
    #[case::negative("-3", None)]
    #[case::junk("soon", None)]
    #[case::empty("", None)]
    #[case::not_a_number("nan", None)]
    #[case::infinite("inf", None)]
    fn retry_after_is_understood_in_every_form(#[case] value: &str, #[case] seconds: Option<f64>) {
        assert_eq!(parse_retry_after(value, now()), seconds.map(Duration::from_secs_f64));
    }

    #[rstest]
    #[case::first(0, 0.0, 1.0)]
    #[case::first_late(0, 1.0, 2.0)]
    #[case::third(2, 1.0, 8.0)]
    #[case::capped(9, 1.0, 60.0)]
    #[case::far(u32::MAX, 1.0, 60.0)]
    fn the_backoff_doubles_up_to_its_cap(#[case] retry: u32, #[case] chance: f64, #[case] seconds: f64) {
        assert_eq!(RetryPolicy::default().backoff(retry, chance), Duration::from_secs_f64(seconds));
    }

    #[rstest]
    #[case::as_asked(Some(5.0), 0.0, 5.0)]
    #[case::jittered(Some(5.0), 1.0, 5.5)]
    #[case::capped(Some(3600.0), 0.0, 60.0)]
    #[case::zero_backs_off(Some(0.0), 1.0, 2.0)]
    #[case::missing_backs_off(None, 1.0, 2.0)]
    fn throttling_waits_as_asked_within_reason(#[case] asked: Option<f64>, #[case] chance: f64, #[case] seconds: f64) {
        let wait = RetryPolicy::default().after_throttling(asked.map(Duration::from_secs_f64), 0, chance);
        assert_eq!(wait, Duration::from_secs_f64(seconds));
    }
}
