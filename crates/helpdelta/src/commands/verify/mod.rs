//! `verify`: a sample of the table's cells, asked again by another road.
//!
//! A run asks for many agents and months at once, in buckets; here every cell is asked for alone: one month, one agent,
//! no bucket, and where it answers the legacy API as well. What differs is asked once more as the run asked it, which
//! tells a helpdesk that answers its two roads differently from figures that changed since.

mod judge;
mod sample;

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt as _, stream};
use helpdelta_core::{
    AccountPlan, Cell, Channel, ChannelScope, Entry, Metric, Month, MonthWindow, Query, REPORT_SCHEMA_VERSION,
    Statistic, least_seconds, legacy_figures,
};
use helpdelta_gorgias::{Account, Budget, DOCUMENTED_LIMIT, DOCUMENTED_WINDOW, Error, HttpTransport};
use helpdelta_lakehouse::RowFilter;
use serde::Serialize;

use self::judge::{Answers, Verdict, judge};
use self::sample::{SampleCell, sample};
use super::{Context, settings};
use crate::arguments::VerifyArguments;
use crate::exit::{Exit, Failure, Outcome};
use crate::figures::{duration, shown};
use crate::hints;
use crate::printer::{printable, ruled_table};
use crate::run::{Prepared, Selection, clients, open, prepare, transport};
use crate::settings::Settings;

/// Samples, asks, compares.
pub(crate) async fn verify(arguments: &VerifyArguments, context: &Context<'_>) -> Outcome {
    let settings = settings(&arguments.config, context)?;
    let selection = Selection { clients: arguments.clients.clone(), ..Selection::default() };
    let prepared = prepare(&settings, &selection, context).await?;
    let dashboard = open(&settings).await?;
    if dashboard.version().is_none() {
        let location = dashboard.location().to_string();
        return Err(hints::for_table(&helpdelta_lakehouse::LakehouseError::NoTable { location }));
    }
    let clients = prepared.entries.iter().map(|entry| entry.client.clone()).collect();
    let filter = RowFilter { clients: Some(clients), months: arguments.month.map(|month| (month, month)) };
    let stored = dashboard.rows(&filter).await.map_err(|error| hints::for_table(&error))?;
    let cells = sample(&prepared.entries, &stored, arguments.sample, arguments.seed);
    if cells.is_empty() {
        let hint = "Run `helpdelta sync` first, or choose another client or month.";
        return Err(Failure::new(Exit::Usage, "no_rows", "the table has no cell to verify", hint));
    }
    let foreign = dashboard.foreign_changes().await.map_err(|error| hints::for_table(&error))?;
    announce(&cells, &prepared, &settings, context);
    let judged = tokio::select! {
        judged = ask_and_judge(cells, &prepared, &settings, !foreign.is_empty()) => judged?,
        () = context.interruption.asked() => return Err(interrupted()),
    };
    let document = Document::new(judged, foreign.iter().map(|change| change.version).collect());
    if arguments.json {
        context.printer.json(&document)?;
    } else {
        context.printer.line(&text(&document))?;
    }
    Ok(document.exit())
}

/// The cost, before the first request.
fn announce(cells: &[SampleCell], prepared: &Prepared, settings: &Settings, context: &Context<'_>) {
    let mut requests: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in cells {
        // The cell alone, the legacy API's two, and as the run asked where they differ.
        *requests.entry(cell.entry.domain.as_str()).or_default() += 4;
    }
    let burst = Budget::burst(settings.gorgias.budget);
    let seconds_per_request = DOCUMENTED_WINDOW.as_secs_f64() / f64::from(DOCUMENTED_LIMIT);
    let longest = requests.values().map(|count| least_seconds(*count, burst, seconds_per_request)).fold(0.0, f64::max);
    context.printer.remark(&format!(
        "verifying {} cells of {} accounts: at most {} requests, within the budget in about {}",
        cells.len(),
        requests.len().min(prepared.accounts.len()),
        requests.values().sum::<usize>(),
        duration(longest),
    ));
}

fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, "interrupted", "interrupted; nothing was judged", "Run again.")
}

/// A cell with what was found out about it.
#[derive(Debug)]
pub(super) struct JudgedCell {
    cell: SampleCell,
    found: Result<(Answers, Verdict), String>,
    requests: usize,
}

