//! From a grid of texts to a roster.

use std::collections::HashMap;
use std::fmt;

use helpdelta_core::{Credential, Domain, Entry};
use serde::{Deserialize, Serialize};

use crate::cells::{self, Column};
use crate::problem::{CellAddress, InvalidRoster, Place, Problem, shown};
use crate::secrets::Secrets;

/// What a grid was read from: how its cells are named in messages, and how far they are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A file of this machine. Cells are named by row and column.
    LocalFile,
    /// A sheet that others may edit. Cells are named by their A1 address, and `file:` references stay below the folder
    /// of references.
    GoogleSheet,
}

/// One row of a spreadsheet; cells that are missing at its end are empty.
///
/// `Debug` shows no cell: one of them is a credential.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridRow {
    /// The row's number, as its source counts them, for messages.
    pub number: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

impl fmt::Debug for GridRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("GridRow").field("number", &self.number).finish_non_exhaustive()
    }
}

/// A spreadsheet: the first row that is not blank is the header.
///
/// `Debug` shows how many rows there are and no cell.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// The file or sheet, for messages.
    pub source_name: String,
    /// What it was read from.
    pub origin: Origin,
    /// Every row, blank ones too or not.
    pub rows: Vec<GridRow>,
}

impl fmt::Debug for Grid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Grid")
            .field("source_name", &self.source_name)
            .field("origin", &self.origin)
            .field("row_count", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl GridRow {
    /// Whether no cell has anything but blanks.
    pub(crate) fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.trim().is_empty())
    }
}

/// One entry and the credential of its account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterEntry {
    /// The entry.
    pub entry: Entry,
    /// Its account's credential.
    pub credential: Credential,
}

/// One account: everything that is read with one credential from one domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterAccount {
    /// The domain.
    pub domain: Domain,
    /// The credential.
    pub credential: Credential,
    /// Its entries, in the order of the roster.
    pub entries: Vec<Entry>,
}

/// A roster that is good as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The active entries, in the order of the rows; channels of one row sorted.
    pub entries: Vec<RosterEntry>,
    /// What is odd, in sentences.
    pub warnings: Vec<String>,
}

impl Roster {
    /// Judges a grid.
    ///
    /// Rows whose `Active` says no are left out unjudged but for that cell. Blank rows are skipped.
    ///
    /// # Errors
    ///
    /// Every problem of the grid at once: a needed column missing or standing twice, a bad cell, a client and channel
    /// that stand twice, no active entry at all.
    pub fn from_grid(grid: &Grid, secrets: &Secrets<'_>) -> Result<Self, InvalidRoster> {
        let mut reader = Reader { secrets, problems: Vec::new(), entries: Vec::new(), rows_of: HashMap::new() };
        let mut rows = grid.rows.iter().filter(|row| !row.is_blank());
        match rows.next().map(|header| (header, Columns::of(header, grid.origin))) {
            None => {
                reader.problems.push(Problem { place: Place::Roster, what: "it is empty".to_owned() });
            }
            Some((_, Err(problems))) => reader.problems.extend(problems),
            Some((_, Ok(columns))) => {
                rows.for_each(|row| reader.read(Line { columns: &columns, row }));
                if reader.entries.is_empty() && reader.problems.is_empty() {
                    let what = "no active client below the header".to_owned();
                    reader.problems.push(Problem { place: Place::Roster, what });
                }
            }
        }
        if !reader.problems.is_empty() {
            return Err(InvalidRoster { source_name: grid.source_name.clone(), problems: reader.problems });
        }
        let warnings = warnings(&reader.entries);
        Ok(Self { entries: reader.entries, warnings })
    }

