//! `sync`: every account of the roster into the table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use helpdelta_core::{
    AccountPlan, EntryReport, EntryStatus, Month, REPORT_SCHEMA_VERSION, RunReport, Source, StoredRow, least_seconds,
};
use helpdelta_gorgias::{Api, Budget, DOCUMENTED_LIMIT, DOCUMENTED_WINDOW};
use helpdelta_lakehouse::RowFilter;
use helpdelta_roster::RosterAccount;
use serde::Serialize;
use toml::Value;

use crate::arguments::SyncArguments;
use crate::commands::{Context, invalid_settings, layers, or_document};
use crate::exit::{Exit, Outcome};
use crate::figures::duration;
use crate::printer::printable;
use crate::run::{Prepared, Selection, execute, exit_of, open, prepare};
use crate::settings::Settings;

/// Reads and merges, or shows what that would take.
pub(super) async fn sync(arguments: &SyncArguments, context: &Context<'_>) -> Outcome {
    or_document(try_sync(arguments, context).await, arguments.json, context)
}

async fn try_sync(arguments: &SyncArguments, context: &Context<'_>) -> Outcome {
    let mut layers = layers(&arguments.config, context)?;
    if let Some(months) = arguments.months {
        layers.set("period.months", Value::Integer(months.into()), "--months");
    }
    let settings = Settings::resolve(&layers).map_err(|error| invalid_settings(&error))?;
    let selection = Selection {
        clients: arguments.clients.clone(),
        as_of: arguments.as_of,
        accept_drop: arguments.accept_drop.clone(),
        roster_cache: arguments.roster_cache,
    };
    let prepared = prepare(&settings, &selection, context).await?;
    if arguments.dry_run {
        return dry_run(&prepared, &settings, arguments.json, context).await;
    }
    let report = execute(&prepared, &settings, context).await?;
    if arguments.json {
        context.printer.json(&report)?;
    } else {
        context.printer.line(&summary(&report))?;
    }
    Ok(exit_of(&report))
}

/// The report of a run, for people.
pub(super) fn summary(report: &RunReport) -> String {
    let mut text = String::new();
    for entry in &report.entries {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", entry_line(entry));
        if !entry.unavailable.is_empty() {
            let metrics: Vec<String> = entry.unavailable.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "    unavailable, so the table keeps what it had: {}", metrics.join(", "));
        }
        for warning in &entry.warnings {
            let _ = writeln!(text, "    warning: {}", printable(warning));
        }
        if let Some(error) = &entry.error {
            let _ = writeln!(text, "    {}: {}\n    hint: {}", error.code, printable(&error.message), error.hint);
        }
    }
    for warning in &report.warnings {
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
        EntryStatus::Failed | EntryStatus::Refused => "its rows in the table are as they were".to_owned(),
    };
    let source = if entry.source == Some(Source::Legacy) { " by the legacy API" } else { "" };
    format!(
        "{:<9} {} / {}: {rows}, {} requests{source}",
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
    api: &'static str,
    #[serde(skip)]
    may_fall_back: bool,
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
    legacy: DryRunLegacy,
}

/// What the legacy API would take: in earnest where it is the one that is asked, else should reporting not be there.
#[derive(Serialize)]
struct DryRunLegacy {
    requests_per_agent: usize,
    agents_in_table: usize,
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
    // All months: agents who left are known by any of them.
    let filter = RowFilter { clients: Some(clients), months: None };
    let stored = dashboard.rows(&filter).await.map_err(|error| crate::hints::for_table(&error))?;
    let of_run = |stored: &&StoredRow| prepared.plan.months.contains(&stored.row.key.month);
    let rows_in_table = |client: &str, channel: &str| {
        let of_entry = |stored: &&StoredRow| stored.row.key.client == client && stored.row.key.channel == channel;
        stored.iter().filter(of_run).filter(of_entry).count()
    };
    let burst = Budget::burst(settings.gorgias.budget);
    let seconds_per_request = DOCUMENTED_WINDOW.as_secs_f64() / f64::from(DOCUMENTED_LIMIT);
    let least_secs = |requests| least_seconds(requests, burst, seconds_per_request);
    let account = |(account, plan): (&RosterAccount, &AccountPlan)| {
        let of_account = |stored: &&StoredRow| {
            let key = &stored.row.key;
            plan.entries.iter().any(|entry| entry.client == key.client && entry.channel.as_str() == key.channel)
        };
        let agents: BTreeSet<i64> = stored.iter().filter(of_account).map(|stored| stored.row.key.agent_id).collect();
        let months = prepared.plan.months.len();
        let legacy = plan.legacy_requests(agents.len(), months);
        let requests = if settings.gorgias.api == Api::Legacy { legacy } else { plan.least_requests() };
        DryRunAccount {
            domain: account.domain.to_string(),
            requests,
            least_secs: least_secs(requests),
            legacy: DryRunLegacy {
                requests_per_agent: plan.legacy_requests(1, months) - 1,
                agents_in_table: agents.len(),
                requests: legacy,
                least_secs: least_secs(legacy),
            },
        }
    };
    let accounts: Vec<DryRunAccount> = prepared.accounts.iter().zip(&prepared.plan.accounts).map(account).collect();
    let entries: Vec<DryRunEntry> = prepared
        .entries
        .iter()
        .map(|entry| DryRunEntry {
            client: entry.client.clone(),
            channel: entry.channel.as_str().to_owned(),
            domain: entry.domain.to_string(),
            requests: (prepared.plan.accounts.iter().zip(&accounts))
                .find(|(plan, _)| plan.entries.contains(entry))
                .map_or(0, |(plan, account)| match settings.gorgias.api {
                    Api::Legacy => (account.legacy.requests - 1) / plan.entries.len().max(1) + 1,
                    Api::Auto | Api::Reporting => plan.least_requests_of(entry),
                }),
            rows_in_table: rows_in_table(&entry.client, entry.channel.as_str()),
        })
        .collect();
    let document = DryRun {
        schema_version: REPORT_SCHEMA_VERSION,
        dry_run: true,
        api: match settings.gorgias.api {
            Api::Auto => "auto",
            Api::Reporting => "reporting",
            Api::Legacy => "legacy",
        },
        may_fall_back: settings.gorgias.api != Api::Reporting,
        timezone: settings.zone.to_string(),
        months: prepared.plan.months.clone(),
        requests: accounts.iter().map(|account| account.requests).sum(),
        least_secs: least_secs_of_run(&accounts, least_secs),
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

/// Domains have a bucket each and are read side by side; two credentials of one domain share its bucket.
fn least_secs_of_run(accounts: &[DryRunAccount], least_secs: impl Fn(usize) -> f64) -> f64 {
    let mut requests: BTreeMap<&str, usize> = BTreeMap::new();
    for account in accounts {
        *requests.entry(&account.domain).or_default() += account.requests;
    }
    requests.into_values().map(least_secs).fold(0.0, f64::max)
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
    for DryRunAccount { domain, legacy, .. } in document.accounts.iter().filter(|_| document.may_fall_back) {
        let road = if document.api == "legacy" { "by the legacy API" } else { "without reporting" };
        let _ = write!(text, "  {road}, {domain} takes {} requests for each agent", legacy.requests_per_agent);
        if legacy.agents_in_table == 0 {
            text.push_str("; how many there are is not known before the first run");
        } else {
            let (agents, requests) = (legacy.agents_in_table, legacy.requests);
            let least = duration(legacy.least_secs);
            let _ = write!(text, ": {requests} for the {agents} in the table, at least {least}");
        }
        text.push('\n');
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