async fn ask_and_judge(
    cells: Vec<SampleCell>,
    prepared: &Prepared,
    settings: &Settings,
    altered: bool,
) -> Result<Vec<JudgedCell>, Failure> {
    let transport = transport(settings)?;
    let clients = clients(&prepared.accounts, settings, &transport);
    let places: HashMap<&Entry, usize> = prepared
        .accounts
        .iter()
        .enumerate()
        .flat_map(|(place, account)| account.entries.iter().map(move |entry| (entry, place)))
        .collect();
    let judgements: Vec<_> = cells
        .into_iter()
        .enumerate()
        .filter_map(|(number, cell)| {
            let place = *places.get(&cell.entry)?;
            let (account, plan) = (clients.get(place)?, prepared.plan.accounts.get(place)?);
            Some(async move { (number, one(cell, account, plan, settings, altered).await) })
        })
        .collect();
    let parallel = settings.gorgias.max_parallel_accounts.min(16);
    let mut judged: Vec<(usize, JudgedCell)> = stream::iter(judgements).buffer_unordered(parallel).collect().await;
    judged.sort_by_key(|(number, _)| *number);
    Ok(judged.into_iter().map(|(_, cell)| cell).collect())
}

async fn one(
    cell: SampleCell,
    account: &Account<HttpTransport>,
    plan: &AccountPlan,
    settings: &Settings,
    altered: bool,
) -> JudgedCell {
    let mut requests = 0;
    let found = ask(&cell, account, plan, settings, &mut requests).await;
    let found = match found {
        Ok(answers) => {
            let verdict = judge(cell.metric, cell.stored, &answers, altered);
            Ok((answers, verdict))
        }
        Err(error) => Err(error),
    };
    JudgedCell { cell, found, requests }
}

/// Asks for a cell alone; where that differs from the table, also as the run asked; and the legacy API where it answers.
async fn ask(
    cell: &SampleCell,
    account: &Account<HttpTransport>,
    plan: &AccountPlan,
    settings: &Settings,
    requests: &mut usize,
) -> Result<Answers, String> {
    let statistic = cell.statistic;
    let alone = Query {
        statistic,
        window: MonthWindow::of(cell.month),
        channels: match &cell.entry.channel {
            Channel::All => ChannelScope::All,
            Channel::Slug(slug) => ChannelScope::Each(vec![slug.clone()]),
        },
        agent_id: Some(cell.agent_id),
    };
    let words = |error: Error| error.to_string();
    let alone = figure(cell, account, &alone, settings, requests).await;
    let legacy = match account.legacy(cell.agent_id, cell.month, &cell.entry.channel, &settings.zone).await {
        Ok((said, sent)) => {
            *requests += sent;
            let figures = legacy_figures(&said, cell.agent_id, cell.month);
            figures.ok().map(|figures| figures.get(cell.metric)).filter(|cell| *cell != Cell::Unavailable)
        }
        // An account without the legacy API is none that has anything to hide.
        Err(_) => None,
    };
    let alone = match (alone, legacy) {
        (Ok(alone), _) => Some(alone),
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(error),
    };
    let bucketed = match alone {
        Some(alone) if alone != cell.stored => {
            let query = as_the_run_asked(cell, plan, statistic);
            let (answer, sent) = account.statistic(&query, &settings.zone).await.map_err(words)?;
            *requests += sent;
            Some(cell.read(&answer)?)
        }
        _ => None,
    };
    Ok(Answers { alone, bucketed, legacy })
}

async fn figure(
    cell: &SampleCell,
    account: &Account<HttpTransport>,
    query: &Query,
    settings: &Settings,
    requests: &mut usize,
) -> Result<Cell, String> {
    let (answer, sent) = account.statistic(query, &settings.zone).await.map_err(|error| error.to_string())?;
    *requests += sent;
    cell.read(&answer)
}

/// The query by which a run reads the cell: with the windows of today's plan where they cover its month.
fn as_the_run_asked(cell: &SampleCell, plan: &AccountPlan, statistic: Statistic) -> Query {
    let of_run = plan.queries.iter().find(|query| {
        query.statistic == statistic && query.window.covers(cell.month) && query.channels.serves(&cell.entry.channel)
    });
    let channels = match &cell.entry.channel {
        Channel::All => ChannelScope::All,
        Channel::Slug(slug) => ChannelScope::Each(vec![slug.clone()]),
    };
    let alone = Query { statistic, window: MonthWindow::of(cell.month), channels, agent_id: None };
    of_run.cloned().unwrap_or(alone)
}

