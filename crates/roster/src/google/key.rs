//! The key file of a service account (`gorgias-api.md` 8.1).

use std::path::{Path, PathBuf};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};

use super::service_url::{InvalidServiceUrl, ServiceUrl};

/// A larger file is no key.
const LARGEST_KEY_BYTES: u64 = 64 * 1024;

/// A service account and its private key.
///
/// `Debug` shows the account and no part of the key; there is no `Display`.
#[derive(Clone)]
pub struct ServiceAccountKey {
    client_email: String,
    project_id: Option<String>,
    private_key_id: Option<String>,
    token_uri: ServiceUrl,
    private_key_pem: SecretString,
}

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// There is no such file, or it may not be read.
    #[error("the service-account key {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Too large for a key.
    #[error("the service-account key {} has {bytes} bytes, which is too large for a key", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Not the key of a service account.
    #[error("the service-account key {}: {reason}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: InvalidKey,
    },
}

/// A text that is not the key of a service account. Never says what the text holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKey {
    /// No JSON object.
    #[error("not a JSON object; expected the key file that Google Cloud gave out for the service account")]
    NotJson,
    /// The file of an OAuth client, which signs in people.
    #[error("this is the file of an OAuth client, not of a service account; create a key of a service account")]
    OAuthClient,
    /// The file of a signed-in person.
    #[error("this is the file of a signed-in user (authorized_user), not of a service account")]
    AuthorizedUser,
    /// The file of some other kind of identity.
    #[error("the field \"type\" is not \"service_account\"")]
    OtherKind,
    /// A field is not there, empty, or no text.
    #[error("the field {field:?} is missing or empty")]
    MissingField {
        /// The field.
        field: &'static str,
    },
    /// Not an e-mail address.
    #[error("the field \"client_email\" is no e-mail address")]
    BadEmail,
    /// An address that a signed request must not be sent to.
    #[error("the field \"token_uri\": {0}")]
    BadTokenUri(InvalidServiceUrl),
    /// Not the PEM form of an RSA private key.
    #[error("the field \"private_key\" is not an RSA private key in PEM form")]
    BadPrivateKey,
}

impl ServiceAccountKey {
    /// Reads a key file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is too large, or [`parse`](Self::parse) refuses it.
    pub fn read(path: &Path) -> Result<Self, KeyFileError> {
        let unreadable = |source| KeyFileError::Unreadable { path: path.to_owned(), source };
        let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
        if bytes > LARGEST_KEY_BYTES {
            return Err(KeyFileError::TooLarge { path: path.to_owned(), bytes });
        }
        let text = SecretString::from(std::fs::read_to_string(path).map_err(unreadable)?);
        Self::parse(text.expose_secret()).map_err(|reason| KeyFileError::Invalid { path: path.to_owned(), reason })
    }

    /// Reads the content of a key file. Line breaks of the private key may be the two characters `\n`, as in keys that
    /// came through an environment variable.
    ///
    /// # Errors
    ///
    /// It is no JSON, the file of something else than a service account, lacks a field, or its key cannot sign.
    pub fn parse(text: &str) -> Result<Self, InvalidKey> {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return Err(InvalidKey::NotJson) };
        match fields.get("type").and_then(Value::as_str) {
            Some("service_account") => {}
            Some("authorized_user") => return Err(InvalidKey::AuthorizedUser),
            None if fields.contains_key("installed") || fields.contains_key("web") => {
                return Err(InvalidKey::OAuthClient);
            }
            Some(kind) if !kind.is_empty() => return Err(InvalidKey::OtherKind),
            Some(_) | None => return Err(InvalidKey::MissingField { field: "type" }),
        }
        let needed = |field| optional(&fields, field).ok_or(InvalidKey::MissingField { field });
        let client_email = needed("client_email")?;
        let private_key_pem = needed("private_key")?.replace("\\n", "\n").into();
        let token_uri = needed("token_uri")?.parse().map_err(InvalidKey::BadTokenUri)?;
        if !is_email(&client_email) {
            return Err(InvalidKey::BadEmail);
        }
        let key = Self {
            client_email,
            project_id: optional(&fields, "project_id").filter(|project| is_word(project)),
            private_key_id: optional(&fields, "private_key_id"),
            token_uri,
            private_key_pem,
        };
        // A key that cannot sign is found here and not in the middle of the first run.
        key.sign(&()).map(|_| key)
    }

    /// Whom the spreadsheet must be shared with.
    pub fn client_email(&self) -> &str {
        &self.client_email
    }

    /// The project in which the Sheets API must be enabled; of a file that does not say, from the account's e-mail.
    pub fn project_id(&self) -> &str {
        let host = self.client_email.split_once('@').map_or("", |(_, host)| host);
        self.project_id.as_deref().unwrap_or_else(|| host.split_once('.').map_or(host, |(project, _)| project))
    }

    /// Where tokens are asked for.
    pub fn token_uri(&self) -> &ServiceUrl {
        &self.token_uri
    }

    /// A signed JWT of these claims, RS256 (`gorgias-api.md` 8.2).
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<SecretString, InvalidKey> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = self.private_key_id.clone();
        // The crate's errors may quote what they failed on.
        let key = EncodingKey::from_rsa_pem(self.private_key_pem.expose_secret().as_bytes())
            .map_err(|_| InvalidKey::BadPrivateKey)?;
        let signed = jsonwebtoken::encode(&header, claims, &key).map_err(|_| InvalidKey::BadPrivateKey)?;
        Ok(signed.into())
    }
}

impl std::fmt::Debug for ServiceAccountKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("ServiceAccountKey")
            .field("client_email", &self.client_email)
            .field("project_id", &self.project_id)
            .field("token_uri", &self.token_uri)
            .finish_non_exhaustive()
    }
}

fn optional(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is_email(text: &str) -> bool {
    let plain = text.chars().all(|letter| letter.is_ascii_graphic());
    plain && text.split_once('@').is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
}

fn is_word(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
