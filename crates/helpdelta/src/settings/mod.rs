//! Settings: what a command works with, resolved and checked before it begins.
//!
//! [`keys`] is the list, [`layers`] finds each value and its origin, and this module turns them into types. Commands
//! never look at the environment.

pub(crate) mod keys;
pub(crate) mod layers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use helpdelta_core::{AgentRule, Zone};
use helpdelta_gorgias::{Api, BaseUrl, Ceilings, RetryPolicy};
use helpdelta_lakehouse::TableLocation;
use helpdelta_roster::{ServiceUrl, SheetRetry, SheetSource, SpreadsheetId};
use toml::Value;

use layers::{InvalidSettings, Layers, Origin};

/// The file that is read when none is named, if it is there.
pub(crate) const DEFAULT_FILE: &str = "helpdelta.toml";

/// Everything that a command needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// Where the roster is.
    pub roster: RosterSource,
    /// Who is an agent.
    pub agent_rule: AgentRule,
    /// The text of the agent rule, for messages.
    pub agent_email_contains: String,
    /// How helpdesks are read.
    pub gorgias: GorgiasSettings,
    /// How many complete months, 1 to 240.
    pub months: u16,
    /// Where months begin and end.
    pub zone: Zone,
    /// Whether the running month is read too.
    pub current_month: bool,
    /// Share of an entry's cells with a value that a run may turn into nothing or zero, 0 to 1.
    pub max_drop: f64,
    /// The table.
    pub table: TableLocation,
}

/// Where the roster is.
#[derive(Clone, Debug)]
pub(crate) enum RosterSource {
    /// A CSV file.
    File(PathBuf),
    /// A Google Sheet.
    Sheet(SheetRoster),
}

/// A roster in a Google Sheet.
#[derive(Clone, Debug)]
pub(crate) struct SheetRoster {
    /// Which worksheet.
    pub source: SheetSource,
    /// Where Sheets is.
    pub sheets_url: ServiceUrl,
    /// The service account's key file.
    pub service_account: PathBuf,
    /// Where the last good copy is kept.
    pub cache_file: PathBuf,
    /// When and how often a request is repeated: as for helpdesks.
    pub retry: SheetRetry,
    /// Where `file:` references of its cells start.
    pub folder: PathBuf,
}

/// How helpdesks are read.
#[derive(Clone, Debug)]
pub(crate) struct GorgiasSettings {
    /// The address of an account.
    pub base_url: BaseUrl,
    /// Which statistics API.
    pub api: Api,
    /// Share of each account's limit that is ours, above 0 and up to 1.
    pub budget: f64,
    /// When and how often a request is repeated.
    pub retry: RetryPolicy,
    /// What one account may take.
    pub ceilings: Ceilings,
    /// Time limit for a connection.
    pub connect_limit: Duration,
    /// Time limit for the next bytes.
    pub read_limit: Duration,
    /// Time limit for a whole answer.
    pub request_limit: Duration,
    /// Largest answer.
    pub max_answer_bytes: usize,
    /// Accounts read at once; at least 1.
    pub max_parallel_accounts: usize,
}

impl Settings {
    /// Turns layers into types. Relative paths of a file start at its folder, others at the working directory.
    ///
    /// # Errors
    ///
    /// A value is outside its range.
    pub(crate) fn resolve(layers: &Layers) -> Result<Self, InvalidSettings> {
        let reader = Reader { layers };
        let max_drop = reader.number("guard.max_drop")?;
        if !(0.0..=1.0).contains(&max_drop) {
            return Err(reader.wrong("guard.max_drop", "a share from 0 to 1"));
        }
        let agent_email_contains = reader.text("gorgias.agent_email_contains")?;
        let (table, folder) = reader.place("table.uri")?;
        let table = TableLocation::parse(&table, &folder)
            .map_err(|error| reader.wrong("table.uri", &format!("a folder: {error}")))?;
        let gorgias = GorgiasSettings::resolve(&reader)?;
        Ok(Self {
            roster: RosterSource::resolve(&reader, gorgias.retry)?,
            agent_rule: AgentRule::email_contains(&agent_email_contains),
            agent_email_contains,
            gorgias,
            months: reader.whole("period.months", 1..=240)?,
            zone: Zone::parse(&reader.text("period.timezone")?)
                .map_err(|error| reader.wrong("period.timezone", &format!("a time zone: {error}")))?,
            current_month: reader.value("period.current_month").and_then(Value::as_bool).unwrap_or_default(),
            max_drop,
            table,
        })
    }
}

impl RosterSource {
    /// The sheet or the file, whichever is named nearer to the command line; naming both in one place is an error.
    fn resolve(reader: &Reader<'_>, retry: RetryPolicy) -> Result<Self, InvalidSettings> {
        let rank = |path: &str| match reader.layers.get(path).map(|(_, origin)| origin) {
            None | Some(Origin::Default) => 0,
            Some(Origin::File(_)) => 1,
            Some(Origin::Environment(_)) => 2,
            Some(Origin::Flag(_)) => 3,
        };
        let sheet = reader.text("roster.google_sheet")?;
        let (sheet_rank, file_rank) = (rank("roster.google_sheet"), rank("roster.file"));
        if sheet.is_empty() || file_rank > sheet_rank {
            return Ok(Self::File(reader.path("roster.file")?));
        }
        if file_rank == sheet_rank {
            return Err(reader.wrong("roster.google_sheet", "either a sheet or roster.file, not both"));
        }
        let worksheet = reader.text("roster.worksheet")?;
        Ok(Self::Sheet(SheetRoster {
            source: SheetSource {
                spreadsheet: sheet
                    .parse::<SpreadsheetId>()
                    .map_err(|error| reader.wrong("roster.google_sheet", &format!("a sheet: {error}")))?,
                worksheet: Some(worksheet).filter(|title| !title.is_empty()),
            },
            sheets_url: reader
                .text("roster.sheets_url")?
                .parse::<ServiceUrl>()
                .map_err(|error| reader.wrong("roster.sheets_url", &format!("an address: {error}")))?,
            retry: SheetRetry {
                max_retries: retry.max_retries,
                base_wait: retry.base_wait,
                longest_wait: retry.longest_wait,
            },
            folder: reader.place("roster.google_sheet")?.1,
            service_account: reader.path("roster.service_account")?,
            cache_file: reader.path("roster.cache_file")?,
        }))
    }
}

