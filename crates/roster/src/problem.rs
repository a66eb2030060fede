//! What is wrong with a roster, and where.

use std::fmt;

use helpdelta_core::Credential;

/// One bad cell, or a whole bad row or header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The row, as its source counts them; none for the header.
    pub row: Option<u64>,
    /// The column's header; none where the whole row is meant.
    pub column: Option<&'static str>,
    /// What is wrong, without the content of a cell that may be a secret.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row {
            Some(row) => write!(formatter, "row {row}")?,
            None => write!(formatter, "header")?,
        }
        if let Some(column) = self.column {
            write!(formatter, ", column {column}")?;
        }
        write!(formatter, ": {}", self.what)
    }
}

/// A roster that is refused, with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the roster {source_name} has {}:{}", counted(problems.len()), listed(problems))]
pub struct InvalidRoster {
    /// The file or sheet.
    pub source_name: String,
    /// Every problem, in the order of the rows.
    pub problems: Vec<Problem>,
}

fn counted(count: usize) -> String {
    if count == 1 { "1 problem".to_owned() } else { format!("{count} problems") }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// A cell's content for a message, unless it may be a secret that strayed into the wrong column.
pub(crate) fn shown(cell: &str) -> String {
    const LONGEST: usize = 40;
    let plain = cell.chars().all(|letter| !letter.is_control());
    if plain && cell.chars().count() <= LONGEST && Credential::parse(cell).is_err() {
        format!("{cell:?}")
    } else {
        "this text".to_owned()
    }
}
