//! `POST /api/reporting/stats`: its body and its rows (`gorgias-api.md` 4).

use helpdelta_core::{Month, Query, StatisticRow, Zone};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::answer::{id, number};
use crate::error::ErrorKind;

#[derive(Serialize)]
pub(crate) struct Body {
    query: QueryBody,
}

#[derive(Serialize)]
struct QueryBody {
    scope: &'static str,
    timezone: String,
    measures: Vec<&'static str>,
    dimensions: Vec<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    time_dimensions: Vec<TimeDimension>,
    filters: Vec<Filter>,
}

#[derive(Serialize)]
struct TimeDimension {
    dimension: &'static str,
    granularity: &'static str,
}

#[derive(Serialize)]
struct Filter {
    member: &'static str,
    operator: &'static str,
    values: Vec<Value>,
}

/// The body of a query. The period is half open and in wall-clock time of `query.timezone`, without an offset
/// (`gorgias-api.md` 4.4).
pub(crate) fn body(query: &Query, zone: &Zone) -> Body {
    let midnight = |month: Month| Value::String(format!("{}T00:00:00.000", month.first_day()));
    let mut filters = vec![
        Filter { member: "periodStart", operator: "afterDate", values: vec![midnight(query.window.first)] },
        Filter { member: "periodEnd", operator: "beforeDate", values: vec![midnight(query.window.end())] },
    ];
    if let Some(agent_id) = query.agent_id {
        filters.push(Filter { member: "agentId", operator: "one-of", values: vec![agent_id.into()] });
    }
    if !query.channels.slugs().is_empty() {
        let slugs = query.channels.slugs().iter().cloned().map(Value::String).collect();
        filters.push(Filter { member: "channel", operator: "one-of", values: slugs });
    }
    let mut dimensions = vec!["agentId"];
    if query.channels.is_grouped() {
        dimensions.push("channel");
    }
    let time_dimension = |dimension| TimeDimension { dimension, granularity: "month" };
    Body {
        query: QueryBody {
            scope: query.statistic.definition().scope,
            timezone: zone.iana_name().to_owned(),
            measures: query.statistic.measures().map(|(_, measure)| measure.name).collect(),
            dimensions,
            time_dimensions: query.month_dimension().map(time_dimension).into_iter().collect(),
            filters,
        },
    }
}

/// Reads the rows of one page. Spelling only; whether a value can be true is judged where rows are assembled.
pub(crate) fn rows(query: &Query, page: &[Map<String, Value>]) -> Result<Vec<StatisticRow>, ErrorKind> {
    if let Some(measure) = renamed_measure(query, page) {
        return Err(ErrorKind::unexpected(format!("no row has the measure {measure:?}, but rows have others")));
    }
    let row = |(place, row)| statistic_row(query, row).map_err(|what| at(place, &what)).transpose();
    page.iter().enumerate().filter_map(row).collect()
}

/// A measure that no row has, where rows have something else that nobody asked for: it goes by another name, and
/// reading its absence as 0 would invent numbers (law 2). Absent measures alone are agents without activity.
fn renamed_measure(query: &Query, page: &[Map<String, Value>]) -> Option<&'static str> {
    // `decile` may stand on any row (`gorgias-api.md` 4.6).
    let mut asked = vec!["agentId", "channel", "decile"];
    asked.extend(query.statistic.measures().map(|(_, measure)| measure.name));
    let is_asked = |key: &str| {
        let dimension = query.month_dimension().unwrap_or_default();
        asked.contains(&key) || key.strip_suffix(".month").unwrap_or(key) == dimension
    };
    let others = page.iter().any(|row| row.keys().any(|key| !is_asked(key)));
    let absent = |name: &&str| !page.iter().any(|row| row.contains_key(*name));
    query.statistic.measures().map(|(_, measure)| measure.name).filter(absent).find(|_| others)
}

