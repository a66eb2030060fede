//! Users, the account and the log.

use axum::http::StatusCode;
use helpdelta_simulator::{Simulator, User};
use rstest::rstest;
use serde_json::Value;

use crate::support::{acme, at, get, simulator};

fn names(answer: &Value) -> Vec<&str> {
    answer["data"].as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap()).collect()
}

/// The keys of the recorded answer, in its order.
#[tokio::test(start_paused = true)]
async fn users_come_in_the_recorded_shape() {
    let answer = get(&simulator(), "/acme/api/users?limit=1&order_by=created_datetime%3Aasc").await.json();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&answer), ["object", "uri", "data", "meta"]);
    assert_eq!(answer["uri"], "/api/users?limit=1&order_by=created_datetime%3Aasc");
    assert_eq!(keys(&answer["meta"]), ["prev_cursor", "next_cursor", "total_resources"]);
    assert_eq!(
        keys(&answer["data"][0]).join(" "),
        "id active bio created_datetime country deactivated_datetime email external_id firstname has_password \
         has_2fa_enabled lastname language meta name role timezone updated_datetime client_id uri"
    );
    assert_eq!(answer["data"][0]["created_datetime"], "1970-01-01T00:00:00.000000+00:00");
    assert_eq!(answer["data"][0]["role"]["name"], "agent");
}

#[rstest]
#[case::default("", &["Bo Ek", "Client Admin", "Maya Lind"])]
#[case::name_descending("order_by=name:desc", &["Maya Lind", "Client Admin", "Bo Ek"])]
#[case::created_and_then_id("order_by=created_datetime:asc", &["Maya Lind", "Bo Ek", "Client Admin"])]
#[case::email("order_by=email:asc", &["Bo Ek", "Maya Lind", "Client Admin"])]
#[case::role("order_by=role.name:asc", &["Client Admin", "Maya Lind", "Bo Ek"])]
#[case::search_name("search=LIND", &["Maya Lind"])]
#[case::search_email("search=getwrrk", &["Bo Ek", "Maya Lind"])]
#[case::email_is_exact("email=maya@getwrrk.example", &["Maya Lind"])]
#[case::email_is_no_part("email=maya", &[])]
#[case::roles("roles=admin&roles=bot", &["Client Admin"])]
#[case::external_id("external_id=x", &[])]
#[tokio::test(start_paused = true)]
async fn users_can_be_ordered_and_filtered(#[case] parameters: &str, #[case] expected: &[&str]) {
    let answer = get(&simulator(), &format!("/acme/api/users?{parameters}")).await.json();
    assert_eq!(names(&answer), expected);
}

#[rstest]
#[case::limit_zero("limit=0", "1 to 100")]
#[case::limit_too_high("limit=101", "1 to 100")]
#[case::order("order_by=id:asc", "created_datetime:asc")]
#[case::order_without_direction("order_by=name", "name:asc")]
#[case::role("roles=owner", "observer-agent")]
#[case::removed_paging("page=2", "cursor")]
#[case::cursor("cursor=x", "Invalid cursor")]
#[case::boolean("available_first=1", "not a valid boolean")]
#[tokio::test(start_paused = true)]
async fn unknown_parameters_are_refused(#[case] parameters: &str, #[case] expected: &str) {
    let reply = get(&simulator(), &format!("/acme/api/users?{parameters}")).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert!(reply.message().contains(expected), "{}", reply.message());
}

#[rstest]
#[case::default("", 30)]
#[case::most("?limit=100", 100)]
#[tokio::test(start_paused = true)]
async fn users_come_in_pages_that_link_both_ways(#[case] parameters: &str, #[case] size: usize) {
    let mut helpdesk = acme();
    helpdesk.users =
        (0..130).map(|id| User::new(id, &format!("Agent {id:03}"), "x@getwrrk.example", "agent")).collect();
    let simulator = Simulator::new([helpdesk]);
    let first = get(&simulator, &format!("/acme/api/users{parameters}")).await.json();
    assert_eq!(names(&first).len(), size);
    assert_eq!(first["meta"]["prev_cursor"], Value::Null);
    let follow = |cursor: &Value| {
        let cursor: String = url::form_urlencoded::byte_serialize(cursor.as_str().unwrap().as_bytes()).collect();
        let glue = if parameters.is_empty() { "?" } else { "&" };
        format!("/acme/api/users{parameters}{glue}cursor={cursor}")
    };
    let second = get(&simulator, &follow(&first["meta"]["next_cursor"])).await.json();
    assert_eq!(names(&second)[0], format!("Agent {size:03}"));
    let back = get(&simulator, &follow(&second["meta"]["prev_cursor"])).await.json();
    assert_eq!(names(&back), names(&first));
}

#[tokio::test(start_paused = true)]
async fn the_account_names_its_domain_and_its_time_zone() {
    let answer = get(&simulator(), "/acme/api/account").await.json();
    assert_eq!(answer["domain"], "acme");
    assert_eq!(answer["settings"][0]["type"], "business-hours");
    assert_eq!(answer["settings"][0]["data"]["timezone"], "America/New_York");
    assert_eq!(answer["status"]["status"], "active");
}

#[tokio::test(start_paused = true)]
async fn an_edit_is_seen_by_the_next_request_and_not_by_a_snapshot() {
    let simulator = simulator();
    let before = simulator.helpdesk("acme").unwrap();
    simulator
        .edit("acme", |helpdesk| {
            helpdesk.users[0].name = Some("Maya Berg ".to_owned());
            helpdesk.users[0].created = at("2023-04-03T09:12:44.120533Z");
        })
        .unwrap();
    let answer = get(&simulator, "/acme/api/users?search=berg").await.json();
    assert_eq!(names(&answer), ["Maya Berg "]);
    assert_eq!(answer["data"][0]["created_datetime"], "2023-04-03T09:12:44.120533+00:00");
    assert_eq!(before.users[0].name.as_deref(), Some("Maya Lind"));
}

#[tokio::test(start_paused = true)]
async fn the_log_has_every_request_and_no_credential() {
    let simulator = simulator();
    get(&simulator, "/acme/api/users?limit=2").await;
    get(&simulator, "/acme/api/nothing").await;
    get(&simulator, "/nobody/api/users").await;
    let requests = simulator.requests("acme").unwrap();
    let brief: Vec<_> =
        requests.iter().map(|entry| (entry.number, entry.path.as_str(), entry.query.as_str(), entry.status)).collect();
    assert_eq!(brief, [(1, "/api/users", "limit=2", Some(200)), (2, "/api/nothing", "", Some(404))]);
    assert!(!format!("{requests:?}").contains(&acme().token()));
    let counts = simulator.counts("acme").unwrap();
    assert_eq!((counts.total, counts.by_path["/api/users"], counts.by_status[&404]), (2, 1, 1));
    assert_eq!(counts.most_at_once, 1);
    simulator.clear_log();
    assert_eq!(simulator.requests("acme").unwrap(), []);
    assert_eq!(simulator.counts("acme").unwrap().total, 0);
}

#[test]
fn a_helpdesk_that_is_not_there_is_named_in_the_error() {
    let error = simulator().edit("nobody", |_| ()).unwrap_err();
    assert_eq!(error.to_string(), "the simulator has no helpdesk \"nobody\"");
}
