use rstest::rstest;

use super::*;
use crate::{ChannelScope, MonthWindow};

const MAYA: i64 = 7;

fn month() -> Month {
    "2025-01".parse().expect("a month")
}

fn entry(channel: &str) -> Entry {
    Entry {
        client: "Acme".to_owned(),
        channel: channel.parse().expect("a channel"),
        domain: "acme".parse().expect("a domain"),
    }
}

fn users() -> Vec<Agent> {
    vec![
        Agent::new(MAYA, Some("Maya"), Some("maya@getwrrk.com"), Some("agent")),
        Agent::new(8, Some("Owner"), Some("owner@acme.example"), Some("admin")),
    ]
}

fn answer(statistic: Statistic, rows: &[(Option<i64>, &[Option<f64>])]) -> StatisticAnswer {
    let row = |(agent_id, values): &(Option<i64>, &[Option<f64>])| StatisticRow {
        agent_id: *agent_id,
        month: month(),
        channel: None,
        values: values.to_vec(),
    };
    StatisticAnswer {
        query: Query { statistic, window: MonthWindow::of(month()), channels: ChannelScope::All, agent_id: None },
        rows: rows.iter().map(row).collect(),
    }
}

fn assemble(entry: &Entry, answers: &[StatisticAnswer]) -> Result<Assembled, AssemblyError> {
    let users = users();
    let assembly =
        Assembly { entry, months: &[month()], users: &users, agents: &users[..1], answers, refused: &BTreeSet::new() };
    assembly.assemble()
}

fn figure(answers: &[StatisticAnswer], metric: Metric) -> Cell {
    let assembled = assemble(&entry("all"), answers).expect("rows");
    assert_eq!(assembled.rows.len(), 1);
    assembled.rows[0].figures.get(metric)
}

#[rstest]
#[case::count(Metric::ClosedTickets, Cell::count(0))]
#[case::surveys(Metric::SurveysScored, Cell::count(0))]
#[case::median(Metric::FirstResponseTime, Cell::NoData)]
#[case::score(Metric::CustomerSatisfaction, Cell::NoData)]
#[case::rate_of_nothing(Metric::OneTouchRate, Cell::NoData)]
fn an_agent_of_whom_nothing_is_said_has_zero_counts_and_no_measures(#[case] metric: Metric, #[case] expected: Cell) {
    assert_eq!(figure(&[], metric), expected);
}

#[rstest]
#[case::null_count(Statistic::ClosedTickets, &[None], Metric::ClosedTickets, Cell::count(0))]
#[case::null_median(Statistic::ResolutionTime, &[None], Metric::AverageResolutionTime, Cell::NoData)]
#[case::zero_median_is_a_value(Statistic::FirstResponseTime, &[Some(0.0)], Metric::FirstResponseTime, Cell::real(0.0))]
#[case::score_of_no_survey(Statistic::SatisfactionSurveys, &[Some(0.0), Some(0.0)], Metric::CustomerSatisfaction, Cell::NoData)]
#[case::score(Statistic::SatisfactionSurveys, &[Some(4.5), Some(2.0)], Metric::CustomerSatisfaction, Cell::real(4.5))]
#[case::surveys(Statistic::SatisfactionSurveys, &[Some(4.5), Some(2.0)], Metric::SurveysScored, Cell::count(2))]
#[case::surveys_untold(Statistic::SatisfactionSurveys, &[Some(4.5), None], Metric::SurveysScored, Cell::NoData)]
#[case::no_surveys(Statistic::SatisfactionSurveys, &[None, None], Metric::SurveysScored, Cell::count(0))]
fn what_the_helpdesk_says_becomes_the_cell_that_it_means(
    #[case] statistic: Statistic,
    #[case] values: &[Option<f64>],
    #[case] metric: Metric,
    #[case] expected: Cell,
) {
    assert_eq!(figure(&[answer(statistic, &[(Some(MAYA), values)])], metric), expected);
}

#[rstest]
#[case::part_of_a_ticket(Statistic::ClosedTickets, &[Some(2.5)], "whole number")]
#[case::negative_count(Statistic::MessagesSent, &[Some(-1.0)], "whole number")]
#[case::infinite(Statistic::ResolutionTime, &[Some(f64::INFINITY)], "seconds")]
#[case::not_a_number(Statistic::ResolutionTime, &[Some(f64::NAN)], "seconds")]
#[case::negative_time(Statistic::FirstResponseTime, &[Some(-3.0)], "seconds")]
#[case::score_above_five(Statistic::SatisfactionSurveys, &[Some(95.0), Some(1.0)], "score")]
#[case::score_of_no_survey(Statistic::SatisfactionSurveys, &[Some(4.5), Some(0.0)], "scored surveys")]
#[case::surveys_without_a_score(Statistic::SatisfactionSurveys, &[None, Some(2.0)], "scored surveys")]
#[case::score_zero_of_a_survey(Statistic::SatisfactionSurveys, &[Some(0.0), Some(1.0)], "score")]
fn a_value_that_cannot_be_true_fails_the_entry(
    #[case] statistic: Statistic,
    #[case] values: &[Option<f64>],
    #[case] expected: &str,
) {
    let error = assemble(&entry("all"), &[answer(statistic, &[(Some(MAYA), values)])]).expect_err("no rows");
    assert!(error.to_string().contains(expected), "{error}");
}

