//! The legacy API: when it is asked, what it costs, and what a single refused statistic does.

use std::collections::BTreeSet;

use helpdelta_core::{Cell, Metric, Statistic, legacy_figures};
use helpdelta_gorgias::{Api, LegacyRefused, ReadFigures};
use helpdelta_simulator::{Action, Fault, LegacyPercent, RateLimit, Simulator, When};
use rstest::rstest;

use crate::world::{account, agents, helpdesk, months, read_account, zone};

const STATISTICS: &str = "/api/reporting/stats";

fn is_legacy(figures: &ReadFigures) -> bool {
    matches!(figures, ReadFigures::Legacy { .. })
}

#[tokio::test(start_paused = true)]
async fn twenty_agents_and_one_channel_take_two_requests_for_each_month_and_no_429() {
    let simulator = Simulator::new([helpdesk("acme", 20)]);
    let account = account(&simulator, "acme");
    let reading = read_account(&account, &["email"], Api::Legacy).await.expect("a reading");
    let requests = account.counters().snapshot();
    assert_eq!((requests.sent, requests.throttled), (1 + 2 * 19 * 20, 0));
    assert_eq!(reading.requests_of(&"email".parse().expect("a channel")), requests.sent);
    let plan = crate::world::plan("acme", &["email"]);
    assert_eq!(plan.legacy_requests(reading.agents.len(), months(19).len()), requests.sent);
}

#[rstest]
#[case::not_there(Action::error(404, "Resource not found."))]
#[case::not_there_as_a_page(Action::html(404))]
#[case::not_allowed(Action::error(403, "Upgrade your plan."))]
#[tokio::test(start_paused = true)]
async fn an_account_without_reporting_is_read_by_the_legacy_api(#[case] action: Action) {
    let simulator = Simulator::new([helpdesk("acme", 2)]);
    simulator.inject(Fault::new("acme", STATISTICS, action));
    let reading = read_account(&account(&simulator, "acme"), &["email"], Api::Auto).await.expect("a reading");
    assert!(is_legacy(&reading.figures));
    let refused = read_account(&account(&simulator, "acme"), &["email"], Api::Reporting).await;
    assert_eq!(refused.expect_err("a failure").tries, 1);
}

#[rstest]
#[case::fault_that_stays(Action::error(503, "down"), When::Always, None)]
#[case::passing_fault(Action::error(503, "down"), When::First(3), Some(false))]
#[case::wrong_credential(Action::error(401, "Unauthorized."), When::Always, None)]
#[tokio::test(start_paused = true)]
async fn a_fault_never_leads_to_the_legacy_api(
    #[case] action: Action,
    #[case] when: When,
    #[case] expected: Option<bool>,
) {
    let simulator = Simulator::new([helpdesk("acme", 2)]);
    simulator.inject(Fault::new("acme", STATISTICS, action).when(when));
    let reading = read_account(&account(&simulator, "acme"), &["email"], Api::Auto).await;
    assert_eq!(reading.ok().map(|reading| is_legacy(&reading.figures)), expected);
}

