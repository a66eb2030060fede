//! The engine: events out of tickets, and figures out of events. A pure function of the tickets.
//!
//! Each statistic has its stream of events, sorted by the time on which its period filter is tested (`gorgias-api.md`
//! 6.1). A query cuts its period out of the stream by binary search, so that the notebook's thousands of one-month
//! requests each read one month, not the whole account.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::calendar::Buckets;
use crate::ticket::{Sender, Ticket};

/// The streams of events. Six of them are the statistics of the catalogue; the others serve the legacy API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// First replies, at the time of the reply, credited to its writer; the value is the wait in seconds.
    FirstReply,
    /// One-touch tickets, at their last closing, credited to the assignee.
    OneTouch,
    /// Closed tickets, at their last closing, credited to the assignee.
    Closed,
    /// Public messages by agents and rules, credited to the agent; a rule's to nobody.
    MessageSent,
    /// Surveys, at the time that they were sent, credited to the assignee; the value is the score, 0 while unanswered.
    Survey,
    /// Closed tickets with a reply, at their last closing, credited to the assignee; the value is seconds.
    Resolution,
    /// New tickets, credited to the assignee.
    Created,
    /// Public messages by agents and rules, credited to the ticket's assignee; the ticket counts once a period.
    Replied,
    /// Customers' messages, credited to the assignee.
    MessageReceived,
}

/// Something that a statistic counts or measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The time on which the period filter is tested.
    pub(crate) at: Timestamp,
    /// The time behind `createdDatetime`: the ticket's creation, of a survey its own.
    pub(crate) created: Timestamp,
    /// Whom it is credited to.
    pub(crate) agent_id: Option<i64>,
    /// Place of the ticket's channel in [`Ledger::channels`].
    pub(crate) channel: usize,
    /// Place of the ticket.
    pub(crate) ticket: usize,
    /// Seconds or score; 0 where there is only something to count.
    pub(crate) value: u32,
}

/// Every event of a helpdesk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// The channels of the tickets, sorted.
    pub(crate) channels: Vec<String>,
    first_replies: Vec<Event>,
    one_touch: Vec<Event>,
    closed: Vec<Event>,
    messages_sent: Vec<Event>,
    surveys: Vec<Event>,
    resolutions: Vec<Event>,
    created: Vec<Event>,
    replied: Vec<Event>,
    messages_received: Vec<Event>,
}

impl Ledger {
    pub(crate) fn of(tickets: &[Ticket]) -> Self {
        let slugs: BTreeSet<&str> = tickets.iter().map(|ticket| ticket.channel.as_str()).collect();
        let mut ledger = Self { channels: slugs.iter().map(|slug| (*slug).to_owned()).collect(), ..Self::default() };
        for (place, ticket) in tickets.iter().enumerate().filter(|(_, ticket)| ticket.is_counted()) {
            let channel = ledger.channels.binary_search(&ticket.channel).unwrap_or_default();
            ledger.enter(place, channel, ticket);
        }
        for stream in ledger.streams_mut() {
            stream.sort_by_key(|event| event.at);
        }
        ledger
    }

    fn enter(&mut self, place: usize, channel: usize, ticket: &Ticket) {
        let event =
            |at, agent_id, value| Event { at, created: ticket.created, agent_id, channel, ticket: place, value };
        self.created.push(event(ticket.created, ticket.assignee, 0));
        for message in ticket.messages.iter().filter(|message| message.public) {
            let writer = match message.sender {
                Sender::Customer => {
                    self.messages_received.push(event(message.sent, ticket.assignee, 0));
                    continue;
                }
                Sender::Agent(agent_id) => Some(agent_id),
                Sender::Rule => None,
            };
            self.messages_sent.push(event(message.sent, writer, 0));
            self.replied.push(event(message.sent, ticket.assignee, 0));
        }
        if let Some(reply) = ticket.first_reply() {
            self.first_replies.push(event(reply.sent, Some(reply.agent_id), reply.waited_secs));
        }
        if let Some(closed) = ticket.last_closing() {
            self.closed.push(event(closed, ticket.assignee, 0));
            if ticket.is_one_touch() {
                self.one_touch.push(event(closed, ticket.assignee, 0));
            }
            if let Some(seconds) = ticket.resolution_secs() {
                self.resolutions.push(event(closed, ticket.assignee, seconds));
            }
        }
        if let Some(survey) = ticket.survey {
            let score = u32::from(survey.score.unwrap_or_default());
            let event = event(survey.sent, ticket.assignee, score);
            self.surveys.push(Event { created: survey.created, ..event });
        }
    }

    fn streams_mut(&mut self) -> [&mut Vec<Event>; 9] {
        [
            &mut self.first_replies,
            &mut self.one_touch,
            &mut self.closed,
            &mut self.messages_sent,
            &mut self.surveys,
            &mut self.resolutions,
            &mut self.created,
            &mut self.replied,
            &mut self.messages_received,
        ]
    }

