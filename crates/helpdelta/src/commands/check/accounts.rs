//! The accounts, side by side and within their budgets: four requests each, and a few more by the legacy road.

use futures::{StreamExt as _, stream};
use helpdelta_core::{Agent, Channel, ChannelScope, Month, MonthWindow, Query, Statistic, complete_months};
use helpdelta_gorgias::{Account, AccountInformation, Api, Error, ErrorKind, HttpTransport, LegacyRefused};
use helpdelta_roster::RosterAccount;

use super::{Check, Name};
use crate::commands::Context;
use crate::hints;
use crate::run::{clients, transport};
use crate::settings::Settings;

/// No domain is longer.
const LONGEST_DOMAIN: usize = 63;

/// What was found.
#[derive(Default)]
pub(super) struct AccountFindings {
    /// The lines, in the order of the accounts.
    pub(super) checks: Vec<Check>,
    /// This machine's clock less that of each helpdesk that told its time.
    pub(super) clock_skews_secs: Vec<i64>,
}

/// Asks every account.
pub(super) async fn check(accounts: &[RosterAccount], settings: &Settings, context: &Context<'_>) -> AccountFindings {
    let mut findings = AccountFindings::default();
    if accounts.is_empty() {
        return findings;
    }
    let transport = match transport(settings) {
        Ok(transport) => transport,
        Err(failure) => {
            findings.checks.push(Check::failure(Name::Account, "all accounts", &failure));
            return findings;
        }
    };
    let today = settings.zone.day_at(context.now);
    let month = complete_months(today, 1, false).ok().and_then(|months| months.first().copied());
    let examinations: Vec<_> = accounts
        .iter()
        .zip(clients(accounts, settings, &transport))
        .map(|(line, account)| Examination::new(line, account, settings, month).run())
        .enumerate()
        .map(|(place, examination)| async move { (place, examination.await) })
        .collect();
    // Unordered, so that an account which is slow holds up none behind it.
    let examinations = stream::iter(examinations).buffer_unordered(settings.gorgias.max_parallel_accounts);
    let mut ended: Vec<(usize, Examination<'_>)> = examinations.collect().await;
    ended.sort_by_key(|(place, _)| *place);
    for (_, examination) in ended {
        findings.clock_skews_secs.extend(examination.account.last_answer().clock_skew_secs);
        findings.checks.extend(examination.lines());
    }
    findings
}

/// An account that is being asked.
struct Examination<'a> {
    line: &'a RosterAccount,
    account: Account<HttpTransport>,
    settings: &'a Settings,
    month: Option<Month>,
    subject: String,
    found: Vec<String>,
    checks: Vec<Check>,
}

impl<'a> Examination<'a> {
    fn new(
        line: &'a RosterAccount,
        account: Account<HttpTransport>,
        settings: &'a Settings,
        month: Option<Month>,
    ) -> Self {
        let mut clients: Vec<&str> = line.entries.iter().map(|entry| entry.client.as_str()).collect();
        clients.dedup();
        let subject = format!("{} at {}", clients.join(", "), line.domain);
        Self { line, account, settings, month, subject, found: Vec::new(), checks: Vec::new() }
    }

    async fn run(mut self) -> Self {
        let limit = self.settings.gorgias.ceilings.account_limit;
        if tokio::time::timeout(limit, self.examine()).await.is_err() {
            let kind = ErrorKind::TimeLimit { limit };
            self.failed(Name::Account, kind.to_string(), hints::for_helpdesk(&kind));
        }
        self
    }

    /// One line of all that is in order, then one for each that is not.
    fn lines(mut self) -> Vec<Check> {
        if let Some(limit) = self.account.last_answer().call_limit.filter(|_| !self.found.is_empty()) {
            self.found.push(format!("{} of {} requests of its limit in use", limit.used, limit.size));
        }
        let mut lines = Vec::new();
        if !self.found.is_empty() {
            lines.push(Check::ok(Name::Account, &self.subject, self.found.join("; ")));
        }
        lines.append(&mut self.checks);
        lines
    }

    async fn examine(&mut self) {
        match self.account.information().await {
            Ok(information) => self.judge_information(&information),
            // A run does not ask for this, so a key that may not see it is no reason to stop.
            Err(error) if matches!(error.kind, ErrorKind::Forbidden { .. } | ErrorKind::NotFound { .. }) => {
                let hint = "Compare the Domain column with the helpdesk's address yourself.";
                let message = format!("the helpdesk does not tell its name: {}", error.kind);
                self.warning(Name::Account, message, hint);
            }
            Err(error) => {
                self.failed(Name::Account, said(&error), hints::for_helpdesk(&error.kind));
                return;
            }
        }
        let users = self.users().await;
        self.statistics(&users).await;
    }

