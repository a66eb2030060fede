//! Bad settings, a bad roster, a table that cannot be written: one clear message each, exit 2, nothing half written.

use rstest::rstest;

use crate::world::{World, helpdesk, run_in};

#[rstest]
#[case::settings("helpdelta.toml", "[tabel]\nuri = \"x\"\n")]
#[case::no_toml("helpdelta.toml", "[table\n")]
#[case::roster("clients.csv", "Client,Authentication,Channel\nAcme,nonsense,email\nGlobex,,\"e mail\"\n")]
#[case::no_header("clients.csv", "Acme,token,email\n")]
#[case::empty_roster("clients.csv", "")]
#[case::not_utf8("clients.csv", "Client,Authentication,Channel\nCaf\u{e9},x,email\n")]
#[case::table_is_a_file("lakehouse", "a file\n")]
fn nothing_is_asked_and_nothing_is_written(#[case] name: &str, #[case] text: &str) {
    let world = World::new([helpdesk("acme", 2)]);
    let bytes: Vec<u8> = if text.contains('\u{e9}') { text.replace('\u{e9}', "?").into_bytes() } else { text.into() };
    let bytes = bytes.into_iter().map(|byte| if text.contains('\u{e9}') && byte == b'?' { 0xe9 } else { byte });
    std::fs::write(world.path(name), bytes.collect::<Vec<u8>>()).expect("written");
    let ended = world.run(&["sync"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (2, ""), "{}", ended.stderr);
    assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains("\nhint: "), "{}", ended.stderr);
    assert_eq!(world.simulator.counts("acme").expect("counts").total, 0);
    assert!(!world.table().exists() && !world.path("lakehouse/Monthly_Dashboard.lock").exists());
}

#[test]
fn a_bad_roster_names_every_bad_cell() {
    let world = World::new([helpdesk("acme", 2)]);
    world.roster("Client,Authentication,Channel\nAcme,not base64!,email\nGlobex Inc,env:NO_SUCH,\"e mail\"\n");
    let ended = world.run(&["sync"]);
    insta::assert_snapshot!(world.filtered(&ended.stderr), @r#"
    error: the roster clients.csv has 4 problems:
      row 2, column Authentication: the credential is not Base64; expected the Base64 form of "email:api_key"
      row 3, column Authentication: the environment has no variable "NO_SUCH"
      row 3, column Channel: "e mail" is no channel; expected a slug such as "email"
      row 3, column Domain: no domain, and the client's name "Globex Inc" is none; give it in a column Domain
    hint: Mend these cells and run again; nothing was asked and nothing was written.
    "#);
}

#[rstest]
#[case::unknown_client(&["sync", "--client", "akme"], "Did you mean \"acme\"?")]
#[case::future(&["sync", "--as-of", "2999-01-01"], "has not come yet")]
#[case::too_many_months(&["sync", "--months", "999"], "--months: period.months is 999")]
#[case::no_settings_file(&["sync", "--config", "no.toml"], "no.toml")]
#[case::no_such_command(&["snyc"], "sync")]
#[case::no_table(&["show"], "helpdelta sync")]
#[case::query_without_table(&["query", "SELECT 1"], "helpdelta sync")]
fn wrong_usage_says_what_to_do(#[case] arguments: &[&str], #[case] advice: &str) {
    let world = World::new([helpdesk("acme", 2)]);
    let ended = world.run(arguments);
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    assert!(ended.stderr.contains(advice), "{}", ended.stderr);
}

#[test]
fn a_failure_before_the_run_is_a_json_document_too() {
    let world = World::new([helpdesk("acme", 2)]);
    world.roster("");
    let (code, report) = world.sync(&[]);
    assert_eq!(code, 2);
    assert_eq!((report["schema_version"].as_u64(), report["status"].as_str()), (Some(1), Some("failed")));
    assert_eq!(report["error"]["code"], "roster_invalid");
}

#[test]
fn the_environment_overrides_the_file_and_gives_credentials() {
    let world = World::new([helpdesk("acme", 2)]);
    world.roster("Client,Authentication,Channel\nacme,env:ACME_TOKEN,all\n");
    let token = world.token("acme");
    let elsewhere = world.path("elsewhere/Table").display().to_string();
    let environment = [("ACME_TOKEN", token.as_str()), ("HELPDELTA_TABLE_URI", &elsewhere)];
    let ended = run_in(world.path("").as_path(), &["sync", "--months", "1"], &environment);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(world.path("elsewhere/Table/_delta_log").exists() && !world.table().exists());
}
