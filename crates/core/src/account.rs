//! What the roster names: domains, channels, entries.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The sub-domain of a helpdesk: one DNS label in lower case, so that no cell of a sheet can steer a credential
/// to another host (law 3).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(String);

/// A text that names no helpdesk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no Gorgias sub-domain: expected letters, digits and inner hyphens, such as \"acme\" or \
     \"acme.gorgias.com\""
)]
pub struct InvalidDomain {
    /// What was given.
    pub text: String,
}

impl Domain {
    /// The label, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = InvalidDomain;

    /// Takes the spellings of `gorgias-api.md` 1.1: `acme`, `acme.gorgias.com`, `https://acme.gorgias.com/api`.
    fn from_str(text: &str) -> Result<Self, InvalidDomain> {
        let lower = text.trim().to_ascii_lowercase();
        let host = match lower.strip_prefix("https://") {
            Some(rest) => rest.strip_suffix('/').unwrap_or(rest),
            None => &lower,
        };
        let host = host.strip_suffix("/api").unwrap_or(host);
        let host = host.strip_suffix('/').unwrap_or(host);
        let label = host.strip_suffix(".gorgias.com").unwrap_or(host);
        let inner = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if label.is_empty() || label.len() > 63 || !inner || label.starts_with('-') || label.ends_with('-') {
            return Err(InvalidDomain { text: text.trim().to_owned() });
        }
        Ok(Self(label.to_owned()))
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Serialize for Domain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The channel of an entry: one slug, or all of them.
///
/// Sorted by the text that the table holds, so that reports and tables agree on the order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// No channel filter; `all` in the table.
    All,
    /// Tickets of one channel, by its slug.
    Slug(String),
}

/// A text that is no channel slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no channel: expected a slug such as \"email\" or \"contact_form\", or \"all\"")]
pub struct InvalidChannel {
    /// What was given.
    pub text: String,
}

/// The channel slugs that Gorgias' own application knows (`gorgias-api.md` 4.5). Accounts may have others.
pub const KNOWN_CHANNELS: [&str; 21] = [
    "aircall",
    "api",
    "chat",
    "contact_form",
    "email",
    "facebook",
    "facebook-mention",
    "facebook-messenger",
    "facebook-recommendations",
    "help-center",
    "instagram-ad-comment",
    "instagram-comment",
    "instagram-direct-message",
    "instagram-mention",
    "internal-note",
    "phone",
    "sms",
    "twitter",
    "twitter-direct-message",
    "whatsapp",
    "yotpo-review",
];

impl Channel {
    /// The text that the table holds: the slug, or `all`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::All => "all",
            Self::Slug(slug) => slug,
        }
    }

    /// Whether Gorgias' own application knows the channel.
    pub fn is_known(&self) -> bool {
        match self {
            Self::All => true,
            Self::Slug(slug) => KNOWN_CHANNELS.contains(&slug.as_str()),
        }
    }
}

impl FromStr for Channel {
    type Err = InvalidChannel;

    fn from_str(text: &str) -> Result<Self, InvalidChannel> {
        let slug = text.trim().to_ascii_lowercase();
        if slug.is_empty() || slug == "all" {
            return Ok(Self::All);
        }
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
        if slug.len() > 40 || !slug.bytes().all(inner) {
            return Err(InvalidChannel { text: text.trim().to_owned() });
        }
        Ok(Self::Slug(slug))
    }
}

impl Ord for Channel {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl PartialOrd for Channel {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Channel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One line of the roster: a client's channel in an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The client, as the roster spells it, trimmed.
    pub client: String,
    /// The channel.
    pub channel: Channel,
    /// The account's sub-domain.
    pub domain: Domain,
}

impl fmt::Display for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} / {}", self.client, self.channel)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::label("acme")]
    #[case::upper_case("ACME")]
    #[case::blanks("  acme ")]
    #[case::host("acme.gorgias.com")]
    #[case::address("https://acme.gorgias.com/")]
    #[case::api_address("https://acme.gorgias.com/api")]
    #[case::api_address_with_slash("https://acme.gorgias.com/api/")]
    fn every_spelling_of_a_domain_is_the_label(#[case] text: &str) {
        assert_eq!(text.parse::<Domain>().map(|domain| domain.to_string()), Ok("acme".to_owned()));
    }

    #[rstest]
    #[case::empty("")]
    #[case::plain_http("http://acme.gorgias.com")]
    #[case::other_host("acme.evil.example")]
    #[case::suffix_trick("acme.gorgias.com.evil.example")]
    #[case::user_info("https://acme.gorgias.com@evil.example")]
    #[case::path("acme/../evil")]
    #[case::port("acme:8080")]
    #[case::query("acme?x=")]
    #[case::fragment("evil.example#")]
    #[case::ip("127.0.0.1")]
    #[case::leading_hyphen("-acme")]
    #[case::blank_inside("acme support")]
    #[case::line_break("acme\r\nHost: evil.example")]
    #[case::not_ascii("acm\u{e9}")]
    #[case::too_long("a123456789012345678901234567890123456789012345678901234567890123")]
    fn a_domain_that_could_reach_another_host_is_refused(#[case] text: &str) {
        assert!(text.parse::<Domain>().is_err());
    }

    #[rstest]
    #[case::empty("", "all")]
    #[case::all("All", "all")]
    #[case::slug(" Email ", "email")]
    #[case::underscore("contact_form", "contact_form")]
    #[case::custom("my-channel-7", "my-channel-7")]
    fn channels_are_slugs_in_lower_case(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(text.parse::<Channel>().map(|channel| channel.to_string()), Ok(expected.to_owned()));
    }

    #[rstest]
    #[case::blank_inside("e mail")]
    #[case::formula("=HYPERLINK(1)")]
    #[case::quote("email'")]
    fn what_is_no_slug_is_refused(#[case] text: &str) {
        assert!(text.parse::<Channel>().is_err());
    }
}
