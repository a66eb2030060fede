//! The legacy API: one aggregate a request.

use axum::http::StatusCode;
use helpdelta_simulator::{Dialect, LegacyPercent, LegacyPeriodEnd, Numbers, Population, RateLimit, Simulator};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{MAYA, acme, closed, post, query, rows, simulator, survey};

fn body(start: &str, end: &str) -> Value {
    json!({ "filters": { "period": { "start_datetime": start, "end_datetime": end } } })
}

fn january() -> Value {
    body("2025-01-01T00:00:00Z", "2025-01-31T23:59:59Z")
}

async fn ask(simulator: &Simulator, name: &str, body: &Value) -> Value {
    let reply = post(simulator, &format!("/acme/api/stats/{name}"), body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.json()
}

#[rstest]
#[case::created("total-tickets-created", "number", json!(5))]
#[case::replied("total-tickets-replied", "number", json!(4))]
#[case::closed("total-tickets-closed", "number", json!(4))]
#[case::sent("total-messages-sent", "number", json!(5))]
#[case::received("total-messages-received", "number", json!(5))]
#[case::first_response("median-first-response-time", "duration", json!(1200))]
#[case::resolution("median-resolution-time", "duration", json!(5400))]
#[case::one_touch_is_a_percentage("total-one-touch-tickets", "percent", json!(75))]
#[tokio::test(start_paused = true)]
async fn a_single_value_is_of_all_agents_without_a_filter(
    #[case] name: &str,
    #[case] kind: &str,
    #[case] expected: Value,
) {
    let answer = ask(&simulator(), name, &january()).await;
    assert_eq!(answer["data"]["data"]["value"], expected);
    assert_eq!(answer["data"]["data"]["type"], kind);
    assert_eq!(answer["data"]["data"]["name"], name.replace('-', "_"));
}

#[rstest]
#[case::closed("total-tickets-closed", json!(2))]
#[case::one_touch("total-one-touch-tickets", json!(50))]
#[case::sent("total-messages-sent", json!(3))]
#[case::first_response("median-first-response-time", json!(1200))]
#[case::resolution("median-resolution-time", json!(5400))]
#[tokio::test(start_paused = true)]
async fn agents_and_channels_are_filters(#[case] name: &str, #[case] expected: Value) {
    let mut body = january();
    body["filters"]["agents"] = json!([MAYA]);
    assert_eq!(ask(&simulator(), name, &body).await["data"]["data"]["value"], expected);
    body["filters"]["channels"] = json!(["sms"]);
    let nothing = ask(&simulator(), name, &body).await["data"]["data"]["value"].clone();
    let expected = if name.starts_with("median") { Value::Null } else { json!(0) };
    assert_eq!(nothing, expected);
}

#[tokio::test(start_paused = true)]
async fn overview_has_the_recorded_names_and_types() {
    let answer = ask(&simulator(), "overview", &body("2026-08-01T00:00:00Z", "2026-08-31T23:59:59Z")).await;
    let recorded = json!([
        {"name": "total_new_tickets", "type": "number", "value": 0, "delta": 0},
        {"name": "total_replied_tickets", "type": "number", "value": 0, "delta": 0},
        {"name": "total_closed_tickets", "type": "number", "value": 0, "delta": 0},
        {"name": "total_messages_sent", "type": "number", "value": 0, "delta": 0},
        {"name": "total_messages_received", "type": "number", "value": 0, "delta": 0},
        {"name": "median_first_response_time", "type": "duration", "value": null, "delta": 0, "more_is_better": false},
        {"name": "median_resolution_time", "type": "duration", "value": null, "delta": 0, "more_is_better": false},
        {"name": "total_one_touch_tickets", "type": "percent", "value": 0, "delta": 0, "more_is_better": true}
    ]);
    assert_eq!(answer["data"]["data"], recorded);
    assert_eq!(
        answer["meta"].to_string(),
        r#"{"end_datetime":"2026-08-31T23:59:59+00:00","previous_end_datetime":"2026-07-31T23:59:59+00:00","previous_start_datetime":"2026-07-01T00:00:00+00:00","start_datetime":"2026-08-01T00:00:00+00:00"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn overview_agrees_with_the_single_values() {
    let simulator = simulator();
    let overview = ask(&simulator, "overview", &january()).await;
    for (name, single) in [
        ("total_closed_tickets", "total-tickets-closed"),
        ("median_first_response_time", "median-first-response-time"),
        ("total_one_touch_tickets", "total-one-touch-tickets"),
    ] {
        let entries = overview["data"]["data"].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["name"] == name).unwrap();
        assert_eq!(entry["value"], ask(&simulator, single, &january()).await["data"]["data"]["value"]);
    }
}

#[tokio::test(start_paused = true)]
async fn surveys_have_a_mean_only_when_somebody_answered() {
    let simulator = simulator();
    simulator
        .edit("acme", |helpdesk| {
            for (id, score) in [(2, Some(4)), (4, Some(4)), (6, None)] {
                helpdesk.ticket_mut(id).unwrap().survey = survey("2025-01-20T00:00:00Z", score);
            }
        })
        .unwrap();
    let answer = ask(&simulator, "satisfaction-surveys", &january()).await;
    let expected = json!([
        {"name": "total_sent", "type": "number", "value": 4, "delta": 100},
        {"name": "response_rate", "type": "percent", "value": 75, "delta": 100},
        {"name": "average_rating", "type": "number", "value": 4.33, "delta": 100},
        {"name": "response_distribution", "type": "percent", "value": {"1": 0, "2": 0, "3": 0, "4": 67, "5": 33}}
    ]);
    assert_eq!(answer["data"]["data"], expected);
    let march = ask(&simulator, "satisfaction-surveys", &body("2025-03-01T00:00:00Z", "2025-03-31T23:59:59Z")).await;
    assert_eq!(march["data"]["data"][2]["value"], Value::Null);
}

/// The 28 days before February begin on January 4, those before March on February 1.
#[rstest]
#[case::fewer("2025-02-01T00:00:00Z", "2025-02-28T23:59:59Z", 1, -75)]
#[case::none_any_more("2025-03-01T00:00:00Z", "2025-03-28T23:59:59Z", 0, -100)]
#[case::none_before("2025-01-01T00:00:00Z", "2025-01-31T23:59:59Z", 4, 100)]
#[case::none_ever("2024-01-01T00:00:00Z", "2024-01-31T23:59:59Z", 0, 0)]
#[tokio::test(start_paused = true)]
async fn delta_compares_with_as_many_seconds_before(
    #[case] start: &str,
    #[case] end: &str,
    #[case] value: i64,
    #[case] delta: i64,
) {
    let answer = ask(&simulator(), "total-tickets-closed", &body(start, end)).await;
    let single = &answer["data"]["data"];
    assert_eq!((&single["value"], &single["delta"]), (&json!(value), &json!(delta)));
}

#[rstest]
#[case::inclusive(LegacyPeriodEnd::Inclusive, 1)]
#[case::exclusive(LegacyPeriodEnd::Exclusive, 0)]
#[tokio::test(start_paused = true)]
async fn the_last_second_of_a_period_belongs_to_it_or_not(
    #[case] legacy_period_end: LegacyPeriodEnd,
    #[case] value: i64,
) {
    let mut helpdesk = acme();
    helpdesk.behaviour.legacy_period_end = legacy_period_end;
    let last_second = "2025-02-01T04:59:59.999Z";
    helpdesk.tickets = vec![closed(1, MAYA, "2025-01-20T00:00:00Z", last_second, last_second)];
    let month = body("2025-01-01T00:00:00-05:00", "2025-01-31T23:59:59-05:00");
    let answer = ask(&Simulator::new([helpdesk]), "total-tickets-closed", &month).await;
    assert_eq!(answer["data"]["data"]["value"], value);
}

#[tokio::test(start_paused = true)]
async fn percentages_have_decimals_in_the_exact_dialect() {
    let simulator = simulator();
    simulator
        .edit("acme", |helpdesk| {
            helpdesk.tickets.push(closed(
                7,
                MAYA,
                "2025-01-10T00:00:00Z",
                "2025-01-10T01:00:00Z",
                "2025-01-10T02:00:00Z",
            ));
            helpdesk.behaviour.dialect = Dialect { legacy_percent: LegacyPercent::Exact, ..Dialect::default() };
        })
        .unwrap();
    let mut body = january();
    body["filters"]["agents"] = json!([MAYA]);
    let value = ask(&simulator, "total-one-touch-tickets", &body).await["data"]["data"]["value"].as_f64().unwrap();
    assert!((value - 200.0 / 3.0).abs() < 1e-9, "{value}");
}

#[rstest]
#[case::series("first-response-time")]
#[case::table("tickets-closed-per-agent")]
#[case::new_name("tickets-closed")]
#[tokio::test(start_paused = true)]
async fn a_name_that_is_not_served_does_not_exist(#[case] name: &str) {
    let reply = post(&simulator(), &format!("/acme/api/stats/{name}"), &january()).await;
    assert_eq!(
        (reply.status, reply.message()),
        (StatusCode::BAD_REQUEST, format!("Statistic '{name}' does not exist."))
    );
}

#[tokio::test(start_paused = true)]
async fn a_retired_legacy_api_has_no_name_at_all() {
    let simulator = simulator();
    simulator.edit("acme", |helpdesk| helpdesk.behaviour.legacy_exists = false).unwrap();
    let reply = post(&simulator, "/acme/api/stats/overview", &january()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.message().contains("does not exist"));
}

/// What the notebook reads agrees with what the reporting API says, agent by agent and month by month.
#[rstest]
#[case::closed("total-tickets-closed", "tickets-closed", "ticketCount")]
#[case::messages("total-messages-sent", "messages-sent", "messagesCount")]
#[case::first_response("median-first-response-time", "first-response-time", "medianFirstResponseTime")]
#[case::resolution("median-resolution-time", "resolution-time", "medianResolutionTime")]
#[tokio::test(start_paused = true)]
async fn both_apis_agree_on_what_they_both_have(#[case] name: &str, #[case] scope: &str, #[case] measure: &str) {
    let mut population = Population::new("acme".parse().unwrap(), "2025-11-24".parse().unwrap()).unwrap();
    (population.months, population.tickets_per_agent_and_month) = (2, 20);
    let mut helpdesk = population.generate().unwrap();
    helpdesk.behaviour.rate_limit = RateLimit::UNLIMITED;
    helpdesk.behaviour.dialect.numbers = Numbers::Number;
    let users = helpdesk.users.clone();
    let simulator = Simulator::new([helpdesk]);
    for (start, end, last_day) in
        [("2025-09-01", "2025-10-01", "2025-09-30"), ("2025-10-01", "2025-11-01", "2025-10-31")]
    {
        let rows = rows(&simulator, &query(scope, None, start, end, "Etc/GMT+5")).await;
        for user in &users {
            let mut body = body(&format!("{start}T00:00:00-05:00"), &format!("{last_day}T23:59:59-05:00"));
            body["filters"]["agents"] = json!([user.id]);
            let legacy = ask(&simulator, name, &body).await["data"]["data"]["value"].clone();
            let absent = if name.starts_with("median") { Value::Null } else { json!(0) };
            let row = rows.iter().find(|row| row["agentId"] == user.id);
            assert_eq!(legacy, row.map_or(absent, |row| row[measure].clone()), "{name} of {:?}", user.name);
        }
    }
}

#[rstest]
#[case::no_filters(json!({}), "filters")]
#[case::no_period(json!({ "filters": {} }), "start_datetime")]
#[case::no_offset(body("2025-01-01T00:00:00", "2025-01-31T23:59:59"), "offset")]
#[case::backwards(body("2025-02-01T00:00:00Z", "2025-01-01T00:00:00Z"), "after the start")]
#[case::unknown_filter(json!({ "filters": { "agent": [7] } }), "agents")]
#[case::query_of_the_other_api(json!({ "query": {} }), "filters")]
#[case::more_than_filters(json!({ "filters": {}, "limit": 30 }), "filters")]
#[tokio::test(start_paused = true)]
async fn a_legacy_body_that_the_contract_does_not_have_is_refused(#[case] body: Value, #[case] expected: &str) {
    let reply = post(&simulator(), "/acme/api/stats/overview", &body).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.message().contains(expected), "{}", reply.message());
}
