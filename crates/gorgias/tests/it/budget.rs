//! Requests: how many, and never more than the account allows (law 7).

use std::time::Duration;

use helpdelta_gorgias::Api;
use helpdelta_simulator::{RateLimit, Simulator};
use rstest::rstest;
use tokio::time::Instant;

use crate::world::{account, helpdesk, read_account};

#[rstest]
#[case::one_agent(1, &["email"], 1)]
#[case::two_hundred_agents(200, &["email"], 3)]
#[case::no_channel_filter(20, &["all"], 1)]
#[case::five_channels(20, &["email", "chat", "contact_form", "phone", "sms"], 1)]
#[tokio::test(start_paused = true)]
async fn nineteen_months_take_29_requests_and_the_pages_of_users(
    #[case] agents: u32,
    #[case] channels: &[&str],
    #[case] pages: usize,
) {
    let simulator = Simulator::new([helpdesk("acme", agents)]);
    let account = account(&simulator, "acme");
    let reading = read_account(&account, channels, Api::Reporting).await.expect("a reading");
    let users = reading.users.len().div_ceil(100);
    assert_eq!(users, pages, "{} users", reading.users.len());
    assert_eq!(account.counters().snapshot().sent, 29 + users);
    for channel in channels {
        assert_eq!(reading.requests_of(&channel.parse().expect("a channel")), 29 + users);
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_agents_are_read_at_once_and_without_429() {
    let simulator = Simulator::new([helpdesk("acme", 200)]);
    let started = Instant::now();
    let account = account(&simulator, "acme");
    read_account(&account, &["email"], Api::Reporting).await.expect("a reading");
    assert_eq!(account.counters().snapshot().throttled, 0);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[rstest]
#[case::api_key(RateLimit::API_KEY)]
#[case::enterprise(RateLimit::ENTERPRISE)]
#[case::oauth(RateLimit { size: 80, ..RateLimit::API_KEY })]
#[tokio::test(start_paused = true)]
async fn run_after_run_no_request_is_throttled(#[case] rate_limit: RateLimit) {
    let mut helpdesk = helpdesk("acme", 3);
    helpdesk.behaviour.rate_limit = rate_limit;
    helpdesk.behaviour.latency = Duration::from_millis(50);
    let simulator = Simulator::new([helpdesk]);
    for _ in 0..4 {
        // A new process knows nothing of the requests before it.
        let account = account(&simulator, "acme");
        read_account(&account, &["all", "email"], Api::Reporting).await.expect("a reading");
        assert_eq!(account.counters().snapshot().throttled, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_else_on_the_account_slows_us_down_and_fails_nothing() {
    let mut helpdesk = helpdesk("acme", 3);
    helpdesk.behaviour.rate_limit =
        RateLimit { foreign_interval: Some(Duration::from_millis(700)), ..RateLimit::API_KEY };
    let simulator = Simulator::new([helpdesk]);
    simulator.consume("acme", 30).expect("a helpdesk");
    let account = account(&simulator, "acme");
    read_account(&account, &["all", "email"], Api::Reporting).await.expect("a reading");
    let requests = account.counters().snapshot();
    assert!(requests.throttled <= 2, "{requests:?}");
}

/// The law in exact, virtual time: a hundred accounts take no longer than three times one.
#[tokio::test(start_paused = true)]
async fn a_hundred_accounts_take_as_long_as_one() {
    let domains: Vec<String> = (0..100).map(|number| format!("client-{number}")).collect();
    let helpdesks = domains.iter().map(|domain| {
        let mut helpdesk = helpdesk(domain, 2);
        helpdesk.behaviour.latency = Duration::from_millis(50);
        helpdesk
    });
    let simulator = Simulator::new(helpdesks);
    let read = async |domain: &str| {
        read_account(&account(&simulator, domain), &["email"], Api::Reporting).await.expect("a reading");
    };
    let started = Instant::now();
    read(&domains[0]).await;
    let one = started.elapsed();
    let started = Instant::now();
    futures::future::join_all(domains[1..].iter().map(|domain| read(domain))).await;
    let others = started.elapsed();
    assert!(one >= Duration::from_millis(450), "{one:?}");
    assert!(others <= one * 2, "one account {one:?}, 99 accounts {others:?}");
}
