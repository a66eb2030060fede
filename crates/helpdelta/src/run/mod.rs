//! One run: roster, plan, fetch, merge, report.

mod entries;
mod fetch;
mod prepare;
mod progress;
mod report;
pub(crate) mod roster;

use helpdelta_core::RunReport;
use helpdelta_core::{EntryStatus, MergeError, RunStatus, StoredRow};
use helpdelta_lakehouse::{Dashboard, RowFilter, RunLine, RunStamp, WriterLock, Written};
use jiff::Timestamp;

use crate::commands::Context;
use crate::exit::{Exit, Failure};
use crate::hints;
use crate::settings::Settings;

use fetch::KnownAgents;
pub(crate) use fetch::{clients, transport};
pub(crate) use prepare::{Prepared, Selection, prepare};

/// The exit class that follows from a report.
pub(crate) fn exit_of(report: &RunReport) -> Exit {
    let refused = report.entries.iter().any(|entry| entry.status == EntryStatus::Refused);
    match report.status {
        RunStatus::Ok | RunStatus::Unchanged => Exit::Success,
        RunStatus::Partial | RunStatus::Failed if refused => Exit::Integrity,
        RunStatus::Partial | RunStatus::Failed => Exit::Partial,
    }
}

/// Reads every account of a prepared run and brings the table up to date. Nothing is written before every account has
/// answered or failed; an interruption until then leaves everything as it was.
///
/// # Errors
///
/// Another run is writing, the table cannot be used, or the user interrupted.
pub(crate) async fn execute(
    prepared: &Prepared,
    settings: &Settings,
    context: &Context<'_>,
) -> Result<RunReport, Failure> {
    // Delta keeps microseconds; a finer start would differ from the stamp that is read back.
    let started = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or(Timestamp::UNIX_EPOCH);
    let run = RunStamp { run_id: uuid::Uuid::now_v7().to_string(), started };
    let _lock = WriterLock::acquire(&settings.table).map_err(|error| hints::for_table(&error))?;
    let mut dashboard = open(settings).await?;
    let clients = prepared.entries.iter().map(|entry| entry.client.clone()).collect();
    let filter = RowFilter { clients: Some(clients), months: None };
    let stored = dashboard.rows(&filter).await.map_err(|error| hints::for_table(&error))?;
    refuse_broken_keys(&stored)?;
    let known = KnownAgents::of(&stored);
    let accounts = fetch::read_accounts(prepared, settings, &known, context.printer).await?;
    // From here on the run comes to its end: a commit, and the lines that tell of it.
    let _protection = context.interruption.protect();
    let entries = entries::assemble_entries(prepared, settings, &accounts, &known, &stored);
    let rows = entries::rows_of(&entries);
    let written = if rows.is_empty() {
        let version = dashboard.version();
        Written {
            rows: Default::default(),
            changed_entries: Default::default(),
            kept_entries: Default::default(),
            version_before: version,
            version_after: version,
        }
    } else {
        tracing::info!(rows = rows.len(), "Comparing with the table.");
        dashboard.merge(&rows, &run).await.map_err(|error| hints::for_table(&error))?
    };
    let mut report = report::report(prepared, settings, &run, entries, &accounts, written);
    let lines = report::run_lines(&report);
    if let Err(error) = RunLine::append(&lines, &settings.table).await {
        let warning = format!("the figures are in the table, but the runs table could not be written: {error}");
        report.warnings.push(warning);
    }
    Ok(report)
}

/// Looks at the table of the settings.
///
/// # Errors
///
/// It cannot be read, or does not fit.
pub(crate) async fn open(settings: &Settings) -> Result<Dashboard, Failure> {
    Dashboard::open(settings.table.clone()).await.map_err(|error| hints::for_table(&error))
}

/// Refuses a table that has a key twice before anything is asked of anybody. The rows are sorted by key.
fn refuse_broken_keys(stored: &[StoredRow]) -> Result<(), Failure> {
    let twice = stored.windows(2).find_map(|pair| match pair {
        [left, right] if left.row.key == right.row.key => Some(left.row.key.clone()),
        _ => None,
    });
    match twice {
        Some(key) => Err(hints::for_table(&MergeError::DuplicateInTable { key }.into())),
        None => Ok(()),
    }
}
