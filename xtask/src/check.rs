//! What cargo itself checks.

use anyhow::Result;

use crate::process::{cargo, run, say};

/// Format, lints, documentation, tests; and licences and advisories where the tool is there.
pub(crate) fn all() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"]))?;
    run(cargo().args(["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
    // A snapshot that differs fails the test instead of being written anew.
    run(cargo().args(["test", "--workspace", "--locked"]).env("INSTA_UPDATE", "no"))?;
    deny()
}

/// `cargo deny` needs the network for advisories and is no part of a toolchain: where it is missing, that is said.
fn deny() -> Result<()> {
    let there = cargo().args(["deny", "--version"]).output().is_ok_and(|output| output.status.success());
    if there {
        run(cargo().args(["deny", "--offline", "check", "bans", "licenses", "sources"]))?;
    } else {
        say("--- not run: cargo deny is not installed (cargo install cargo-deny)");
    }
    Ok(())
}
