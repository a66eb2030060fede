//! Reading an account: users, then every figure of a plan, by the reporting API or the legacy one.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use helpdelta_core::{
    AccountPlan, Agent, Channel, LegacyFigures, LegacyValue, Metric, Month, Query, Statistic, StatisticAnswer, Zone,
    least_seconds,
};
use serde_json::Value;
use tokio::time::Instant;

use crate::account::Account;
use crate::answer::json;
use crate::budget::{DOCUMENTED_LIMIT, DOCUMENTED_WINDOW};
use crate::error::{Error, ErrorKind};
use crate::legacy::{self, OVERVIEW, SATISFACTION_SURVEYS};
use crate::request::{LegacyQuery, ReadRequest};
use crate::transport::Transport;
use crate::{reporting, users};

/// Which statistics API is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Reporting; legacy where the account answers that reporting is not there.
    Auto,
    /// `POST /api/reporting/stats` only.
    Reporting,
    /// `POST /api/stats/{name}` only.
    Legacy,
}

/// What is read of an account.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The entries and the reporting queries.
    pub plan: &'a AccountPlan,
    /// The months, for the legacy API.
    pub months: &'a [Month],
    /// Where the months begin and end.
    pub zone: &'a Zone,
    /// Which API.
    pub api: Api,
}

/// Everything that was wanted of an account.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountReading {
    /// Every user, each once, in the order of the helpdesk.
    pub users: Vec<Agent>,
    /// The agents among them and beside them, as chosen.
    pub agents: Vec<Agent>,
    /// Their figures.
    pub figures: ReadFigures,
    users_requests: usize,
}

/// The figures of an account, by the API that gave them.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadFigures {
    /// The reporting API.
    Reporting {
        /// One answer a query that was not refused, in the order of the plan, and the requests that it took.
        answers: Vec<(StatisticAnswer, usize)>,
        /// Statistics that the account finally refused.
        refused: BTreeMap<Statistic, ErrorKind>,
    },
    /// The legacy API.
    Legacy {
        /// What was said of each channel, month and agent.
        figures: BTreeMap<(Channel, Month, i64), LegacyFigures>,
        /// Requests for each channel.
        requests: BTreeMap<Channel, usize>,
    },
}

impl AccountReading {
    /// How many requests the figures of a channel took: those of the users, and of the answers that serve it.
    pub fn requests_of(&self, channel: &Channel) -> usize {
        let figures = match &self.figures {
            ReadFigures::Reporting { answers, .. } => {
                let serving = answers.iter().filter(|(answer, _)| answer.query.channels.serves(channel));
                serving.map(|(_, requests)| requests).sum::<usize>()
            }
            ReadFigures::Legacy { requests, .. } => requests.get(channel).copied().unwrap_or_default(),
        };
        self.users_requests + figures
    }
}

/// What a helpdesk says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountInformation {
    /// The domain that it answers for; none when it does not say.
    pub domain: Option<String>,
    /// Whether it says that it is active; none when it does not say.
    pub is_active: Option<bool>,
    /// The time zone of its business hours; none when it has none.
    pub timezone: Option<String>,
}

impl<T: Transport> Account<T> {
    /// Reads what is wanted. `choose` picks the agents among the users, and may add some who are no longer among them.
    ///
    /// Falls back to the legacy API, where that is wanted, only when the account answered that reporting is not there,
    /// never on a passing fault. A statistic that alone is refused is noted, and the others are read.
    ///
    /// # Errors
    ///
    /// A request failed finally, an answer is not what the API promises, or the account's time is up.
    pub async fn read(
        &self,
        wanted: Wanted<'_>,
        choose: impl Fn(&[Agent]) -> Vec<Agent> + Sync,
    ) -> Result<AccountReading, Error> {
        let started = Instant::now();
        let limit = self.ceilings.account_limit;
        let reporting = self.within(started, limit, self.read_reporting(wanted, &choose)).await;
        let users = match (reporting, wanted.api) {
            (Ok(Outcome::Read(reading)), _) => return Ok(reading),
            (Ok(Outcome::NotThere { users, .. }), Api::Auto | Api::Legacy) => users,
            (Ok(Outcome::NotThere { error, .. }), Api::Reporting) => return Err(error),
            (Err(error), _) => return Err(error),
        };
        let agents = choose(&users.0);
        // The legacy API takes two requests for each agent and month: the time that the budget makes of them is on top.
        let requests = wanted.plan.legacy_requests(agents.len(), wanted.months.len());
        let seconds_per_request = DOCUMENTED_WINDOW.as_secs_f64() / f64::from(DOCUMENTED_LIMIT);
        let least = Duration::try_from_secs_f64(least_seconds(requests, 0, seconds_per_request)).unwrap_or(limit);
        self.within(started, limit + least * 2, self.read_legacy(wanted, users, agents)).await
    }

