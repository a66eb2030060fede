use rstest::rstest;

use super::keys::{KEYS, suggestion};
use super::*;

fn file(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(DEFAULT_FILE), text).expect("written");
    folder
}

fn resolve(text: &str, environment: &[(&str, &str)]) -> Result<Settings, String> {
    let folder = file(text);
    let path = folder.path().join(DEFAULT_FILE);
    let lookup =
        |name: &str| environment.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned());
    let shorten = |error: InvalidSettings| error.to_string().replace(&folder.path().display().to_string(), "FOLDER");
    let layers = Layers::read(Some(&path), &lookup).map_err(shorten)?;
    Settings::resolve(&layers).map_err(shorten)
}

#[test]
fn every_default_resolves() {
    let layers = Layers::read(None, &|_| None).expect("layers");
    let settings = Settings::resolve(&layers).expect("settings");
    assert_eq!((settings.months, settings.zone.iana_name()), (19, "Etc/GMT+5"));
    assert_eq!(settings.gorgias.base_url.to_string(), "https://{domain}.gorgias.com");
    assert!(matches!(&settings.roster, RosterSource::File(file) if file == Path::new("clients.csv")));
}

#[test]
fn a_default_has_the_type_of_its_setting() {
    let layers = Layers::read(None, &|_| None).expect("layers");
    for key in &KEYS {
        let (value, _) = layers.get(&key.path()).expect("a default");
        assert!(key.kind.admits(value), "{}: {value}", key.path());
    }
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let folder = file("[period]\nmonths = 3\n");
    let path = folder.path().join(DEFAULT_FILE);
    let months = |layers: &Layers| Settings::resolve(layers).expect("settings").months;
    let from_file = Layers::read(Some(&path), &|_| None).expect("layers");
    assert_eq!(months(&from_file), 3);
    let environment = |name: &str| (name == "HELPDELTA_PERIOD_MONTHS").then(|| "4".to_owned());
    let mut layers = Layers::read(Some(&path), &environment).expect("layers");
    assert_eq!(months(&layers), 4);
    layers.set("period.months", Value::Integer(5), "--months");
    assert_eq!(months(&layers), 5);
}

#[test]
fn paths_of_a_file_start_at_its_folder_and_those_of_the_environment_do_not() {
    let folder = file("[roster]\nfile = \"lists/clients.csv\"\n[table]\nuri = \"lake/Table\"\n");
    let path = folder.path().join(DEFAULT_FILE);
    let environment = |name: &str| (name == "HELPDELTA_TABLE_URI").then(|| "/elsewhere/Table".to_owned());
    let settings = Settings::resolve(&Layers::read(Some(&path), &environment).expect("layers")).expect("settings");
    let expected = folder.path().join("lists/clients.csv");
    assert!(matches!(&settings.roster, RosterSource::File(file) if *file == expected));
    assert_eq!(settings.table.to_string(), "/elsewhere/Table");
}

#[rstest]
#[case::misspelt_key(
    "[table]\nurl = \"x\"",
    "FOLDER/helpdelta.toml: unknown setting \"table.url\"; did you mean \"table.uri\"?"
)]
#[case::misspelt_table(
    "[tabel]\nuri = \"x\"",
    "FOLDER/helpdelta.toml: unknown setting \"tabel\"; did you mean \"[table]\"?"
)]
#[case::loose_key("months = 3", "FOLDER/helpdelta.toml: unknown setting \"months\"")]
#[case::wrong_type(
    "[period]\nmonths = \"3\"",
    "FOLDER/helpdelta.toml: period.months is \"3\", expected a whole number"
)]
#[case::out_of_range(
    "[period]\nmonths = 0",
    "FOLDER/helpdelta.toml: period.months is 0, expected a whole number from 1 to 240"
)]
#[case::budget("[gorgias]\nbudget = 1.5", "gorgias.budget is 1.5, expected a share above 0 and up to 1")]
#[case::zone("[period]\ntimezone = \"+05:30\"", "name the zone instead")]
#[case::plain_http("[gorgias]\nbase_url = \"http://{domain}.gorgias.com\"", "would send credentials unencrypted")]
#[case::api("[gorgias]\napi = \"old\"", "expected auto, reporting or legacy")]
#[case::two_rosters(
    "[roster]\nfile = \"a.csv\"\ngoogle_sheet = \"1aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdefg\"",
    "not both"
)]
#[case::sheet_id("[roster]\ngoogle_sheet = \"no sheet\"", "roster.google_sheet is")]
#[case::guard("[guard]\nmax_drop = 2", "guard.max_drop is 2, expected a share from 0 to 1")]
#[case::cloud("[table]\nuri = \"s3://bucket/table\"", "this build cannot reach s3:// storage")]
#[case::no_toml("[table\nuri", "are no TOML")]
fn a_bad_setting_is_named_with_its_place(#[case] text: &str, #[case] expected: &str) {
    let error = resolve(text, &[]).expect_err("bad settings");
    assert!(error.contains(expected), "{error}");
}

#[test]
fn a_bad_variable_is_named() {
    let error = resolve("", &[("HELPDELTA_PERIOD_MONTHS", "many")]).expect_err("bad settings");
    assert_eq!(error, "HELPDELTA_PERIOD_MONTHS: period.months is \"many\", expected a whole number");
}

#[test]
fn a_far_fetched_name_is_not_suggested() {
    assert_eq!(suggestion("zzz", ["table", "period"]), None);
}
