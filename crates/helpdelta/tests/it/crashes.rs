//! Law 6: a run may end anywhere, and the next one makes it good.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::{Map, Value};

use crate::world::{TODAY, World, helpdesk, without_times};

/// Waits, without sleeping, until something holds or the process has ended.
fn until(child: &mut Child, holds: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !holds() && child.try_wait().expect("a state").is_none() {
        assert!(Instant::now() < patience, "it never came to that");
        std::thread::yield_now();
    }
}

fn has_file(folder: &Path, ending: &str) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(ending))
}

#[derive(Clone, Copy, Debug)]
enum Point {
    Requests(usize),
    TableFolder,
    FirstVersion,
    DataFile,
    SecondVersion,
    ThirdVersion,
    RunsTable,
}

impl Point {
    fn is_reached(self, world: &World) -> bool {
        let table = world.table();
        match self {
            Self::Requests(count) => world.simulator.requests("acme").expect("a log").len() >= count,
            Self::TableFolder => table.exists(),
            Self::FirstVersion => table.join("_delta_log/00000000000000000000.json").exists(),
            Self::DataFile => has_file(&table, ".parquet"),
            Self::SecondVersion => table.join("_delta_log/00000000000000000001.json").exists(),
            Self::ThirdVersion => table.join("_delta_log/00000000000000000002.json").exists(),
            Self::RunsTable => world.path("lakehouse/Monthly_Dashboard_Runs").exists(),
        }
    }
}

#[rstest]
#[case::users_asked(Point::Requests(1))]
#[case::statistics_half_asked(Point::Requests(15))]
#[case::all_asked(Point::Requests(30))]
#[case::folder_made(Point::TableFolder)]
#[case::table_made(Point::FirstVersion)]
#[case::data_written(Point::DataFile)]
#[case::committed(Point::SecondVersion)]
#[case::runs_begun(Point::RunsTable)]
fn a_run_that_was_killed_anywhere_is_made_good_by_the_next(#[case] point: Point) {
    let undisturbed = World::new([helpdesk("acme", 3)]);
    assert_eq!(undisturbed.sync(&[]).0, 0);
    let world = World::new([helpdesk("acme", 3)]);
    let mut child = world.start(&["sync", "--as-of", TODAY]);
    until(&mut child, || point.is_reached(&world));
    // It may have ended by itself in the meantime, which is one more way to end.
    let _ = child.kill();
    child.wait().expect("an end");
    assert!(point.is_reached(&world), "the run ended before it came to that");
    let (code, report) = world.sync(&[]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(without_times(world.rows()), without_times(undisturbed.rows()));
}

/// The rows with their times, and one ticket more.
fn world_with_an_update_due() -> (World, Vec<Map<String, Value>>) {
    let world = World::new([helpdesk("acme", 3)]);
    assert_eq!(world.sync(&[]).0, 0);
    let rows = world.rows();
    let edited = world.simulator.edit("acme", |helpdesk| {
        let agent = helpdesk.users.iter().find(|user| user.role.as_deref() == Some("agent")).expect("an agent").id;
        let instant = |text: &str| text.parse().expect("an instant");
        let mut ticket = helpdelta_simulator::Ticket::opened(999_999, "email", instant("2026-05-12T12:00:00Z"));
        ticket.messages.push(helpdelta_simulator::Message::from_agent(agent, instant("2026-05-12T13:00:00Z")));
        helpdesk.tickets.push(ticket);
    });
    edited.expect("an edit");
    world.simulator.clear_log();
    (world, rows)
}

#[rstest]
#[case::half_asked(Point::Requests(15))]
#[case::all_asked(Point::Requests(30))]
#[case::committed(Point::ThirdVersion)]
fn an_update_that_was_killed_anywhere_is_made_good_and_moves_no_other_time(#[case] point: Point) {
    let (undisturbed, _) = world_with_an_update_due();
    assert_eq!(undisturbed.sync(&[]).0, 0);
    let (world, before) = world_with_an_update_due();
    let mut child = world.start(&["sync", "--as-of", TODAY]);
    until(&mut child, || point.is_reached(&world));
    let _ = child.kill();
    child.wait().expect("an end");
    assert!(point.is_reached(&world), "the run ended before it came to that");
    let (code, report) = world.sync(&[]);
    assert_eq!(code, 0, "{report:#}");
    let after = world.rows();
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before["Created_Datetime"], after["Created_Datetime"]);
        let same_figures = without_times(vec![before.clone()]) == without_times(vec![after.clone()]);
        assert_eq!(before["Last_updated_time"] == after["Last_updated_time"], same_figures);
    }
    assert_eq!(without_times(after), without_times(undisturbed.rows()));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_says_so_and_has_written_nothing() {
    let mut slow = helpdesk("acme", 3);
    slow.behaviour.latency = Duration::from_secs(3);
    let world = World::new([slow]);
    let mut child = world.start(&["sync", "--as-of", TODAY]);
    until(&mut child, || Point::Requests(1).is_reached(&world));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a signal");
    assert!(sent.success());
    assert_eq!(child.wait().expect("an end").code(), Some(130));
    assert!(!world.table().exists());
}
