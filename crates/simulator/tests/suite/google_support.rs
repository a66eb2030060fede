//! A client of Google in a few lines, and a roster.

use std::sync::LazyLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use helpdelta_simulator::{Google, READONLY_SCOPE, Worksheet};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::support::Reply;

pub(crate) const BASE: &str = "http://127.0.0.1:8080";
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// RSA keys take long to make.
static ACCOUNT: LazyLock<Google> = LazyLock::new(|| Google::new().expect("a key"));
static STRANGER: LazyLock<Google> = LazyLock::new(|| Google::new().expect("a key"));

/// A Google with the spreadsheet `roster`.
pub(crate) fn google() -> Google {
    let google = ACCOUNT.afresh();
    let clients = vec![
        vec!["Client", "Authentication", "Channel", "Notes", ""],
        vec!["acme", "YTpi", "email", "", ""],
        vec![],
        vec!["globex", "", "chat", "paused"],
        vec!["", ""],
    ];
    let mut hidden = Worksheet::new("Old", [["hidden"]]);
    hidden.hidden = true;
    google.put_sheet(
        "roster",
        vec![
            hidden,
            Worksheet::new("Clients", clients),
            Worksheet::new("Bo's own", [["x"]]),
            Worksheet::new("Q1", [["quarter"]]),
            Worksheet::new("North/South", [["compass"]]),
            Worksheet::new("Empty", [["", ""]]),
        ],
    );
    google.service_account_key(BASE);
    google
}

/// What a careful client asks, before a test changes it.
pub(crate) struct Assertion {
    pub(crate) header: Header,
    pub(crate) claims: Value,
    pub(crate) key: EncodingKey,
}

fn key_of(google: &Google) -> EncodingKey {
    let key_file: Value = serde_json::from_str(&google.service_account_key(BASE)).expect("JSON");
    EncodingKey::from_rsa_pem(key_file["private_key"].as_str().expect("a key").as_bytes()).expect("PEM")
}

impl Assertion {
    pub(crate) fn new(google: &Google) -> Self {
        let key_file: Value = serde_json::from_str(&google.service_account_key(BASE)).expect("JSON");
        let now = Timestamp::now().as_second();
        let mut header = Header::new(Algorithm::RS256);
        header.kid = key_file["private_key_id"].as_str().map(str::to_owned);
        let claims = json!({
            "iss": key_file["client_email"],
            "scope": READONLY_SCOPE,
            "aud": key_file["token_uri"],
            "iat": now,
            "exp": now + 3600,
        });
        Self { header, claims, key: key_of(google) }
    }

    pub(crate) fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.claims.as_object_mut().expect("claims").remove(name);
        self
    }

    /// As if its clock were so many seconds ahead.
    pub(crate) fn later(mut self, seconds: i64) -> Self {
        for name in ["iat", "exp"] {
            self.claims[name] = json!(self.claims[name].as_i64().expect("seconds") + seconds);
        }
        self
    }

    pub(crate) fn signed_by_a_stranger(mut self) -> Self {
        self.key = key_of(&STRANGER);
        self
    }

    pub(crate) fn with_key_id(mut self, key_id: Option<&str>) -> Self {
        self.header.kid = key_id.map(str::to_owned);
        self
    }

    pub(crate) fn with_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.header.alg = algorithm;
        self
    }

    pub(crate) fn sign(&self) -> String {
        encode(&self.header, &self.claims, &self.key).expect("a signature")
    }
}

pub(crate) async fn send(router: Router, request: Request<Body>) -> Reply {
    let response = router.oneshot(request).await.expect("the router never fails");
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a whole body");
    Reply { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).expect("UTF-8") }
}

pub(crate) async fn post_form(google: &Google, fields: &[(&str, &str)]) -> Reply {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    let request = Request::post("/token")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(Body::from(form.finish()))
        .unwrap();
    send(google.router(), request).await
}

pub(crate) async fn exchange(google: &Google, assertion: &Assertion) -> Reply {
    post_form(google, &[("grant_type", GRANT_TYPE), ("assertion", &assertion.sign())]).await
}

pub(crate) async fn access_token(google: &Google) -> String {
    let reply = exchange(google, &Assertion::new(google)).await;
    reply.json()["access_token"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned()
}

pub(crate) async fn get_with(google: &Google, path: &str, token: &str) -> Reply {
    let request = Request::get(path).header("Authorization", format!("Bearer {token}")).body(Body::empty()).unwrap();
    send(google.router(), request).await
}

/// With a new access token.
pub(crate) async fn get(google: &Google, path: &str) -> Reply {
    let token = access_token(google).await;
    get_with(google, path, &token).await
}
