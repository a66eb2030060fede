//! The main job: the table is what the tickets imply, and nothing moves that did not change.

use std::collections::BTreeMap;

use helpdelta_simulator::{Helpdesk, Message, Ticket, User};
use jiff::tz::{TimeZone, offset};
use rstest::rstest;
use serde_json::{Map, Value, json};

use crate::oracle::{Expected, expected};
use crate::world::{TODAY, World, helpdesk};

fn found(rows: &[Map<String, Value>], client: &str, channel: &str) -> BTreeMap<(String, i64), Expected> {
    let rows = rows.iter().filter(|row| row["Client"] == client && row["Channel"] == channel);
    rows.map(|row| {
        let count = |column: &str| row[column].as_i64().unwrap_or_else(|| panic!("{column} is {}", row[column]));
        let real = |column: &str| match &row[column] {
            Value::Null => None,
            number => Some(number.as_f64().expect("a number")),
        };
        let key = (row["Month"].as_str().expect("a month").to_owned(), count("Agent_Id"));
        let expected = Expected {
            first_response_time: real("First_Response_Time"),
            one_touch_tickets: count("One_Touch_Tickets"),
            one_touch_rate: real("One_Touch_Rate"),
            closed_tickets: count("Closed_Tickets"),
            messages_sent: count("Messages_Sent"),
            customer_satisfaction: real("Customer_Satisfaction"),
            surveys_scored: count("Surveys_Scored"),
            average_resolution_time: real("Average_Resolution_Time"),
        };
        (key, expected)
    })
    .collect()
}

/// Counts equal, reals to 1e-6, nulls where nulls are due.
fn assert_same(found: &BTreeMap<(String, i64), Expected>, expected: &BTreeMap<(String, i64), Expected>) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (key, expected) in expected {
        let found = &found[key];
        let near = |left: Option<f64>, right: Option<f64>| match (left, right) {
            (Some(left), Some(right)) => (left - right).abs() <= 1e-6,
            (left, right) => left.is_none() && right.is_none(),
        };
        let same = found.one_touch_tickets == expected.one_touch_tickets
            && found.closed_tickets == expected.closed_tickets
            && found.messages_sent == expected.messages_sent
            && found.surveys_scored == expected.surveys_scored
            && near(found.first_response_time, expected.first_response_time)
            && near(found.one_touch_rate, expected.one_touch_rate)
            && near(found.customer_satisfaction, expected.customer_satisfaction)
            && near(found.average_resolution_time, expected.average_resolution_time);
        assert!(same, "{key:?}\nfound    {found:?}\nexpected {expected:?}");
    }
}

#[rstest]
#[case::offset("-05:00", TimeZone::fixed(offset(-5)))]
#[case::summer_time("America/New_York", TimeZone::get("America/New_York").expect("a zone"))]
#[case::east("Europe/Stockholm", TimeZone::get("Europe/Stockholm").expect("a zone"))]
fn the_table_is_what_the_tickets_imply(#[case] timezone: &str, #[case] zone: TimeZone) {
    let helpdesks = [helpdesk("acme", 6), helpdesk("globex", 3)];
    let world = World::new(helpdesks.clone());
    world.settings(&format!("[period]\ntimezone = \"{timezone}\"\n"));
    let roster = format!(
        "Channel,Notes,authentication,CLIENT,Domain\n\"email, chat\",vip,Basic {},Acme,acme\n,,{},Globex Inc,globex\n",
        world.token("acme"),
        world.token("globex"),
    );
    world.roster(&roster);
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &report["status"]), (0, &json!("ok")), "{report:#}");
    let rows = world.rows();
    let today = TODAY.parse().expect("a day");
    let mut nulls = 0;
    for (client, channel, helpdesk) in
        [("Acme", "email", &helpdesks[0]), ("Acme", "chat", &helpdesks[0]), ("Globex Inc", "all", &helpdesks[1])]
    {
        let slug = (channel != "all").then_some(channel);
        let expected = expected(helpdesk, slug, &zone, today, 19);
        assert!(expected.values().any(|row| row.closed_tickets > 0), "the oracle sees no tickets");
        nulls += expected.values().filter(|row| row.customer_satisfaction.is_none()).count();
        assert_same(&found(&rows, client, channel), &expected);
    }
    assert!(nulls > 0, "no month without a survey was tested");
    let counted = rows.len();
    assert_eq!(report["rows"], json!({"inserted": counted, "updated": 0, "unchanged": 0, "kept_newer": 0}));
    assert!(rows.iter().all(|row| row["Source"] == "reporting"));
}

