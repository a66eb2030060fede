//! `POST /api/stats/{name}`: one aggregate a request, over a period with offsets (`gorgias-api.md` 5).

use std::collections::BTreeSet;

use axum::http::StatusCode;
use helpdelta_core::Statistic;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::behaviour::{Behaviour, LegacyPeriodEnd};
use crate::dialect::{LegacyPercent, shortest};
use crate::helpdesk::Helpdesk;
use crate::refusal::Refusal;
use crate::statistics::{Ledger, Selection, Stream, Tally};

const FILTERS: [&str; 6] = ["period", "agents", "channels", "integrations", "tags", "score"];
const OLDEST_ONE_TOUCH: SignedDuration = SignedDuration::from_hours(180 * 24);

/// Where the vendor's older query stopped looking for one-touch tickets.
pub(crate) fn earliest_one_touch_creation(period_start: Timestamp) -> Timestamp {
    earlier(period_start, OLDEST_ONE_TOUCH)
}

/// An instant so much earlier, or the first one of the calendar.
fn earlier(instant: Timestamp, by: SignedDuration) -> Timestamp {
    instant.checked_sub(by).unwrap_or(Timestamp::MIN)
}

/// A single value, in the order of `overview`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Single {
    Created,
    Replied,
    Closed,
    MessagesSent,
    MessagesReceived,
    FirstResponseTime,
    ResolutionTime,
    OneTouch,
}

impl Single {
    const ALL: [Self; 8] = [
        Self::Created,
        Self::Replied,
        Self::Closed,
        Self::MessagesSent,
        Self::MessagesReceived,
        Self::FirstResponseTime,
        Self::ResolutionTime,
        Self::OneTouch,
    ];

    /// The name in the path, the name in the single answer, the name in `overview`.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Created => ("total-tickets-created", "total_tickets_created", "total_new_tickets"),
            Self::Replied => ("total-tickets-replied", "total_tickets_replied", "total_replied_tickets"),
            Self::Closed => ("total-tickets-closed", "total_tickets_closed", "total_closed_tickets"),
            Self::MessagesSent => ("total-messages-sent", "total_messages_sent", "total_messages_sent"),
            Self::MessagesReceived => ("total-messages-received", "total_messages_received", "total_messages_received"),
            Self::FirstResponseTime => {
                ("median-first-response-time", "median_first_response_time", "median_first_response_time")
            }
            Self::ResolutionTime => ("median-resolution-time", "median_resolution_time", "median_resolution_time"),
            Self::OneTouch => ("total-one-touch-tickets", "total_one_touch_tickets", "total_one_touch_tickets"),
        }
    }

    fn kind(self) -> &'static str {
        match self {
            Self::FirstResponseTime | Self::ResolutionTime => "duration",
            Self::OneTouch => "percent",
            _ => "number",
        }
    }

    fn more_is_better(self) -> Option<bool> {
        match self {
            Self::FirstResponseTime | Self::ResolutionTime => Some(false),
            Self::OneTouch => Some(true),
            _ => None,
        }
    }

    fn statistic(self) -> Option<Statistic> {
        match self {
            Self::Closed => Some(Statistic::ClosedTickets),
            Self::MessagesSent => Some(Statistic::MessagesSent),
            Self::FirstResponseTime => Some(Statistic::FirstResponseTime),
            Self::ResolutionTime => Some(Statistic::ResolutionTime),
            Self::OneTouch => Some(Statistic::OneTouchTickets),
            Self::Created | Self::Replied | Self::MessagesReceived => None,
        }
    }

    fn value(self, ledger: &Ledger, selection: &Selection, behaviour: &Behaviour) -> Option<f64> {
        let count = |stream| Some(f64::from(ledger.total(stream, selection).count()));
        match self {
            Self::Created => count(Stream::Created),
            Self::Replied => {
                let tickets: BTreeSet<usize> =
                    ledger.events(Stream::Replied, selection).map(|event| event.ticket).collect();
                u32::try_from(tickets.len()).ok().map(f64::from)
            }
            Self::Closed => count(Stream::Closed),
            Self::MessagesSent => count(Stream::MessageSent),
            Self::MessagesReceived => count(Stream::MessageReceived),
            Self::FirstResponseTime => ledger.total(Stream::FirstReply, selection).median(),
            Self::ResolutionTime => ledger.total(Stream::Resolution, selection).median(),
            Self::OneTouch => {
                let closed = ledger.total(Stream::Closed, selection).count();
                let old = behaviour.one_touch_ignores_old_tickets;
                let created_from = old.then(|| earliest_one_touch_creation(selection.period.start));
                let touched = ledger.total(Stream::OneTouch, &Selection { created_from, ..selection.clone() }).count();
                Some(percent(touched, closed, behaviour))
            }
        }
    }

    fn answer(self, name: &str, ledger: &Ledger, period: &Period, behaviour: &Behaviour) -> Value {
        let value = self.value(ledger, &period.current, behaviour);
        let before = self.value(ledger, &period.previous, behaviour);
        let mut map = Map::new();
        map.insert("name".to_owned(), name.into());
        map.insert("type".to_owned(), self.kind().into());
        map.insert("value".to_owned(), value.map_or(Value::Null, shortest));
        map.insert("delta".to_owned(), delta(value, before));
        if let Some(better) = self.more_is_better() {
            map.insert("more_is_better".to_owned(), better.into());
        }
        Value::Object(map)
    }
}

