//! `check`: everything that a run needs, looked at without one.
//!
//! Whatever is wrong becomes a line and holds nothing else up: the good rows of a bad roster are still asked for, and
//! an account that fails has its own line. Nothing is written but files that are removed again at once.

mod accounts;
mod clock;
mod roster;
mod table;

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::arguments::CheckArguments;
use crate::commands::{Context, settings};
use crate::exit::{Exit, Failure, Outcome};
use crate::printer::printable;
use crate::settings::{DEFAULT_FILE, Settings};

const CHECK_SCHEMA_VERSION: u32 = 1;
/// Where the messages begin.
const INDENT: &str = "                     ";

/// How a check ended, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Ok,
    Warning,
    Failed,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }

    fn style(self) -> Style {
        match self {
            Self::Ok => AnsiColor::Green.on_default().bold(),
            Self::Warning => AnsiColor::Yellow.on_default().bold(),
            Self::Failed => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// What is looked at; the order of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Settings,
    Roster,
    Clock,
    Account,
    Agents,
    Statistics,
    Table,
}

impl Name {
    fn as_str(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Roster => "roster",
            Self::Clock => "clock",
            Self::Account => "account",
            Self::Agents => "agents",
            Self::Statistics => "statistics",
            Self::Table => "table",
        }
    }

    /// Whether only the accounts that it is about suffer when it failed.
    fn is_of_an_account(self) -> bool {
        matches!(self, Self::Account | Self::Agents | Self::Statistics)
    }
}

/// A line.
#[derive(Clone, Debug, Serialize)]
struct Check {
    name: Name,
    subject: String,
    status: Status,
    message: String,
    hint: Option<String>,
}

impl Check {
    fn ok(name: Name, subject: &str, message: impl Into<String>) -> Self {
        Self { name, subject: subject.to_owned(), status: Status::Ok, message: message.into(), hint: None }
    }

    fn warning(name: Name, subject: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Status::Warning, hint: Some(hint.into()), ..Self::ok(name, subject, message) }
    }

    fn failed(name: Name, subject: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status: Status::Failed, ..Self::warning(name, subject, message, hint) }
    }

    fn failure(name: Name, subject: &str, failure: &Failure) -> Self {
        Self::failed(name, subject, &failure.message, &failure.hint)
    }
}

/// Everything that was looked at.
#[derive(Debug, Serialize)]
struct Findings {
    schema_version: u32,
    status: Status,
    checks: Vec<Check>,
}

/// Checks and prints.
pub(super) async fn check(arguments: &CheckArguments, context: &Context<'_>) -> Outcome {
    let checks = tokio::select! {
        checks = checks(arguments, context) => checks,
        () = context.interruption.asked() => {
            let hint = "Nothing was changed; run again.";
            return Err(Failure::new(Exit::Interrupted, "interrupted", "interrupted before the last check", hint));
        }
    };
    let status = checks.iter().map(|check| check.status).max().unwrap_or(Status::Ok);
    let findings = Findings { schema_version: CHECK_SCHEMA_VERSION, status, checks };
    if arguments.json {
        context.printer.json(&findings)?;
    } else {
        context.printer.line(&text(&findings))?;
    }
    Ok(exit_of(&findings.checks))
}

async fn checks(arguments: &CheckArguments, context: &Context<'_>) -> Vec<Check> {
    let file =
        arguments.config.config.as_deref().or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|file| file.exists()));
    let file = file.map_or_else(|| "defaults and environment".to_owned(), |file| file.display().to_string());
    match settings(&arguments.config, context) {
        Ok(settings) => {
            let mut checks = vec![Check::ok(Name::Settings, &file, "every setting has a meaning and a good value")];
            checks.extend(checks_of(&settings, &arguments.clients, context).await);
            checks
        }
        Err(failure) => {
            let message = format!("{}; nothing else was checked", failure.message);
            vec![Check::failed(Name::Settings, &file, message, failure.hint)]
        }
    }
}

async fn checks_of(settings: &Settings, clients: &[String], context: &Context<'_>) -> Vec<Check> {
    let roster = roster::check(settings, clients, context).await;
    let accounts = accounts::check(&roster.accounts, settings, context).await;
    let skews = roster.clock_skew_secs.into_iter().chain(accounts.clock_skews_secs).collect();
    let mut checks = roster.checks;
    checks.push(clock::check(skews));
    checks.extend(accounts.checks);
    checks.extend(table::check(settings).await);
    checks
}

fn exit_of(checks: &[Check]) -> Exit {
    let mut failed = checks.iter().filter(|check| check.status == Status::Failed).map(|check| check.name).peekable();
    if failed.peek().is_none() {
        Exit::Success
    } else if failed.all(Name::is_of_an_account) {
        Exit::Partial
    } else {
        Exit::Usage
    }
}

fn text(findings: &Findings) -> String {
    let mut text = String::new();
    for Check { name, subject, status, message, hint } in &findings.checks {
        let style = status.style();
        let message = printable(&format!("{subject}: {message}")).replace('\n', &format!("\n{INDENT}"));
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{style}{:<8}{style:#} {:<10}  {message}", status.as_str(), name.as_str());
        if let Some(hint) = hint {
            let _ = writeln!(text, "{INDENT}hint: {}", printable(hint));
        }
    }
    let count = |status: Status| findings.checks.iter().filter(|check| check.status == status).count();
    let (ok, warnings, failed) = (count(Status::Ok), count(Status::Warning), count(Status::Failed));
    let _ = write!(text, "{}: {ok} ok, {warnings} warnings, {failed} failed", findings.status.as_str());
    text
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::nothing(&[], Exit::Success)]
    #[case::an_account(&[Name::Account, Name::Statistics], Exit::Partial)]
    #[case::the_table_beside_an_account(&[Name::Account, Name::Table], Exit::Usage)]
    #[case::the_clock(&[Name::Clock], Exit::Usage)]
    fn the_exit_class_follows_from_what_failed(#[case] failed: &[Name], #[case] expected: Exit) {
        let mut checks: Vec<Check> =
            failed.iter().map(|name| Check::failed(*name, "it", "broke", "Mend it.")).collect();
        checks.push(Check::warning(Name::Roster, "it", "is odd", "Look at it."));
        assert_eq!(exit_of(&checks), expected);
    }
}