    /// The accounts, in the order in which the roster first names them.
    pub fn accounts(&self) -> Vec<RosterAccount> {
        let mut accounts: Vec<RosterAccount> = Vec::new();
        for RosterEntry { entry, credential } in &self.entries {
            let same =
                |account: &&mut RosterAccount| account.domain == entry.domain && account.credential == *credential;
            match accounts.iter_mut().find(same) {
                Some(account) => account.entries.push(entry.clone()),
                None => accounts.push(RosterAccount {
                    domain: entry.domain.clone(),
                    credential: credential.clone(),
                    entries: vec![entry.clone()],
                }),
            }
        }
        accounts
    }
}

fn header_place(header: &GridRow, origin: Origin, column: Option<&'static str>) -> Place {
    let row = match origin {
        Origin::LocalFile => None,
        Origin::GoogleSheet => Some(header.number),
    };
    Place::Header { row, column }
}

/// Where each column stands.
struct Columns {
    origin: Origin,
    indexes: Vec<(Column, usize)>,
    width: usize,
}

impl Columns {
    fn of(header: &GridRow, origin: Origin) -> Result<Self, Vec<Problem>> {
        let (mut indexes, mut problems) = (Vec::new(), Vec::new());
        for column in Column::ALL {
            let named: Vec<usize> = header
                .cells
                .iter()
                .enumerate()
                .filter(|(_, cell)| column.is_named_by(cell))
                .map(|(index, _)| index)
                .collect();
            match named.as_slice() {
                [] if column.is_needed() => {
                    let place = header_place(header, origin, Some(column.name()));
                    problems.push(Problem { place, what: "the roster has no such column".to_owned() });
                }
                [] => {}
                [index] => indexes.push((column, *index)),
                [_, _, ..] => {
                    let address = |index: &usize| CellAddress { row: header.number, column_index: *index };
                    let place = match origin {
                        Origin::LocalFile => header_place(header, origin, Some(column.name())),
                        Origin::GoogleSheet => {
                            Place::Cells { addresses: named.iter().map(address).collect(), column: column.name() }
                        }
                    };
                    problems.push(Problem { place, what: "two columns have this name".to_owned() });
                }
            }
        }
        // A misspelt Domain would send a credential to the helpdesk that the client's name spells.
        let is_misspelt = |cell: &&String| {
            let known = Column::ALL.iter().any(|column| column.is_named_by(cell));
            !known
                && Column::ALL
                    .iter()
                    .any(|column| strsim::osa_distance(&cell.trim().to_lowercase(), &column.name().to_lowercase()) == 1)
        };
        for cell in header.cells.iter().filter(is_misspelt) {
            let what = format!("the column {} is misspelt, or too like one of ours to be left out", shown(cell.trim()));
            problems.push(Problem { place: header_place(header, origin, None), what });
        }
        if problems.is_empty() { Ok(Self { origin, indexes, width: header.cells.len() }) } else { Err(problems) }
    }

    fn index(&self, column: Column) -> Option<usize> {
        self.indexes.iter().find(|(candidate, _)| *candidate == column).map(|(_, index)| *index)
    }
}

/// A row below the header.
#[derive(Clone, Copy)]
struct Line<'a> {
    columns: &'a Columns,
    row: &'a GridRow,
}

impl<'a> Line<'a> {
    fn cell(self, column: Column) -> &'a str {
        self.columns.index(column).and_then(|index| self.row.cells.get(index)).map_or("", |cell| cell.trim())
    }

    fn place(self, column: Column) -> Place {
        let row = self.row.number;
        match (self.columns.origin, self.columns.index(column)) {
            (Origin::GoogleSheet, Some(column_index)) => {
                Place::Cells { addresses: vec![CellAddress { row, column_index }], column: column.name() }
            }
            (Origin::LocalFile, _) | (Origin::GoogleSheet, None) => Place::RowAndColumn { row, column: column.name() },
        }
    }
}

struct Reader<'a> {
    secrets: &'a Secrets<'a>,
    problems: Vec<Problem>,
    entries: Vec<RosterEntry>,
    rows_of: HashMap<(String, String), u64>,
}

