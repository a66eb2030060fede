//! `sync`: every account of the roster into the table.

use std::fmt::Write as _;

use helpdelta_core::{EntryReport, EntryStatus, Month, REPORT_SCHEMA_VERSION, RunReport, RunStatus, least_seconds};
use helpdelta_gorgias::{Budget, DOCUMENTED_LIMIT, DOCUMENTED_WINDOW};
use helpdelta_lakehouse::RowFilter;
use serde::Serialize;
use toml::Value;

use crate::arguments::SyncArguments;
use crate::commands::{Context, invalid_settings, layers};
use crate::exit::{Exit, Failure, Outcome};
use crate::figures::duration;
use crate::printer::printable;
use crate::run::{Prepared, Selection, execute, exit_of, open, prepare};
use crate::settings::Settings;

/// Reads and merges, or shows what that would take.
pub(super) async fn sync(arguments: &SyncArguments, context: &Context<'_>) -> Outcome {
    let outcome = try_sync(arguments, context).await;
    if let (Err(failure), true) = (&outcome, arguments.json) {
        context.printer.json(&FailureDocument {
            schema_version: REPORT_SCHEMA_VERSION,
            status: RunStatus::Failed,
            error: failure,
        })?;
    }
    outcome
}

async fn try_sync(arguments: &SyncArguments, context: &Context<'_>) -> Outcome {
    let mut layers = layers(&arguments.config, context)?;
    if let Some(months) = arguments.months {
        layers.set("period.months", Value::Integer(months.into()), "--months");
    }
    let settings = Settings::resolve(&layers).map_err(|error| invalid_settings(&error))?;
    let selection = Selection { clients: arguments.clients.clone(), as_of: arguments.as_of };
    let prepared = prepare(&settings, &selection, context.now, context.environment)?;
    if arguments.dry_run {
        return dry_run(&prepared, &settings, arguments.json, context).await;
    }
    for warning in &prepared.warnings {
        context.printer.warning(warning);
    }
    let report = execute(&prepared, &settings, context.printer).await?;
    if arguments.json {
        context.printer.json(&report)?;
    } else {
        context.printer.line(&summary(&report))?;
    }
    Ok(exit_of(&report))
}

#[derive(Serialize)]
struct FailureDocument<'a> {
    schema_version: u32,
    status: RunStatus,
    error: &'a Failure,
}

/// The report of a run, for people.
pub(super) fn summary(report: &RunReport) -> String {
    let mut text = String::new();
    for entry in &report.entries {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", entry_line(entry));
        for warning in &entry.warnings {
            let _ = writeln!(text, "    warning: {}", printable(warning));
        }
        if let Some(error) = &entry.error {
            let _ = writeln!(text, "    {}: {}\n    hint: {}", error.code, printable(&error.message), error.hint);
        }
    }
    for warning in report.warnings.iter().filter(|warning| warning.contains("runs table")) {
        let _ = writeln!(text, "warning: {}", printable(warning));
    }
    let rows = report.rows;
    let _ = write!(
        text,
        "{}: {} new, {} changed, {} unchanged rows; {} requests",
        report.status.as_str(),
        rows.inserted,
        rows.updated,
        rows.unchanged,
        report.requests.sent,
    );
    if rows.kept_newer > 0 {
        let _ = write!(text, "; {} rows left to a newer run", rows.kept_newer);
    }
    let took = (report.finished.as_millisecond() - report.started.as_millisecond()).max(0);
    let took = f64::from(u32::try_from(took).unwrap_or(u32::MAX)) / 1000.0;
    let _ = write!(text, "; {}", if took < 10.0 { format!("{took:.1} s") } else { duration(took) });
    let version = |version: Option<u64>| version.map_or_else(|| "none".to_owned(), |version| version.to_string());
    let table = &report.table;
    if table.version_before == table.version_after {
        let _ = write!(text, "\n{} stays at version {}", table.uri, version(table.version_after));
    } else {
        let (before, after) = (version(table.version_before), version(table.version_after));
        let _ = write!(text, "\n{} went from version {before} to {after}", table.uri);
    }
    text
}

fn entry_line(entry: &EntryReport) -> String {
    let rows = match entry.status {
        EntryStatus::Done | EntryStatus::Unchanged => format!("{} rows", entry.rows),
        EntryStatus::Failed => "its rows in the table are as they were".to_owned(),
    };
    format!(
        "{:<9} {} / {}: {rows}, {} requests",
        entry.status.as_str(),
        printable(&entry.client),
        entry.channel,
        entry.requests
    )
}

