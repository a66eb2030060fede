//! `POST /api/stats/{name}`: its body and its values (`gorgias-api.md` 5).

use std::collections::BTreeMap;

use helpdelta_core::{Channel, InvalidZone};
use jiff::ToSpan as _;
use serde::Serialize;
use serde_json::Value;

use crate::answer::{json, number};
use crate::error::ErrorKind;
use crate::request::LegacyQuery;
use crate::transport::TransportResponse;

/// Five of the figures in one request.
pub(crate) const OVERVIEW: &str = "overview";
/// Mean rating, surveys sent and response rate in one request.
pub(crate) const SATISFACTION_SURVEYS: &str = "satisfaction-surveys";

#[derive(Serialize)]
pub(crate) struct Body {
    filters: Filters,
}

#[derive(Serialize)]
struct Filters {
    period: Period,
    agents: [i64; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<String>,
}

#[derive(Serialize)]
struct Period {
    start_datetime: String,
    end_datetime: String,
}

/// The body of a query. The period ends with the last second of the month, as in the vendor's interface
/// (`gorgias-api.md` 5.2); instants carry the zone's offset.
pub(crate) fn body(query: &LegacyQuery) -> Result<Body, InvalidZone> {
    let bounds = query.zone.bounds(query.month)?;
    let last_second = bounds.end - 1.second();
    Ok(Body {
        filters: Filters {
            period: Period {
                start_datetime: query.zone.with_offset(bounds.start),
                end_datetime: query.zone.with_offset(last_second),
            },
            agents: [query.agent_id],
            channels: match &query.channel {
                Channel::All => Vec::new(),
                Channel::Slug(slug) => vec![slug.clone()],
            },
        },
    })
}

/// The numbers of an answer by their names: one value, or a list of them. Values that are no numbers, such as a
/// distribution, are left out.
pub(crate) fn values(response: &TransportResponse) -> Result<BTreeMap<String, Option<f64>>, ErrorKind> {
    let answer = json(response)?;
    let data = answer.pointer("/data/data").ok_or_else(|| ErrorKind::unexpected("there is no \"data.data\""))?;
    let items = match data {
        Value::Array(items) => items.as_slice(),
        Value::Object(_) => std::slice::from_ref(data),
        _ => return Err(ErrorKind::unexpected("\"data.data\" is neither a value nor a list of values")),
    };
    let mut values = BTreeMap::new();
    for item in items {
        let name = item.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| ErrorKind::unexpected("a value has no \"name\""))?;
        if item.get("value").is_some_and(|value| value.is_object() || value.is_array()) {
            continue;
        }
        let value = number(item.get("value"));
        let value = value.map_err(|shown| ErrorKind::unexpected(format!("the value {name:?} is {shown}")))?;
        values.insert(name.to_owned(), value);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use helpdelta_core::Zone;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<BTreeMap<String, Option<f64>>, ErrorKind> {
        values(&TransportResponse {
            status: 200,
            call_limit: None,
            retry_after: None,
            content_type: Some("application/json".to_owned()),
            date: None,
            body: body.to_string().into(),
        })
    }

    #[rstest]
    #[case::offset("-05:00", "2025-01", "2025-01-01T00:00:00-05:00", "2025-01-31T23:59:59-05:00")]
    #[case::summer_time_begins("America/New_York", "2025-03", "2025-03-01T00:00:00-05:00", "2025-03-31T23:59:59-04:00")]
    fn the_period_is_the_month_to_its_last_second(
        #[case] zone: &str,
        #[case] month: &str,
        #[case] start: &str,
        #[case] end: &str,
    ) {
        let query = LegacyQuery {
            name: OVERVIEW,
            agent_id: 7,
            month: month.parse().expect("a month"),
            channel: "email".parse().expect("a channel"),
            zone: Zone::parse(zone).expect("a zone"),
        };
        let body = serde_json::to_value(body(&query).expect("a body")).expect("JSON");
        let expected = json!({"filters": {
            "period": {"start_datetime": start, "end_datetime": end}, "agents": [7], "channels": ["email"],
        }});
        assert_eq!(body, expected);
    }

    #[test]
    fn one_value_and_a_list_of_values_are_read_by_name() {
        let one = json!({"data": {"data": {"name": "total_closed_tickets", "type": "number", "value": "214"}}});
        assert_eq!(read(&one), Ok(BTreeMap::from([("total_closed_tickets".to_owned(), Some(214.0))])));
        let list = json!({"data": {"data": [
            {"name": "average_rating", "value": 4.46, "delta": 1},
            {"name": "median", "value": null},
            {"name": "response_distribution", "value": {"1": 5}},
        ]}});
        let expected = BTreeMap::from([("average_rating".to_owned(), Some(4.46)), ("median".to_owned(), None)]);
        assert_eq!(read(&list), Ok(expected));
    }

    #[test]
    fn the_recorded_overview_is_read_nulls_and_zeroes_apart() {
        let recorded: Value =
            serde_json::from_str(include_str!("../tests/recorded/stats-overview.json")).expect("JSON");
        let values = read(&recorded["body"]).expect("values");
        assert_eq!(values.len(), 8);
        assert_eq!(values["median_first_response_time"], None);
        assert_eq!(values["total_closed_tickets"], Some(0.0));
    }

    #[rstest]
    #[case::no_data(json!({"error": {}}))]
    #[case::number(json!({"data": {"data": 3}}))]
    #[case::nameless(json!({"data": {"data": [{"value": 3}]}}))]
    #[case::words(json!({"data": {"data": [{"name": "x", "value": "many"}]}}))]
    fn what_is_no_value_is_an_error_and_never_a_gap(#[case] body: Value) {
        assert!(read(&body).is_err());
    }
}