    /// Reads the whole answer to one query, and how many requests that took.
    ///
    /// # Errors
    ///
    /// As [`Account::read`].
    pub async fn statistic(&self, query: &Query, zone: &Zone) -> Result<(StatisticAnswer, usize), Error> {
        let started = Instant::now();
        let request = |cursor| ReadRequest::ReportingStatistic { query: query.clone(), zone: zone.clone(), cursor };
        let asked = request(None).describe();
        let pages = self.pages(request).await?;
        let rows = reporting::rows(query, &pages.rows).map_err(|kind| self.error(asked, 1, started, kind))?;
        Ok((StatisticAnswer { query: query.clone(), rows }, pages.requests))
    }

    /// Reads every value that the legacy API has of one agent, month and channel, and how many requests that took. What
    /// `refused` knows to be refused is not asked again.
    ///
    /// # Errors
    ///
    /// As [`Account::read`].
    pub async fn legacy(
        &self,
        agent_id: i64,
        month: Month,
        channel: &Channel,
        zone: &Zone,
        refused: &LegacyRefused,
    ) -> Result<(LegacyFigures, usize), Error> {
        self.legacy_figures(agent_id, month, channel, zone, refused).await
    }

    /// Asks the helpdesk about itself: the cheapest check of domain and credential (`gorgias-api.md` 3.4).
    ///
    /// # Errors
    ///
    /// As [`Account::read`].
    pub async fn information(&self) -> Result<AccountInformation, Error> {
        let request = ReadRequest::Account;
        let answered = self.send(&request, &mut 0).await?;
        let answer = json(&answered.response)
            .map_err(|kind| self.error(request.describe(), answered.tries, answered.started, kind))?;
        let settings = answer.get("settings").and_then(Value::as_array).into_iter().flatten();
        let mut timezones = settings.filter_map(|setting| setting.pointer("/data/timezone").and_then(Value::as_str));
        Ok(AccountInformation {
            domain: answer.get("domain").and_then(Value::as_str).map(str::to_owned),
            is_active: answer.pointer("/status/status").and_then(Value::as_str).map(|status| status == "active"),
            timezone: timezones.next().map(str::to_owned),
        })
    }

    /// All users, each once, and how many requests that took.
    ///
    /// # Errors
    ///
    /// As [`Account::read`]; an empty list is one too, because the credential's owner is a user.
    pub async fn users(&self) -> Result<(Vec<Agent>, usize), Error> {
        let started = Instant::now();
        let request = |cursor| ReadRequest::Users { cursor };
        let asked = request(None).describe();
        let failed = |kind| self.error(asked.clone(), 1, started, kind);
        let pages = self.pages(request).await?;
        let mut seen = HashSet::new();
        let mut users = pages.rows.iter().map(users::user).collect::<Result<Vec<_>, _>>().map_err(failed)?;
        users.retain(|user| seen.insert(user.id));
        if users.is_empty() {
            return Err(failed(ErrorKind::unexpected("the list of users is empty")));
        }
        Ok((users, pages.requests))
    }

    async fn within<R>(
        &self,
        started: Instant,
        limit: Duration,
        reading: impl Future<Output = Result<R, Error>>,
    ) -> Result<R, Error> {
        let reading = tokio::time::timeout_at(started + limit, reading).await;
        reading
            .unwrap_or_else(|_| Err(self.error("all requests".to_owned(), 1, started, ErrorKind::TimeLimit { limit })))
    }

