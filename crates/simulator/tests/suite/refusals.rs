//! Every 400 of the contract, and the answers that say no before it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use helpdelta_core::Statistic;
use helpdelta_simulator::UnknownChannel;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{acme, filtered, get, post, query, request, send, simulator};

fn good() -> Value {
    query("tickets-closed", Some("closedDatetime"), "2025-01-01", "2025-11-01", "Europe/Stockholm")
}

/// The good query with one place of `query` changed; `null` removes it.
fn with(pointer: &str, value: Value) -> Value {
    let mut body = good();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body["query"].pointer_mut(parent).expect("the place exists");
    match parent {
        Value::Object(map) if value.is_null() => drop(map.remove(name)),
        Value::Object(map) => drop(map.insert(name.to_owned(), value)),
        Value::Array(list) => list[name.parse::<usize>().unwrap()] = value,
        _ => panic!("no container at {pointer}"),
    }
    body
}

#[tokio::test(start_paused = true)]
async fn the_query_that_the_others_are_variations_of_is_good() {
    assert_eq!(post(&simulator(), "/acme/api/reporting/stats", &good()).await.status, StatusCode::OK);
}

#[rstest]
#[case::no_scope("/scope", Value::Null, "query.scope: Missing data for required field.")]
#[case::no_filters("/filters", Value::Null, "query.filters: Missing data for required field.")]
#[case::no_timezone("/timezone", Value::Null, "query.timezone: Missing data for required field.")]
#[case::scope("/scope", json!("closed-tickets"), "tickets-closed, messages-sent")]
#[case::measure("/measures", json!(["ticketsCount"]), "ticketCount")]
#[case::measure_of_another_scope("/measures", json!(["messagesCount"]), "ticketCount")]
#[case::dotted_measure("/measures", json!(["TicketMessagesEnriched.ticketCount"]), "ticketCount")]
#[case::dimension("/dimensions", json!(["teamId"]), "agentId, channel")]
#[case::dimension_not_simulated("/dimensions", json!(["ticketId"]), "this simulator does not have it")]
#[case::dimension_twice("/dimensions", json!(["agentId", "agentId"]), "different strings")]
#[case::time_dimension("/time_dimensions/0/dimension", json!("sentDatetime"), "closedDatetime, createdDatetime")]
#[case::granularity("/time_dimensions/0/granularity", json!("quarter"), "hour, day, week, month")]
#[case::no_granularity("/time_dimensions/0/granularity", Value::Null, "time_dimensions")]
#[case::unknown_key("/timeDimensions", json!([]), "time_dimensions")]
#[case::member("/filters/0/member", json!("start_date"), "periodStart, periodEnd, channel, agentId")]
#[case::member_not_simulated("/filters/0/member", json!("teamId"), "this simulator does not have it")]
#[case::operator("/filters/0/operator", json!("gte"), "afterDate, beforeDate")]
#[case::operator_of_another_member("/filters/0/operator", json!("beforeDate"), "operator 'afterDate'")]
#[case::no_values("/filters/0/values", Value::Null, "list of values")]
#[case::two_values("/filters/0/values", json!(["2025-01-01", "2025-01-02"]), "one wall-clock value")]
#[case::z("/filters/0/values", json!(["2025-01-01T00:00:00.000Z"]), "without an offset")]
#[case::offset("/filters/0/values", json!(["2025-01-01T00:00:00-05:00"]), "without an offset")]
#[case::epoch("/filters/0/values", json!([1_735_689_600]), "without an offset")]
#[case::zone_as_offset("/timezone", json!("-05:00"), "not an IANA time zone")]
#[case::unknown_zone("/timezone", json!("Mars/Olympus"), "not an IANA time zone")]
#[case::too_long("/filters/1/values", json!(["2026-01-03"]), "Maximum allowed period size is 366 days")]
#[case::empty_period("/filters/1/values", json!(["2025-01-01"]), "The period is empty")]
#[case::period_twice("/filters/1", json!({"member": "periodStart", "operator": "afterDate", "values": ["2025-01-01"]}),
    "given once")]
