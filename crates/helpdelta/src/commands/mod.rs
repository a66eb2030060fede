//! One file a command.

mod check;
mod demo;
mod init;
mod query;
mod show;
mod simulate;
mod sync;
mod verify;

use std::path::Path;

use helpdelta_core::{REPORT_SCHEMA_VERSION, RunStatus};
use jiff::Timestamp;
use serde::Serialize;

use crate::arguments::{Command, ConfigArguments};
use crate::exit::{Exit, Failure, Outcome};
use crate::interruption::Interruption;
use crate::printer::Printer;
use crate::settings::layers::{InvalidSettings, Layers};
use crate::settings::{DEFAULT_FILE, Settings};

/// What a command may know of the world.
pub(crate) struct Context<'a> {
    /// Looks up an environment variable.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// The time at which the process began.
    pub now: Timestamp,
    /// Where to write.
    pub printer: Printer,
    /// Whether the process was asked to end.
    pub interruption: Interruption,
}

/// Runs a command.
///
/// # Errors
///
/// The command as a whole failed.
pub(crate) async fn dispatch(command: Command, context: &Context<'_>) -> Outcome {
    match command {
        Command::Init(arguments) => init::init(&arguments, context),
        Command::Check(arguments) => check::check(&arguments, context).await,
        Command::Sync(arguments) => sync::sync(&arguments, context).await,
        Command::Verify(arguments) => verify::verify(&arguments, context).await,
        Command::Show(arguments) => show::show(&arguments, context).await,
        Command::Query(arguments) => query::query(&arguments, context).await,
        Command::Demo(arguments) => demo::demo(&arguments, context).await,
        Command::Simulate(arguments) => simulate::simulate(&arguments, context).await,
    }
}

/// The settings of a command, before its flags are put over them.
fn layers(config: &ConfigArguments, context: &Context<'_>) -> Result<Layers, Failure> {
    let file = config.config.as_deref().or_else(|| Some(Path::new(DEFAULT_FILE)).filter(|file| file.exists()));
    Layers::read(file, context.environment).map_err(|error| invalid_settings(&error))
}

/// The settings of a command that has no flags for them.
fn settings(config: &ConfigArguments, context: &Context<'_>) -> Result<Settings, Failure> {
    Settings::resolve(&layers(config, context)?).map_err(|error| invalid_settings(&error))
}

/// With `--json`, the document of a command that failed before it had one of its own.
fn or_document(outcome: Outcome, json: bool, context: &Context<'_>) -> Outcome {
    if let (Err(error), true) = (&outcome, json) {
        let document = FailureDocument { schema_version: REPORT_SCHEMA_VERSION, status: RunStatus::Failed, error };
        context.printer.json(&document)?;
    }
    outcome
}

#[derive(Serialize)]
struct FailureDocument<'a> {
    schema_version: u32,
    status: RunStatus,
    error: &'a Failure,
}

/// Refuses to write over something.
fn refuse_existing(path: &Path, advice: &str) -> Result<(), Failure> {
    if !path.exists() {
        return Ok(());
    }
    let message = format!("{} exists already; nothing was written", path.display());
    Err(Failure::new(Exit::Usage, "exists", message, advice))
}

fn invalid_settings(error: &InvalidSettings) -> Failure {
    let hint = "Run `helpdelta init` in an empty folder for a file with every setting and its meaning.";
    Failure::new(Exit::Usage, "settings", error.to_string(), hint)
}