/// Answers a legacy statistic.
pub(crate) fn answer(helpdesk: &Helpdesk, ledger: &Ledger, name: &str, body: &Value) -> Result<Value, Refusal> {
    let behaviour = &helpdesk.behaviour;
    let single = Single::ALL.into_iter().find(|single| single.names().0 == name);
    let exists = single.is_some() || matches!(name, "overview" | "satisfaction-surveys");
    if !behaviour.legacy_exists || !exists {
        return Err(Refusal::bad_request(format!("Statistic '{name}' does not exist.")));
    }
    let statistic = match single {
        Some(single) => single.statistic(),
        None => (name == "satisfaction-surveys").then_some(Statistic::SatisfactionSurveys),
    };
    if statistic.is_some_and(|statistic| behaviour.refused_statistics.contains(&statistic)) {
        let message = format!("Your plan or role does not include the statistic '{name}'.");
        return Err(Refusal::new(StatusCode::FORBIDDEN, message));
    }
    let period = Period::read(body, behaviour)?;
    let data = match single {
        Some(single) => single.answer(single.names().1, ledger, &period, behaviour),
        None if name == "overview" => Single::ALL
            .into_iter()
            .filter(|single| single.statistic().is_none_or(|known| !behaviour.refused_statistics.contains(&known)))
            .map(|single| single.answer(single.names().2, ledger, &period, behaviour))
            .collect(),
        None => surveys(ledger, &period, behaviour),
    };
    Ok(json!({ "data": { "data": data }, "meta": period.meta }))
}

fn surveys(ledger: &Ledger, period: &Period, behaviour: &Behaviour) -> Value {
    let sent = ledger.total(Stream::Survey, &period.current);
    let sent_before = ledger.total(Stream::Survey, &period.previous);
    let rate = |sent: &Tally| percent(answered(sent), sent.count(), behaviour);
    let total = |sent: &Tally| f64::from(sent.count());
    let share = |score: u32| shortest(percent(sent.count_of(score), answered(&sent), behaviour));
    let value = |name: &str, kind: &str, now: Option<f64>, before: Option<f64>| {
        let value = now.map_or(Value::Null, shortest);
        json!({ "name": name, "type": kind, "value": value, "delta": delta(now, before) })
    };
    json!([
        value("total_sent", "number", Some(total(&sent)), Some(total(&sent_before))),
        value("response_rate", "percent", Some(rate(&sent)), Some(rate(&sent_before))),
        value("average_rating", "number", rating(&sent), rating(&sent_before)),
        {
            "name": "response_distribution",
            "type": "percent",
            "value": { "1": share(1), "2": share(2), "3": share(3), "4": share(4), "5": share(5) },
        },
    ])
}

fn answered(surveys: &Tally) -> u32 {
    surveys.count().saturating_sub(surveys.count_of(0))
}

