//! Which cells are verified: the same seed, roster and table give the same cells.

use std::collections::{BTreeSet, HashMap};

use helpdelta_core::{Agent, Assembly, Cell, Entry, Metric, Month, Source, Statistic, StatisticAnswer, StoredRow};
use jiff::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::index;

/// A cell of the table that is asked again.
#[derive(Clone, Debug)]
pub(super) struct SampleCell {
    pub(super) entry: Entry,
    pub(super) month: Month,
    pub(super) agent_id: i64,
    pub(super) metric: Metric,
    /// What must be asked for it: two for a rate.
    pub(super) statistics: Vec<Statistic>,
    pub(super) stored: Cell,
    pub(super) source: Source,
    pub(super) last_updated: Option<Timestamp>,
}

impl SampleCell {
    /// The cell as an answer gives it, by the same judgement that a run uses.
    pub(super) fn read(&self, answers: &[StatisticAnswer]) -> Result<Cell, String> {
        let agent = [Agent::new(self.agent_id, None, None, None)];
        let assembly = Assembly {
            entry: &self.entry,
            months: &[self.month],
            users: &agent,
            agents: &agent,
            answers,
            refused: &BTreeSet::new(),
        };
        let assembled = assembly.assemble().map_err(|error| error.to_string())?;
        let row = assembled.rows.first().ok_or("the answer has no row")?;
        Ok(row.figures.get(self.metric))
    }
}

/// Draws `count` cells from the rows of the roster's entries, in the table's order.
pub(super) fn sample(entries: &[Entry], stored: &[StoredRow], count: usize, seed: u64) -> Vec<SampleCell> {
    let entries: HashMap<(&str, &str), &Entry> =
        entries.iter().map(|entry| ((entry.client.as_str(), entry.channel.as_str()), entry)).collect();
    let mut cells = Vec::new();
    for stored in stored {
        let key = &stored.row.key;
        let Some(entry) = entries.get(&(key.client.as_str(), key.channel.as_str())) else { continue };
        cells.extend(Metric::ALL.into_iter().map(|metric| SampleCell {
            entry: (*entry).clone(),
            month: key.month,
            agent_id: key.agent_id,
            metric,
            statistics: match metric.definition().measure {
                Some(measure) => vec![measure.statistic],
                None => vec![Statistic::OneTouchTickets, Statistic::ClosedTickets],
            },
            stored: stored.row.figures.get(metric),
            source: stored.row.source,
            last_updated: stored.last_updated,
        }));
    }
    let mut places = index::sample(&mut StdRng::seed_from_u64(seed), cells.len(), count.min(cells.len())).into_vec();
    places.sort_unstable();
    places.into_iter().filter_map(|place| cells.get(place).cloned()).collect()
}
