//! The metric catalogue: the one place where a metric is described.
//!
//! Client, simulator, table schema, dashboard and documentation read it. Vendor facts are from
//! `gorgias-api.md` 4.3 (scopes, measures, time dimensions) and 6.1 (definitions).

use std::fmt;

use serde::{Serialize, Serializer};

/// A figure of the table, in the order of its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Metric {
    /// Median time to the first reply.
    FirstResponseTime,
    /// Tickets closed with one reply.
    OneTouchTickets,
    /// One-touch tickets per closed ticket.
    OneTouchRate,
    /// Tickets closed.
    ClosedTickets,
    /// Public messages sent.
    MessagesSent,
    /// Mean survey score.
    CustomerSatisfaction,
    /// Surveys behind the mean score.
    SurveysScored,
    /// Median time to the last closing; the column keeps the notebook's name.
    AverageResolutionTime,
}

/// What is asked of the helpdesk in one query; it answers one or more metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistic {
    /// Median first response time.
    FirstResponseTime,
    /// Count of one-touch tickets.
    OneTouchTickets,
    /// Count of closed tickets.
    ClosedTickets,
    /// Count of public messages.
    MessagesSent,
    /// Mean score and number of scored surveys.
    SatisfactionSurveys,
    /// Median resolution time.
    ResolutionTime,
}

/// The unit of a metric; it also fixes the type of its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds, from 0; a double.
    Seconds,
    /// A whole number, from 0; a long.
    Count,
    /// Percent, 0 to 100; a double.
    Percent,
    /// A score from 1 to 5; a double.
    Score,
}

/// Which way a metric gets better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// A volume: neither is better.
    Neither,
}

/// What it means that the helpdesk says nothing of an agent in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Nothing happened: the count is 0.
    Zero,
    /// There is nothing to measure: null, never 0.
    NoData,
}

/// A measure of the reporting API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// The statistic whose scope has the measure.
    pub statistic: Statistic,
    /// Its name in `query.measures`.
    pub name: &'static str,
}

/// Where the legacy API has a metric (`gorgias-api.md` 5.4, 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyValue {
    /// A named value of the statistic `overview`, which also has a statistic of its own.
    Overview {
        /// Its name in `overview`.
        name: &'static str,
        /// The statistic that answers it alone.
        own_statistic: &'static str,
    },
    /// A named value of the statistic `satisfaction-surveys`.
    Surveys {
        /// Its name there.
        name: &'static str,
    },
    /// Not given; derived from other values where that is unambiguous.
    Derived,
}

/// Everything there is to know about a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricDefinition {
    /// The metric described.
    pub metric: Metric,
    /// Its column in the table.
    pub column: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Which way it gets better.
    pub better: Direction,
    /// What its absence means.
    pub absence: Absence,
    /// The measure of the reporting API that answers it; none where it is computed from other metrics.
    pub measure: Option<Measure>,
    /// Where the legacy API has it.
    pub legacy: LegacyValue,
    /// Its meaning in a sentence, with the unit.
    pub definition: &'static str,
}

/// How a statistic is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatisticDefinition {
    /// The statistic described.
    pub statistic: Statistic,
    /// Its `query.scope` in the reporting API.
    pub scope: &'static str,
    /// The time dimension whose month equals the month of the period filter; none where there is no such dimension,
    /// so that the statistic must be asked one month at a time.
    pub month_dimension: Option<&'static str>,
    /// Every time dimension that the scope takes; others are refused with 400.
    pub time_dimensions: &'static [&'static str],
}

impl Metric {
    /// Every metric, in the order of the table's columns.
    pub const ALL: [Self; 8] = [
        Self::FirstResponseTime,
        Self::OneTouchTickets,
        Self::OneTouchRate,
        Self::ClosedTickets,
        Self::MessagesSent,
        Self::CustomerSatisfaction,
        Self::SurveysScored,
        Self::AverageResolutionTime,
    ];

    /// The metric's place in [`Metric::ALL`].
    pub fn index(self) -> usize {
        match self {
            Self::FirstResponseTime => 0,
            Self::OneTouchTickets => 1,
            Self::OneTouchRate => 2,
            Self::ClosedTickets => 3,
            Self::MessagesSent => 4,
            Self::CustomerSatisfaction => 5,
            Self::SurveysScored => 6,
            Self::AverageResolutionTime => 7,
        }
    }

