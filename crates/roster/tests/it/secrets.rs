//! Neither the private key, the assertion, the access token nor a cell is ever shown (law 3).

use std::error::Error;

use helpdelta_roster::{GoogleSheet, SheetError};
use helpdelta_simulator::{CannedResponse, GoogleAction, GoogleFault, GooglePlace};
use jiff::Timestamp;
use serde_json::Value;

use crate::world::{ID, TOKEN, World, judge};

fn everything_said_by(error: &SheetError) -> String {
    let mut text = format!("{error} {error:?} {error:#?} {}", error.code());
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}

fn assert_shows_no_secret(text: &str, key_file: &str) {
    let key: Value = serde_json::from_str(key_file).expect("JSON");
    let pem = key["private_key"].as_str().expect("a text");
    let lines = pem.lines().filter(|line| !line.is_empty());
    // An access token and a JWT begin so.
    for secret in lines.chain(["ya29.", "eyJ", TOKEN]) {
        assert!(!text.contains(secret), "{secret:?} in {text}");
    }
}

#[tokio::test]
async fn an_error_that_quotes_the_credentials_is_not_passed_on() {
    for place in [GooglePlace::Token, GooglePlace::Values] {
        for status in [400, 401, 403, 404, 409, 429, 500, 503] {
            let world = World::with_clients().await;
            let key_file = world.google.service_account_key(&world.base_url());
            world.google.inject(GoogleFault::new(place, GoogleAction::EchoCredential { status }));
            let error = world.read(None).await.expect_err("a failure");
            assert_shows_no_secret(&everything_said_by(&error), &key_file);
        }
    }
}

#[tokio::test]
async fn a_garbled_answer_with_cells_is_not_passed_on() {
    let bodies = [
        format!("{{\"values\": [[\"Client\"], [\"Acme\", \"{TOKEN}\""),
        format!("{{\"values\": {{\"{TOKEN}\": 1}}}}"),
        format!("{{\"values\": \"{TOKEN}\"}}"),
        format!("\"{TOKEN}\""),
        TOKEN.to_owned(),
    ];
    for body in bodies {
        for status in [200, 400, 403, 404, 500] {
            let world = World::with_clients().await;
            let key_file = world.google.service_account_key(&world.base_url());
            let canned = CannedResponse { status, headers: Vec::new(), retry_after: None, body: body.clone() };
            world.google.inject(GoogleFault::new(GooglePlace::Values, GoogleAction::Respond(canned)));
            let error = world.read(Some("Clients")).await.expect_err("a failure");
            assert_shows_no_secret(&everything_said_by(&error), &key_file);
        }
    }
}

#[tokio::test]
async fn debug_of_everything_public_shows_no_secret() {
    let world = World::with_clients().await;
    let key_file = world.google.service_account_key(&world.base_url());
    let settings = world.settings(ID, None);
    let sheet = GoogleSheet::new(settings.clone(), Timestamp::now).expect("a client");
    let reading = sheet.read().await.expect("a reading");
    let roster = judge(&reading.grid).expect("a roster");
    let text = format!("{settings:?} {sheet:?} {reading:?} {reading:#?} {:?} {roster:?}", reading.grid.rows);
    assert_shows_no_secret(&text, &key_file);
}
