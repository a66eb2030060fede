//! The helpdelta program: arguments, settings, commands, printing, exit codes.
//!
//! Arguments as typed become [`settings::Settings`] with an origin for every value; commands take those and look at
//! nothing else. Errors of the libraries get their advice in [`hints`] and their exit class in [`exit`].

mod arguments;
mod commands;
mod exit;
mod figures;
mod hints;
mod interruption;
mod logging;
mod printer;
#[cfg(test)]
mod reference;
mod run;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;
use jiff::Timestamp;

use arguments::Arguments;
use commands::Context;
use exit::{Exit, Failure, Outcome};
use interruption::Interruption;
use printer::Printer;

/// A query of the longest length allowed nests thousands of expressions, and DataFusion recurses into each.
const STACK_BYTES: usize = 256 * 1024 * 1024;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::begin(arguments.verbose, arguments.log_format);
    let printer = Printer;
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let outcome = match thread.spawn(move || run(arguments, printer)).map(std::thread::JoinHandle::join) {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Err(unexpected("the program failed in a way that nobody foresaw".to_owned())),
        Err(error) => Err(unexpected(format!("the system gives no thread: {error}"))),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.exit.into()
        }
    }
}

fn run(arguments: Arguments, printer: Printer) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_BYTES / 4).enable_all().build();
    let runtime = runtime.map_err(|error| unexpected(format!("the system gives no threads: {error}")))?;
    let interruption =
        Interruption::watch().map_err(|error| unexpected(format!("the system gives no thread: {error}")))?;
    let environment = |name: &str| std::env::var(name).ok();
    let outcome = runtime.block_on(async {
        let context =
            Context { environment: &environment, now: Timestamp::now(), printer, interruption: interruption.clone() };
        tokio::select! {
            outcome = commands::dispatch(arguments.command, &context) => outcome,
            () = interruption.effective() => Err(interrupted()),
        }
    });
    // A query that does not yield must not hold the process.
    runtime.shutdown_background();
    outcome
}

fn interrupted() -> Failure {
    let hint = "Run again; a run that is interrupted leaves the table as it was.";
    Failure::new(Exit::Interrupted, "interrupted", "interrupted", hint)
}

fn unexpected(message: String) -> Failure {
    Failure::new(
        Exit::Unexpected,
        "runtime",
        message,
        "Check the limits of this process; if they are ample, please report this.",
    )
}
