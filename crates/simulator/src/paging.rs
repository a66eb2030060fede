//! Query parameters, opaque cursors and the envelope around a page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::dialect::{CursorPlace, Dialect, EndOfList};
use crate::refusal::Refusal;

/// The parameters of a request, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(query: &str) -> Self {
        Self(url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Refuses every parameter but these: one that is ignored would hide a client's misspelling.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        match self.0.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            Some((name, _)) => Err(Refusal::unknown("query parameter", name, names)),
            None => Ok(()),
        }
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let mut values = self.0.iter().filter(|(candidate, _)| candidate == name);
        let first = values.next().map(|(_, value)| value.as_str());
        match values.next() {
            Some(_) => Err(Refusal::field(&[name], "Given more than once.")),
            None => Ok(first),
        }
    }

    /// `limit`, 30 unless given.
    pub(crate) fn limit(&self, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.one("limit")? else { return Ok(30) };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| Refusal::field(&["limit"], &format!("Must be a whole number from 1 to {most}.")))
    }
}

/// FNV-1a: a number that depends on the bytes and on nothing else, whatever the build.
pub(crate) fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Some of the rows, and the cursors to those before and after.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) previous_cursor: Option<String>,
    pub(crate) next_cursor: Option<String>,
}

/// Cuts a page out of all rows. A cursor fits only the request that it came from, which `request` identifies.
pub(crate) fn page<T>(rows: Vec<T>, limit: usize, cursor: Option<&str>, request: &str) -> Result<Page<T>, Refusal> {
    let request = fingerprint(request.as_bytes());
    let offset = match cursor {
        None => 0,
        Some(cursor) => cursor_offset(cursor, request).ok_or_else(|| {
            Refusal::bad_request("Invalid cursor: unknown, or of another request. Repeat the same request with it.")
        })?,
    };
    let end = offset.saturating_add(limit);
    let next_cursor = (end < rows.len()).then(|| cursor_at(end, request));
    let previous_cursor = (offset > 0).then(|| cursor_at(offset.saturating_sub(limit), request));
    Ok(Page { rows: rows.into_iter().skip(offset).take(limit).collect(), previous_cursor, next_cursor })
}

/// Bytes that Base64 spells with plus signs and slashes, so that a client which forgets to escape a cursor fails here
/// and not in production.
const CURSOR_MARK: [u8; 6] = [0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff];

fn cursor_at(offset: usize, request: u64) -> String {
    let mut bytes = CURSOR_MARK.to_vec();
    bytes.extend_from_slice(format!("{offset}:{request:016x}").as_bytes());
    STANDARD.encode(bytes)
}

fn cursor_offset(cursor: &str, request: u64) -> Option<usize> {
    let bytes = STANDARD.decode(cursor).ok()?;
    let (offset, of_request) = std::str::from_utf8(bytes.strip_prefix(&CURSOR_MARK)?).ok()?.split_once(':')?;
    (of_request == format!("{request:016x}")).then(|| offset.parse().ok()).flatten()
}

/// The page in its envelope, after the keys that come before `data`.
pub(crate) fn envelope(mut head: Map<String, Value>, page: Page<Value>, more_meta: Value, dialect: &Dialect) -> Value {
    head.insert("data".to_owned(), Value::Array(page.rows));
    let next = match (page.next_cursor, dialect.end_of_list) {
        (Some(cursor), _) => Some(Value::String(cursor)),
        (None, EndOfList::Null) => Some(Value::Null),
        (None, EndOfList::Empty) => Some(Value::String(String::new())),
        (None, EndOfList::Missing) => None,
    };
    let next = next.map(|next| ("next_cursor".to_owned(), next));
    match dialect.cursor_place {
        CursorPlace::TopLevel => head.extend(next),
        CursorPlace::Meta => {
            let mut meta = Map::new();
            meta.insert("prev_cursor".to_owned(), json!(page.previous_cursor));
            meta.extend(next);
            if let Value::Object(more) = more_meta {
                meta.extend(more);
            }
            head.insert("meta".to_owned(), Value::Object(meta));
        }
    }
    Value::Object(head)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn following_cursors_gives_every_row_once_and_in_order(count in 0usize..50, limit in 1usize..12) {
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let page = page((0..count).collect(), limit, cursor.as_deref(), "request").unwrap();
                prop_assert!(page.rows.len() <= limit);
                seen.extend(page.rows);
                cursor = page.next_cursor;
                if cursor.is_none() {
                    break;
                }
            }
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_cursor_of_another_request_is_refused() {
        let cursor = page(vec![1, 2, 3], 2, None, "one").unwrap().next_cursor;
        assert!(page(vec![1, 2, 3], 2, cursor.as_deref(), "one").is_ok());
        assert!(page(vec![1, 2, 3], 2, cursor.as_deref(), "other").is_err());
        assert!(page(vec![1, 2, 3], 2, Some("2"), "one").is_err());
    }

    #[test]
    fn a_cursor_must_be_escaped_by_the_client() {
        let cursor = page(vec![1, 2, 3], 2, None, "one").unwrap().next_cursor.unwrap();
        let careless = Parameters::parse(&format!("cursor={cursor}"));
        assert_ne!(careless.one("cursor").unwrap(), Some(cursor.as_str()));
    }
}
