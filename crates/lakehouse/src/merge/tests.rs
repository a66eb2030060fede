use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use helpdelta_core::{Cell, Figures, Metric, RowKey, Source};

use super::*;
use crate::location::TableLocation;

fn location(folder: &Path) -> TableLocation {
    TableLocation::parse("lake/Monthly_Dashboard", folder).expect("a location")
}

async fn dashboard(folder: &Path) -> Dashboard {
    Dashboard::open(location(folder)).await.expect("a dashboard")
}

fn row(client: &str, month: &str, agent_id: i64, closed: i64) -> Row {
    let mut figures = Figures::default();
    figures.set(Metric::ClosedTickets, Cell::count(closed));
    Row {
        key: RowKey {
            client: client.to_owned(),
            channel: "email".to_owned(),
            month: month.parse().expect("a month"),
            agent_id,
        },
        agent_name: Some("Maya".to_owned()),
        agent_email: Some("maya@getwrrk.com".to_owned()),
        figures,
        source: Source::Reporting,
    }
}

fn run(seconds: i64) -> RunStamp {
    RunStamp { run_id: format!("run-{seconds}"), started: Timestamp::from_second(seconds).expect("an instant") }
}

/// Every file below a folder, with its size.
fn files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let metadata = entry.metadata().expect("metadata");
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                found.insert(entry.path(), metadata.len());
            }
        }
    }
    found
}

