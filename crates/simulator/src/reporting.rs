//! `POST /api/reporting/stats`: from a query to a page of rows (`gorgias-api.md` 4.6).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use helpdelta_core::{Statistic, Unit};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use crate::behaviour::Bucketing;
use crate::calendar::{Buckets, Granularity};
use crate::dialect::{Figure, IdleAgents};
use crate::helpdesk::Helpdesk;
use crate::paging::{Page, Parameters, envelope, page};
use crate::query::ReportingQuery;
use crate::refusal::Refusal;
use crate::statistics::{Event, GroupKey, Grouping, Ledger, Stream, Tally, grouped};

/// `limit` and `cursor` are documented; the others are the vendor's own application's and change nothing.
const PARAMETERS: [&str; 5] = ["limit", "cursor", "metric_name", "offset", "total"];

/// A row before it is spelt. `figures` is none for a listed user to whom nothing happened.
struct Row {
    key: GroupKey,
    figures: Option<Vec<Figure>>,
}

/// Answers a query.
pub(crate) fn answer(
    helpdesk: &Helpdesk,
    ledger: &Ledger,
    parameters: &Parameters,
    body: &Value,
) -> Result<Value, Refusal> {
    parameters.only(&PARAMETERS)?;
    let limit = parameters.limit(10_000)?;
    let cursor = parameters.one("cursor")?;
    let query = ReportingQuery::read(body, &ledger.channels, &helpdesk.behaviour)?;
    let mut rows = rows(helpdesk, ledger, &query);
    sort(&mut rows, &query);
    let Page { rows, previous_cursor, next_cursor } = page(rows, limit, cursor, &body.to_string())?;
    let rows = rows.iter().map(|row| spell(row, helpdesk, ledger, &query)).collect();
    let dialect = &helpdesk.behaviour.dialect;
    let mut head = Map::new();
    if dialect.extra_keys {
        head.insert("annotation".to_owned(), json!({ "title": query.statistic.definition().scope }));
        head.insert("query".to_owned(), body.clone());
    }
    Ok(envelope(head, Page { rows, previous_cursor, next_cursor }, Value::Null, dialect))
}

fn stream(statistic: Statistic) -> Stream {
    match statistic {
        Statistic::FirstResponseTime => Stream::FirstReply,
        Statistic::OneTouchTickets => Stream::OneTouch,
        Statistic::ClosedTickets => Stream::Closed,
        Statistic::MessagesSent => Stream::MessageSent,
        Statistic::SatisfactionSurveys => Stream::Survey,
        Statistic::ResolutionTime => Stream::Resolution,
    }
}

fn rows(helpdesk: &Helpdesk, ledger: &Ledger, query: &ReportingQuery) -> Vec<Row> {
    // An unanswered survey has no score, and without one there is nothing to report.
    let scored = |event: &&Event| query.statistic != Statistic::SatisfactionSurveys || event.value > 0;
    let events = || ledger.events(stream(query.statistic), &query.selection).filter(scored);
    let zone = match helpdesk.behaviour.bucketing {
        Bucketing::Truthful => query.zone.clone(),
        Bucketing::InUtc => TimeZone::UTC,
    };
    let buckets = query.time_dimension.and_then(|(dimension, granularity)| {
        let by_created = dimension == "createdDatetime";
        let time = |event: &Event| if by_created { event.created } else { event.at };
        let (first, last) = (events().map(time).min()?, events().map(time).max()?);
        Some((Buckets::covering(granularity, &zone, first, last), by_created))
    });
    let grouping = Grouping {
        by_agent: query.dimensions.contains(&"agentId"),
        by_channel: query.dimensions.contains(&"channel"),
        buckets,
    };
    let groups = grouped(events(), &grouping);
    let mut rows: Vec<Row> =
        idle_keys(helpdesk, ledger, query, &groups).into_iter().map(|key| Row { key, figures: None }).collect();
    rows.extend(groups.iter().map(|(key, tally)| Row { key: *key, figures: Some(figures(query, tally)) }));
    rows.sort_by_key(|row| row.key);
    rows
}

