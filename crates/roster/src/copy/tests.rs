use super::*;
use crate::grid::{GridRow, Origin};

const TOKEN: &str = "bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==";

fn source(worksheet: Option<&str>) -> SheetSource {
    SheetSource { spreadsheet: "1Z2U".parse().expect("an id"), worksheet: worksheet.map(str::to_owned) }
}

fn copy() -> RosterCopy {
    let row = |number, cells: &[&str]| GridRow { number, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() };
    let rows = vec![row(1, &["Client", "Authentication", "Channel"]), row(2, &[]), row(3, &["Kl\u{f6}\n\"x\"", TOKEN])];
    let source_name = "Google Sheet 1Z2U, worksheet Clients".to_owned();
    RosterCopy {
        source: source(None),
        grid: Grid { source_name, origin: Origin::GoogleSheet, rows },
        fetched_at: "2026-11-24T12:00:00.123456Z".parse().expect("a time"),
    }
}

fn message(error: &CopyError, path: &Path) -> String {
    error.to_string().replace(&*path.to_string_lossy(), "COPY")
}

#[test]
fn a_copy_comes_back_as_it_was_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state/deep/roster.json");
    copy().save(&path).expect("saved");
    assert_eq!(RosterCopy::load(&path, &source(None)).expect("a copy"), copy());
    let later = RosterCopy { fetched_at: Timestamp::UNIX_EPOCH, ..copy() };
    later.save(&path).expect("saved over the first");
    assert_eq!(RosterCopy::load(&path, &source(None)).expect("a copy"), later);
    let beside = std::fs::read_dir(path.parent().expect("a folder")).expect("a folder").count();
    assert_eq!(beside, 1, "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn a_copy_is_its_owners_alone() {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state/roster.json");
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    copy().save(&path).expect("saved");
    assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
    std::fs::set_permissions(&path, Permissions::from_mode(0o644)).expect("opened up");
    copy().save(&path).expect("saved again");
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_copy_that_cannot_be_used_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roster.json");
    let load = || message(&RosterCopy::load(&path, &source(None)).expect_err("no copy"), &path);
    let none_yet = load();
    std::fs::write(&path, format!("{{\"schema_version\": 1, \"grid\": [\"{TOKEN}\"")).expect("written");
    let damaged = load();
    std::fs::write(&path, format!("{{\"schema_version\": 1, \"source\": \"{TOKEN}\"}}")).expect("written");
    let other_shape = load();
    std::fs::write(&path, "{\"schema_version\": 2, \"sheets\": []}").expect("written");
    let newer = load();
    copy().save(&path).expect("saved");
    let other_sheet = message(&RosterCopy::load(&path, &source(Some("Old"))).expect_err("no copy"), &path);
    let unreadable = RosterCopy::load(folder.path(), &source(None)).expect_err("a folder");
    let unreadable = message(&unreadable, folder.path());
    let messages = [none_yet, damaged, other_shape, newer, other_sheet, unreadable].join("\n");
    assert!(!messages.contains(TOKEN), "{messages}");
    insta::assert_snapshot!(messages, @"
    there is no copy of the roster at COPY yet
    COPY is no copy of a roster, or a damaged one
    COPY is no copy of a roster, or a damaged one
    the copy of the roster COPY was written by a newer version (its format is 2)
    the copy of the roster COPY is of Google Sheet 1Z2U, worksheet Clients, not of the worksheet in the settings
    the copy of the roster COPY cannot be read
    ");
}

#[test]
fn a_copy_that_cannot_be_written_leaves_the_earlier_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("roster.json");
    copy().save(&path).expect("saved");
    let below_a_file = path.join("roster.json");
    let error = copy().save(&below_a_file).expect_err("no folder");
    assert!(matches!(error, CopyError::NotWritten { .. }), "{error}");
    assert_eq!(RosterCopy::load(&path, &source(None)).expect("a copy"), copy());
}

#[test]
fn debug_of_a_copy_shows_no_cell() {
    let text = format!("{:?} {:#?}", copy(), copy());
    assert!(!text.contains(TOKEN), "{text}");
}
