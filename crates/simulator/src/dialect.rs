//! The spellings that the contract leaves open (`gorgias-api.md` 3.2, 4.6). A client must read every one of them.

use jiff::civil::DateTime;
use serde_json::{Number, Value, json};

/// How measures are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Numbers {
    /// `"214"`, `"5321.5"`: as in the vendor's fixtures.
    #[default]
    Text,
    /// `214`, `5321.5`.
    Number,
    /// `214.0`, `5321.5`: counts are floats too.
    Float,
}

/// How `agentId` is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AgentIds {
    /// `48151623`.
    #[default]
    Number,
    /// `"48151623"`.
    Text,
}

/// Under which key a row holds its time bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BucketKey {
    /// `closedDatetime`.
    #[default]
    Plain,
    /// `closedDatetime.month`.
    Dotted,
    /// Both, with the same value.
    Both,
}

/// How a time bucket is written; always the wall clock of the query's time zone, the `Z` notwithstanding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BucketValue {
    /// `2025-01-01T00:00:00.000`.
    #[default]
    Milliseconds,
    /// `2025-01-01T00:00:00`.
    Seconds,
    /// `2025-01-01T00:00:00.000Z`.
    MillisecondsZ,
    /// `2025-01-01T00:00:00Z`.
    SecondsZ,
}

/// What a statistics answer by agent says of listed users to whom nothing happened, in each bucket of the period and
/// for each channel filtered by. Not by the hour, where it would be mostly that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdleAgents {
    /// Nothing: no row.
    #[default]
    Absent,
    /// A row whose measures are null.
    NullMeasures,
    /// A row without its measures.
    NoMeasures,
}

/// The shape of the list of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserList {
    /// The envelope that the real service was recorded with.
    #[default]
    Envelope,
    /// A bare array, as the vendor's OpenAPI text shows it. Without cursors there is no second page.
    BareArray,
}

/// What stands in place of the next cursor on the last page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndOfList {
    /// `null`.
    #[default]
    Null,
    /// No key.
    Missing,
    /// `""`.
    Empty,
}

/// Where the next cursor stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CursorPlace {
    /// `meta.next_cursor`.
    #[default]
    Meta,
    /// `next_cursor` beside `data`, and no `meta` at all.
    TopLevel,
}

/// How a user's role is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserRole {
    /// `"role": {"name": "agent"}`.
    #[default]
    Object,
    /// `"roles": [{"name": "agent"}]`, as older versions of the API had it.
    List,
}

/// Whether legacy percentages have decimals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LegacyPercent {
    /// Rounded to a whole number, as in every example seen.
    #[default]
    Whole,
    /// Not rounded.
    Exact,
}

/// All of them together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dialect {
    /// How measures are written.
    pub numbers: Numbers,
    /// How `agentId` is written.
    pub agent_ids: AgentIds,
    /// Under which key a row holds its time bucket.
    pub bucket_key: BucketKey,
    /// How a time bucket is written.
    pub bucket_value: BucketValue,
    /// What is said of listed users to whom nothing happened.
    pub idle_agents: IdleAgents,
    /// The shape of the list of users.
    pub user_list: UserList,
    /// What stands in place of the next cursor on the last page.
    pub end_of_list: EndOfList,
    /// Where the next cursor stands.
    pub cursor_place: CursorPlace,
    /// How a user's role is written.
    pub user_role: UserRole,
    /// Whether rows have a `decile` and answers an `annotation` and a `query` that nobody asked for.
    pub extra_keys: bool,
    /// Whether legacy percentages have decimals.
    pub legacy_percent: LegacyPercent,
}

impl Dialect {
    pub(crate) fn measure(&self, figure: Figure) -> Value {
        match (self.numbers, figure) {
            (_, Figure::None) => Value::Null,
            (Numbers::Text, Figure::Count(count)) => Value::String(count.to_string()),
            (Numbers::Text, Figure::Real(value)) => Value::String(value.to_string()),
            (Numbers::Number, Figure::Count(count)) => count.into(),
            (Numbers::Number, Figure::Real(value)) => shortest(value),
            (Numbers::Float, Figure::Count(count)) => f64::from(count).into(),
            (Numbers::Float, Figure::Real(value)) => value.into(),
        }
    }

