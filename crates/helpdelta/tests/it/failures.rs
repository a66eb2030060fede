//! What fails fails alone, says why, and leaves what was there.

use helpdelta_simulator::{Action, Fault};
use serde_json::{Value, json};

use crate::world::{World, helpdesk};

fn entry<'a>(report: &'a Value, client: &str) -> &'a Value {
    let entries = report["entries"].as_array().expect("entries");
    entries.iter().find(|entry| entry["client"] == client).expect("an entry")
}

#[test]
fn broken_accounts_fail_alone_and_their_rows_stay() {
    let domains = ["acme", "globex", "initech", "umbrella"];
    let world = World::new(domains.map(|domain| helpdesk(domain, 2)));
    let roster = |wrong_token: &str, unknown: &str| {
        format!(
            "Client,Authentication,Channel,Domain\nAcme,{},all,acme\nGlobex,{wrong_token},all,globex\n\
             Initech,{},all,{unknown}\nUmbrella,{},all,umbrella\n",
            world.token("acme"),
            world.token("initech"),
            world.token("umbrella"),
        )
    };
    world.roster(&roster(&world.token("globex"), "initech"));
    assert_eq!(world.sync(&[]).0, 0);
    let before = world.rows();

    world.roster(&roster("bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==", "no-such-helpdesk"));
    world.simulator.inject(Fault::new("umbrella", "/api/reporting/stats", Action::error(500, "boom")));
    let instant = |text: &str| text.parse().expect("an instant");
    let edited = world.simulator.edit("acme", |helpdesk| {
        let agent =
            helpdesk.users.iter().find(|user| user.email.as_deref().is_some_and(|email| email.contains("getwrrk")));
        let agent = agent.expect("an agent").id;
        let mut ticket = helpdelta_simulator::Ticket::opened(999_999, "email", instant("2026-05-12T12:00:00Z"));
        ticket.messages.push(helpdelta_simulator::Message::from_agent(agent, instant("2026-05-12T13:00:00Z")));
        helpdesk.tickets.push(ticket);
    });
    edited.expect("an edit");
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &report["status"]), (3, &json!("partial")), "{report:#}");
    assert_eq!(entry(&report, "Acme")["status"], "done");
    for (client, code, hint) in [
        ("Globex", "unauthorized", "Authentication cell"),
        ("Initech", "unknown_domain", "Domain column"),
        ("Umbrella", "server_error", "run again later"),
    ] {
        let entry = entry(&report, client);
        let domain = entry["domain"].as_str().expect("a domain");
        assert_eq!((&entry["status"], &entry["error"]["code"]), (&json!("failed"), &json!(code)));
        assert!(entry["error"]["message"].as_str().expect("a message").contains(domain), "{entry:#}");
        assert!(entry["error"]["hint"].as_str().expect("a hint").contains(hint), "{entry:#}");
    }
    let after = world.rows();
    assert_eq!(before.len(), after.len());
    for (before, after) in before.iter().zip(&after) {
        assert!(before == after || after["Client"] == "Acme", "{before:?}\n{after:?}");
    }
    assert_ne!(before, after);
}

#[test]
fn when_every_account_fails_no_table_is_made_and_the_runs_table_says_so() {
    let world = World::new([helpdesk("acme", 2)]);
    world.simulator.inject(Fault::new("acme", "/api/users", Action::error(403, "No permission.")));
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &report["status"]), (3, &json!("failed")));
    assert_eq!(report["table"]["version_after"], Value::Null);
    assert!(!world.table().exists());
    assert!(world.path("lakehouse/Monthly_Dashboard_Runs/_delta_log").exists());
}

#[test]
fn an_answer_that_cannot_be_true_fails_the_entry_and_stores_nothing() {
    let world = World::new([helpdesk("acme", 2)]);
    let body = r#"{"data":[{"agentId":1,"closedDatetime":"2026-05-01","ticketCount":"many"}]}"#.to_owned();
    let response = helpdelta_simulator::CannedResponse { status: 200, headers: vec![], retry_after: None, body };
    let fault = Fault::new("acme", "/api/reporting/stats", Action::Respond(response)).body_contains("tickets-closed");
    world.simulator.inject(fault);
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &entry(&report, "acme")["error"]["code"]), (3, &json!("unexpected_answer")), "{report:#}");
    assert!(!world.table().exists());
}

#[test]
fn a_slow_account_holds_nobody_up_and_ends_with_its_time() {
    let world = World::new([helpdesk("acme", 2), helpdesk("slow", 2)]);
    world.settings("account_timeout_secs = 6\n");
    world.simulator.inject(Fault::new("slow", "/api/reporting/stats", Action::NeverAnswer));
    let (code, report) = world.sync(&[]);
    assert_eq!(code, 3);
    assert_eq!(entry(&report, "acme")["status"], "done");
    assert_eq!(entry(&report, "slow")["error"]["code"], "time_limit");
}

