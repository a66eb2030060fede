//! Law 3: no part of a credential is in anything that a run prints or writes.

use helpdelta_simulator::{Action, Fault};

use crate::world::{World, files, helpdesk};

#[test]
fn a_failing_run_shows_no_part_of_a_credential() {
    let domains = ["acme", "globex", "initech", "umbrella"];
    let mut helpdesks = domains.map(|domain| helpdesk(domain, 2));
    for helpdesk in &mut helpdesks {
        helpdesk.credential.key = format!("planted-{}", helpdesk.domain);
    }
    let world = World::new(helpdesks);
    let statistics = "/api/reporting/stats";
    for (domain, action) in [
        ("globex", Action::EchoAuthorization { status: 400 }),
        ("initech", Action::EchoAuthorization { status: 500 }),
        ("umbrella", Action::Redirect { location: "https://evil.example/".to_owned() }),
    ] {
        world.simulator.inject(Fault::new(domain, statistics, action));
    }
    let mut shown = String::new();
    let bad =
        format!("Client,Authentication,Channel,Domain\nAcme,{}!,x y,{}\n", world.token("acme"), world.token("acme"));
    for arguments in
        [&["sync", "-vv"][..], &["sync", "--json", "-vv", "--log-format", "json"], &["sync", "--dry-run"], &["show"]]
    {
        let ended = world.run(arguments);
        shown.push_str(&ended.stdout);
        shown.push_str(&ended.stderr);
    }
    let roster = std::fs::read_to_string(world.path("clients.csv")).expect("a roster");
    world.roster(&bad);
    let ended = world.run(&["sync", "-vv"]);
    assert_eq!(ended.code, 2);
    shown.push_str(&ended.stdout);
    shown.push_str(&ended.stderr);
    assert!(shown.contains("[credential]"), "no helpdesk echoed: {shown}");

    let written: Vec<Vec<u8>> =
        files(&world.path("lakehouse")).into_keys().map(|file| std::fs::read(file).expect("a file")).collect();
    assert!(written.len() > 4, "nothing was written");
    for domain in domains {
        let token = world.token(domain);
        assert!(roster.contains(&token));
        for secret in [token.as_str(), &format!("planted-{domain}")] {
            assert!(!shown.contains(secret), "{secret} was shown: {shown}");
            let contains = |bytes: &Vec<u8>| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!written.iter().any(contains), "{secret} was written");
        }
    }
}
