//! The way of a request through Google.

use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use serde_json::Value;
use tokio::time::Instant;

use super::answer::{SheetsRefusal, TokenRefusal, page};
use super::{Google, GoogleAction, GooglePlace};
use crate::answer::{Answer, Content};
use crate::request_log::LoggedRequest;

const LARGEST_BODY_BYTES: usize = 1024 * 1024;
/// Names in a query or a form whose values are credentials.
const SECRET_FIELDS: [&str; 8] =
    ["access_token", "assertion", "client_assertion", "client_secret", "code", "key", "oauth_token", "refresh_token"];

/// What a path leads to.
#[derive(Clone, Debug)]
enum Endpoint {
    Token,
    Spreadsheet { id: String },
    Values { id: String, range: String },
    Nothing,
}

/// A request with all that is needed to answer it.
struct Call {
    endpoint: Endpoint,
    method: Method,
    query: String,
    headers: HeaderMap,
    body: String,
}

/// A request under way. It is over when this is dropped, answered or given up.
struct Visit {
    google: Google,
    number: u64,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.google.lock().log.end();
    }
}

impl Google {
    /// Google as a service, for tests that call it in process, and to be merged with
    /// [`Simulator::router`](crate::Simulator::router): it has no fallback and takes `/token`, `/v4` and below.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/token", any(token))
            .route("/v4/spreadsheets/{id}", any(spreadsheet))
            .route("/v4/spreadsheets/{id}/values/{range}", any(values))
            .route("/v4/{*path}", any(nothing))
            .with_state(self.clone())
    }

    async fn serve(self, endpoint: Endpoint, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = match to_bytes(body, LARGEST_BODY_BYTES).await {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) => return self.dated(page(StatusCode::PAYLOAD_TOO_LARGE)).into_response(),
        };
        let query = parts.uri.query().unwrap_or_default().to_owned();
        let path = parts.uri.path().to_owned();
        let call = Call { endpoint, method: parts.method, query, headers: parts.headers, body };
        let visit = self.begin(LoggedRequest {
            number: 0,
            arrived: Instant::now().saturating_duration_since(self.shared.began),
            method: call.method.to_string(),
            path,
            query: without_secrets(&call.query),
            body: call.body_for_log(),
            status: None,
        });
        let answer = self.dated(self.answer_or_fault(&call).await);
        tokio::time::sleep(self.latency()).await;
        self.lock().log.answered(visit.number, answer.status.as_u16());
        answer.into_response()
    }

    fn begin(&self, request: LoggedRequest) -> Visit {
        Visit { google: self.clone(), number: self.lock().log.begin(request) }
    }

    fn latency(&self) -> Duration {
        self.lock().state.latency
    }

    fn dated(&self, mut answer: Answer) -> Answer {
        if !answer.headers.contains_key("date") {
            answer.put("date", &self.lock().state.date());
        }
        answer
    }

    fn strike(&self, endpoint: &Endpoint) -> Option<GoogleAction> {
        let place = match endpoint {
            Endpoint::Token => GooglePlace::Token,
            Endpoint::Spreadsheet { .. } => GooglePlace::Spreadsheet,
            Endpoint::Values { .. } => GooglePlace::Values,
            Endpoint::Nothing => GooglePlace::Anywhere,
        };
        let mut desk = self.lock();
        let is_here = |struck: GooglePlace| struck == GooglePlace::Anywhere || struck == place;
        let due = desk.script.first_due(|fault| is_here(fault.place), |fault| &fault.when);
        due.map(|fault| fault.action.clone())
    }

    async fn answer_or_fault(&self, call: &Call) -> Answer {
        match self.strike(&call.endpoint) {
            None => self.answer(call),
            Some(GoogleAction::Status(status)) => call.error(status_of(status)),
            Some(GoogleAction::Page(status)) => page(status_of(status)),
            Some(GoogleAction::Quota) => Answer::from(Err::<Value, _>(SheetsRefusal::quota())),
            Some(GoogleAction::Respond(canned)) => Answer::canned(canned, |answer| answer),
            Some(GoogleAction::Delay(duration)) => {
                tokio::time::sleep(duration).await;
                self.answer(call)
            }
            Some(GoogleAction::NeverAnswer) => std::future::pending().await,
            Some(GoogleAction::CloseMidBody) => self.answer(call).broken(),
            Some(GoogleAction::GarbageJson) => {
                Answer::text(StatusCode::OK, "application/json; charset=UTF-8", "{\"range\": \"Cli".to_owned())
            }
            Some(GoogleAction::Oversize { bytes }) => {
                let mut answer = Answer::json(StatusCode::OK, Value::Null);
                answer.content = Content::Oversize(bytes);
                answer
            }
            Some(GoogleAction::Redirect { location }) => {
                let mut answer = Answer::text(StatusCode::TEMPORARY_REDIRECT, "text/html", String::new());
                answer.put("location", &location);
                answer
            }
            Some(GoogleAction::EchoCredential { status }) => {
                let quote = format!("Cannot process {} {}", call.header(AUTHORIZATION.as_str()), call.body);
                call.error_with(status_of(status), &quote)
            }
        }
    }

    /// The true answer.
    fn answer(&self, call: &Call) -> Answer {
        let allowed = if matches!(call.endpoint, Endpoint::Token) { Method::POST } else { Method::GET };
        if call.method != allowed {
            return page(StatusCode::NOT_FOUND);
        }
        if allowed == Method::GET && !call.body.is_empty() {
            return page(StatusCode::BAD_REQUEST);
        }
        let mut desk = self.lock();
        let admit = |desk: &super::Desk| desk.admit(&call.header(AUTHORIZATION.as_str()));
        match &call.endpoint {
            Endpoint::Token => Answer::from(call.form().and_then(|form| desk.token(&self.shared.account, form))),
            Endpoint::Spreadsheet { id } => Answer::from(admit(&desk).and_then(|()| desk.spreadsheet(id, &call.query))),
            Endpoint::Values { id, range } => {
                Answer::from(admit(&desk).and_then(|()| desk.values(id, range, &call.query)))
            }
            Endpoint::Nothing => page(StatusCode::NOT_FOUND),
        }
    }
}

