//! The service account: its key, its key file, and the check of a signature.

use std::fmt;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::json;

/// The scope that reads spreadsheets and does nothing else.
pub const READONLY_SCOPE: &str = "https://www.googleapis.com/auth/spreadsheets.readonly";

pub(super) const PROJECT_ID: &str = "helpdelta-simulator";
pub(super) const PROJECT_NUMBER: &str = "480000000815";
pub(super) const CLIENT_EMAIL: &str = "roster-reader@helpdelta-simulator.iam.gserviceaccount.com";

/// Characters in a line of a PEM file.
const PEM_LINE: usize = 64;

/// Why there is no Google.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GoogleError {
    /// The cryptographic library made no key, and says no more than that.
    #[error("cannot generate an RSA key for the simulated service account")]
    KeyGeneration,
}

pub(super) struct ServiceAccount {
    pub(super) private_key_id: String,
    private_key: String,
    public_key: DecodingKey,
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ServiceAccount").field("private_key_id", &self.private_key_id).finish_non_exhaustive()
    }
}

impl ServiceAccount {
    pub(super) fn generate() -> Result<Self, GoogleError> {
        let key_pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| GoogleError::KeyGeneration)?;
        let pkcs8 = key_pair.as_der().map_err(|_| GoogleError::KeyGeneration)?;
        Ok(Self {
            private_key_id: format!("{:032x}{:08x}", rand::random::<u128>(), rand::random::<u32>()),
            private_key: pem(pkcs8.as_ref()),
            public_key: DecodingKey::from_rsa_der(key_pair.public_key().as_ref()),
        })
    }

    pub(super) fn key_file(&self, token_uri: &str) -> String {
        let certificate = CLIENT_EMAIL.replace('@', "%40");
        let key = json!({
            "type": "service_account",
            "project_id": PROJECT_ID,
            "private_key_id": self.private_key_id,
            "private_key": self.private_key,
            "client_email": CLIENT_EMAIL,
            "client_id": "100000000000000000815",
            "auth_uri": "https://accounts.google.com/o/oauth2/auth",
            "token_uri": token_uri,
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_x509_cert_url": format!("https://www.googleapis.com/robot/v1/metadata/x509/{certificate}"),
            "universe_domain": "googleapis.com",
        });
        format!("{key:#}\n")
    }

    /// Whether a JSON web token has this account's RS256 signature.
    pub(super) fn has_signed(&self, assertion: &str) -> bool {
        let Some((message, signature)) = assertion.rsplit_once('.') else { return false };
        let verified = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.public_key, Algorithm::RS256);
        verified.unwrap_or(false)
    }
}

fn pem(der: &[u8]) -> String {
    let mut text = "-----BEGIN PRIVATE KEY-----".to_owned();
    for (place, character) in STANDARD.encode(der).chars().enumerate() {
        if place.is_multiple_of(PEM_LINE) {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END PRIVATE KEY-----\n");
    text
}