#[test]
fn a_repeated_row_is_harmless_and_a_contradicting_one_is_not() {
    let twice = |first, second| {
        answer(Statistic::ClosedTickets, &[(Some(MAYA), &[Some(first)]), (Some(MAYA), &[Some(second)])])
    };
    assert_eq!(figure(&[twice(3.0, 3.0)], Metric::ClosedTickets), Cell::count(3));
    let error = assemble(&entry("all"), &[twice(3.0, 4.0)]).expect_err("no rows");
    assert!(matches!(error, AssemblyError::Contradiction { metric: Metric::ClosedTickets, .. }), "{error}");
}

#[test]
fn rows_of_nobody_and_of_unknown_agents_are_counted_and_credited_to_no_one() {
    let rows: [(Option<i64>, &[Option<f64>]); 4] =
        [(None, &[Some(9.0)]), (Some(99), &[Some(5.0)]), (Some(8), &[Some(4.0)]), (Some(MAYA), &[Some(3.0)])];
    let assembled = assemble(&entry("all"), &[answer(Statistic::ClosedTickets, &rows)]).expect("rows");
    assert_eq!(assembled.rows[0].figures.get(Metric::ClosedTickets), Cell::count(3));
    assert_eq!((assembled.agentless_rows, assembled.unknown_agents), (1, BTreeSet::from([99])));
}

#[rstest]
#[case::three_of_four(3.0, 4.0, Cell::real(75.0), 0)]
#[case::none_of_four(0.0, 4.0, Cell::real(0.0), 0)]
#[case::none_of_none(0.0, 0.0, Cell::NoData, 0)]
#[case::more_than_all(5.0, 4.0, Cell::NoData, 1)]
fn the_rate_is_a_percentage_of_closed_or_nothing(
    #[case] one_touch: f64,
    #[case] closed: f64,
    #[case] expected: Cell,
    #[case] withheld: usize,
) {
    let answers = [
        answer(Statistic::OneTouchTickets, &[(Some(MAYA), &[Some(one_touch)])]),
        answer(Statistic::ClosedTickets, &[(Some(MAYA), &[Some(closed)])]),
    ];
    let assembled = assemble(&entry("all"), &answers).expect("rows");
    assert_eq!(assembled.rows[0].figures.get(Metric::OneTouchRate), expected);
    assert_eq!(assembled.rates_withheld, withheld);
}

#[test]
fn each_channel_takes_its_own_rows_and_a_row_of_a_channel_not_asked_for_is_stray() {
    let mut grouped = answer(
        Statistic::ClosedTickets,
        &[(Some(MAYA), &[Some(1.0)]), (Some(MAYA), &[Some(2.0)]), (Some(MAYA), &[Some(4.0)])],
    );
    grouped.query.channels = ChannelScope::Each(vec!["chat".to_owned(), "email".to_owned()]);
    for (row, channel) in grouped.rows.iter_mut().zip(["chat", "email", "phone"]) {
        row.channel = Some(channel.to_owned());
    }
    for (channel, expected) in [("chat", 1), ("email", 2)] {
        let assembled = assemble(&entry(channel), std::slice::from_ref(&grouped)).expect("rows");
        assert_eq!(assembled.rows[0].figures.get(Metric::ClosedTickets), Cell::count(expected));
        assert_eq!(assembled.rows[0].key.channel, channel);
        assert_eq!(assembled.stray_rows, 1);
    }
}

#[test]
fn a_bucket_outside_the_window_is_left_out_and_counted() {
    let mut early = answer(Statistic::ClosedTickets, &[(Some(MAYA), &[Some(3.0)])]);
    early.rows[0].month = month().previous();
    let assembled = assemble(&entry("all"), &[early]).expect("rows");
    assert_eq!(assembled.rows[0].figures.get(Metric::ClosedTickets), Cell::count(0));
    assert_eq!(assembled.stray_rows, 1);
}

#[test]
fn a_refused_statistic_is_unavailable_and_so_is_the_rate_that_needs_it() {
    let users = users();
    let assembly = Assembly {
        entry: &entry("all"),
        months: &[month()],
        users: &users,
        agents: &users[..1],
        answers: &[answer(Statistic::ClosedTickets, &[(Some(MAYA), &[Some(3.0)])])],
        refused: &BTreeSet::from([Statistic::OneTouchTickets]),
    };
    let figures = assembly.assemble().expect("rows").rows[0].figures;
    assert_eq!(figures.get(Metric::ClosedTickets), Cell::count(3));
    assert_eq!(figures.get(Metric::OneTouchTickets), Cell::Unavailable);
    assert_eq!(figures.get(Metric::OneTouchRate), Cell::Unavailable);
    assert_eq!(figures.get(Metric::MessagesSent), Cell::count(0));
    let refused = BTreeSet::from([Statistic::OneTouchTickets]);
    assert_eq!(unavailable_metrics(&refused), [Metric::OneTouchTickets, Metric::OneTouchRate]);
}
