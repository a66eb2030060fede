//! Made-up helpdesks: always the same ones, with everything that surprises in real ones.

use std::collections::BTreeSet;

use helpdelta_core::{Agent, AgentRule, Month};
use helpdelta_simulator::{Helpdesk, Population, Sender, Ticket};
use rstest::rstest;

fn population() -> Population {
    Population::new("acme".parse().unwrap(), "2026-11-24".parse().unwrap()).unwrap()
}

fn helpdesk() -> Helpdesk {
    Population { agents: 8, ..population() }.generate().unwrap()
}

fn agents(helpdesk: &Helpdesk) -> Vec<i64> {
    let rule = AgentRule::email_contains("getwrrk");
    helpdesk
        .users
        .iter()
        .map(|user| Agent::new(user.id, user.name.as_deref(), user.email.as_deref(), user.role.as_deref()))
        .filter(|user| rule.matches(user))
        .map(|user| user.id)
        .collect()
}

fn edges() -> Vec<jiff::Timestamp> {
    let zone = population().timezone;
    let months = helpdelta_core::complete_months("2026-11-24".parse().unwrap(), 19, true).unwrap();
    months.into_iter().map(|month: Month| zone.start_of(month).unwrap()).collect()
}

#[test]
fn the_same_seed_makes_the_same_helpdesk_and_another_does_not() {
    let text = |population: Population| format!("{:?}", population.generate().unwrap());
    assert_eq!(text(population()), text(population()));
    assert_ne!(text(population()), text(Population { seed: 2, ..population() }));
    assert_ne!(text(population()), text(Population { domain: "bolt".parse().unwrap(), ..population() }));
}

#[test]
fn another_agent_does_not_change_the_messages_of_the_others() {
    let messages = |agents: u32| {
        let helpdesk = Population { agents, ..population() }.generate().unwrap();
        let agent = helpdesk.users[0].id;
        let mut sent: Vec<_> = helpdesk
            .tickets
            .iter()
            // The tickets at the edges of months take turns among all agents.
            .filter(|ticket| !edges().iter().any(|edge| ticket.created.duration_until(*edge).as_secs().abs() <= 3601))
            .flat_map(|ticket| &ticket.messages)
            .filter(|message| message.sender == Sender::Agent(agent))
            .map(|message| message.sent)
            .collect();
        sent.sort();
        sent
    };
    assert_eq!(messages(2), messages(9));
}

#[rstest]
#[case::nobody(0, 0)]
#[case::one(1, 1)]
#[case::many(30, 30)]
fn there_are_as_many_agents_as_told(#[case] count: u32, #[case] expected: usize) {
    let helpdesk = Population { agents: count, months: 2, ..population() }.generate().unwrap();
    assert_eq!(agents(&helpdesk).len(), expected);
}

#[test]
fn ids_are_unique_and_tickets_are_numbered_by_creation() {
    let helpdesk = helpdesk();
    let ids: BTreeSet<i64> = helpdesk.users.iter().map(|user| user.id).collect();
    assert_eq!(ids.len(), helpdesk.users.len());
    assert!(helpdesk.tickets.windows(2).all(|pair| pair[0].id < pair[1].id && pair[0].created <= pair[1].created));
}

#[test]
fn names_surprise_as_real_ones_do() {
    let helpdesk = helpdesk();
    let names: Vec<&str> = helpdesk.users.iter().filter_map(|user| user.name.as_deref()).collect();
    assert_eq!(names[0], names[1]);
    assert!(names.iter().any(|name| name.ends_with(' ')));
    assert!(names.iter().any(|name| !name.is_ascii()));
    assert!(helpdesk.users.iter().any(|user| user.email.as_deref().is_some_and(|email| email.contains("GETWRRK"))));
    let roles: BTreeSet<&str> = helpdesk.users.iter().filter_map(|user| user.role.as_deref()).collect();
    assert_eq!(roles.into_iter().collect::<Vec<_>>(), ["admin", "agent", "bot"]);
}

