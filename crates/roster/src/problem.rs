//! What is wrong with a roster, and where.

use std::fmt;

use helpdelta_core::Credential;

/// Where a problem is, in the words of the grid's origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The roster as a whole.
    Roster,
    /// The header.
    Header {
        /// The header's row, where the reader can look it up.
        row: Option<u64>,
        /// The header of the column; none where all of it is meant.
        column: Option<&'static str>,
    },
    /// A whole row, as its source counts them.
    Row(u64),
    /// A cell that is named by its row and its column's header, or that has no column to stand in.
    RowAndColumn {
        /// The row, as its source counts them.
        row: u64,
        /// The column's header.
        column: &'static str,
    },
    /// Cells that are named by their addresses.
    Cells {
        /// Where they are; at least one.
        addresses: Vec<CellAddress>,
        /// The column's header.
        column: &'static str,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header { row, column } => {
                formatter.write_str("header")?;
                if let Some(row) = row {
                    write!(formatter, " in row {row}")?;
                }
                column.map_or(Ok(()), |column| write!(formatter, ", column {column}"))
            }
            Self::Roster => formatter.write_str("the roster"),
            Self::Row(row) => write!(formatter, "row {row}"),
            Self::RowAndColumn { row, column } => write!(formatter, "row {row}, column {column}"),
            Self::Cells { addresses, column } => {
                let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
                let noun = if addresses.len() == 1 { "cell" } else { "cells" };
                write!(formatter, "{noun} {} ({column})", addresses.join(" and "))
            }
        }
    }
}

/// The A1 address of a spreadsheet's cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellAddress {
    /// The row, from 1.
    pub row: u64,
    /// The column, from 0: 0 is A, 26 is AA.
    pub column_index: usize,
}

impl fmt::Display for CellAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut letters, mut rest) = (Vec::new(), self.column_index + 1);
        while rest > 0 {
            rest -= 1;
            let letter = u32::try_from(rest % 26).ok().and_then(|place| char::from_digit(10 + place, 36));
            letters.extend(letter);
            rest /= 26;
        }
        let letters: String = letters.iter().rev().map(char::to_ascii_uppercase).collect();
        write!(formatter, "{letters}{}", self.row)
    }
}

/// One bad cell, or a whole bad row or header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// What is wrong, without the content of a cell that may be a secret.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
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
    // A token without its padding, a bare key, and `email:key` in clear are as secret as the right form.
    let coded = cell.len() >= 16 && cell.chars().all(|letter| letter.is_ascii_alphanumeric() || "+/=".contains(letter));
    let clear = coded || cell.split_once(':').is_some_and(|(email, _)| email.contains('@'));
    if plain && !clear && cell.chars().count() <= LONGEST && Credential::parse(cell).is_err() {
        format!("{cell:?}")
    } else {
        "this text".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(0, "A3")]
    #[case(1, "B3")]
    #[case(25, "Z3")]
    #[case(26, "AA3")]
    #[case(51, "AZ3")]
    #[case(52, "BA3")]
    #[case(701, "ZZ3")]
    #[case(702, "AAA3")]
    fn a_cell_is_named_as_spreadsheets_do(#[case] column_index: usize, #[case] expected: &str) {
        assert_eq!(CellAddress { row: 3, column_index }.to_string(), expected);
    }
}
