//! From the answers of an account to the rows of an entry.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    Absence, Agent, Cell, Channel, Entry, Figures, Metric, Month, Query, Row, RowKey, Source, Statistic, Unit,
};

/// One row of a statistic's answer, its spelling already understood but its values not yet judged.
#[derive(Clone, Debug, PartialEq)]
pub struct StatisticRow {
    /// The agent; none for tickets without one.
    pub agent_id: Option<i64>,
    /// The bucket, or the only month of the query.
    pub month: Month,
    /// The channel, where the query was grouped by it.
    pub channel: Option<String>,
    /// The measures, in the order of [`Statistic::measures`]; none where the helpdesk said null or nothing.
    pub values: Vec<Option<f64>>,
}

/// The whole answer to a query, all pages.
#[derive(Clone, Debug, PartialEq)]
pub struct StatisticAnswer {
    /// The query answered.
    pub query: Query,
    /// Its rows, in the order of the helpdesk.
    pub rows: Vec<StatisticRow>,
}

/// An answer that cannot be a true figure. The entry fails rather than store a wrong number.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AssemblyError {
    /// A value outside its unit's range.
    #[error("{metric} of agent {agent_id} in {month} is {value}, which is no {expected}")]
    OutOfRange {
        /// The metric.
        metric: Metric,
        /// The agent.
        agent_id: i64,
        /// The month.
        month: Month,
        /// The value as received.
        value: f64,
        /// What the unit allows.
        expected: &'static str,
    },
    /// A mean without the surveys behind it, or surveys without their mean.
    #[error("agent {agent_id} has {surveys} scored surveys in {month}, and {score} as their mean")]
    Inconsistent {
        /// The agent.
        agent_id: i64,
        /// The month.
        month: Month,
        /// How many surveys, in words.
        surveys: String,
        /// Their mean, in words.
        score: String,
    },
    /// Two rows of one answer contradict each other.
    #[error("the helpdesk answered {metric} of agent {agent_id} in {month} twice, with different values")]
    Contradiction {
        /// The metric.
        metric: Metric,
        /// The agent.
        agent_id: i64,
        /// The month.
        month: Month,
    },
}

/// The rows of an entry, and what was left out of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembled {
    /// A row for every agent and month, active or not; sorted by key.
    pub rows: Vec<Row>,
    /// Rows of tickets without an agent; kept out of every agent's figures.
    pub agentless_rows: usize,
    /// Ids in the statistics that the users list does not have.
    pub unknown_agents: BTreeSet<i64>,
    /// Rows outside the months or channels that were asked for; left out.
    pub stray_rows: usize,
    /// Agents and months with more one-touch than closed tickets, for which no rate is given.
    pub rates_withheld: usize,
}

/// What an entry's rows are assembled from.
#[derive(Clone, Copy, Debug)]
pub struct Assembly<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// The months of the run.
    pub months: &'a [Month],
    /// Every user of the account.
    pub users: &'a [Agent],
    /// Those of them who are agents.
    pub agents: &'a [Agent],
    /// The account's answers; those for other channels are passed over.
    pub answers: &'a [StatisticAnswer],
    /// Statistics that the helpdesk finally refused; their cells are unavailable.
    pub refused: &'a BTreeSet<Statistic>,
}

