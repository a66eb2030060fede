//! The one task runner of this repository: `cargo xtask test` is what continuous integration runs, `cargo xtask bench`
//! measures against the ways that helpdelta replaces.

mod bench;
mod check;
mod interop;
mod process;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Tasks of this repository.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Format, lints and doc warnings as errors, all tests, other engines reading a table.
    Test,
    /// Measure side by side with the notebook's way and with dlt, in one run.
    Bench(bench::Arguments),
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Test => {
            check::all()?;
            interop::read_by_other_engines()
        }
        Task::Bench(arguments) => bench::run(&arguments),
    }
}