#[derive(Serialize)]
struct Document {
    schema_version: u32,
    status: &'static str,
    cells: Counts,
    requests: usize,
    /// Versions that somebody else than helpdelta wrote since its last run.
    foreign_versions: Vec<u64>,
    differences: Vec<Difference>,
    not_asked: Vec<NotAsked>,
}

#[derive(Default, Serialize)]
struct Counts {
    sampled: usize,
    equal: usize,
    changed_since: usize,
    different: usize,
    failed: usize,
}

#[derive(Serialize)]
struct Difference {
    client: String,
    channel: String,
    month: Month,
    agent_id: i64,
    metric: Metric,
    table: String,
    helpdesk: String,
    as_the_run_asked: Option<String>,
    legacy: Option<String>,
    verdict: &'static str,
    explanation: String,
}

#[derive(Serialize)]
struct NotAsked {
    client: String,
    channel: String,
    month: Month,
    agent_id: i64,
    metric: Metric,
    message: String,
}

impl Document {
    fn new(judged: Vec<JudgedCell>, foreign_versions: Vec<u64>) -> Self {
        let mut counts = Counts { sampled: judged.len(), ..Counts::default() };
        let (mut differences, mut not_asked, mut requests) = (Vec::new(), Vec::new(), 0);
        for JudgedCell { cell, found, requests: sent } in judged {
            requests += sent;
            let (client, channel) = (cell.entry.client.clone(), cell.entry.channel.as_str().to_owned());
            let (month, agent_id, metric) = (cell.month, cell.agent_id, cell.metric);
            let (answers, verdict) = match found {
                Ok(found) => found,
                Err(message) => {
                    counts.failed += 1;
                    not_asked.push(NotAsked { client, channel, month, agent_id, metric, message });
                    continue;
                }
            };
            let explanation = match &verdict {
                Verdict::Equal => {
                    counts.equal += 1;
                    continue;
                }
                Verdict::ChangedSince { why } => {
                    counts.changed_since += 1;
                    (*why).to_owned()
                }
                Verdict::Different { why } => {
                    counts.different += 1;
                    (*why).to_owned()
                }
            };
            let shown = |found: Option<Cell>| found.map(|found| shown(metric, found));
            differences.push(Difference {
                client,
                channel,
                month,
                agent_id,
                metric,
                table: crate::figures::shown(metric, cell.stored),
                helpdesk: shown(answers.alone.or(answers.legacy)).unwrap_or_default(),
                as_the_run_asked: shown(answers.bucketed),
                legacy: shown(answers.legacy),
                verdict: verdict.as_str(),
                explanation,
            });
        }
        let status = match &counts {
            Counts { different: 1.., .. } => "different",
            Counts { failed: 1.., .. } => "incomplete",
            Counts { changed_since: 1.., .. } => "changed_since",
            _ => "equal",
        };
        Self {
            schema_version: REPORT_SCHEMA_VERSION,
            status,
            cells: counts,
            requests,
            foreign_versions,
            differences,
            not_asked,
        }
    }

    fn exit(&self) -> Exit {
        match self.cells {
            Counts { different: 1.., .. } => Exit::Integrity,
            Counts { failed: 1.., .. } => Exit::Partial,
            _ => Exit::Success,
        }
    }
}

fn text(document: &Document) -> String {
    let mut parts = Vec::new();
    if !document.differences.is_empty() {
        let mut table = ruled_table();
        table.set_header(["Client", "Month", "Agent", "Metric", "Table", "Helpdesk", "Verdict"]);
        for difference in &document.differences {
            table.add_row([
                printable(&format!("{} / {}", difference.client, difference.channel)),
                difference.month.to_string(),
                difference.agent_id.to_string(),
                difference.metric.to_string(),
                difference.table.clone(),
                difference.helpdesk.clone(),
                difference.verdict.replace('_', " "),
            ]);
        }
        parts.push(table.to_string());
        let mut explanations: Vec<String> = (document.differences.iter())
            .map(|difference| format!("{}, {}: {}", difference.metric, difference.month, difference.explanation))
            .collect();
        explanations.dedup();
        parts.extend(explanations);
    }
    for failed in &document.not_asked {
        parts.push(format!(
            "not verified: {} of agent {} in {}: {}",
            failed.metric,
            failed.agent_id,
            failed.month,
            printable(&failed.message)
        ));
    }
    let counts = &document.cells;
    parts.push(format!(
        "{} cells: {} equal, {} changed since, {} different, {} not verified; {} requests",
        counts.sampled, counts.equal, counts.changed_since, counts.different, counts.failed, document.requests
    ));
    parts.join("\n")
}