impl Assembly<'_> {
    /// Puts every value into its row. Absence becomes 0 or no data, as the catalogue says of each metric.
    ///
    /// # Errors
    ///
    /// A value is outside its unit's range, or two rows contradict each other.
    pub fn assemble(&self) -> Result<Assembled, AssemblyError> {
        let users: BTreeSet<i64> = self.users.iter().map(|user| user.id).collect();
        let wanted: BTreeSet<i64> = self.agents.iter().map(|agent| agent.id).collect();
        let mut cells: HashMap<(i64, Month), BTreeMap<Metric, Cell>> = HashMap::new();
        let mut assembled = Assembled {
            rows: Vec::new(),
            agentless_rows: 0,
            unknown_agents: BTreeSet::new(),
            stray_rows: 0,
            rates_withheld: 0,
        };
        let answered = |answer: &&StatisticAnswer| {
            answer.query.channels.serves(&self.entry.channel) && !self.refused.contains(&answer.query.statistic)
        };
        for answer in self.answers.iter().filter(answered) {
            for row in &answer.rows {
                if !self.belongs(answer, row, &mut assembled) {
                    continue;
                }
                let Some(agent_id) = row.agent_id else {
                    assembled.agentless_rows += 1;
                    continue;
                };
                if !users.contains(&agent_id) {
                    assembled.unknown_agents.insert(agent_id);
                }
                if wanted.contains(&agent_id) {
                    put(cells.entry((agent_id, row.month)).or_default(), answer.query.statistic, agent_id, row)?;
                }
            }
        }
        for agent in self.agents {
            for month in self.months {
                let found = cells.get(&(agent.id, *month));
                let (figures, rate_withheld) = figures(found, self.refused);
                assembled.rates_withheld += usize::from(rate_withheld);
                assembled.rows.push(Row {
                    key: RowKey {
                        client: self.entry.client.clone(),
                        channel: self.entry.channel.as_str().to_owned(),
                        month: *month,
                        agent_id: agent.id,
                    },
                    agent_name: agent.name.clone(),
                    agent_email: agent.email.clone(),
                    figures,
                    source: Source::Reporting,
                });
            }
        }
        assembled.rows.sort_by(|left, right| left.key.cmp(&right.key));
        Ok(assembled)
    }

    /// Whether a row is one of this entry's; counts it when it is nobody's.
    fn belongs(&self, answer: &StatisticAnswer, row: &StatisticRow, assembled: &mut Assembled) -> bool {
        let in_window = answer.query.window.covers(row.month);
        let slugs = answer.query.channels.slugs();
        let of_channel = match (&self.entry.channel, &row.channel) {
            (Channel::All, _) | (Channel::Slug(_), None) => true,
            (Channel::Slug(slug), Some(channel)) if slugs.contains(channel) => {
                if channel != slug {
                    return false;
                }
                true
            }
            (Channel::Slug(_), Some(_)) => false,
        };
        if !in_window || !of_channel {
            assembled.stray_rows += 1;
        }
        in_window && of_channel
    }
}

/// Judges the values of a row and puts them, refusing a second, different value.
fn put(
    cells: &mut BTreeMap<Metric, Cell>,
    statistic: Statistic,
    agent_id: i64,
    row: &StatisticRow,
) -> Result<(), AssemblyError> {
    let found = |metric: Metric| {
        let place = statistic.measures().position(|(candidate, _)| candidate == metric)?;
        row.values.get(place).copied().flatten()
    };
    let (score, surveys) = judged_surveys(found(Metric::CustomerSatisfaction), found(Metric::SurveysScored))
        .map_err(|(score, surveys)| AssemblyError::Inconsistent { agent_id, month: row.month, surveys, score })?;
    for (metric, _) in statistic.measures() {
        let judged = |value| {
            cell_of(metric, value).map_err(|(value, expected)| AssemblyError::OutOfRange {
                metric,
                agent_id,
                month: row.month,
                value,
                expected,
            })
        };
        let cell = match metric {
            Metric::CustomerSatisfaction => judged(score)?,
            Metric::SurveysScored if surveys == Surveys::Untold => Cell::NoData,
            Metric::SurveysScored => judged(surveys.count())?,
            _ => judged(found(metric))?,
        };
        if cells.insert(metric, cell).is_some_and(|earlier| earlier != cell) {
            return Err(AssemblyError::Contradiction { metric, agent_id, month: row.month });
        }
    }
    Ok(())
}

/// How many surveys stand behind a mean.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Surveys {
    Counted(f64),
    /// There is a mean, so there are some; the helpdesk does not say how many, and 0 would be invented.
    Untold,
}

impl Surveys {
    fn count(self) -> Option<f64> {
        match self {
            Self::Counted(count) => Some(count),
            Self::Untold => None,
        }
    }
}

