//! Statistics by agent and month.

use helpdelta_core::Statistic;
use helpdelta_simulator::{Bucketing, Message, Population, RateLimit, Simulator};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{BO, GONE, MAYA, acme, at, closed, filtered, post, query, rows, simulator, survey};

const JANUARY: &str = "2025-01-01T00:00:00.000";
const MARCH: &str = "2025-03-01T00:00:00.000";

/// `agent month measure...`, with `-` for null, to compare whole answers at a glance.
fn brief(rows: &[Value]) -> Vec<String> {
    let word = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.strip_suffix("T00:00:00.000").unwrap_or(text).to_owned(),
        other => other.to_string(),
    };
    let line = |row: &Value| row.as_object().unwrap().values().map(word).collect::<Vec<_>>().join(" ");
    rows.iter().map(line).collect()
}

#[rstest]
#[case::first_response(
    Statistic::FirstResponseTime,
    &["7 2025-01-01 1200", "8 2025-01-01 3600", "8 2025-02-01 7200", "99 2025-01-01 300"]
)]
#[case::one_touch(
    Statistic::OneTouchTickets,
    &["7 2025-01-01 1", "8 2025-02-01 1", "99 2025-01-01 1", "- 2025-01-01 1"]
)]
#[case::closed(Statistic::ClosedTickets, &["7 2025-01-01 2", "8 2025-02-01 1", "99 2025-01-01 1", "- 2025-01-01 1"])]
#[case::messages(
    Statistic::MessagesSent,
    &["7 2025-01-01 3", "8 2025-01-01 1", "8 2025-02-01 1", "99 2025-01-01 1"]
)]
#[case::surveys(Statistic::SatisfactionSurveys, &["7 2025-01-01 5 1", "8 2025-02-01 3 1"])]
#[tokio::test(start_paused = true)]
async fn a_statistic_is_credited_to_its_agent_in_the_month_of_its_event(
    #[case] statistic: Statistic,
    #[case] expected: &[&str],
) {
    let definition = statistic.definition();
    let query = query(definition.scope, definition.month_dimension, JANUARY, MARCH, "UTC");
    assert_eq!(brief(&rows(&simulator(), &query).await), expected);
}

#[tokio::test(start_paused = true)]
async fn resolution_time_of_one_month_has_a_row_for_each_agent() {
    let query = query("resolution-time", None, JANUARY, "2025-02-01", "UTC");
    assert_eq!(brief(&rows(&simulator(), &query).await), ["7 5400", "99 360", "- 7200"]);
}

/// Ticket 3 was closed in February and created in January: the filter tests the one, the bucket shows the other.
#[tokio::test(start_paused = true)]
async fn resolution_time_by_creation_has_a_bucket_before_the_period() {
    let query = query("resolution-time", Some("createdDatetime"), "2025-02-01", "2025-03-01", "UTC");
    assert_eq!(brief(&rows(&simulator(), &query).await), ["8 2025-01-01 7200"]);
}

