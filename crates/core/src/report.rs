//! The report of a run: a typed value first; terminal, JSON and runs table are views of it.

use jiff::Timestamp;
use serde::Serialize;

use crate::{Channel, Domain, Metric, Source};

/// The `schema_version` of every JSON document that holds a [`RunReport`].
pub const REPORT_SCHEMA_VERSION: u32 = 1;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Every entry is done and something changed.
    Ok,
    /// Every entry is done and nothing had changed; no commit.
    Unchanged,
    /// Some entries failed; the others are in the table.
    Partial,
    /// No entry was done.
    Failed,
}

impl RunStatus {
    /// The status that follows from those of the entries.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a EntryReport>) -> Self {
        let (mut done, mut unchanged, mut failed) = (0_usize, 0_usize, 0_usize);
        for entry in entries {
            match entry.status {
                EntryStatus::Done => done += 1,
                EntryStatus::Unchanged => unchanged += 1,
                EntryStatus::Failed | EntryStatus::Refused => failed += 1,
            }
        }
        match (done, unchanged, failed) {
            (0, 0, 1..) => Self::Failed,
            (_, _, 1..) => Self::Partial,
            (0, _, 0) => Self::Unchanged,
            (1.., _, 0) => Self::Ok,
        }
    }

    /// The word that JSON and the terminal show.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unchanged => "unchanged",
            Self::Partial => "partial",
            Self::Failed => "failed",
        }
    }
}

/// How an entry ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryStatus {
    /// Its rows are in the table, and some are new or changed.
    Done,
    /// Its rows were in the table already, value for value.
    Unchanged,
    /// Its account could not be read; its rows are as they were (law 4).
    Failed,
    /// It was read, but would have lost too much of what it had; its rows are as they were.
    Refused,
}

impl EntryStatus {
    /// The word that JSON, the runs table and the terminal show.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// Why an entry failed or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryError {
    /// A stable word for the kind of failure, such as `unauthorized`.
    pub code: String,
    /// What happened: the account, what was tried, how often.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// What a run did for one entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryReport {
    /// The client.
    pub client: String,
    /// The channel.
    pub channel: Channel,
    /// The account's sub-domain.
    pub domain: Domain,
    /// How it ended.
    pub status: EntryStatus,
    /// The API that gave its figures; none when it failed.
    pub source: Option<Source>,
    /// Rows that the run has for it: agents times months.
    pub rows: usize,
    /// Requests that its figures took. Entries of one account share requests, so these do not add up to the run's.
    pub requests: usize,
    /// Metrics that the helpdesk refused to give.
    pub unavailable: Vec<Metric>,
    /// Agent ids in the statistics that the users list does not have; their rows are not in the table.
    pub unknown_agents: usize,
    /// What is odd about the answers, in sentences.
    pub warnings: Vec<String>,
    /// Why it failed or was refused.
    pub error: Option<EntryError>,
}

/// The table before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Where it is.
    pub uri: String,
    /// Its version before the run; none when there was no table.
    pub version_before: Option<u64>,
    /// Its version after the run; none when there still is no table.
    pub version_after: Option<u64>,
}

/// What the run did to the rows of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowCounts {
    /// Rows that are new.
    pub inserted: usize,
    /// Rows of which a value differed.
    pub updated: usize,
    /// Rows that were in the table already, value for value.
    pub unchanged: usize,
    /// Rows that a run that began later had written; left alone.
    pub kept_newer: usize,
}

/// What the run sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequestCounts {
    /// All requests, repeated ones among them.
    pub sent: usize,
    /// Requests that repeated a failed one.
    pub retried: usize,
    /// Answers 429.
    pub throttled: usize,
}

/// The report of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunReport {
    /// [`REPORT_SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The run's id; also in the table's commit and in the runs table.
    pub run_id: String,
    /// How it ended.
    pub status: RunStatus,
    /// When it began; the time that it stamps on rows.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// The zone in which its months begin and end.
    pub timezone: String,
    /// Its first and last month.
    pub months: Option<(crate::Month, crate::Month)>,
    /// The table before and after.
    pub table: TableReport,
    /// What it did to rows.
    pub rows: RowCounts,
    /// What it sent.
    pub requests: RequestCounts,
    /// What is odd about the roster, in sentences.
    pub warnings: Vec<String>,
    /// One line an entry, in the order of the roster.
    pub entries: Vec<EntryReport>,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn entry(status: EntryStatus) -> EntryReport {
        EntryReport {
            client: "Acme".to_owned(),
            channel: Channel::All,
            domain: "acme".parse().expect("a domain"),
            status,
            source: None,
            rows: 0,
            requests: 0,
            unavailable: Vec::new(),
            unknown_agents: 0,
            warnings: Vec::new(),
            error: None,
        }
    }

    #[rstest]
    #[case::some_done(&[EntryStatus::Done, EntryStatus::Unchanged], RunStatus::Ok)]
    #[case::nothing_new(&[EntryStatus::Unchanged], RunStatus::Unchanged)]
    #[case::nothing_to_do(&[], RunStatus::Unchanged)]
    #[case::one_failed(&[EntryStatus::Unchanged, EntryStatus::Failed], RunStatus::Partial)]
    #[case::one_refused(&[EntryStatus::Done, EntryStatus::Refused], RunStatus::Partial)]
    #[case::all_failed(&[EntryStatus::Failed, EntryStatus::Failed], RunStatus::Failed)]
    fn the_status_of_a_run_follows_from_its_entries(#[case] entries: &[EntryStatus], #[case] expected: RunStatus) {
        let entries: Vec<EntryReport> = entries.iter().copied().map(entry).collect();
        assert_eq!(RunStatus::of(&entries), expected);
    }
}