/// What a run would ask, and what the table has of it already.
#[derive(Serialize)]
struct DryRun {
    schema_version: u32,
    dry_run: bool,
    timezone: String,
    months: Vec<Month>,
    requests: usize,
    least_secs: f64,
    rows_in_table: usize,
    table: DryRunTable,
    accounts: Vec<DryRunAccount>,
    entries: Vec<DryRunEntry>,
}

#[derive(Serialize)]
struct DryRunTable {
    uri: String,
    version: Option<u64>,
}

#[derive(Serialize)]
struct DryRunAccount {
    domain: String,
    requests: usize,
    least_secs: f64,
}

#[derive(Serialize)]
struct DryRunEntry {
    client: String,
    channel: String,
    domain: String,
    requests: usize,
    rows_in_table: usize,
}

async fn dry_run(prepared: &Prepared, settings: &Settings, json: bool, context: &Context<'_>) -> Outcome {
    let dashboard = open(settings).await?;
    let clients = prepared.entries.iter().map(|entry| entry.client.clone()).collect();
    let filter = RowFilter { clients: Some(clients), months: prepared.months() };
    let stored = dashboard.rows(&filter).await.map_err(|error| crate::hints::for_table(&error))?;
    let rows_in_table = |client: &str, channel: &str| {
        stored.iter().filter(|stored| stored.row.key.client == client && stored.row.key.channel == channel).count()
    };
    let burst = Budget::burst(settings.gorgias.budget);
    let seconds_per_request = DOCUMENTED_WINDOW.as_secs_f64() / f64::from(DOCUMENTED_LIMIT);
    let accounts: Vec<DryRunAccount> = prepared
        .accounts
        .iter()
        .zip(&prepared.plan.accounts)
        .map(|(account, plan)| DryRunAccount {
            domain: account.domain.to_string(),
            requests: plan.least_requests(),
            least_secs: least_seconds(plan.least_requests(), burst, seconds_per_request),
        })
        .collect();
    let entries: Vec<DryRunEntry> = prepared
        .entries
        .iter()
        .map(|entry| DryRunEntry {
            client: entry.client.clone(),
            channel: entry.channel.as_str().to_owned(),
            domain: entry.domain.to_string(),
            requests: (prepared.plan.accounts.iter())
                .find(|plan| plan.entries.contains(entry))
                .map_or(0, |plan| plan.least_requests_of(entry)),
            rows_in_table: rows_in_table(&entry.client, entry.channel.as_str()),
        })
        .collect();
    let document = DryRun {
        schema_version: REPORT_SCHEMA_VERSION,
        dry_run: true,
        timezone: settings.zone.to_string(),
        months: prepared.plan.months.clone(),
        requests: prepared.plan.least_requests(),
        // Accounts have a bucket each and are read side by side.
        least_secs: accounts.iter().map(|account| account.least_secs).fold(0.0, f64::max),
        rows_in_table: entries.iter().map(|entry| entry.rows_in_table).sum(),
        table: DryRunTable { uri: settings.table.to_string(), version: dashboard.version() },
        accounts,
        entries,
    };
    if json {
        context.printer.json(&document)?;
    } else {
        for warning in &prepared.warnings {
            context.printer.warning(warning);
        }
        context.printer.line(&dry_run_text(&document))?;
    }
    Ok(Exit::Success)
}

fn dry_run_text(document: &DryRun) -> String {
    let mut text = String::new();
    if let (Some(first), Some(last)) = (document.months.first(), document.months.last()) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} months, {first} to {last}, at {}", document.months.len(), document.timezone);
    }
    for entry in &document.entries {
        let _ = writeln!(
            text,
            "  {} / {} at {}: at least {} requests; {} rows in the table",
            printable(&entry.client),
            entry.channel,
            entry.domain,
            entry.requests,
            entry.rows_in_table,
        );
    }
    for account in document.accounts.iter().filter(|account| account.least_secs > 0.0) {
        let _ =
            writeln!(text, "  {} takes at least {} within its budget", account.domain, duration(account.least_secs));
    }
    let table = match document.table.version {
        Some(version) => format!("{} is at version {version}", document.table.uri),
        None => format!("{} would be made", document.table.uri),
    };
    let _ = write!(
        text,
        "at least {} requests to {} accounts, which the budget allows in {}; nothing was asked\n{table}",
        document.requests,
        document.accounts.len(),
        duration(document.least_secs),
    );
    text
}
