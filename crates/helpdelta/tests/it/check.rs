//! `check`: everything that is wrong, in one go, and nothing changed by looking.

use std::net::{Ipv4Addr, SocketAddr};

use helpdelta_simulator::{Action, CannedResponse, Fault, Google, Helpdesk, Running, Worksheet};
use serde_json::{Value, json};

use crate::world::{World, files, helpdesk, run_in};

fn lines<'a>(document: &'a Value, name: &str) -> Vec<&'a Value> {
    document["checks"].as_array().expect("checks").iter().filter(|check| check["name"] == name).collect()
}

/// What a person reads, without what depends on the day and on the speed of this machine.
fn readable(world: &World, text: &str) -> String {
    let in_use = " of 1000000 requests of its limit in use";
    let text = (0..10).fold(world.filtered(text), |text, used| text.replace(&format!("; {used}{in_use}"), "; IN USE"));
    let month = |word: &str| word.len() >= 7 && word.starts_with("20") && word[4..].starts_with('-');
    text.split(' ')
        .map(|word| if month(word) { format!("MONTH{}", &word[7..]) } else { word.to_owned() })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Another answer to `GET /api/account`, with headers of its own.
fn account_answer(domain: &str, body: Value, headers: &[(&str, &str)]) -> Fault {
    let mut headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
    let response = CannedResponse { status: 200, headers, retry_after: None, body: body.to_string() };
    Fault::new(domain, "/api/account", Action::Respond(response))
}

#[test]
fn where_all_is_fine_every_line_is_ok_and_nothing_is_left_behind() {
    let world = World::new([helpdesk("acme", 2), helpdesk("globex", 1)]);
    let ended = world.run(&["check"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(readable(&world, &ended.stdout), @r#"
    ok       settings    helpdelta.toml: every setting has a meaning and a good value
    ok       roster      clients.csv: 2 entries of 2 accounts
    ok       clock       this machine: less than a minute away from the servers' time
    ok       account     acme at acme: the credential is valid; 2 of 4 users are agents; the reporting statistics answer; IN USE
    ok       account     globex at globex: the credential is valid; 1 of 3 users are agents; the reporting statistics answer; IN USE
    ok       table       FOLDER/lakehouse/Monthly_Dashboard: there is none yet; the first sync makes it; its place can be written to
    ok: 6 ok, 0 warnings, 0 failed
    "#);
    assert!(!world.path("lakehouse").exists(), "a check makes nothing");
    world.sync(&["--months", "1"]);
    let before = files(&world.path("lakehouse"));
    let document = world.run(&["check", "--json", "--client", "globex"]).json();
    assert_eq!((&document["schema_version"], &document["status"]), (&json!(1), &json!("ok")), "{document:#}");
    assert_eq!(lines(&document, "account").len(), 1);
    assert_eq!(lines(&document, "table")[0]["hint"], Value::Null);
    assert!(lines(&document, "table")[0]["message"].as_str().expect("a message").contains("version 1"), "{document:#}");
    assert_eq!(files(&world.path("lakehouse")), before);
}

#[test]
fn a_roster_full_of_mistakes_is_told_in_one_go() {
    let domains = ["acme", "globex", "initech", "umbrella", "hooli", "stark", "wayne", "tyrell"];
    let mut helpdesks: Vec<Helpdesk> = domains.map(|domain| helpdesk(domain, 2)).into();
    for helpdesk in &mut helpdesks {
        helpdesk.credential.key = format!("planted-{}", helpdesk.domain);
    }
    let world = World::new(helpdesks);
    let token = |domain: &str| world.token(domain);
    world.roster(&format!(
        "Client,Authentication,Channel,Domain\nAcme,{acme},\"email, chat\",acme\nGlobex,{acme},all,globex\n\
         Initech,{initech},all,no-such-helpdesk\nUmbrella,env:MISSING_VARIABLE,all,umbrella\nHooli,{hooli},e mail,hooli\n\
         Hooli,,all,hooli\nStark,{stark},all,stark\nWayne,{wayne},all,wayne\nTyrell,{tyrell},all,tyrell\n",
        acme = token("acme"),
        initech = token("initech"),
        hooli = token("hooli"),
        stark = token("stark"),
        wayne = token("wayne"),
        tyrell = token("tyrell"),
    ));
    let statistics = "/api/reporting/stats";
    world.simulator.inject(Fault::new("stark", statistics, Action::error(403, "Not in your plan.")));
    let mut legacy = Fault::new("stark", "/api/stats/", Action::EchoAuthorization { status: 403 });
    legacy.path = helpdelta_simulator::PathPattern::Prefix("/api/stats/".to_owned());
    world.simulator.inject(legacy);
    world.simulator.inject(account_answer(
        "wayne",
        json!({ "domain": "wayne-old", "status": { "status": "active" } }),
        &[],
    ));
    world.simulator.inject(Fault::new("tyrell", statistics, Action::error(404, "Not found.")));
    let text = world.run(&["check"]);
    assert_eq!((text.code, text.stderr.as_str()), (2, ""));
    insta::assert_snapshot!(readable(&world, &text.stdout), @r#"
    ok       settings    helpdelta.toml: every setting has a meaning and a good value
    failed   roster      clients.csv: row 5, column Authentication: the environment has no variable "MISSING_VARIABLE"
                         hint: Mend this; until then a run refuses the whole roster.
    failed   roster      clients.csv: row 6, column Channel: "e mail" is no channel; expected a slug such as "email"
                         hint: Mend this; until then a run refuses the whole roster.
    failed   roster      clients.csv: row 7, column Authentication: no credential
                         hint: Mend this; until then a run refuses the whole roster.
    ok       roster      clients.csv: the other rows are good: 7 entries of 6 accounts
    ok       clock       this machine: less than a minute away from the servers' time
    ok       account     Acme at acme: the credential is valid; 2 of 4 users are agents; the reporting statistics answer; IN USE
    failed   account     Globex at globex: account: the helpdesk refused the credential
                         hint: Put a valid key into this client's Authentication cell: the Base64 form of email:api_key, made in Gorgias under Settings > REST API.
    failed   account     Initech at no-such-helpdesk: account: there is no helpdesk at this domain
                         hint: Check the Domain column: it must be the part of the helpdesk's address before .gorgias.com.
    ok       account     Stark at stark: the credential is valid; 2 of 4 users are agents; IN USE
    failed   statistics  Stark at stark: neither statistics API answers (statistic first-response-time of MONTH: the helpdesk denied permission: Not in your plan.; legacy statistic median-first-response-time of agent 48331152 in MONTH: the helpdesk denied permission: Cannot process the request with Authorization: Basic [credential])
                         hint: Use the key of a user whose role may see statistics, and check that the account's plan has them.
    ok       account     Wayne at wayne: the credential is valid; 2 of 4 users are agents; the reporting statistics answer; IN USE
    failed   account     Wayne at wayne: the helpdesk that answers is "wayne-old"
                         hint: Check the Domain column: a run would store another account's figures under this client.
    ok       account     Tyrell at tyrell: the credential is valid; 2 of 4 users are agents; IN USE
    warning  statistics  Tyrell at tyrell: only the legacy statistics answer (statistic first-response-time of MONTH: the helpdesk has no such resource: Not found.)
                         hint: Every run then takes two requests for each agent and month: use the key of a user whose role may see the reporting statistics, or ask Gorgias whether the plan has them.
    ok       table       FOLDER/lakehouse/Monthly_Dashboard: there is none yet; the first sync makes it; its place can be written to
    failed: 8 ok, 1 warnings, 7 failed
    "#);
    let json = world.run(&["check", "--json", "-vv"]);
    assert_eq!((json.code, &json.json()["status"]), (2, &json!("failed")));
    for domain in domains {
        for secret in [token(domain), format!("planted-{domain}")] {
            for shown in [&text.stdout, &json.stdout, &json.stderr] {
                assert!(!shown.contains(&secret), "{secret} was shown: {shown}");
            }
        }
    }
}

#[test]
fn an_account_that_alone_fails_makes_the_check_partial() {
    let world = World::new([helpdesk("acme", 2), helpdesk("globex", 2)]);
    world.settings("account_timeout_secs = 1\n");
    world.simulator.inject(Fault::new("globex", "/api/users", Action::NeverAnswer));
    let ended = world.run(&["check", "--json"]);
    let document = ended.json();
    assert_eq!((ended.code, &document["status"]), (3, &json!("failed")), "{document:#}");
    let accounts = lines(&document, "account");
    let statuses: Vec<_> = accounts.iter().map(|check| check["status"].as_str().expect("a status")).collect();
    assert_eq!(statuses, ["ok", "ok", "failed"]);
    assert_eq!(accounts[2]["message"], "reading the account took longer than 1 s");
}

#[test]
fn what_is_odd_about_an_account_is_a_warning() {
    let world = World::new([helpdesk("acme", 2), helpdesk("globex", 2)]);
    world.settings("agent_email_contains = \"nobody\"\n");
    world.simulator.inject(account_answer(
        "acme",
        json!({ "domain": "acme", "status": { "status": "suspended" } }),
        &[],
    ));
    world.simulator.inject(Fault::new("globex", "/api/account", Action::error(403, "Admins only.")));
    let ended = world.run(&["check", "--json"]);
    let document = ended.json();
    assert_eq!((ended.code, &document["status"]), (0, &json!("warning")), "{document:#}");
    let checks = document["checks"].as_array().expect("checks").iter();
    let odd = checks.filter(|check| check["status"] == "warning");
    let odd: Vec<String> = odd.map(|check| format!("{}: {}", check["subject"], check["message"])).collect();
    insta::assert_snapshot!(odd.join("\n"), @r#"
    "acme at acme": "the helpdesk says that it is not active"
    "acme at acme": "none of the 4 users is an agent: no human user's e-mail contains \"nobody\""
    "globex at globex": "the helpdesk does not tell its name: the helpdesk denied permission: Admins only."
    "globex at globex": "none of the 4 users is an agent: no human user's e-mail contains \"nobody\""
    "#);
}

#[test]
fn a_clock_that_is_wrong_is_told_with_its_direction() {
    let world = World::new([helpdesk("acme", 1)]);
    let body = json!({ "domain": "acme", "status": { "status": "active" } });
    let past = [("Date", "Tue, 24 Nov 2015 12:00:00 GMT")];
    world.simulator.inject(account_answer("acme", body, &past));
    world.simulator.inject(Fault::new("acme", "/api/users", Action::NeverAnswer));
    world.settings("account_timeout_secs = 1\n");
    let ended = world.run(&["check", "--json"]);
    let document = ended.json();
    assert_eq!(ended.code, 2, "{document:#}");
    let message = lines(&document, "clock")[0]["message"].as_str().expect("a message");
    assert!(message.ends_with("ahead of the servers' time"), "{message}");
}

#[test]
fn a_table_that_cannot_be_written_to_fails_the_check() {
    let world = World::new([helpdesk("acme", 1)]);
    std::fs::write(world.path("lakehouse"), "a file").expect("written");
    let ended = world.run(&["check", "--json"]);
    let document = ended.json();
    assert_eq!(ended.code, 2, "{document:#}");
    let table = lines(&document, "table");
    let table = table.last().expect("a line");
    assert_eq!(table["status"], "failed");
    assert!(table["message"].as_str().expect("a message").contains("cannot be written to"), "{table:#}");
    assert!(table["hint"].as_str().expect("a hint").contains("table.uri"), "{table:#}");
    assert_eq!(lines(&document, "account")[0]["status"], "ok");
}

#[test]
fn a_table_that_another_run_writes_to_is_a_warning() {
    let world = World::new([helpdesk("acme", 1)]);
    std::fs::create_dir_all(world.path("lakehouse")).expect("a folder");
    let lock = std::fs::File::create(world.path("lakehouse/Monthly_Dashboard.lock")).expect("a file");
    lock.lock().expect("the lock");
    let ended = world.run(&["check", "--json"]);
    let document = ended.json();
    assert_eq!((ended.code, &lines(&document, "table")[0]["status"]), (0, &json!("warning")), "{document:#}");
}

#[test]
fn settings_and_rosters_that_cannot_be_read_are_lines_too() {
    let world = World::new([helpdesk("acme", 1)]);
    let folder = tempfile::tempdir().expect("a folder");
    let empty = run_in(folder.path(), &["check"], &[]);
    assert_eq!(empty.code, 2);
    assert!(empty.stdout.contains("Run `helpdelta init` for a sample"), "{}", empty.stdout);
    let unknown = world.run(&["check", "--json", "--client", "acne"]);
    let document = unknown.json();
    assert_eq!((unknown.code, &lines(&document, "roster")[0]["hint"]), (2, &json!("Did you mean \"acme\"?")));
    world.settings("budgte = 1\n");
    let settings = world.run(&["check", "--json"]);
    let document = settings.json();
    assert_eq!((settings.code, document["checks"].as_array().expect("checks").len()), (2, 1), "{document:#}");
    let message = lines(&document, "settings")[0]["message"].as_str().expect("a message");
    assert!(message.contains("did you mean \"gorgias.budget\"?"), "{message}");
}

#[test]
fn a_sheet_is_read_as_a_run_would_and_its_bad_cells_have_addresses() {
    const SHEET: &str = "1aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdefg";
    let world = World::new([helpdesk("acme", 1)]);
    let google = Google::new().expect("a key");
    let token = world.token("acme");
    let rows =
        [["Client", "Authentication", "Channel"], ["acme", token.as_str(), "all"], ["globex", "env:NO", "e mail"]];
    google.put_sheet(SHEET, vec![Worksheet::new("Clients", rows)]);
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let running = runtime.block_on(Running::start(address, google.router())).expect("a server");
    let url = format!("http://{}", running.local_addr());
    std::fs::write(world.path("key.json"), google.service_account_key(&url)).expect("written");
    world.settings(&format!(
        "[roster]\ngoogle_sheet = \"{SHEET}\"\nservice_account = \"key.json\"\nsheets_url = \"{url}\"\n"
    ));
    let told = |name: &str| {
        let ended = world.run(&["check", "--json"]);
        assert_eq!(ended.code, 2);
        assert!(!ended.stdout.contains(&token), "{}", ended.stdout);
        let document = ended.json();
        let told = lines(&document, name).into_iter().map(|check| {
            let hint = check["hint"].as_str().unwrap_or("-");
            let text = |key: &str| check[key].as_str().expect("a text").to_owned();
            format!("{}: {} ({hint})", text("status"), text("message"))
        });
        told.collect::<Vec<_>>().join("\n").replace(&google.client_email(), "CLIENT_EMAIL")
    };
    insta::assert_snapshot!(told("roster"), @r#"
    failed: cell B3 (Authentication): the environment has no variable "NO" (Mend this; until then a run refuses the whole roster.)
    failed: cell C3 (Channel): "e mail" is no channel; expected a slug such as "email" (Mend this; until then a run refuses the whole roster.)
    ok: the other rows are good: 1 entries of 1 accounts (-)
    "#);
    google.edit(|state| state.clock_offset_secs = -7200);
    insta::assert_snapshot!(told("roster"), @r#"
    failed: Google refuses the sign-in because this machine's clock is 2 h 0 min ahead of Google's (Set this machine's clock, or let it synchronise, then run again.)
    warning: no account was asked, because there is no row to go by (Mend what is said above, then run again.)
    "#);
    insta::assert_snapshot!(told("clock"), @r#"
    failed: 2h 00m ahead of the servers' time (Set this machine's clock, or let it synchronise.)
    "#);
    google.edit(|state| {
        state.clock_offset_secs = 0;
        state.spreadsheets.get_mut(SHEET).expect("a sheet").shared = false;
    });
    insta::assert_snapshot!(told("roster"), @r#"
    failed: the spreadsheet 1aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdefg is not shared with CLIENT_EMAIL (Open the sheet, press Share and add CLIENT_EMAIL as a viewer.)
    warning: no account was asked, because there is no row to go by (Mend what is said above, then run again.)
    "#);
}