#[case::order_by_agent("/order", json!([["agentId", "asc"]]), "ticketCount, closedDatetime, createdDatetime")]
#[case::order_direction("/order", json!([["ticketCount", "down"]]), "'asc' or 'desc'")]
#[case::order_by_what_is_not_asked("/order", json!([["createdDatetime", "asc"]]), "not part of the query")]
#[tokio::test(start_paused = true)]
async fn a_query_that_the_contract_does_not_have_is_refused_and_the_text_names_what_it_has(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] expected: &str,
) {
    let reply = post(&simulator(), "/acme/api/reporting/stats", &with(pointer, value)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text);
    assert!(reply.message().contains(expected), "{}", reply.message());
}

#[rstest]
#[case::start("periodStart")]
#[case::end("periodEnd")]
#[tokio::test(start_paused = true)]
async fn a_query_without_a_period_is_refused(#[case] member: &str) {
    let mut body = good();
    body["query"]["filters"].as_array_mut().unwrap().retain(|filter| filter["member"] != member);
    let reply = post(&simulator(), "/acme/api/reporting/stats", &body).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.message().contains(member));
}

#[tokio::test(start_paused = true)]
async fn a_period_of_exactly_366_days_is_the_longest() {
    let longest = with("/filters/1/values", json!(["2026-01-02"]));
    assert_eq!(post(&simulator(), "/acme/api/reporting/stats", &longest).await.status, StatusCode::OK);
}

#[rstest]
#[case::agents_as_texts("agentId", json!(["7"]), "whole numbers")]
#[case::channels_as_numbers("channel", json!([1]), "strings")]
#[case::empty_list("channel", json!([]), "list of values")]
#[tokio::test(start_paused = true)]
async fn filter_values_have_the_documented_type(#[case] member: &str, #[case] values: Value, #[case] expected: &str) {
    let reply = post(&simulator(), "/acme/api/reporting/stats", &filtered(good(), member, values)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.message().contains(expected), "{}", reply.message());
}

#[rstest]
#[case::zero("limit=0", "1 to 10000")]
#[case::too_many("limit=10001", "1 to 10000")]
#[case::no_number("limit=all", "1 to 10000")]
#[case::misspelt("limits=10", "limit, cursor")]
#[case::twice("limit=10&limit=20", "more than once")]
#[case::cursor("cursor=nonsense", "Invalid cursor")]
#[tokio::test(start_paused = true)]
async fn parameters_have_the_documented_range(#[case] parameters: &str, #[case] expected: &str) {
    let reply = post(&simulator(), &format!("/acme/api/reporting/stats?{parameters}"), &good()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.message().contains(expected), "{}", reply.message());
}

#[tokio::test(start_paused = true)]
async fn a_cursor_with_another_body_is_refused() {
    let simulator = simulator();
    let first = post(&simulator, "/acme/api/reporting/stats?limit=1", &good()).await.json();
    let cursor = first["meta"]["next_cursor"].as_str().unwrap();
    let cursor: String = url::form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
    let address = format!("/acme/api/reporting/stats?limit=1&cursor={cursor}");
    assert_eq!(post(&simulator, &address, &good()).await.status, StatusCode::OK);
    let other = with("/timezone", json!("UTC"));
    assert_eq!(post(&simulator, &address, &other).await.status, StatusCode::BAD_REQUEST);
}

