//! A helpdesk credential that cannot be printed.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};

/// The Base64 token of `Authorization: Basic`, checked for its form (`gorgias-api.md` 1.2).
///
/// `Debug` shows no part of it; there is no `Display`.
#[derive(Clone)]
pub struct Credential {
    token: SecretString,
    decoded: SecretString,
}

/// A cell or a reference that holds no usable credential. Never says what the cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCredential {
    /// Nothing there.
    #[error("no credential")]
    Empty,
    /// Not standard Base64 with padding.
    #[error("the credential is not Base64; expected the Base64 form of \"email:api_key\"")]
    NotBase64,
    /// Base64, but not of `email:api_key`.
    #[error("the credential is Base64, but not of \"email:api_key\"")]
    NotEmailAndKey,
}

impl Credential {
    /// Reads a token, with or without a leading `Basic `, with blanks and line breaks anywhere.
    ///
    /// # Errors
    ///
    /// The text is empty, not Base64, or does not decode to `email:api_key`.
    pub fn parse(text: &str) -> Result<Self, InvalidCredential> {
        let text = text.trim();
        let text = match text.split_at_checked(5) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("basic") && rest.starts_with(char::is_whitespace) => {
                rest
            }
            _ => text,
        };
        let token: String = text.split_whitespace().collect();
        if token.is_empty() {
            return Err(InvalidCredential::Empty);
        }
        let bytes = STANDARD.decode(&token).map_err(|_| InvalidCredential::NotBase64)?;
        let decoded = String::from_utf8(bytes).map_err(|_| InvalidCredential::NotEmailAndKey)?;
        let (email, key) = decoded.split_once(':').ok_or(InvalidCredential::NotEmailAndKey)?;
        let (local, host) = email.split_once('@').ok_or(InvalidCredential::NotEmailAndKey)?;
        if local.is_empty() || host.is_empty() || key.is_empty() || decoded.chars().any(char::is_control) {
            return Err(InvalidCredential::NotEmailAndKey);
        }
        Ok(Self { token: token.into(), decoded: decoded.into() })
    }

    /// The value of the `Authorization` header. For the request to the credential's own account only (law 3).
    pub fn authorization(&self) -> SecretString {
        format!("Basic {}", self.token.expose_secret()).into()
    }

    /// `text` with every part of the credential replaced, for what a server sent back.
    pub fn scrub(&self, text: &str) -> String {
        const MASK: &str = "[credential]";
        let decoded = self.decoded.expose_secret();
        let key = decoded.split_once(':').map_or(decoded, |(_, key)| key);
        let scrubbed = text.replace(self.token.expose_secret(), MASK).replace(decoded, MASK);
        // A key of a few letters would also hit ordinary words of the message.
        if key.len() < 4 { scrubbed } else { scrubbed.replace(key, MASK) }
    }
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        self.token.expose_secret() == other.token.expose_secret()
    }
}

impl Eq for Credential {}

impl fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credential([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    // maya@acme.example:secret-key
    const TOKEN: &str = "bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==";

    #[rstest]
    #[case::bare(TOKEN.to_owned())]
    #[case::with_scheme(format!("Basic {TOKEN}"))]
    #[case::scheme_in_lower_case(format!("basic  {TOKEN}"))]
    #[case::blanks_around(format!("  {TOKEN}\r\n"))]
    #[case::broken_over_lines(format!("{}\n{}", &TOKEN[..20], &TOKEN[20..]))]
    fn every_spelling_gives_one_header(#[case] text: String) {
        let credential = Credential::parse(&text).expect("a credential");
        assert_eq!(credential.authorization().expose_secret(), format!("Basic {TOKEN}"));
    }

    #[rstest]
    #[case::empty("  ", InvalidCredential::Empty)]
    #[case::only_scheme("Basic ", InvalidCredential::NotBase64)]
    #[case::plain_text("maya@acme.example:key", InvalidCredential::NotBase64)]
    #[case::no_padding("bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ", InvalidCredential::NotBase64)]
    #[case::no_colon("bWF5YUBhY21lLmV4YW1wbGU=", InvalidCredential::NotEmailAndKey)]
    #[case::no_email("bWF5YTprZXk=", InvalidCredential::NotEmailAndKey)]
    #[case::empty_key("bWF5YUBhY21lLmV4YW1wbGU6", InvalidCredential::NotEmailAndKey)]
    #[case::not_utf8("//79/Pv6", InvalidCredential::NotEmailAndKey)]
    fn a_bad_credential_says_what_is_wrong_and_not_what_it_is(#[case] text: &str, #[case] expected: InvalidCredential) {
        let error = Credential::parse(text).expect_err("no credential");
        assert_eq!(error, expected);
        assert!(text.trim().is_empty() || text.starts_with("Basic") || !error.to_string().contains(text));
    }

    #[test]
    fn neither_debug_nor_a_scrubbed_text_shows_any_part() {
        let credential = Credential::parse(TOKEN).expect("a credential");
        let echo = format!("bad header Basic {TOKEN} of maya@acme.example:secret-key, key secret-key");
        for text in [format!("{credential:?} {credential:#?}"), credential.scrub(&echo)] {
            assert!(!text.contains("secret-key") && !text.contains(TOKEN), "{text}");
        }
    }
}