fn figures(query: &ReportingQuery, tally: &Tally) -> Vec<Figure> {
    let real = |value: Option<f64>| value.map_or(Figure::None, Figure::Real);
    let figure = |unit| match unit {
        Unit::Seconds => real(tally.median()),
        Unit::Score => real(tally.mean()),
        Unit::Count => Figure::Count(tally.count()),
        Unit::Percent => Figure::None,
    };
    query.measures.iter().map(|measure| figure(measure.unit)).collect()
}

/// The groups of listed users that have no events: of every bucket of the period, and of every channel filtered by.
fn idle_keys(
    helpdesk: &Helpdesk,
    ledger: &Ledger,
    query: &ReportingQuery,
    groups: &BTreeMap<GroupKey, Tally>,
) -> Vec<GroupKey> {
    if helpdesk.behaviour.dialect.idle_agents == IdleAgents::Absent || !query.dimensions.contains(&"agentId") {
        return Vec::new();
    }
    let period = &query.selection.period;
    let buckets: Vec<Option<DateTime>> = match query.time_dimension {
        None => vec![None],
        Some((_, granularity @ (Granularity::Day | Granularity::Week | Granularity::Month))) => {
            Buckets::covering(granularity, &query.zone, period.start, period.end)
                .iter()
                .filter(|start| query.zone.to_timestamp(*start).is_ok_and(|start| period.contains(&start)))
                .map(Some)
                .collect()
        }
        Some((_, Granularity::Hour)) => Vec::new(),
    };
    let channels: Vec<Option<usize>> = if query.dimensions.contains(&"channel") {
        let slugs = query.selection.channels.iter().flatten();
        slugs.filter_map(|slug| ledger.channels.binary_search(slug).ok()).map(Some).collect()
    } else {
        vec![None]
    };
    let wanted = |id: &i64| query.selection.agents.as_ref().is_none_or(|agents| agents.contains(id));
    let mut keys = Vec::new();
    for id in helpdesk.users.iter().map(|user| user.id).filter(wanted) {
        for bucket in &buckets {
            keys.extend(channels.iter().map(|channel| GroupKey::new(Some(id), *bucket, *channel)));
        }
    }
    keys.retain(|key| !groups.contains_key(key));
    keys
}

fn sort(rows: &mut [Row], query: &ReportingQuery) {
    let measure_at = |field: &str| query.measures.iter().position(|measure| measure.name == field);
    let compare = |one: &Row, other: &Row, field: &str| {
        let Some(place) = measure_at(field) else { return one.key.bucket.cmp(&other.key.bucket) };
        let value = |row: &Row| match row.figures.as_ref().and_then(|figures| figures.get(place)) {
            Some(Figure::Count(count)) => Some(f64::from(*count)),
            Some(Figure::Real(value)) => Some(*value),
            Some(Figure::None) | None => None,
        };
        value(one).partial_cmp(&value(other)).unwrap_or(Ordering::Equal)
    };
    rows.sort_by(|one, other| {
        query.order.iter().fold(Ordering::Equal, |so_far, (field, descends)| {
            let ordering = compare(one, other, field);
            so_far.then(if *descends { ordering.reverse() } else { ordering })
        })
    });
}

fn spell(row: &Row, helpdesk: &Helpdesk, ledger: &Ledger, query: &ReportingQuery) -> Value {
    let dialect = &helpdesk.behaviour.dialect;
    let mut map = Map::new();
    for dimension in &query.dimensions {
        let value = match *dimension {
            "agentId" => dialect.agent_id(row.key.agent_id),
            _ => json!(row.key.channel.and_then(|channel| ledger.channels.get(channel))),
        };
        map.insert((*dimension).to_owned(), value);
    }
    if let Some((dimension, granularity)) = query.time_dimension {
        let bucket = row.key.bucket.map_or(Value::Null, |start| dialect.bucket(start));
        for key in dialect.bucket_keys(dimension, granularity.name()) {
            map.insert(key, bucket.clone());
        }
    }
    for (place, measure) in query.measures.iter().enumerate() {
        let figure = match &row.figures {
            Some(figures) => figures.get(place).copied().unwrap_or(Figure::None),
            None if dialect.idle_agents == IdleAgents::NoMeasures => continue,
            None => Figure::None,
        };
        map.insert(measure.name.to_owned(), dialect.measure(figure));
    }
    if dialect.extra_keys {
        map.insert("decile".to_owned(), json!(5));
    }
    Value::Object(map)
}
