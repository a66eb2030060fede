//! An answer before it is bytes, so that a fault can still change it.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures::stream;
use serde_json::Value;

use crate::fault::CannedResponse;
use crate::refusal::Refusal;

#[derive(Debug)]
pub(crate) enum Content {
    Json(Value),
    Text(String),
    /// Half of the bytes, then a broken connection.
    Broken(Bytes),
    /// A JSON document with so many blanks in it.
    Oversize(u64),
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

impl Answer {
    pub(crate) fn json(status: StatusCode, body: Value) -> Self {
        let mut answer = Self { status, headers: HeaderMap::new(), content: Content::Json(body) };
        answer.put("content-type", "application/json");
        answer
    }

    pub(crate) fn text(status: StatusCode, content_type: &str, body: String) -> Self {
        let mut answer = Self { status, headers: HeaderMap::new(), content: Content::Text(body) };
        answer.put("content-type", content_type);
        answer
    }

    /// An answer made up in advance; `dress` puts on the headers that it replaces.
    pub(crate) fn canned(canned: CannedResponse, dress: impl FnOnce(Self) -> Self) -> Self {
        let status = StatusCode::from_u16(canned.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = dress(Self::text(status, "application/json", canned.body));
        if let Some(retry_after) = canned.retry_after {
            answer.headers.remove("retry-after");
            if let Some(text) = retry_after.text() {
                answer.put("retry-after", &text);
            }
        }
        for (name, value) in &canned.headers {
            answer.put(name, value);
        }
        answer
    }

    /// Puts a header in place of one with its name. What is no header is left out.
    pub(crate) fn put(&mut self, name: &str, value: &str) {
        match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            (Ok(name), Ok(value)) => drop(self.headers.insert(name, value)),
            _ => tracing::warn!(name, value, "not an HTTP header, left out"),
        }
    }

    /// The answer with half of its body.
    pub(crate) fn broken(mut self) -> Self {
        let bytes = match &self.content {
            Content::Json(value) => Bytes::from(value.to_string()),
            Content::Text(text) => Bytes::from(text.clone()),
            Content::Broken(bytes) => bytes.clone(),
            Content::Oversize(_) => Bytes::new(),
        };
        self.content = Content::Broken(bytes);
        self
    }

    pub(crate) fn into_response(self) -> Response {
        let mut headers = self.headers;
        let body = match self.content {
            Content::Json(value) => Body::from(value.to_string()),
            Content::Text(text) if text.is_empty() => {
                headers.remove(CONTENT_TYPE);
                Body::empty()
            }
            Content::Text(text) => Body::from(text),
            Content::Broken(bytes) => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
                broken(bytes)
            }
            Content::Oversize(blanks) => oversize(blanks),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response
    }
}

impl From<Result<Value, Refusal>> for Answer {
    fn from(result: Result<Value, Refusal>) -> Self {
        match result {
            Ok(body) => Self::json(StatusCode::OK, body),
            Err(refusal) => Self::json(refusal.status, refusal.body()),
        }
    }
}

fn broken(mut bytes: Bytes) -> Body {
    let half = bytes.split_to(bytes.len() / 2);
    Body::from_stream(stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(half), None)),
            None => {
                // Without a pause the server drops the connection before it has sent the half.
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                Some((Err(io::Error::from(io::ErrorKind::ConnectionReset)), None))
            }
        }
    }))
}

fn oversize(blanks: u64) -> Body {
    const CHUNK: u64 = 64 * 1024;
    let chunk = Bytes::from_static(&[b' '; 64 * 1024]);
    let chunks = (0..blanks.div_ceil(CHUNK)).map(move |_| chunk.clone());
    let document = std::iter::once(Bytes::from_static(b"{\"data\": ["))
        .chain(chunks)
        .chain(std::iter::once(Bytes::from_static(b"], \"meta\": {\"next_cursor\": null}}")));
    Body::from_stream(stream::iter(document.map(Ok::<_, io::Error>)))
}
