//! From a grid of texts to a roster.

use std::collections::HashMap;

use helpdelta_core::{Credential, Domain, Entry};

use crate::cells::{self, Column};
use crate::problem::{InvalidRoster, Problem, shown};
use crate::secrets::Secrets;

/// One row of a spreadsheet; cells that are missing at its end are empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridRow {
    /// The row's number, as its source counts them, for messages.
    pub number: u64,
    /// Its cells.
    pub cells: Vec<String>,
}

/// A spreadsheet: the first row that is not blank is the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// The file or sheet, for messages.
    pub source_name: String,
    /// Every row, blank ones too or not.
    pub rows: Vec<GridRow>,
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
        let mut rows = grid.rows.iter().filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty()));
        match rows.next().map(|header| Places::of(&header.cells)) {
            None => reader.problems.push(Problem { row: None, column: None, what: "the roster is empty".to_owned() }),
            Some(Err(problems)) => reader.problems.extend(problems),
            Some(Ok(places)) => {
                rows.for_each(|row| reader.read(&places, row));
                if reader.entries.is_empty() && reader.problems.is_empty() {
                    let what = "no active client below the header".to_owned();
                    reader.problems.push(Problem { row: None, column: None, what });
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

/// Where each column stands.
struct Places(Vec<(Column, usize)>);

impl Places {
    fn of(header: &[String]) -> Result<Self, Vec<Problem>> {
        let (mut places, mut problems) = (Vec::new(), Vec::new());
        for column in Column::ALL {
            let named: Vec<usize> = header
                .iter()
                .enumerate()
                .filter(|(_, cell)| column.is_named_by(cell))
                .map(|(place, _)| place)
                .collect();
            let problem = |what: &str| Problem { row: None, column: Some(column.name()), what: what.to_owned() };
            match named.as_slice() {
                [] if column.is_needed() => problems.push(problem("the roster has no such column")),
                [] => {}
                [place] => places.push((column, *place)),
                [_, _, ..] => problems.push(problem("two columns have this name")),
            }
        }
        if problems.is_empty() { Ok(Self(places)) } else { Err(problems) }
    }

    fn cell<'a>(&self, column: Column, row: &'a GridRow) -> &'a str {
        let place = self.0.iter().find(|(candidate, _)| *candidate == column).map(|(_, place)| *place);
        place.and_then(|place| row.cells.get(place)).map_or("", |cell| cell.trim())
    }
}

struct Reader<'a> {
    secrets: &'a Secrets<'a>,
    problems: Vec<Problem>,
    entries: Vec<RosterEntry>,
    rows_of: HashMap<(String, String), u64>,
}

impl Reader<'_> {
    fn read(&mut self, places: &Places, row: &GridRow) {
        match self.judge(row, Column::Active, cells::active(places.cell(Column::Active, row))) {
            Some(true) => {}
            Some(false) | None => return,
        }
        let client = self.judge(row, Column::Client, cells::client(places.cell(Column::Client, row)));
        let authentication = cells::meant(places.cell(Column::Authentication, row));
        let credential = authentication.and_then(|cell| self.secrets.credential(cell));
        let credential = self.judge(row, Column::Authentication, credential);
        let channels = self.judge(row, Column::Channel, cells::channels(places.cell(Column::Channel, row)));
        // Without a client, a missing domain would be a second problem of the same cell.
        let Some(client) = client else { return };
        let domain = cells::domain(places.cell(Column::Domain, row), &client);
        let domain = self.judge(row, Column::Domain, domain);
        let (Some(credential), Some(channels), Some(domain)) = (credential, channels, domain) else { return };
        for channel in channels {
            let key = (client.to_lowercase(), channel.as_str().to_owned());
            if let Some(earlier) = self.rows_of.get(&key) {
                let what = format!("client {} and channel {channel} stand in row {earlier} already", shown(&client));
                self.problems.push(Problem { row: Some(row.number), column: None, what });
                continue;
            }
            self.rows_of.insert(key, row.number);
            let entry = Entry { client: client.clone(), channel, domain: domain.clone() };
            self.entries.push(RosterEntry { entry, credential: credential.clone() });
        }
    }

    fn judge<T>(&mut self, row: &GridRow, column: Column, judged: Result<T, String>) -> Option<T> {
        judged
            .map_err(|what| self.problems.push(Problem { row: Some(row.number), column: Some(column.name()), what }))
            .ok()
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
