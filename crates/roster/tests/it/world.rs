//! A simulated Google with one spreadsheet, and a reader of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use helpdelta_roster::{
    GoogleSheet, Grid, InvalidRoster, Roster, Secrets, ServiceAccountKey, SheetError, SheetLimits, SheetReading,
    SheetRetry, SheetSettings, SheetSource,
};
use helpdelta_simulator::{Google, Running, Worksheet};
use jiff::Timestamp;

pub(crate) const ID: &str = "1Z2UcJ_nEvZ18OgZNKrh-4HOvv9XP06Iy4_7jA4PMkWc";
// maya@acme.example:secret-key
pub(crate) const TOKEN: &str = "bWF5YUBhY21lLmV4YW1wbGU6c2VjcmV0LWtleQ==";

/// Made once: a key takes long to make.
static GOOGLE: LazyLock<Google> = LazyLock::new(|| Google::new().expect("a Google"));

pub(crate) struct World {
    pub(crate) google: Google,
    pub(crate) running: Running,
}

impl World {
    pub(crate) async fn new(worksheets: Vec<Worksheet>) -> Self {
        let google = GOOGLE.afresh();
        google.put_sheet(ID, worksheets);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = Running::start(address, google.router()).await.expect("a server");
        Self { google, running }
    }

    /// With one good worksheet called `Clients`.
    pub(crate) async fn with_clients() -> Self {
        Self::new(vec![clients("Clients")]).await
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.running.local_addr())
    }

    pub(crate) fn settings(&self, spreadsheet: &str, worksheet: Option<&str>) -> SheetSettings {
        let key = ServiceAccountKey::parse(&self.google.service_account_key(&self.base_url())).expect("a key");
        let source =
            SheetSource { spreadsheet: spreadsheet.parse().expect("an id"), worksheet: worksheet.map(str::to_owned) };
        let limit = Duration::from_millis(500);
        let limits = SheetLimits { read: limit, answer: 10 * limit, ..SheetLimits::default() };
        let retry = SheetRetry { max_retries: 1, base_wait: Duration::ZERO, longest_wait: Duration::ZERO };
        let sheets_url = self.base_url().parse().expect("an address");
        SheetSettings { sheets_url, limits, retry, ..SheetSettings::new(source, key) }
    }

    pub(crate) async fn read(&self, worksheet: Option<&str>) -> Result<SheetReading, SheetError> {
        read(self.settings(ID, worksheet)).await
    }
}

pub(crate) async fn read(settings: SheetSettings) -> Result<SheetReading, SheetError> {
    GoogleSheet::new(settings, Timestamp::now).expect("a client").read().await
}

pub(crate) fn clients(title: &str) -> Worksheet {
    Worksheet::new(title, [["Client", "Authentication", "Channel"], ["Acme", TOKEN, "email"]])
}

pub(crate) fn judge(grid: &Grid) -> Result<Roster, InvalidRoster> {
    Roster::from_grid(grid, &Secrets::new(Path::new("nowhere"), &|_| None))
}
