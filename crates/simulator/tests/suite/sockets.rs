//! Over a real connection.

use std::net::SocketAddr;

use helpdelta_simulator::{Action, Fault, Running, ServeError};
use rstest::rstest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::google_support::google;
use crate::support::{acme, simulator};

async fn exchange(running: &Running, path: &str) -> String {
    let mut stream = TcpStream::connect(running.local_addr()).await.unwrap();
    let token = acme().token();
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    // A broken connection is an error here and a result to the test.
    let _end = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_server_on_a_free_port_answers_until_it_is_shut_down() {
    let simulator = simulator();
    let running = simulator.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = running.local_addr();
    assert_eq!(running.base_url_template(), format!("http://127.0.0.1:{}/{{domain}}", address.port()));
    let answer = exchange(&running, "/acme/api/users").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("x-gorgias-account-api-call-limit: 1/40\r\n"), "{answer}");
    assert!(answer.contains("maya@getwrrk.example"), "{answer}");
    running.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_broken_connection_has_delivered_half_of_what_it_promised() {
    let simulator = simulator();
    simulator.inject(Fault::new("acme", "/api/users", Action::CloseMidBody));
    let running = simulator.serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let answer = exchange(&running, "/acme/api/users").await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let promised: usize =
        head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length").parse().unwrap();
    assert_eq!(body.len(), promised / 2);
    running.shutdown().await;
}

#[rstest]
#[case::all_interfaces("0.0.0.0:0")]
#[case::all_interfaces_v6("[::]:0")]
#[case::private_network("192.168.1.10:0")]
#[tokio::test]
async fn an_address_that_others_can_reach_is_refused(#[case] address: SocketAddr) {
    let error = simulator().serve(address).await.unwrap_err();
    assert!(matches!(error, ServeError::NotLoopback { .. }), "{error}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_a_typed_error() {
    let running = simulator().serve("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let error = simulator().serve(running.local_addr()).await.unwrap_err();
    assert!(matches!(error, ServeError::Bind { .. }), "{error}");
}

#[tokio::test]
async fn a_google_and_the_helpdesks_share_an_address() {
    let google = google();
    let router = simulator().router().merge(google.router());
    let running = Running::start("127.0.0.1:0".parse().unwrap(), router).await.unwrap();
    let answer = exchange(&running, "/v4/spreadsheets/roster/values/Clients").await;
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n") && answer.contains("UNAUTHENTICATED"), "{answer}");
    assert_eq!(answer.matches("\r\ndate: ").count(), 1, "{answer}");
    assert!(exchange(&running, "/token").await.starts_with("HTTP/1.1 404 Not Found\r\n"));
    assert!(exchange(&running, "/v4/elsewhere").await.contains("Error 404"));
    assert!(exchange(&running, "/acme/api/account").await.contains("\"domain\":\"acme\""));
    let paths: Vec<String> = google.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(paths, ["/v4/spreadsheets/roster/values/Clients", "/token", "/v4/elsewhere"]);
    running.shutdown().await;
}
