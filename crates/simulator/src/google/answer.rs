//! Answers that say no, in Google's words (`gorgias-api.md` 8.2 and 8.4).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::account::PROJECT_NUMBER;
use crate::answer::Answer;

const JSON: &str = "application/json; charset=UTF-8";
const PAGE: &str = "text/html; charset=UTF-8";

/// The headers of a recorded answer.
const SHEETS_HEADERS: [(&str, &str); 3] =
    [("content-type", JSON), ("vary", "Origin, X-Origin, Referer"), ("server", "ESF")];

/// Why the token endpoint gives no token. `error` is a text here, and an object at the Sheets API.
#[derive(Debug)]
pub(super) struct TokenRefusal {
    pub(super) status: StatusCode,
    pub(super) error: &'static str,
    pub(super) description: String,
}

impl TokenRefusal {
    pub(super) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description: description.into() }
    }

    pub(super) fn grant(description: impl Into<String>) -> Self {
        Self::new("invalid_grant", description)
    }

    pub(super) fn of_status(status: StatusCode) -> Self {
        let error = if status.is_server_error() { "internal_failure" } else { "invalid_request" };
        let description = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { status, error, description }
    }
}

/// Why the Sheets API does not serve a request.
#[derive(Debug)]
pub(super) struct SheetsRefusal {
    status: StatusCode,
    message: String,
    details: Vec<Value>,
}

impl SheetsRefusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), details: Vec::new() }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(super) fn of_status(status: StatusCode) -> Self {
        let message = match status {
            StatusCode::UNAUTHORIZED => return Self::unauthenticated(),
            StatusCode::FORBIDDEN => "The caller does not have permission",
            StatusCode::NOT_FOUND => "Requested entity was not found.",
            StatusCode::TOO_MANY_REQUESTS => return Self::quota(),
            StatusCode::INTERNAL_SERVER_ERROR => "Internal error encountered.",
            StatusCode::SERVICE_UNAVAILABLE => "The service is currently unavailable.",
            _ => status.canonical_reason().unwrap_or("Error"),
        };
        Self::new(status, message)
    }

    pub(super) fn unauthenticated() -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
                       other valid authentication credential. See \
                       https://developers.google.com/identity/sign-in/web/devconsole-project.";
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    pub(super) fn unregistered() -> Self {
        let message = "Method doesn't allow unregistered callers (callers without established identity). Please use \
                       API Key or other form of API consumer identity to call this API.";
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub(super) fn insufficient_scope() -> Self {
        let details = vec![error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", &json!({ "service": SERVICE }))];
        let message = "Request had insufficient authentication scopes.";
        Self { details, ..Self::new(StatusCode::FORBIDDEN, message) }
    }

    pub(super) fn service_disabled() -> Self {
        let url = format!(
            "https://console.developers.google.com/apis/api/sheets.googleapis.com/overview?project={PROJECT_NUMBER}"
        );
        let message = format!(
            "Google Sheets API has not been used in project {PROJECT_NUMBER} before or it is disabled. Enable it by \
             visiting {url} then retry. If you enabled this API recently, wait a few minutes for the action to \
             propagate to our systems and retry."
        );
        let metadata = json!({ "service": SERVICE, "consumer": format!("projects/{PROJECT_NUMBER}") });
        let help = json!({
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [{ "description": "Google developers console API activation", "url": url }],
        });
        let details = vec![help, error_info("SERVICE_DISABLED", &metadata)];
        Self { details, ..Self::new(StatusCode::FORBIDDEN, message) }
    }

    pub(super) fn quota() -> Self {
        let message = format!(
            "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user' of service \
             'sheets.googleapis.com' for consumer 'project_number:{PROJECT_NUMBER}'."
        );
        let metadata = json!({
            "quota_limit": "ReadRequestsPerMinutePerUser",
            "quota_limit_value": "60",
            "service": SERVICE,
            "consumer": format!("projects/{PROJECT_NUMBER}"),
        });
        let details = vec![error_info("RATE_LIMIT_EXCEEDED", &metadata)];
        Self { details, ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    fn body(&self) -> Value {
        let mut error =
            json!({ "code": self.status.as_u16(), "message": self.message, "status": status_name(self.status) });
        if let (false, Value::Object(fields)) = (self.details.is_empty(), &mut error) {
            fields.insert("details".to_owned(), Value::from(self.details.clone()));
        }
        json!({ "error": error })
    }
}

const SERVICE: &str = "sheets.googleapis.com";

fn error_info(reason: &str, metadata: &Value) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    })
}

fn status_name(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        500 => "INTERNAL",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    }
}

impl From<Result<Value, TokenRefusal>> for Answer {
    fn from(result: Result<Value, TokenRefusal>) -> Self {
        let mut answer = match result {
            Ok(body) => Self::json(StatusCode::OK, body),
            Err(refusal) => {
                let body = json!({ "error": refusal.error, "error_description": refusal.description });
                Self::json(refusal.status, body)
            }
        };
        answer.put("content-type", "application/json; charset=utf-8");
        answer.put("cache-control", "no-cache, no-store, max-age=0, must-revalidate");
        answer
    }
}

impl From<Result<Value, SheetsRefusal>> for Answer {
    fn from(result: Result<Value, SheetsRefusal>) -> Self {
        let mut answer = match result {
            Ok(body) => Self::json(StatusCode::OK, body),
            Err(refusal) => Self::json(refusal.status, refusal.body()),
        };
        for (name, value) in SHEETS_HEADERS {
            answer.put(name, value);
        }
        if answer.status == StatusCode::UNAUTHORIZED {
            answer.put("www-authenticate", "Bearer realm=\"https://accounts.google.com/\", error=\"invalid_token\"");
        }
        answer
    }
}

/// A page for people.
pub(super) fn page(status: StatusCode) -> Answer {
    let reason = status.canonical_reason().unwrap_or("Error");
    let code = status.as_u16();
    let html = format!(
        "<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<title>Error {code} ({reason})!!1</title>\n\
         <p><b>{code}.</b> <ins>That\u{2019}s an error.</ins>\n"
    );
    Answer::text(status, PAGE, html)
}
