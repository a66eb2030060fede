//! The columns of the table: keys and texts here, metrics from the catalogue.

use std::sync::Arc;

use deltalake::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use deltalake::kernel::{DataType as DeltaType, MetadataValue, PrimitiveType, StructField};
use helpdelta_core::{Metric, Unit};

/// The type of a column, as both sides spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ColumnType {
    String,
    Date,
    Long,
    Double,
    Timestamp,
}

impl ColumnType {
    fn arrow(self) -> DataType {
        match self {
            Self::String => DataType::Utf8,
            Self::Date => DataType::Date32,
            Self::Long => DataType::Int64,
            Self::Double => DataType::Float64,
            // With the zone: without it, Delta would need reader version 3 (`gorgias-api.md` 9.5).
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }

    pub(crate) fn delta(self) -> DeltaType {
        DeltaType::Primitive(match self {
            Self::String => PrimitiveType::String,
            Self::Date => PrimitiveType::Date,
            Self::Long => PrimitiveType::Long,
            Self::Double => PrimitiveType::Double,
            Self::Timestamp => PrimitiveType::Timestamp,
        })
    }
}

/// A column of a table of ours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) column_type: ColumnType,
    pub(crate) nullable: bool,
    pub(crate) comment: &'static str,
}

/// A column as documentation shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnDescription {
    /// Its name.
    pub name: &'static str,
    /// What it holds, with units and range.
    pub comment: &'static str,
}

/// The columns of the dashboard table, in their order.
pub fn described_columns() -> impl Iterator<Item = ColumnDescription> {
    dashboard_columns().into_iter().map(|column| ColumnDescription { name: column.name, comment: column.comment })
}

pub(crate) const CLIENT: &str = "Client";
pub(crate) const CHANNEL: &str = "Channel";
pub(crate) const MONTH: &str = "Month";
pub(crate) const AGENT_ID: &str = "Agent_Id";
pub(crate) const AGENT_NAME: &str = "Agent_Name";
pub(crate) const AGENT_EMAIL: &str = "Agent_Email";
pub(crate) const SOURCE: &str = "Source";
pub(crate) const CREATED: &str = "Created_Datetime";
pub(crate) const LAST_UPDATED: &str = "Last_updated_time";

/// What identifies a row.
pub(crate) const KEY: [&str; 4] = [CLIENT, CHANNEL, MONTH, AGENT_ID];

fn column(name: &'static str, column_type: ColumnType, nullable: bool, comment: &'static str) -> Column {
    Column { name, column_type, nullable, comment }
}

pub(crate) fn dashboard_columns() -> Vec<Column> {
    let mut columns = vec![
        column(CLIENT, ColumnType::String, false, "The client, as the roster names it."),
        column(CHANNEL, ColumnType::String, false, "The channel's slug, or all."),
        column(MONTH, ColumnType::Date, false, "The first day of the month, in the run's time zone."),
        column(AGENT_ID, ColumnType::Long, false, "The Gorgias user id."),
        column(AGENT_NAME, ColumnType::String, true, "The agent's name."),
        column(AGENT_EMAIL, ColumnType::String, true, "The agent's e-mail."),
    ];
    columns.extend(Metric::ALL.into_iter().map(|metric| {
        let definition = metric.definition();
        column(definition.column, metric_type(metric), true, definition.definition)
    }));
    columns.extend([
        column(SOURCE, ColumnType::String, false, "The statistics API that answered: reporting or legacy."),
        column(CREATED, ColumnType::Timestamp, true, "When this row was first written; never changes."),
        column(LAST_UPDATED, ColumnType::Timestamp, true, "When the run began that last changed a value of this row."),
    ]);
    columns
}

pub(crate) fn metric_type(metric: Metric) -> ColumnType {
    match metric.definition().unit {
        Unit::Count => ColumnType::Long,
        Unit::Seconds | Unit::Percent | Unit::Score => ColumnType::Double,
    }
}

pub(crate) fn arrow_schema(columns: &[Column]) -> SchemaRef {
    let field = |column: &Column| Field::new(column.name, column.column_type.arrow(), column.nullable);
    Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()))
}

pub(crate) fn delta_fields(columns: &[Column]) -> impl Iterator<Item = StructField> {
    columns.iter().map(|column| {
        StructField::new(column.name, column.column_type.delta(), column.nullable)
            .with_metadata([("comment", MetadataValue::String(column.comment.to_owned()))])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_the_columns_of_the_design_in_their_order() {
        let columns: Vec<String> = dashboard_columns()
            .iter()
            .map(|column| {
                let null = if column.nullable { "" } else { " not null" };
                format!("{} {:?}{null}", column.name, column.column_type)
            })
            .collect();
        insta::assert_snapshot!(columns.join("\n"), @r"
        Client String not null
        Channel String not null
        Month Date not null
        Agent_Id Long not null
        Agent_Name String
        Agent_Email String
        First_Response_Time Double
        One_Touch_Tickets Long
        One_Touch_Rate Double
        Closed_Tickets Long
        Messages_Sent Long
        Customer_Satisfaction Double
        Surveys_Scored Long
        Average_Resolution_Time Double
        Source String not null
        Created_Datetime Timestamp
        Last_updated_time Timestamp
        ");
    }
}