    /// The catalogue's line for this metric.
    pub fn definition(self) -> &'static MetricDefinition {
        match self {
            Self::FirstResponseTime => &FIRST_RESPONSE_TIME,
            Self::OneTouchTickets => &ONE_TOUCH_TICKETS,
            Self::OneTouchRate => &ONE_TOUCH_RATE,
            Self::ClosedTickets => &CLOSED_TICKETS,
            Self::MessagesSent => &MESSAGES_SENT,
            Self::CustomerSatisfaction => &CUSTOMER_SATISFACTION,
            Self::SurveysScored => &SURVEYS_SCORED,
            Self::AverageResolutionTime => &AVERAGE_RESOLUTION_TIME,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.definition().column)
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.definition().column)
    }
}

impl Statistic {
    /// Every statistic, in the order in which they are asked.
    pub const ALL: [Self; 6] = [
        Self::FirstResponseTime,
        Self::OneTouchTickets,
        Self::ClosedTickets,
        Self::MessagesSent,
        Self::SatisfactionSurveys,
        Self::ResolutionTime,
    ];

    /// How this statistic is asked.
    pub fn definition(self) -> &'static StatisticDefinition {
        match self {
            Self::FirstResponseTime => &StatisticDefinition {
                statistic: Self::FirstResponseTime,
                scope: "first-response-time",
                month_dimension: Some("firstAgentMessageDatetime"),
                time_dimensions: &["createdDatetime", "firstAgentMessageDatetime"],
            },
            Self::OneTouchTickets => &StatisticDefinition {
                statistic: Self::OneTouchTickets,
                scope: "one-touch-tickets",
                month_dimension: Some("closedDatetime"),
                time_dimensions: &["createdDatetime", "closedDatetime"],
            },
            Self::ClosedTickets => &StatisticDefinition {
                statistic: Self::ClosedTickets,
                scope: "tickets-closed",
                month_dimension: Some("closedDatetime"),
                time_dimensions: &["closedDatetime", "createdDatetime"],
            },
            Self::MessagesSent => &StatisticDefinition {
                statistic: Self::MessagesSent,
                scope: "messages-sent",
                month_dimension: Some("sentDatetime"),
                time_dimensions: &["sentDatetime"],
            },
            Self::SatisfactionSurveys => &StatisticDefinition {
                statistic: Self::SatisfactionSurveys,
                scope: "satisfaction-surveys",
                month_dimension: Some("sentDatetime"),
                time_dimensions: &["createdDatetime", "sentDatetime"],
            },
            Self::ResolutionTime => &StatisticDefinition {
                statistic: Self::ResolutionTime,
                scope: "resolution-time",
                month_dimension: None,
                time_dimensions: &["createdDatetime"],
            },
        }
    }

    /// The metrics that the statistic answers, each with its measure, in the order of the columns.
    pub fn measures(self) -> impl Iterator<Item = (Metric, Measure)> {
        Metric::ALL
            .into_iter()
            .filter_map(|metric| Some((metric, metric.definition().measure?)))
            .filter(move |(_, measure)| measure.statistic == self)
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.definition().scope)
    }
}

const FIRST_RESPONSE_TIME: MetricDefinition = MetricDefinition {
    metric: Metric::FirstResponseTime,
    column: "First_Response_Time",
    title: "First response",
    unit: Unit::Seconds,
    better: Direction::Lower,
    absence: Absence::NoData,
    measure: Some(Measure { statistic: Statistic::FirstResponseTime, name: "medianFirstResponseTime" }),
    legacy: LegacyValue::Overview { name: "median_first_response_time", own_statistic: "median-first-response-time" },
    definition: "Median seconds from the customer's first message to the agent's first reply, for tickets whose first \
                 reply was sent in the month.",
};

const ONE_TOUCH_TICKETS: MetricDefinition = MetricDefinition {
    metric: Metric::OneTouchTickets,
    column: "One_Touch_Tickets",
    title: "One-touch",
    unit: Unit::Count,
    better: Direction::Neither,
    absence: Absence::Zero,
    measure: Some(Measure { statistic: Statistic::OneTouchTickets, name: "ticketCount" }),
    legacy: LegacyValue::Derived,
    definition: "Number of tickets closed in the month with exactly one agent message.",
};

