//! The way of a request through a helpdesk, and the socket in front of it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use axum::routing::any;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::answer::{Answer, Content};
use crate::fault::Action;
use crate::helpdesk::Helpdesk;
use crate::paging::Parameters;
use crate::rate_limit::{Reading, RetryAfterHeader};
use crate::refusal::Refusal;
use crate::request_log::LoggedRequest;
use crate::simulator::{Simulator, Visit};
use crate::{legacy, reporting, users};

const LARGEST_BODY_BYTES: usize = 1024 * 1024;
const LONGEST_FAREWELL: Duration = Duration::from_secs(1);
const REPEATED_CURSOR: &str = "c2FtZSBhZ2Fpbg==";

impl Simulator {
    /// The helpdesks as a service, for tests that call it in process, and to be merged with others: it has no fallback
    /// and takes the paths `/{domain}` and below.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/{domain}", any(dispatch))
            .route("/{domain}/", any(dispatch))
            .route("/{domain}/{*path}", any(dispatch))
            .with_state(self.clone())
    }

    /// Serves the helpdesks until [`Running::shutdown`]; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address is not one of this machine alone, or it cannot be bound.
    pub async fn serve(&self, address: SocketAddr) -> Result<Running, ServeError> {
        Running::start(address, self.router()).await
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// Others could reach the address. The simulator is a test double with made-up credentials and scripted faults.
    #[error("{address} is not a loopback address; the simulator serves this machine only")]
    NotLoopback {
        /// The address refused.
        address: IpAddr,
    },
    /// The operating system refused the address.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A server that runs. Dropping it stops it too, without waiting.
#[derive(Debug)]
pub struct Running {
    local_address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Running {
    /// Serves any router on a loopback address, such as one merged of several services.
    ///
    /// # Errors
    ///
    /// As [`Simulator::serve`].
    pub async fn start(address: SocketAddr, router: Router) -> Result<Self, ServeError> {
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback { address: address.ip() });
        }
        let failed = |source| ServeError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let local_address = listener.local_addr().map_err(failed)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(listener, router).with_graceful_shutdown(async {
            // A dropped sender is a stop as well.
            let _dropped = stopped.await;
        });
        let task = tokio::spawn(async move { server.await });
        Ok(Self { local_address, stop, task })
    }

    /// The address that is served.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_address
    }

    /// The setting `gorgias.base_url`: `http://127.0.0.1:PORT/{domain}`.
    pub fn base_url_template(&self) -> String {
        format!("http://{}/{{domain}}", self.local_address)
    }

    /// Stops listening. Requests under way have a second to end; one that a fault never answers lasts until its client
    /// gives up.
    pub async fn shutdown(self) {
        let _already_stopped = self.stop.send(());
        let mut task = self.task;
        if tokio::time::timeout(LONGEST_FAREWELL, &mut task).await.is_err() {
            task.abort();
        }
    }
}

async fn dispatch(State(simulator): State<Simulator>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let whole = parts.uri.path().trim_start_matches('/').to_owned();
    let (domain, rest) = whole.split_once('/').unwrap_or((&whole, ""));
    if !simulator.knows(domain) {
        return nobody().into_response();
    }
    let body = match to_bytes(body, LARGEST_BODY_BYTES).await {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(_) => {
            let refusal = Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "Payload too large.");
            return Answer::from(Err(refusal)).into_response();
        }
    };
    let call = Call {
        path: format!("/{rest}"),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: text_header(&parts.headers, AUTHORIZATION.as_str()),
        body,
        parts,
    };
    let logged = LoggedRequest {
        number: 0,
        arrived: Duration::ZERO,
        method: call.parts.method.to_string(),
        path: call.path.clone(),
        query: call.query.clone(),
        body: call.body.clone(),
        status: None,
    };
    match simulator.begin(domain, logged) {
        Some(visit) => {
            let answer = call.visit(&visit).await;
            tokio::time::sleep(visit.helpdesk.behaviour.latency).await;
            visit.answered(answer.status.as_u16());
            answer.into_response()
        }
        None => nobody().into_response(),
    }
}

/// A sub-domain that nobody has: the page of a web server, not the API's JSON.
fn nobody() -> Answer {
    let page = "<!DOCTYPE html><html><head><title>404</title></head><body><h1>Page not found</h1></body></html>";
    Answer::text(StatusCode::NOT_FOUND, "text/html; charset=utf-8", page.to_owned())
}

fn text_header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

/// A request with all that is needed to answer it.
struct Call {
    path: String,
    query: String,
    authorization: String,
    body: String,
    parts: Parts,
}

/// What a path leads to.
enum Endpoint<'a> {
    Users,
    Account,
    Reporting,
    Legacy(&'a str),
}

impl Call {
    async fn visit(&self, visit: &Visit) -> Answer {
        let helpdesk = &visit.helpdesk;
        if !self.is_authorized(helpdesk) {
            let refusal = Refusal::new(StatusCode::UNAUTHORIZED, "Unauthorized.");
            return with_limit(Answer::from(Err(refusal)), helpdesk, visit.look());
        }
        let reading = visit.take();
        if reading.is_some_and(|reading| !reading.admitted) {
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests. Try again later.");
            return with_limit(Answer::from(Err(refusal)), helpdesk, reading);
        }
        let action = visit.strike(&self.path, &self.body);
        let truth = || with_limit(self.answer(visit, &self.query), helpdesk, reading);
        match action {
            None => truth(),
            Some(action) => self.fault(action, truth, visit, reading).await,
        }
    }