#[test]
fn a_second_writer_is_told_to_wait() {
    let world = World::new([helpdesk("acme", 2)]);
    std::fs::create_dir_all(world.path("lakehouse")).expect("a folder");
    let lock = std::fs::File::create(world.path("lakehouse/Monthly_Dashboard.lock")).expect("a file");
    lock.lock().expect("the lock");
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &report["error"]["code"]), (5, &json!("locked")), "{report:#}");
    assert_eq!(world.simulator.counts("acme").expect("counts").total, 0);
}

#[test]
fn a_helpdesk_without_agents_beside_others_is_done_and_says_so() {
    let world = World::new([helpdesk("acme", 2), helpdesk("globex", 2)]);
    let nobody = world.simulator.edit("acme", |helpdesk| {
        helpdesk
            .users
            .retain(|user| user.email.as_deref().is_some_and(|email| !email.to_lowercase().contains("getwrrk")))
    });
    nobody.expect("an edit");
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &report["status"]), (0, &json!("ok")));
    let warnings = entry(&report, "acme")["warnings"].to_string();
    assert!(warnings.contains("none of the") && warnings.contains("getwrrk"), "{warnings}");
}

#[test]
fn a_run_that_finds_no_agent_anywhere_has_failed() {
    let world = World::new([helpdesk("acme", 2)]);
    world.settings("agent_email_contains = \"nobody\"\n");
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &entry(&report, "acme")["error"]["code"]), (3, &json!("no_agents")), "{report:#}");
}

#[test]
fn a_slow_account_at_the_head_of_a_full_line_holds_nobody_up() {
    let world = World::new([helpdesk("slow", 1), helpdesk("acme", 1), helpdesk("globex", 1)]);
    world.settings("max_parallel_accounts = 2\naccount_timeout_secs = 8\n");
    world.simulator.inject(Fault::new("slow", "/api/users", Action::NeverAnswer));
    let (code, report) = world.sync(&[]);
    assert_eq!(code, 3);
    assert_eq!(entry(&report, "slow")["error"]["code"], "time_limit");
    let last = |domain: &str| world.simulator.requests(domain).expect("a log").last().expect("a request").arrived;
    let begun = world.simulator.requests("slow").expect("a log")[0].arrived;
    assert!(last("globex").saturating_sub(begun) < std::time::Duration::from_secs(8), "it waited for the slow one");
}

#[test]
fn a_statistic_that_alone_is_refused_keeps_what_the_table_had() {
    let world = World::new([helpdesk("acme", 3)]);
    assert_eq!(world.sync(&[]).0, 0);
    let before = world.rows();
    let fault = Fault::new("acme", "/api/reporting/stats", Action::error(403, "Not in your plan."));
    world.simulator.inject(fault.body_contains("satisfaction-surveys"));
    let (code, report) = world.sync(&[]);
    assert_eq!((code, &report["status"]), (0, &json!("unchanged")), "{report:#}");
    let unavailable = json!(["Customer_Satisfaction", "Surveys_Scored"]);
    assert_eq!(entry(&report, "acme")["unavailable"], unavailable);
    assert_eq!(world.rows(), before);
}

#[test]
fn rows_with_a_time_in_the_future_are_no_reason_to_call_the_table_true() {
    let world = World::new([helpdesk("acme", 1)]);
    world.sync(&["--months", "1"]);
    let location =
        helpdelta_lakehouse::TableLocation::parse(&world.table().display().to_string(), std::path::Path::new(""))
            .expect("a location");
    tokio::runtime::Runtime::new().expect("threads").block_on(async {
        let mut dashboard = helpdelta_lakehouse::Dashboard::open(location).await.expect("a dashboard");
        let mut row = dashboard.rows(&helpdelta_lakehouse::RowFilter::default()).await.expect("rows")[0].row.clone();
        row.figures.set(helpdelta_core::Metric::ClosedTickets, helpdelta_core::Cell::count(999));
        let run = helpdelta_lakehouse::RunStamp {
            run_id: "ahead".to_owned(),
            started: "2999-01-01T00:00:00Z".parse().expect("an instant"),
        };
        dashboard.merge(&[row], &run).await.expect("a merge");
    });
    let (code, report) = world.sync(&["--months", "1"]);
    assert_eq!((code, &entry(&report, "acme")["error"]["code"]), (4, &json!("clock_ahead")), "{report:#}");
}
