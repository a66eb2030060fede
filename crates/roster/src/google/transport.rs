//! The seam to the network: one request out, one whole answer back.

use std::error::Error as _;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};

/// A request as it goes out. Only the token server is ever posted to.
#[derive(Clone, Debug)]
pub(crate) struct TransportRequest {
    /// The whole address.
    pub(crate) url: String,
    pub(crate) content: Content,
}

#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// A GET with this value of `Authorization`.
    Get { authorization: SecretString },
    /// A POST of this `application/x-www-form-urlencoded` body.
    Form(SecretString),
}

/// An answer with the whole of its body.
#[derive(Clone, Debug)]
pub(crate) struct TransportResponse {
    pub(crate) status: u16,
    /// `Retry-After`, as sent.
    pub(crate) retry_after: Option<String>,
    /// `Date`.
    pub(crate) date: Option<Timestamp>,
    /// The body, decompressed.
    pub(crate) body: Bytes,
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TransportError {
    Timeout,
    Network { message: String },
    TooLarge { limit_bytes: usize },
}

/// Sends one request and reads the whole answer. Never repeats and never follows a redirect. Every status is an answer.
pub(crate) trait Transport: Send + Sync {
    fn send(&self, request: TransportRequest)
    -> impl Future<Output = Result<TransportResponse, TransportError>> + Send;
}

/// How long Google may take and how much it may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SheetLimits {
    /// For connecting.
    pub connect: Duration,
    /// For each read of an answer.
    pub read: Duration,
    /// For one whole answer.
    pub answer: Duration,
    /// For everything: the token, all requests, all waits.
    pub whole: Duration,
    /// The ceiling of one answer's body.
    pub largest_answer_bytes: usize,
}

impl Default for SheetLimits {
    /// Google cuts a request after 180 s and advises payloads of at most 2 MB (`gorgias-api.md` 8.3); a roster is far
    /// below both.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(30),
            answer: Duration::from_secs(60),
            whole: Duration::from_secs(300),
            largest_answer_bytes: 8 * 1024 * 1024,
        }
    }
}

/// An HTTP client that cannot be set up: the platform's certificates or proxy settings cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client for Google cannot be set up")]
pub struct HttpClientError(#[source] reqwest::Error);

/// The real network.
#[derive(Clone, Debug)]
pub(crate) struct HttpTransport {
    client: reqwest::Client,
    largest_answer_bytes: usize,
}

impl HttpTransport {
    /// `loopback` says that the server is on this machine: proxies are passed by then.
    pub(crate) fn new(limits: &SheetLimits, loopback: bool) -> Result<Self, HttpClientError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let builder = reqwest::Client::builder()
            .user_agent(concat!("helpdelta/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(Policy::none())
            .connect_timeout(limits.connect)
            .read_timeout(limits.read)
            .timeout(limits.answer);
        let builder = if loopback { builder.no_proxy() } else { builder };
        let client = builder.build().map_err(HttpClientError)?;
        Ok(Self { client, largest_answer_bytes: limits.largest_answer_bytes })
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let builder = match request.content {
            Content::Form(form) => self
                .client
                .post(request.url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.expose_secret().to_owned()),
            Content::Get { authorization } => {
                let mut value = HeaderValue::from_str(authorization.expose_secret())
                    .map_err(|_| TransportError::Network { message: "the token is no valid header".to_owned() })?;
                value.set_sensitive(true);
                self.client.get(request.url).header(AUTHORIZATION, value)
            }
        };
        let mut response = builder.send().await.map_err(network)?;
        let too_large = TransportError::TooLarge { limit_bytes: self.largest_answer_bytes };
        let announced = response.content_length().unwrap_or_default();
        if usize::try_from(announced).map_or(true, |announced| announced > self.largest_answer_bytes) {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > self.largest_answer_bytes {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        let text = |name: HeaderName| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        Ok(TransportResponse {
            status: response.status().as_u16(),
            retry_after: text(RETRY_AFTER),
            date: text(DATE).and_then(|date| parse_http_date(&date)),
            body: body.into(),
        })
    }
}

pub(crate) fn parse_http_date(text: &str) -> Option<Timestamp> {
    httpdate::parse_http_date(text).ok().and_then(|date| Timestamp::try_from(date).ok())
}

fn network(error: reqwest::Error) -> TransportError {
    if error.is_timeout() {
        return TransportError::Timeout;
    }
    let error = error.without_url();
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    TransportError::Network { message }
}
