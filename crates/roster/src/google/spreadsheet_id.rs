//! Which spreadsheet is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

const LONGEST_ID: usize = 200;

/// The id of a spreadsheet: the part of its address between `/d/` and the next slash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SpreadsheetId(String);

/// A text that names no spreadsheet. What was given is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSpreadsheetId {
    /// Nothing there.
    #[error("no spreadsheet id")]
    Empty,
    /// An address, but not of a spreadsheet.
    #[error("the address is not that of a Google Sheet; expected https://docs.google.com/spreadsheets/d/ID/edit")]
    OtherAddress,
    /// The address of a page that was published to the web, which has another id.
    #[error("the address is that of a published page; copy the one that the browser shows while you edit the sheet")]
    PublishedPage,
    /// Something else.
    #[error("a spreadsheet id has only letters, digits, - and _")]
    BadCharacter,
    /// Something much longer than an id.
    #[error("a spreadsheet id has at most {LONGEST_ID} characters")]
    TooLong,
}

impl SpreadsheetId {
    /// The id alone.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SpreadsheetId {
    type Err = InvalidSpreadsheetId;

    /// Reads an id, or the whole address of a spreadsheet as a browser shows it. A `gid` in the address is passed over:
    /// the worksheet is a setting of its own.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let id = if text.starts_with("docs.google.com/") {
            id_of_address(&format!("https://{text}"))?
        } else if text.contains("://") {
            id_of_address(text)?
        } else {
            text.to_owned()
        };
        if id.is_empty() {
            return Err(InvalidSpreadsheetId::Empty);
        }
        if !id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_') {
            return Err(InvalidSpreadsheetId::BadCharacter);
        }
        if id.len() > LONGEST_ID { Err(InvalidSpreadsheetId::TooLong) } else { Ok(Self(id)) }
    }
}

impl TryFrom<String> for SpreadsheetId {
    type Error = InvalidSpreadsheetId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<SpreadsheetId> for String {
    fn from(id: SpreadsheetId) -> Self {
        id.0
    }
}

impl fmt::Display for SpreadsheetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Of `https://docs.google.com/spreadsheets/d/ID/edit`, also with `/u/0` for one of several signed-in users.
fn id_of_address(address: &str) -> Result<String, InvalidSpreadsheetId> {
    let url = Url::parse(address).map_err(|_| InvalidSpreadsheetId::OtherAddress)?;
    let mut segments = url.path_segments().ok_or(InvalidSpreadsheetId::OtherAddress)?;
    if url.host_str() != Some("docs.google.com") || !segments.any(|segment| segment == "spreadsheets") {
        return Err(InvalidSpreadsheetId::OtherAddress);
    }
    if !segments.any(|segment| segment == "d") {
        return Err(InvalidSpreadsheetId::OtherAddress);
    }
    match segments.next() {
        Some("e") => Err(InvalidSpreadsheetId::PublishedPage),
        Some(id) => Ok(id.to_owned()),
        None => Err(InvalidSpreadsheetId::OtherAddress),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const ID: &str = "1Z2UcJ_nEvZ18OgZNKrh-4HOvv9XP06Iy4_7jA4PMkWc";

    #[rstest]
    #[case::id(ID.to_owned())]
    #[case::blanks_around(format!("  {ID}\n"))]
    #[case::address(format!("https://docs.google.com/spreadsheets/d/{ID}/edit#gid=0"))]
    #[case::address_with_a_query(format!("https://docs.google.com/spreadsheets/d/{ID}/edit?gid=0#gid=0"))]
    #[case::address_of_a_signed_in_user(format!("https://docs.google.com/spreadsheets/u/1/d/{ID}/edit"))]
    #[case::address_that_ends_early(format!("https://docs.google.com/spreadsheets/d/{ID}"))]
    #[case::address_without_a_scheme(format!("docs.google.com/spreadsheets/d/{ID}/edit"))]
    fn an_id_or_the_whole_address_names_a_spreadsheet(#[case] text: String) {
        assert_eq!(text.parse::<SpreadsheetId>().expect("an id").as_str(), ID);
    }

    #[rstest]
    #[case::nothing("  ", InvalidSpreadsheetId::Empty)]
    #[case::other_host("https://evil.example/spreadsheets/d/abc/edit", InvalidSpreadsheetId::OtherAddress)]
    #[case::a_document("https://docs.google.com/document/d/abc/edit", InvalidSpreadsheetId::OtherAddress)]
    #[case::no_id("https://docs.google.com/spreadsheets/d/", InvalidSpreadsheetId::Empty)]
    #[case::no_segment("https://docs.google.com/spreadsheets/", InvalidSpreadsheetId::OtherAddress)]
    #[case::published("https://docs.google.com/spreadsheets/d/e/2PACX-1v/pubhtml", InvalidSpreadsheetId::PublishedPage)]
    #[case::a_title("Client list", InvalidSpreadsheetId::BadCharacter)]
    #[case::a_path("../../v4", InvalidSpreadsheetId::BadCharacter)]
    fn anything_else_says_what_is_wrong(#[case] text: &str, #[case] expected: InvalidSpreadsheetId) {
        assert_eq!(text.parse::<SpreadsheetId>(), Err(expected));
    }
}
