//! From the outcomes of accounts to the rows of entries, and the guard that keeps an entry from losing what it had.

use std::collections::{BTreeMap, BTreeSet};

use helpdelta_core::{
    Agent, Assembly, AssemblyError, Channel, Entry, EntryError, LegacyFigures, Metric, Month, Row, RowKey, Source,
    Statistic, StatisticAnswer, StoredRow, drop_share, legacy_figures, unavailable_metrics,
};
use helpdelta_gorgias::{AccountReading, ReadFigures};

use super::fetch::{AccountOutcome, KnownAgents};
use super::prepare::Prepared;
use crate::hints;
use crate::settings::Settings;

/// An entry of a run, with its rows or why it has none.
#[derive(Debug)]
pub(super) struct RunEntry {
    /// The entry.
    pub(super) entry: Entry,
    /// Requests that its figures took.
    pub(super) requests: usize,
    /// What became of it.
    pub(super) outcome: EntryOutcome,
}

/// What became of an entry before the merge.
#[derive(Debug)]
pub(super) enum EntryOutcome {
    /// Its rows are known.
    Read(Box<EntryRows>),
    /// Its account could not be read, or answered what cannot be true.
    Failed(EntryError),
    /// The guard stopped it.
    Refused(EntryError),
}

/// The rows of an entry, and what is worth telling about them.
#[derive(Debug)]
pub(super) struct EntryRows {
    pub(super) rows: Vec<Row>,
    pub(super) source: Source,
    pub(super) unavailable: Vec<Metric>,
    pub(super) unknown_agents: usize,
    pub(super) warnings: Vec<String>,
}

/// The rows of every entry that was read.
pub(super) fn rows_of(entries: &[RunEntry]) -> Vec<Row> {
    let read = entries.iter().filter_map(|entry| match &entry.outcome {
        EntryOutcome::Read(rows) => Some(rows),
        EntryOutcome::Failed(_) | EntryOutcome::Refused(_) => None,
    });
    read.flat_map(|entry| entry.rows.iter().cloned()).collect()
}

/// Puts every entry's rows together; a failed account fails its entries, and nobody else's.
pub(super) fn assemble_entries(
    prepared: &Prepared,
    settings: &Settings,
    accounts: &[AccountOutcome],
    known: &KnownAgents,
    stored: &[StoredRow],
) -> Vec<RunEntry> {
    let assemble = |entry: &Entry| {
        let place = prepared.accounts.iter().position(|account| account.entries.contains(entry));
        let Some(outcome) = place.and_then(|place| accounts.get(place)) else {
            let error = entry_error("no_account", format!("{entry} has no account"), "Please report this.");
            return RunEntry { entry: entry.clone(), requests: 0, outcome: EntryOutcome::Failed(error) };
        };
        match &outcome.reading {
            Ok(reading) => {
                let requests = reading.requests_of(&entry.channel);
                let outcome = match rows(entry, reading, &prepared.plan.months, settings, known) {
                    Ok(rows) => guard(rows, entry, prepared, settings, stored),
                    Err(error) => {
                        let (code, hint) = hints::for_assembly(&error);
                        EntryOutcome::Failed(entry_error(code, format!("{}: {error}", entry.domain), hint))
                    }
                };
                RunEntry { entry: entry.clone(), requests, outcome }
            }
            Err(error) => {
                let failed = entry_error(error.kind.code(), error.to_string(), hints::for_helpdesk(&error.kind));
                RunEntry {
                    entry: entry.clone(),
                    requests: outcome.requests.sent,
                    outcome: EntryOutcome::Failed(failed),
                }
            }
        }
    };
    let mut entries: Vec<RunEntry> = prepared.entries.iter().map(assemble).collect();
    refuse_nobody(&mut entries, settings);
    entries
}

/// A run that finds no agent anywhere was not meant: the text that marks agents is misspelt. A single client without
/// agents is only worth a warning.
fn refuse_nobody(entries: &mut [RunEntry], settings: &Settings) {
    let read = |entry: &&RunEntry| matches!(&entry.outcome, EntryOutcome::Read(_));
    let nobody = |entry: &RunEntry| matches!(&entry.outcome, EntryOutcome::Read(read) if read.rows.is_empty());
    if entries.iter().filter(read).count() == 0 || !entries.iter().filter(read).all(nobody) {
        return;
    }
    for entry in entries.iter_mut().filter(|entry| nobody(entry)) {
        let message = format!(
            "{}: no human user's e-mail contains {:?}, in no account of this run",
            entry.entry.domain, settings.agent_email_contains
        );
        let hint = "Check gorgias.agent_email_contains; empty takes every human user.";
        entry.outcome = EntryOutcome::Failed(entry_error("no_agents", message, hint));
    }
}

fn entry_error(code: &str, message: String, hint: impl Into<String>) -> EntryError {
    EntryError { code: code.to_owned(), message, hint: hint.into() }
}

