//! A simulated Google: the token endpoint and the Sheets API (`gorgias-api.md` 8).

mod account;
mod answer;
mod fault;
mod range;
mod server;
mod sheets;
mod state;
mod token;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::fault::Script;
use crate::request_log::{LoggedRequest, RequestCounts, RequestLog};

use account::ServiceAccount;
pub use account::{GoogleError, READONLY_SCOPE};
pub use fault::{GoogleAction, GoogleFault, GooglePlace};
pub use state::{GoogleState, ScopePolicy, Spreadsheet, Worksheet};
use token::Grant;

/// A Google with one service account. Clones share their state.
///
/// ```
/// use helpdelta_simulator::{Google, GoogleAction, GoogleFault, GooglePlace, When, Worksheet};
///
/// let google = Google::new()?;
/// google.put_sheet("roster", vec![Worksheet::new("Clients", [["Client", "Channel"], ["acme", "email"]])]);
/// google.inject(GoogleFault::new(GooglePlace::Values, GoogleAction::Quota).when(When::First(1)));
/// google.edit(|state| state.clock_offset_secs = -600);
/// let key_file = google.service_account_key("http://127.0.0.1:8080");
/// # assert!(key_file.contains("http://127.0.0.1:8080/token"));
/// # Ok::<(), helpdelta_simulator::GoogleError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Google {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    account: Arc<ServiceAccount>,
    desk: Mutex<Desk>,
}

/// All that changes while it runs.
#[derive(Debug, Default)]
struct Desk {
    state: GoogleState,
    /// By access token.
    grants: BTreeMap<String, Grant>,
    /// The token URIs that key files name; an assertion must be made out to one of them.
    audiences: Vec<String>,
    scopes_asked: Vec<String>,
    script: Script<GoogleFault>,
    log: RequestLog,
}

impl Google {
    /// A Google with a new service account and no spreadsheet.
    ///
    /// # Errors
    ///
    /// There is no RSA key to be had.
    pub fn new() -> Result<Self, GoogleError> {
        Ok(Self::of(Arc::new(ServiceAccount::generate()?)))
    }

    /// Another Google, as new, with the same service account: a key takes long to make.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self::of(Arc::clone(&self.shared.account))
    }

    fn of(account: Arc<ServiceAccount>) -> Self {
        Self { shared: Arc::new(Shared { began: Instant::now(), account, desk: Mutex::default() }) }
    }

    /// The key file of the service account, whose `token_uri` is `{base_url}/token`, such as
    /// `http://127.0.0.1:8080/token`. From now on that is a right audience too.
    pub fn service_account_key(&self, base_url: &str) -> String {
        let token_uri = format!("{}/token", base_url.trim_end_matches('/'));
        let key_file = self.shared.account.key_file(&token_uri);
        let mut desk = self.lock();
        if !desk.audiences.contains(&token_uri) {
            desk.audiences.push(token_uri);
        }
        key_file
    }

    /// Whom to share a spreadsheet with.
    pub fn client_email(&self) -> String {
        account::CLIENT_EMAIL.to_owned()
    }

    /// The project of the key file.
    pub fn project_id(&self) -> String {
        account::PROJECT_ID.to_owned()
    }

    /// The same project as the Sheets API's errors name it.
    pub fn project_number(&self) -> String {
        account::PROJECT_NUMBER.to_owned()
    }

    /// Creates a spreadsheet, or puts it in place of the one with its id. It is shared with the service account.
    pub fn put_sheet(&self, spreadsheet_id: &str, worksheets: Vec<Worksheet>) {
        let spreadsheet = Spreadsheet::new(worksheets);
        self.lock().state.spreadsheets.insert(spreadsheet_id.to_owned(), spreadsheet);
    }

    /// Changes anything; the next answer is of what it became. `change` must not call this Google.
    pub fn edit<R>(&self, change: impl FnOnce(&mut GoogleState) -> R) -> R {
        change(&mut self.lock().state)
    }

    /// Makes every access token expire now.
    pub fn expire_tokens(&self) {
        self.lock().grants.clear();
    }

    /// Arms a fault. Of several that are due for a request, the one injected first strikes.
    pub fn inject(&self, fault: GoogleFault) {
        self.lock().script.arm(fault);
    }

    /// Disarms every fault.
    pub fn clear_faults(&self) {
        self.lock().script.clear();
    }

    /// The requests, oldest first; the last 100,000 of them. Paths are whole and as they were sent, with their
    /// escapes. Assertions and tokens are left out of queries and bodies.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.lock().log.requests()
    }

    /// How many requests there were.
    pub fn counts(&self) -> RequestCounts {
        self.lock().log.counts()
    }

    /// The `scope` of every assertion with a right signature, granted or not, oldest first.
    pub fn scopes_asked(&self) -> Vec<String> {
        self.lock().scopes_asked.clone()
    }

    /// Forgets the requests and the scopes.
    pub fn clear_log(&self) {
        let mut desk = self.lock();
        desk.log.clear();
        desk.scopes_asked.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Desk> {
        // A panic in an `edit` is the failure of that test; the others may go on.
        self.shared.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
