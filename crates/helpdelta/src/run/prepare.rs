//! Before the first request: roster, months and plan.

use std::collections::BTreeSet;

use helpdelta_core::{Entry, Month, Plan, complete_months};
use helpdelta_roster::{Roster, RosterAccount};
use jiff::Timestamp;
use jiff::civil::Date;

use super::roster;
use crate::commands::Context;
use crate::exit::{Exit, Failure};
use crate::settings::Settings;
use crate::settings::keys::suggestion;

/// What of the roster and the calendar a run is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// Only these clients; empty means all.
    pub clients: Vec<String>,
    /// The day that stands for today.
    pub as_of: Option<Date>,
    /// Clients whose figures may drop beyond the guard.
    pub accept_drop: Vec<String>,
    /// Whether to go on with the last good copy of the sheet when Google is down.
    pub roster_cache: bool,
}

/// A run that is ready to begin.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The entries, in the order of the roster.
    pub entries: Vec<Entry>,
    /// The accounts, in the order of the roster; the plan has them in the same order.
    pub accounts: Vec<RosterAccount>,
    /// Every request of the run.
    pub plan: Plan,
    /// Clients whose figures may drop beyond the guard.
    pub accept_drop: Vec<String>,
    /// What is odd about the roster.
    pub warnings: Vec<String>,
}

impl Prepared {
    /// The first and the last month.
    pub(crate) fn months(&self) -> Option<(Month, Month)> {
        self.plan.months.first().copied().zip(self.plan.months.last().copied())
    }
}

/// Reads the roster and plans the run.
///
/// # Errors
///
/// The roster is bad, a client is not in it, or the day that stands for today has not come yet.
pub(crate) async fn prepare(
    settings: &Settings,
    selection: &Selection,
    context: &Context<'_>,
) -> Result<Prepared, Failure> {
    let months = months(settings, selection, context.now)?;
    let mut roster = roster::read(settings, selection.roster_cache, context).await?;
    known_clients(&roster, &selection.accept_drop)?;
    known_clients(&roster, &selection.clients)?;
    if !selection.clients.is_empty() {
        roster.entries.retain(|line| selection.clients.contains(&line.entry.client));
    }
    let accounts = roster.accounts();
    let plan = Plan::new(accounts.iter().map(|account| account.entries.clone()), months);
    let entries = roster.entries.into_iter().map(|line| line.entry).collect();
    let accept_drop = selection.accept_drop.clone();
    Ok(Prepared { entries, accounts, plan, accept_drop, warnings: roster.warnings })
}

fn months(settings: &Settings, selection: &Selection, now: Timestamp) -> Result<Vec<Month>, Failure> {
    let today = settings.zone.day_at(now);
    let usage = |message: String| Failure::new(Exit::Usage, "as_of", message, "Give a day up to today, as YYYY-MM-DD.");
    // A month that has not ended would be stored as if it were complete.
    if let Some(as_of) = selection.as_of.filter(|as_of| *as_of > today) {
        return Err(usage(format!("--as-of {as_of} has not come yet: today is {today} at {}", settings.zone)));
    }
    complete_months(selection.as_of.unwrap_or(today), settings.months, settings.current_month)
        .map_err(|error| usage(error.to_string()))
}

/// Refuses clients that the roster does not have.
fn known_clients(roster: &Roster, clients: &[String]) -> Result<(), Failure> {
    let known: BTreeSet<String> = roster.entries.iter().map(|line| line.entry.client.clone()).collect();
    if let Some(unknown) = clients.iter().find(|client| !known.contains(client.as_str())) {
        let hint = match suggestion(unknown, known.iter().map(String::as_str)) {
            Some(near) => format!("Did you mean {near:?}?"),
            None => format!("The roster has: {}.", known.iter().cloned().collect::<Vec<_>>().join(", ")),
        };
        let message = format!("the roster has no active client {unknown:?}");
        return Err(Failure::new(Exit::Usage, "unknown_client", message, hint));
    }
    Ok(())
}
