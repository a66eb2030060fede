//! Who counts as an agent.

/// A helpdesk user as far as statistics need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agent {
    /// The Gorgias user id; joins with `agentId` of the statistics.
    pub id: i64,
    /// Trimmed; none when empty.
    pub name: Option<String>,
    /// Trimmed; none when empty.
    pub email: Option<String>,
    /// The role's name, such as `agent` or `bot`; none when the helpdesk does not say.
    pub role: Option<String>,
}

impl Agent {
    /// A user with its texts trimmed and empty ones dropped.
    pub fn new(id: i64, name: Option<&str>, email: Option<&str>, role: Option<&str>) -> Self {
        let tidy = |text: Option<&str>| text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        Self { id, name: tidy(name), email: tidy(email), role: tidy(role) }
    }
}

/// The rule that picks the agency's agents among a helpdesk's users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentRule {
    email_contains: String,
}

impl AgentRule {
    /// Agents are users whose e-mail contains the text, in any case. An empty text takes every human user.
    pub fn email_contains(text: &str) -> Self {
        Self { email_contains: text.trim().to_lowercase() }
    }

    /// Whether a user is an agent. Bots never are.
    pub fn matches(&self, user: &Agent) -> bool {
        let bot = user.role.as_deref().is_some_and(|role| role.eq_ignore_ascii_case("bot"));
        let email = user.email.as_deref().unwrap_or_default().to_lowercase();
        !bot && email.contains(&self.email_contains)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::contains("getwrrk", Some("maya@getwrrk.com"), Some("agent"), true)]
    #[case::any_case("GetWrrk", Some("Maya@GETWRRK.com"), Some("agent"), true)]
    #[case::other_company("getwrrk", Some("maya@acme.example"), Some("agent"), false)]
    #[case::bot_with_the_text("getwrrk", Some("bot@getwrrk.com"), Some("bot"), false)]
    #[case::no_role("getwrrk", Some("maya@getwrrk.com"), None, true)]
    #[case::no_email("getwrrk", None, Some("agent"), false)]
    #[case::empty_rule_takes_humans("", None, Some("observer-agent"), true)]
    #[case::empty_rule_leaves_bots("", Some("bot@68c9"), Some("bot"), false)]
    fn agents_are_human_users_with_the_text_in_their_email(
        #[case] rule: &str,
        #[case] email: Option<&str>,
        #[case] role: Option<&str>,
        #[case] expected: bool,
    ) {
        assert_eq!(AgentRule::email_contains(rule).matches(&Agent::new(1, Some("Maya"), email, role)), expected);
    }

    #[test]
    fn texts_are_trimmed_and_empty_ones_are_none() {
        let agent = Agent::new(7, Some("Maya "), Some("  "), None);
        assert_eq!((agent.name.as_deref(), agent.email), (Some("Maya"), None));
    }
}