impl GorgiasSettings {
    fn resolve(reader: &Reader<'_>) -> Result<Self, InvalidSettings> {
        let base_url = BaseUrl::parse(&reader.text("gorgias.base_url")?)
            .map_err(|error| reader.wrong("gorgias.base_url", &format!("an address: {error}")))?;
        let budget = reader.number("gorgias.budget")?;
        if !(budget > 0.0 && budget <= 1.0) {
            return Err(reader.wrong("gorgias.budget", "a share above 0 and up to 1"));
        }
        let api = match reader.text("gorgias.api")?.as_str() {
            "auto" => Api::Auto,
            "reporting" => Api::Reporting,
            "legacy" => Api::Legacy,
            _ => return Err(reader.wrong("gorgias.api", "auto, reporting or legacy")),
        };
        Ok(Self {
            base_url,
            api,
            budget,
            retry: RetryPolicy {
                max_retries: reader.whole("gorgias.max_retries", 0..=100)?.into(),
                base_wait: reader.seconds("gorgias.base_wait_secs", 0.0)?,
                longest_wait: reader.seconds("gorgias.max_wait_secs", 0.0)?,
            },
            ceilings: Ceilings {
                parallel_requests: reader.whole("gorgias.max_parallel_requests", 1..=64)?.into(),
                pages: reader.whole("gorgias.max_pages", 1..=u16::MAX)?.into(),
                account_limit: reader.seconds("gorgias.account_timeout_secs", 0.001)?,
            },
            connect_limit: reader.seconds("gorgias.connect_timeout_secs", 0.001)?,
            read_limit: reader.seconds("gorgias.read_timeout_secs", 0.001)?,
            request_limit: reader.seconds("gorgias.request_timeout_secs", 0.001)?,
            max_answer_bytes: reader
                .value("gorgias.max_answer_bytes")
                .and_then(Value::as_integer)
                .and_then(|bytes| usize::try_from(bytes).ok())
                .filter(|bytes| *bytes >= 1024)
                .ok_or_else(|| reader.wrong("gorgias.max_answer_bytes", "at least 1024"))?,
            max_parallel_accounts: reader.whole("gorgias.max_parallel_accounts", 1..=10_000)?.into(),
        })
    }
}

struct Reader<'a> {
    layers: &'a Layers,
}

impl Reader<'_> {
    fn value(&self, path: &str) -> Option<&Value> {
        self.layers.get(path).map(|(value, _)| value)
    }

    fn wrong(&self, path: &str, expected: &str) -> InvalidSettings {
        let (found, origin) = match self.layers.get(path) {
            Some((value, origin)) => (value.to_string(), origin.to_string()),
            None => ("missing".to_owned(), Origin::Default.to_string()),
        };
        InvalidSettings::Wrong { origin, path: path.to_owned(), found, expected: expected.to_owned() }
    }

    fn text(&self, path: &str) -> Result<String, InvalidSettings> {
        let text = self.value(path).and_then(Value::as_str).map(str::to_owned);
        text.ok_or_else(|| self.wrong(path, "a text"))
    }

    /// A place and the folder at which it starts if it is relative.
    fn place(&self, path: &str) -> Result<(String, PathBuf), InvalidSettings> {
        let text = self.text(path)?;
        let folder = match self.layers.get(path) {
            Some((_, Origin::File(file))) => file.parent().map(Path::to_owned),
            _ => None,
        };
        Ok((text, folder.unwrap_or_default()))
    }

    /// A place as a path.
    fn path(&self, path: &str) -> Result<PathBuf, InvalidSettings> {
        let (text, folder) = self.place(path)?;
        Ok(folder.join(text))
    }

    fn whole(&self, path: &str, range: std::ops::RangeInclusive<u16>) -> Result<u16, InvalidSettings> {
        let number = self.value(path).and_then(Value::as_integer).and_then(|number| u16::try_from(number).ok());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.wrong(path, &format!("a whole number from {} to {}", range.start(), range.end())))
    }

    fn number(&self, path: &str) -> Result<f64, InvalidSettings> {
        let number = match self.value(path) {
            Some(Value::Float(number)) => Some(*number),
            Some(Value::Integer(number)) => i32::try_from(*number).ok().map(f64::from),
            _ => None,
        };
        number.ok_or_else(|| self.wrong(path, "a number"))
    }

    fn seconds(&self, path: &str, least: f64) -> Result<Duration, InvalidSettings> {
        const MOST: f64 = 86_400.0;
        let seconds = self.number(path)?;
        if !(least..=MOST).contains(&seconds) {
            return Err(self.wrong(path, &format!("seconds from {least} to {MOST}")));
        }
        Ok(Duration::from_secs_f64(seconds))
    }
}

#[cfg(test)]
mod tests;