/// The mean score to two decimals, as the interface shows it; unanswered surveys have none.
fn rating(surveys: &Tally) -> Option<f64> {
    let sum: f64 = (1..=5).map(|score| f64::from(score) * f64::from(surveys.count_of(score))).sum();
    let scored = answered(surveys);
    (scored > 0).then(|| (sum / f64::from(scored) * 100.0).round() / 100.0)
}

fn percent(part: u32, whole: u32, behaviour: &Behaviour) -> f64 {
    if whole == 0 {
        return 0.0;
    }
    let exact = f64::from(part) * 100.0 / f64::from(whole);
    match behaviour.dialect.legacy_percent {
        LegacyPercent::Whole => exact.round(),
        LegacyPercent::Exact => exact,
    }
}

/// The change in whole percent; 100 after nothing, 0 between nothings and of no value, as recorded.
fn delta(now: Option<f64>, before: Option<f64>) -> Value {
    let Some(now) = now else { return 0.into() };
    match before.unwrap_or_default() {
        0.0 if now == 0.0 => 0.into(),
        0.0 => 100.into(),
        before => shortest(((now - before) / before * 100.0).round()),
    }
}

/// The period of a request and the one of the same length before it.
struct Period {
    current: Selection,
    previous: Selection,
    meta: Value,
}

impl Period {
    fn read(body: &Value, behaviour: &Behaviour) -> Result<Self, Refusal> {
        let missing = |path: &[&str]| Refusal::field(path, "Missing data for required field.");
        if let Some(key) = body.as_object().into_iter().flat_map(Map::keys).find(|key| *key != "filters") {
            return Err(Refusal::unknown("body field", key, &["filters"]));
        }
        let filters = body.get("filters").and_then(Value::as_object).ok_or_else(|| missing(&["filters"]))?;
        if let Some(key) = filters.keys().find(|key| !FILTERS.contains(&key.as_str())) {
            return Err(Refusal::unknown("filter", key, &FILTERS));
        }
        for name in ["integrations", "tags", "score"] {
            if filters.get(name).and_then(Value::as_array).is_some_and(|values| !values.is_empty()) {
                return Err(Refusal::bad_request(format!("The filter '{name}' exists, but not in this simulator.")));
            }
        }
        let bound = |name: &str| -> Result<Timestamp, Refusal> {
            let path = ["filters", "period", name];
            let value = filters.get("period").and_then(|period| period.get(name)).ok_or_else(|| missing(&path))?;
            let instant = value.as_str().and_then(|text| text.parse().ok());
            instant.ok_or_else(|| Refusal::field(&path, "Not a valid datetime with an offset."))
        };
        let (start, end) = (bound("start_datetime")?, bound("end_datetime")?);
        if end <= start {
            return Err(Refusal::field(&["filters", "period"], "The end must be after the start."));
        }
        let second = SignedDuration::from_secs(1);
        let length = end.duration_since(start).saturating_add(second);
        let (start_before, end_before) = (earlier(start, length), earlier(start, second));
        let channels = list(filters, "channels", |value| value.as_str().map(str::to_owned))?;
        let agents = list(filters, "agents", Value::as_i64)?;
        let selection = |start: Timestamp, end: Timestamp| {
            let end = match behaviour.legacy_period_end {
                LegacyPeriodEnd::Inclusive => end.checked_add(second).unwrap_or(Timestamp::MAX),
                LegacyPeriodEnd::Exclusive => end,
            };
            Selection { period: start..end, channels: channels.clone(), agents: agents.clone(), created_from: None }
        };
        let text = |instant: Timestamp| instant.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
        let meta = json!({
            "end_datetime": text(end),
            "previous_end_datetime": text(end_before),
            "previous_start_datetime": text(start_before),
            "start_datetime": text(start),
        });
        Ok(Self { current: selection(start, end), previous: selection(start_before, end_before), meta })
    }
}

/// A list of the filters; missing and empty mean everything.
fn list<T: Ord>(
    filters: &Map<String, Value>,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<BTreeSet<T>>, Refusal> {
    let refusal = || Refusal::field(&["filters", name], "Not a valid list.");
    let Some(value) = filters.get(name) else { return Ok(None) };
    let items: Option<BTreeSet<T>> = value.as_array().ok_or_else(refusal)?.iter().map(read).collect();
    Ok(Some(items.ok_or_else(refusal)?).filter(|items| !items.is_empty()))
}