#[rstest]
#[case::spam(|ticket: &Ticket| ticket.spam)]
#[case::trash(|ticket: &Ticket| ticket.trashed)]
#[case::without_agent(|ticket: &Ticket| ticket.assignee.is_none() && ticket.last_closing().is_some())]
#[case::reopened_and_closed_again(|ticket: &Ticket| !ticket.reopenings.is_empty() && ticket.last_closing().is_some())]
#[case::reopened_and_open(|ticket: &Ticket| !ticket.closings.is_empty() && ticket.last_closing().is_none())]
#[case::one_touch(Ticket::is_one_touch)]
#[case::many_replies(|ticket: &Ticket| ticket.reply_count() > 3)]
#[case::note(|ticket: &Ticket| ticket.messages.iter().any(|message| !message.public))]
#[case::outside(|ticket: &Ticket| ticket.messages.iter().any(|message| !message.through_helpdesk))]
#[case::rule(|ticket: &Ticket| ticket.messages.iter().any(|message| message.sender == Sender::Rule))]
#[case::started_by_agent(|ticket: &Ticket| matches!(ticket.messages[0].sender, Sender::Agent(_)))]
#[case::never_answered(|ticket: &Ticket| ticket.reply_count() == 0 && ticket.last_closing().is_some())]
#[case::survey_unanswered(|ticket: &Ticket| ticket.survey.is_some_and(|survey| survey.score.is_none()))]
#[case::survey_answered(|ticket: &Ticket| ticket.survey.is_some_and(|survey| survey.score.is_some()))]
#[case::replied_by_another_than_the_assignee(|ticket: &Ticket| {
    ticket.first_reply().is_some_and(|reply| ticket.assignee.is_some_and(|assignee| assignee != reply.agent_id))
})]
fn there_are_tickets_of_every_kind(#[case] kind: fn(&Ticket) -> bool) {
    assert!(helpdesk().tickets.iter().any(kind));
}

#[test]
fn somebody_who_is_gone_from_the_list_is_still_in_the_tickets() {
    let helpdesk = helpdesk();
    let listed: BTreeSet<i64> = helpdesk.users.iter().map(|user| user.id).collect();
    let assignees = helpdesk.tickets.iter().filter_map(|ticket| ticket.assignee);
    assert!(assignees.into_iter().any(|assignee| !listed.contains(&assignee)));
}

#[test]
fn every_edge_of_a_month_has_events_in_the_second_before_and_in_its_first() {
    let helpdesk = helpdesk();
    let closings: BTreeSet<_> = helpdesk.tickets.iter().filter_map(Ticket::last_closing).collect();
    for edge in edges() {
        let before = edge - jiff::SignedDuration::from_secs(1);
        assert!(closings.contains(&before) && closings.contains(&edge), "{edge}");
    }
}

#[test]
fn nothing_happens_on_the_day_itself_or_later() {
    let today = "2026-11-24T05:00:00Z".parse().unwrap();
    for ticket in &helpdesk().tickets {
        let events = ticket.messages.iter().map(|message| message.sent);
        let events = events.chain(ticket.closings.iter().copied()).chain(ticket.reopenings.iter().copied());
        let events =
            events.chain(ticket.survey.into_iter().flat_map(|survey| [Some(survey.sent), survey.answered]).flatten());
        assert!(events.into_iter().all(|event| event < today), "{ticket:?}");
    }
}

#[test]
fn some_agents_have_months_without_activity_and_without_an_answered_survey() {
    let helpdesk = helpdesk();
    let zone = population().timezone;
    let months = helpdelta_core::complete_months("2026-11-24".parse().unwrap(), 19, false).unwrap();
    let (mut idle, mut mute) = (0, 0);
    for agent in agents(&helpdesk) {
        for month in &months {
            let bounds = zone.bounds(*month).unwrap();
            let closed = helpdesk.tickets.iter().filter(|ticket| {
                ticket.assignee == Some(agent) && ticket.last_closing().is_some_and(|closed| bounds.contains(&closed))
            });
            let scored = helpdesk.tickets.iter().filter(|ticket| {
                let in_month =
                    |survey: helpdelta_simulator::Survey| survey.score.is_some() && bounds.contains(&survey.sent);
                ticket.assignee == Some(agent) && ticket.survey.is_some_and(in_month)
            });
            let (closed, scored) = (closed.count(), scored.count());
            idle += u32::from(closed == 0);
            mute += u32::from(closed > 10 && scored == 0);
        }
    }
    assert!(idle > 0 && mute > 0, "{idle} idle and {mute} mute months of agents");
}

#[test]
fn agents_differ_enough_to_be_told_apart() {
    let helpdesk = helpdesk();
    let mut medians: Vec<u32> = agents(&helpdesk)
        .into_iter()
        .map(|agent| {
            let replies = helpdesk.tickets.iter().filter_map(Ticket::first_reply);
            let mut waits: Vec<u32> =
                replies.filter(|reply| reply.agent_id == agent).map(|reply| reply.waited_secs).collect();
            waits.sort_unstable();
            waits[waits.len() / 2]
        })
        .collect();
    medians.sort_unstable();
    assert!(medians[medians.len() - 1] > medians[0] * 5 / 4, "{medians:?}");
}
