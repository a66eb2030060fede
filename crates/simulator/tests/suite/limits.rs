//! The bucket and the latency of an account, on a paused clock.

use std::time::Duration;

use axum::http::StatusCode;
use helpdelta_simulator::{Helpdesk, RateLimit, RetryAfterHeader, Simulator};
use rstest::rstest;
use tokio::time::{Instant, advance};

use crate::support::{acme, get, simulator};

const USERS: &str = "/acme/api/users";
const LIMIT: &str = "x-gorgias-account-api-call-limit";

#[tokio::test(start_paused = true)]
async fn the_header_counts_up_to_the_limit_and_the_next_request_is_throttled() {
    let simulator = simulator();
    for used in 1..=40 {
        let reply = get(&simulator, USERS).await;
        assert_eq!((reply.status, reply.header(LIMIT)), (StatusCode::OK, Some(format!("{used}/40").as_str())));
        assert!(reply.header("retry-after").is_some());
    }
    let throttled = get(&simulator, USERS).await;
    assert_eq!((throttled.status, throttled.header(LIMIT)), (StatusCode::TOO_MANY_REQUESTS, Some("40/40")));
    assert_eq!(throttled.header("retry-after"), Some("1"));
    assert!(throttled.message().starts_with("Too many requests"));
    advance(Duration::from_secs(1)).await;
    assert_eq!(get(&simulator, USERS).await.header(LIMIT), Some("39/40"));
}

#[tokio::test(start_paused = true)]
async fn two_requests_a_second_are_never_throttled() {
    let simulator = simulator();
    for _ in 0..200 {
        assert_eq!(get(&simulator, USERS).await.status, StatusCode::OK);
        advance(Duration::from_millis(500)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn accounts_do_not_share_a_bucket_and_others_of_the_same_account_do() {
    let simulator = Simulator::new([acme(), Helpdesk::new("bolt")]);
    simulator.consume("acme", 40).unwrap();
    assert_eq!(get(&simulator, USERS).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(get(&simulator, "/bolt/api/users").await.header(LIMIT), Some("1/40"));
}

#[tokio::test(start_paused = true)]
async fn a_steady_other_client_leaves_what_it_does_not_use() {
    let simulator = simulator();
    simulator
        .edit("acme", |helpdesk| {
            helpdesk.behaviour.rate_limit.foreign_interval = Some(Duration::from_secs(1));
        })
        .unwrap();
    let mut answered = 0;
    for _ in 0..1200 {
        answered += u32::from(get(&simulator, USERS).await.status == StatusCode::OK);
        advance(Duration::from_millis(100)).await;
    }
    // Two minutes: a burst of 40, then one of the two a second.
    assert!((150..=165).contains(&answered), "{answered}");
}

#[rstest]
#[case::every(RetryAfterHeader::OnEvery, true, true)]
#[case::throttled(RetryAfterHeader::OnThrottled, false, true)]
#[case::never(RetryAfterHeader::Never, false, false)]
#[tokio::test(start_paused = true)]
async fn retry_after_stands_where_the_account_puts_it(
    #[case] retry_after: RetryAfterHeader,
    #[case] on_success: bool,
    #[case] on_throttled: bool,
) {
    let simulator = simulator();
    simulator
        .edit("acme", |helpdesk| {
            helpdesk.behaviour.rate_limit = RateLimit { size: 1, retry_after, ..RateLimit::API_KEY }
        })
        .unwrap();
    assert_eq!(get(&simulator, USERS).await.header("retry-after").is_some(), on_success);
    assert_eq!(get(&simulator, USERS).await.header("retry-after").is_some(), on_throttled);
}

#[tokio::test(start_paused = true)]
async fn latency_is_that_of_every_answer_and_requests_wait_side_by_side() {
    let simulator = simulator();
    simulator.edit("acme", |helpdesk| helpdesk.behaviour.latency = Duration::from_secs(2)).unwrap();
    let start = Instant::now();
    tokio::join!(get(&simulator, USERS), get(&simulator, USERS), get(&simulator, USERS));
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    assert_eq!(simulator.counts("acme").unwrap().most_at_once, 3);
    assert_eq!(simulator.requests("acme").unwrap()[2].arrived, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_takes_as_long_as_an_answer() {
    let simulator = simulator();
    simulator.edit("acme", |helpdesk| helpdesk.behaviour.latency = Duration::from_secs(2)).unwrap();
    simulator.consume("acme", 1000).unwrap();
    let start = Instant::now();
    assert_eq!(get(&simulator, USERS).await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(start.elapsed(), Duration::from_secs(2));
}
