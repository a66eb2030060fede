//! Rows to Arrow and back.

use std::sync::Arc;

use deltalake::arrow::array::{
    Array, ArrayRef, AsArray as _, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use helpdelta_core::{Cell, Figures, Metric, Month, Number, Row, RowKey, Source, StoredRow};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _, Unit as SpanUnit};

use crate::error::LakehouseError;
use crate::schema::{
    AGENT_EMAIL, AGENT_ID, AGENT_NAME, CHANNEL, CLIENT, CREATED, ColumnType, LAST_UPDATED, MONTH, SOURCE, arrow_schema,
    dashboard_columns, metric_type,
};

const EPOCH: Date = Date::constant(1970, 1, 1);

/// One batch with every column of the table, in its order.
pub(crate) fn encode(rows: &[StoredRow]) -> Result<RecordBatch, LakehouseError> {
    let text = |value: fn(&StoredRow) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(value).collect::<StringArray>())
    };
    let columns = dashboard_columns();
    let array = |name: &str| -> ArrayRef {
        match name {
            CLIENT => text(|stored| Some(&stored.row.key.client)),
            CHANNEL => text(|stored| Some(&stored.row.key.channel)),
            MONTH => Arc::new(rows.iter().map(|stored| days(stored.row.key.month)).collect::<Date32Array>()),
            AGENT_ID => Arc::new(Int64Array::from_iter_values(rows.iter().map(|stored| stored.row.key.agent_id))),
            AGENT_NAME => text(|stored| stored.row.agent_name.as_deref()),
            AGENT_EMAIL => text(|stored| stored.row.agent_email.as_deref()),
            SOURCE => text(|stored| Some(stored.row.source.as_str())),
            CREATED => timestamps(rows.iter().map(|stored| stored.created)),
            LAST_UPDATED => timestamps(rows.iter().map(|stored| stored.last_updated)),
            metric => metric_array(metric, rows),
        }
    };
    let arrays = columns.iter().map(|column| array(column.name)).collect();
    Ok(RecordBatch::try_new(arrow_schema(&columns), arrays)?)
}

