//! What is repeated, what is final, and what an error says.

use std::time::Duration;

use helpdelta_gorgias::{Api, Ceilings, Error};
use helpdelta_simulator::{Action, Fault, RetryAfter, Simulator, When};
use rstest::rstest;
use tokio::time::Instant;

use crate::world::{account, account_with, helpdesk, read_account};

const STATISTICS: &str = "/api/reporting/stats";
const USERS: &str = "/api/users";

/// Reads an account with a fault; also gives the retries and throttlings.
async fn read(fault: Fault) -> (Result<(), Error>, helpdelta_core::RequestCounts, Simulator) {
    let simulator = Simulator::new([helpdesk("acme", 3)]);
    simulator.inject(fault);
    let account = account(&simulator, "acme");
    let reading = read_account(&account, &["email"], Api::Reporting).await;
    (reading.map(|_| ()), account.counters().snapshot(), simulator)
}

#[rstest]
#[case::not_ready(Action::accepted())]
#[case::internal_error(Action::error(500, "boom"))]
#[case::bad_gateway_page(Action::html(502))]
#[case::unavailable(Action::error(503, "An external service had an issue."))]
#[case::gateway_timeout(Action::html(504))]
#[case::cut_off(Action::CloseMidBody)]
#[tokio::test(start_paused = true)]
async fn a_passing_fault_is_repeated_and_leaves_no_trace(#[case] action: Action) {
    for path in [STATISTICS, USERS] {
        let (reading, requests, _) = read(Fault::new("acme", path, action.clone()).when(When::First(2))).await;
        reading.expect("a reading");
        assert_eq!((requests.retried, requests.throttled), (2, 0), "{path}");
    }
}

#[rstest]
#[case::unauthorized(Action::error(401, "Unauthorized."), "unauthorized")]
#[case::login_expired(Action::error(419, "Expired."), "unauthorized")]
#[case::forbidden(Action::error(403, "Not allowed."), "forbidden")]
#[case::unknown_name(Action::error(400, "Unknown scope."), "refused")]
#[case::unprocessable(Action::error(422, "No."), "refused")]
#[case::not_found(Action::error(404, "Resource not found."), "not_found")]
#[case::web_page(Action::html(404), "unknown_domain")]
#[case::not_allowed(Action::error(405, "No."), "refused")]
#[case::conflict(Action::error(409, "No."), "refused")]
#[case::too_large(Action::error(413, "No."), "refused")]
#[case::redirect(Action::Redirect { location: "https://evil.example/".to_owned() }, "redirected")]
#[case::garbage(Action::GarbageJson, "unexpected_answer")]
#[case::null_data(Action::NullData, "unexpected_answer")]
#[tokio::test(start_paused = true)]
async fn a_final_answer_is_asked_once_and_named(#[case] action: Action, #[case] code: &str) {
    for path in [STATISTICS, USERS] {
        let (reading, requests, _) = read(Fault::new("acme", path, action.clone())).await;
        let error = reading.expect_err("a failure");
        assert_eq!((error.kind.code(), requests.retried, error.tries), (code, 0, 1), "{error}");
        assert!(error.to_string().starts_with("acme: "), "{error}");
    }
}

#[rstest]
#[case::not_ready(Action::accepted(), "not_ready")]
#[case::server(Action::error(500, "boom"), "server_error")]
#[case::throttled(Action::throttled(RetryAfter::Seconds(1)), "rate_limited")]
#[case::cut_off(Action::CloseMidBody, "network")]
#[tokio::test(start_paused = true)]
async fn a_fault_that_stays_is_given_up_with_its_tries_named(#[case] action: Action, #[case] code: &str) {
    let (reading, requests, _) = read(Fault::new("acme", USERS, action)).await;
    let error = reading.expect_err("a failure");
    assert_eq!((error.kind.code(), error.tries, requests.sent), (code, 6, 6), "{error}");
    assert!(error.to_string().contains("(6 tries in "), "{error}");
}

#[rstest]
#[case::seconds(RetryAfter::Seconds(5), 5.0..=5.6)]
#[case::fraction(RetryAfter::Text("1.5".to_owned()), 1.5..=1.7)]
#[case::date(RetryAfter::DateIn(Duration::from_secs(30)), 28.0..=33.1)]
#[case::far_away(RetryAfter::Seconds(86_400), 60.0..=66.1)]
#[case::zero(RetryAfter::Seconds(0), 1.0..=2.1)]
#[case::junk(RetryAfter::Text("soon".to_owned()), 1.0..=2.1)]
#[case::missing(RetryAfter::Missing, 1.0..=2.1)]
#[tokio::test(start_paused = true)]
async fn after_429_the_account_waits_as_asked_within_reason(
    #[case] retry_after: RetryAfter,
    #[case] seconds: std::ops::RangeInclusive<f64>,
) {
    let started = Instant::now();
    let fault = Fault::new("acme", USERS, Action::throttled(retry_after)).when(When::First(1));
    let (reading, requests, _) = read(fault).await;
    reading.expect("a reading");
    assert_eq!((requests.throttled, requests.retried), (1, 1));
    // The bucket counts as full after 429, so some requests wait for it to drain as well.
    let waited = started.elapsed().as_secs_f64();
    assert!(waited >= *seconds.start() && waited <= seconds.end() + 20.0, "{waited} s");
}

#[tokio::test(start_paused = true)]
async fn a_429_pauses_every_request_of_the_account() {
    let fault = Fault::new("acme", STATISTICS, Action::throttled(RetryAfter::Seconds(30))).when(When::Requests(3..=3));
    let (reading, requests, simulator) = read(fault).await;
    reading.expect("a reading");
    assert_eq!(requests.throttled, 1);
    let log = simulator.requests("acme").expect("a log");
    assert_eq!(log.iter().filter(|request| request.status == Some(429)).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_ends_is_noticed() {
    for path in [USERS, STATISTICS] {
        let (reading, requests, _) = read(Fault::new("acme", path, Action::RepeatedCursor)).await;
        let error = reading.expect_err("a failure");
        assert!(error.to_string().contains("a cursor came twice"), "{error}");
        assert!(requests.sent < 20, "{requests:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_of_users_is_a_fault_and_not_a_helpdesk_without_agents() {
    let (reading, ..) = read(Fault::new("acme", USERS, Action::EmptyList)).await;
    assert!(reading.expect_err("a failure").to_string().contains("the list of users is empty"));
}

#[tokio::test(start_paused = true)]
async fn a_helpdesk_that_never_answers_ends_with_the_account_s_time() {
    let simulator = Simulator::new([helpdesk("acme", 3)]);
    simulator.inject(Fault::new("acme", STATISTICS, Action::NeverAnswer));
    let ceilings = Ceilings { account_limit: Duration::from_secs(90), ..Ceilings::default() };
    let started = Instant::now();
    let account = account_with(&simulator, "acme", ceilings);
    let error = read_account(&account, &["email"], Api::Reporting).await.expect_err("a failure");
    assert_eq!((error.kind.code(), started.elapsed().as_secs()), ("time_limit", 90), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_helpdesk_that_echoes_the_credential_does_not_get_it_into_the_error() {
    for status in [400, 403, 500] {
        let (reading, _, simulator) = read(Fault::new("acme", STATISTICS, Action::EchoAuthorization { status })).await;
        let error = reading.expect_err("a failure");
        let helpdesk = simulator.helpdesk("acme").expect("a helpdesk");
        let text = format!("{error} {error:?}");
        assert!(text.contains("[credential]"), "{text}");
        assert!(!text.contains(&helpdesk.token()) && !text.contains(&helpdesk.credential.key), "{text}");
    }
}