/// A mean and its surveys belong together: a mean over none is no data, even where the helpdesk writes 0
/// (`gorgias-api.md` 6.1). The error is what the helpdesk said of both, in words.
fn judged_surveys(score: Option<f64>, surveys: Option<f64>) -> Result<(Option<f64>, Surveys), (String, String)> {
    match (score, surveys) {
        (None | Some(0.0), None | Some(0.0)) => Ok((None, Surveys::Counted(0.0))),
        (Some(score), None) => Ok((Some(score), Surveys::Untold)),
        (Some(score), Some(surveys)) if surveys != 0.0 => Ok((Some(score), Surveys::Counted(surveys))),
        (score, surveys) => {
            let words = |number: Option<f64>| number.map_or_else(|| "nothing".to_owned(), |number| number.to_string());
            Err((words(score), words(surveys)))
        }
    }
}

/// The metrics that refused statistics leave unavailable, in the order of the columns.
pub fn unavailable_metrics(refused: &BTreeSet<Statistic>) -> Vec<Metric> {
    let is_refused = |statistic: Statistic| refused.contains(&statistic);
    let unavailable = |metric: &Metric| match metric.definition().measure {
        Some(measure) => is_refused(measure.statistic),
        None => is_refused(Statistic::OneTouchTickets) || is_refused(Statistic::ClosedTickets),
    };
    Metric::ALL.into_iter().filter(unavailable).collect()
}

/// Turns a received value into a cell, or says what the unit expects instead.
pub(crate) fn cell_of(metric: Metric, value: Option<f64>) -> Result<Cell, (f64, &'static str)> {
    /// Beyond this, a float no longer tells neighbouring whole numbers apart.
    const LARGEST_COUNT: f64 = 9_007_199_254_740_992.0;
    let definition = metric.definition();
    let Some(value) = value else {
        return Ok(absent(definition.absence));
    };
    match definition.unit {
        Unit::Count if value.fract() == 0.0 && (0.0..=LARGEST_COUNT).contains(&value) =>
        {
            #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a whole number within 2^53")]
            Ok(Cell::count(value as i64))
        }
        Unit::Count => Err((value, "whole number from 0")),
        Unit::Seconds if value.is_finite() && value >= 0.0 => Ok(Cell::real(value)),
        Unit::Seconds => Err((value, "number of seconds from 0")),
        Unit::Score if (1.0..=5.0).contains(&value) => Ok(Cell::real(value)),
        Unit::Score => Err((value, "score from 1 to 5")),
        Unit::Percent if (0.0..=100.0).contains(&value) => Ok(Cell::real(value)),
        Unit::Percent => Err((value, "percentage from 0 to 100")),
    }
}

fn absent(absence: Absence) -> Cell {
    match absence {
        Absence::Zero => Cell::count(0),
        Absence::NoData => Cell::NoData,
    }
}

/// The figures of one agent and month; the flag says that the rate was withheld.
fn figures(found: Option<&BTreeMap<Metric, Cell>>, refused: &BTreeSet<Statistic>) -> (Figures, bool) {
    let mut figures = Figures::default();
    for metric in Metric::ALL {
        let cell = found.and_then(|cells| cells.get(&metric)).copied();
        let statistic = metric.definition().measure.map(|measure| measure.statistic);
        let absent = match statistic {
            Some(statistic) if refused.contains(&statistic) => Cell::Unavailable,
            _ => absent(metric.definition().absence),
        };
        figures.set(metric, cell.unwrap_or(absent));
    }
    let (rate, withheld) = one_touch_rate(figures.get(Metric::OneTouchTickets), figures.get(Metric::ClosedTickets));
    figures.set(Metric::OneTouchRate, rate);
    (figures, withheld)
}

/// One-touch in percent of closed. The two counts come from two requests, so a ticket closed in between can make the
/// part larger than the whole: then no rate is given, rather than one above 100.
fn one_touch_rate(one_touch: Cell, closed: Cell) -> (Cell, bool) {
    match (one_touch, closed) {
        (Cell::Unavailable, _) | (_, Cell::Unavailable) => (Cell::Unavailable, false),
        (Cell::Value(part), Cell::Value(whole)) if whole.as_f64() > 0.0 => {
            let rate = part.as_f64() / whole.as_f64() * 100.0;
            if rate > 100.0 { (Cell::NoData, true) } else { (Cell::real(rate), false) }
        }
        (Cell::Value(part), _) => (Cell::NoData, part.as_f64() > 0.0),
        (Cell::NoData, _) => (Cell::NoData, false),
    }
}

#[cfg(test)]
mod tests;
