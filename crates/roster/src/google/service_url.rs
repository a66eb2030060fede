//! Where keys and tokens may be sent.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// An address that an assertion or a token may be sent to: https, or plain http to this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceUrl {
    text: String,
    loopback: bool,
}

/// An address that a token must not be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidServiceUrl {
    /// No address at all.
    #[error("{text:?} is no address: {reason}")]
    NotAnAddress {
        /// What was given.
        text: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// Plain HTTP to another machine.
    #[error("{text:?} would send tokens unencrypted; plain http is for a loopback host only")]
    Unencrypted {
        /// What was given.
        text: String,
    },
    /// A user, a query or a fragment. Not shown, because it may hold a password.
    #[error("the address must have no user, query or fragment")]
    Decorated,
}

impl ServiceUrl {
    /// Google's own address of Sheets, `https://sheets.googleapis.com` (`gorgias-api.md` 8.3).
    pub fn google_sheets() -> Self {
        Self { text: "https://sheets.googleapis.com".to_owned(), loopback: false }
    }

    /// The address as it was given, which is also the audience of a token request.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the address stays on this machine.
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The address of a path, which begins with a slash and is encoded already.
    pub(crate) fn of(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.text.trim_end_matches('/'))
    }
}

impl FromStr for ServiceUrl {
    type Err = InvalidServiceUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim().to_owned();
        let url = Url::parse(&text)
            .map_err(|error| InvalidServiceUrl::NotAnAddress { text: text.clone(), reason: error.to_string() })?;
        let user = !url.username().is_empty() || url.password().is_some();
        if user || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidServiceUrl::Decorated);
        }
        let loopback = is_loopback(&url);
        match url.scheme() {
            "https" => Ok(Self { text, loopback }),
            "http" if loopback => Ok(Self { text, loopback }),
            "http" => Err(InvalidServiceUrl::Unencrypted { text }),
            scheme => {
                let reason = format!("the scheme {scheme:?} is neither https nor http");
                Err(InvalidServiceUrl::NotAnAddress { text, reason })
            }
        }
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::google("https://sheets.googleapis.com", false)]
    #[case::trailing_slash("https://sheets.googleapis.com/", false)]
    #[case::loopback("http://127.0.0.1:8080", true)]
    #[case::loopback_name("http://localhost:8080", true)]
    #[case::loopback_v6("http://[::1]:8080", true)]
    fn https_and_this_machine_may_have_a_token(#[case] text: &str, #[case] loopback: bool) {
        let url: ServiceUrl = text.parse().expect("an address");
        assert_eq!(url.is_loopback(), loopback);
        assert_eq!(url.of("/v4/x"), format!("{}/v4/x", text.trim_end_matches('/')));
    }

    #[rstest]
    #[case::plain_http("http://sheets.googleapis.com")]
    #[case::loopback_look_alike("http://localhost.example")]
    #[case::user("https://maya:planted-secret@sheets.googleapis.com")]
    #[case::query("https://sheets.googleapis.com/?key=planted-secret")]
    #[case::other_scheme("ftp://sheets.googleapis.com")]
    #[case::no_address("sheets.googleapis.com")]
    fn an_address_that_would_leak_a_token_is_refused(#[case] text: &str) {
        let error = text.parse::<ServiceUrl>().expect_err("refused").to_string();
        assert!(!error.contains("planted-secret"), "{error}");
    }
}