impl Reader<'_> {
    fn read(&mut self, line: Line<'_>) {
        if self.judge(line, Column::Active, cells::active(line.cell(Column::Active))) == Some(false) {
            return;
        }
        self.refuse_cells_beyond_the_header(line);
        let client = self.judge(line, Column::Client, cells::client(line.cell(Column::Client)));
        let authentication = cells::meant(line.cell(Column::Authentication));
        let credential = authentication.and_then(|cell| self.secrets.credential(cell, line.columns.origin));
        let credential = self.judge(line, Column::Authentication, credential);
        let channels = self.judge(line, Column::Channel, cells::channels(line.cell(Column::Channel)));
        // Without a client, a missing domain would be a second problem of the same cell.
        let domain = match &client {
            None if line.cell(Column::Domain).is_empty() => None,
            client => {
                let domain = cells::domain(line.cell(Column::Domain), client.as_deref().unwrap_or_default());
                self.judge(line, Column::Domain, domain)
            }
        };
        let (Some(client), Some(credential), Some(channels), Some(domain)) = (client, credential, channels, domain)
        else {
            return;
        };
        if !self.holds_no_credential(line, &credential) {
            return;
        }
        let row = line.row.number;
        for channel in channels {
            let key = (client.to_lowercase(), channel.as_str().to_owned());
            if let Some(earlier) = self.rows_of.get(&key) {
                let what = format!("client {} and channel {channel} stand in row {earlier} already", shown(&client));
                self.problems.push(Problem { place: Place::Row(row), what });
                continue;
            }
            self.rows_of.insert(key, row);
            let entry = Entry { client: client.clone(), channel, domain: domain.clone() };
            self.entries.push(RosterEntry { entry, credential: credential.clone() });
        }
    }

    /// A cell that no header names was meant for another column: unquoted channels in a CSV file make such cells, and
    /// leaving them out would leave out a channel. Beside a sheet's columns people make notes.
    fn refuse_cells_beyond_the_header(&mut self, line: Line<'_>) {
        let beyond = line.row.cells.iter().skip(line.columns.width).any(|cell| !cell.trim().is_empty());
        if beyond && line.columns.origin == Origin::LocalFile {
            let what =
                "the row has more cells than the header; several channels need quotes: \"email, chat\"".to_owned();
            self.problems.push(Problem { place: Place::Row(line.row.number), what });
        }
    }

    /// Refuses a credential that strayed into a column which is shown and stored.
    fn holds_no_credential(&mut self, line: Line<'_>, credential: &Credential) -> bool {
        let strayed = |column: &Column| {
            let cell = line.cell(*column);
            Credential::parse(cell).is_ok() || credential.scrub(cell) != cell
        };
        let Some(column) = [Column::Client, Column::Channel, Column::Domain].into_iter().find(strayed) else {
            return true;
        };
        let what = "the cell holds a credential, which belongs into the column Authentication alone".to_owned();
        self.judge::<()>(line, column, Err(what));
        false
    }

    fn judge<T>(&mut self, line: Line<'_>, column: Column, judged: Result<T, String>) -> Option<T> {
        judged.map_err(|what| self.problems.push(Problem { place: line.place(column), what })).ok()
    }
}

fn warnings(entries: &[RosterEntry]) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut spellings: HashMap<String, &str> = HashMap::new();
    let mut unknown: Vec<&str> = Vec::new();
    for RosterEntry { entry, .. } in entries {
        let channel = entry.channel.as_str();
        if !entry.channel.is_known() && !unknown.contains(&channel) {
            unknown.push(channel);
            warnings.push(format!(
                "the channel {channel} of {} is none that Gorgias is known to have; its figures stay empty if the \
                 account has none of that name",
                entry.client
            ));
        }
        let first = *spellings.entry(entry.client.to_lowercase()).or_insert(&entry.client);
        if first != entry.client {
            warnings.push(format!(
                "the client {first:?} is also spelt {:?}; the table keeps them as two clients",
                entry.client
            ));
        }
    }
    warnings
}

#[cfg(test)]
mod tests;
