use std::path::Path;

use super::*;

// maya@acme.example:secret-key and lena@globex.example:other-key
const ACME: &str = "bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==";
const GLOBEX: &str = "bGVuYUBnbG9iZXguZXhhbXBsZTpvdGhlci1rZXk=";

fn grid(rows: &[&[&str]]) -> Grid {
    let row = |(place, cells): (usize, &&[&str])| GridRow {
        number: u64::try_from(place).expect("a small number") + 1,
        cells: cells.iter().map(|cell| (*cell).to_owned()).collect(),
    };
    let rows = rows.iter().enumerate().map(row).collect();
    Grid { source_name: "clients.csv".to_owned(), origin: Origin::LocalFile, rows }
}

fn sheet(rows: &[&[&str]]) -> Grid {
    Grid { source_name: "Google Sheet 1Z2U, worksheet Clients".to_owned(), origin: Origin::GoogleSheet, ..grid(rows) }
}

fn refusal_of_sheet(rows: &[&[&str]]) -> String {
    let environment = |_: &str| None;
    let judged = Roster::from_grid(&sheet(rows), &Secrets::new(Path::new("nowhere"), &environment));
    judged.expect_err("a bad roster").to_string()
}

fn read(rows: &[&[&str]]) -> Result<Roster, InvalidRoster> {
    let environment = |name: &str| (name == "ACME_TOKEN").then(|| ACME.to_owned());
    Roster::from_grid(&grid(rows), &Secrets::new(Path::new("nowhere"), &environment))
}

fn entries(roster: &Roster) -> Vec<String> {
    roster.entries.iter().map(|line| format!("{} at {}", line.entry, line.entry.domain)).collect()
}

#[test]
fn columns_are_found_by_name_in_any_order_case_and_with_blanks() {
    let roster = read(&[
        &["Notes", " channel ", "AUTHENTICATION", "Client", "domain"],
        &["vip", "email, chat", ACME, " Acme ", ""],
        &[],
        &["", "", "  ", ""],
        &["", "all", GLOBEX, "Globex Inc", "globex.gorgias.com", " "],
        &["", "", GLOBEX, "Initech"],
    ])
    .expect("a roster");
    assert_eq!(
        entries(&roster),
        ["Acme / chat at acme", "Acme / email at acme", "Globex Inc / all at globex", "Initech / all at initech"]
    );
}

#[test]
fn entries_of_one_domain_and_credential_are_one_account() {
    let roster = read(&[
        &["Client", "Authentication", "Channel", "Domain"],
        &["Acme", ACME, "email", ""],
        &["Globex", GLOBEX, "email", ""],
        &["Acme Chat", &format!("Basic {ACME}"), "chat", "acme"],
    ])
    .expect("a roster");
    let accounts = roster.accounts();
    let counts: Vec<(&str, usize)> =
        accounts.iter().map(|account| (account.domain.as_str(), account.entries.len())).collect();
    assert_eq!(counts, [("acme", 2), ("globex", 1)]);
}

