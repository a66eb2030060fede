//! A folder with settings and a roster, simulated helpdesks on loopback, and the real binary.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use helpdelta_simulator::{Helpdesk, Population, RateLimit, Running, Simulator};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The day that stands for today in every test.
pub(crate) const TODAY: &str = "2026-11-24";

pub(crate) struct World {
    folder: TempDir,
    pub(crate) simulator: Simulator,
    base_url: String,
    // Dropped in this order: the server before the threads that it runs on.
    _running: Running,
    _runtime: Runtime,
}

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// What was printed, as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", self.stdout, self.stderr))
    }
}

impl World {
    /// Serves helpdesks, with settings for them and a roster of every helpdesk over all channels.
    pub(crate) fn new(helpdesks: impl IntoIterator<Item = Helpdesk>) -> Self {
        let helpdesks: Vec<Helpdesk> = helpdesks.into_iter().collect();
        let mut roster = "Client,Authentication,Channel\n".to_owned();
        for helpdesk in &helpdesks {
            roster.push_str(&format!("{},{},all\n", helpdesk.domain, helpdesk.token()));
        }
        let runtime = Runtime::new().expect("threads");
        let simulator = Simulator::new(helpdesks);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = runtime.block_on(simulator.serve(address)).expect("a server");
        let base_url = running.base_url_template();
        let folder = tempfile::tempdir().expect("a folder");
        let world = Self { folder, simulator, base_url, _running: running, _runtime: runtime };
        world.settings("");
        world.roster(&roster);
        world
    }

    /// Writes settings: the address of the helpdesks, no waiting, and `more`.
    pub(crate) fn settings(&self, more: &str) {
        let text =
            format!("[gorgias]\nbase_url = \"{}\"\nbase_wait_secs = 0\nmax_wait_secs = 0\n{more}", self.base_url);
        std::fs::write(self.path("helpdelta.toml"), text).expect("written");
    }

    pub(crate) fn roster(&self, text: &str) {
        std::fs::write(self.path("clients.csv"), text).expect("written");
    }

    pub(crate) fn token(&self, domain: &str) -> String {
        self.simulator.helpdesk(domain).expect("a helpdesk").token()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn table(&self) -> PathBuf {
        self.path("lakehouse/Monthly_Dashboard")
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        run_in(self.folder.path(), arguments, &[])
    }

    /// Starts a command and leaves it running.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = command_in(self.folder.path(), arguments, &[]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs")
    }

    /// `sync --json` as of the tests' today: exit code and report.
    pub(crate) fn sync(&self, more: &[&str]) -> (i32, Value) {
        let ended = self.run(&[&["sync", "--json", "--as-of", TODAY], more].concat());
        (ended.code, ended.json())
    }

    /// The whole table, sorted by key, as `query` prints it.
    pub(crate) fn rows(&self) -> Vec<Map<String, Value>> {
        let sql = "SELECT * FROM Monthly_Dashboard ORDER BY Client, Channel, Month, Agent_Id";
        let ended = self.run(&["query", "--format", "json", sql]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        let rows = ended.json();
        rows.as_array().expect("a list").iter().map(|row| row.as_object().expect("an object").clone()).collect()
    }

    /// Every file below the main table, with its size.
    pub(crate) fn table_files(&self) -> BTreeMap<PathBuf, u64> {
        files(&self.table())
    }

    /// A text with what differs from run to run taken out.
    pub(crate) fn filtered(&self, text: &str) -> String {
        let folder = self.folder.path().canonicalize().expect("a folder").display().to_string();
        text.replace(&folder, "FOLDER")
            .replace(&self.folder.path().display().to_string(), "FOLDER")
            .replace(&self.base_url, "BASE_URL")
    }
}

pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let metadata = entry.metadata().expect("metadata");
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                found.insert(entry.path(), metadata.len());
            }
        }
    }
    found
}

/// The binary in a folder, with nothing in its environment but `environment`.
fn command_in(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_helpdelta"));
    command.args(arguments).current_dir(folder).env_clear().envs(environment.iter().copied());
    command
}

/// Runs the binary to its end.
pub(crate) fn run_in(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
    let output = command_in(folder, arguments, environment).output().expect("the binary runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ended { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Rows of the table without the two columns that tell when they were written.
pub(crate) fn without_times(rows: Vec<Map<String, Value>>) -> Vec<Map<String, Value>> {
    let without = |mut row: Map<String, Value>| {
        row.remove("Created_Datetime");
        row.remove("Last_updated_time");
        row
    };
    rows.into_iter().map(without).collect()
}

/// A helpdesk with some agents and little traffic, without a limit that a test would meet.
pub(crate) fn helpdesk(domain: &str, agents: u32) -> Helpdesk {
    let population = Population::new(domain.parse().expect("a domain"), TODAY.parse().expect("a day"));
    let population = Population { agents, tickets_per_agent_and_month: 12, ..population.expect("a population") };
    let mut helpdesk = population.generate().expect("a helpdesk");
    helpdesk.behaviour.rate_limit = RateLimit::UNLIMITED;
    helpdesk
}
