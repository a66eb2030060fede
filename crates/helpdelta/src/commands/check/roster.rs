//! The roster: every bad cell, and the accounts of the rows that are good.

use std::collections::BTreeSet;
use std::path::Path;

use helpdelta_roster::{Grid, InvalidRoster, Place, Roster, RosterAccount, Secrets, SheetError, read_csv};

use super::{Check, Name};
use crate::commands::Context;
use crate::exit::{Exit, Failure, with_causes};
use crate::run::roster::{open, sheet_failure};
use crate::settings::keys::suggestion;
use crate::settings::{RosterSource, Settings};

/// What was found.
#[derive(Default)]
pub(super) struct RosterFindings {
    /// The lines.
    pub(super) checks: Vec<Check>,
    /// The accounts of the good rows, in the order of the roster.
    pub(super) accounts: Vec<RosterAccount>,
    /// This machine's clock less Google's.
    pub(super) clock_skew_secs: Option<i64>,
}

/// Reads the roster and judges its rows, each by itself.
pub(super) async fn check(settings: &Settings, clients: &[String], context: &Context<'_>) -> RosterFindings {
    let mut findings = RosterFindings::default();
    let subject = match &settings.roster {
        RosterSource::File(file) => file.display().to_string(),
        RosterSource::Sheet(sheet) => format!("Google Sheet {}", sheet.source.spreadsheet),
    };
    let grid = match read(settings, &mut findings.clock_skew_secs).await {
        Ok(grid) => grid,
        Err(failure) => {
            findings.checks.push(Check::failure(Name::Roster, &subject, &failure));
            findings.checks.push(nobody_asked(&subject));
            return findings;
        }
    };
    let folder = match &settings.roster {
        RosterSource::File(file) => file.parent().unwrap_or_else(|| Path::new("")),
        RosterSource::Sheet(sheet) => &sheet.folder,
    };
    let secrets = Secrets::new(folder, context.environment);
    let roster = match Roster::from_grid(&grid, &secrets) {
        Ok(roster) => roster,
        Err(invalid) => {
            findings.checks.extend(invalid.problems.iter().map(|problem| {
                let hint = "Mend this; until then a run refuses the whole roster.";
                Check::failed(Name::Roster, &subject, problem.to_string(), hint)
            }));
            let rest = Roster::from_grid(&good_rows(grid, &invalid), &secrets);
            rest.unwrap_or_else(|_| Roster { entries: Vec::new(), warnings: Vec::new() })
        }
    };
    findings.judge(roster, &subject, clients);
    findings
}

impl RosterFindings {
    fn judge(&mut self, mut roster: Roster, subject: &str, clients: &[String]) {
        let is_bad = !self.checks.is_empty();
        let known: BTreeSet<String> = roster.entries.iter().map(|line| line.entry.client.clone()).collect();
        for unknown in clients.iter().filter(|client| !known.contains(*client)) {
            let hint = match suggestion(unknown, known.iter().map(String::as_str)) {
                Some(near) => format!("Did you mean {near:?}?"),
                None if is_bad => "Mend the places above; it may stand in one of those rows.".to_owned(),
                None => format!("The roster has: {}.", known.iter().cloned().collect::<Vec<_>>().join(", ")),
            };
            let message = format!("no good and active row has the client {unknown:?}");
            self.checks.push(Check::failed(Name::Roster, subject, message, hint));
        }
        if !clients.is_empty() {
            roster.entries.retain(|line| clients.contains(&line.entry.client));
        }
        self.accounts = roster.accounts();
        let message = format!("{} entries of {} accounts", roster.entries.len(), self.accounts.len());
        if self.accounts.is_empty() {
            self.checks.push(nobody_asked(subject));
        } else if is_bad {
            self.checks.push(Check::ok(Name::Roster, subject, format!("the other rows are good: {message}")));
        } else {
            self.checks.push(Check::ok(Name::Roster, subject, message));
        }
        for warning in roster.warnings {
            self.checks.push(Check::warning(Name::Roster, subject, warning, "Check how it is spelt in the roster."));
        }
    }
}

fn nobody_asked(subject: &str) -> Check {
    let hint = "Mend what is said above, then run again.";
    Check::warning(Name::Roster, subject, "no account was asked, because there is no row to go by", hint)
}

async fn read(settings: &Settings, clock_skew_secs: &mut Option<i64>) -> Result<Grid, Failure> {
    match &settings.roster {
        RosterSource::File(file) => read_csv(file).map_err(|error| {
            let hint = "Run `helpdelta init` for a sample, or point roster.file to your list of clients.";
            Failure::new(Exit::Usage, "roster_unreadable", with_causes(&error), hint)
        }),
        RosterSource::Sheet(sheet) => match open(sheet)?.read().await {
            Ok(reading) => {
                *clock_skew_secs = reading.clock_skew_secs;
                Ok(reading.grid)
            }
            Err(error) => {
                if let SheetError::ClockWrong { skew_secs } = &error {
                    *clock_skew_secs = *skew_secs;
                }
                Err(sheet_failure(&error, sheet))
            }
        },
    }
}

/// The grid without the rows that have a problem.
fn good_rows(mut grid: Grid, invalid: &InvalidRoster) -> Grid {
    let bad: BTreeSet<u64> = invalid.problems.iter().flat_map(|problem| rows_of(&problem.place)).collect();
    grid.rows.retain(|row| !bad.contains(&row.number));
    grid
}

fn rows_of(place: &Place) -> Vec<u64> {
    match place {
        // Without its header a grid has no meaning, so none of its rows is good.
        Place::Roster | Place::Header { .. } => Vec::new(),
        Place::Row(row) | Place::RowAndColumn { row, .. } => vec![*row],
        Place::Cells { addresses, .. } => addresses.iter().map(|address| address.row).collect(),
    }
}