    fn judge_information(&mut self, information: &AccountInformation) {
        self.found.push("the credential is valid".to_owned());
        if let Some(domain) = &information.domain
            && !domain.eq_ignore_ascii_case(self.line.domain.as_str())
        {
            let domain: String = self.line.credential.scrub(domain).chars().take(LONGEST_DOMAIN).collect();
            let message = format!("the helpdesk that answers is {domain:?}");
            let hint = "Check the Domain column: a run would store another account's figures under this client.";
            self.failed(Name::Account, message, hint);
        }
        if information.is_active == Some(false) {
            let hint = "Ask the client whether it was cancelled; if so, put no into the Active column.";
            self.warning(Name::Account, "the helpdesk says that it is not active", hint);
        }
    }

    /// The users; none when they cannot be read.
    async fn users(&mut self) -> Vec<Agent> {
        let users = match self.account.users().await {
            Ok((users, _)) => users,
            Err(error) => {
                self.failed(Name::Agents, said(&error), hints::for_helpdesk(&error.kind));
                return Vec::new();
            }
        };
        let agents = users.iter().filter(|user| self.settings.agent_rule.matches(user)).count();
        if agents == 0 {
            let message = format!(
                "none of the {} users is an agent: no human user's e-mail contains {:?}",
                users.len(),
                self.settings.agent_email_contains
            );
            let hint = "Check gorgias.agent_email_contains, and whether the agents have joined this helpdesk.";
            self.warning(Name::Agents, message, hint);
        } else {
            self.found.push(format!("{agents} of {} users are agents", users.len()));
        }
        users
    }

    async fn statistics(&mut self, users: &[Agent]) {
        let Some(month) = self.month else { return };
        let zone = &self.settings.zone;
        let mut refusal = None;
        if self.settings.gorgias.api != Api::Legacy {
            let mut refused: Vec<(Statistic, Error)> = Vec::new();
            for statistic in Statistic::ALL {
                let channels = ChannelScope::All;
                let query = Query { statistic, window: MonthWindow::of(month), channels, agent_id: None };
                match self.account.statistic(&query, zone).await {
                    Ok(_) => {}
                    Err(error) if error.kind.is_refusal() => refused.push((statistic, error)),
                    Err(error) => {
                        self.failed(Name::Statistics, said(&error), hints::for_helpdesk(&error.kind));
                        return;
                    }
                }
            }
            let all = refused.len() == Statistic::ALL.len();
            let absent = refused.iter().all(|(_, error)| is_absence(&error.kind));
            match refused.into_iter().next() {
                None => {
                    self.found.push("the reporting statistics answer".to_owned());
                    return;
                }
                // As a run judges: legacy only where every statistic is not there.
                Some((_, error)) if all && absent && self.settings.gorgias.api == Api::Auto => refusal = Some(error),
                Some((_, error)) if all => {
                    self.failed(Name::Statistics, said(&error), hints::for_helpdesk(&error.kind));
                    return;
                }
                Some((statistic, error)) => {
                    let message = format!(
                        "the statistic {statistic} is refused, so a run leaves its columns as they are ({})",
                        said(&error)
                    );
                    self.warning(Name::Statistics, message, hints::for_helpdesk(&error.kind));
                    return;
                }
            }
        }
        let agent = users.iter().find(|user| self.settings.agent_rule.matches(user)).or_else(|| users.first());
        let legacy = match agent {
            Some(agent) => {
                self.account.legacy(agent.id, month, &Channel::All, zone, &LegacyRefused::default()).await.map_err(Some)
            }
            None => Err(None),
        };
        match (refusal, legacy) {
            (None, Ok(_)) => self.found.push("the legacy statistics answer".to_owned()),
            (Some(refusal), Ok(_)) => {
                let message = format!("only the legacy statistics answer ({})", said(&refusal));
                let hint = "Every run then takes two requests for each agent and month: use the key of a user whose \
                            role may see the reporting statistics, or ask Gorgias whether the plan has them.";
                self.warning(Name::Statistics, message, hint);
            }
            (None, Err(Some(error))) => {
                self.failed(Name::Statistics, said(&error), hints::for_helpdesk(&error.kind));
            }
            (Some(refusal), Err(Some(error))) => {
                let message = format!("neither statistics API answers ({}; {})", said(&refusal), said(&error));
                self.failed(Name::Statistics, message, hints::for_helpdesk(&refusal.kind));
            }
            (Some(refusal), Err(None)) => {
                let message = format!("{}; the legacy API takes an agent to be asked for", said(&refusal));
                self.failed(Name::Statistics, message, hints::for_helpdesk(&refusal.kind));
            }
            (None, Err(None)) => {
                let message = "not asked: the legacy API takes an agent to be asked for";
                self.failed(Name::Statistics, message, "Mend what is said of the users of this account.");
            }
        }
    }

    fn warning(&mut self, name: Name, message: impl Into<String>, hint: &str) {
        self.checks.push(Check::warning(name, &self.subject, message, hint));
    }

    fn failed(&mut self, name: Name, message: impl Into<String>, hint: &str) {
        self.checks.push(Check::failed(name, &self.subject, message, hint));
    }
}

/// An error without its domain, which the subject of the line names.
fn said(error: &Error) -> String {
    format!("{}: {}", error.asked, error.kind)
}

/// When a run falls back to the legacy API.
fn is_absence(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Forbidden { .. } | ErrorKind::NotFound { .. } | ErrorKind::UnknownDomain)
}
