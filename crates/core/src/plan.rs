//! The plan: every request that a run will make, known before the first one.
//!
//! The reporting API groups by agent and month in one request, over at most 366 days; medians and means cannot be
//! recombined, so channels are grouped or filtered by the helpdesk and never added up here (`gorgias-api.md` 4.3, 4.4).

use std::collections::BTreeSet;

use crate::{Channel, Entry, Month, Statistic};

/// The longest window of one query, in months: with twelve, a leap year's exclusive end might count as 367 days.
const LONGEST_WINDOW_MONTHS: usize = 11;

/// Consecutive months, from the first to the last, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonthWindow {
    /// The first month.
    pub first: Month,
    /// The last month; not before the first.
    pub last: Month,
}

impl MonthWindow {
    /// A window of one month.
    pub fn of(month: Month) -> Self {
        Self { first: month, last: month }
    }

    /// The month whose first day is the exclusive end of the period filter.
    pub fn end(&self) -> Month {
        self.last.next()
    }

    /// Whether a month lies in the window.
    pub fn covers(&self, month: Month) -> bool {
        (self.first..=self.last).contains(&month)
    }
}

/// What a query does about channels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelScope {
    /// No filter: one figure over all channels.
    All,
    /// Only these channels, each with figures of its own when there is more than one. Sorted slugs, never empty.
    Each(Vec<String>),
}

impl ChannelScope {
    /// The slugs to filter by; none means all channels.
    pub fn slugs(&self) -> &[String] {
        match self {
            Self::All => &[],
            Self::Each(slugs) => slugs,
        }
    }

    /// Whether the answer must be grouped by channel.
    pub fn is_grouped(&self) -> bool {
        self.slugs().len() > 1
    }

    /// Whether figures asked with this scope belong to an entry of that channel.
    pub fn serves(&self, channel: &Channel) -> bool {
        match (self, channel) {
            (Self::All, Channel::All) => true,
            (Self::Each(slugs), Channel::Slug(slug)) => slugs.contains(slug),
            (Self::All, Channel::Slug(_)) | (Self::Each(_), Channel::All) => false,
        }
    }
}

/// One request for a statistic, or more where the answer has more than one page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Query {
    /// What is asked.
    pub statistic: Statistic,
    /// For which months. One month where the statistic has no month dimension.
    pub window: MonthWindow,
    /// For which channels.
    pub channels: ChannelScope,
    /// Only for this agent and without buckets, so that the window must be one month: the other road to a figure, by
    /// which it can be proved.
    pub agent_id: Option<i64>,
}

impl Query {
    /// The time dimension to bucket by; none where the window is one month and the answer has one row an agent.
    pub fn month_dimension(&self) -> Option<&'static str> {
        self.agent_id.map_or(self.statistic.definition().month_dimension, |_| None)
    }
}

/// The queries of one account, and the entries that they serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPlan {
    /// The entries of the account, sorted.
    pub entries: Vec<Entry>,
    /// The queries, sorted by channels, statistic and window.
    pub queries: Vec<Query>,
}

impl AccountPlan {
    /// Plans one account for months without gaps, oldest first. Entries may come in any order.
    pub fn new(mut entries: Vec<Entry>, months: &[Month]) -> Self {
        entries.sort();
        let slugs: BTreeSet<String> = entries
            .iter()
            .filter_map(|entry| match &entry.channel {
                Channel::All => None,
                Channel::Slug(slug) => Some(slug.clone()),
            })
            .collect();
        let mut scopes = Vec::new();
        if entries.iter().any(|entry| entry.channel == Channel::All) {
            scopes.push(ChannelScope::All);
        }
        if !slugs.is_empty() {
            scopes.push(ChannelScope::Each(slugs.into_iter().collect()));
        }
        let mut queries = Vec::new();
        for channels in scopes {
            for statistic in Statistic::ALL {
                let windows = match statistic.definition().month_dimension {
                    Some(_) => windows(months),
                    None => months.iter().copied().map(MonthWindow::of).collect(),
                };
                let query = |window| Query { statistic, window, channels: channels.clone(), agent_id: None };
                queries.extend(windows.into_iter().map(query));
            }
        }
        Self { entries, queries }
    }

    /// How many requests the account's queries and users take when each answer has one page.
    pub fn least_requests(&self) -> usize {
        self.queries.len() + 1
    }

    /// How many requests the legacy API takes for these entries and a number of agents, the users on one page: two for
    /// each agent, month and entry.
    pub fn legacy_requests(&self, agents: usize, months: usize) -> usize {
        2 * agents * months * self.entries.len() + 1
    }

    /// How many requests serve an entry: its queries and the users, each with one page.
    pub fn least_requests_of(&self, entry: &Entry) -> usize {
        self.queries.iter().filter(|query| query.channels.serves(&entry.channel)).count() + 1
    }
}

