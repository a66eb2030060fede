//! What people see of the other commands.

use helpdelta_simulator::{Helpdesk, Message, Survey, Ticket, User};

use crate::world::{TODAY, World, helpdesk, run_in};

/// A helpdesk whose one month can be checked by eye.
fn small() -> Helpdesk {
    let mut helpdesk = Helpdesk::new("acme");
    helpdesk.users.push(User::new(7, "Maya \u{1b}[31mLind", "maya@getwrrk.com", "agent"));
    helpdesk.users.push(User::new(8, "Ravi Dubois", "ravi@getwrrk.com", "agent"));
    helpdesk.users.push(User::new(9, "Ravi Dubois", "ravi.d@getwrrk.com", "agent"));
    let instant = |text: &str| text.parse().expect("an instant");
    for (id, agent, replied, closed, score) in [
        (1, 7, "2026-10-12T12:00:30Z", "2026-10-12T13:00:00Z", Some(5)),
        (2, 7, "2026-10-13T12:30:00Z", "2026-10-15T12:00:00Z", None),
        (3, 8, "2026-10-12T14:05:00Z", "2026-10-12T15:00:00Z", Some(3)),
    ] {
        let opened = if id == 2 { "2026-10-13T12:00:00Z" } else { "2026-10-12T12:00:00Z" };
        let mut ticket = Ticket::opened(id, "email", instant(opened));
        ticket.assignee = Some(agent);
        ticket.messages.push(Message::from_agent(agent, instant(replied)));
        ticket.closings.push(instant(closed));
        ticket.survey = Some(Survey { created: instant(closed), sent: instant(closed), answered: None, score });
        helpdesk.tickets.push(ticket);
    }
    helpdesk
}

#[test]
fn show_prints_agents_by_metrics_with_best_and_worst() {
    let world = World::new([small()]);
    world.sync(&["--months", "2"]);
    insta::assert_snapshot!(world.run(&["show"]).stdout);
    let json = world.run(&["show", "2026-09", "--json"]).json();
    assert_eq!(json["month"], "2026-09");
    assert_eq!(json["rows"][0]["Closed_Tickets"], 0);
    assert!(json["rows"][0]["First_Response_Time"].is_null());
}

#[test]
fn query_prints_a_table_csv_or_json() {
    let world = World::new([small()]);
    world.sync(&["--months", "1"]);
    let sql = "SELECT Agent_Id, Customer_Satisfaction, Closed_Tickets FROM Monthly_Dashboard ORDER BY Agent_Id";
    let printed = ["table", "csv", "json"].map(|format| world.run(&["query", sql, "--format", format]).stdout);
    insta::assert_snapshot!(printed.join("\n"));
}

#[test]
fn a_deep_query_and_a_large_result_are_answered_or_refused_and_never_crash() {
    let world = World::new([small()]);
    world.sync(&["--months", "1"]);
    for (sql, code) in [
        (format!("SELECT 1{}", "+1".repeat(500)), 0),
        (format!("SELECT 1{}", "+1".repeat(20_000)), 2),
        (format!("SELECT {}1{}", "(".repeat(3_000), ")".repeat(3_000)), 2),
        ("SELECT * FROM generate_series(1, 2000000)".to_owned(), 2),
    ] {
        let ended = world.run(&["query", &sql]);
        assert_eq!(ended.code, code, "{}", ended.stderr);
    }
}

#[test]
fn a_dry_run_says_what_would_be_asked_and_asks_nothing() {
    let world = World::new([helpdesk("acme", 2), helpdesk("globex", 2)]);
    let roster = format!(
        "Client,Authentication,Channel,Domain\nAcme,{},\"all, email\",acme\nGlobex,{},chat,globex\n",
        world.token("acme"),
        world.token("globex"),
    );
    world.roster(&roster);
    let before = world.run(&["sync", "--dry-run", "--as-of", TODAY]);
    insta::assert_snapshot!(world.filtered(&before.stdout));
    assert_eq!(world.simulator.counts("acme").expect("counts").total, 0);
    assert!(!world.path("lakehouse").exists());
    world.sync(&[]);
    let after = world.run(&["sync", "--dry-run", "--json", "--as-of", TODAY]).json();
    assert_eq!((&after["requests"], &after["rows_in_table"]), (&89.into(), &114.into()));
    assert_eq!(after["accounts"][0]["least_secs"], 11.5);
}

#[test]
fn sync_prints_a_line_for_each_entry_and_a_summary() {
    let world = World::new([helpdesk("acme", 2), helpdesk("globex", 3)]);
    let ended = world.run(&["sync", "--as-of", TODAY]);
    let stdout = world.filtered(&ended.stdout);
    let took = time_taken(&stdout);
    insta::assert_snapshot!(stdout.replace(&took, "; TIME"));
    assert!(ended.stderr.contains("acme: read, 30 requests"), "{}", ended.stderr);
}

/// The part of a summary that tells how long the run took.
fn time_taken(summary: &str) -> String {
    let line = summary.lines().find(|line| line.starts_with("ok: ")).expect("a summary");
    line.get(line.rfind(';').expect("a part")..).expect("a part").to_owned()
}

#[test]
fn init_writes_a_sample_that_says_what_to_do_next_and_never_overwrites() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = run_in(folder.path(), &["init"], &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stdout);
    let sync = run_in(folder.path(), &["sync"], &[]);
    assert_eq!(sync.code, 2);
    assert!(sync.stderr.contains("no active client below the header"), "{}", sync.stderr);
    let again = run_in(folder.path(), &["init"], &[]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("exists already; nothing was written"), "{}", again.stderr);
}

#[test]
fn demo_syncs_simulated_helpdesks_into_a_folder_that_can_be_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = run_in(folder.path(), &["demo", "--folder", "demo"], &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for part in ["done      Acme / chat", "unchanged Initech / email", "Globex Outdoor / all, 20", "no data"] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let sql = "SELECT COUNT(DISTINCT Client) AS Clients, COUNT(DISTINCT Month) AS Months FROM Monthly_Dashboard";
    let counted = run_in(folder.path(), &["query", sql, "--format", "csv", "--config", "demo/helpdelta.toml"], &[]);
    assert_eq!(counted.stdout, "Clients,Months\n3,19\n", "{}", counted.stderr);
}

#[test]
fn help_names_every_command_and_flag() {
    let folder = tempfile::tempdir().expect("a folder");
    let helps = [&["--help"][..], &["sync", "--help"], &["show", "--help"], &["query", "--help"]];
    let helps = helps.map(|arguments| run_in(folder.path(), arguments, &[]).stdout);
    insta::assert_snapshot!(helps.join("\n----\n"));
}