fn at(place: usize, what: &str) -> ErrorKind {
    ErrorKind::unexpected(format!("row {place}: {what}"))
}

/// One row; none when all its measures are null or missing, as for agents without activity (`gorgias-api.md` 4.6):
/// such a row says no more than its absence.
fn statistic_row(query: &Query, row: &Map<String, Value>) -> Result<Option<StatisticRow>, String> {
    let measure = |name: &str| number(row.get(name)).map_err(|shown| format!("{name:?} is {shown}"));
    let values: Vec<Option<f64>> =
        query.statistic.measures().map(|(_, asked)| measure(asked.name)).collect::<Result<_, _>>()?;
    if values.iter().all(Option::is_none) {
        return Ok(None);
    }
    let agent_id = row.get("agentId").ok_or("there is no \"agentId\"")?;
    let agent_id = id(agent_id).map_err(|shown| format!("\"agentId\" is {shown}"))?;
    let month = match query.month_dimension() {
        Some(dimension) => bucket(row, dimension)?,
        None => query.window.first,
    };
    let channel = match (query.channels.is_grouped(), row.get("channel")) {
        (false, _) => None,
        (true, Some(Value::String(channel))) => Some(channel.clone()),
        // A ticket without a channel is nobody's; an empty slug is none of the roster's.
        (true, Some(Value::Null)) => Some(String::new()),
        (true, _) => return Err("there is no \"channel\"".to_owned()),
    };
    Ok(Some(StatisticRow { agent_id, month, channel, values }))
}

