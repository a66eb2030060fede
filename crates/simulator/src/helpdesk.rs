//! One account: its users, its tickets and how it behaves.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

use crate::behaviour::Behaviour;
use crate::ticket::Ticket;

/// A user of a helpdesk, with the fields that `GET /api/users` shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id; joins with `agentId` of the statistics.
    pub id: i64,
    /// First name.
    pub firstname: Option<String>,
    /// Last name.
    pub lastname: Option<String>,
    /// Full name, blanks and all.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Name of the role, such as `agent`, `admin` or `bot`.
    pub role: Option<String>,
    /// Whether the user may log in.
    pub active: bool,
    /// When the user was created.
    pub created: Timestamp,
    /// When the user last changed.
    pub updated: Option<Timestamp>,
    /// When the user was deactivated.
    pub deactivated: Option<Timestamp>,
    /// The user's own time zone, by its IANA name.
    pub timezone: Option<String>,
    /// The user's language.
    pub language: Option<String>,
    /// An id of another system.
    pub external_id: Option<String>,
    /// The application that a service user belongs to.
    pub client_id: Option<String>,
}

impl User {
    /// An active user without any of the optional fields.
    pub fn new(id: i64, name: &str, email: &str, role: &str) -> Self {
        let (firstname, lastname) = name.split_once(' ').unwrap_or((name, ""));
        let created = Timestamp::UNIX_EPOCH;
        Self {
            id,
            firstname: Some(firstname.to_owned()),
            lastname: Some(lastname.to_owned()),
            name: Some(name.to_owned()),
            email: Some(email.to_owned()),
            role: Some(role.to_owned()),
            active: true,
            created,
            updated: None,
            deactivated: None,
            timezone: None,
            language: None,
            external_id: None,
            client_id: None,
        }
    }
}

/// What a helpdesk asks of `Authorization: Basic`. `Debug` hides the key, made up as it is, so that a log of a test
/// looks like a log of the real thing.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The user whose key it is.
    pub email: String,
    /// The key.
    pub key: String,
}

impl ApiKey {
    /// The Base64 text of `email:key`, as a roster holds it.
    pub fn token(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.email, self.key))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ApiKey").field("email", &self.email).finish_non_exhaustive()
    }
}

/// One Gorgias account.
#[derive(Clone, Debug, PartialEq)]
pub struct Helpdesk {
    /// Its sub-domain, which the simulator serves as the first part of the path.
    pub domain: String,
    /// The only credential that it lets in.
    pub credential: ApiKey,
    /// When the account was created.
    pub created: Timestamp,
    /// The time zone of its business hours, by its IANA name.
    pub business_timezone: String,
    /// Its users, in any order.
    pub users: Vec<User>,
    /// Its tickets, in any order.
    pub tickets: Vec<Ticket>,
    /// How it answers.
    pub behaviour: Behaviour,
}

impl Helpdesk {
    /// A helpdesk without users and tickets.
    pub fn new(domain: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            credential: ApiKey { email: format!("api@{domain}.example"), key: format!("{domain}-made-up-key") },
            created: Timestamp::UNIX_EPOCH,
            business_timezone: "America/New_York".to_owned(),
            users: Vec::new(),
            tickets: Vec::new(),
            behaviour: Behaviour::default(),
        }
    }

    /// The Base64 token for the roster's column `Authentication`.
    pub fn token(&self) -> String {
        self.credential.token()
    }

    /// The ticket with an id, to be changed.
    pub fn ticket_mut(&mut self, id: i64) -> Option<&mut Ticket> {
        self.tickets.iter_mut().find(|ticket| ticket.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_a_credential_that_core_accepts_and_debug_hides_the_key() {
        let helpdesk = Helpdesk::new("acme");
        assert!(helpdelta_core::Credential::parse(&helpdesk.token()).is_ok());
        assert!(!format!("{helpdesk:?}").contains(&helpdesk.credential.key));
    }
}