#[tokio::test]
async fn the_first_run_makes_a_table_that_every_reader_understands() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dashboard = dashboard(folder.path()).await;
    let written = dashboard.merge(&[row("Acme", "2025-01", 7, 3)], &run(100)).await.expect("a merge");
    assert_eq!((written.version_before, written.version_after), (None, Some(1)));
    assert_eq!(written.rows, RowCounts { inserted: 1, ..RowCounts::default() });
    let log = folder.path().join("lake/Monthly_Dashboard/_delta_log");
    let created = std::fs::read_to_string(log.join("00000000000000000000.json")).expect("version 0");
    assert!(created.contains(r#""minReaderVersion":1,"minWriterVersion":2"#), "{created}");
    assert!(created.contains("Mean score, 1 to 5"), "the columns have no comments: {created}");
    let merged = std::fs::read_to_string(log.join("00000000000000000001.json")).expect("version 1");
    assert!(merged.contains(r#""helpdelta.runId":"run-100""#), "{merged}");
}

#[tokio::test]
async fn a_run_that_finds_nothing_new_writes_not_one_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let rows = [row("Acme", "2025-01", 7, 3), row("Acme", "2025-02", 7, 0)];
    dashboard(folder.path()).await.merge(&rows, &run(100)).await.expect("a merge");
    let before = files(folder.path());
    let written = dashboard(folder.path()).await.merge(&rows, &run(200)).await.expect("a merge");
    assert_eq!(written.rows, RowCounts { unchanged: 2, ..RowCounts::default() });
    assert_eq!((written.version_before, written.version_after), (Some(1), Some(1)));
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn only_the_row_that_differs_is_updated_and_others_stay_as_they_were() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = [row("Acme", "2025-01", 7, 3), row("Acme", "2025-02", 7, 4), row("Globex", "2025-01", 9, 5)];
    dashboard(folder.path()).await.merge(&first, &run(100)).await.expect("a merge");
    let mut dashboard = dashboard(folder.path()).await;
    let second = [row("Acme", "2025-01", 7, 3), row("Acme", "2025-02", 7, 8), row("Acme", "2025-03", 7, 1)];
    let written = dashboard.merge(&second, &run(200)).await.expect("a merge");
    let counts = RowCounts { inserted: 1, updated: 1, unchanged: 1, kept_newer: 0 };
    assert!(written.kept_entries.is_empty());
    assert_eq!((written.rows, written.version_after), (counts, Some(2)));
    assert_eq!(written.changed_entries, BTreeSet::from([("Acme".to_owned(), "email".to_owned())]));
    let stored = dashboard.rows(&RowFilter::default()).await.expect("rows");
    let seen: Vec<(String, i64, i64)> = stored
        .iter()
        .map(|stored| {
            let second = |instant: Option<Timestamp>| instant.expect("an instant").as_second();
            (stored.row.key.to_string(), second(stored.created), second(stored.last_updated))
        })
        .collect();
    let expected = [
        ("Acme / email / 2025-01 / agent 7", 100, 100),
        ("Acme / email / 2025-02 / agent 7", 100, 200),
        ("Acme / email / 2025-03 / agent 7", 200, 200),
        ("Globex / email / 2025-01 / agent 9", 100, 100),
    ];
    assert_eq!(seen, expected.map(|(key, created, updated)| (key.to_owned(), created, updated)));
}

#[tokio::test]
async fn a_writer_that_lost_the_race_compares_afresh_and_merges_again() {
    let folder = tempfile::tempdir().expect("a folder");
    dashboard(folder.path()).await.merge(&[row("Acme", "2025-01", 7, 3)], &run(100)).await.expect("a merge");
    let (mut slow, mut fast) = (dashboard(folder.path()).await, dashboard(folder.path()).await);
    let rows = [row("Acme", "2025-01", 7, 9), row("Acme", "2025-02", 7, 4)];
    fast.merge(&rows, &run(200)).await.expect("a merge");
    let written = slow.merge(&[row("Acme", "2025-01", 7, 9), row("Acme", "2025-02", 7, 5)], &run(300)).await;
    let written = written.expect("a merge");
    assert_eq!(written.rows, RowCounts { updated: 1, unchanged: 1, ..RowCounts::default() });
    let stored = slow.rows(&RowFilter::default()).await.expect("rows");
    let closed: Vec<Cell> = stored.iter().map(|stored| stored.row.figures.get(Metric::ClosedTickets)).collect();
    assert_eq!(closed, [Cell::count(9), Cell::count(5)]);
}

#[tokio::test]
async fn writers_side_by_side_lose_no_row_and_write_none_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    dashboard(folder.path()).await.merge(&[row("Acme", "2025-01", 1, 0)], &run(100)).await.expect("a merge");
    let writer = |agent_id: i64| {
        let location = location(folder.path());
        async move {
            let mut dashboard = Dashboard::open(location).await.expect("a dashboard");
            let rows = [row("Acme", "2025-01", 1, 0), row("Acme", "2025-01", agent_id, agent_id)];
            dashboard.merge(&rows, &run(100 + agent_id)).await.expect("a merge").rows
        }
    };
    let counts = futures::future::join_all((2..6).map(writer)).await;
    assert!(counts.iter().all(|rows| (rows.inserted, rows.unchanged) == (1, 1)), "{counts:?}");
    let stored = dashboard(folder.path()).await.rows(&RowFilter::default()).await.expect("rows");
    assert_eq!(stored.iter().map(|stored| stored.row.key.agent_id).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn a_key_that_stands_twice_stops_the_run_before_anything_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dashboard = dashboard(folder.path()).await;
    let refused = dashboard.merge(&[row("Acme", "2025-01", 7, 3), row("Acme", "2025-01", 7, 3)], &run(100)).await;
    assert!(matches!(refused, Err(LakehouseError::BrokenKey(_))), "{refused:?}");
    assert!(!folder.path().join("lake").exists());
}

#[tokio::test]
async fn a_merge_that_wrote_something_else_is_rolled_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dashboard = dashboard(folder.path()).await;
    dashboard.merge(&[row("Acme", "2025-01", 7, 3)], &run(100)).await.expect("a merge");
    dashboard.merge(&[row("Acme", "2025-01", 7, 8)], &run(200)).await.expect("a merge");
    let error = dashboard.roll_back(Some(1), &MergeDecision::default(), 1, 0).await.expect("rolled back");
    assert!(matches!(error, LakehouseError::RolledBack { inserted: 1, version: 1, .. }), "{error}");
    let stored = self::dashboard(folder.path()).await.rows(&RowFilter::default()).await.expect("rows");
    assert_eq!(stored[0].row.figures.get(Metric::ClosedTickets), Cell::count(3));
}

#[test]
fn other_counts_than_were_decided_are_noticed() {
    let decision = MergeDecision { unchanged: 3, ..MergeDecision::default() };
    assert!(is_as_meant(&decision, 0, 0));
    assert!(!is_as_meant(&decision, 1, 0) && !is_as_meant(&decision, 0, 1));
}

#[tokio::test]
async fn rows_of_a_later_run_are_left_alone_and_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    dashboard(folder.path()).await.merge(&[row("Acme", "2025-01", 7, 3)], &run(500)).await.expect("a merge");
    let written = dashboard(folder.path()).await.merge(&[row("Acme", "2025-01", 7, 8)], &run(200)).await;
    let written = written.expect("a merge");
    assert_eq!(written.rows, RowCounts { kept_newer: 1, ..RowCounts::default() });
    let kept = KeptRows { count: 1, latest: Some(run(500).started) };
    assert_eq!(written.kept_entries[&("Acme".to_owned(), "email".to_owned())], kept);
}

