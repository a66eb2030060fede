//! What a sheet becomes.

use helpdelta_roster::{Origin, RosterCopy, SheetSource};
use helpdelta_simulator::{GoogleAction, GoogleFault, GooglePlace, READONLY_SCOPE, When, Worksheet};

use crate::world::{ID, TOKEN, World, clients, judge, read};

#[tokio::test]
async fn a_sheet_becomes_a_roster() {
    let rows: Vec<Vec<&str>> = vec![
        vec!["Notes", " channel ", "AUTHENTICATION", "Client", "", ""],
        vec!["vip", "email, chat", TOKEN, " Acme "],
        vec![],
        vec!["", "", "  ", ""],
        vec!["", "", TOKEN, "Globex"],
        vec!["", "all", TOKEN, "Initech", "", "beyond the header"],
        vec!["", ""],
    ];
    let world = World::new(vec![Worksheet::new("Maya's clients / 2026", rows)]).await;
    let reading = world.read(Some("Maya's clients / 2026")).await.expect("a reading");
    assert_eq!(reading.grid.source_name, format!("Google Sheet {ID}, worksheet Maya's clients / 2026"));
    assert_eq!((reading.grid.origin, reading.grid.rows.len()), (Origin::GoogleSheet, 6));
    assert!(reading.clock_skew_secs.expect("a date").abs() <= 2);
    let entries: Vec<String> =
        judge(&reading.grid).expect("a roster").entries.iter().map(|line| line.entry.to_string()).collect();
    assert_eq!(entries, ["Acme / chat", "Acme / email", "Globex / all", "Initech / all"]);
}

#[tokio::test]
async fn the_token_is_asked_for_once_with_the_readonly_scope_and_nothing_else_is_asked() {
    let world = World::with_clients().await;
    world.read(Some("Clients")).await.expect("a reading");
    assert_eq!(world.google.scopes_asked(), [READONLY_SCOPE]);
    let asked: Vec<String> =
        world.google.requests().iter().map(|request| format!("{} {}", request.method, request.path)).collect();
    assert_eq!(asked, ["POST /token".to_owned(), format!("GET /v4/spreadsheets/{ID}/values/%27Clients%27")]);
}

#[tokio::test]
async fn the_first_visible_worksheet_is_the_default() {
    let hidden = Worksheet { hidden: true, ..Worksheet::new("Old", [["nothing of use"]]) };
    let world = World::new(vec![hidden, clients("Q1"), Worksheet::new("Other", [["nothing of use"]])]).await;
    let reading = world.read(None).await.expect("a reading");
    assert_eq!(reading.grid.source_name, format!("Google Sheet {ID}, worksheet Q1"));
    assert_eq!(judge(&reading.grid).expect("a roster").entries.len(), 1);
}

#[tokio::test]
async fn the_whole_address_names_the_spreadsheet() {
    let world = World::with_clients().await;
    let address = format!("https://docs.google.com/spreadsheets/d/{ID}/edit?gid=0#gid=0");
    read(world.settings(&address, None)).await.expect("a reading");
}

#[tokio::test]
async fn ten_thousand_rows_are_read_and_the_last_bad_cell_is_named_by_its_address() {
    let mut rows = vec![vec!["Client".to_owned(), "Authentication".to_owned(), "Channel".to_owned()]];
    rows.extend((1..=10_000).map(|number| vec![format!("client{number}"), TOKEN.to_owned(), "email".to_owned()]));
    let world = World::new(vec![Worksheet::new("Clients", rows.clone())]).await;
    let reading = world.read(None).await.expect("a reading");
    assert_eq!(judge(&reading.grid).expect("a roster").entries.len(), 10_000);
    rows[10_000][2] = "#REF!".to_owned();
    world.google.put_sheet(ID, vec![Worksheet::new("Clients", rows)]);
    let reading = world.read(None).await.expect("a reading");
    let error = judge(&reading.grid).expect_err("a bad roster").to_string();
    insta::assert_snapshot!(error, @"
    the roster Google Sheet 1Z2UcJ_nEvZ18OgZNKrh-4HOvv9XP06Iy4_7jA4PMkWc, worksheet Clients has 1 problem:
      cell C10001 (Channel): the cell shows the spreadsheet error #REF!
    ");
}

#[tokio::test]
async fn a_token_that_is_no_longer_good_is_renewed_within_one_read() {
    let world = World::with_clients().await;
    let expired = GoogleFault::new(GooglePlace::Values, GoogleAction::Status(401)).when(When::First(1));
    world.google.inject(expired);
    world.read(None).await.expect("a reading");
    assert_eq!(world.google.scopes_asked(), [READONLY_SCOPE, READONLY_SCOPE]);
}

#[tokio::test]
async fn a_saved_copy_gives_the_same_roster() {
    let world = World::with_clients().await;
    let settings = world.settings(ID, None);
    let source: SheetSource = settings.source.clone();
    let reading = read(settings).await.expect("a reading");
    let roster = judge(&reading.grid).expect("a roster");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roster.json");
    RosterCopy { source: source.clone(), grid: reading.grid, fetched_at: reading.fetched_at }
        .save(&path)
        .expect("saved");
    let copy = RosterCopy::load(&path, &source).expect("a copy");
    assert_eq!(judge(&copy.grid).expect("a roster"), roster);
}