/// A helpdesk of one agent whose messages lie at the edges of months.
fn at_edges(instants: &[&str]) -> Helpdesk {
    let mut helpdesk = Helpdesk::new("edges");
    helpdesk.users.push(User::new(7, "Maya Lind", "maya@getwrrk.com", "agent"));
    for (id, instant) in (1..).zip(instants) {
        let mut ticket = Ticket::opened(id, "email", "2025-01-15T12:00:00Z".parse().expect("an instant"));
        ticket.messages.push(Message::from_agent(7, instant.parse().expect("an instant")));
        helpdesk.tickets.push(ticket);
    }
    helpdesk
}

#[rstest]
#[case::offset("-05:00", &["2025-11-01T04:59:59Z", "2025-11-01T05:00:00Z", "2025-12-01T04:59:59Z", "2025-12-01T05:00:00Z"])]
#[case::summer_time_ends("America/New_York", &["2025-11-01T03:59:59Z", "2025-11-01T04:00:00Z", "2025-12-01T04:59:59Z", "2025-12-01T05:00:00Z"])]
fn an_event_counts_in_its_month_to_the_second(#[case] timezone: &str, #[case] instants: &[&str]) {
    let world = World::new([at_edges(instants)]);
    world.settings(&format!("[period]\ntimezone = \"{timezone}\"\n"));
    assert_eq!(world.sync(&[]).0, 0);
    let rows = world.rows();
    let sent = |month: &str| {
        rows.iter().find(|row| row["Month"] == month).map(|row| row["Messages_Sent"].clone()).expect("a row")
    };
    assert_eq!(
        [sent("2025-10-01"), sent("2025-11-01"), sent("2025-12-01"), sent("2026-01-01")],
        [json!(1), json!(2), json!(1), json!(0)]
    );
}

