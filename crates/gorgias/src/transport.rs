//! The seam to the network: one request out, one whole answer back.

use std::error::Error as _;
use std::future::Future;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use reqwest::header::{
    ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue, RETRY_AFTER,
};
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};

const CALL_LIMIT: HeaderName = HeaderName::from_static("x-gorgias-account-api-call-limit");

/// A request as it goes out. A GET unless there is a body.
#[derive(Clone, Debug)]
pub struct TransportRequest {
    /// The whole address.
    pub url: String,
    /// The value of `Authorization`.
    pub authorization: SecretString,
    /// The JSON body of a POST.
    pub json_body: Option<Vec<u8>>,
}

/// An answer with the whole of its body.
#[derive(Clone, Debug)]
pub struct TransportResponse {
    /// The status.
    pub status: u16,
    /// `X-Gorgias-Account-Api-Call-Limit`, as sent.
    pub call_limit: Option<String>,
    /// `Retry-After`, as sent.
    pub retry_after: Option<String>,
    /// `Content-Type`, as sent.
    pub content_type: Option<String>,
    /// The server's time; none where it does not say.
    pub date: Option<SystemTime>,
    /// The body, decompressed.
    pub body: Bytes,
}

/// Why there is no whole answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// A time limit passed.
    #[error("timed out")]
    Timeout,
    /// The name was not found, the connection refused, reset or cut.
    #[error("{message}")]
    Network {
        /// What failed, without the credential.
        message: String,
    },
    /// The body is larger than the ceiling.
    #[error("the body is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The ceiling.
        limit_bytes: usize,
    },
}

/// Sends one request and reads the whole answer. Never repeats and never follows a redirect.
pub trait Transport: Send + Sync {
    /// Sends a request.
    ///
    /// # Errors
    ///
    /// There is no whole answer within the limits. Every status is an answer.
    fn send(&self, request: TransportRequest)
    -> impl Future<Output = Result<TransportResponse, TransportError>> + Send;
}

/// The real network.
#[derive(Clone, Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    largest_body_bytes: usize,
}

/// An HTTP client that cannot be set up.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up")]
pub struct HttpTransportError(#[source] reqwest::Error);

impl HttpTransport {
    /// A transport with a time limit for connecting, for each read and for a whole answer, and a ceiling for its body.
    ///
    /// `loopback` says that every address is on this machine: proxies are passed by then.
    ///
    /// # Errors
    ///
    /// The platform's certificates or proxy settings cannot be used.
    pub fn new(
        connect_limit: Duration,
        read_limit: Duration,
        total_limit: Duration,
        largest_body_bytes: usize,
        loopback: bool,
    ) -> Result<Self, HttpTransportError> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let builder = reqwest::Client::builder()
            .user_agent(concat!("helpdelta/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(Policy::none())
            .connect_timeout(connect_limit)
            .read_timeout(read_limit)
            .timeout(total_limit);
        let builder = if loopback { builder.no_proxy() } else { builder };
        Ok(Self { client: builder.build().map_err(HttpTransportError)?, largest_body_bytes })
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: TransportRequest) -> Result<TransportResponse, TransportError> {
        let builder = match request.json_body {
            Some(body) => self.client.post(request.url).header(CONTENT_TYPE, "application/json").body(body),
            None => self.client.get(request.url),
        };
        let authorization = authorization(&request.authorization)
            .map_err(|_| TransportError::Network { message: "the credential is no valid header".to_owned() })?;
        let mut response = builder.header(AUTHORIZATION, authorization).send().await.map_err(network)?;
        let too_large = TransportError::TooLarge { limit_bytes: self.largest_body_bytes };
        let announced = response.content_length().unwrap_or_default();
        if usize::try_from(announced).map_or(true, |announced| announced > self.largest_body_bytes) {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if body.len() + chunk.len() > self.largest_body_bytes {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        let text = |name: HeaderName| response.headers().get(name)?.to_str().ok().map(str::to_owned);
        let date = text(DATE).and_then(|date| httpdate::parse_http_date(&date).ok());
        Ok(TransportResponse {
            status: response.status().as_u16(),
            call_limit: text(CALL_LIMIT),
            retry_after: text(RETRY_AFTER),
            content_type: text(CONTENT_TYPE),
            date,
            body: body.into(),
        })
    }
}

fn authorization(secret: &SecretString) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose_secret())?;
    value.set_sensitive(true);
    Ok(value)
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