/// Everything that a run will ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The months, oldest first, without gaps.
    pub months: Vec<Month>,
    /// One plan an account, in the order of the accounts given.
    pub accounts: Vec<AccountPlan>,
}

impl Plan {
    /// Plans a run over accounts, each given by its entries. `months` are oldest first and without gaps.
    pub fn new(accounts: impl IntoIterator<Item = Vec<Entry>>, months: Vec<Month>) -> Self {
        let accounts = accounts.into_iter().map(|entries| AccountPlan::new(entries, &months)).collect();
        Self { months, accounts }
    }

    /// How many requests the run takes when each answer has one page.
    pub fn least_requests(&self) -> usize {
        self.accounts.iter().map(AccountPlan::least_requests).sum()
    }
}

/// Cuts months into as few windows as possible, of nearly equal length: 19 become 10 and 9.
fn windows(months: &[Month]) -> Vec<MonthWindow> {
    let count = months.len().div_ceil(LONGEST_WINDOW_MONTHS).max(1);
    let length = months.len().div_ceil(count).max(1);
    months
        .chunks(length)
        .filter_map(|chunk| Some(MonthWindow { first: *chunk.first()?, last: *chunk.last()? }))
        .collect()
}

/// The least seconds that an account's requests can take within a leaky bucket: a burst of `ceiling` requests, then one
/// every `seconds_per_request`.
pub fn least_seconds(requests: usize, ceiling: u32, seconds_per_request: f64) -> f64 {
    let requests = u32::try_from(requests).unwrap_or(u32::MAX);
    f64::from(requests.saturating_sub(ceiling)) * seconds_per_request
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::complete_months;

    fn months(count: u16) -> Vec<Month> {
        complete_months(jiff::civil::date(2026, 11, 24), count, false).expect("months")
    }

    fn entries(channels: &[&str]) -> Vec<Entry> {
        let entry = |channel: &&str| Entry {
            client: "Acme".to_owned(),
            channel: channel.parse().expect("a channel"),
            domain: "acme".parse().expect("a domain"),
        };
        channels.iter().map(entry).collect()
    }

    #[rstest]
    #[case::no_channel(&["all"], 29)]
    #[case::one_channel(&["email"], 29)]
    #[case::five_channels(&["chat", "email", "phone", "sms", "whatsapp"], 29)]
    #[case::all_beside_channels_cannot_share(&["all", "email", "chat"], 58)]
    fn nineteen_months_take_29_queries_for_one_channel_or_five(#[case] channels: &[&str], #[case] expected: usize) {
        let plan = AccountPlan::new(entries(channels), &months(19));
        assert_eq!(plan.queries.len(), expected);
        assert_eq!(plan.least_requests(), expected + 1);
        for entry in &plan.entries {
            assert_eq!(plan.least_requests_of(entry), 30);
        }
    }

    #[rstest]
    #[case(1, &[1])]
    #[case(11, &[11])]
    #[case(12, &[6, 6])]
    #[case(19, &[10, 9])]
    #[case(23, &[8, 8, 7])]
    fn windows_are_few_even_and_at_most_eleven_months(#[case] count: u16, #[case] expected: &[usize]) {
        let months = months(count);
        let windows = windows(&months);
        let lengths: Vec<usize> =
            windows.iter().map(|window| months.iter().filter(|month| window.covers(**month)).count()).collect();
        assert_eq!(lengths, expected);
        assert_eq!(windows.first().map(|window| window.first), months.first().copied());
        assert_eq!(windows.last().map(|window| window.last), months.last().copied());
    }

    #[test]
    fn a_statistic_without_a_month_dimension_is_asked_one_month_at_a_time() {
        let plan = AccountPlan::new(entries(&["email"]), &months(19));
        let resolution: Vec<&Query> =
            plan.queries.iter().filter(|query| query.statistic == Statistic::ResolutionTime).collect();
        assert_eq!(resolution.len(), 19);
        assert!(resolution.iter().all(|query| query.window.first == query.window.last));
    }

    #[test]
    fn the_order_of_the_roster_does_not_change_the_plan() {
        let forth = AccountPlan::new(entries(&["chat", "email"]), &months(19));
        assert_eq!(forth, AccountPlan::new(entries(&["email", "chat"]), &months(19)));
    }

    #[rstest]
    #[case::fits_the_burst(30, 0.0)]
    #[case::exactly(36, 0.0)]
    #[case::beyond(114, 39.0)]
    fn the_least_time_is_what_the_burst_leaves_at_the_steady_rate(#[case] requests: usize, #[case] expected: f64) {
        assert_eq!(least_seconds(requests, 36, 0.5), expected);
    }
}
