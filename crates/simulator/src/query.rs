//! The body of `POST /api/reporting/stats`, read as strictly as the contract allows (`gorgias-api.md` 4.1 to 4.5).

use std::collections::BTreeSet;

use axum::http::StatusCode;
use helpdelta_core::{KNOWN_CHANNELS, Statistic, Unit};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::behaviour::{Behaviour, UnknownChannel};
use crate::calendar::{Granularity, wall_clock};
use crate::refusal::Refusal;
use crate::statistics::Selection;

const FIELDS: [&str; 7] = ["scope", "filters", "timezone", "measures", "dimensions", "time_dimensions", "order"];
const DIMENSIONS: [&str; 2] = ["agentId", "channel"];
const DIMENSIONS_NOT_SIMULATED: [&str; 3] = ["ticketId", "integrationId", "storeId"];
const MEMBERS: [&str; 4] = ["periodStart", "periodEnd", "channel", "agentId"];
const MEMBERS_NOT_SIMULATED: [&str; 5] = ["teamId", "integrationId", "storeId", "tags", "customFields"];
const OPERATORS: [&str; 8] =
    ["one-of", "not-one-of", "all-of", "afterDate", "beforeDate", "set", "inDateRange", "contains"];

/// A measure that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AskedMeasure {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
}

/// A query that can be answered.
#[derive(Clone, Debug)]
pub(crate) struct ReportingQuery {
    pub(crate) statistic: Statistic,
    pub(crate) zone: TimeZone,
    pub(crate) measures: Vec<AskedMeasure>,
    /// In the order of the body.
    pub(crate) dimensions: Vec<&'static str>,
    pub(crate) time_dimension: Option<(&'static str, Granularity)>,
    pub(crate) selection: Selection,
    /// Fields to sort by, each with whether it descends.
    pub(crate) order: Vec<(String, bool)>,
}

impl ReportingQuery {
    /// Reads a body; `channels` are those of the account's tickets.
    pub(crate) fn read(body: &Value, channels: &[String], behaviour: &Behaviour) -> Result<Self, Refusal> {
        let outer = body.as_object().ok_or_else(|| Refusal::bad_request("Invalid request: expected a JSON object."))?;
        let query = outer.get("query").ok_or_else(|| Refusal::field(&["query"], "Missing data for required field."))?;
        known_keys(outer, &["query"], "body field")?;
        let query = query.as_object().ok_or_else(|| Refusal::field(&["query"], "Not a valid mapping type."))?;
        known_keys(query, &FIELDS, "query field")?;

        let statistic = read_scope(text(query, "scope")?)?;
        let filters = required(query, "filters")?;
        let zone = read_zone(text(query, "timezone")?)?;
        if behaviour.refused_statistics.contains(&statistic) {
            let message = format!("Your plan or role does not include the statistic '{statistic}'.");
            return Err(Refusal::new(StatusCode::FORBIDDEN, message));
        }
        let measures = read_measures(statistic, &names(query, "measures")?)?;
        let dimensions = names(query, "dimensions")?
            .into_iter()
            .map(|name| one_of("dimension", name, &DIMENSIONS, &DIMENSIONS_NOT_SIMULATED))
            .collect::<Result<Vec<_>, _>>()?;
        let time_dimension = read_time_dimension(statistic, query.get("time_dimensions"))?;
        let filters = Filters::read(filters)?;
        filters.check_channels(channels, behaviour)?;
        let selection = filters.selection(statistic, &zone, behaviour)?;
        let order = read_order(statistic, query.get("order"), &measures, time_dimension.map(|(name, _)| name))?;
        Ok(Self { statistic, zone, measures, dimensions, time_dimension, selection, order })
    }
}

fn known_keys(map: &Map<String, Value>, names: &[&str], kind: &str) -> Result<(), Refusal> {
    match map.keys().find(|key| !names.contains(&key.as_str())) {
        Some(key) => Err(Refusal::unknown(kind, key, names)),
        None => Ok(()),
    }
}

fn required<'a>(query: &'a Map<String, Value>, name: &str) -> Result<&'a Value, Refusal> {
    query.get(name).ok_or_else(|| Refusal::field(&["query", name], "Missing data for required field."))
}

fn text<'a>(query: &'a Map<String, Value>, name: &str) -> Result<&'a str, Refusal> {
    required(query, name)?.as_str().ok_or_else(|| Refusal::field(&["query", name], "Not a valid string."))
}

/// A list of names, each given once. Missing is empty.
fn names<'a>(query: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a str>, Refusal> {
    let refusal = || Refusal::field(&["query", name], "Not a valid list of different strings.");
    let Some(value) = query.get(name) else { return Ok(Vec::new()) };
    let list = value.as_array().ok_or_else(refusal)?;
    let texts: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
    let texts = texts.ok_or_else(refusal)?;
    let different: BTreeSet<&str> = texts.iter().copied().collect();
    if different.len() == texts.len() { Ok(texts) } else { Err(refusal()) }
}

