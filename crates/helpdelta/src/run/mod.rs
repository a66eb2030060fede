//! One run: roster, plan, fetch, merge, report.

mod fetch;
mod prepare;
mod progress;
mod report;

use helpdelta_core::RunReport;
use helpdelta_lakehouse::{Dashboard, RunLine, RunStamp, WriterLock, Written};
use jiff::Timestamp;

use crate::exit::{Exit, Failure};
use crate::hints;
use crate::printer::Printer;
use crate::settings::Settings;

pub(crate) use prepare::{Prepared, Selection, prepare};

/// The exit class that follows from a report.
pub(crate) fn exit_of(report: &RunReport) -> Exit {
    match report.status {
        helpdelta_core::RunStatus::Ok | helpdelta_core::RunStatus::Unchanged => Exit::Success,
        helpdelta_core::RunStatus::Partial | helpdelta_core::RunStatus::Failed => Exit::Partial,
    }
}

/// Reads every account of a prepared run and brings the table up to date. Nothing is written before every account has
/// answered or failed; an interruption until then leaves everything as it was.
///
/// # Errors
///
/// Another run is writing, the table cannot be used, or the user interrupted.
pub(crate) async fn execute(prepared: &Prepared, settings: &Settings, printer: Printer) -> Result<RunReport, Failure> {
    // Delta keeps microseconds; a finer start would differ from the stamp that is read back.
    let started = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).unwrap_or(Timestamp::UNIX_EPOCH);
    let run = RunStamp { run_id: uuid::Uuid::now_v7().to_string(), started };
    let _lock = WriterLock::acquire(&settings.table).map_err(|error| hints::for_table(&error))?;
    let mut dashboard = open(settings).await?;
    let accounts = tokio::select! {
        accounts = fetch::read_accounts(prepared, settings, printer) => accounts?,
        () = interruption() => return Err(interrupted()),
    };
    let entries = report::assemble_entries(prepared, settings, &accounts);
    let rows = entries.rows();
    let written = if rows.is_empty() {
        let version = dashboard.version();
        Written {
            rows: Default::default(),
            changed_entries: Default::default(),
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

/// Ends when the user or the system asks the process to end.
pub(crate) async fn interruption() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate());
        if let Ok(mut terminate) = terminate {
            tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            return;
        }
    }
    let _ = interrupt.await;
}

fn interrupted() -> Failure {
    Failure::new(
        Exit::Interrupted,
        "interrupted",
        "interrupted before anything was written",
        "The table is as it was; run again.",
    )
}