#[rstest]
#[case::one_agent(1, "email", 30)]
#[case::two_hundred_agents(200, "email", 32)]
#[case::five_channels(4, "email; chat; contact_form; phone; sms", 30)]
fn requests_do_not_grow_with_agents_or_channels(#[case] agents: u32, #[case] channels: &str, #[case] sent: u64) {
    let world = World::new([helpdesk("acme", agents)]);
    world.roster(&format!("Client,Authentication,Channel\nAcme,{},{channels}\n", world.token("acme")));
    let (code, report) = world.sync(&[]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(report["requests"], json!({"sent": sent, "retried": 0, "throttled": 0}));
    assert!(report["entries"].as_array().expect("entries").iter().all(|entry| entry["requests"] == json!(sent)));
}

#[test]
fn a_second_run_is_unchanged_and_writes_not_one_byte_to_the_table() {
    let world = World::new([helpdesk("acme", 4)]);
    let (_, first) = world.sync(&[]);
    let before = world.table_files();
    let (code, second) = world.sync(&[]);
    assert_eq!((code, &second["status"]), (0, &json!("unchanged")));
    assert_eq!(second["table"]["version_before"], first["table"]["version_after"]);
    assert_eq!(second["table"]["version_after"], first["table"]["version_after"]);
    assert_eq!(second["rows"]["unchanged"], first["rows"]["inserted"]);
    assert_eq!(world.table_files(), before);
}

#[test]
fn one_changed_ticket_changes_exactly_the_rows_that_it_touches() {
    let world = World::new([helpdesk("acme", 4)]);
    world.sync(&[]);
    let before = world.rows();
    // A new closed ticket of one agent: its month gains a closed one-touch ticket, a message and both medians.
    let touched = world.simulator.edit("acme", |helpdesk| {
        let agent = helpdesk.users.iter().find(|user| user.name.as_deref() == Some("Søren Müller")).expect("him").id;
        let instant = |text: &str| text.parse().expect("an instant");
        let mut ticket = Ticket::opened(999_999, "email", instant("2026-05-12T12:00:00Z"));
        ticket.assignee = Some(agent);
        ticket.messages.push(Message::from_agent(agent, instant("2026-05-12T12:00:01Z")));
        ticket.closings.push(instant("2026-05-12T12:00:02Z"));
        helpdesk.tickets.push(ticket);
        agent
    });
    let touched = touched.expect("an edit");
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &report["status"]), (0, &json!("ok")));
    assert_eq!(report["rows"]["updated"], json!(1), "{report:#}");
    let after = world.rows();
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(after["Created_Datetime"], before["Created_Datetime"]);
        let is_touched = after["Month"] == "2026-05-01" && after["Agent_Id"] == json!(touched);
        assert_eq!(before != after, is_touched, "{before:?}\n{after:?}");
        if is_touched {
            let count = |row: &Map<String, Value>, column: &str| row[column].as_i64().expect("a count");
            assert_eq!(count(after, "Closed_Tickets"), count(before, "Closed_Tickets") + 1);
            assert!(after["Last_updated_time"].as_str() > before["Last_updated_time"].as_str());
        }
    }
}

#[test]
fn only_the_clients_named_are_asked_and_the_others_stay() {
    let world = World::new([helpdesk("acme", 2), helpdesk("globex", 2)]);
    world.sync(&[]);
    world.simulator.clear_log();
    let (code, report) = world.sync(&["--client", "globex", "--months", "3"]);
    assert_eq!((code, &report["status"]), (0, &json!("unchanged")));
    assert_eq!(report["requests"]["sent"], json!(9));
    assert_eq!(world.simulator.counts("acme").expect("counts").total, 0);
}

#[test]
fn a_run_leaves_a_line_for_each_entry_in_the_runs_table() {
    let world = World::new([helpdesk("acme", 2)]);
    let (_, report) = world.sync(&[]);
    world.sync(&[]);
    let sql = "SELECT * FROM Monthly_Dashboard_Runs ORDER BY Started";
    let lines = world.run(&["query", "--format", "json", sql]).json();
    let lines = lines.as_array().expect("a list");
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["Run_Id"], report["run_id"]);
    assert_eq!(lines.iter().map(|line| &line["Status"]).collect::<Vec<_>>(), ["done", "unchanged"]);
    assert_eq!(lines[0]["Requests"], json!(30));
    assert_eq!(lines[1]["Table_Version"], json!(1));
}

#[test]
fn an_agent_without_activity_has_a_row_for_every_month() {
    let mut helpdesk = Helpdesk::new("quiet");
    helpdesk.users.push(User::new(7, "Maya ", "Maya@GetWrrk.com", "agent"));
    helpdesk.users.push(User::new(8, "Bot", "bot@getwrrk.com", "bot"));
    helpdesk.users.push(User::new(9, "Owner", "owner@quiet.example", "admin"));
    let world = World::new([helpdesk]);
    let (code, _) = world.sync(&["--months", "2"]);
    assert_eq!(code, 0);
    let rows = world.rows();
    assert_eq!(rows.len(), 2);
    for row in &rows {
        assert_eq!((&row["Agent_Name"], &row["Closed_Tickets"]), (&json!("Maya"), &json!(0)));
        assert_eq!((&row["Customer_Satisfaction"], &row["One_Touch_Rate"]), (&Value::Null, &Value::Null));
    }
}
