//! Answers that say no, in the vendor's words (`gorgias-api.md` 7.1).

use axum::http::StatusCode;
use serde_json::{Value, json};

/// Why a request is not served.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    /// Texts by field, for a request that lacks one or has one too many.
    pub(crate) data: Option<Value>,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), data: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// A name that is none, with those that are.
    pub(crate) fn unknown(kind: &str, name: &str, valid: &[&str]) -> Self {
        Self::bad_request(format!("Invalid {kind} '{name}'. Valid {kind}s are: {}.", valid.join(", ")))
    }

    /// A field of the body that is missing or malformed.
    pub(crate) fn field(path: &[&str], problem: &str) -> Self {
        let data = path.iter().rev().fold(json!([problem]), |inner, name| json!({ *name: inner }));
        let name = path.join(".");
        Self { data: Some(data), ..Self::bad_request(format!("Invalid request: {name}: {problem}")) }
    }

    pub(crate) fn body(&self) -> Value {
        match &self.data {
            Some(data) => json!({ "error": { "msg": self.message, "data": data } }),
            None => json!({ "error": { "msg": self.message } }),
        }
    }
}
