//! One simulated helpdesk and an account that reads it without a network.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use helpdelta_core::{AccountPlan, Agent, AgentRule, Credential, Domain, Entry, Month, Zone, complete_months};
use helpdelta_gorgias::{
    Account, AccountReading, Api, BaseUrl, Budget, Ceilings, Error, RetryPolicy, Transport, TransportError,
    TransportRequest, TransportResponse, Wanted,
};
use helpdelta_simulator::{Helpdesk, Population, Simulator};
use secrecy::ExposeSecret as _;
use tower::ServiceExt as _;

/// Calls the simulator's router instead of the network.
#[derive(Clone)]
pub(crate) struct InProcess {
    router: axum::Router,
}

impl Transport for InProcess {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let path = request.url.strip_prefix("http://127.0.0.1").expect("an address of the test");
        let method = if request.json_body.is_some() { "POST" } else { "GET" };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Authorization", request.authorization.expose_secret())
            .header("Content-Type", "application/json")
            .body(Body::from(request.json_body.unwrap_or_default()))
            .expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let text = |headers: &HeaderMap, name: &str| headers.get(name)?.to_str().ok().map(str::to_owned);
        let cut = |error: axum::Error| TransportError::Network { message: error.to_string() };
        Ok(TransportResponse {
            status: parts.status.as_u16(),
            call_limit: text(&parts.headers, "x-gorgias-account-api-call-limit"),
            retry_after: text(&parts.headers, "retry-after"),
            content_type: text(&parts.headers, "content-type"),
            date: Some(SystemTime::now()),
            body: to_bytes(body, usize::MAX).await.map_err(cut)?,
        })
    }
}

/// A helpdesk called `acme` with some agents, at its defaults.
pub(crate) fn helpdesk(domain: &str, agents: u32) -> Helpdesk {
    let domain = domain.parse().expect("a domain");
    let population = Population::new(domain, jiff::civil::date(2026, 11, 24)).expect("a population");
    Population { agents, tickets_per_agent_and_month: 6, ..population }.generate().expect("a helpdesk")
}

pub(crate) fn months(count: u16) -> Vec<Month> {
    complete_months(jiff::civil::date(2026, 11, 24), count, false).expect("months")
}

pub(crate) fn zone() -> Zone {
    Zone::parse("-05:00").expect("a zone")
}

pub(crate) fn plan(domain: &str, channels: &[&str]) -> AccountPlan {
    let domain: Domain = domain.parse().expect("a domain");
    let entry = |channel: &&str| Entry {
        client: "Client".to_owned(),
        channel: channel.parse().expect("a channel"),
        domain: domain.clone(),
    };
    AccountPlan::new(channels.iter().map(entry).collect(), &months(19))
}

pub(crate) fn account(simulator: &Simulator, domain: &str) -> Account<InProcess> {
    account_with(simulator, domain, Ceilings::default())
}

pub(crate) fn account_with(simulator: &Simulator, domain: &str, ceilings: Ceilings) -> Account<InProcess> {
    let token = simulator.helpdesk(domain).expect("a helpdesk").token();
    Account::new(
        domain.parse().expect("a domain"),
        BaseUrl::parse("http://127.0.0.1/{domain}").expect("an address"),
        Credential::parse(&token).expect("a credential"),
        InProcess { router: simulator.router() },
        Arc::new(Budget::new(0.9)),
        RetryPolicy { max_retries: 5, base_wait: Duration::from_secs(2), longest_wait: Duration::from_secs(60) },
        ceilings,
    )
}

/// The agency's agents among users.
pub(crate) fn agents(users: &[Agent]) -> Vec<Agent> {
    let rule = AgentRule::email_contains("getwrrk");
    users.iter().filter(|user| rule.matches(user)).cloned().collect()
}

/// Reads an account for some channels, over 19 months.
pub(crate) async fn read_account<T: Transport>(
    account: &Account<T>,
    channels: &[&str],
    api: Api,
) -> Result<AccountReading, Error> {
    let plan = plan(account.domain().as_str(), channels);
    account.read(Wanted { plan: &plan, months: &months(19), zone: &zone(), api }, agents).await
}
