//! Rows of the table, as values.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::{Cell, Metric, Month};

/// What identifies a row of the table. Sorted as the table is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowKey {
    /// The client, as the roster spells it.
    pub client: String,
    /// The channel's slug, or `all`.
    pub channel: String,
    /// The month.
    pub month: Month,
    /// The Gorgias user id.
    pub agent_id: i64,
}

impl fmt::Display for RowKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} / {} / {} / agent {}", self.client, self.channel, self.month, self.agent_id)
    }
}

/// A cell for every metric.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    cells: [Cell; Metric::ALL.len()],
}

impl Figures {
    /// The cell of a metric.
    pub fn get(&self, metric: Metric) -> Cell {
        self.cells.get(metric.index()).copied().unwrap_or_default()
    }

    /// Puts a cell.
    pub fn set(&mut self, metric: Metric, cell: Cell) {
        if let Some(place) = self.cells.get_mut(metric.index()) {
            *place = cell;
        }
    }

    /// What the table holds after these figures arrived over `stored`, cell by cell.
    #[must_use]
    pub fn over(&self, stored: &Self) -> Self {
        let mut merged = Self::default();
        for metric in Metric::ALL {
            merged.set(metric, self.get(metric).over(stored.get(metric)));
        }
        merged
    }
}

/// Which statistics API a row came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// `POST /api/reporting/stats`.
    Reporting,
    /// `POST /api/stats/{name}`.
    Legacy,
}

impl Source {
    /// The text that the table holds.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reporting => "reporting",
            Self::Legacy => "legacy",
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl FromStr for Source {
    type Err = String;

    /// # Errors
    ///
    /// The text itself, when it names no source.
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Reporting, Self::Legacy]
            .into_iter()
            .find(|source| source.as_str() == text)
            .ok_or_else(|| text.to_owned())
    }
}

/// What a run found out about one agent in one month of one entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What identifies it.
    pub key: RowKey,
    /// The agent's name, trimmed.
    pub agent_name: Option<String>,
    /// The agent's e-mail, trimmed.
    pub agent_email: Option<String>,
    /// A cell for every metric.
    pub figures: Figures,
    /// The API that answered.
    pub source: Source,
}

/// A row with its two times, as the table holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRow {
    /// The values.
    pub row: Row,
    /// When the row was first written; never changes (law 5). Microseconds.
    pub created: Option<Timestamp>,
    /// When the run that last changed a value began; never goes back (law 5). Microseconds.
    pub last_updated: Option<Timestamp>,
}
