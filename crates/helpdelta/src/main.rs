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
use exit::{Exit, Failure};
use interruption::Interruption;
use printer::Printer;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::begin(arguments.verbose, arguments.log_format);
    let environment = |name: &str| std::env::var(name).ok();
    let printer = Printer;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(async {
            let interruption = Interruption::watch();
            let context = Context { environment: &environment, now: Timestamp::now(), printer, interruption };
            commands::dispatch(arguments.command, &context).await
        }),
        Err(error) => {
            let message = format!("the system gives no threads: {error}");
            Err(Failure::new(Exit::Unexpected, "runtime", message, "Check the limits of this process."))
        }
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.exit.into()
        }
    }
}