    pub(crate) fn agent_id(&self, id: Option<i64>) -> Value {
        match (self.agent_ids, id) {
            (_, None) => Value::Null,
            (AgentIds::Number, Some(id)) => id.into(),
            (AgentIds::Text, Some(id)) => Value::String(id.to_string()),
        }
    }

    pub(crate) fn bucket_keys(&self, dimension: &str, granularity: &str) -> Vec<String> {
        let dotted = format!("{dimension}.{granularity}");
        match self.bucket_key {
            BucketKey::Plain => vec![dimension.to_owned()],
            BucketKey::Dotted => vec![dotted],
            BucketKey::Both => vec![dimension.to_owned(), dotted],
        }
    }

    pub(crate) fn bucket(&self, start: DateTime) -> Value {
        let format = match self.bucket_value {
            BucketValue::Milliseconds => "%Y-%m-%dT%H:%M:%S.000",
            BucketValue::Seconds => "%Y-%m-%dT%H:%M:%S",
            BucketValue::MillisecondsZ => "%Y-%m-%dT%H:%M:%S.000Z",
            BucketValue::SecondsZ => "%Y-%m-%dT%H:%M:%SZ",
        };
        Value::String(start.strftime(format).to_string())
    }

    pub(crate) fn role(&self, role: Option<&str>) -> (&'static str, Value) {
        let object = role.map_or(Value::Null, |name| json!({ "name": name }));
        match self.user_role {
            UserRole::Object => ("role", object),
            UserRole::List => ("roles", Value::Array(vec![object])),
        }
    }
}

/// A value of an answer, before it is spelt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Figure {
    /// Nothing to measure.
    None,
    Count(u32),
    Real(f64),
}

/// A number without a fraction where it has none: `5321`, not `5321.0`.
pub(crate) fn shortest(value: f64) -> Value {
    let whole = (value.fract() == 0.0).then(|| format!("{value:.0}").parse::<i64>().ok()).flatten();
    match whole {
        Some(whole) => whole.into(),
        None => Number::from_f64(value).map_or(Value::Null, Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::text(Numbers::Text, r#"["214","5321","4.5",null]"#)]
    #[case::number(Numbers::Number, r#"[214,5321,4.5,null]"#)]
    #[case::float(Numbers::Float, r#"[214.0,5321.0,4.5,null]"#)]
    fn measures_are_spelt_as_told(#[case] numbers: Numbers, #[case] expected: &str) {
        let dialect = Dialect { numbers, ..Dialect::default() };
        let figures = [Figure::Count(214), Figure::Real(5321.0), Figure::Real(4.5), Figure::None];
        let values: Vec<Value> = figures.into_iter().map(|figure| dialect.measure(figure)).collect();
        assert_eq!(Value::Array(values).to_string(), expected);
    }

    #[rstest]
    #[case(BucketValue::Milliseconds, "2025-01-01T00:00:00.000")]
    #[case(BucketValue::Seconds, "2025-01-01T00:00:00")]
    #[case(BucketValue::MillisecondsZ, "2025-01-01T00:00:00.000Z")]
    #[case(BucketValue::SecondsZ, "2025-01-01T00:00:00Z")]
    fn buckets_are_spelt_as_told(#[case] bucket_value: BucketValue, #[case] expected: &str) {
        let dialect = Dialect { bucket_value, ..Dialect::default() };
        assert_eq!(dialect.bucket(date(2025, 1, 1).at(0, 0, 0, 0)), expected);
    }

    #[rstest]
    #[case(BucketKey::Plain, &["closedDatetime"])]
    #[case(BucketKey::Dotted, &["closedDatetime.month"])]
    #[case(BucketKey::Both, &["closedDatetime", "closedDatetime.month"])]
    fn bucket_keys_are_spelt_as_told(#[case] bucket_key: BucketKey, #[case] expected: &[&str]) {
        let dialect = Dialect { bucket_key, ..Dialect::default() };
        assert_eq!(dialect.bucket_keys("closedDatetime", "month"), expected);
    }
}