const ONE_TOUCH_RATE: MetricDefinition = MetricDefinition {
    metric: Metric::OneTouchRate,
    column: "One_Touch_Rate",
    title: "One-touch rate",
    unit: Unit::Percent,
    better: Direction::Higher,
    absence: Absence::NoData,
    measure: None,
    legacy: LegacyValue::Overview { name: "total_one_touch_tickets", own_statistic: "total-one-touch-tickets" },
    definition: "One-touch tickets in percent of the tickets closed in the month; null when none was closed.",
};

const CLOSED_TICKETS: MetricDefinition = MetricDefinition {
    metric: Metric::ClosedTickets,
    column: "Closed_Tickets",
    title: "Closed",
    unit: Unit::Count,
    better: Direction::Neither,
    absence: Absence::Zero,
    measure: Some(Measure { statistic: Statistic::ClosedTickets, name: "ticketCount" }),
    legacy: LegacyValue::Overview { name: "total_closed_tickets", own_statistic: "total-tickets-closed" },
    definition: "Number of tickets whose last closing fell in the month, credited to the assignee.",
};

const MESSAGES_SENT: MetricDefinition = MetricDefinition {
    metric: Metric::MessagesSent,
    column: "Messages_Sent",
    title: "Messages",
    unit: Unit::Count,
    better: Direction::Neither,
    absence: Absence::Zero,
    measure: Some(Measure { statistic: Statistic::MessagesSent, name: "messagesCount" }),
    legacy: LegacyValue::Overview { name: "total_messages_sent", own_statistic: "total-messages-sent" },
    definition: "Number of public messages that the agent sent in the month; internal notes do not count.",
};

const CUSTOMER_SATISFACTION: MetricDefinition = MetricDefinition {
    metric: Metric::CustomerSatisfaction,
    column: "Customer_Satisfaction",
    title: "Satisfaction",
    unit: Unit::Score,
    better: Direction::Higher,
    absence: Absence::NoData,
    measure: Some(Measure { statistic: Statistic::SatisfactionSurveys, name: "averageSurveyScore" }),
    legacy: LegacyValue::Surveys { name: "average_rating" },
    definition: "Mean score, 1 to 5, of the surveys sent in the month that were answered; null when none was.",
};

const SURVEYS_SCORED: MetricDefinition = MetricDefinition {
    metric: Metric::SurveysScored,
    column: "Surveys_Scored",
    title: "Surveys",
    unit: Unit::Count,
    better: Direction::Neither,
    absence: Absence::Zero,
    measure: Some(Measure { statistic: Statistic::SatisfactionSurveys, name: "scoredSurveysCount" }),
    legacy: LegacyValue::Derived,
    definition: "Number of surveys sent in the month that were answered with a score.",
};

const AVERAGE_RESOLUTION_TIME: MetricDefinition = MetricDefinition {
    metric: Metric::AverageResolutionTime,
    column: "Average_Resolution_Time",
    title: "Resolution",
    unit: Unit::Seconds,
    better: Direction::Lower,
    absence: Absence::NoData,
    measure: Some(Measure { statistic: Statistic::ResolutionTime, name: "medianResolutionTime" }),
    legacy: LegacyValue::Overview { name: "median_resolution_time", own_statistic: "median-resolution-time" },
    definition: "Median seconds from the customer's first message to the last closing, for tickets closed in the month \
                 that had a reply (a median, in spite of the column's name).",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_stands_at_its_index_and_describes_itself() {
        for (place, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric.index(), place);
            assert_eq!(metric.definition().metric, metric);
        }
    }

    #[test]
    fn the_month_dimension_is_one_that_the_scope_takes() {
        for statistic in Statistic::ALL {
            let definition = statistic.definition();
            assert_eq!(definition.statistic, statistic);
            assert!(definition.month_dimension.is_none_or(|name| definition.time_dimensions.contains(&name)));
            assert!(statistic.measures().next().is_some(), "{statistic} answers nothing");
        }
    }

    #[test]
    fn only_the_rate_is_computed_and_a_count_is_never_null() {
        for metric in Metric::ALL {
            let definition = metric.definition();
            assert_eq!(definition.measure.is_none(), metric == Metric::OneTouchRate);
            assert_eq!(definition.absence == Absence::Zero, definition.unit == Unit::Count);
        }
    }
}
