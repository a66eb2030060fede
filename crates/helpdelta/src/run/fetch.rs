//! Accounts side by side, bounded; one that is slow or broken holds nobody up.

use std::collections::HashMap;
use std::sync::Arc;

use futures::{StreamExt as _, stream};
use helpdelta_core::{AccountPlan, Domain, RequestCounts};
use helpdelta_gorgias::{Account, AccountReading, Budget, Error, HttpTransport};
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

/// Reads every account of a run; the outcomes are in the order of its accounts.
pub(super) async fn read_accounts(
    prepared: &Prepared,
    settings: &Settings,
    printer: Printer,
) -> Result<Vec<AccountOutcome>, Failure> {
    let gorgias = &settings.gorgias;
    let transport = HttpTransport::new(
        gorgias.connect_limit,
        gorgias.read_limit,
        gorgias.request_limit,
        gorgias.max_answer_bytes,
        gorgias.base_url.is_loopback(),
    )
    .map_err(|error| {
        let hint = "Check this machine's certificates and proxy settings.";
        Failure::new(Exit::Unexpected, "http_client", with_causes(&error), hint)
    })?;
    let progress = Progress::begin(printer, prepared.accounts.len());
    let mut budgets: HashMap<Domain, Arc<Budget>> = HashMap::new();
    let readings: Vec<_> = prepared
        .accounts
        .iter()
        .zip(&prepared.plan.accounts)
        .map(|(line, plan)| {
            // Two credentials of one domain share its limit.
            let budget = budgets.entry(line.domain.clone()).or_insert_with(|| Arc::new(Budget::new(gorgias.budget)));
            let account = Account::new(
                line.domain.clone(),
                gorgias.base_url.clone(),
                line.credential.clone(),
                transport.clone(),
                Arc::clone(budget),
                gorgias.retry,
                gorgias.ceilings,
            );
            Reading { line, plan, account }.run(settings, &progress)
        })
        .collect();
    Ok(stream::iter(readings).buffered(gorgias.max_parallel_accounts).collect().await)
}

/// An account that is about to be read.
struct Reading<'a> {
    line: &'a RosterAccount,
    plan: &'a AccountPlan,
    account: Account<HttpTransport>,
}

impl Reading<'_> {
    async fn run(self, settings: &Settings, progress: &Progress) -> AccountOutcome {
        let counters = self.account.counters();
        let shown = progress.account(&self.line.domain, self.plan.least_requests(), Arc::clone(&counters));
        let reading = self.account.read(self.plan, &settings.zone).await;
        let requests = counters.snapshot();
        shown.done(&reading, requests);
        AccountOutcome { reading, requests }
    }
}
