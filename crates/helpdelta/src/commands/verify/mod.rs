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
    Statistic, Zone, least_seconds, legacy_figures,
};
use helpdelta_gorgias::{Account, Budget, DOCUMENTED_LIMIT, DOCUMENTED_WINDOW, Error, HttpTransport, LegacyRefused};
use helpdelta_lakehouse::RowFilter;
use jiff::Timestamp;
use serde::Serialize;

use self::judge::{Answers, Verdict, judge};
use self::sample::{SampleCell, sample};
use super::{Context, or_document, settings};
use crate::arguments::VerifyArguments;
use crate::exit::{Exit, Failure, Outcome};
use crate::figures::{duration, shown};
use crate::hints;
use crate::printer::{printable, ruled_table};
use crate::run::{Prepared, Selection, clients, open, prepare, transport};
use crate::settings::Settings;

/// Samples, asks, compares.
pub(crate) async fn verify(arguments: &VerifyArguments, context: &Context<'_>) -> Outcome {
    or_document(try_verify(arguments, context).await, arguments.json, context)
}

async fn try_verify(arguments: &VerifyArguments, context: &Context<'_>) -> Outcome {
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
    let newest_foreign = foreign.iter().filter_map(|change| change.committed).max();
    let (judged, requests) = ask_and_judge(cells, &prepared, &settings, newest_foreign).await?;
    let document = Document::new(judged, requests, foreign.iter().map(|change| change.version).collect());
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
        // Each of its statistics alone and, where that differs, as the run asked; and the legacy API's two.
        *requests.entry(cell.entry.domain.as_str()).or_default() += 2 * cell.statistics.len() + 2;
    }
    let burst = Budget::burst(settings.gorgias.budget);
    let seconds_per_request = DOCUMENTED_WINDOW.as_secs_f64() / f64::from(DOCUMENTED_LIMIT);
    let longest = requests.values().map(|count| least_seconds(*count, burst, seconds_per_request)).fold(0.0, f64::max);
    context.printer.remark(&format!(
        "verifying {} cells of {} accounts: up to {} requests, more only where the legacy API lacks values; within the budget in \
         about {}",
        cells.len(),
        requests.len().min(prepared.accounts.len()),
        requests.values().sum::<usize>(),
        duration(longest),
    ));
}

/// A cell with what was found out about it.
#[derive(Debug)]
pub(super) struct JudgedCell {
    cell: SampleCell,
    found: Found,
}

/// What asking for a cell led to.
#[derive(Debug)]
enum Found {
    Judged(Answers, Verdict),
    /// The helpdesk finally refuses the statistic; the table keeps what it had, and nothing can be proved of it.
    Unavailable,
    /// It could not be asked this time.
    Failed(String),
}

async fn ask_and_judge(
    cells: Vec<SampleCell>,
    prepared: &Prepared,
    settings: &Settings,
    newest_foreign: Option<Timestamp>,
) -> Result<(Vec<JudgedCell>, usize), Failure> {
    let transport = transport(settings)?;
    let clients = clients(&prepared.accounts, settings, &transport);
    let refused: Vec<LegacyRefused> = clients.iter().map(|_| LegacyRefused::default()).collect();
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
            let asking = Asking {
                account: clients.get(place)?,
                plan: prepared.plan.accounts.get(place)?,
                refused: refused.get(place)?,
                zone: &settings.zone,
            };
            Some(async move { (number, asking.judged(cell, newest_foreign).await) })
        })
        .collect();
    let parallel = settings.gorgias.max_parallel_accounts.min(16);
    let mut judged: Vec<(usize, JudgedCell)> = stream::iter(judgements).buffer_unordered(parallel).collect().await;
    judged.sort_by_key(|(number, _)| *number);
    let requests = clients.iter().map(|account| account.counters().snapshot().sent).sum();
    Ok((judged.into_iter().map(|(_, cell)| cell).collect(), requests))
}

/// What a cell is asked with.
struct Asking<'a> {
    account: &'a Account<HttpTransport>,
    plan: &'a AccountPlan,
    refused: &'a LegacyRefused,
    zone: &'a Zone,
}

