//! Raw tickets, and the facts that the definitions of `gorgias-api.md` 6.1 read out of them.

use jiff::Timestamp;

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// The customer.
    Customer,
    /// A user of the helpdesk, by id; a bot user too.
    Agent(i64),
    /// A rule of the helpdesk, in nobody's name.
    Rule,
}

/// A message of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// When it was sent.
    pub sent: Timestamp,
    /// Who wrote it.
    pub sender: Sender,
    /// False for an internal note, which no statistic counts.
    pub public: bool,
    /// False for a reply written in another mail program: a message like any other, but no first response.
    pub through_helpdesk: bool,
}

impl Message {
    /// A customer's message.
    pub fn from_customer(sent: Timestamp) -> Self {
        Self { sent, sender: Sender::Customer, public: true, through_helpdesk: true }
    }

    /// An agent's public message.
    pub fn from_agent(agent_id: i64, sent: Timestamp) -> Self {
        Self { sent, sender: Sender::Agent(agent_id), public: true, through_helpdesk: true }
    }

    /// A rule's public message.
    pub fn from_rule(sent: Timestamp) -> Self {
        Self { sent, sender: Sender::Rule, public: true, through_helpdesk: true }
    }

    /// An agent's internal note.
    pub fn note(agent_id: i64, sent: Timestamp) -> Self {
        Self { public: false, ..Self::from_agent(agent_id, sent) }
    }

    fn is_reply(&self) -> bool {
        self.public && matches!(self.sender, Sender::Agent(_) | Sender::Rule)
    }
}

/// A satisfaction survey of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survey {
    /// When it was made; before it is sent.
    pub created: Timestamp,
    /// When it went to the customer. The month of this time is the survey's month, whenever the answer comes.
    pub sent: Timestamp,
    /// When the customer answered. No statistic reads it.
    pub answered: Option<Timestamp>,
    /// The answer, 1 to 5; none while there is none.
    pub score: Option<u8>,
}

/// A ticket as it stands. Change anything and the statistics follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Its number in the helpdesk.
    pub id: i64,
    /// The slug of the channel of its first message.
    pub channel: String,
    /// When it was opened.
    pub created: Timestamp,
    /// The user in charge; none for a ticket without one.
    pub assignee: Option<i64>,
    /// Its messages, in any order.
    pub messages: Vec<Message>,
    /// Every time that it was closed, in any order.
    pub closings: Vec<Timestamp>,
    /// Every time that it was reopened, in any order.
    pub reopenings: Vec<Timestamp>,
    /// Its survey, if one was made.
    pub survey: Option<Survey>,
    /// Spam; counted nowhere.
    pub spam: bool,
    /// In the trash; counted nowhere.
    pub trashed: bool,
}

/// The first reply of an agent to a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstReply {
    /// Who wrote it.
    pub agent_id: i64,
    /// When.
    pub sent: Timestamp,
    /// Seconds since the customer's first message, from 0.
    pub waited_secs: u32,
}

impl Ticket {
    /// A ticket that a customer opened with a message, and nothing else yet.
    pub fn opened(id: i64, channel: &str, created: Timestamp) -> Self {
        Self {
            id,
            channel: channel.to_owned(),
            created,
            assignee: None,
            messages: vec![Message::from_customer(created)],
            closings: Vec::new(),
            reopenings: Vec::new(),
            survey: None,
            spam: false,
            trashed: false,
        }
    }

    /// Whether statistics see the ticket at all.
    pub fn is_counted(&self) -> bool {
        !self.spam && !self.trashed
    }

    /// When the customer first wrote; none in a ticket where no customer ever did.
    pub fn first_customer_message(&self) -> Option<Timestamp> {
        self.public_messages().filter(|message| message.sender == Sender::Customer).map(|message| message.sent).min()
    }

    /// The first reply of an agent: public, through the helpdesk, by a user and not by a rule, after the customer's
    /// first message. None in a ticket that an agent started.
    pub fn first_reply(&self) -> Option<FirstReply> {
        let opening = self.public_messages().min_by_key(|message| message.sent)?;
        if matches!(opening.sender, Sender::Agent(_)) {
            return None;
        }
        let asked = self.first_customer_message()?;
        self.public_messages()
            .filter(|message| message.through_helpdesk && message.sent >= asked)
            .filter_map(|message| match message.sender {
                Sender::Agent(agent_id) => Some((message.sent, agent_id)),
                Sender::Customer | Sender::Rule => None,
            })
            .min_by_key(|(sent, _)| *sent)
            .map(|(sent, agent_id)| FirstReply { agent_id, sent, waited_secs: seconds_between(asked, sent) })
    }

    /// When the ticket was last closed; none while it is open, so a reopened ticket counts nowhere until it is closed
    /// again, and then in the month of that closing.
    pub fn last_closing(&self) -> Option<Timestamp> {
        let closed = self.closings.iter().max()?;
        self.reopenings.iter().all(|reopened| reopened < closed).then_some(*closed)
    }

    /// Public messages by agents and rules.
    pub fn reply_count(&self) -> usize {
        self.messages.iter().filter(|message| message.is_reply()).count()
    }

    /// Whether the ticket is closed with exactly one public message by an agent or a rule.
    pub fn is_one_touch(&self) -> bool {
        self.last_closing().is_some() && self.reply_count() == 1
    }

