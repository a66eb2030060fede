//! Running other programs.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    folder.parent().unwrap_or(folder).to_owned()
}

/// Where cargo builds to.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs this task.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Runs a program to its end, its output where ours goes; says what is run and how long it took.
///
/// # Errors
///
/// It cannot be started, or ends with anything but success.
pub(crate) fn run(command: &mut Command) -> Result<Duration> {
    let shown = shown(command);
    say(&format!("--- {shown}"));
    let started = Instant::now();
    let status = command.status().with_context(|| format!("cannot start: {shown}"))?;
    if !status.success() {
        bail!("{status}: {shown}");
    }
    let took = started.elapsed();
    say(&format!("--- {:.1} s: {shown}", took.as_secs_f64()));
    Ok(took)
}

fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Tells the person at the terminal.
#[expect(clippy::print_stdout, reason = "a task runner talks to a terminal")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