/// Refuses an entry whose run would turn too many of its values into nothing or zero.
fn guard(
    rows: EntryRows,
    entry: &Entry,
    prepared: &Prepared,
    settings: &Settings,
    stored: &[StoredRow],
) -> EntryOutcome {
    let channel = entry.channel.as_str();
    let of_entry = |stored: &&StoredRow| stored.row.key.client == entry.client && stored.row.key.channel == channel;
    let share = drop_share(stored.iter().filter(of_entry), &rows.rows);
    if !share.exceeds(settings.max_drop) || prepared.accept_drop.contains(&entry.client) {
        return EntryOutcome::Read(Box::new(rows));
    }
    let message = format!(
        "{entry}: {} of {} figures in the table would become nothing or zero; its rows were left as they are",
        share.dropped, share.had_value
    );
    let hint = format!(
        "Look at the helpdesk's own statistics. If they are right, run: helpdelta sync --accept-drop '{}'",
        entry.client.replace('\'', "'\\''")
    );
    EntryOutcome::Refused(entry_error("drop_refused", message, hint))
}

fn rows(
    entry: &Entry,
    reading: &AccountReading,
    months: &[Month],
    settings: &Settings,
    known: &KnownAgents,
) -> Result<EntryRows, AssemblyError> {
    // Those who left belong only to the entries that knew them.
    let mut agents: Vec<Agent> =
        reading.users.iter().filter(|user| settings.agent_rule.matches(user)).cloned().collect();
    let humans = agents.len();
    agents.extend(known.who_left(entry, &reading.users));
    let mut rows = match &reading.figures {
        ReadFigures::Reporting { answers, refused } => {
            let answers: Vec<StatisticAnswer> = answers.iter().map(|(answer, _)| answer.clone()).collect();
            let refused: BTreeSet<Statistic> = refused.keys().copied().collect();
            reporting_rows(entry, reading, months, &agents, &answers, &refused)?
        }
        ReadFigures::Legacy { figures, .. } => legacy_rows(entry, months, &agents, figures)?,
    };
    if agents.is_empty() {
        rows.warnings.push(format!(
            "none of the {} users is an agent: no human user's e-mail contains {:?}",
            reading.users.len(),
            settings.agent_email_contains
        ));
    }
    if agents.len() > humans {
        rows.warnings.push(format!("{} agents have left and are still asked for", agents.len() - humans));
    }
    Ok(rows)
}

fn reporting_rows(
    entry: &Entry,
    reading: &AccountReading,
    months: &[Month],
    agents: &[Agent],
    answers: &[StatisticAnswer],
    refused: &BTreeSet<Statistic>,
) -> Result<EntryRows, AssemblyError> {
    // Whoever is asked for is no stranger, also when the users list no longer has them.
    let users: Vec<Agent> = reading.users.iter().chain(agents).cloned().collect();
    let assembled = Assembly { entry, months, users: &users, agents, answers, refused }.assemble()?;
    let mut warnings = Vec::new();
    if assembled.stray_rows > 0 {
        warnings.push(format!("{} rows lie outside the months or channels asked for; left out", assembled.stray_rows));
    }
    if assembled.rates_withheld > 0 {
        warnings.push(format!(
            "{} one-touch rates are withheld: there are more one-touch than closed tickets",
            assembled.rates_withheld
        ));
    }
    Ok(EntryRows {
        rows: assembled.rows,
        source: Source::Reporting,
        unavailable: unavailable_metrics(refused),
        unknown_agents: assembled.unknown_agents.len(),
        warnings,
    })
}

fn legacy_rows(
    entry: &Entry,
    months: &[Month],
    agents: &[Agent],
    figures: &BTreeMap<(Channel, Month, i64), LegacyFigures>,
) -> Result<EntryRows, AssemblyError> {
    let mut rows = Vec::new();
    let mut unavailable = BTreeSet::new();
    for agent in agents {
        for month in months {
            let Some(said) = figures.get(&(entry.channel.clone(), *month, agent.id)) else { continue };
            let figures = legacy_figures(said, agent.id, *month)?;
            unavailable.extend(
                Metric::ALL.into_iter().filter(|metric| figures.get(*metric) == helpdelta_core::Cell::Unavailable),
            );
            rows.push(Row {
                key: RowKey {
                    client: entry.client.clone(),
                    channel: entry.channel.as_str().to_owned(),
                    month: *month,
                    agent_id: agent.id,
                },
                agent_name: agent.name.clone(),
                agent_email: agent.email.clone(),
                figures,
                source: Source::Legacy,
            });
        }
    }
    rows.sort_by(|left, right| left.key.cmp(&right.key));
    Ok(EntryRows {
        rows,
        source: Source::Legacy,
        unavailable: unavailable.into_iter().collect(),
        unknown_agents: 0,
        warnings: Vec::new(),
    })
}