    async fn read_reporting(
        &self,
        wanted: Wanted<'_>,
        choose: &(impl Fn(&[Agent]) -> Vec<Agent> + Sync),
    ) -> Result<Outcome, Error> {
        let started = Instant::now();
        let users = self.users().await?;
        if wanted.api == Api::Legacy {
            let error = self.error("reporting".to_owned(), 1, started, ErrorKind::unexpected("not asked"));
            return Ok(Outcome::NotThere { users, error });
        }
        let refused = Refused::default();
        // Unordered, so that a query which waits to be repeated holds up none behind it.
        let queries = stream::iter(wanted.plan.queries.iter().enumerate())
            .map(|(place, query)| {
                let refused = &refused;
                async move { Ok::<_, Error>((place, self.unless_refused(query, wanted.zone, refused).await?)) }
            })
            .buffer_unordered(self.ceilings.parallel_requests.max(1));
        let mut answers: Vec<(usize, Option<(StatisticAnswer, usize)>)> = queries.try_collect().await?;
        answers.sort_by_key(|(place, _)| *place);
        let refused = refused.into_inner().unwrap_or_else(PoisonError::into_inner);
        let asked: HashSet<Statistic> = wanted.plan.queries.iter().map(|query| query.statistic).collect();
        let is_missing = |error: &Error| error.kind.is_absence();
        if let Some(first) = refused.values().next().cloned()
            && refused.len() == asked.len()
        {
            if refused.values().all(is_missing) {
                return Ok(Outcome::NotThere { users, error: first });
            }
            return Err(first);
        }
        Ok(Outcome::Read(AccountReading {
            agents: choose(&users.0),
            figures: ReadFigures::Reporting {
                answers: answers.into_iter().filter_map(|(_, answer)| answer).collect(),
                refused: refused.into_iter().map(|(statistic, error)| (statistic, error.kind)).collect(),
            },
            users: users.0,
            users_requests: users.1,
        }))
    }

