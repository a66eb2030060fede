//! Progress an account on standard error: moving lines on a terminal, a plain line for each account elsewhere.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use helpdelta_core::{Domain, RequestCounts};
use helpdelta_gorgias::{AccountReading, Counters, Error};
use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use crate::printer::{Printer, printable};

/// Progress of a run.
#[derive(Debug)]
pub(super) struct Progress {
    printer: Printer,
    bars: Option<Bars>,
}

#[derive(Debug)]
struct Bars {
    all: MultiProgress,
    accounts: ProgressBar,
}

/// Progress of one account.
#[derive(Debug)]
pub(super) struct AccountProgress<'a> {
    progress: &'a Progress,
    domain: &'a Domain,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Begins showing progress over a number of accounts.
    pub(super) fn begin(printer: Printer, accounts: usize) -> Self {
        let bars = std::io::stderr().is_terminal().then(|| {
            let all = MultiProgress::new();
            let total = u64::try_from(accounts).unwrap_or(u64::MAX);
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} accounts, {elapsed}");
            let bar = ProgressBar::new(total).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            let accounts = all.add(bar);
            Bars { all, accounts }
        });
        Self { printer, bars }
    }

    /// Begins showing an account, of which at least `planned` requests are known.
    pub(super) fn account<'a>(
        &'a self,
        domain: &'a Domain,
        planned: usize,
        counters: Arc<Counters>,
    ) -> AccountProgress<'a> {
        let bar = self.bars.as_ref().map(|bars| {
            let style = ProgressStyle::with_template("  {spinner} {prefix}: {sent}")
                .unwrap_or_else(|_| ProgressStyle::default_spinner())
                .with_key("sent", move |_: &ProgressState, line: &mut dyn std::fmt::Write| {
                    // A progress line that cannot be written is none that anybody misses.
                    let _ = write!(line, "{}", sent(counters.snapshot(), planned));
                });
            let bar = ProgressBar::new_spinner().with_style(style).with_prefix(domain.to_string());
            let bar = bars.all.insert_before(&bars.accounts, bar);
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        AccountProgress { progress: self, domain, bar }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bars) = &self.bars {
            bars.accounts.finish_and_clear();
            // Clearing is cosmetic.
            let _ = bars.all.clear();
        }
    }
}

impl AccountProgress<'_> {
    /// Shows how an account ended.
    pub(super) fn done(self, reading: &Result<AccountReading, Error>, requests: RequestCounts) {
        let line = match reading {
            Ok(_) => format!("{}: read, {}", self.domain, requested(requests)),
            Err(error) => format!("failed, {}: {}", requested(requests), printable(&error.to_string())),
        };
        match (&self.progress.bars, self.bar) {
            (Some(bars), Some(bar)) => {
                bar.finish_and_clear();
                bars.accounts.inc(1);
                if reading.is_err() {
                    // Nobody is left to tell when standard error is gone.
                    let _ = bars.all.println(line);
                }
            }
            _ => self.progress.printer.remark(&line),
        }
    }
}

fn sent(requests: RequestCounts, planned: usize) -> String {
    format!("{} of {} requests{}", requests.sent, planned.max(requests.sent), repeated(requests))
}

fn requested(requests: RequestCounts) -> String {
    format!("{} requests{}", requests.sent, repeated(requests))
}

fn repeated(requests: RequestCounts) -> String {
    let mut text = String::new();
    if requests.retried > 0 {
        // Writing to a string cannot fail.
        let _ = write!(text, ", {} repeated", requests.retried);
    }
    if requests.throttled > 0 {
        let _ = write!(text, ", {} throttled", requests.throttled);
    }
    text
}