#[test]
fn every_bad_cell_is_named_at_once_and_no_secret_is_shown() {
    let error = read(&[
        &["Client", "Authentication", "Channel", "Domain", "Active"],
        &["Acme", "planted-secret", "email", "", ""],
        &["", ACME, "email", "", ""],
        &["Globex Inc", GLOBEX, "e mail", "", "maybe"],
        &["Globex Inc", GLOBEX, "e mail", "", "yes"],
        &["Initech", "env:NO_SUCH", "#REF!", "evil.example/", ""],
        &["Umbrella", "file:no/such/file", "email", "", ""],
        &["Hooli", ACME, "email", ACME, ""],
    ])
    .expect_err("a bad roster")
    .to_string();
    insta::assert_snapshot!(error, @r#"
    the roster clients.csv has 12 problems:
      row 2, column Authentication: the credential is not Base64; expected the Base64 form of "email:api_key"
      row 3, column Client: no client
      row 4, column Active: "maybe" is neither yes nor no
      row 4, column Channel: "e mail" is no channel; expected a slug such as "email"
      row 4, column Domain: no domain, and the client's name "Globex Inc" is none; give it in a column Domain
      row 5, column Channel: "e mail" is no channel; expected a slug such as "email"
      row 5, column Domain: no domain, and the client's name "Globex Inc" is none; give it in a column Domain
      row 6, column Authentication: the environment has no variable "NO_SUCH"
      row 6, column Channel: the cell shows the spreadsheet error #REF!
      row 6, column Domain: "evil.example/" is no Gorgias sub-domain; expected one such as "acme" or "acme.gorgias.com"
      row 7, column Authentication: the file "no/such/file": No such file or directory (os error 2)
      row 8, column Domain: this text is no Gorgias sub-domain; expected one such as "acme" or "acme.gorgias.com"
    "#);
}

#[test]
fn a_client_and_channel_stand_once_whatever_the_case() {
    let error =
        read(&[&["Client", "Authentication", "Channel"], &["Acme", ACME, "email, chat"], &["acme", ACME, "Chat"]])
            .expect_err("a duplicate")
            .to_string();
    insta::assert_snapshot!(error, @r#"
    the roster clients.csv has 1 problem:
      row 3: client "acme" and channel chat stand in row 2 already
    "#);
}

#[test]
fn needed_columns_must_be_there_once() {
    let error = read(&[&["Client", "client", "Channel"], &["Acme", "Acme", "email"]]).expect_err("a bad header");
    insta::assert_snapshot!(error.to_string(), @r"
    the roster clients.csv has 2 problems:
      header, column Client: two columns have this name
      header, column Authentication: the roster has no such column
    ");
}

#[test]
fn inactive_rows_are_left_out_and_a_roster_without_active_rows_is_refused() {
    let header: &[&str] = &["Client", "Authentication", "Channel", "Active"];
    let roster = read(&[header, &["Acme", ACME, "", "yes"], &["Old", "", "", "no"]]).expect("a roster");
    assert_eq!(entries(&roster), ["Acme / all at acme"]);
    for rows in [vec![header], vec![header, &["Old", "", "", "no"]], vec![]] {
        assert!(read(&rows).is_err(), "{rows:?}");
    }
}

#[test]
fn a_credential_may_come_from_the_environment() {
    let roster = read(&[&["Client", "Authentication", "Channel"], &["Acme", "env:ACME_TOKEN", ""]]).expect("a roster");
    assert_eq!(roster.entries[0].credential, Credential::parse(ACME).expect("a credential"));
}

#[test]
fn a_custom_channel_and_two_spellings_of_a_client_are_warned_about() {
    let roster = read(&[
        &["Client", "Authentication", "Channel", "Domain"],
        &["Acme", ACME, "email", ""],
        &["ACME", ACME, "voicebot", ""],
    ])
    .expect("a roster");
    assert_eq!(roster.warnings.len(), 2, "{:?}", roster.warnings);
}

#[test]
fn every_bad_cell_of_a_sheet_is_named_by_its_address_and_no_secret_is_shown() {
    let error = refusal_of_sheet(&[
        &["Authentication", "Notes", "Client", "channel "],
        &["planted-secret", "", "Acme", "email"],
        &[ACME],
        &[],
        &[GLOBEX, "", "Globex Inc", "#REF!"],
        &["#N/A", "", "Initech", "email"],
        &[ACME, "", "Hooli", "email"],
        &[ACME, "", "hooli", "email"],
    ]);
    insta::assert_snapshot!(error, @r#"
    the roster Google Sheet 1Z2U, worksheet Clients has 6 problems:
      cell A2 (Authentication): the credential is not Base64; expected the Base64 form of "email:api_key"
      cell C3 (Client): no client
      cell D5 (Channel): the cell shows the spreadsheet error #REF!
      row 5, column Domain: no domain, and the client's name "Globex Inc" is none; give it in a column Domain
      cell A6 (Authentication): the cell shows the spreadsheet error #N/A
      row 8: client "hooli" and channel email stand in row 7 already
    "#);
}

#[test]
fn a_bad_header_of_a_sheet_is_named_by_its_cells() {
    let error = refusal_of_sheet(&[&[], &["Client", "Channel", "", "CLIENT "], &["Acme", "email", "", "Acme"]]);
    insta::assert_snapshot!(error, @"
    the roster Google Sheet 1Z2U, worksheet Clients has 2 problems:
      cells A2 and D2 (Client): two columns have this name
      header in row 2, column Authentication: the roster has no such column
    ");
    insta::assert_snapshot!(refusal_of_sheet(&[&["Clients of 2026"], &["Client", "Authentication", "Channel"]]), @"
    the roster Google Sheet 1Z2U, worksheet Clients has 3 problems:
      header in row 1, column Client: the roster has no such column
      header in row 1, column Authentication: the roster has no such column
      header in row 1, column Channel: the roster has no such column
    ");
    insta::assert_snapshot!(refusal_of_sheet(&[&["Client", "Authentication", "Channel"]]), @"
    the roster Google Sheet 1Z2U, worksheet Clients has 1 problem:
      the roster: no active client below the header
    ");
    insta::assert_snapshot!(refusal_of_sheet(&[]), @"
    the roster Google Sheet 1Z2U, worksheet Clients has 1 problem:
      the roster: it is empty
    ");
}

#[test]
fn a_sheet_refers_to_files_below_the_folder_only() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("tokens")).expect("a folder");
    let token = folder.path().join("tokens/acme");
    std::fs::write(&token, ACME).expect("written");
    let environment = |_: &str| None;
    let secrets = Secrets::new(folder.path(), &environment);
    let header: &[&str] = &["Client", "Authentication", "Channel"];
    let judge = |reference: &str, grid: fn(&[&[&str]]) -> Grid| {
        let judged = Roster::from_grid(&grid(&[header, &["Acme", reference, ""]]), &secrets);
        judged.map(|_| ()).map_err(|error| error.to_string())
    };
    let absolute = format!("file:{}", token.display());
    for reference in ["file:tokens/acme", "file:./tokens/acme"] {
        assert_eq!((judge(reference, sheet), judge(reference, grid)), (Ok(()), Ok(())), "{reference}");
    }
    for reference in [&absolute, "file:tokens/../tokens/acme"] {
        assert_eq!(judge(reference, grid), Ok(()), "{reference}");
        let error = judge(reference, sheet).expect_err("refused");
        assert!(
            error.ends_with(
                "cell B2 (Authentication): a sheet may refer only to a file by a relative path without \"..\""
            ),
            "{error}"
        );
    }
}

#[test]
fn debug_of_a_grid_shows_no_cell() {
    let grid = sheet(&[&["Client", "Authentication", "Channel"], &["Acme", ACME, "email"]]);
    let text = format!("{grid:?} {grid:#?} {:?}", grid.rows);
    assert!(!text.contains(ACME) && !text.contains("Acme") && text.contains("row_count: 2"), "{text}");
}

proptest::proptest! {
    /// Whatever a grid holds, the answer is a roster or problems: never a panic, never the planted secret.
    #[test]
    fn any_grid_is_read_or_refused_without_showing_a_credential(
        rows in proptest::collection::vec(proptest::collection::vec("[ -~\n]{0,12}", 0..6), 0..6)
    ) {
        let mut cells: Vec<Vec<String>> =
            vec![["Client", "Authentication", "Channel", "Domain"].map(str::to_owned).to_vec()];
        cells.extend(rows);
        cells.push(vec!["x y".to_owned(), ACME.to_owned(), ACME.to_owned(), ACME.to_owned()]);
        let rows: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let error = read(&rows).expect_err("the last row is bad").to_string();
        proptest::prop_assert!(!error.contains(ACME));
    }
}

#[test]
fn unquoted_channels_and_misspelt_columns_never_send_a_credential_elsewhere() {
    let header: &[&str] = &["Client", "Authentication", "Channel"];
    let with_domain: &[&str] = &["Client", "Authentication", "Channel", "Domain"];
    for (rows, expected) in [
        ([header, &["Acme", ACME, "email", " chat"]], "more cells than the header"),
        ([with_domain, &["Acme", ACME, "email", " chat"]], "\"chat\" is a channel"),
        (
            [&["Client", "Authentication", "Channel", "Domian"], &["Acme", ACME, "email", "shop"]],
            "\"Domian\" is misspelt",
        ),
    ] {
        let error = read(&rows).expect_err("a bad roster").to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_credential_in_another_column_is_refused_and_not_shown() {
    let header: &[&str] = &["Client", "Authentication", "Channel", "Domain"];
    for row in [
        [ACME, ACME, "email", "acme"],
        ["Acme", ACME, "secret-key", "acme"],
        ["Acme", ACME, "email", "secret-key"],
        ["Acme", ACME, "email", "maya@acme.example:secret-key"],
        ["Acme", &format!("env:{ACME}"), "email", "acme"],
        ["Acme", &format!("file:{ACME}"), "email", "acme"],
        ["Acme", "env:bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ", "email", "acme"],
        ["Acme", "env:f3a9c0ffee0011223344556677881122", "email", "acme"],
        ["Acme", "file:f3a9c0ffee0011223344556677881122", "email", "acme"],
        ["Acme", ACME, "email", "f3a9c0ffee0011223344556677881122!"],
    ] {
        let error = read(&[header, &row]).expect_err("a bad roster").to_string();
        assert!(!error.contains(ACME.trim_end_matches('=')) && !error.contains("secret-key"), "{error}");
        assert!(!error.contains("f3a9c0ffee") || error.contains("f3a9c0ffee0011223344556677881122!"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_reference_to_a_device_is_refused_and_not_read_for_ever() {
    let header: &[&str] = &["Client", "Authentication", "Channel"];
    let error = read(&[header, &["Acme", "file:/dev/zero", "email"]]).expect_err("a bad roster").to_string();
    assert!(error.contains("no ordinary file"), "{error}");
}