impl Asking<'_> {
    async fn judged(&self, cell: SampleCell, newest_foreign: Option<Timestamp>) -> JudgedCell {
        let altered = newest_foreign.is_some_and(|foreign| Some(foreign) > cell.last_updated);
        let found = match self.ask(&cell).await {
            Ok(Some(answers)) => {
                let verdict = judge(cell.metric, cell.source, cell.stored, &answers, altered);
                Found::Judged(answers, verdict)
            }
            Ok(None) => Found::Unavailable,
            Err(message) => Found::Failed(message),
        };
        JudgedCell { cell, found }
    }

    /// Asks for a cell alone; where that differs from the table, also as the run asked; and the legacy API where it
    /// answers. None when neither API gives the cell.
    async fn ask(&self, cell: &SampleCell) -> Result<Option<Answers>, String> {
        let words = |error: &Error| error.to_string();
        let alone = match self.figure(cell, |statistic| alone(cell, statistic)).await {
            Ok(alone) => Some(alone?),
            Err(error) if error.kind.is_refusal() => None,
            Err(error) => return Err(words(&error)),
        };
        let said = self.account.legacy(cell.agent_id, cell.month, &cell.entry.channel, self.zone, self.refused).await;
        let legacy = match said {
            Ok((said, _)) => legacy_figures(&said, cell.agent_id, cell.month)
                .map(|figures| Some(figures.get(cell.metric)).filter(|cell| *cell != Cell::Unavailable))
                .map_err(|error| error.to_string())?,
            Err(error) if error.kind.is_refusal() => None,
            Err(error) if alone.is_none() => return Err(words(&error)),
            // The first road was taken; the second is down today.
            Err(_) => None,
        };
        let bucketed = match alone {
            Some(alone) if alone != cell.stored => {
                let asked = self.figure(cell, |statistic| as_the_run_asked(cell, self.plan, statistic)).await;
                Some(asked.map_err(|error| words(&error))??)
            }
            _ => None,
        };
        Ok((alone.is_some() || legacy.is_some()).then_some(Answers { alone, bucketed, legacy }))
    }

    /// The cell by the statistics that it needs, each asked as `query` says.
    async fn figure(
        &self,
        cell: &SampleCell,
        query: impl Fn(Statistic) -> Query,
    ) -> Result<Result<Cell, String>, Error> {
        let mut answers = Vec::new();
        for statistic in &cell.statistics {
            answers.push(self.account.statistic(&query(*statistic), self.zone).await?.0);
        }
        Ok(cell.read(&answers))
    }
}

fn alone(cell: &SampleCell, statistic: Statistic) -> Query {
    let channels = match &cell.entry.channel {
        Channel::All => ChannelScope::All,
        Channel::Slug(slug) => ChannelScope::Each(vec![slug.clone()]),
    };
    Query { statistic, window: MonthWindow::of(cell.month), channels, agent_id: Some(cell.agent_id) }
}

/// The query by which a run reads the cell: with the windows of today's plan where they cover its month.
fn as_the_run_asked(cell: &SampleCell, plan: &AccountPlan, statistic: Statistic) -> Query {
    let of_run = plan.queries.iter().find(|query| {
        query.statistic == statistic && query.window.covers(cell.month) && query.channels.serves(&cell.entry.channel)
    });
    of_run.cloned().unwrap_or_else(|| Query { agent_id: None, ..alone(cell, statistic) })
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
    legacy_differs: usize,
    different: usize,
    not_verifiable: usize,
    unavailable: usize,
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
    fn new(judged: Vec<JudgedCell>, requests: usize, foreign_versions: Vec<u64>) -> Self {
        let mut counts = Counts { sampled: judged.len(), ..Counts::default() };
        let (mut differences, mut not_asked) = (Vec::new(), Vec::new());
        for JudgedCell { cell, found } in judged {
            let (client, channel) = (cell.entry.client.clone(), cell.entry.channel.as_str().to_owned());
            let (month, agent_id, metric) = (cell.month, cell.agent_id, cell.metric);
            let (answers, verdict) = match found {
                Found::Judged(answers, verdict) => (answers, verdict),
                Found::Unavailable => {
                    counts.unavailable += 1;
                    continue;
                }
                Found::Failed(message) => {
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
                Verdict::NotVerifiable => {
                    counts.not_verifiable += 1;
                    continue;
                }
                Verdict::LegacyDiffers { why } => {
                    counts.legacy_differs += 1;
                    (*why).to_owned()
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
            Counts { legacy_differs: 1.., .. } => "legacy_differs",
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
        "{} cells: {} equal, {} changed since, {} other by the legacy API, {} different, {} not verifiable, {} unavailable, \
         {} not asked; {} requests",
        counts.sampled,
        counts.equal,
        counts.changed_since,
        counts.legacy_differs,
        counts.different,
        counts.not_verifiable,
        counts.unavailable,
        counts.failed,
        document.requests
    ));
    if !document.foreign_versions.is_empty() {
        let versions: Vec<String> = document.foreign_versions.iter().map(ToString::to_string).collect();
        parts.push(format!("versions of the table that somebody else wrote: {}", versions.join(", ")));
    }
    parts.join("\n")
}