    /// The events of a stream that a selection takes, by time.
    pub(crate) fn events<'a>(
        &'a self,
        stream: Stream,
        selection: &'a Selection,
    ) -> impl Iterator<Item = &'a Event> + 'a {
        let events = match stream {
            Stream::FirstReply => &self.first_replies,
            Stream::OneTouch => &self.one_touch,
            Stream::Closed => &self.closed,
            Stream::MessageSent => &self.messages_sent,
            Stream::Survey => &self.surveys,
            Stream::Resolution => &self.resolutions,
            Stream::Created => &self.created,
            Stream::Replied => &self.replied,
            Stream::MessageReceived => &self.messages_received,
        };
        let first = events.partition_point(|event| event.at < selection.period.start);
        let end = events.partition_point(|event| event.at < selection.period.end);
        let wanted: Option<Vec<bool>> = selection
            .channels
            .as_ref()
            .map(|slugs| self.channels.iter().map(|channel| slugs.contains(channel)).collect());
        events
            .get(first..end)
            .unwrap_or_default()
            .iter()
            .filter(move |event| {
                wanted.as_ref().is_none_or(|wanted| wanted.get(event.channel).copied().unwrap_or_default())
            })
            .filter(|event| match (&selection.agents, event.agent_id) {
                (None, _) => true,
                (Some(agents), Some(agent_id)) => agents.contains(&agent_id),
                (Some(_), None) => false,
            })
            .filter(|event| selection.created_from.is_none_or(|earliest| event.created >= earliest))
    }

    /// All events that a selection takes, in one tally.
    pub(crate) fn total(&self, stream: Stream, selection: &Selection) -> Tally {
        let mut tally = Tally::default();
        for event in self.events(stream, selection) {
            tally.add(event);
        }
        tally
    }
}

/// Which events a query is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The instants of the period: the first inclusive, the last exclusive.
    pub(crate) period: Range<Timestamp>,
    /// Channel slugs; none means all.
    pub(crate) channels: Option<BTreeSet<String>>,
    /// User ids; none means all, and events without an agent.
    pub(crate) agents: Option<BTreeSet<i64>>,
    /// Leaves out events of tickets created before.
    pub(crate) created_from: Option<Timestamp>,
}

/// What a row is about. Sorted by agent, the agentless last, then by bucket and channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupKey {
    agentless: bool,
    pub(crate) agent_id: Option<i64>,
    pub(crate) bucket: Option<DateTime>,
    pub(crate) channel: Option<usize>,
}

impl GroupKey {
    pub(crate) fn new(agent_id: Option<i64>, bucket: Option<DateTime>, channel: Option<usize>) -> Self {
        Self { agentless: agent_id.is_none(), agent_id, bucket, channel }
    }
}

/// How the events of a query are grouped.
#[derive(Clone, Debug)]
pub(crate) struct Grouping {
    pub(crate) by_agent: bool,
    pub(crate) by_channel: bool,
    /// The buckets, and whether `created` decides them rather than the event's own time.
    pub(crate) buckets: Option<(Buckets, bool)>,
}

/// Groups events. A group without events does not exist.
pub(crate) fn grouped<'a>(events: impl Iterator<Item = &'a Event>, grouping: &Grouping) -> BTreeMap<GroupKey, Tally> {
    let mut groups: BTreeMap<GroupKey, Tally> = BTreeMap::new();
    for event in events {
        let bucket = grouping
            .buckets
            .as_ref()
            .and_then(|(buckets, by_created)| buckets.start_of(if *by_created { event.created } else { event.at }));
        let agent_id = event.agent_id.filter(|_| grouping.by_agent);
        let key = GroupKey::new(agent_id, bucket, grouping.by_channel.then_some(event.channel));
        groups.entry(key).or_default().add(event);
    }
    groups
}

/// Events counted and their values kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    count: u32,
    values: Vec<u32>,
}

impl Tally {
    pub(crate) fn add(&mut self, event: &Event) {
        self.count = self.count.saturating_add(1);
        self.values.push(event.value);
    }

    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// The middle value, or the mean of the two middle ones.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut sorted = self.values.clone();
        sorted.sort_unstable();
        let middle = sorted.len() / 2;
        let upper = f64::from(*sorted.get(middle)?);
        if sorted.len() % 2 == 1 {
            return Some(upper);
        }
        let lower = f64::from(*sorted.get(middle.checked_sub(1)?)?);
        Some((lower + upper) / 2.0)
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        let sum: f64 = self.values.iter().copied().map(f64::from).sum();
        (self.count > 0).then(|| sum / f64::from(self.count))
    }

    /// How many events have a value.
    pub(crate) fn count_of(&self, value: u32) -> u32 {
        u32::try_from(self.values.iter().filter(|candidate| **candidate == value).count()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn tally(values: &[u32]) -> Tally {
        Tally { count: u32::try_from(values.len()).unwrap(), values: values.to_vec() }
    }

    #[rstest]
    #[case::nothing(&[], None)]
    #[case::one(&[7], Some(7.0))]
    #[case::odd(&[9, 1, 5], Some(5.0))]
    #[case::even_is_the_mean_of_the_middle(&[9, 1, 4, 7], Some(5.5))]
    #[case::largest_values_do_not_overflow(&[u32::MAX, u32::MAX], Some(f64::from(u32::MAX)))]
    fn the_median_is_the_middle(#[case] values: &[u32], #[case] expected: Option<f64>) {
        assert_eq!(tally(values).median(), expected);
    }

    #[test]
    fn the_mean_of_nothing_is_nothing() {
        assert_eq!(tally(&[]).mean(), None);
        assert_eq!(tally(&[5, 4]).mean(), Some(4.5));
    }

    proptest! {
        #[test]
        fn half_of_the_values_lie_on_each_side_of_the_median(values in prop::collection::vec(0u32..1000, 1..60)) {
            let median = tally(&values).median().unwrap();
            let below = values.iter().filter(|value| f64::from(**value) < median).count();
            let above = values.iter().filter(|value| f64::from(**value) > median).count();
            prop_assert!(below * 2 <= values.len() && above * 2 <= values.len());
        }
    }
}
