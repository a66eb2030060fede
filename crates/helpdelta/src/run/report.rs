//! The report of a run, and the lines that it adds to the runs table.

use helpdelta_core::{
    EntryError, EntryReport, EntryStatus, REPORT_SCHEMA_VERSION, RequestCounts, RunReport, RunStatus, TableReport,
};
use helpdelta_lakehouse::{KeptRows, RunLine, RunStamp, Written};
use jiff::{SignedDuration, Timestamp};

use super::entries::{EntryOutcome, RunEntry};
use super::fetch::AccountOutcome;
use super::prepare::Prepared;
use crate::settings::Settings;

/// The report of a run that is over.
pub(super) fn report(
    prepared: &Prepared,
    settings: &Settings,
    run: &RunStamp,
    entries: Vec<RunEntry>,
    accounts: &[AccountOutcome],
    written: Written,
) -> RunReport {
    let entries: Vec<EntryReport> = entries.into_iter().map(|entry| entry_report(entry, run, &written)).collect();
    let requests = accounts.iter().fold(RequestCounts::default(), |sum, account| RequestCounts {
        sent: sum.sent + account.requests.sent,
        retried: sum.retried + account.requests.retried,
        throttled: sum.throttled + account.requests.throttled,
    });
    RunReport {
        schema_version: REPORT_SCHEMA_VERSION,
        run_id: run.run_id.clone(),
        status: RunStatus::of(&entries),
        started: run.started,
        finished: Timestamp::now(),
        timezone: settings.zone.to_string(),
        months: prepared.months(),
        table: TableReport {
            uri: settings.table.to_string(),
            version_before: written.version_before,
            version_after: written.version_after,
        },
        rows: written.rows,
        requests,
        warnings: prepared.warnings.clone(),
        entries,
    }
}

/// Runs that overlap begin minutes apart; a stamp later than that is one of a clock that was ahead.
const FUTURE: SignedDuration = SignedDuration::from_hours(12);

fn left_to_a_newer_run(kept: &KeptRows) -> String {
    let latest = kept.latest.map(|latest| latest.to_string()).unwrap_or_default();
    format!("{} rows were last written by a run that began later ({latest}) and were left to it", kept.count)
}

fn from_the_future(kept: &KeptRows) -> EntryError {
    let latest = kept.latest.map(|latest| latest.to_string()).unwrap_or_default();
    EntryError {
        code: "clock_ahead".to_owned(),
        message: format!("{} rows differ, but carry the time of a run in the future ({latest}); left as they are", kept.count),
        hint: "A machine whose clock was ahead wrote them, or this one's is behind. Set the clock; if it is right, restore \
               the table to the version before that run."
            .to_owned(),
    }
}

fn entry_report(entry: RunEntry, run: &RunStamp, written: &Written) -> EntryReport {
    let RunEntry { entry, requests, outcome } = entry;
    let key = (entry.client.clone(), entry.channel.as_str().to_owned());
    let changed = written.changed_entries.contains(&key);
    let kept = written.kept_entries.get(&key);
    let report = EntryReport {
        client: entry.client,
        channel: entry.channel,
        domain: entry.domain,
        status: EntryStatus::Failed,
        source: None,
        rows: 0,
        requests,
        unavailable: Vec::new(),
        unknown_agents: 0,
        warnings: Vec::new(),
        error: None,
    };
    match outcome {
        EntryOutcome::Read(read) if kept.is_some_and(|kept| kept.latest > Some(run.started + FUTURE)) => EntryReport {
            status: EntryStatus::Refused,
            source: Some(read.source),
            rows: read.rows.len(),
            error: kept.map(from_the_future),
            ..report
        },
        EntryOutcome::Read(read) => EntryReport {
            status: if changed { EntryStatus::Done } else { EntryStatus::Unchanged },
            source: Some(read.source),
            rows: read.rows.len(),
            unavailable: read.unavailable,
            unknown_agents: read.unknown_agents,
            warnings: read.warnings.into_iter().chain(kept.map(left_to_a_newer_run)).collect(),
            ..report
        },
        EntryOutcome::Failed(error) => EntryReport { error: Some(error), ..report },
        EntryOutcome::Refused(error) => EntryReport { status: EntryStatus::Refused, error: Some(error), ..report },
    }
}

/// The lines that a run adds to the runs table.
pub(super) fn run_lines(report: &RunReport) -> Vec<RunLine> {
    let line = |entry: &EntryReport| RunLine {
        run_id: report.run_id.clone(),
        started: report.started,
        finished: report.finished,
        client: entry.client.clone(),
        channel: entry.channel.as_str().to_owned(),
        domain: entry.domain.to_string(),
        status: entry.status.as_str(),
        error_code: entry.error.as_ref().map(|error| error.code.clone()),
        error_message: entry.error.as_ref().map(|error| error.message.clone()),
        requests: entry.requests,
        rows: entry.rows,
        table_version: report.table.version_after,
    };
    report.entries.iter().map(line).collect()
}
