//! Single cells: the columns and what their texts mean.

use std::collections::BTreeSet;

use helpdelta_core::{Channel, Domain, KNOWN_CHANNELS};

use crate::problem::shown;

/// A column that the roster knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Client,
    Authentication,
    Channel,
    Domain,
    Active,
}

impl Column {
    pub(crate) const ALL: [Self; 5] = [Self::Client, Self::Authentication, Self::Channel, Self::Domain, Self::Active];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Authentication => "Authentication",
            Self::Channel => "Channel",
            Self::Domain => "Domain",
            Self::Active => "Active",
        }
    }

    pub(crate) fn is_needed(self) -> bool {
        match self {
            Self::Client | Self::Authentication | Self::Channel => true,
            Self::Domain | Self::Active => false,
        }
    }

    /// Whether a header cell names this column, in any case and with blanks around it.
    pub(crate) fn is_named_by(self, header: &str) -> bool {
        header.trim().eq_ignore_ascii_case(self.name())
    }
}

/// The errors that spreadsheets show in place of a formula's value.
const SPREADSHEET_ERRORS: [&str; 9] =
    ["#REF!", "#N/A", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#ERROR!", "Loading..."];

/// Refuses a formula's error, which is no text that anybody meant.
pub(crate) fn meant(cell: &str) -> Result<&str, String> {
    let cell = cell.trim();
    if SPREADSHEET_ERRORS.iter().any(|error| error.eq_ignore_ascii_case(cell)) {
        return Err(format!("the cell shows the spreadsheet error {cell}"));
    }
    Ok(cell)
}

/// The client's name: some text on one line.
pub(crate) fn client(cell: &str) -> Result<String, String> {
    const LONGEST: usize = 200;
    let cell = meant(cell)?;
    if cell.is_empty() {
        return Err("no client".to_owned());
    }
    if cell.chars().any(char::is_control) {
        return Err("the name has a line break or another control character".to_owned());
    }
    if cell.chars().count() > LONGEST {
        return Err(format!("the name has more than {LONGEST} characters"));
    }
    Ok(cell.to_owned())
}

/// The account's domain: the cell, or the client's name in lower case where it is empty.
pub(crate) fn domain(cell: &str, client: &str) -> Result<Domain, String> {
    let cell = meant(cell)?;
    if cell.is_empty() {
        let missing = format!("no domain, and the client's name {} is none; give it in a column Domain", shown(client));
        return client.parse().map_err(|_| missing);
    }
    if KNOWN_CHANNELS.contains(&cell.to_ascii_lowercase().as_str()) {
        return Err(format!("{} is a channel; several channels need quotes: \"email, chat\"", shown(cell)));
    }
    let wrong = "is no Gorgias sub-domain; expected one such as \"acme\" or \"acme.gorgias.com\"";
    cell.parse().map_err(|_| format!("{} {wrong}", shown(cell)))
}

/// The channels: none or `all` for no filter, else one or more slugs.
pub(crate) fn channels(cell: &str) -> Result<BTreeSet<Channel>, String> {
    let cell = meant(cell)?;
    if cell.is_empty() {
        return Ok(BTreeSet::from([Channel::All]));
    }
    let mut channels = BTreeSet::new();
    for slug in cell.split([',', ';', '\n']).map(str::trim).filter(|slug| !slug.is_empty()) {
        let channel = slug.parse::<Channel>();
        let channel =
            channel.map_err(|_| format!("{} is no channel; expected a slug such as \"email\"", shown(slug)))?;
        if !channels.insert(channel.clone()) {
            return Err(format!("the channel {channel} stands twice"));
        }
    }
    if channels.is_empty() {
        return Err("no channel between the commas".to_owned());
    }
    Ok(channels)
}

/// Whether a row is in use; an empty cell is.
pub(crate) fn active(cell: &str) -> Result<bool, String> {
    let cell = meant(cell)?;
    match cell.to_ascii_lowercase().as_str() {
        "" | "yes" | "y" | "true" | "1" | "x" | "active" => Ok(true),
        "no" | "n" | "false" | "0" | "inactive" => Ok(false),
        _ => Err(format!("{} is neither yes nor no", shown(cell))),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::empty("", &["all"])]
    #[case::all("ALL", &["all"])]
    #[case::one("email", &["email"])]
    #[case::two("email, chat", &["chat", "email"])]
    #[case::semicolons("email;chat;", &["chat", "email"])]
    #[case::all_beside_others("all, email", &["all", "email"])]
    fn a_channel_cell_makes_an_entry_for_each(#[case] cell: &str, #[case] expected: &[&str]) {
        let channels = channels(cell).expect("channels");
        assert_eq!(channels.iter().map(Channel::as_str).collect::<Vec<_>>(), expected);
    }

    #[rstest]
    #[case::twice("email, Email", "stands twice")]
    #[case::blank_inside("e mail", "is no channel")]
    #[case::only_commas(",,", "no channel")]
    #[case::formula_error("#REF!", "spreadsheet error")]
    fn a_channel_cell_that_cannot_be_read_says_why(#[case] cell: &str, #[case] reason: &str) {
        let error = channels(cell).expect_err("no channels");
        assert!(error.contains(reason), "{error}");
    }

    #[rstest]
    #[case::own("Shop.gorgias.com", "Acme", Ok("shop"))]
    #[case::from_the_client("", "Acme", Ok("acme"))]
    #[case::client_with_a_blank("", "Acme Support", Err("give it in a column Domain"))]
    #[case::other_host("evil.example", "Acme", Err("is no Gorgias sub-domain"))]
    #[case::stray_token("bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==", "Acme", Err("this text is no Gorgias"))]
    fn a_domain_is_the_cell_or_the_client(
        #[case] cell: &str,
        #[case] client: &str,
        #[case] expected: Result<&str, &str>,
    ) {
        match (domain(cell, client), expected) {
            (Ok(domain), Ok(expected)) => assert_eq!(domain.as_str(), expected),
            (Err(error), Err(reason)) => assert!(error.contains(reason), "{error}"),
            (found, expected) => panic!("{found:?} instead of {expected:?}"),
        }
    }

    #[rstest]
    #[case("", true)]
    #[case("TRUE", true)]
    #[case("No", false)]
    #[case("0", false)]
    fn an_active_cell_is_yes_or_no(#[case] cell: &str, #[case] expected: bool) {
        assert_eq!(active(cell), Ok(expected));
        assert!(active("perhaps").is_err());
    }
}
