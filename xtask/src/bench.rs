//! Benchmarks: side by side in one run, as ratios, because a shared machine makes times alone meaningless.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::interop::python;
use crate::process::{self, cargo, root, say, target};

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder with `notebook_way.py` and `dlt_way.py`; without it, helpdelta is measured alone.
    #[arg(long)]
    peers: Option<PathBuf>,
    /// Milliseconds that every answer of a helpdesk takes.
    #[arg(long, default_value_t = 50)]
    latency_millis: u64,
    /// Accounts of the large run.
    #[arg(long, default_value_t = 100)]
    accounts: u16,
    /// Agents of each account.
    #[arg(long, default_value_t = 20)]
    agents: u16,
    /// Agents of the account that the notebook reads, one request at a time.
    #[arg(long, default_value_t = 2)]
    notebook_agents: u16,
}

/// Simulated helpdesks, with a folder of settings and a roster for them. Stopped when dropped.
struct Helpdesks {
    server: Child,
    folder: PathBuf,
    base_url: String,
}

impl Drop for Helpdesks {
    fn drop(&mut self) {
        // It is gone already or it goes now; nobody could do anything else about it.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Builds the release binary and measures.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    build()?;
    let one = timed_sync(&Helpdesks::start(arguments, "one", 1, arguments.agents)?)?;
    let many_helpdesks = Helpdesks::start(arguments, "many", arguments.accounts, arguments.agents)?;
    let many = timed_sync(&many_helpdesks)?;
    let unchanged = timed_sync(&many_helpdesks)?;
    drop(many_helpdesks);
    let mut lines = vec![
        format!("one account:               {:.2} s", one.as_secs_f64()),
        format!(
            "{} accounts:              {:.2} s, {:.1} times one",
            arguments.accounts,
            many.as_secs_f64(),
            ratio(many, one)
        ),
        format!("the same, nothing changed: {:.2} s", unchanged.as_secs_f64()),
    ];
    if let Some(peers) = &arguments.peers {
        lines.extend(against_peers(arguments, peers)?);
    }
    say(&format!("\n{} agents an account, 19 months, {} ms an answer", arguments.agents, arguments.latency_millis));
    lines.iter().for_each(|line| say(line));
    Ok(())
}

fn build() -> Result<()> {
    process::run(cargo().args(["build", "--release", "--locked", "--package", "helpdelta"])).map(|_| ())
}

fn against_peers(arguments: &Arguments, peers: &Path) -> Result<Vec<String>> {
    let Some(python) = python(&root().join("benches/requirements.txt"), "bench")? else { return Ok(Vec::new()) };
    let peer = |script: &str, helpdesks: &Helpdesks| {
        let mut command = Command::new(&python);
        command.arg(peers.join(script)).arg(helpdesks.base_url.replace("/{domain}", ""));
        process::run(command.arg(helpdesks.folder.join("peer.csv")).arg(helpdesks.folder.join("peer-table")))
    };
    // With an API key's limit: waiting is what the notebook mostly does. It wants a channel in its roster.
    let helpdesks = Helpdesks::start(arguments, "notebook", 1, arguments.notebook_agents)?;
    let ours = timed_sync(&helpdesks)?;
    drop(helpdesks);
    let helpdesks = Helpdesks::start(arguments, "notebook", 1, arguments.notebook_agents)?;
    let notebook = peer("notebook_way.py", &helpdesks)?;
    drop(helpdesks);
    let helpdesks = Helpdesks::start(arguments, "dlt", arguments.accounts.min(60), arguments.agents)?;
    let ours_again = timed_sync(&helpdesks)?;
    drop(helpdesks);
    let helpdesks = Helpdesks::start(arguments, "dlt", arguments.accounts.min(60), arguments.agents)?;
    let dlt = peer("dlt_way.py", &helpdesks)?;
    Ok(vec![
        format!(
            "the notebook's way, one account of {} agents: {:.1} s, {:.0} times ours ({:.2} s)",
            arguments.notebook_agents,
            notebook.as_secs_f64(),
            ratio(notebook, ours),
            ours.as_secs_f64()
        ),
        format!(
            "dlt on the same plan, {} accounts: {:.1} s, {:.1} times ours ({:.2} s)",
            arguments.accounts.min(60),
            dlt.as_secs_f64(),
            ratio(dlt, ours_again),
            ours_again.as_secs_f64()
        ),
    ])
}

fn ratio(left: Duration, right: Duration) -> f64 {
    left.as_secs_f64() / right.as_secs_f64()
}

fn binary() -> PathBuf {
    target().join("release/helpdelta")
}

impl Helpdesks {
    fn start(arguments: &Arguments, name: &str, accounts: u16, agents: u16) -> Result<Self> {
        let folder = target().join("bench").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let mut server = Command::new(binary())
            .args(["simulate", "--port", "0"])
            .args(["--accounts", &accounts.to_string(), "--agents", &agents.to_string()])
            .args(["--latency-millis", &arguments.latency_millis.to_string()])
            .arg("--roster")
            .arg(folder.join("clients.csv"))
            .stdout(Stdio::piped())
            .spawn()
            .context("the simulator cannot be started")?;
        let mut base_url = String::new();
        let output = server.stdout.take().context("the simulator has no output")?;
        BufReader::new(output).read_line(&mut base_url)?;
        let base_url = base_url.trim().to_owned();
        // Defaults start at the working directory; what stands in the file starts at its folder.
        let settings = format!(
            "[gorgias]\nbase_url = \"{base_url}\"\n\n[roster]\nfile = \"clients.csv\"\n\n[table]\nuri = \"lakehouse/Monthly_Dashboard\"\n"
        );
        std::fs::write(folder.join("helpdelta.toml"), settings)?;
        let roster = std::fs::read_to_string(folder.join("clients.csv"))?;
        std::fs::write(folder.join("peer.csv"), roster.replace(",all", ",email"))?;
        Ok(Self { server, folder, base_url })
    }
}

fn timed_sync(helpdesks: &Helpdesks) -> Result<Duration> {
    let config = helpdesks.folder.join("helpdelta.toml");
    process::run(Command::new(binary()).arg("sync").arg("--config").arg(config).stderr(Stdio::null()))
}
