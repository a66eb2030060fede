//! The table that tickets imply, computed from the definitions of `gorgias-api.md` 6.1 with no code of the client, of
//! the core or of the simulator's statistics: plain loops over raw tickets.

use std::collections::BTreeMap;

use helpdelta_simulator::{Helpdesk, Message, Sender, Ticket};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// What the table must say of one agent and month.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Expected {
    pub(crate) first_response_time: Option<f64>,
    pub(crate) one_touch_tickets: i64,
    pub(crate) one_touch_rate: Option<f64>,
    pub(crate) closed_tickets: i64,
    pub(crate) messages_sent: i64,
    pub(crate) customer_satisfaction: Option<f64>,
    pub(crate) surveys_scored: i64,
    pub(crate) average_resolution_time: Option<f64>,
}

/// The rows of an entry by month and agent, for the `months` before the month of `today`.
pub(crate) fn expected(
    helpdesk: &Helpdesk,
    channel: Option<&str>,
    zone: &TimeZone,
    today: Date,
    months: i32,
) -> BTreeMap<(String, i64), Expected> {
    let mut rows = BTreeMap::new();
    for back in 1..=months {
        let number = i32::from(today.year()) * 12 + i32::from(today.month()) - 1 - back;
        let first = first_day(number);
        let begin = zone.to_timestamp(first.at(0, 0, 0, 0)).expect("an instant");
        let end = zone.to_timestamp(first_day(number + 1).at(0, 0, 0, 0)).expect("an instant");
        for user in &helpdesk.users {
            let email = user.email.clone().unwrap_or_default().to_lowercase();
            if email.contains("getwrrk") && user.role.as_deref() != Some("bot") {
                let counted = helpdesk.tickets.iter().filter(|ticket| !ticket.spam && !ticket.trashed);
                let tickets = counted.filter(|ticket| channel.is_none_or(|channel| ticket.channel == channel));
                rows.insert((first.to_string(), user.id), of_agent(user.id, tickets, begin, end));
            }
        }
    }
    rows
}

fn first_day(number: i32) -> Date {
    let year = i16::try_from(number.div_euclid(12)).expect("a year");
    Date::new(year, i8::try_from(number.rem_euclid(12) + 1).expect("a month"), 1).expect("a date")
}

fn of_agent<'a>(
    agent_id: i64,
    tickets: impl Iterator<Item = &'a Ticket>,
    begin: Timestamp,
    end: Timestamp,
) -> Expected {
    let within = |instant: Timestamp| begin <= instant && instant < end;
    let (mut waits, mut scores, mut resolutions) = (Vec::new(), Vec::new(), Vec::new());
    let mut row = Expected::default();
    for ticket in tickets {
        let mut messages = ticket.messages.clone();
        messages.sort_by_key(|message| message.sent);
        let from_us = |message: &Message| message.public && message.sender != Sender::Customer;
        let customer_wrote = messages.iter().find(|message| message.sender == Sender::Customer).map(|first| first.sent);
        // A ticket that an agent started has no first response.
        let opened_by_customer = messages.iter().find(|m| m.public).is_some_and(|m| m.sender == Sender::Customer);
        let reply = messages
            .iter()
            .find(|message| message.public && message.through_helpdesk && matches!(message.sender, Sender::Agent(_)));
        if let (Some(reply), Some(asked), true) = (reply, customer_wrote, opened_by_customer)
            && reply.sender == Sender::Agent(agent_id)
            && within(reply.sent)
        {
            waits.push(seconds(asked, reply.sent));
        }
        for message in &messages {
            if message.public && message.sender == Sender::Agent(agent_id) && within(message.sent) {
                row.messages_sent += 1;
            }
        }
        if ticket.assignee != Some(agent_id) {
            continue;
        }
        let last_closing = ticket.closings.iter().max().copied();
        let closed = last_closing.filter(|closing| ticket.reopenings.iter().all(|reopening| reopening < closing));
        if let Some(closed) = closed.filter(|closed| within(*closed)) {
            row.closed_tickets += 1;
            let replies = messages.iter().filter(|message| from_us(message)).count();
            row.one_touch_tickets += i64::from(replies == 1);
            if let (Some(asked), true) = (customer_wrote, replies > 0) {
                resolutions.push(seconds(asked, closed));
            }
        }
        if let Some(survey) = ticket.survey.filter(|survey| within(survey.sent))
            && let Some(score) = survey.score
        {
            scores.push(f64::from(score));
        }
    }
    row.first_response_time = median(waits);
    row.average_resolution_time = median(resolutions);
    row.surveys_scored = i64::try_from(scores.len()).expect("a count");
    row.customer_satisfaction = mean(&scores);
    row.one_touch_rate =
        (row.closed_tickets > 0).then(|| 100.0 * real(row.one_touch_tickets) / real(row.closed_tickets));
    row
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    real(to.as_second() - from.as_second())
}

fn real(number: i64) -> f64 {
    f64::from(i32::try_from(number).expect("a small number"))
}

fn mean(numbers: &[f64]) -> Option<f64> {
    let count = i64::try_from(numbers.len()).expect("a count");
    (count > 0).then(|| numbers.iter().sum::<f64>() / real(count))
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    match numbers.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(numbers[middle]),
        _ => Some((numbers[middle - 1] + numbers[middle]) / 2.0),
    }
}