#[rstest]
#[case::unknown_name(Action::error(400, "Unknown scope."))]
#[case::not_allowed(Action::error(403, "Not in your plan."))]
#[tokio::test(start_paused = true)]
async fn one_refused_statistic_is_noted_and_the_others_are_read(#[case] action: Action) {
    let simulator = Simulator::new([helpdesk("acme", 2)]);
    simulator.inject(Fault::new("acme", STATISTICS, action).body_contains("satisfaction-surveys"));
    let reading = read_account(&account(&simulator, "acme"), &["email"], Api::Auto).await.expect("a reading");
    let ReadFigures::Reporting { answers, refused } = reading.figures else { panic!("not by reporting") };
    assert_eq!(refused.keys().copied().collect::<Vec<_>>(), [Statistic::SatisfactionSurveys]);
    assert_eq!(answers.len(), 27);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_the_overview_lacks_is_asked_by_its_own_name() {
    let simulator = Simulator::new([helpdesk("acme", 1)]);
    let account = account(&simulator, "acme");
    let agent = agents(&account.users().await.expect("users").0)[0].id;
    let (month, channel) = (months(1)[0], "all".parse().expect("a channel"));
    let whole = account.legacy(agent, month, &channel, &zone(), &LegacyRefused::default()).await.expect("figures");
    simulator.inject(Fault::new("acme", "/api/stats/overview", Action::error(400, "overview does not exist")));
    let apart = account.legacy(agent, month, &channel, &zone(), &LegacyRefused::default()).await.expect("figures");
    assert_eq!((whole.1, apart.1), (2, 7));
    assert_eq!(whole.0, apart.0);
}

#[tokio::test(start_paused = true)]
async fn a_legacy_statistic_that_is_refused_leaves_its_metric_unavailable() {
    let simulator = Simulator::new([helpdesk("acme", 2)]);
    let path = "/api/stats/satisfaction-surveys";
    simulator.inject(Fault::new("acme", path, Action::error(403, "Not in your plan.")));
    let account = account(&simulator, "acme");
    let reading = read_account(&account, &["email"], Api::Legacy).await.expect("a reading");
    let ReadFigures::Legacy { figures, .. } = reading.figures else { panic!("not by legacy") };
    let expected = BTreeSet::from([Metric::CustomerSatisfaction]);
    assert!(figures.values().all(|said| said.refused == expected));
    // Asked again for every agent and month, the refusal would cost as much as the figures.
    assert!(account.counters().snapshot().sent < 1 + 19 * 2 + 10);
}

#[tokio::test(start_paused = true)]
async fn an_account_with_neither_api_fails_with_the_helpdesk_s_words() {
    let simulator = Simulator::new([helpdesk("acme", 2)]);
    simulator.inject(Fault::new("acme", STATISTICS, Action::error(403, "Upgrade your plan.")));
    for name in [
        "overview",
        "satisfaction-surveys",
        "total-tickets-closed",
        "total-messages-sent",
        "median-first-response-time",
        "median-resolution-time",
        "total-one-touch-tickets",
    ] {
        simulator.inject(Fault::new("acme", &format!("/api/stats/{name}"), Action::error(403, "Upgrade your plan.")));
    }
    let error = read_account(&account(&simulator, "acme"), &["email"], Api::Auto).await.expect_err("a failure");
    assert_eq!(error.kind.code(), "forbidden");
    assert!(error.to_string().contains("Upgrade your plan."), "{error}");
}

/// Both roads to one figure, for every agent and month.
#[tokio::test(start_paused = true)]
async fn both_apis_give_the_same_figures_but_for_what_rounding_hides() {
    let mut helpdesk = helpdesk("acme", 3);
    helpdesk.behaviour.rate_limit = RateLimit::UNLIMITED;
    helpdesk.behaviour.dialect.legacy_percent = LegacyPercent::Whole;
    let simulator = Simulator::new([helpdesk]);
    let legacy = read_account(&account(&simulator, "acme"), &["email"], Api::Legacy).await.expect("a reading");
    let reporting = read_account(&account(&simulator, "acme"), &["email"], Api::Reporting).await.expect("a reading");
    let ReadFigures::Legacy { figures: said, .. } = &legacy.figures else { panic!("not by legacy") };
    let ReadFigures::Reporting { answers, .. } = &reporting.figures else { panic!("not by reporting") };
    let answers: Vec<_> = answers.iter().map(|(answer, _)| answer.clone()).collect();
    let plan = crate::world::plan("acme", &["email"]);
    let assembly = helpdelta_core::Assembly {
        entry: &plan.entries[0],
        months: &months(19),
        users: &reporting.users,
        agents: &reporting.agents,
        answers: &answers,
        refused: &BTreeSet::new(),
    };
    let mut counted = 0;
    for row in assembly.assemble().expect("rows").rows {
        let key = (plan.entries[0].channel.clone(), row.key.month, row.key.agent_id);
        let figures = legacy_figures(&said[&key], row.key.agent_id, row.key.month).expect("figures");
        for metric in Metric::ALL {
            let (by_legacy, by_reporting) = (figures.get(metric), row.figures.get(metric));
            let (Some(legacy), Some(reporting)) = (by_legacy.number(), by_reporting.number()) else {
                let may_be_hidden = matches!(metric, Metric::OneTouchTickets | Metric::SurveysScored);
                assert!(by_legacy == by_reporting || (may_be_hidden && by_legacy == Cell::NoData), "{metric}: {row:?}");
                continue;
            };
            // A mean rating has two decimals; a rate of which the count is hidden is a whole percentage.
            let slack = match metric {
                Metric::CustomerSatisfaction => 0.005_001,
                Metric::OneTouchRate => 0.5,
                _ => 1e-9,
            };
            assert!((legacy.as_f64() - reporting.as_f64()).abs() <= slack, "{metric}: {figures:?} {row:?}");
            counted += 1;
        }
    }
    assert!(counted > 100, "{counted} figures were compared");
}

#[tokio::test(start_paused = true)]
async fn somebody_who_left_and_is_refused_fails_nobody() {
    let simulator = Simulator::new([helpdesk("acme", 2)]);
    let gone = 4_711;
    for name in [
        "overview",
        "satisfaction-surveys",
        "total-tickets-closed",
        "total-messages-sent",
        "median-first-response-time",
        "median-resolution-time",
        "total-one-touch-tickets",
    ] {
        let refused = Action::error(400, "unknown agent");
        simulator.inject(Fault::new("acme", &format!("/api/stats/{name}"), refused).body_contains("[4711]"));
    }
    let account = account(&simulator, "acme");
    let plan = crate::world::plan("acme", &["email"]);
    let (months, zone) = (months(2), zone());
    let wanted = helpdelta_gorgias::Wanted { plan: &plan, months: &months, zone: &zone, api: Api::Legacy };
    let choose = |users: &[helpdelta_core::Agent]| {
        let mut chosen = agents(users);
        chosen.insert(0, helpdelta_core::Agent::new(gone, Some("Gone"), None, None));
        chosen
    };
    let reading = account.read(wanted, choose).await.expect("a reading");
    let ReadFigures::Legacy { figures, .. } = reading.figures else { panic!("not by legacy") };
    assert_eq!(figures.len(), 2 * 2);
    assert!(figures.keys().all(|(_, _, agent_id)| *agent_id != gone));
}
