//! Answers that the live service gave, decoded as they are.

use std::sync::Arc;

use helpdelta_core::{AgentRule, Credential};
use helpdelta_gorgias::{
    Account, Api, BaseUrl, Budget, CallLimit, Ceilings, RetryPolicy, Transport, TransportError, TransportRequest,
    TransportResponse,
};
use serde_json::Value;

use crate::world::read_account;

const USERS: &str = include_str!("../recorded/users.json");

/// Answers with the recording, and with empty statistics.
struct Recording {
    users: Value,
}

impl Transport for Recording {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let header = |name: &str| self.users["headers"][name].as_str().map(str::to_owned);
        let body =
            if request.json_body.is_some() { r#"{"data":[]}"#.to_owned() } else { self.users["body"].to_string() };
        Ok(TransportResponse {
            status: 200,
            call_limit: header("x-gorgias-account-api-call-limit"),
            retry_after: None,
            content_type: header("content-type"),
            date: None,
            body: body.into(),
        })
    }
}

#[tokio::test(start_paused = true)]
async fn the_recorded_users_are_read_bots_apart() {
    let users: Value = serde_json::from_str(USERS).expect("a recording");
    let account = Account::new(
        "nango".parse().expect("a domain"),
        BaseUrl::parse("https://{domain}.gorgias.com").expect("an address"),
        Credential::parse("bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==").expect("a credential"),
        Recording { users },
        Arc::new(Budget::new(0.9)),
        RetryPolicy::default(),
        Ceilings::default(),
    );
    let reading = read_account(&account, &["all"], Api::Reporting).await.expect("a reading");
    let everyone = AgentRule::email_contains("");
    let humans: Vec<i64> = reading.users.iter().filter(|user| everyone.matches(user)).map(|user| user.id).collect();
    assert_eq!(reading.users.len(), 6);
    assert_eq!(humans, [519_543_243, 519_799_371, 519_799_497, 519_798_173]);
}

#[test]
fn the_recorded_call_limit_is_read() {
    assert_eq!(CallLimit::parse("15/80"), Some(CallLimit { used: 15, size: 80 }));
}