pub(crate) fn timestamps(instants: impl Iterator<Item = Option<Timestamp>>) -> ArrayRef {
    let instants = instants.map(|instant| instant.map(Timestamp::as_microsecond));
    Arc::new(instants.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn metric_array(column: &str, rows: &[StoredRow]) -> ArrayRef {
    let Some(metric) = Metric::ALL.into_iter().find(|metric| metric.definition().column == column) else {
        return Arc::new(StringArray::new_null(rows.len()));
    };
    let numbers = rows.iter().map(|stored| stored.row.figures.get(metric).number());
    match metric_type(metric) {
        ColumnType::Long => Arc::new(
            numbers
                .map(|number| match number {
                    Some(Number::Count(count)) => Some(count),
                    Some(Number::Real(_)) | None => None,
                })
                .collect::<Int64Array>(),
        ),
        _ => Arc::new(numbers.map(|number| number.map(Number::as_f64)).collect::<Float64Array>()),
    }
}

/// Days from 1970-01-01 to the first day of a month.
pub(crate) fn days(month: Month) -> Option<i32> {
    EPOCH.until((SpanUnit::Day, month.first_day())).ok().map(|span| span.get_days())
}

/// The rows of a batch; columns of ours are found by name, others are passed over.
pub(crate) fn decode(batch: &RecordBatch) -> Result<Vec<StoredRow>, LakehouseError> {
    let column = |name: &'static str, data_type: &DataType| -> Result<ArrayRef, LakehouseError> {
        let missing = || LakehouseError::UnreadableRow { column: name, found: "missing".to_owned() };
        Ok(cast(batch.column_by_name(name).ok_or_else(missing)?, data_type)?)
    };
    let text = |name| column(name, &DataType::Utf8);
    let client = text(CLIENT)?;
    let channel = text(CHANNEL)?;
    let month = column(MONTH, &DataType::Date32)?;
    let agent_id = column(AGENT_ID, &DataType::Int64)?;
    let agent_name = text(AGENT_NAME)?;
    let agent_email = text(AGENT_EMAIL)?;
    let source = text(SOURCE)?;
    let instant_type = arrow_schema(&dashboard_columns()).field_with_name(CREATED)?.data_type().clone();
    let created = column(CREATED, &instant_type)?;
    let last_updated = column(LAST_UPDATED, &instant_type)?;
    let metrics = Metric::ALL
        .into_iter()
        .map(|metric| {
            let data_type = if metric_type(metric) == ColumnType::Long { DataType::Int64 } else { DataType::Float64 };
            Ok((metric, column(metric.definition().column, &data_type)?))
        })
        .collect::<Result<Vec<_>, LakehouseError>>()?;
    let null = |column| LakehouseError::UnreadableRow { column, found: "null".to_owned() };
    (0..batch.num_rows())
        .map(|place| {
            let source_text = string(&source, place).ok_or_else(|| null(SOURCE))?;
            let key = RowKey {
                client: string(&client, place).ok_or_else(|| null(CLIENT))?,
                channel: string(&channel, place).ok_or_else(|| null(CHANNEL))?,
                month: month_of(valid(&month, place, |array| array.as_primitive::<Date32Type>().value(place)))?,
                agent_id: valid(&agent_id, place, |array| array.as_primitive::<Int64Type>().value(place))
                    .ok_or_else(|| null(AGENT_ID))?,
            };
            let mut figures = Figures::default();
            for (metric, array) in &metrics {
                figures.set(*metric, cell(*metric, array, place));
            }
            Ok(StoredRow {
                row: Row {
                    key,
                    agent_name: string(&agent_name, place),
                    agent_email: string(&agent_email, place),
                    figures,
                    source: source_text
                        .parse::<Source>()
                        .map_err(|found| LakehouseError::UnreadableRow { column: SOURCE, found })?,
                },
                created: instant(&created, place),
                last_updated: instant(&last_updated, place),
            })
        })
        .collect()
}

fn valid<T>(array: &ArrayRef, place: usize, value: impl FnOnce(&ArrayRef) -> T) -> Option<T> {
    array.is_valid(place).then(|| value(array))
}

fn string(array: &ArrayRef, place: usize) -> Option<String> {
    valid(array, place, |array| array.as_string::<i32>().value(place).to_owned())
}

fn instant(array: &ArrayRef, place: usize) -> Option<Timestamp> {
    let micros = valid(array, place, |array| array.as_primitive::<TimestampMicrosecondType>().value(place))?;
    Timestamp::from_microsecond(micros).ok()
}

fn cell(metric: Metric, array: &ArrayRef, place: usize) -> Cell {
    let cell = if metric_type(metric) == ColumnType::Long {
        valid(array, place, |array| Cell::count(array.as_primitive::<Int64Type>().value(place)))
    } else {
        valid(array, place, |array| Cell::real(array.as_primitive::<Float64Type>().value(place)))
    };
    cell.unwrap_or(Cell::NoData)
}

fn month_of(days: Option<i32>) -> Result<Month, LakehouseError> {
    let unreadable = |found: String| LakehouseError::UnreadableRow { column: MONTH, found };
    let days = days.ok_or_else(|| unreadable("null".to_owned()))?;
    let date = EPOCH.checked_add(days.days()).map_err(|_| unreadable(format!("{days} days")))?;
    if date.day() != 1 {
        return Err(unreadable(format!("{date}, which is no first day of a month")));
    }
    Month::of(date).map_err(|_| unreadable(date.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_as_they_were_nulls_and_zeroes_apart() {
        let mut figures = Figures::default();
        figures.set(Metric::ClosedTickets, Cell::count(0));
        figures.set(Metric::FirstResponseTime, Cell::real(0.0));
        figures.set(Metric::CustomerSatisfaction, Cell::real(4.25));
        let stored = StoredRow {
            row: Row {
                key: RowKey {
                    client: "Acme".to_owned(),
                    channel: "all".to_owned(),
                    month: "2024-02".parse().expect("a month"),
                    agent_id: 5_195_432_440,
                },
                agent_name: Some("Åsa \u{202e}<b>".to_owned()),
                agent_email: None,
                figures,
                source: Source::Legacy,
            },
            created: Some("2026-11-24T12:00:00.123456Z".parse().expect("an instant")),
            last_updated: None,
        };
        let batch = encode(std::slice::from_ref(&stored)).expect("a batch");
        assert_eq!(decode(&batch).expect("rows"), [stored]);
    }
}