    fn is_authorized(&self, helpdesk: &Helpdesk) -> bool {
        let Some((scheme, token)) = self.authorization.split_once(' ') else { return false };
        scheme.eq_ignore_ascii_case("basic") && token.trim() == helpdesk.token()
    }

    async fn fault(
        &self,
        action: Action,
        truth: impl FnOnce() -> Answer,
        visit: &Visit,
        reading: Option<Reading>,
    ) -> Answer {
        let helpdesk = &visit.helpdesk;
        let list = |data: Value| json!({ "data": data, "meta": { "prev_cursor": null, "next_cursor": null } });
        let instead = |answer: Answer| with_limit(answer, helpdesk, reading);
        match action {
            Action::Respond(canned) => Answer::canned(canned, instead),
            Action::Delay(duration) => {
                tokio::time::sleep(duration).await;
                truth()
            }
            Action::NeverAnswer => std::future::pending().await,
            Action::CloseMidBody => truth().broken(),
            Action::GarbageJson => {
                let half = "{\"data\": [{\"agentId\": 4815".to_owned();
                instead(Answer::text(StatusCode::OK, "application/json", half))
            }
            Action::Oversize { bytes } => {
                let mut answer = Answer::json(StatusCode::OK, Value::Null);
                answer.content = Content::Oversize(bytes);
                instead(answer)
            }
            Action::Redirect { location } => {
                let mut answer = Answer::text(StatusCode::TEMPORARY_REDIRECT, "text/html", String::new());
                answer.put("location", &location);
                instead(answer)
            }
            Action::EmptyList => instead(Answer::json(StatusCode::OK, list(json!([])))),
            Action::NullData => instead(Answer::json(StatusCode::OK, list(Value::Null))),
            Action::RepeatedCursor => instead(self.first_page_again(visit)),
            Action::EchoAuthorization { status } => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let message = format!("Cannot process the request with Authorization: {}", self.authorization);
                instead(Answer::from(Err(Refusal::new(status, message))))
            }
        }
    }

    fn first_page_again(&self, visit: &Visit) -> Answer {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in url::form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| name != "cursor") {
            query.append_pair(&name, &value);
        }
        let mut answer = self.answer(visit, &query.finish());
        if let Content::Json(body) = &mut answer.content {
            let holder = match body.get_mut("meta") {
                Some(_) => body.get_mut("meta"),
                None => Some(body),
            };
            if let Some(Value::Object(holder)) = holder {
                holder.insert("next_cursor".to_owned(), REPEATED_CURSOR.into());
            }
        }
        answer
    }

    /// The true answer.
    fn answer(&self, visit: &Visit, query: &str) -> Answer {
        let endpoint = match self.path.as_str() {
            "/api/users" => Endpoint::Users,
            "/api/account" => Endpoint::Account,
            "/api/reporting/stats" => Endpoint::Reporting,
            path => match path.strip_prefix("/api/stats/") {
                Some(name) if !name.contains('/') => Endpoint::Legacy(name),
                _ => return Answer::from(Err(Refusal::new(StatusCode::NOT_FOUND, "Resource not found."))),
            },
        };
        let allowed = match endpoint {
            Endpoint::Users | Endpoint::Account => Method::GET,
            Endpoint::Reporting | Endpoint::Legacy(_) => Method::POST,
        };
        if self.parts.method != allowed {
            let message = "The specified HTTP method is not allowed.";
            let mut answer = Answer::from(Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message)));
            answer.put("allow", allowed.as_str());
            return answer;
        }
        let parameters = Parameters::parse(query);
        Answer::from(match endpoint {
            Endpoint::Users => users::answer(&visit.helpdesk, &parameters, query),
            Endpoint::Account => parameters.only(&[]).map(|()| users::account(&visit.helpdesk)),
            Endpoint::Reporting => {
                self.json().and_then(|body| reporting::answer(&visit.helpdesk, visit.ledger(), &parameters, &body))
            }
            Endpoint::Legacy(name) => parameters
                .only(&[])
                .and_then(|()| self.json())
                .and_then(|body| legacy::answer(&visit.helpdesk, visit.ledger(), name, &body)),
        })
    }

    fn json(&self) -> Result<Value, Refusal> {
        let content_type = text_header(&self.parts.headers, CONTENT_TYPE.as_str()).to_ascii_lowercase();
        if content_type.split(';').next().map(str::trim) != Some("application/json") {
            return Err(Refusal::bad_request("Send the body with Content-Type: application/json."));
        }
        serde_json::from_str(&self.body).map_err(|_| Refusal::bad_request("The body is not valid JSON."))
    }
}

/// The headers of every answer of a helpdesk.
fn with_limit(mut answer: Answer, helpdesk: &Helpdesk, reading: Option<Reading>) -> Answer {
    let limit = &helpdesk.behaviour.rate_limit;
    let Some(reading) = reading else { return answer };
    answer.put("x-gorgias-account-api-call-limit", &format!("{}/{}", reading.used, limit.size));
    let wanted = match limit.retry_after {
        RetryAfterHeader::OnEvery => true,
        RetryAfterHeader::OnThrottled => !reading.admitted,
        RetryAfterHeader::Never => false,
    };
    if wanted {
        answer.put("retry-after", &reading.retry_after_secs.to_string());
    }
    answer
}
