//! The real transport over loopback: limits of time and size, redirects, cut bodies.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use helpdelta_core::Credential;
use helpdelta_gorgias::{Account, Api, BaseUrl, Budget, Ceilings, HttpTransport, RetryPolicy};
use helpdelta_simulator::{Action, Fault, Running, Simulator};
use rstest::rstest;

use crate::world::{helpdesk, read_account};

async fn serve(fault: Option<Fault>) -> (Simulator, Running) {
    let simulator = Simulator::new([helpdesk("acme", 2)]);
    if let Some(fault) = fault {
        simulator.inject(fault);
    }
    let running = simulator.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.expect("a server");
    (simulator, running)
}

fn account(simulator: &Simulator, base_url: &str) -> Account<HttpTransport> {
    let limit = Duration::from_secs(2);
    let transport = HttpTransport::new(Duration::from_secs(5), limit, limit, 1024 * 1024, true).expect("a transport");
    Account::new(
        "acme".parse().expect("a domain"),
        BaseUrl::parse(base_url).expect("an address"),
        Credential::parse(&simulator.helpdesk("acme").expect("a helpdesk").token()).expect("a credential"),
        transport,
        Arc::new(Budget::new(0.9)),
        RetryPolicy { max_retries: 1, base_wait: Duration::ZERO, longest_wait: Duration::ZERO },
        Ceilings::default(),
    )
}

#[tokio::test]
async fn an_account_is_read_over_the_network() {
    let (simulator, running) = serve(None).await;
    let reading = read_account(&account(&simulator, &running.base_url_template()), &["email"], Api::Reporting).await;
    assert_eq!(reading.expect("a reading").requests_of(&"email".parse().expect("a channel")), 30);
    running.shutdown().await;
}

#[rstest]
#[case::too_large(Action::Oversize { bytes: 8 * 1024 * 1024 }, "answer_too_large", 1)]
#[case::redirect(Action::Redirect { location: "http://127.0.0.1:9/".to_owned() }, "redirected", 1)]
#[case::cut_off(Action::CloseMidBody, "network", 2)]
#[case::silent(Action::NeverAnswer, "timeout", 2)]
#[tokio::test]
async fn a_broken_answer_is_named(#[case] action: Action, #[case] code: &str, #[case] tries: u32) {
    let (simulator, running) = serve(Some(Fault::new("acme", "/api/users", action))).await;
    let reading = read_account(&account(&simulator, &running.base_url_template()), &["email"], Api::Reporting).await;
    let error = reading.expect_err("a failure");
    assert_eq!((error.kind.code(), error.tries), (code, tries), "{error}");
    running.shutdown().await;
}

#[tokio::test]
async fn a_host_that_is_not_there_is_a_network_failure_without_the_credential() {
    let (simulator, running) = serve(None).await;
    let base_url = running.base_url_template();
    running.shutdown().await;
    let reading = read_account(&account(&simulator, &base_url), &["email"], Api::Reporting).await;
    let error = reading.expect_err("a failure");
    assert_eq!(error.kind.code(), "network");
    assert!(!format!("{error:?}").contains(&simulator.helpdesk("acme").expect("a helpdesk").token()));
}
