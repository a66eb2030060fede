//! A made-up account, recomputed ticket by ticket in the most naive way, against what the simulator answers.

use std::collections::BTreeMap;

use helpdelta_core::{Month, Statistic, Zone, complete_months};
use helpdelta_simulator::{Helpdesk, Population, RateLimit, Sender, Simulator, Ticket};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rstest::rstest;

use crate::support::{filtered, query, rows};

/// Agent, month and the measures, as texts: `8 2025-02 4.5 2`.
type Table = BTreeMap<(Option<i64>, String), Vec<String>>;

/// The events of a statistic: agent, time and value. Reads the tickets' fields, not the simulator's own derivations.
fn events(ticket: &Ticket, statistic: Statistic) -> Vec<(Option<i64>, Timestamp, f64)> {
    let mut public: Vec<_> = ticket.messages.iter().filter(|message| message.public).collect();
    public.sort_by_key(|message| message.sent);
    let asked = public.iter().find(|message| message.sender == Sender::Customer).map(|message| message.sent);
    let replies = public.iter().filter(|message| message.sender != Sender::Customer).count();
    let mut history: Vec<(Timestamp, bool)> = ticket.closings.iter().map(|time| (*time, true)).collect();
    history.extend(ticket.reopenings.iter().map(|time| (*time, false)));
    history.sort();
    let closed = history.last().filter(|(_, closed)| *closed).map(|(time, _)| *time);
    let waited = |from: Timestamp, to: Timestamp| f64::from(i32::try_from(to.as_second() - from.as_second()).unwrap());
    match statistic {
        Statistic::FirstResponseTime => {
            let by_agent = public.first().is_some_and(|message| matches!(message.sender, Sender::Agent(_)));
            let reply = public.iter().find_map(|message| match message.sender {
                Sender::Agent(agent)
                    if message.through_helpdesk && asked.is_some_and(|asked| message.sent >= asked) =>
                {
                    Some((Some(agent), message.sent, waited(asked?, message.sent)))
                }
                _ => None,
            });
            reply.filter(|_| !by_agent).into_iter().collect()
        }
        Statistic::OneTouchTickets => {
            closed.filter(|_| replies == 1).map(|closed| (ticket.assignee, closed, 0.0)).into_iter().collect()
        }
        Statistic::ClosedTickets => closed.map(|closed| (ticket.assignee, closed, 0.0)).into_iter().collect(),
        Statistic::MessagesSent => public
            .iter()
            .filter_map(|message| match message.sender {
                Sender::Customer => None,
                Sender::Agent(agent) => Some((Some(agent), message.sent, 0.0)),
                Sender::Rule => Some((None, message.sent, 0.0)),
            })
            .collect(),
        Statistic::SatisfactionSurveys => ticket
            .survey
            .and_then(|survey| Some((ticket.assignee, survey.sent, f64::from(survey.score?))))
            .into_iter()
            .collect(),
        Statistic::ResolutionTime => closed
            .zip(asked)
            .filter(|(closed, asked)| replies > 0 && asked <= closed)
            .map(|(closed, asked)| (ticket.assignee, closed, waited(asked, closed)))
            .into_iter()
            .collect(),
    }
}

fn expected(
    helpdesk: &Helpdesk,
    statistic: Statistic,
    zone: &TimeZone,
    months: &[Month],
    channel: Option<&str>,
) -> Table {
    let mut values: BTreeMap<(Option<i64>, String), Vec<f64>> = BTreeMap::new();
    for ticket in helpdesk.tickets.iter().filter(|ticket| !ticket.spam && !ticket.trashed) {
        if channel.is_some_and(|channel| ticket.channel != channel) {
            continue;
        }
        for (agent, time, value) in events(ticket, statistic) {
            let month = Month::of(zone.to_datetime(time).date()).unwrap();
            if months.contains(&month) {
                values.entry((agent, month.to_string())).or_default().push(value);
            }
        }
    }
    let measure = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        let count = values.len();
        let median = (values[(count - 1) / 2] + values[count / 2]) / 2.0;
        match statistic {
            Statistic::FirstResponseTime | Statistic::ResolutionTime => vec![median.to_string()],
            Statistic::SatisfactionSurveys => {
                let mean = values.iter().sum::<f64>() / f64::from(u32::try_from(count).unwrap());
                vec![mean.to_string(), count.to_string()]
            }
            _ => vec![count.to_string()],
        }
    };
    values.into_iter().map(|(key, values)| (key, measure(values))).collect()
}

async fn answered(
    simulator: &Simulator,
    statistic: Statistic,
    zone: &str,
    months: &[Month],
    channel: Option<&str>,
) -> Table {
    let definition = statistic.definition();
    let windows: Vec<&[Month]> = match definition.month_dimension {
        Some(_) => months.chunks(11).collect(),
        None => months.chunks(1).collect(),
    };
    let mut table = Table::new();
    for window in windows {
        let start = window[0].first_day().to_string();
        let end = window[window.len() - 1].next().first_day().to_string();
        let mut query = query(definition.scope, definition.month_dimension, &start, &end, zone);
        if let Some(channel) = channel {
            query = filtered(query, "channel", serde_json::json!([channel]));
        }
        for row in rows(simulator, &query).await {
            let month = match definition.month_dimension {
                Some(dimension) => Month::from_bucket(row[dimension].as_str().unwrap()).unwrap(),
                None => window[0],
            };
            let measures = statistic.measures().map(|(_, measure)| row[measure.name].as_str().unwrap().to_owned());
            let replaced = table.insert((row["agentId"].as_i64(), month.to_string()), measures.collect());
            assert_eq!(replaced, None, "one row for an agent and month");
        }
    }
    table
}

#[rstest]
#[case::first_response(Statistic::FirstResponseTime)]
#[case::one_touch(Statistic::OneTouchTickets)]
#[case::closed(Statistic::ClosedTickets)]
#[case::messages(Statistic::MessagesSent)]
#[case::surveys(Statistic::SatisfactionSurveys)]
#[case::resolution(Statistic::ResolutionTime)]
#[tokio::test(start_paused = true)]
async fn nineteen_months_of_every_agent_equal_a_recount_of_the_tickets(
    #[case] statistic: Statistic,
    #[values("-05:00", "America/New_York", "Asia/Kolkata")] zone: &str,
    #[values(None, Some("chat"))] channel: Option<&str>,
) {
    let zone = Zone::parse(zone).unwrap();
    let today = "2026-11-24".parse().unwrap();
    let population = Population::new("acme".parse().unwrap(), today).unwrap();
    let population = Population { timezone: zone.clone(), tickets_per_agent_and_month: 12, ..population };
    let mut helpdesk = population.generate().unwrap();
    helpdesk.behaviour.rate_limit = RateLimit::UNLIMITED;
    let months = complete_months(today, 19, false).unwrap();
    let time_zone = TimeZone::get(zone.iana_name()).unwrap();
    let expected = expected(&helpdesk, statistic, &time_zone, &months, channel);
    let answered = answered(&Simulator::new([helpdesk]), statistic, zone.iana_name(), &months, channel).await;
    assert!(expected.len() > 30, "{} rows", expected.len());
    assert_eq!(answered, expected);
}