    /// The answer to a query; none when its statistic was finally refused, now or before.
    async fn unless_refused(
        &self,
        query: &Query,
        zone: &Zone,
        refused: &Refused,
    ) -> Result<Option<(StatisticAnswer, usize)>, Error> {
        let lock = || refused.lock().unwrap_or_else(PoisonError::into_inner);
        if lock().contains_key(&query.statistic) {
            return Ok(None);
        }
        match self.statistic(query, zone).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.kind.is_refusal() => {
                tracing::warn!(domain = %self.domain(), statistic = %query.statistic, error = %error, "A statistic is refused.");
                lock().entry(query.statistic).or_insert(error);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn read_legacy(
        &self,
        wanted: Wanted<'_>,
        users: (Vec<Agent>, usize),
        agents: Vec<Agent>,
    ) -> Result<AccountReading, Error> {
        let refused = LegacyRefused::default();
        let mut keys: Vec<(Channel, Month, i64)> = Vec::new();
        for entry in &wanted.plan.entries {
            for month in wanted.months {
                keys.extend(agents.iter().map(|agent| (entry.channel.clone(), *month, agent.id)));
            }
        }
        keys.sort();
        keys.dedup();
        let there: HashSet<i64> = users.0.iter().map(|user| user.id).collect();
        let readings = stream::iter(keys)
            .map(|(channel, month, agent_id)| {
                let (refused, has_left) = (&refused, !there.contains(&agent_id));
                async move {
                    // A refusal of somebody who left says nothing about the account.
                    let of_one = LegacyRefused::default();
                    let refused = if has_left { &of_one } else { refused };
                    match self.legacy_figures(agent_id, month, &channel, wanted.zone, refused).await {
                        Ok((figures, requests)) => Ok(Some(((channel, month, agent_id), figures, requests))),
                        Err(error) if has_left && error.kind.is_refusal() => Ok(None),
                        Err(error) => Err(error),
                    }
                }
            })
            .buffer_unordered(self.ceilings.parallel_requests.max(1));
        let readings: Vec<Option<LegacyReading>> = readings.try_collect().await?;
        let mut requests: BTreeMap<Channel, usize> = BTreeMap::new();
        let mut figures = BTreeMap::new();
        for (key, said, sent) in readings.into_iter().flatten() {
            *requests.entry(key.0.clone()).or_default() += sent;
            figures.insert(key, said);
        }
        Ok(AccountReading {
            users: users.0,
            agents,
            figures: ReadFigures::Legacy { figures, requests },
            users_requests: users.1,
        })
    }

    /// Two requests, and one more for each value that `overview` lacks.
    async fn legacy_figures(
        &self,
        agent_id: i64,
        month: Month,
        channel: &Channel,
        zone: &Zone,
        refused: &LegacyRefused,
    ) -> Result<(LegacyFigures, usize), Error> {
        let mut said = LegacyFigures::default();
        let mut requests = 0;
        let query = |name| LegacyQuery { name, agent_id, month, channel: channel.clone(), zone: zone.clone() };
        let overview = self.legacy_values(query(OVERVIEW), refused, &mut requests).await?;
        let surveys = self.legacy_values(query(SATISFACTION_SURVEYS), refused, &mut requests).await?;
        for metric in Metric::ALL {
            match metric.definition().legacy {
                LegacyValue::Overview { name, own_statistic } => {
                    let found = overview.as_ref().and_then(|values| values.get(name).copied());
                    let found = match found {
                        Some(value) => Some(value),
                        None => {
                            let own = self.legacy_values(query(own_statistic), refused, &mut requests).await?;
                            own.and_then(|values| only_value(values, name))
                        }
                    };
                    match found {
                        Some(value) => drop(said.values.insert(metric, value)),
                        None => drop(said.refused.insert(metric)),
                    }
                }
                LegacyValue::Surveys { name } => match surveys.as_ref().and_then(|values| values.get(name)) {
                    Some(value) => drop(said.values.insert(metric, *value)),
                    None => drop(said.refused.insert(metric)),
                },
                LegacyValue::Derived => {}
            }
        }
        if let Some(values) = &surveys {
            said.surveys_sent = values.get("total_sent").copied().flatten();
            said.survey_response_rate = values.get("response_rate").copied().flatten();
        }
        let first = refused.lock().unwrap_or_else(PoisonError::into_inner).values().next().cloned();
        match first {
            // Nothing was answered at all: the account has no legacy API.
            Some(error) if said.values.is_empty() => Err(error),
            _ => Ok((said, requests)),
        }
    }

    /// The values of a legacy statistic; none when it was finally refused, now or before.
    async fn legacy_values(
        &self,
        query: LegacyQuery,
        refused: &LegacyRefused,
        requests: &mut usize,
    ) -> Result<Option<BTreeMap<String, Option<f64>>>, Error> {
        let lock = || refused.lock().unwrap_or_else(PoisonError::into_inner);
        if lock().contains_key(query.name) {
            return Ok(None);
        }
        let name = query.name;
        let request = ReadRequest::LegacyStatistic(query);
        let answered = match self.send(&request, requests).await {
            Ok(answered) => answered,
            Err(error) if error.kind.is_refusal() => {
                tracing::warn!(domain = %self.domain(), name, error = %error, "A legacy statistic is refused.");
                lock().entry(name).or_insert(error);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let values = legacy::values(&answered.response);
        values.map(Some).map_err(|kind| self.error(request.describe(), answered.tries, answered.started, kind))
    }
}

type Refused = Mutex<BTreeMap<Statistic, Error>>;
/// Channel, month and agent; what was said of them; requests.
type LegacyReading = ((Channel, Month, i64), LegacyFigures, usize);

/// The names of an account's legacy statistics that were finally refused.
pub type LegacyRefused = Mutex<BTreeMap<&'static str, Error>>;

/// The value of that name, or the only one there is: a statistic of one value may call it differently.
fn only_value(mut values: BTreeMap<String, Option<f64>>, name: &str) -> Option<Option<f64>> {
    match values.remove(name) {
        Some(value) => Some(value),
        None if values.len() == 1 => values.into_values().next(),
        None => None,
    }
}

enum Outcome {
    Read(AccountReading),
    NotThere { users: (Vec<Agent>, usize), error: Error },
}
