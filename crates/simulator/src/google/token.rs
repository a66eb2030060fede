//! The token endpoint: an assertion for an access token.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Desk;
use super::account::{CLIENT_EMAIL, READONLY_SCOPE, ServiceAccount};
use super::answer::TokenRefusal;
use super::state::ScopePolicy;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// How far a client's clock may be from Google's.
const LARGEST_SKEW_SECS: u64 = 300;
const LONGEST_LIFE_SECS: i64 = 3600;

const GRANTED_BY_GOOGLE: [&str; 7] = [
    READONLY_SCOPE,
    "https://www.googleapis.com/auth/spreadsheets",
    "https://www.googleapis.com/auth/drive.readonly",
    "https://www.googleapis.com/auth/drive.file",
    "https://www.googleapis.com/auth/drive",
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/userinfo.email",
];

/// What an access token is good for.
#[derive(Debug)]
pub(super) struct Grant {
    pub(super) scope: String,
    /// Seconds since 1970 on Google's clock.
    pub(super) expires: i64,
}

/// A JSON web token with its parts read and nothing checked.
struct Assertion<'a> {
    whole: &'a str,
    header: Value,
    claims: Value,
}

impl<'a> Assertion<'a> {
    fn read(whole: &'a str) -> Option<Self> {
        let mut parts = whole.split('.');
        let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        let json = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        let read = Self { whole, header: json(header)?, claims: json(claims)? };
        parts.next().is_none().then_some(read)
    }

    fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    fn seconds(&self, name: &str) -> Option<i64> {
        self.claims.get(name).and_then(Value::as_i64)
    }
}

impl Desk {
    pub(super) fn token(&mut self, account: &ServiceAccount, body: &str) -> Result<Value, TokenRefusal> {
        let form: Vec<_> = url::form_urlencoded::parse(body.as_bytes()).collect();
        let field = |name: &str| {
            let found = form.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_ref());
            let missing = || TokenRefusal::new("invalid_request", format!("Required parameter is missing: {name}"));
            found.filter(|value| !value.is_empty()).ok_or_else(missing)
        };
        let grant_type = field("grant_type")?;
        if grant_type != GRANT_TYPE {
            let description = format!("Invalid grant_type: {grant_type}");
            return Err(TokenRefusal::new("unsupported_grant_type", description));
        }
        let malformed = || TokenRefusal::grant("Invalid JWT: not a signed JSON web token.");
        let assertion = Assertion::read(field("assertion")?).ok_or_else(malformed)?;
        self.check_signer(account, &assertion)?;
        let scope = assertion.claim("scope").unwrap_or_default();
        self.scopes_asked.push(scope.to_owned());
        self.check_audience(&assertion)?;
        self.check_times(&assertion)?;
        check_scope(self.state.scopes, scope)?;
        Ok(self.grant(scope))
    }

    fn check_signer(&self, account: &ServiceAccount, assertion: &Assertion<'_>) -> Result<(), TokenRefusal> {
        let issuer = assertion.claim("iss");
        if issuer != Some(CLIENT_EMAIL) || self.state.account_deleted {
            return Err(TokenRefusal::grant("Invalid grant: account not found"));
        }
        let header = |name: &str| assertion.header.get(name).and_then(Value::as_str);
        let is_of_this_key = header("kid").is_none_or(|id| id == account.private_key_id) && !self.state.key_revoked;
        if header("alg") != Some("RS256") || !is_of_this_key || !account.has_signed(assertion.whole) {
            return Err(TokenRefusal::grant("Invalid JWT Signature."));
        }
        if assertion.claims.get("sub").is_some() && assertion.claim("sub") != issuer {
            let description = "Client is unauthorized to retrieve access tokens using this method, or client not \
                               authorized for any of the scopes requested.";
            let status = StatusCode::UNAUTHORIZED;
            return Err(TokenRefusal { status, ..TokenRefusal::new("unauthorized_client", description) });
        }
        Ok(())
    }

    fn check_audience(&self, assertion: &Assertion<'_>) -> Result<(), TokenRefusal> {
        let audience = assertion.claim("aud").unwrap_or_default();
        if self.audiences.iter().any(|right| right == audience) {
            return Ok(());
        }
        let right = self.audiences.first().map_or("that of a key file", String::as_str);
        let description = format!("Invalid JWT: Failed audience check. The right audience is {right}");
        Err(TokenRefusal::grant(description))
    }

    fn check_times(&self, assertion: &Assertion<'_>) -> Result<(), TokenRefusal> {
        let now = self.state.now();
        let is_reasonable = |issued: i64, expires: i64| {
            let life = expires.saturating_sub(issued);
            issued.abs_diff(now) <= LARGEST_SKEW_SECS && (1..=LONGEST_LIFE_SECS).contains(&life) && expires > now
        };
        match (assertion.seconds("iat"), assertion.seconds("exp")) {
            (Some(issued), Some(expires)) if is_reasonable(issued, expires) => Ok(()),
            _ => Err(TokenRefusal::grant(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check \
                 your iat and exp values in the JWT claim.",
            )),
        }
    }

    fn grant(&mut self, scope: &str) -> Value {
        let now = self.state.now();
        let lifetime = self.state.token_lifetime.as_secs();
        let expires = now.saturating_add(i64::try_from(lifetime).unwrap_or(i64::MAX));
        let token = format!("ya29.c.{:032x}", rand::random::<u128>());
        self.grants.retain(|_, grant| grant.expires > now);
        self.grants.insert(token.clone(), Grant { scope: scope.to_owned(), expires });
        json!({ "access_token": token, "expires_in": lifetime, "token_type": "Bearer" })
    }
}

fn check_scope(policy: ScopePolicy, scope: &str) -> Result<(), TokenRefusal> {
    let invalid = |more: &str| {
        let description = format!("Invalid OAuth scope or ID token audience provided.{more}");
        Err(TokenRefusal::new("invalid_scope", description))
    };
    let mut asked = scope.split_whitespace().peekable();
    if asked.peek().is_none() || !asked.all(|scope| GRANTED_BY_GOOGLE.contains(&scope)) {
        return invalid("");
    }
    match policy {
        ScopePolicy::AsGoogle => Ok(()),
        ScopePolicy::ReadonlyAlone if scope == READONLY_SCOPE => Ok(()),
        ScopePolicy::ReadonlyAlone => {
            invalid(&format!(" This simulator grants {READONLY_SCOPE} alone, although Google grants more."))
        }
    }
}
