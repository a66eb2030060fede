//! What happens in a made-up helpdesk.

use rand::RngExt as _;

use super::people::{Cast, Profile};
use super::random::SplitMix64;
use super::{DAY, Population, Span, instant};
use crate::ticket::{Message, Survey, Ticket};

const HOUR: i64 = 3_600;
const SHIFT: i64 = 9 * HOUR;
const FRIDAY: i64 = 4;

/// How many times the usual wait a reply takes, in percent, from the quickest sixteenth to the slowest.
const TAIL_PERCENT: [i64; 16] = [12, 20, 30, 42, 56, 70, 85, 100, 120, 145, 180, 230, 310, 450, 750, 1_600];

/// The tickets of everybody, by creation, numbered from 1,000,001.
pub(super) fn write(population: &Population, cast: &Cast, spans: &[Span], cutoff: i64) -> Vec<Ticket> {
    let usual = i64::from(population.tickets_per_agent_and_month);
    let mut tickets = Vec::new();
    for profile in &cast.profiles {
        for span in spans.iter().filter(|span| profile.is_at_work(span.number)) {
            let random = population.generator("month", profile.stream * 10_000 + u64::from(span.number));
            let mut writer = Writer { random, population, profile, cast, span };
            let spread = writer.random.random_range(80..=120);
            for _ in 0..usual * profile.workload_percent * spread / 10_000 {
                tickets.push(writer.ticket());
            }
        }
    }
    tickets.extend(spans.iter().skip(1).flat_map(|span| edge_tickets(population, cast, span)));
    let mut tickets: Vec<Ticket> = tickets.into_iter().filter_map(|ticket| until(ticket, cutoff)).collect();
    tickets.sort_by_key(|ticket| ticket.created);
    for (id, ticket) in (1_000_001..).zip(&mut tickets) {
        ticket.id = id;
    }
    tickets
}

struct Writer<'a> {
    random: SplitMix64,
    population: &'a Population,
    profile: &'a Profile,
    cast: &'a Cast,
    span: &'a Span,
}

impl<'a> Writer<'a> {
    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn ticket(&mut self) -> Ticket {
        let id = self.profile.id;
        let channel = self.channel();
        let created = self.opening();
        let mut ticket = Ticket::opened(0, channel, instant(created));
        ticket.assignee = self.assignee();
        if self.chance(2) {
            // Started by an agent: a courtesy call that the customer answers.
            ticket.messages = vec![
                Message::from_agent(id, instant(created)),
                Message::from_customer(instant(created + self.random.random_range(60..HOUR))),
            ];
        }
        if self.chance(6) {
            ticket.messages.push(Message::from_rule(instant(created + 5)));
        }
        ticket.spam = self.chance(3);
        ticket.trashed = self.chance(1);
        if self.chance(3) {
            // Nobody answers; somebody closes it all the same, or nobody does.
            if self.chance(50) {
                let given_up = created + self.random.random_range(HOUR..5 * DAY);
                ticket.closings.push(instant(self.within_shift(given_up)));
            }
            return ticket;
        }
        let last_reply = self.conversation(&mut ticket, created);
        if self.chance(95) {
            self.close(&mut ticket, last_reply);
        }
        ticket
    }

    /// Replies and what customers say to them; returns the time of the last reply.
    fn conversation(&mut self, ticket: &mut Ticket, created: i64) -> i64 {
        let id = self.profile.id;
        let one_touch = self.profile.one_touch_percent;
        let replies = if self.chance(one_touch) { 1 } else { self.random.random_range(2..=5) };
        let mut now = self.reply_to(created, &ticket.channel);
        for number in 1..=replies {
            let message = Message::from_agent(id, instant(now));
            let through_helpdesk = !self.chance(1);
            ticket.messages.push(Message { through_helpdesk, ..message });
            if self.chance(15) {
                ticket.messages.push(Message::note(id, instant(now + self.random.random_range(1..600))));
            }
            if number < replies {
                let asked = now + self.random.random_range(300..20 * HOUR);
                ticket.messages.push(Message::from_customer(instant(asked)));
                now = self.reply_to(asked, &ticket.channel);
            }
        }
        now
    }

    /// Closes a ticket, now and then twice, and asks the customer how it was.
    fn close(&mut self, ticket: &mut Ticket, last_reply: i64) {
        let mut closed = last_reply + self.random.random_range(0..3 * HOUR);
        ticket.closings.push(instant(closed));
        let mut open = false;
        if self.chance(8) {
            let again = closed + self.random.random_range(HOUR..20 * DAY);
            ticket.messages.push(Message::from_customer(instant(again)));
            ticket.reopenings.push(instant(again));
            let reply = self.reply_to(again, &ticket.channel);
            ticket.messages.push(Message::from_agent(self.profile.id, instant(reply)));
            open = !self.chance(90);
            closed = reply + self.random.random_range(0..HOUR);
            if !open {
                ticket.closings.push(instant(closed));
            }
        }
        if !open && self.chance(55) {
            ticket.survey = Some(self.survey(closed));
        }
    }

