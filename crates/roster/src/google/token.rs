//! An access token for a signed assertion (`gorgias-api.md` 8.2).

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{GoogleServer, SheetError};
use super::key::ServiceAccountKey;
use super::retry::SheetRetry;
use super::transport::{Content, Transport, TransportRequest, TransportResponse};

/// Reading spreadsheets, and nothing more (law 1).
const SCOPE: &str = "https://www.googleapis.com/auth/spreadsheets.readonly";
const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The longest that Google takes.
const ASSERTION_LIFETIME_SECS: i64 = 3_600;
/// Beyond this, a refusal is the clock's fault, whatever Google calls it.
const TOLERATED_SKEW_SECS: u64 = 300;

/// Without `sub`: nobody's mailbox or drive is meant, only what is shared with the account itself.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

/// `error` is a text here, unlike in the errors of Sheets.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Denied {
    error: Value,
    error_description: Value,
}

/// Asks for an access token, in the form of an `Authorization` header.
pub(crate) async fn bearer<T: Transport>(
    transport: &T,
    retry: &SheetRetry,
    key: &ServiceAccountKey,
    now: &(dyn Fn() -> Timestamp + Send + Sync),
) -> Result<SecretString, SheetError> {
    let iat = now().as_second();
    let claims = Claims {
        iss: key.client_email(),
        scope: SCOPE,
        aud: key.token_uri().as_str(),
        iat,
        exp: iat + ASSERTION_LIFETIME_SECS,
    };
    let assertion =
        key.sign(&claims).map_err(|error| SheetError::unexpected(GoogleServer::Token, error.to_string()))?;
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", GRANT_TYPE)
        .append_pair("assertion", assertion.expose_secret())
        .finish();
    let request = TransportRequest { url: key.token_uri().as_str().to_owned(), content: Content::Form(form.into()) };
    let response = retry.send(transport, GoogleServer::Token, request).await?;
    if response.status != 200 {
        return Err(refusal(&response, key, response.date.map(|date| clock_skew_secs(now(), date))));
    }
    // serde's message is not passed on: it may quote the token.
    let granted: Granted = serde_json::from_slice(&response.body)
        .map_err(|_| SheetError::unexpected(GoogleServer::Token, "no access token in it"))?;
    let token = SecretString::from(granted.access_token);
    let usable = !token.expose_secret().is_empty() && token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
    if !usable {
        return Err(SheetError::unexpected(GoogleServer::Token, "the access token is no token"));
    }
    Ok(format!("Bearer {}", token.expose_secret()).into())
}

/// This machine's time less the server's.
pub(crate) fn clock_skew_secs(now: Timestamp, date: Timestamp) -> i64 {
    now.as_second().saturating_sub(date.as_second())
}

fn refusal(response: &TransportResponse, key: &ServiceAccountKey, skew_secs: Option<i64>) -> SheetError {
    let status = response.status;
    if !(400..500).contains(&status) {
        return SheetError::Refused { server: GoogleServer::Token, status, reason: None };
    }
    let denied: Denied = serde_json::from_slice(&response.body).unwrap_or_default();
    let reason = denied.error.as_str().and_then(|reason| word(reason, |letter| letter.is_ascii_lowercase()));
    let description = denied.error_description.as_str().unwrap_or_default();
    // Google has one code for a bad signature and a bad time; only its sentence tells them apart.
    let said_so = reason.as_deref() == Some("invalid_grant") && description.contains("short-lived");
    if said_so || skew_secs.is_some_and(|secs| secs.unsigned_abs() > TOLERATED_SKEW_SECS) {
        return SheetError::ClockWrong { skew_secs };
    }
    match reason {
        Some(reason) => SheetError::KeyRefused { client_email: key.client_email().to_owned(), reason },
        None => SheetError::Refused { server: GoogleServer::Token, status, reason: None },
    }
}

/// A code of Google, if it is one: anything longer or of other letters may be an echo of what was sent.
pub(crate) fn word(text: &str, is_letter: impl Fn(char) -> bool) -> Option<String> {
    const LONGEST: usize = 40;
    let plain = text.chars().all(|letter| is_letter(letter) || letter == '_');
    (plain && !text.is_empty() && text.len() <= LONGEST).then(|| text.to_owned())
}
