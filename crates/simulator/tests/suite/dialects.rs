//! Each spelling that the contract leaves open, as it arrives.

use helpdelta_simulator::{
    AgentIds, BucketKey, BucketValue, CursorPlace, Dialect, EndOfList, IdleAgents, Numbers, Simulator, UserList,
    UserRole,
};
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{acme, get, post, query, rows};

fn speaking(dialect: Dialect) -> Simulator {
    let mut helpdesk = acme();
    helpdesk.behaviour.dialect = dialect;
    Simulator::new([helpdesk])
}

fn february() -> Value {
    query("first-response-time", Some("firstAgentMessageDatetime"), "2025-02-01", "2025-03-01", "UTC")
}

#[rstest]
#[case::default(
    Dialect::default(),
    r#"{"agentId":8,"firstAgentMessageDatetime":"2025-02-01T00:00:00.000","medianFirstResponseTime":"7200"}"#
)]
#[case::numbers(
    Dialect { numbers: Numbers::Number, agent_ids: AgentIds::Text, ..Dialect::default() },
    r#"{"agentId":"8","firstAgentMessageDatetime":"2025-02-01T00:00:00.000","medianFirstResponseTime":7200}"#
)]
#[case::floats_and_no_milliseconds(
    Dialect { numbers: Numbers::Float, bucket_value: BucketValue::Seconds, ..Dialect::default() },
    r#"{"agentId":8,"firstAgentMessageDatetime":"2025-02-01T00:00:00","medianFirstResponseTime":7200.0}"#
)]
#[case::dotted_key_and_z(
    Dialect { bucket_key: BucketKey::Dotted, bucket_value: BucketValue::MillisecondsZ, ..Dialect::default() },
    r#"{"agentId":8,"firstAgentMessageDatetime.month":"2025-02-01T00:00:00.000Z","medianFirstResponseTime":"7200"}"#
)]
#[case::both_keys(
    Dialect { bucket_key: BucketKey::Both, bucket_value: BucketValue::SecondsZ, ..Dialect::default() },
    r#"{"agentId":8,"firstAgentMessageDatetime":"2025-02-01T00:00:00Z","firstAgentMessageDatetime.month":"2025-02-01T00:00:00Z","medianFirstResponseTime":"7200"}"#
)]
#[case::extra_keys(
    Dialect { extra_keys: true, ..Dialect::default() },
    r#"{"agentId":8,"firstAgentMessageDatetime":"2025-02-01T00:00:00.000","medianFirstResponseTime":"7200","decile":5}"#
)]
#[tokio::test(start_paused = true)]
async fn a_row_is_spelt_in_the_dialect(#[case] dialect: Dialect, #[case] expected: &str) {
    assert_eq!(rows(&speaking(dialect), &february()).await[0].to_string(), expected);
}

#[rstest]
#[case::absent(IdleAgents::Absent, json!([]))]
#[case::null(IdleAgents::NullMeasures, json!({"ticketCount": null}))]
#[case::missing(IdleAgents::NoMeasures, json!({}))]
#[tokio::test(start_paused = true)]
async fn listed_users_to_whom_nothing_happened_have_rows_or_not(#[case] idle_agents: IdleAgents, #[case] more: Value) {
    let simulator = speaking(Dialect { idle_agents, ..Dialect::default() });
    let query = query("tickets-closed", Some("closedDatetime"), "2025-02-01", "2025-04-01", "UTC");
    let idle: Vec<Value> =
        rows(&simulator, &query).await.into_iter().filter(|row| row["ticketCount"].is_null()).collect();
    // Maya and the admin in both months, Bo in the second.
    let expected: Vec<Value> = [(7, 2), (7, 3), (8, 3), (9, 2), (9, 3)]
        .into_iter()
        .map(|(agent_id, month)| {
            let mut row = json!({ "agentId": agent_id, "closedDatetime": format!("2025-0{month}-01T00:00:00.000") });
            row.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
            row
        })
        .filter(|_| idle_agents != IdleAgents::Absent)
        .collect();
    assert_eq!(idle, expected);
}

#[rstest]
#[case::null(EndOfList::Null, CursorPlace::Meta, r#"{"prev_cursor":null,"next_cursor":null}"#)]
#[case::missing(EndOfList::Missing, CursorPlace::Meta, r#"{"prev_cursor":null}"#)]
#[case::empty(EndOfList::Empty, CursorPlace::Meta, r#"{"prev_cursor":null,"next_cursor":""}"#)]
#[tokio::test(start_paused = true)]
async fn the_last_page_says_so_in_the_dialect(
    #[case] end_of_list: EndOfList,
    #[case] cursor_place: CursorPlace,
    #[case] expected: &str,
) {
    let simulator = speaking(Dialect { end_of_list, cursor_place, ..Dialect::default() });
    let answer = post(&simulator, "/acme/api/reporting/stats", &february()).await.json();
    assert_eq!(answer["meta"].to_string(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_cursor_can_stand_beside_the_data() {
    let simulator = speaking(Dialect { cursor_place: CursorPlace::TopLevel, ..Dialect::default() });
    let answer = get(&simulator, "/acme/api/users?limit=1").await.json();
    assert!(answer["next_cursor"].is_string());
    assert_eq!(answer.get("meta"), None);
}

#[tokio::test(start_paused = true)]
async fn answers_may_have_keys_that_nobody_asked_for() {
    let simulator = speaking(Dialect { extra_keys: true, ..Dialect::default() });
    let answer = post(&simulator, "/acme/api/reporting/stats", &february()).await.json();
    assert_eq!(answer["query"], february());
    assert!(answer["annotation"].is_object());
}

#[tokio::test(start_paused = true)]
async fn users_can_be_a_bare_array() {
    let simulator = speaking(Dialect { user_list: UserList::BareArray, ..Dialect::default() });
    let answer = get(&simulator, "/acme/api/users?limit=100").await.json();
    assert_eq!(answer.as_array().map(Vec::len), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_role_can_be_a_list() {
    let simulator = speaking(Dialect { user_role: UserRole::List, ..Dialect::default() });
    let answer = get(&simulator, "/acme/api/users").await.json();
    assert_eq!(answer["data"][0]["roles"], json!([{ "name": "agent" }]));
    assert_eq!(answer["data"][0].get("role"), None);
}