/// The month of a bucket, under `X.month` or `X`, whatever follows its first seven characters.
fn bucket(row: &Map<String, Value>, dimension: &str) -> Result<Month, String> {
    let value = row.get(&format!("{dimension}.month")).or_else(|| row.get(dimension));
    let value = value.and_then(Value::as_str).ok_or_else(|| format!("there is no {dimension:?}"))?;
    Month::from_bucket(value).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use helpdelta_core::{ChannelScope, MonthWindow, Statistic};
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn query(statistic: Statistic, channels: &[&str]) -> Query {
        let month = |text: &str| text.parse::<Month>().expect("a month");
        let window = match statistic {
            Statistic::ResolutionTime => MonthWindow::of(month("2025-01")),
            _ => MonthWindow { first: month("2025-01"), last: month("2025-10") },
        };
        let slugs: Vec<String> = channels.iter().map(|channel| (*channel).to_owned()).collect();
        let channels = if slugs.is_empty() { ChannelScope::All } else { ChannelScope::Each(slugs) };
        Query { statistic, window, channels, agent_id: None }
    }

    fn row(value: &Value) -> Result<StatisticRow, ErrorKind> {
        let page = [value.as_object().expect("an object").clone()];
        rows(&query(Statistic::ClosedTickets, &[]), &page).map(|mut rows| rows.remove(0))
    }

    #[test]
    fn the_body_is_the_documented_one() {
        let zone = Zone::parse("Europe/Stockholm").expect("a zone");
        let body = serde_json::to_value(body(&query(Statistic::ClosedTickets, &["email"]), &zone)).expect("JSON");
        let expected = json!({"query": {
            "scope": "tickets-closed",
            "timezone": "Europe/Stockholm",
            "measures": ["ticketCount"],
            "dimensions": ["agentId"],
            "time_dimensions": [{"dimension": "closedDatetime", "granularity": "month"}],
            "filters": [
                {"member": "periodStart", "operator": "afterDate", "values": ["2025-01-01T00:00:00.000"]},
                {"member": "periodEnd", "operator": "beforeDate", "values": ["2025-11-01T00:00:00.000"]},
                {"member": "channel", "operator": "one-of", "values": ["email"]},
            ],
        }});
        assert_eq!(body, expected);
    }

    #[test]
    fn resolution_time_is_asked_for_one_month_without_a_bucket_and_channels_are_grouped() {
        let zone = Zone::parse("-05:00").expect("a zone");
        let body = serde_json::to_value(body(&query(Statistic::ResolutionTime, &["chat", "email"]), &zone));
        let body = body.expect("JSON");
        assert_eq!(body.pointer("/query/time_dimensions"), None);
        assert_eq!(body.pointer("/query/timezone"), Some(&json!("Etc/GMT+5")));
        assert_eq!(body.pointer("/query/dimensions"), Some(&json!(["agentId", "channel"])));
        assert_eq!(body.pointer("/query/filters/1/values"), Some(&json!(["2025-02-01T00:00:00.000"])));
    }

    #[test]
    fn one_agent_is_asked_for_one_month_without_a_bucket() {
        let zone = Zone::parse("-05:00").expect("a zone");
        let window = MonthWindow::of("2025-01".parse().expect("a month"));
        let query = Query { window, agent_id: Some(7), ..query(Statistic::ClosedTickets, &[]) };
        let body = serde_json::to_value(body(&query, &zone)).expect("JSON");
        assert_eq!(body.pointer("/query/time_dimensions"), None);
        let filter = json!({"member": "agentId", "operator": "one-of", "values": [7]});
        assert_eq!(body.pointer("/query/filters/2"), Some(&filter));
    }

    #[rstest]
    #[case::as_documented(json!({"agentId": 7, "closedDatetime": "2025-02-01T00:00:00.000", "ticketCount": "9"}))]
    #[case::dotted(json!({"agentId": "7", "closedDatetime.month": "2025-02-01T00:00:00", "ticketCount": 9}))]
    #[case::dotted_wins(json!({
        "agentId": 7, "closedDatetime.month": "2025-02-01", "closedDatetime": "2025-02-17", "ticketCount": 9.0
    }))]
    #[case::with_z_and_extras(json!({
        "agentId": 7, "closedDatetime": "2025-02-01T00:00:00.000Z", "ticketCount": 9, "decile": 3
    }))]
    fn a_row_is_read_in_every_spelling(#[case] value: Value) {
        let expected = StatisticRow {
            agent_id: Some(7),
            month: "2025-02".parse().expect("a month"),
            channel: None,
            values: vec![Some(9.0)],
        };
        assert_eq!(row(&value), Ok(expected));
    }

    #[rstest]
    #[case::no_agent_id(json!({"closedDatetime": "2025-02-01", "ticketCount": 9}), "agentId")]
    #[case::no_bucket(json!({"agentId": 7, "ticketCount": 9}), "closedDatetime")]
    #[case::null_bucket(json!({"agentId": 7, "closedDatetime": null, "ticketCount": 9}), "closedDatetime")]
    #[case::words_as_measure(json!({"agentId": 7, "closedDatetime": "2025-02-01", "ticketCount": "n/a"}), "n/a")]
    #[case::renamed_measure(json!({"agentId": 7, "closedDatetime": "2025-02-01", "count": 9}), "no row has")]
    fn a_row_that_cannot_be_placed_is_an_error_and_never_a_gap(#[case] value: Value, #[case] reason: &str) {
        let error = row(&value).expect_err("no row");
        assert!(error.to_string().contains(reason), "{error}");
    }

    #[test]
    fn a_row_that_says_nothing_is_no_row_whatever_its_bucket() {
        let page = [
            json!({"agentId": 7, "closedDatetime": "2025-02-01", "ticketCount": null}),
            json!({"agentId": 8, "closedDatetime": null}),
            json!({"agentId": null, "closedDatetime": "2025-02-01", "ticketCount": 4}),
        ];
        let page: Vec<Map<String, Value>> = page.iter().map(|row| row.as_object().expect("object").clone()).collect();
        let rows = rows(&query(Statistic::ClosedTickets, &[]), &page).expect("rows");
        assert_eq!(
            rows.iter().map(|row| (row.agent_id, row.values.clone())).collect::<Vec<_>>(),
            [(None, vec![Some(4.0)])]
        );
    }
}
