//! The one list of settings: names, types, defaults, meaning. File, environment, `init` and documentation read it.

use toml::Value;

/// The type of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// A path or address; relative to the settings file where it stands in one.
    Place,
    /// A whole number from 0.
    Whole,
    /// A number.
    Number,
    /// true or false.
    Truth,
}

impl Kind {
    /// What is expected, for messages.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Place => "a path",
            Self::Whole => "a whole number",
            Self::Number => "a number",
            Self::Truth => "true or false",
        }
    }

    /// Whether a value of a settings file has this type.
    pub(crate) fn admits(self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Place => value.is_str(),
            Self::Whole => value.as_integer().is_some_and(|number| number >= 0),
            Self::Number => value.is_integer() || value.is_float(),
            Self::Truth => value.is_bool(),
        }
    }

    /// Reads the text of an environment variable.
    pub(crate) fn read(self, text: &str) -> Option<Value> {
        let text = text.trim();
        match self {
            Self::Text | Self::Place => Some(Value::String(text.to_owned())),
            Self::Whole => text.parse().ok().filter(|number: &i64| *number >= 0).map(Value::Integer),
            Self::Number => text.parse().ok().map(Value::Float),
            Self::Truth => text.to_ascii_lowercase().parse().ok().map(Value::Boolean),
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its table in the file.
    pub section: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Its default, as TOML.
    pub default: &'static str,
    /// What it means, with units and range.
    pub meaning: &'static str,
    /// Whether `init` writes it as a setting rather than as a comment.
    pub common: bool,
}

impl Key {
    /// `section.name`.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// The environment variable that overrides it.
    pub(crate) fn variable(&self) -> String {
        format!("HELPDELTA_{}_{}", self.section, self.name).to_ascii_uppercase()
    }
}

const fn key(
    section: &'static str,
    name: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key { section, name, kind, default, meaning, common: false }
}

const fn common(key: Key) -> Key {
    Key { common: true, ..key }
}

/// Every setting, in the order of the file.
pub(crate) const KEYS: [Key; 26] = [
    common(key(
        "roster",
        "file",
        Kind::Place,
        "\"clients.csv\"",
        "CSV file with the columns Client, Authentication, Channel, and optionally Domain and Active.",
    )),
    key(
        "roster",
        "google_sheet",
        Kind::Text,
        "\"\"",
        "Id or address of a Google Sheet with those columns, instead of the file.",
    ),
    key("roster", "worksheet", Kind::Text, "\"\"", "Worksheet of the sheet; empty takes the first one."),
    key(
        "roster",
        "service_account",
        Kind::Place,
        "\"service_account.json\"",
        "Key file of the Google service account that the sheet is shared with.",
    ),
    key(
        "roster",
        "sheets_url",
        Kind::Text,
        "\"https://sheets.googleapis.com\"",
        "Address of the Sheets API; plain http only for a loopback host.",
    ),
    key(
        "roster",
        "cache_file",
        Kind::Place,
        "\".helpdelta/roster.json\"",
        "Last good copy of the sheet, readable by its owner alone; it holds the sheet's credentials.",
    ),
    common(key(
        "gorgias",
        "agent_email_contains",
        Kind::Text,
        "\"getwrrk\"",
        "Agents are the users whose e-mail contains this; empty takes every human user.",
    )),
    key(
        "gorgias",
        "base_url",
        Kind::Text,
        "\"https://{domain}.gorgias.com\"",
        "Address of an account; plain http only for a loopback host.",
    ),
    key("gorgias", "api", Kind::Text, "\"auto\"", "Which statistics API: auto, reporting or legacy."),
    key(
        "gorgias",
        "budget",
        Kind::Number,
        "0.9",
        "Share of each account's rate limit that is ours, above 0 and up to 1.",
    ),
    key("gorgias", "max_retries", Kind::Whole, "5", "Repetitions of one request that failed in a passing way."),
    key("gorgias", "base_wait_secs", Kind::Number, "2", "Seconds before the first repetition; doubles with each."),
    key("gorgias", "max_wait_secs", Kind::Number, "60", "Longest wait before a repetition, whatever is asked for."),
    key("gorgias", "connect_timeout_secs", Kind::Number, "10", "Time limit for a connection."),
    key("gorgias", "read_timeout_secs", Kind::Number, "60", "Time limit for the next bytes of an answer."),
    key("gorgias", "request_timeout_secs", Kind::Number, "120", "Time limit for a whole answer."),
    key("gorgias", "account_timeout_secs", Kind::Number, "600", "Time limit for a whole account."),
    key("gorgias", "max_parallel_accounts", Kind::Whole, "100", "Accounts that are read at once."),
    key("gorgias", "max_parallel_requests", Kind::Whole, "4", "Requests under way at once in one account."),
    key("gorgias", "max_answer_bytes", Kind::Whole, "33554432", "Largest answer, decompressed."),
    key("gorgias", "max_pages", Kind::Whole, "1000", "Pages of one list; more is taken for an endless loop."),
    common(key("period", "months", Kind::Whole, "19", "Complete months back from today, 1 to 240.")),
    common(key(
        "period",
        "timezone",
        Kind::Text,
        "\"-05:00\"",
        "Where months begin and end: a whole-hour offset or an IANA name.",
    )),
    key("period", "current_month", Kind::Truth, "false", "Whether the running month is read too."),
    key(
        "guard",
        "max_drop",
        Kind::Number,
        "0.5",
        "Share of an entry's cells with a value, 0 to 1, that a run may turn into nothing or zero.",
    ),
    common(key(
        "table",
        "uri",
        Kind::Place,
        "\"lakehouse/Monthly_Dashboard\"",
        "Folder of the Delta table; made on the first run.",
    )),
];

/// The key with that path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.path() == path)
}

/// The known name that is nearest to an unknown one, if it is near enough to be meant.
pub(crate) fn suggestion<'a>(unknown: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR_ENOUGH: f64 = 0.75;
    let scored =
        known.into_iter().map(|name| (strsim::jaro_winkler(&unknown.to_lowercase(), &name.to_lowercase()), name));
    let best = scored.max_by(|left, right| left.0.total_cmp(&right.0))?;
    (best.0 >= NEAR_ENOUGH).then_some(best.1)
}
