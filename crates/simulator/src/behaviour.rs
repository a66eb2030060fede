//! How a helpdesk answers: the settings that are true of a whole account, as opposed to scripted faults.

use std::time::Duration;

use helpdelta_core::Statistic;

use crate::dialect::Dialect;
use crate::rate_limit::RateLimit;

/// When time buckets are cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bucketing {
    /// In the query's time zone, so that a bucket equals the query of its month alone.
    #[default]
    Truthful,
    /// In UTC, whatever the query says: grouped answers then differ from single-month ones at the edges of months.
    /// What a `verify` command has to notice.
    InUtc,
}

/// What a channel that the account does not have leads to (`gorgias-api.md` 10, point 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownChannel {
    /// No rows.
    #[default]
    Empty,
    /// 400.
    Refused,
}

/// Whether the last second of a legacy period belongs to it (`gorgias-api.md` 5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LegacyPeriodEnd {
    /// The whole second named by `end_datetime` is part of the period, as the notebook's `23:59:59` wants.
    #[default]
    Inclusive,
    /// `end_datetime` is the first instant that is not part of it.
    Exclusive,
}

/// How a helpdesk answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Behaviour {
    /// Its bucket of requests.
    pub rate_limit: RateLimit,
    /// How long every answer takes; on tokio's clock.
    pub latency: Duration,
    /// How it spells what the contract leaves open.
    pub dialect: Dialect,
    /// Where it cuts time buckets.
    pub bucketing: Bucketing,
    /// Statistics that its plan or the key's role refuses with 403, in both APIs.
    pub refused_statistics: Vec<Statistic>,
    /// What an unknown channel leads to. Known are the slugs of `gorgias-api.md` 4.5 and those of the tickets.
    pub unknown_channel: UnknownChannel,
    /// The longest period of a reporting query, in days of the wall clock.
    pub longest_period_days: i64,
    /// Whether one-touch leaves out tickets created more than 180 days before the period, as an older query of the
    /// vendor's application did.
    pub one_touch_ignores_old_tickets: bool,
    /// Whether `POST /api/stats/{name}` still exists; if not, it answers 400 "does not exist".
    pub legacy_exists: bool,
    /// Whether the last second of a legacy period belongs to it.
    pub legacy_period_end: LegacyPeriodEnd,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            rate_limit: RateLimit::default(),
            latency: Duration::ZERO,
            dialect: Dialect::default(),
            bucketing: Bucketing::default(),
            refused_statistics: Vec::new(),
            unknown_channel: UnknownChannel::default(),
            longest_period_days: 366,
            one_touch_ignores_old_tickets: false,
            legacy_exists: true,
            legacy_period_end: LegacyPeriodEnd::default(),
        }
    }
}
