//! A client in a few lines, and a helpdesk small enough to be counted by hand.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use helpdelta_simulator::{Helpdesk, Message, Simulator, Survey, Ticket, User};
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub(crate) const MAYA: i64 = 7;
pub(crate) const BO: i64 = 8;
/// In tickets, but not in the list of users.
pub(crate) const GONE: i64 = 99;

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error"]["msg"].as_str().expect("error.msg").to_owned()
    }
}

pub(crate) async fn send(simulator: &Simulator, request: Request<Body>) -> Reply {
    let response = simulator.router().oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
    Reply { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
}

pub(crate) fn request(simulator: &Simulator, method: Method, address: &str, body: Option<&Value>) -> Request<Body> {
    let domain = address.trim_start_matches('/').split('/').next().unwrap();
    let token = simulator.helpdesk(domain).map(|helpdesk| helpdesk.token()).unwrap_or_default();
    let request = Request::builder().method(method).uri(address).header("Authorization", format!("Basic {token}"));
    match body {
        Some(body) => request.header("Content-Type", "application/json").body(Body::from(body.to_string())),
        None => request.body(Body::empty()),
    }
    .unwrap()
}

pub(crate) async fn get(simulator: &Simulator, address: &str) -> Reply {
    send(simulator, request(simulator, Method::GET, address, None)).await
}

pub(crate) async fn post(simulator: &Simulator, address: &str, body: &Value) -> Reply {
    send(simulator, request(simulator, Method::POST, address, Some(body))).await
}

/// The rows of a reporting query over one page.
pub(crate) async fn rows(simulator: &Simulator, query: &Value) -> Vec<Value> {
    let reply = post(simulator, "/acme/api/reporting/stats?limit=10000", query).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    reply.json()["data"].as_array().expect("rows").clone()
}

/// A query by agent, for the months of a zone.
pub(crate) fn query(scope: &str, bucket: Option<&str>, start: &str, end: &str, zone: &str) -> Value {
    let mut query = json!({ "query": {
        "scope": scope,
        "timezone": zone,
        "dimensions": ["agentId"],
        "filters": [
            { "member": "periodStart", "operator": "afterDate", "values": [start] },
            { "member": "periodEnd", "operator": "beforeDate", "values": [end] },
        ],
    } });
    if let Some(bucket) = bucket {
        query["query"]["time_dimensions"] = json!([{ "dimension": bucket, "granularity": "month" }]);
    }
    query
}

pub(crate) fn filtered(mut query: Value, member: &str, values: Value) -> Value {
    let filter = json!({ "member": member, "operator": "one-of", "values": values });
    query["query"]["filters"].as_array_mut().unwrap().push(filter);
    query
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// A ticket answered once by an agent and closed.
pub(crate) fn closed(id: i64, agent_id: i64, opened: &str, replied: &str, closed: &str) -> Ticket {
    let mut ticket = Ticket::opened(id, "email", at(opened));
    ticket.assignee = Some(agent_id);
    ticket.messages.push(Message::from_agent(agent_id, at(replied)));
    ticket.closings.push(at(closed));
    ticket
}

pub(crate) fn survey(sent: &str, score: Option<u8>) -> Option<Survey> {
    let sent = at(sent);
    Some(Survey { created: sent, sent, answered: score.map(|_| sent), score })
}

/// `acme` in early 2025, in UTC unless a test says otherwise:
///
/// | ticket | agent | opened | first reply | closed | more |
/// |---|---|---|---|---|---|
/// | 1 | Maya | Jan 6 10:00 | 10:10 | 12:00 | survey 5 |
/// | 2 | Maya | Jan 7 10:00 | 10:30 | 11:00 | two replies, chat |
/// | 3 | Bo | Jan 31 23:00 | Feb 1 01:00 | Feb 1 01:00 | survey 3 |
/// | 4 | nobody | Jan 8 10:00 | Bo, 11:00 | Jan 8 12:00 | |
/// | 5 | Maya | Jan 9 10:00 | | | spam, closed |
/// | 6 | gone | Jan 9 10:00 | 10:05 | 10:06 | |
pub(crate) fn acme() -> Helpdesk {
    let mut acme = Helpdesk::new("acme");
    acme.users = vec![
        User::new(MAYA, "Maya Lind", "maya@getwrrk.example", "agent"),
        User::new(BO, "Bo Ek", "bo@getwrrk.example", "agent"),
        User::new(9, "Client Admin", "owner@acme.example", "admin"),
    ];
    let mut first = closed(1, MAYA, "2025-01-06T10:00:00Z", "2025-01-06T10:10:00Z", "2025-01-06T12:00:00Z");
    first.survey = survey("2025-01-06T13:00:00Z", Some(5));
    let mut second = closed(2, MAYA, "2025-01-07T10:00:00Z", "2025-01-07T10:30:00Z", "2025-01-07T11:00:00Z");
    second.messages.push(Message::from_agent(MAYA, at("2025-01-07T10:40:00Z")));
    second.channel = "chat".to_owned();
    let mut third = closed(3, BO, "2025-01-31T23:00:00Z", "2025-02-01T01:00:00Z", "2025-02-01T01:00:00Z");
    third.survey = survey("2025-02-02T01:00:00Z", Some(3));
    let mut fourth = closed(4, BO, "2025-01-08T10:00:00Z", "2025-01-08T11:00:00Z", "2025-01-08T12:00:00Z");
    fourth.assignee = None;
    let mut fifth = closed(5, MAYA, "2025-01-09T10:00:00Z", "2025-01-09T10:10:00Z", "2025-01-09T10:20:00Z");
    fifth.spam = true;
    let sixth = closed(6, GONE, "2025-01-09T10:00:00Z", "2025-01-09T10:05:00Z", "2025-01-09T10:06:00Z");
    acme.tickets = vec![first, second, third, fourth, fifth, sixth];
    acme
}

pub(crate) fn simulator() -> Simulator {
    Simulator::new([acme()])
}
