//! Accounts side by side, bounded; one that is slow or broken holds nobody up.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use helpdelta_core::{AccountPlan, Agent, Domain, Entry, Month, RequestCounts, StoredRow};
use helpdelta_gorgias::{Account, AccountReading, Budget, Error, HttpTransport, Wanted};
use helpdelta_roster::RosterAccount;

use super::prepare::Prepared;
use super::progress::Progress;
use crate::exit::{Exit, Failure, with_causes};
use crate::printer::Printer;
use crate::settings::Settings;

/// What became of an account.
#[derive(Debug)]
pub(super) struct AccountOutcome {
    /// Its answers, or why there are none.
    pub reading: Result<AccountReading, Error>,
    /// What was sent to it.
    pub requests: RequestCounts,
}

/// Agents whose rows the table has for an entry: the newest name and e-mail of each.
#[derive(Debug, Default)]
pub(crate) struct KnownAgents {
    by_entry: HashMap<(String, String), BTreeMap<i64, (Month, Agent)>>,
}

impl KnownAgents {
    /// The agents of rows of the table.
    pub(crate) fn of(rows: &[StoredRow]) -> Self {
        let mut known = Self::default();
        for stored in rows {
            let key = &stored.row.key;
            let agents = known.by_entry.entry((key.client.clone(), key.channel.clone())).or_default();
            let (name, email) = (stored.row.agent_name.as_deref(), stored.row.agent_email.as_deref());
            let newest = agents.get(&key.agent_id).is_none_or(|(month, _)| *month < key.month);
            if newest {
                agents.insert(key.agent_id, (key.month, Agent::new(key.agent_id, name, email, None)));
            }
        }
        known
    }

    /// Agents of an entry who are no longer among the users, by id. They are still asked for, under the name and e-mail
    /// known.
    pub(crate) fn who_left(&self, entry: &Entry, users: &[Agent]) -> Vec<Agent> {
        let there: HashSet<i64> = users.iter().map(|user| user.id).collect();
        let known = self.by_entry.get(&(entry.client.clone(), entry.channel.as_str().to_owned()));
        let left = known.into_iter().flatten().filter(|(id, _)| !there.contains(id));
        left.map(|(_, (_, agent))| agent.clone()).collect()
    }
}

/// The real network, within the limits of the settings.
pub(crate) fn transport(settings: &Settings) -> Result<HttpTransport, Failure> {
    let gorgias = &settings.gorgias;
    HttpTransport::new(
        gorgias.connect_limit,
        gorgias.read_limit,
        gorgias.request_limit,
        gorgias.max_answer_bytes,
        gorgias.base_url.is_loopback(),
    )
    .map_err(|error| {
        let hint = "Check this machine's certificates and proxy settings.";
        Failure::new(Exit::Unexpected, "http_client", with_causes(&error), hint)
    })
}

/// The clients of accounts, in their order. Two credentials of one domain share its budget.
pub(crate) fn clients(
    accounts: &[RosterAccount],
    settings: &Settings,
    transport: &HttpTransport,
) -> Vec<Account<HttpTransport>> {
    let gorgias = &settings.gorgias;
    let mut budgets: HashMap<Domain, Arc<Budget>> = HashMap::new();
    let client = |line: &RosterAccount| {
        let budget = budgets.entry(line.domain.clone()).or_insert_with(|| Arc::new(Budget::new(gorgias.budget)));
        Account::new(
            line.domain.clone(),
            gorgias.base_url.clone(),
            line.credential.clone(),
            transport.clone(),
            Arc::clone(budget),
            gorgias.retry,
            gorgias.ceilings,
        )
    };
    accounts.iter().map(client).collect()
}

/// Reads every account of a run; the outcomes are in the order of its accounts.
pub(crate) async fn read_accounts(
    prepared: &Prepared,
    settings: &Settings,
    known: &KnownAgents,
    printer: Printer,
) -> Result<Vec<AccountOutcome>, Failure> {
    let transport = transport(settings)?;
    let progress = Progress::begin(printer, prepared.accounts.len());
    let clients = clients(&prepared.accounts, settings, &transport);
    let months = &prepared.plan.months;
    let readings: Vec<_> = prepared
        .plan
        .accounts
        .iter()
        .zip(clients)
        .enumerate()
        .map(|(place, (plan, account))| Reading { place, plan, months, account }.run(settings, known, &progress))
        .collect();
    // Unordered, so that an account which is slow holds up none behind it.
    let readings = stream::iter(readings).buffer_unordered(settings.gorgias.max_parallel_accounts);
    let mut outcomes: Vec<(usize, AccountOutcome)> = readings.collect().await;
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// An account that is about to be read.
struct Reading<'a> {
    place: usize,
    plan: &'a AccountPlan,
    months: &'a [Month],
    account: Account<HttpTransport>,
}

impl Reading<'_> {
    async fn run(self, settings: &Settings, known: &KnownAgents, progress: &Progress) -> (usize, AccountOutcome) {
        let counters = self.account.counters();
        let domain = self.account.domain();
        let shown = progress.account(domain, self.plan.least_requests(), Arc::clone(&counters));
        let wanted = Wanted { plan: self.plan, months: self.months, zone: &settings.zone, api: settings.gorgias.api };
        let choose = |users: &[Agent]| {
            let mut agents: Vec<Agent> =
                users.iter().filter(|user| settings.agent_rule.matches(user)).cloned().collect();
            for entry in &self.plan.entries {
                for agent in known.who_left(entry, users) {
                    if agents.iter().all(|other| other.id != agent.id) {
                        agents.push(agent);
                    }
                }
            }
            agents
        };
        let reading = self.account.read(wanted, choose).await;
        let requests = counters.snapshot();
        shown.done(&reading, requests);
        (self.place, AccountOutcome { reading, requests })
    }
}