    /// Seconds from the customer's first message to the last closing, of a closed ticket with at least one reply by an
    /// agent or a rule.
    pub fn resolution_secs(&self) -> Option<u32> {
        let closed = self.last_closing()?;
        let asked = self.first_customer_message().filter(|asked| *asked <= closed)?;
        (self.reply_count() > 0).then(|| seconds_between(asked, closed))
    }

    fn public_messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(|message| message.public)
    }
}

fn seconds_between(earlier: Timestamp, later: Timestamp) -> u32 {
    u32::try_from(later.duration_since(earlier).as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const MAYA: i64 = 7;
    const BO: i64 = 8;

    fn at(secs: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + secs).unwrap()
    }

    fn ticket(messages: &[Message]) -> Ticket {
        Ticket { messages: messages.to_vec(), ..Ticket::opened(1, "email", at(0)) }
    }

    fn outside(message: Message) -> Message {
        Message { through_helpdesk: false, ..message }
    }

    #[rstest]
    #[case::plain(&[Message::from_customer(at(0)), Message::from_agent(MAYA, at(60))], Some((MAYA, 60)))]
    #[case::no_reply(&[Message::from_customer(at(0))], None)]
    #[case::first_of_two_by_time_not_by_place(
        &[Message::from_agent(BO, at(90)), Message::from_customer(at(0)), Message::from_agent(MAYA, at(60))],
        Some((MAYA, 60))
    )]
    #[case::note_does_not_count(
        &[Message::from_customer(at(0)), Message::note(BO, at(10)), Message::from_agent(MAYA, at(60))],
        Some((MAYA, 60))
    )]
    #[case::note_before_the_customer_is_no_start(
        &[Message::note(BO, at(-9)), Message::from_customer(at(0)), Message::from_agent(MAYA, at(60))],
        Some((MAYA, 60))
    )]
    #[case::rule_does_not_count(
        &[Message::from_customer(at(0)), Message::from_rule(at(1)), Message::from_agent(MAYA, at(60))],
        Some((MAYA, 60))
    )]
    #[case::outside_the_helpdesk_does_not_count(
        &[Message::from_customer(at(0)), outside(Message::from_agent(BO, at(30))), Message::from_agent(MAYA, at(60))],
        Some((MAYA, 60))
    )]
    #[case::started_by_an_agent(
        &[Message::from_agent(MAYA, at(0)), Message::from_customer(at(30)), Message::from_agent(MAYA, at(60))],
        None
    )]
    #[case::nobody_asked(&[Message::from_rule(at(0)), Message::from_agent(MAYA, at(60))], None)]
    fn the_first_reply_is_an_agents_public_answer(#[case] messages: &[Message], #[case] expected: Option<(i64, u32)>) {
        let reply = ticket(messages).first_reply().map(|reply| (reply.agent_id, reply.waited_secs));
        assert_eq!(reply, expected);
    }

    #[rstest]
    #[case::never_closed(&[], &[], None)]
    #[case::closed_once(&[10], &[], Some(10))]
    #[case::last_closing_counts(&[30, 10], &[20], Some(30))]
    #[case::reopened_and_still_open(&[10], &[20], None)]
    #[case::reopened_in_the_second_of_closing(&[10], &[10], None)]
    fn a_ticket_is_closed_when_nothing_reopened_it(
        #[case] closings: &[i64],
        #[case] reopenings: &[i64],
        #[case] expected: Option<i64>,
    ) {
        let times = |seconds: &[i64]| seconds.iter().copied().map(at).collect();
        let ticket = Ticket { closings: times(closings), reopenings: times(reopenings), ..ticket(&[]) };
        assert_eq!(ticket.last_closing(), expected.map(at));
    }

    #[rstest]
    #[case::one_agent_message(&[Message::from_agent(MAYA, at(5))], true)]
    #[case::one_rule_message(&[Message::from_rule(at(5))], true)]
    #[case::note_on_top(&[Message::from_agent(MAYA, at(5)), Message::note(BO, at(6))], true)]
    #[case::customer_writes_twice(&[Message::from_agent(MAYA, at(5)), Message::from_customer(at(6))], true)]
    #[case::two_agent_messages(&[Message::from_agent(MAYA, at(5)), Message::from_agent(BO, at(6))], false)]
    #[case::rule_and_agent(&[Message::from_rule(at(1)), Message::from_agent(MAYA, at(5))], false)]
    #[case::none(&[], false)]
    fn one_touch_is_exactly_one_public_reply(#[case] replies: &[Message], #[case] expected: bool) {
        let mut closed = ticket(replies);
        assert!(!closed.is_one_touch(), "an open ticket is not one-touch");
        closed.closings.push(at(60));
        assert_eq!(closed.is_one_touch(), expected);
    }

    #[rstest]
    #[case::answered(&[Message::from_customer(at(0)), Message::from_agent(MAYA, at(5))], Some(60))]
    #[case::unanswered(&[Message::from_customer(at(0))], None)]
    #[case::only_a_note(&[Message::from_customer(at(0)), Message::note(MAYA, at(5))], None)]
    #[case::customer_wrote_late(&[Message::from_agent(MAYA, at(5)), Message::from_customer(at(20))], Some(40))]
    #[case::customer_wrote_after_the_end(&[Message::from_agent(MAYA, at(5)), Message::from_customer(at(70))], None)]
    fn resolution_runs_from_the_customers_first_message(#[case] messages: &[Message], #[case] expected: Option<u32>) {
        let ticket = Ticket { closings: vec![at(60)], ..ticket(messages) };
        assert_eq!(ticket.resolution_secs(), expected);
    }
}
