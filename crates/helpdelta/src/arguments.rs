//! The command line exactly as typed; nothing is looked up here.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use helpdelta_core::Month;
use jiff::civil::Date;

/// Keeps one Delta table true to what Gorgias says about every support agent's month.
#[derive(Debug, Parser)]
#[command(name = "helpdelta", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// More log lines on standard error: -v for what is repeated and written, -vv for everything.
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,
    /// The form of log lines.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, global = true, value_name = "FORMAT")]
    pub log_format: LogFormat,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a commented helpdelta.toml and a sample roster.
    Init(InitArguments),
    /// Look at settings, roster, clock, every account and the table, and say what to mend.
    Check(CheckArguments),
    /// Read every account of the roster and bring the table up to date.
    Sync(SyncArguments),
    /// Ask for a sample of the table's cells again, by another road, and compare.
    Verify(VerifyArguments),
    /// Show a month of the table: agents by metrics.
    Show(ShowArguments),
    /// Run a SQL query over the table.
    Query(QueryArguments),
    /// Try everything without an account: simulated helpdesks, a sync, a summary.
    Demo(DemoArguments),
    /// Serve simulated helpdesks on this machine until interrupted.
    Simulate(SimulateArguments),
}

/// Where the settings are.
#[derive(Debug, Args)]
pub(crate) struct ConfigArguments {
    /// The settings file; without it, helpdelta.toml in the working directory if there is one.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// Arguments of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The folder to write to.
    #[arg(default_value = ".", value_name = "FOLDER")]
    pub folder: PathBuf,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Where the settings are.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Only the accounts of this client; may be given several times.
    #[arg(long = "client", value_name = "NAME")]
    pub clients: Vec<String>,
    /// Print the findings as one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `sync`.
#[derive(Debug, Args)]
pub(crate) struct SyncArguments {
    /// Where the settings are.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// Show what would be asked, and ask nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Only this client of the roster; may be given several times.
    #[arg(long = "client", value_name = "NAME")]
    pub clients: Vec<String>,
    /// How many complete months back, 1 to 240.
    #[arg(long, value_name = "N")]
    pub months: Option<u16>,
    /// The day that stands for today.
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// Take the figures of this client although most of them would become nothing or zero; may be given several times.
    #[arg(long, value_name = "CLIENT")]
    pub accept_drop: Vec<String>,
    /// Go on with the last good copy of the sheet when Google is down.
    #[arg(long)]
    pub roster_cache: bool,
    /// Print the report as one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// Where the settings are.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// How many cells.
    #[arg(long, default_value_t = 50, value_name = "CELLS")]
    pub sample: usize,
    /// Which cells: the same number draws the same ones from the same table.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// Only this client of the roster; may be given several times.
    #[arg(long = "client", value_name = "NAME")]
    pub clients: Vec<String>,
    /// Only this month, as YYYY-MM.
    #[arg(long, value_name = "MONTH")]
    pub month: Option<Month>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArguments {
    /// Where the settings are.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// The month, as YYYY-MM; without it, the newest one in the table.
    #[arg(value_name = "MONTH")]
    pub month: Option<Month>,
    /// Only this client.
    #[arg(long, value_name = "NAME")]
    pub client: Option<String>,
    /// Only this channel.
    #[arg(long, value_name = "SLUG")]
    pub channel: Option<String>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `query`.
#[derive(Debug, Args)]
pub(crate) struct QueryArguments {
    /// Where the settings are.
    #[command(flatten)]
    pub config: ConfigArguments,
    /// A SELECT over Monthly_Dashboard and Monthly_Dashboard_Runs; names are case-sensitive.
    #[arg(value_name = "SQL")]
    pub sql: String,
    /// The form of the result.
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    pub format: QueryFormat,
}

/// The form of a query's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    /// For people; null shows as -.
    Table,
    /// With a header; null is empty.
    Csv,
    /// A list of objects; null is null.
    Json,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Keep everything in this folder, to look at it afterwards; without it, a temporary one.
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// Arguments of `simulate`.
#[derive(Debug, Args)]
pub(crate) struct SimulateArguments {
    /// The loopback port; 0 takes a free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// How many accounts, named client-1, client-2 and so on.
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub accounts: u16,
    /// How many agents each account has.
    #[arg(long, default_value_t = 5, value_name = "N")]
    pub agents: u16,
    /// How many complete months of tickets.
    #[arg(long, default_value_t = 19, value_name = "N")]
    pub months: u16,
    /// How many tickets an agent has in a month, about.
    #[arg(long, default_value_t = 30, value_name = "N")]
    pub tickets: u16,
    /// Where the tickets come from: the same number gives the same tickets.
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub seed: u64,
    /// The day that stands for today.
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,
    /// Milliseconds that every answer takes.
    #[arg(long, default_value_t = 0, value_name = "MILLISECONDS")]
    pub latency_millis: u64,
    /// Size of each account's bucket of requests, which drains in 20 seconds; 40 is an API key's.
    #[arg(long, default_value_t = 40, value_name = "REQUESTS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Write a roster with the accounts' tokens to this file.
    #[arg(long, value_name = "FILE")]
    pub roster: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Arguments::command().debug_assert();
    }
}
