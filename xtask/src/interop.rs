//! Law 9: tables that the real binary wrote, read by deltalake for Python, DuckDB and polars.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::process::{root, run, say, target};

/// Syncs the demo with the binary of the tests and lets every engine read the table.
pub(crate) fn read_by_other_engines() -> Result<()> {
    let Some(python) = python(&root().join("tests/interop/requirements.txt"), "interop")? else { return Ok(()) };
    let folder = target().join("interop-demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).context("an earlier demo cannot be removed")?;
    }
    // The binary that the tests were run with; building it alone would build DataFusion again, with other features.
    let binary = target().join("debug/helpdelta");
    run(Command::new(&binary).arg("demo").arg("--folder").arg(&folder))?;
    let counted = Command::new(&binary)
        .args(["query", "--format", "csv", "SELECT COUNT(*) FROM Monthly_Dashboard", "--config"])
        .arg(folder.join("helpdelta.toml"))
        .output()
        .context("the table cannot be queried")?;
    let counted = String::from_utf8(counted.stdout).context("the count is no text")?;
    let rows = counted.lines().nth(1).context("the table has no count")?;
    ensure!(rows.parse::<u32>().is_ok_and(|rows| rows > 0), "the demo wrote {rows} rows");
    let table = folder.join("lakehouse/Monthly_Dashboard");
    run(Command::new(python).arg(root().join("tests/interop/read_table.py")).arg(table).arg(rows))?;
    Ok(())
}

/// The Python of a virtual environment with pinned packages, made when it is not there. None, said aloud, where this
/// machine has no Python; that is an error in continuous integration.
pub(crate) fn python(requirements: &std::path::Path, name: &str) -> Result<Option<PathBuf>> {
    let found = Command::new("python3").args(["-m", "venv", "--help"]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        ensure!(std::env::var_os("CI").is_none(), "python3 with its venv module is needed");
        say("--- not run: other engines need python3 with its venv module");
        return Ok(None);
    }
    let folder = target().join("python").join(name);
    let python = folder.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements))?;
    Ok(Some(python))
}
