//! Each error of Google has a message of its own.

use std::time::Duration;

use helpdelta_roster::{SheetError, SheetLimits, SheetSettings};
use helpdelta_simulator::{GoogleAction, GoogleFault, GooglePlace, GoogleState, Worksheet};

use crate::world::{ID, World, clients, read};

async fn failure(change: impl FnOnce(&mut GoogleState)) -> String {
    let world = World::new(vec![clients("Clients"), Worksheet::new("Old clients", [["x"]])]).await;
    world.google.edit(change);
    told(&world.read(Some("Clients")).await.expect_err("a failure"))
}

async fn failure_by_fault(place: GooglePlace, action: GoogleAction) -> String {
    let world = World::with_clients().await;
    world.google.inject(GoogleFault::new(place, action));
    told(&world.read(Some("Clients")).await.expect_err("a failure"))
}

fn told(error: &SheetError) -> String {
    let passing = if error.is_passing() { ", passing" } else { "" };
    format!("{}{passing}: {error}", error.code())
}

#[tokio::test]
async fn each_refusal_is_told_in_words_of_its_own() {
    let sheet = |state: &mut GoogleState, shared: bool| {
        state.spreadsheets.get_mut(ID).expect("the spreadsheet").shared = shared;
    };
    let mut told = vec![
        failure(|state| sheet(state, false)).await,
        failure(|state| state.sheets_api_enabled = false).await,
        failure(|state| state.spreadsheets.clear()).await,
        failure(|state| state.spreadsheets.get_mut(ID).expect("it").worksheets[0].title = "Customers".to_owned()).await,
        failure(|state| state.spreadsheets.get_mut(ID).expect("it").worksheets[0].rows.clear()).await,
        // Half a minute beyond, so that the second in which the test runs does not matter.
        failure(|state| state.clock_offset_secs = 2 * 3_600 + 30).await,
        failure(|state| state.clock_offset_secs = -(26 * 3_600 + 1_800)).await,
        failure(|state| state.key_revoked = true).await,
        failure(|state| state.account_deleted = true).await,
        failure(|state| state.token_lifetime = Duration::ZERO).await,
    ];
    for (place, action) in [
        (GooglePlace::Values, GoogleAction::Quota),
        (GooglePlace::Values, GoogleAction::Page(429)),
        (GooglePlace::Values, GoogleAction::Status(503)),
        (GooglePlace::Token, GoogleAction::Status(500)),
        (GooglePlace::Values, GoogleAction::NeverAnswer),
        (GooglePlace::Values, GoogleAction::Oversize { bytes: 9 * 1024 * 1024 }),
        (GooglePlace::Values, GoogleAction::GarbageJson),
        (GooglePlace::Values, GoogleAction::Page(404)),
        (GooglePlace::Token, GoogleAction::Page(404)),
        (GooglePlace::Values, GoogleAction::Redirect { location: "http://127.0.0.1:9/".to_owned() }),
        (GooglePlace::Token, GoogleAction::Redirect { location: "http://127.0.0.1:9/".to_owned() }),
    ] {
        told.push(failure_by_fault(place, action).await);
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    sheet_not_shared: the spreadsheet 1Z2UcJ_nEvZ18OgZNKrh-4HOvv9XP06Iy4_7jA4PMkWc is not shared with roster-reader@helpdelta-simulator.iam.gserviceaccount.com
    sheets_api_disabled: the Google Sheets API is not enabled in the project helpdelta-simulator
    no_such_spreadsheet: there is no spreadsheet 1Z2UcJ_nEvZ18OgZNKrh-4HOvv9XP06Iy4_7jA4PMkWc
    no_such_worksheet: the spreadsheet has no worksheet "Clients"; it has "Customers", "Old clients"
    sheet_empty: Google Sheet 1Z2UcJ_nEvZ18OgZNKrh-4HOvv9XP06Iy4_7jA4PMkWc, worksheet Clients is empty
    clock_wrong: Google refuses the sign-in because this machine's clock is 2 h 0 min behind Google's
    clock_wrong: Google refuses the sign-in because this machine's clock is 1 d 2 h ahead of Google's
    key_refused: Google refuses the key of roster-reader@helpdelta-simulator.iam.gserviceaccount.com (invalid_grant): the key was revoked or is another account's, or the account is disabled or deleted
    key_refused: Google refuses the key of roster-reader@helpdelta-simulator.iam.gserviceaccount.com (invalid_grant): the key was revoked or is another account's, or the account is disabled or deleted
    token_refused: Google Sheets refuses the access token that Google has just given out for roster-reader@helpdelta-simulator.iam.gserviceaccount.com
    sheets_quota, passing: the read quota of Google Sheets stayed exhausted (2 tries)
    sheets_quota, passing: the read quota of Google Sheets stayed exhausted (2 tries)
    google_unavailable, passing: Google Sheets failed with 503 (2 tries)
    google_unavailable, passing: Google's token server failed with 500 (2 tries)
    google_timeout, passing: Google Sheets did not answer in time (2 tries)
    google_answer_too_large: the answer of Google Sheets is larger than 8388608 bytes, which is too large for a roster
    google_unexpected_answer: unexpected answer of Google Sheets: no JSON (line 1, column 14)
    google_refused: Google Sheets answered 404
    google_refused: Google's token server answered 404
    google_refused: Google Sheets answered 307
    google_refused: Google's token server answered 307
    "#);
}

#[tokio::test]
async fn a_broken_connection_is_tried_again_and_then_told() {
    let told = failure_by_fault(GooglePlace::Values, GoogleAction::CloseMidBody).await;
    assert!(told.starts_with("google_network, passing: the connection to Google Sheets failed: "), "{told}");
    assert!(told.ends_with("(2 tries)"), "{told}");
}

#[tokio::test]
async fn a_google_that_is_not_there_is_a_passing_failure() {
    let world = World::with_clients().await;
    let settings = world.settings(ID, None);
    world.running.shutdown().await;
    let error = read(settings).await.expect_err("a failure");
    assert_eq!((error.code(), error.is_passing()), ("google_network", true), "{error}");
}

#[tokio::test]
async fn the_ceiling_of_an_answer_is_a_setting() {
    let world = World::with_clients().await;
    let settings = world.settings(ID, Some("Clients"));
    // The token is smaller, the worksheet is larger.
    let limits = SheetLimits { largest_answer_bytes: 130, ..settings.limits };
    let error = read(SheetSettings { limits, ..settings }).await.expect_err("a failure");
    assert_eq!(error.code(), "google_answer_too_large", "{error}");
}
