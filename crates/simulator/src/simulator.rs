//! The shared state of the simulated helpdesks, and its handle.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::time::Instant;

use crate::fault::{Action, Fault, Script};
use crate::helpdesk::Helpdesk;
use crate::rate_limit::{Bucket, Reading};
use crate::request_log::{LoggedRequest, RequestCounts, RequestLog};
use crate::statistics::Ledger;

/// Several helpdesks behind one address. Clones share their state.
///
/// ```
/// use helpdelta_simulator::{Action, Fault, Helpdesk, Simulator, When};
///
/// let simulator = Simulator::new([Helpdesk::new("acme")]);
/// simulator.inject(Fault::new("acme", "/api/users", Action::html(502)).when(When::First(2)));
/// simulator.edit("acme", |helpdesk| helpdesk.tickets.clear())?;
/// # Ok::<(), helpdelta_simulator::UnknownHelpdesk>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    desks: BTreeMap<String, Desk>,
    script: Script<Fault>,
}

#[derive(Debug)]
struct Desk {
    helpdesk: Arc<Helpdesk>,
    /// Made by the first question after a change.
    ledger: Arc<OnceLock<Ledger>>,
    bucket: Bucket,
    log: RequestLog,
}

impl Desk {
    fn new(helpdesk: Helpdesk) -> Self {
        Self {
            helpdesk: Arc::new(helpdesk),
            ledger: Arc::default(),
            bucket: Bucket::default(),
            log: RequestLog::default(),
        }
    }
}

/// No helpdesk of this domain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the simulator has no helpdesk {domain:?}")]
pub struct UnknownHelpdesk {
    /// The domain asked for.
    pub domain: String,
}

impl Simulator {
    /// A simulator of these helpdesks. Of two with one domain the later stays.
    pub fn new(helpdesks: impl IntoIterator<Item = Helpdesk>) -> Self {
        let desks = helpdesks.into_iter().map(|helpdesk| (helpdesk.domain.clone(), Desk::new(helpdesk))).collect();
        let state = State { desks, script: Script::default() };
        Self { shared: Arc::new(Shared { began: Instant::now(), state: Mutex::new(state) }) }
    }

    /// Adds a helpdesk, or puts it in place of the one with its domain.
    pub fn add(&self, helpdesk: Helpdesk) {
        self.lock().desks.insert(helpdesk.domain.clone(), Desk::new(helpdesk));
    }

    /// The domains, sorted.
    pub fn domains(&self) -> Vec<String> {
        self.lock().desks.keys().cloned().collect()
    }

    /// A helpdesk as it stands. Cheap; a later [`Simulator::edit`] does not change it.
    ///
    /// # Errors
    ///
    /// There is no such helpdesk.
    pub fn helpdesk(&self, domain: &str) -> Result<Arc<Helpdesk>, UnknownHelpdesk> {
        self.with(domain, |desk| Arc::clone(&desk.helpdesk))
    }

    /// Changes a helpdesk; the next answer is of what it became. `change` must not call the simulator. A new domain
    /// in it is ignored: the helpdesk stays where it is.
    ///
    /// # Errors
    ///
    /// There is no such helpdesk.
    pub fn edit<R>(&self, domain: &str, change: impl FnOnce(&mut Helpdesk) -> R) -> Result<R, UnknownHelpdesk> {
        self.with(domain, |desk| {
            let result = change(Arc::make_mut(&mut desk.helpdesk));
            desk.ledger = Arc::default();
            result
        })
    }

    /// Sends requests of another client of the account: they take up the bucket and are in no log.
    ///
    /// # Errors
    ///
    /// There is no such helpdesk.
    pub fn consume(&self, domain: &str, requests: u32) -> Result<(), UnknownHelpdesk> {
        let now = Instant::now();
        self.with(domain, |desk| desk.bucket.consume(&desk.helpdesk.behaviour.rate_limit, now, requests))
    }

    /// Arms a fault. Of several that are due for a request, the one injected first strikes.
    pub fn inject(&self, fault: Fault) {
        self.lock().script.arm(fault);
    }

    /// Disarms every fault.
    pub fn clear_faults(&self) {
        self.lock().script.clear();
    }

    /// The requests that a helpdesk got, oldest first; the last 100,000 of them.
    ///
    /// # Errors
    ///
    /// There is no such helpdesk.
    pub fn requests(&self, domain: &str) -> Result<Vec<LoggedRequest>, UnknownHelpdesk> {
        self.with(domain, |desk| desk.log.requests())
    }

    /// How many requests a helpdesk got.
    ///
    /// # Errors
    ///
    /// There is no such helpdesk.
    pub fn counts(&self, domain: &str) -> Result<RequestCounts, UnknownHelpdesk> {
        self.with(domain, |desk| desk.log.counts())
    }

    /// Forgets the requests of every helpdesk.
    pub fn clear_log(&self) {
        self.lock().desks.values_mut().for_each(|desk| desk.log.clear());
    }

    pub(crate) fn knows(&self, domain: &str) -> bool {
        self.lock().desks.contains_key(domain)
    }

    /// Enters a request into the log. None if the helpdesk is gone.
    pub(crate) fn begin(&self, domain: &str, mut request: LoggedRequest) -> Option<Visit> {
        request.arrived = Instant::now().saturating_duration_since(self.shared.began);
        let entered =
            self.with(domain, |desk| (desk.log.begin(request), Arc::clone(&desk.helpdesk), Arc::clone(&desk.ledger)));
        let (number, helpdesk, ledger) = entered.ok()?;
        Some(Visit { simulator: self.clone(), domain: domain.to_owned(), number, helpdesk, ledger })
    }

    fn with<R>(&self, domain: &str, use_desk: impl FnOnce(&mut Desk) -> R) -> Result<R, UnknownHelpdesk> {
        let mut state = self.lock();
        let desk = state.desks.get_mut(domain);
        desk.map(use_desk).ok_or_else(|| UnknownHelpdesk { domain: domain.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic in an `edit` is the failure of that test; the others may go on.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request on its way through a helpdesk, with the helpdesk as it was when the request arrived.
#[derive(Debug)]
pub(crate) struct Visit {
    simulator: Simulator,
    domain: String,
    number: u64,
    pub(crate) helpdesk: Arc<Helpdesk>,
    ledger: Arc<OnceLock<Ledger>>,
}

impl Visit {
    pub(crate) fn ledger(&self) -> &Ledger {
        self.ledger.get_or_init(|| Ledger::of(&self.helpdesk.tickets))
    }

    pub(crate) fn take(&self) -> Option<Reading> {
        let now = Instant::now();
        let limit = &self.helpdesk.behaviour.rate_limit;
        self.simulator.with(&self.domain, |desk| desk.bucket.take(limit, now)).ok()
    }

    pub(crate) fn look(&self) -> Option<Reading> {
        let now = Instant::now();
        let limit = &self.helpdesk.behaviour.rate_limit;
        self.simulator.with(&self.domain, |desk| desk.bucket.look(limit, now)).ok()
    }

    pub(crate) fn strike(&self, path: &str, body: &str) -> Option<Action> {
        self.simulator.lock().script.strike(&self.domain, path, body)
    }

    pub(crate) fn answered(&self, status: u16) {
        // The helpdesk may have been replaced meanwhile, and its log with it.
        let _replaced = self.simulator.with(&self.domain, |desk| desk.log.answered(self.number, status));
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let _replaced = self.simulator.with(&self.domain, |desk| desk.log.end());
    }
}