fn one_of(
    kind: &str,
    name: &str,
    valid: &[&'static str],
    not_simulated: &[&'static str],
) -> Result<&'static str, Refusal> {
    if not_simulated.contains(&name) {
        return Err(Refusal::bad_request(format!(
            "The {kind} '{name}' exists, but this simulator does not have it. It has: {}.",
            valid.join(", ")
        )));
    }
    valid.iter().copied().find(|valid| *valid == name).ok_or_else(|| Refusal::unknown(kind, name, valid))
}

fn read_scope(name: &str) -> Result<Statistic, Refusal> {
    let found = Statistic::ALL.into_iter().find(|statistic| statistic.definition().scope == name);
    found.ok_or_else(|| {
        let scopes: Vec<&str> = Statistic::ALL.iter().map(|statistic| statistic.definition().scope).collect();
        Refusal::unknown("scope", name, &scopes)
    })
}

fn read_zone(name: &str) -> Result<TimeZone, Refusal> {
    TimeZone::get(name).map_err(|_| {
        Refusal::field(&["query", "timezone"], &format!("'{name}' is not an IANA time zone such as America/New_York."))
    })
}

/// The measures of a scope. Without any in the body, all of the catalogue.
fn read_measures(statistic: Statistic, asked: &[&str]) -> Result<Vec<AskedMeasure>, Refusal> {
    let mut valid: Vec<AskedMeasure> = statistic
        .measures()
        .map(|(metric, measure)| AskedMeasure { name: measure.name, unit: metric.definition().unit })
        .collect();
    if asked.is_empty() {
        return Ok(valid);
    }
    if statistic == Statistic::FirstResponseTime {
        valid.push(AskedMeasure { name: "medianFirstResponseTimeInSeconds", unit: Unit::Seconds });
    }
    let names: Vec<&str> = valid.iter().map(|measure| measure.name).collect();
    asked
        .iter()
        .map(|name| {
            let found = valid.iter().find(|measure| measure.name == *name).copied();
            found.ok_or_else(|| Refusal::unknown("measure", name, &names))
        })
        .collect()
}

fn read_time_dimension(
    statistic: Statistic,
    value: Option<&Value>,
) -> Result<Option<(&'static str, Granularity)>, Refusal> {
    let refusal = || {
        let problem = "Expected a list of at most one object with a dimension and a granularity.";
        Refusal::field(&["query", "time_dimensions"], problem)
    };
    let Some(value) = value else { return Ok(None) };
    let item = match value.as_array().ok_or_else(refusal)?.as_slice() {
        [] => return Ok(None),
        [item] => item.as_object().ok_or_else(refusal)?,
        [_, _, ..] => return Err(refusal()),
    };
    known_keys(item, &["dimension", "granularity"], "time dimension field")?;
    let part = |name| item.get(name).and_then(Value::as_str).ok_or_else(refusal);
    let (dimension, granularity) = (part("dimension")?, part("granularity")?);
    let valid = statistic.definition().time_dimensions;
    let dimension = one_of("time dimension", dimension, valid, &[])?;
    let found = Granularity::ALL.into_iter().find(|candidate| candidate.name() == granularity);
    let granularity =
        found.ok_or_else(|| Refusal::unknown("granularity", granularity, &Granularity::ALL.map(Granularity::name)))?;
    Ok(Some((dimension, granularity)))
}

fn read_order(
    statistic: Statistic,
    value: Option<&Value>,
    measures: &[AskedMeasure],
    time_dimension: Option<&str>,
) -> Result<Vec<(String, bool)>, Refusal> {
    let documented: &[&str] = match statistic {
        Statistic::ClosedTickets | Statistic::OneTouchTickets => &["ticketCount", "closedDatetime", "createdDatetime"],
        Statistic::MessagesSent => &["messagesCount"],
        Statistic::ResolutionTime => &["medianResolutionTime"],
        Statistic::FirstResponseTime | Statistic::SatisfactionSurveys => &[],
    };
    let refusal = || Refusal::field(&["query", "order"], "Expected a list of pairs of a field and 'asc' or 'desc'.");
    let Some(value) = value else { return Ok(Vec::new()) };
    let read = |pair: &Value| {
        let (field, direction) = match pair.as_array().map(Vec::as_slice) {
            Some([field, direction]) => (field.as_str(), direction.as_str()),
            _ => return Err(refusal()),
        };
        let field = field.ok_or_else(refusal)?;
        let descends = match direction {
            Some("asc") => false,
            Some("desc") => true,
            _ => return Err(refusal()),
        };
        one_of("order field", field, documented, &["ticketId"])?;
        if time_dimension != Some(field) && !measures.iter().any(|measure| measure.name == field) {
            return Err(Refusal::bad_request(format!("The order field '{field}' is not part of the query.")));
        }
        Ok((field.to_owned(), descends))
    };
    value.as_array().ok_or_else(refusal)?.iter().map(read).collect()
}

/// The filters of a query, still as wall-clock values.
struct Filters {
    start: DateTime,
    end: DateTime,
    channels: Option<BTreeSet<String>>,
    agents: Option<BTreeSet<i64>>,
}

impl Filters {
    fn read(value: &Value) -> Result<Self, Refusal> {
        let list =
            value.as_array().ok_or_else(|| Refusal::field(&["query", "filters"], "Not a valid list."))?.as_slice();
        let (mut start, mut end, mut channels, mut agents) = (None, None, None, None);
        for filter in list {
            let (member, operator, values) = read_filter(filter)?;
            let fits = match member {
                "periodStart" => operator == "afterDate" && replace_none(&mut start, read_bound(member, values)?),
                "periodEnd" => operator == "beforeDate" && replace_none(&mut end, read_bound(member, values)?),
                "channel" => operator == "one-of" && replace_none(&mut channels, read_texts(member, values)?),
                _ => operator == "one-of" && replace_none(&mut agents, read_ids(member, values)?),
            };
            if !fits {
                let expected = match member {
                    "periodStart" => "afterDate",
                    "periodEnd" => "beforeDate",
                    _ => "one-of",
                };
                return Err(Refusal::bad_request(format!(
                    "The filter member '{member}' must be given once, with operator '{expected}', not '{operator}'."
                )));
            }
        }
        let missing =
            |member| Refusal::bad_request(format!("The filter '{member}' is required: a query must have a period."));
        let (start, end) = (start.ok_or_else(|| missing("periodStart"))?, end.ok_or_else(|| missing("periodEnd"))?);
        Ok(Self { start, end, channels, agents })
    }

    fn check_channels(&self, channels: &[String], behaviour: &Behaviour) -> Result<(), Refusal> {
        let known = |slug: &&String| channels.contains(slug) || KNOWN_CHANNELS.contains(&slug.as_str());
        match self.channels.iter().flatten().find(|slug| !known(slug)) {
            Some(slug) if behaviour.unknown_channel == UnknownChannel::Refused => {
                Err(Refusal::unknown("channel", slug, &KNOWN_CHANNELS))
            }
            _ => Ok(()),
        }
    }

    fn selection(self, statistic: Statistic, zone: &TimeZone, behaviour: &Behaviour) -> Result<Selection, Refusal> {
        let span = self.end.duration_since(self.start);
        if !span.is_positive() {
            return Err(Refusal::bad_request("The period is empty: periodEnd must be after periodStart."));
        }
        let days = behaviour.longest_period_days;
        if span.as_secs() > days.saturating_mul(86_400) {
            return Err(Refusal::bad_request(format!("Maximum allowed period size is {days} days")));
        }
        let instant = |bound| {
            zone.to_timestamp(bound).map_err(|_| Refusal::bad_request("The period is outside of the calendar."))
        };
        let period = instant(self.start)?..instant(self.end)?;
        let old = statistic == Statistic::OneTouchTickets && behaviour.one_touch_ignores_old_tickets;
        let created_from = old.then(|| crate::legacy::earliest_one_touch_creation(period.start));
        Ok(Selection { period, channels: self.channels, agents: self.agents, created_from })
    }
}

fn replace_none<T>(place: &mut Option<T>, value: T) -> bool {
    place.replace(value).is_none()
}

fn read_filter(filter: &Value) -> Result<(&'static str, &'static str, &[Value]), Refusal> {
    let refusal =
        || Refusal::field(&["query", "filters"], "Expected objects with a member, an operator and a list of values.");
    let filter = filter.as_object().ok_or_else(refusal)?;
    known_keys(filter, &["member", "operator", "values"], "filter field")?;
    let part = |name| filter.get(name).and_then(Value::as_str).ok_or_else(refusal);
    let member = one_of("filter member", part("member")?, &MEMBERS, &MEMBERS_NOT_SIMULATED)?;
    let operator = one_of("filter operator", part("operator")?, &OPERATORS, &[])?;
    let values = filter.get("values").and_then(Value::as_array).filter(|values| !values.is_empty());
    Ok((member, operator, values.ok_or_else(refusal)?))
}

fn read_bound(member: &str, values: &[Value]) -> Result<DateTime, Refusal> {
    let bound = match values {
        [value] => value.as_str().and_then(wall_clock),
        _ => None,
    };
    bound.ok_or_else(|| {
        Refusal::bad_request(format!(
            "The filter '{member}' takes one wall-clock value in query.timezone, without an offset: \
             YYYY-MM-DDTHH:mm:ss.SSS, YYYY-MM-DDTHH:mm:ss or YYYY-MM-DD."
        ))
    })
}

fn read_texts(member: &str, values: &[Value]) -> Result<BTreeSet<String>, Refusal> {
    let texts: Option<BTreeSet<String>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
    texts.ok_or_else(|| Refusal::bad_request(format!("The filter '{member}' takes a list of strings.")))
}

fn read_ids(member: &str, values: &[Value]) -> Result<BTreeSet<i64>, Refusal> {
    let ids: Option<BTreeSet<i64>> = values.iter().map(Value::as_i64).collect();
    ids.ok_or_else(|| Refusal::bad_request(format!("The filter '{member}' takes a list of whole numbers.")))
}