    fn survey(&mut self, closed: i64) -> Survey {
        let sent = closed + self.random.random_range(HOUR..2 * DAY);
        let mute = (self.span.number + 1).is_multiple_of(self.profile.mute_every);
        let answered = !mute && self.chance(40);
        let late = if self.chance(10) { 20 * DAY } else { 2 * DAY };
        let happiness = self.profile.happiness_percent;
        let score = match self.random.random_range(0..100_u32) {
            roll if roll < happiness => 5,
            roll if roll < happiness + (100 - happiness) / 2 => 4,
            roll if roll < 92 => 3,
            roll if roll < 96 => 2,
            _ => 1,
        };
        Survey {
            created: instant(closed),
            sent: instant(sent),
            answered: answered.then(|| instant(sent + self.random.random_range(60..late))),
            score: answered.then_some(score),
        }
    }

    /// Half of the tickets come by the first channel, half of the rest by the second, and so on.
    fn channel(&mut self) -> &'a str {
        let mut channels = self.population.channels.iter();
        let mut channel = channels.next().map_or("email", String::as_str);
        for next in channels {
            if self.random.random_bool(0.5) {
                break;
            }
            channel = next;
        }
        channel
    }

    /// The agent, or a colleague to whom the ticket was handed, or nobody.
    fn assignee(&mut self) -> Option<i64> {
        match self.random.random_range(0..100) {
            0..4 => None,
            4..7 => {
                let colleague = self.random.random_range(0..self.cast.profiles.len().max(1));
                self.cast.profiles.get(colleague).map(|profile| profile.id)
            }
            _ => Some(self.profile.id),
        }
    }

    /// A second of the month between six in the morning and eleven at night, most often around two.
    fn opening(&mut self) -> i64 {
        let days = ((self.span.seconds.end - self.span.seconds.start) / DAY).max(1);
        let day = self.random.random_range(0..days);
        let of_day = (self.random.random_range(0..17 * HOUR) + self.random.random_range(0..17 * HOUR)) / 2;
        self.span.seconds.start + day * DAY + 6 * HOUR + of_day
    }

    /// When the answer to something written at a time is sent: after a wait of the agent's usual length, at work.
    fn reply_to(&mut self, asked: i64, channel: &str) -> i64 {
        let usual = match channel {
            "chat" => 90,
            "phone" | "sms" | "whatsapp" => 240,
            "email" | "contact_form" => 2_400,
            _ => 1_800,
        };
        let sixteenth = self.random.random_range(0..TAIL_PERCENT.len());
        let tail = TAIL_PERCENT.get(sixteenth).copied().unwrap_or(100);
        let change = 100 + self.profile.monthly_change_percent * i64::from(self.span.number);
        let wait = usual * tail / 100 * self.profile.slowness_percent / 100 * change.max(20) / 100;
        let jitter = self.random.random_range(0..=wait / 5 + 5);
        self.within_shift(asked + wait + jitter)
    }

    /// The same time if the agent is at work then, or soon after the next beginning of a shift. Weekends are off.
    fn within_shift(&mut self, time: i64) -> i64 {
        let local = time - self.span.seconds.start;
        let (mut day, of_day) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let start = self.profile.shift_start_secs;
        let weekday = |day: i64| (self.span.first_weekday + day).rem_euclid(7);
        if (start..start + SHIFT).contains(&of_day) && weekday(day) <= FRIDAY {
            return time;
        }
        if of_day >= start {
            day += 1;
        }
        while weekday(day) > FRIDAY {
            day += 1;
        }
        self.span.seconds.start + day * DAY + start + self.random.random_range(0..HOUR)
    }
}

/// Two tickets at the beginning of a month: everything about the one happens in the last second before, everything
/// about the other in the first second after.
fn edge_tickets(population: &Population, cast: &Cast, span: &Span) -> Vec<Ticket> {
    let edge = span.seconds.start;
    let at_work: Vec<&Profile> = cast
        .profiles
        .iter()
        .take(cast.agents)
        .filter(|profile| profile.is_at_work(span.number) && profile.is_at_work(span.number.saturating_sub(1)))
        .collect();
    let turn = usize::try_from(span.number).unwrap_or_default() % at_work.len().max(1);
    let Some(agent) = at_work.get(turn) else { return Vec::new() };
    let channel = population.channels.first().map_or("email", String::as_str);
    let ticket = |moment: i64, score: u8| {
        let mut ticket = Ticket::opened(0, channel, instant(moment - HOUR));
        ticket.assignee = Some(agent.id);
        ticket.messages.push(Message::from_agent(agent.id, instant(moment)));
        ticket.closings.push(instant(moment));
        ticket.survey = Some(Survey {
            created: instant(moment),
            sent: instant(moment),
            answered: Some(instant(moment + HOUR)),
            score: Some(score),
        });
        ticket
    };
    vec![ticket(edge - 1, 5), ticket(edge, 4)]
}

/// The ticket as it stands at a time; none if it is not there yet.
fn until(mut ticket: Ticket, cutoff: i64) -> Option<Ticket> {
    let cutoff = instant(cutoff);
    if ticket.created >= cutoff {
        return None;
    }
    ticket.messages.retain(|message| message.sent < cutoff);
    ticket.closings.retain(|closed| *closed < cutoff);
    ticket.reopenings.retain(|reopened| *reopened < cutoff);
    ticket.survey = ticket.survey.filter(|survey| survey.sent < cutoff).map(|survey| {
        let answered = survey.answered.filter(|answered| *answered < cutoff);
        Survey { answered, score: survey.score.filter(|_| answered.is_some()), ..survey }
    });
    Some(ticket)
}