impl Call {
    fn header(&self, name: &str) -> String {
        let value = self.headers.get(name);
        value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
    }

    fn is_form(&self) -> bool {
        let content_type = self.header(CONTENT_TYPE.as_str()).to_ascii_lowercase();
        content_type.split(';').next().map(str::trim) == Some("application/x-www-form-urlencoded")
    }

    /// Of a body in another form nobody knows where its credentials are.
    fn body_for_log(&self) -> String {
        match self.body.len() {
            0 => String::new(),
            _ if self.is_form() => without_secrets(&self.body),
            length => format!("[{length} bytes]"),
        }
    }

    /// The body, if it is declared as what it must be.
    fn form(&self) -> Result<&str, TokenRefusal> {
        if self.is_form() {
            Ok(&self.body)
        } else {
            let description = "Send the body with Content-Type: application/x-www-form-urlencoded.";
            Err(TokenRefusal::new("invalid_request", description))
        }
    }

    fn error(&self, status: StatusCode) -> Answer {
        match self.endpoint {
            Endpoint::Token => Answer::from(Err::<Value, _>(TokenRefusal::of_status(status))),
            _ => Answer::from(Err::<Value, _>(SheetsRefusal::of_status(status))),
        }
    }

    fn error_with(&self, status: StatusCode, message: &str) -> Answer {
        match self.endpoint {
            Endpoint::Token => {
                let refusal = TokenRefusal { description: message.to_owned(), ..TokenRefusal::of_status(status) };
                Answer::from(Err::<Value, _>(refusal))
            }
            _ => Answer::from(Err::<Value, _>(SheetsRefusal::new(status, message))),
        }
    }
}

async fn token(State(google): State<Google>, request: Request) -> Response {
    google.serve(Endpoint::Token, request).await
}

async fn spreadsheet(
    State(google): State<Google>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let endpoint = path.map_or(Endpoint::Nothing, |Path(id)| Endpoint::Spreadsheet { id });
    google.serve(endpoint, request).await
}

async fn values(
    State(google): State<Google>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let endpoint = path.map_or(Endpoint::Nothing, |Path((id, range))| Endpoint::Values { id, range });
    google.serve(endpoint, request).await
}

async fn nothing(State(google): State<Google>, request: Request) -> Response {
    google.serve(Endpoint::Nothing, request).await
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A query or a form as it was sent, but for the values of its credentials.
fn without_secrets(text: &str) -> String {
    let field = |part: &str| {
        let name = url::form_urlencoded::parse(part.as_bytes()).next().map(|(name, _)| name.into_owned());
        match name {
            Some(name) if SECRET_FIELDS.contains(&name.as_str()) => format!("{name}=[redacted]"),
            _ => part.to_owned(),
        }
    };
    text.split('&').map(field).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::form("grant_type=urn%3Ax&assertion=a.b.c", "grant_type=urn%3Ax&assertion=[redacted]")]
    #[case::escaped_name("access%5Ftoken=ya29&fields=sheets", "access_token=[redacted]&fields=sheets")]
    #[case::nothing("", "")]
    #[case::no_secret("fields=a%2Cb&alt=json", "fields=a%2Cb&alt=json")]
    fn credentials_do_not_reach_the_log(#[case] sent: &str, #[case] logged: &str) {
        assert_eq!(without_secrets(sent), logged);
    }
}