#[rstest]
#[case::offset_last_second("Etc/GMT+5", "2025-03-01T04:59:59Z", "2025-02-01")]
#[case::offset_first_second("Etc/GMT+5", "2025-03-01T05:00:00Z", "2025-03-01")]
#[case::before_summer_time("America/New_York", "2025-03-01T04:59:59Z", "2025-02-01")]
#[case::in_summer_time_last_second("America/New_York", "2025-04-01T03:59:59Z", "2025-03-01")]
#[case::in_summer_time_first_second("America/New_York", "2025-04-01T04:00:00Z", "2025-04-01")]
#[case::utc("UTC", "2025-03-01T04:59:59Z", "2025-03-01")]
#[tokio::test(start_paused = true)]
async fn the_edge_of_a_month_is_that_of_the_zone_to_the_second(
    #[case] zone: &str,
    #[case] moment: &str,
    #[case] month: &str,
) {
    let mut helpdesk = acme();
    let mut ticket = closed(1, MAYA, "2025-02-20T00:00:00Z", moment, moment);
    ticket.survey = survey(moment, Some(4));
    helpdesk.tickets = vec![ticket];
    let simulator = Simulator::new([helpdesk]);
    for statistic in Statistic::ALL {
        let definition = statistic.definition();
        if let Some(dimension) = definition.month_dimension {
            let rows = rows(&simulator, &query(definition.scope, Some(dimension), JANUARY, "2025-06-01", zone)).await;
            assert_eq!(rows[0][dimension], format!("{month}T00:00:00.000"), "{statistic}");
        }
        let next = helpdelta_core::Month::from_bucket(month).unwrap().next().first_day().to_string();
        let alone = rows(&simulator, &query(definition.scope, None, month, &next, zone)).await;
        assert_eq!(alone.len(), 1, "{statistic} in its month alone");
        let after = rows(&simulator, &query(definition.scope, None, &next, "2025-08-01", zone)).await;
        assert_eq!(after, Vec::<Value>::new(), "{statistic} after its month");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reopened_ticket_leaves_its_month_and_comes_back_in_that_of_its_last_closing() {
    let simulator = simulator();
    let query = query("tickets-closed", Some("closedDatetime"), JANUARY, MARCH, "UTC");
    let edit = |change: fn(&mut helpdelta_simulator::Ticket)| {
        simulator.edit("acme", |helpdesk| change(helpdesk.ticket_mut(1).unwrap())).unwrap();
    };
    edit(|ticket| ticket.reopenings.push(at("2025-02-03T00:00:00Z")));
    assert!(brief(&rows(&simulator, &query).await).contains(&"7 2025-01-01 1".to_owned()));
    edit(|ticket| ticket.closings.push(at("2025-02-04T00:00:00Z")));
    let again = brief(&rows(&simulator, &query).await);
    assert_eq!(&again[..2], ["7 2025-01-01 1", "7 2025-02-01 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_changes_the_month_in_which_the_survey_was_sent_and_nothing_else() {
    let simulator = simulator();
    simulator
        .edit("acme", |helpdesk| helpdesk.ticket_mut(2).unwrap().survey = survey("2025-01-20T00:00:00Z", None))
        .unwrap();
    let query = query("satisfaction-surveys", Some("sentDatetime"), JANUARY, MARCH, "UTC");
    assert_eq!(brief(&rows(&simulator, &query).await), ["7 2025-01-01 5 1", "8 2025-02-01 3 1"]);
    simulator
        .edit("acme", |helpdesk| {
            let survey = helpdesk.ticket_mut(2).unwrap().survey.as_mut().unwrap();
            (survey.score, survey.answered) = (Some(4), Some(at("2025-02-20T00:00:00Z")));
        })
        .unwrap();
    assert_eq!(brief(&rows(&simulator, &query).await), ["7 2025-01-01 4.5 2", "8 2025-02-01 3 1"]);
}

#[rstest]
#[case::email("channel", json!(["email"]), &["7 1", "99 1", "- 1"])]
#[case::two_channels("channel", json!(["email", "chat"]), &["7 2", "99 1", "- 1"])]
#[case::channel_nobody_has("channel", json!(["sms"]), &[])]
#[case::unknown_channel("channel", json!(["no-such"]), &[])]
#[case::one_agent("agentId", json!([7]), &["7 2"])]
#[case::two_agents("agentId", json!([99, 7]), &["7 2", "99 1"])]
#[tokio::test(start_paused = true)]
async fn filters_leave_out_what_they_do_not_name(
    #[case] member: &str,
    #[case] values: Value,
    #[case] expected: &[&str],
) {
    let query = filtered(query("tickets-closed", None, JANUARY, "2025-02-01", "UTC"), member, values);
    assert_eq!(brief(&rows(&simulator(), &query).await), expected);
}

#[tokio::test(start_paused = true)]
async fn rows_have_exactly_what_was_asked_for_in_its_order() {
    let mut query = query("tickets-closed", Some("closedDatetime"), JANUARY, "2025-02-01", "UTC");
    query["query"]["dimensions"] = json!(["channel", "agentId"]);
    let rows = rows(&simulator(), &query).await;
    let expected = r#"{"channel":"chat","agentId":7,"closedDatetime":"2025-01-01T00:00:00.000","ticketCount":"1"}"#;
    assert_eq!(rows[0].to_string(), expected);
    assert_eq!(rows.len(), 4);
    query["query"]["dimensions"] = json!([]);
    query["query"].as_object_mut().unwrap().remove("time_dimensions");
    assert_eq!(brief(&crate::support::rows(&simulator(), &query).await), ["4"]);
}

#[rstest]
#[case::hour("hour", "2025-01-06T12:00:00.000")]
#[case::day("day", "2025-01-06T00:00:00.000")]
#[case::week("week", "2025-01-06T00:00:00.000")]
#[case::month("month", "2025-01-01T00:00:00.000")]
#[tokio::test(start_paused = true)]
async fn every_granularity_has_its_buckets(#[case] granularity: &str, #[case] expected: &str) {
    let mut query = query("tickets-closed", Some("closedDatetime"), JANUARY, "2025-02-01", "UTC");
    query["query"]["time_dimensions"][0]["granularity"] = json!(granularity);
    assert_eq!(rows(&simulator(), &query).await[0]["closedDatetime"], expected);
}

#[rstest]
#[case::descending(json!([["ticketCount", "desc"]]), &["7 2", "99 1", "- 1"])]
#[case::ascending(json!([["ticketCount", "asc"]]), &["99 1", "- 1", "7 2"])]
#[tokio::test(start_paused = true)]
async fn rows_can_be_ordered_by_a_measure(#[case] order: Value, #[case] expected: &[&str]) {
    let mut query = query("tickets-closed", None, JANUARY, "2025-02-01", "UTC");
    query["query"]["order"] = order;
    assert_eq!(brief(&rows(&simulator(), &query).await), expected);
}

#[tokio::test(start_paused = true)]
async fn both_names_of_the_first_response_measure_are_seconds() {
    let mut query = query("first-response-time", None, JANUARY, "2025-02-01", "UTC");
    query["query"]["measures"] = json!(["medianFirstResponseTime", "medianFirstResponseTimeInSeconds"]);
    assert_eq!(brief(&rows(&simulator(), &query).await)[0], "7 1200 1200");
}

#[tokio::test(start_paused = true)]
async fn a_rules_message_is_credited_to_nobody() {
    let simulator = simulator();
    simulator
        .edit("acme", |helpdesk| {
            helpdesk.ticket_mut(1).unwrap().messages.push(Message::from_rule(at("2025-01-06T10:01:00Z")));
        })
        .unwrap();
    let query = query("messages-sent", None, JANUARY, "2025-02-01", "UTC");
    assert_eq!(brief(&rows(&simulator, &query).await), ["7 3", "8 1", "99 1", "- 1"]);
}

/// Months of a made-up account: pages of 30 unless told otherwise, and all of them make the one big page.
#[tokio::test(start_paused = true)]
async fn a_forgotten_limit_gives_thirty_rows_and_cursors_give_the_rest() {
    let mut population = Population::new("acme".parse().unwrap(), "2025-11-24".parse().unwrap()).unwrap();
    (population.months, population.tickets_per_agent_and_month) = (8, 10);
    let simulator = Simulator::new([population.generate().unwrap()]);
    let query = query("messages-sent", Some("sentDatetime"), "2025-03-01", "2025-11-01", "Etc/GMT+5");
    let whole = rows(&simulator, &query).await;
    let (mut pages, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let parameters = match cursor.as_str() {
            None => String::new(),
            Some(cursor) => {
                let escaped: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
                format!("?cursor={escaped}")
            }
        };
        let answer = post(&simulator, &format!("/acme/api/reporting/stats{parameters}"), &query).await.json();
        pages.push(answer["data"].as_array().unwrap().clone());
        cursor = answer["meta"]["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert!(whole.len() > 60, "{} rows", whole.len());
    assert_eq!(pages[0].len(), 30);
    assert_eq!(pages.concat(), whole);
}

#[tokio::test(start_paused = true)]
async fn buckets_cut_in_utc_differ_from_months_asked_alone_and_truthful_ones_do_not() {
    let mut population = Population::new("acme".parse().unwrap(), "2025-11-24".parse().unwrap()).unwrap();
    (population.months, population.tickets_per_agent_and_month) = (3, 10);
    let mut helpdesk = population.generate().unwrap();
    helpdesk.behaviour.rate_limit = RateLimit::UNLIMITED;
    let simulator = Simulator::new([helpdesk]);
    for (bucketing, differs) in [(Bucketing::Truthful, false), (Bucketing::InUtc, true)] {
        simulator.edit("acme", |helpdesk| helpdesk.behaviour.bucketing = bucketing).unwrap();
        let mut alone = Vec::new();
        for (start, end) in [("2025-08-01", "2025-09-01"), ("2025-09-01", "2025-10-01"), ("2025-10-01", "2025-11-01")] {
            for row in rows(&simulator, &query("tickets-closed", None, start, end, "Etc/GMT+5")).await {
                alone.push(format!("{} {start} {}", row["agentId"], row["ticketCount"]));
            }
        }
        let bucketed = query("tickets-closed", Some("closedDatetime"), "2025-08-01", "2025-11-01", "Etc/GMT+5");
        let mut together: Vec<String> = rows(&simulator, &bucketed)
            .await
            .iter()
            .map(|row| {
                let month = &row["closedDatetime"].as_str().unwrap()[..10];
                format!("{} {month} {}", row["agentId"], row["ticketCount"])
            })
            .collect();
        alone.sort();
        together.sort();
        assert_eq!(alone != together, differs, "{bucketing:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn old_tickets_are_one_touch_unless_the_account_leaves_them_out() {
    let simulator = simulator();
    simulator
        .edit("acme", |helpdesk| {
            let old = closed(7, BO, "2024-06-01T00:00:00Z", "2024-06-02T00:00:00Z", "2025-01-10T00:00:00Z");
            helpdesk.tickets = vec![old];
        })
        .unwrap();
    let query = query("one-touch-tickets", None, JANUARY, "2025-02-01", "UTC");
    assert_eq!(brief(&rows(&simulator, &query).await), ["8 1"]);
    simulator.edit("acme", |helpdesk| helpdesk.behaviour.one_touch_ignores_old_tickets = true).unwrap();
    assert_eq!(rows(&simulator, &query).await, Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn an_id_that_no_user_has_is_reported_all_the_same() {
    let query = query("tickets-closed", None, JANUARY, "2025-02-01", "UTC");
    assert!(rows(&simulator(), &query).await.iter().any(|row| row["agentId"] == GONE));
}
