//! Made-up helpdesks: from a seed and a few sizes to users and tickets, the same on every machine.
//!
//! All arithmetic is of whole numbers and every actor has a generator of their own, seeded from the seed, the domain
//! and the actor: floating point differs between machines, and another agent must not change the others' tickets.

mod people;
mod random;
mod tickets;

use std::ops::Range;

use helpdelta_core::{Domain, InvalidMonth, InvalidZone, Month, Zone, complete_months};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::helpdesk::{ApiKey, Helpdesk};
use crate::paging::fingerprint;
use random::SplitMix64;

/// What a made-up helpdesk looks like.
///
/// Whatever the sizes, it has what real accounts surprise with: a bot and an admin of the client's own company, two
/// agents of one name, a name with a trailing blank, names beyond ASCII, an e-mail address in capitals, agents who
/// start later, pause for a month or have left, a user who is gone from the list but not from the tickets, tickets
/// without an agent, spam, trash, notes, rules, reopened tickets, surveys that nobody answered, and events in the last
/// second before and the first of every month.
#[derive(Clone, Debug)]
pub struct Population {
    /// Decides everything that the other fields leave open.
    pub seed: u64,
    /// The sub-domain.
    pub domain: Domain,
    /// Today: nothing happens on it or after it.
    pub as_of: Date,
    /// Complete months with tickets, before the month of `as_of`; that month has tickets too, up to `as_of`.
    pub months: u16,
    /// The zone of those months and of the agents' working hours.
    pub timezone: Zone,
    /// The agency's agents.
    pub agents: u32,
    /// Tickets that an agent of average workload gets in a month.
    pub tickets_per_agent_and_month: u32,
    /// Channel slugs, the busiest first. Empty is `email` alone.
    pub channels: Vec<String>,
    /// The part of the agents' addresses after the `@`.
    pub agent_email_host: String,
}

/// Sizes of which no helpdesk can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PopulationError {
    /// Its months are outside of the calendar.
    #[error(transparent)]
    Month(#[from] InvalidMonth),
    /// Its months have no first instant in the zone.
    #[error(transparent)]
    Zone(#[from] InvalidZone),
}

/// A month as instants.
#[derive(Clone, Debug)]
struct Span {
    /// Its place, from 0.
    number: u32,
    /// Its seconds since the epoch.
    seconds: Range<i64>,
    /// The weekday of its first day, Monday being 0.
    first_weekday: i64,
}

impl Population {
    /// A helpdesk of six agents, 40 tickets each a month and 19 complete months before a day, in `-05:00`.
    ///
    /// # Errors
    ///
    /// The default zone is unknown to this build.
    pub fn new(domain: Domain, as_of: Date) -> Result<Self, PopulationError> {
        Ok(Self {
            seed: 1,
            domain,
            as_of,
            months: 19,
            timezone: Zone::parse("-05:00")?,
            agents: 6,
            tickets_per_agent_and_month: 40,
            channels: ["email", "chat", "contact_form", "phone"].map(str::to_owned).to_vec(),
            agent_email_host: "getwrrk.example".to_owned(),
        })
    }

    /// Makes the helpdesk.
    ///
    /// # Errors
    ///
    /// The months lie outside 1970 to 2999 or have no first instant in the zone.
    pub fn generate(&self) -> Result<Helpdesk, PopulationError> {
        let spans = self.spans()?;
        let cutoff = self.cutoff()?;
        let first = spans.first().map_or(cutoff, |span| span.seconds.start);
        let cast = people::cast(self, first);
        let tickets = tickets::write(self, &cast, &spans, cutoff);
        let mut helpdesk = Helpdesk::new(self.domain.as_str());
        helpdesk.credential = ApiKey {
            email: format!("api@{}.example", self.domain),
            key: format!("{:016x}{:016x}", self.number("key", 0), self.number("key", 1)),
        };
        helpdesk.created = instant(first - 400 * DAY);
        helpdesk.business_timezone = self.timezone.iana_name().to_owned();
        helpdesk.users = cast.users;
        helpdesk.tickets = tickets;
        Ok(helpdesk)
    }

    /// The months with tickets: one more before the first, so that the first has tickets to close from its beginning.
    fn spans(&self) -> Result<Vec<Span>, PopulationError> {
        let months = complete_months(self.as_of, self.months.saturating_add(1), true)?;
        let span = |(number, month): (u32, Month)| -> Result<Span, PopulationError> {
            let bounds = self.timezone.bounds(month)?;
            let first_weekday = i64::from(month.first_day().weekday().to_monday_zero_offset());
            Ok(Span { number, seconds: bounds.start.as_second()..bounds.end.as_second(), first_weekday })
        };
        (0..).zip(months).map(span).collect()
    }

    /// The first second of `as_of`.
    fn cutoff(&self) -> Result<i64, PopulationError> {
        let month = Month::of(self.as_of)?;
        let midnight = self.timezone.start_of(month)?.as_second();
        Ok(midnight + (i64::from(self.as_of.day()) - 1) * DAY)
    }

    /// A number that depends on the seed, the domain and what it is for.
    fn number(&self, purpose: &str, index: u64) -> u64 {
        fingerprint(format!("{} {} {purpose} {index}", self.seed, self.domain).as_bytes())
    }

    fn generator(&self, purpose: &str, index: u64) -> SplitMix64 {
        SplitMix64::new(self.number(purpose, index))
    }
}

const DAY: i64 = 86_400;

fn instant(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}