#[rstest]
#[case::no_outer_query("application/json", r#"{"scope":"tickets-closed"}"#)]
#[case::outer_key("application/json", r#"{"query":{},"limit":10}"#)]
#[case::list("application/json", "[]")]
#[case::no_json("application/json", "{")]
#[case::form("application/x-www-form-urlencoded", "{}")]
#[tokio::test(start_paused = true)]
async fn a_body_that_is_no_query_is_refused(#[case] content_type: &str, #[case] body: &'static str) {
    let token = acme().token();
    let request = Request::post("/acme/api/reporting/stats")
        .header("Authorization", format!("Basic {token}"))
        .header("Content-Type", content_type)
        .body(Body::from(body))
        .unwrap();
    assert_eq!(send(&simulator(), request).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_channel_is_refused_by_an_account_that_does_so() {
    let simulator = simulator();
    simulator.edit("acme", |helpdesk| helpdesk.behaviour.unknown_channel = UnknownChannel::Refused).unwrap();
    let ask = |slug: &str| filtered(good(), "channel", json!([slug]));
    let unknown = post(&simulator, "/acme/api/reporting/stats", &ask("e-mail")).await;
    assert_eq!((unknown.status, unknown.message().contains("contact_form")), (StatusCode::BAD_REQUEST, true));
    assert_eq!(post(&simulator, "/acme/api/reporting/stats", &ask("sms")).await.status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_statistic_outside_the_plan_is_forbidden_in_both_apis_and_the_others_are_not() {
    let simulator = simulator();
    simulator.edit("acme", |helpdesk| helpdesk.behaviour.refused_statistics = vec![Statistic::ClosedTickets]).unwrap();
    assert_eq!(post(&simulator, "/acme/api/reporting/stats", &good()).await.status, StatusCode::FORBIDDEN);
    let one_touch = with("/scope", json!("one-touch-tickets"));
    assert_eq!(post(&simulator, "/acme/api/reporting/stats", &one_touch).await.status, StatusCode::OK);
    let period = json!({ "start_datetime": "2025-01-01T00:00:00Z", "end_datetime": "2025-01-31T23:59:59Z" });
    let legacy = json!({ "filters": { "period": period } });
    let reply = post(&simulator, "/acme/api/stats/total-tickets-closed", &legacy).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
}

#[rstest]
#[case::missing(None)]
#[case::other_scheme(Some("Bearer {token}"))]
#[case::other_token(Some("Basic bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0"))]
#[case::raw_key(Some("Basic api@acme.example:acme-made-up-key"))]
#[case::no_scheme(Some("{token}"))]
#[tokio::test(start_paused = true)]
async fn a_wrong_credential_is_unauthorized_and_takes_nothing_from_the_bucket(#[case] header: Option<&str>) {
    let simulator = simulator();
    let mut request = Request::get("/acme/api/users");
    if let Some(header) = header {
        request = request.header("Authorization", header.replace("{token}", &acme().token()));
    }
    let reply = send(&simulator, request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(reply.text, r#"{"error":{"msg":"Unauthorized."}}"#);
    assert_eq!(reply.header("x-gorgias-account-api-call-limit"), Some("0/40"));
}

#[rstest]
#[case::users(Method::POST, "/acme/api/users", "GET")]
#[case::account(Method::DELETE, "/acme/api/account", "GET")]
#[case::reporting(Method::GET, "/acme/api/reporting/stats", "POST")]
#[case::legacy(Method::PUT, "/acme/api/stats/overview", "POST")]
#[tokio::test(start_paused = true)]
async fn another_method_is_not_allowed(#[case] method: Method, #[case] path: &str, #[case] allowed: &str) {
    let simulator = simulator();
    let reply = send(&simulator, request(&simulator, method, path, None)).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(reply.message(), "The specified HTTP method is not allowed.");
    assert_eq!(reply.header("allow"), Some(allowed));
}

#[rstest]
#[case::unknown("/acme/api/ticket")]
#[case::user_zero("/acme/api/users/0")]
#[case::doubled("/acme/acme/api/users")]
#[case::only_the_domain("/acme")]
#[tokio::test(start_paused = true)]
async fn an_unknown_path_is_not_found_in_json(#[case] path: &str) {
    let reply = get(&simulator(), path).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert_eq!(reply.message(), "Resource not found.");
}

#[rstest]
#[case::path("/nobody/api/users")]
#[case::bare("/nobody")]
#[tokio::test(start_paused = true)]
async fn an_unknown_domain_is_an_html_page_without_limit_headers(#[case] path: &str) {
    let reply = get(&simulator(), path).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    assert!(reply.header("content-type").unwrap().starts_with("text/html"));
    assert!(reply.text.starts_with("<!DOCTYPE html>"));
    assert_eq!(reply.header("x-gorgias-account-api-call-limit"), None);
}
