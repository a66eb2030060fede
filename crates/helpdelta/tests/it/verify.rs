//! Proof that the numbers are right, and that a wrong one is found.

use helpdelta_simulator::{Bucketing, Message, Ticket};
use serde_json::json;

use crate::world::{World, helpdesk};

/// Changes one cell of the table as somebody with another tool would.
fn alter_by_hand(world: &World) {
    let location = world.table().display().to_string();
    let location = helpdelta_lakehouse::TableLocation::parse(&location, std::path::Path::new("")).expect("a location");
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    runtime.block_on(helpdelta_lakehouse::testing::set_closed_tickets(&location, 999)).expect("an update");
}

#[test]
fn an_untouched_table_is_equal_in_every_cell_sampled() {
    let world = World::new([helpdesk("acme", 3), helpdesk("globex", 2)]);
    world.sync(&[]);
    world.simulator.clear_log();
    let ended = world.run(&["verify", "--json", "--sample", "40"]);
    let document = ended.json();
    assert_eq!((ended.code, &document["status"]), (0, &json!("equal")), "{document:#}");
    assert_eq!(document["cells"]["equal"], json!(40));
    let sent: u64 = ["acme", "globex"].map(|domain| world.simulator.counts(domain).expect("counts").total).iter().sum();
    assert_eq!(document["requests"], json!(sent));
    assert!(ended.stderr.contains("verifying 40 cells of 2 accounts: up to "), "{}", ended.stderr);
}

#[test]
fn a_cell_that_was_altered_by_hand_is_found() {
    let world = World::new([helpdesk("acme", 1)]);
    world.sync(&["--months", "1"]);
    alter_by_hand(&world);
    let ended = world.run(&["verify", "--json"]);
    let document = ended.json();
    assert_eq!((ended.code, &document["status"]), (4, &json!("different")), "{document:#}");
    let difference = &document["differences"][0];
    assert_eq!((&difference["metric"], &difference["table"]), (&json!("Closed_Tickets"), &json!("999")));
    // The count itself; its rate is computed from the helpdesk, and the table still has the right one.
    assert_eq!((document["cells"]["different"].as_u64(), document["foreign_versions"][0].as_u64()), (Some(1), Some(2)));
    let text = world.run(&["verify"]).stdout;
    assert!(text.contains("somebody else wrote to the table") && text.contains("1 different"), "{text}");
}

#[test]
fn figures_that_changed_since_are_told_apart() {
    let world = World::new([helpdesk("acme", 1)]);
    world.sync(&["--months", "1"]);
    let edited = world.simulator.edit("acme", |helpdesk| {
        let agent =
            helpdesk.users.iter().find(|user| user.email.as_deref().is_some_and(|email| email.contains("getwrrk")));
        let agent = agent.expect("an agent").id;
        let instant = |text: &str| text.parse().expect("an instant");
        let mut ticket = Ticket::opened(999_999, "email", instant("2026-10-12T12:00:00Z"));
        ticket.assignee = Some(agent);
        ticket.messages.push(Message::from_agent(agent, instant("2026-10-12T13:00:00Z")));
        ticket.closings.push(instant("2026-10-12T14:00:00Z"));
        helpdesk.tickets.push(ticket);
    });
    edited.expect("an edit");
    let ended = world.run(&["verify", "--json"]);
    let document = ended.json();
    assert_eq!((ended.code, &document["status"]), (0, &json!("changed_since")), "{document:#}");
    let metrics: Vec<&str> =
        document["differences"].as_array().expect("a list").iter().filter_map(|cell| cell["metric"].as_str()).collect();
    assert!(metrics.contains(&"Closed_Tickets") && metrics.contains(&"Messages_Sent"), "{metrics:?}");
}

#[test]
fn a_helpdesk_that_answers_buckets_differently_is_found() {
    let mut skewed = helpdesk("acme", 4);
    skewed.behaviour.bucketing = Bucketing::InUtc;
    let world = World::new([skewed]);
    world.sync(&[]);
    let ended = world.run(&["verify", "--json", "--sample", "300"]);
    let document = ended.json();
    assert_eq!((ended.code, &document["status"]), (4, &json!("different")), "{document:#}");
    let why = document["differences"][0]["explanation"].as_str().expect("a reason");
    assert!(why.contains("bucket"), "{why}");
}

#[test]
fn the_same_seed_draws_the_same_cells() {
    let world = World::new([helpdesk("acme", 2)]);
    world.sync(&["--months", "3"]);
    let paths = |seed: &str| {
        world.simulator.clear_log();
        world.run(&["verify", "--sample", "5", "--seed", seed]);
        let mut bodies: Vec<String> =
            world.simulator.requests("acme").expect("a log").into_iter().map(|request| request.body).collect();
        bodies.sort();
        bodies
    };
    assert_eq!(paths("7"), paths("7"));
    assert_ne!(paths("7"), paths("8"));
}
