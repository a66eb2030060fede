//! From the outcomes of accounts to the rows of entries and the report of the run.

use helpdelta_core::{
    Agent, Assembled, Assembly, Entry, EntryError, EntryReport, EntryStatus, REPORT_SCHEMA_VERSION, RequestCounts, Row,
    RunReport, RunStatus, Source, TableReport,
};
use helpdelta_lakehouse::{RunLine, RunStamp, Written};
use jiff::Timestamp;

use super::fetch::AccountOutcome;
use super::prepare::Prepared;
use crate::hints;
use crate::settings::Settings;

/// The entries of a run, in the order of the roster.
#[derive(Debug)]
pub(super) struct Entries {
    entries: Vec<AssembledEntry>,
}

#[derive(Debug)]
struct AssembledEntry {
    entry: Entry,
    requests: usize,
    users: usize,
    agents: usize,
    assembled: Result<Assembled, EntryError>,
}

impl Entries {
    /// The rows of every entry that was read.
    pub(super) fn rows(&self) -> Vec<Row> {
        let assembled = self.entries.iter().filter_map(|entry| entry.assembled.as_ref().ok());
        assembled.flat_map(|assembled| assembled.rows.iter().cloned()).collect()
    }
}

/// Puts every entry's rows together; a failed account fails its entries, and nobody else's.
pub(super) fn assemble_entries(prepared: &Prepared, settings: &Settings, accounts: &[AccountOutcome]) -> Entries {
    let assemble = |entry: &Entry| {
        let place = prepared.accounts.iter().position(|account| account.entries.contains(entry));
        let outcome = place.and_then(|place| accounts.get(place));
        match outcome.map(|outcome| (&outcome.reading, outcome.requests)) {
            Some((Ok(reading), _)) => {
                let rule = |user: &&Agent| settings.agent_rule.matches(user);
                let agents: Vec<Agent> = reading.users.iter().filter(rule).cloned().collect();
                let assembly = Assembly {
                    entry,
                    months: &prepared.plan.months,
                    users: &reading.users,
                    agents: &agents,
                    answers: &reading.answers,
                    source: Source::Reporting,
                };
                let assembled = assembly.assemble().map_err(|error| {
                    let (code, hint) = hints::for_assembly(&error);
                    entry_error(code, format!("{}: {error}", entry.domain), hint)
                });
                AssembledEntry {
                    entry: entry.clone(),
                    requests: reading.requests_of(&entry.channel),
                    users: reading.users.len(),
                    agents: agents.len(),
                    assembled,
                }
            }
            Some((Err(error), requests)) => {
                let failed = entry_error(error.kind.code(), error.to_string(), hints::for_helpdesk(&error.kind));
                failed_entry(entry, requests.sent, failed)
            }
            None => {
                let failed = entry_error("no_account", format!("{entry} has no account"), "Please report this.");
                failed_entry(entry, 0, failed)
            }
        }
    };
    Entries { entries: prepared.entries.iter().map(assemble).collect() }
}

fn failed_entry(entry: &Entry, requests: usize, error: EntryError) -> AssembledEntry {
    AssembledEntry { entry: entry.clone(), requests, users: 0, agents: 0, assembled: Err(error) }
}

fn entry_error(code: &str, message: String, hint: &str) -> EntryError {
    EntryError { code: code.to_owned(), message, hint: hint.to_owned() }
}

/// The report of a run that is over.
pub(super) fn report(
    prepared: &Prepared,
    settings: &Settings,
    run: &RunStamp,
    entries: Entries,
    accounts: &[AccountOutcome],
    written: Written,
) -> RunReport {
    let line = |entry: AssembledEntry| entry_report(entry, settings, &written);
    let entries: Vec<EntryReport> = entries.entries.into_iter().map(line).collect();
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

fn entry_report(entry: AssembledEntry, settings: &Settings, written: &Written) -> EntryReport {
    let AssembledEntry { entry, requests, users, agents, assembled } = entry;
    let key = (entry.client.clone(), entry.channel.as_str().to_owned());
    let changed = written.changed_entries.contains(&key);
    let (status, rows, unknown_agents, warnings, error) = match assembled {
        Ok(assembled) => {
            let status = if changed { EntryStatus::Done } else { EntryStatus::Unchanged };
            let warnings = warnings(&assembled, settings, users, agents);
            (status, assembled.rows.len(), assembled.unknown_agents.len(), warnings, None)
        }
        Err(error) => (EntryStatus::Failed, 0, 0, Vec::new(), Some(error)),
    };
    EntryReport {
        client: entry.client,
        channel: entry.channel,
        domain: entry.domain,
        status,
        rows,
        requests,
        unavailable: Vec::new(),
        unknown_agents,
        warnings,
        error,
    }
}

fn warnings(assembled: &Assembled, settings: &Settings, users: usize, agents: usize) -> Vec<String> {
    let mut warnings = Vec::new();
    if agents == 0 {
        warnings.push(format!(
            "none of the {users} users is an agent: no human user's e-mail contains {:?}",
            settings.agent_email_contains
        ));
    }
    if assembled.stray_rows > 0 {
        warnings.push(format!("{} rows lie outside the months or channels asked for; left out", assembled.stray_rows));
    }
    if assembled.rates_withheld > 0 {
        warnings.push(format!(
            "{} one-touch rates are withheld: there are more one-touch than closed tickets",
            assembled.rates_withheld
        ));
    }
    warnings
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