#[tokio::test]
async fn a_path_that_an_address_must_encode_is_one_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = TableLocation::parse("lake y und \u{e4}/T#1", folder.path()).expect("a location");
    for seconds in [100, 200] {
        let mut dashboard = Dashboard::open(location.clone()).await.expect("a dashboard");
        dashboard.merge(&[row("Acme", "2025-01", 7, seconds)], &run(seconds)).await.expect("a merge");
    }
    let rows = Dashboard::open(location).await.expect("a dashboard").rows(&RowFilter::default()).await.expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[tokio::test]
async fn a_change_by_somebody_else_is_known_and_ours_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    dashboard(folder.path()).await.merge(&[row("Acme", "2025-01", 7, 3)], &run(100)).await.expect("a merge");
    assert_eq!(dashboard(folder.path()).await.foreign_changes().await.expect("changes"), []);
    crate::testing::set_closed_tickets(&location(folder.path()), 99).await.expect("an update");
    dashboard(folder.path()).await.merge(&[row("Acme", "2025-01", 7, 3)], &run(200)).await.expect("a merge");
    let changes = dashboard(folder.path()).await.foreign_changes().await.expect("changes");
    let seen: Vec<(u64, &str)> = changes.iter().map(|change| (change.version, change.operation.as_str())).collect();
    assert_eq!(seen, [(2, "UPDATE")]);
    assert!(changes[0].committed.is_some());
}

#[tokio::test]
async fn many_runs_leave_a_checkpoint_and_a_table_that_reads_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 1..=22 {
        let mut dashboard = dashboard(folder.path()).await;
        dashboard.merge(&[row("Acme", "2025-01", 7, round)], &run(100 + round)).await.expect("a merge");
    }
    let names: Vec<PathBuf> = files(folder.path()).into_keys().collect();
    assert!(names.iter().any(|name| name.to_string_lossy().ends_with(".checkpoint.parquet")), "{names:?}");
    let stored = dashboard(folder.path()).await.rows(&RowFilter::default()).await.expect("rows");
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].row.figures.get(Metric::ClosedTickets), Cell::count(22));
    assert_eq!(stored[0].created, Some(run(101).started));
}

#[tokio::test]
async fn a_table_with_other_columns_is_refused_with_the_column_s_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let columns = [crate::schema::Column {
        name: "Client",
        column_type: crate::schema::ColumnType::Long,
        nullable: true,
        comment: "",
    }];
    crate::table::create_table(&location(folder.path()), &columns, "").await.expect("a table");
    let error = Dashboard::open(location(folder.path())).await.expect_err("refused").to_string();
    assert!(error.contains("column Client is long, expected string"), "{error}");
}

#[tokio::test]
async fn a_query_sees_the_rows_by_their_exact_names_and_can_change_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    dashboard(folder.path()).await.merge(&[row("Acme", "2025-01", 7, 3)], &run(100)).await.expect("a merge");
    let sql = "SELECT Client, Month, Closed_Tickets, Customer_Satisfaction FROM Monthly_Dashboard";
    let result = crate::query(&location(folder.path()), sql).await.expect("a result");
    let mut csv = Vec::new();
    result.write_csv(&mut csv).expect("CSV");
    let header = "Client,Month,Closed_Tickets,Customer_Satisfaction";
    assert_eq!(String::from_utf8(csv).expect("text"), format!("{header}\nAcme,2025-01-01,3,\n"));
    assert_eq!(result.texts().expect("texts")[0][3], None);
    let mut json = Vec::new();
    result.write_json(&mut json).expect("JSON");
    let expected = r#"[{"Client":"Acme","Month":"2025-01-01","Closed_Tickets":3,"Customer_Satisfaction":null}]"#;
    assert_eq!(String::from_utf8(json).expect("text"), format!("{expected}\n"));
    let statements = [
        "DELETE FROM Monthly_Dashboard",
        "DROP TABLE Monthly_Dashboard",
        "COPY Monthly_Dashboard TO 'x.csv'",
        "SELECT",
    ];
    for statement in statements {
        let refused = crate::query(&location(folder.path()), statement).await;
        assert!(matches!(refused, Err(LakehouseError::Query(_))), "{refused:?}");
    }
}
