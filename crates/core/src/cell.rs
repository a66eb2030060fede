//! The three states of a figure.

/// A figure's number: a count, or a measured quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number of tickets, messages or surveys.
    Count(i64),
    /// Seconds, percent or a score; finite.
    Real(f64),
}

impl Number {
    /// The number as a float; counts beyond 2^53 lose their last digits.
    pub fn as_f64(self) -> f64 {
        match self {
            #[expect(clippy::as_conversions, reason = "i64 has no lossless conversion; counts stay far below 2^53")]
            Self::Count(count) => count as f64,
            Self::Real(real) => real,
        }
    }
}

/// One metric of one agent, month and entry.
///
/// The three states are kept apart from the answer of the API to the page (law 2).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Cell {
    /// The helpdesk has a figure.
    Value(Number),
    /// The helpdesk has none: nobody answered a survey, nothing was closed to take a rate of.
    #[default]
    NoData,
    /// The helpdesk refused to say; the table keeps what it had.
    Unavailable,
}

impl Cell {
    /// A cell that holds a count.
    pub fn count(count: i64) -> Self {
        Self::Value(Number::Count(count))
    }

    /// A cell that holds a measured quantity.
    pub fn real(real: f64) -> Self {
        Self::Value(Number::Real(real))
    }

    /// The number, if the cell holds one.
    pub fn number(self) -> Option<Number> {
        match self {
            Self::Value(number) => Some(number),
            Self::NoData | Self::Unavailable => None,
        }
    }

    /// What the table holds after this cell arrived over `stored`: `Unavailable` keeps what was there.
    #[must_use]
    pub fn over(self, stored: Self) -> Self {
        match self {
            Self::Unavailable => stored,
            Self::Value(_) | Self::NoData => self,
        }
    }
}
