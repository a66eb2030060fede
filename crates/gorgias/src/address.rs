//! Where an account is reached.

use std::fmt;

use helpdelta_core::Domain;
use url::{Host, Url};

const PLACEHOLDER: &str = "{domain}";

/// The address of every account, with `{domain}` in place of the sub-domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    template: String,
}

/// An address that a credential must not be sent to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBaseUrl {
    /// No address at all.
    #[error("{template:?} is no address: {reason}")]
    NotAnAddress {
        /// What was given.
        template: String,
        /// Why it cannot be read.
        reason: String,
    },
    /// Without the placeholder, every account's credential would go to one place.
    #[error("{template:?} has no {{domain}}, so every account's credential would go to one address")]
    NoPlaceholder {
        /// What was given.
        template: String,
    },
    /// Plain HTTP to another machine.
    #[error("{template:?} would send credentials unencrypted; plain http is for a loopback host only")]
    Unencrypted {
        /// What was given.
        template: String,
    },
    /// A user, a query or a fragment.
    #[error("{template:?} must have no user, query or fragment")]
    Decorated {
        /// What was given.
        template: String,
    },
}

impl BaseUrl {
    /// Reads a template such as `https://{domain}.gorgias.com` or `http://127.0.0.1:8080/{domain}`.
    ///
    /// # Errors
    ///
    /// It is no address, lacks the placeholder, is plain HTTP to a host that is not loopback, or carries a user, a
    /// query or a fragment.
    pub fn parse(template: &str) -> Result<Self, InvalidBaseUrl> {
        let template = template.trim().trim_end_matches('/').to_owned();
        if !template.contains(PLACEHOLDER) {
            return Err(InvalidBaseUrl::NoPlaceholder { template });
        }
        let url = Url::parse(&template.replace(PLACEHOLDER, "sample"))
            .map_err(|error| InvalidBaseUrl::NotAnAddress { template: template.clone(), reason: error.to_string() })?;
        let decorated = !url.username().is_empty() || url.password().is_some();
        if decorated || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidBaseUrl::Decorated { template });
        }
        match url.scheme() {
            "https" => Ok(Self { template }),
            "http" if is_loopback(&url) => Ok(Self { template }),
            "http" => Err(InvalidBaseUrl::Unencrypted { template }),
            scheme => {
                let reason = format!("the scheme {scheme:?} is neither https nor http");
                Err(InvalidBaseUrl::NotAnAddress { template, reason })
            }
        }
    }

    /// Whether every account is on this machine.
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.template.replace(PLACEHOLDER, "sample")).is_ok_and(|url| is_loopback(&url))
    }

    /// The address of a path of an account's API; the path begins with a slash and is encoded already.
    pub(crate) fn of(&self, domain: &Domain, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.template.replace(PLACEHOLDER, domain.as_str()))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.template)
    }
}

/// Whether an address stays on this machine.
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
    #[case::real("https://{domain}.gorgias.com", "https://acme.gorgias.com/api/users")]
    #[case::trailing_slash("https://{domain}.gorgias.com/", "https://acme.gorgias.com/api/users")]
    #[case::loopback("http://127.0.0.1:8080/{domain}", "http://127.0.0.1:8080/acme/api/users")]
    #[case::loopback_name("http://localhost:8080/{domain}", "http://localhost:8080/acme/api/users")]
    fn the_placeholder_becomes_the_domain(#[case] template: &str, #[case] expected: &str) {
        let domain = "acme".parse().expect("a domain");
        assert_eq!(BaseUrl::parse(template).expect("a template").of(&domain, "/api/users"), expected);
    }

    #[rstest]
    #[case::no_placeholder("https://acme.gorgias.com")]
    #[case::plain_http("http://{domain}.gorgias.com")]
    #[case::plain_http_to_a_loopback_look_alike("http://{domain}.localhost.example")]
    #[case::user("https://user:pass@{domain}.gorgias.com")]
    #[case::placeholder_as_user("https://{domain}@gorgias.com")]
    #[case::query("https://proxy.example/?to={domain}")]
    #[case::other_scheme("ftp://{domain}.gorgias.com")]
    #[case::no_address("{domain}")]
    fn an_address_that_would_leak_a_credential_is_refused(#[case] template: &str) {
        assert!(BaseUrl::parse(template).is_err());
    }
}
