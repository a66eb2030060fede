//! SQL over the tables, to look and never to change.

use std::io::Write;

use deltalake::arrow::array::RecordBatch;
use deltalake::arrow::csv;
use deltalake::arrow::datatypes::SchemaRef;
use deltalake::arrow::error::ArrowError;
use deltalake::arrow::json;
use deltalake::arrow::util::display::{ArrayFormatter, FormatOptions};
use deltalake::datafusion::prelude::{SQLOptions, SessionContext};

use crate::error::LakehouseError;
use crate::location::TableLocation;
use crate::session::session;
use crate::table::{frame, open_table};

/// The name under which every dashboard table can be queried, whatever its place is called.
const TABLE_NAME: &str = "Monthly_Dashboard";

/// A longer statement could nest deeper than the stack.
const LONGEST_SQL_BYTES: usize = 10_000;
/// A larger result belongs to an engine that reads the table itself.
const MOST_ROWS: usize = 1_000_000;

/// The whole result of a query.
#[derive(Clone, Debug)]
pub struct QueryResult {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

/// Runs one `SELECT` over `Monthly_Dashboard` and `Monthly_Dashboard_Runs`; both also go by their own names. Column
/// and table names are case-sensitive.
///
/// # Errors
///
/// There is no table yet, or the statement is no query or cannot be run.
pub async fn query(dashboard: &TableLocation, sql: &str) -> Result<QueryResult, LakehouseError> {
    if sql.len() > LONGEST_SQL_BYTES {
        return Err(LakehouseError::Query(format!("it is longer than {LONGEST_SQL_BYTES} bytes")));
    }
    let session = session()?;
    if !register(&session, dashboard, TABLE_NAME).await? {
        return Err(LakehouseError::NoTable { location: dashboard.to_string() });
    }
    if let Err(error) = register(&session, &dashboard.beside("_Runs"), &format!("{TABLE_NAME}_Runs")).await {
        // The figures can be queried without it.
        tracing::warn!(error = %error, "The runs table cannot be read.");
    }
    let only_queries = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let refused = |error: deltalake::datafusion::error::DataFusionError| LakehouseError::Query(error.strip_backtrace());
    let frame = session.sql_with_options(sql, only_queries).await.map_err(refused)?;
    let schema = frame.schema().inner().clone();
    let batches = frame.limit(0, Some(MOST_ROWS + 1)).map_err(refused)?.collect().await.map_err(refused)?;
    if batches.iter().map(RecordBatch::num_rows).sum::<usize>() > MOST_ROWS {
        return Err(LakehouseError::Query(format!("its result has more than {MOST_ROWS} rows")));
    }
    Ok(QueryResult { schema, batches })
}

/// Makes a table known to a session; false when there is none.
async fn register(session: &SessionContext, location: &TableLocation, name: &str) -> Result<bool, LakehouseError> {
    let Some(table) = open_table(location).await? else { return Ok(false) };
    let view = frame(&table, session).await?.into_view();
    session.register_table(exact_name(name), view.clone())?;
    if location.name() != name {
        session.register_table(exact_name(location.name()), view)?;
    }
    Ok(true)
}

fn exact_name(name: &str) -> deltalake::datafusion::common::TableReference {
    deltalake::datafusion::common::TableReference::bare(name)
}

impl QueryResult {
    /// The names of the columns.
    pub fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// Every cell as text, row by row; none for null.
    ///
    /// # Errors
    ///
    /// A value has no text form.
    pub fn texts(&self) -> Result<Vec<Vec<Option<String>>>, LakehouseError> {
        let options = FormatOptions::default();
        let mut texts = Vec::new();
        for batch in &self.batches {
            let columns = batch
                .columns()
                .iter()
                .map(|array| Ok((array, ArrayFormatter::try_new(array.as_ref(), &options)?)))
                .collect::<Result<Vec<_>, ArrowError>>()?;
            for place in 0..batch.num_rows() {
                let cell = |(array, formatter): &(_, ArrayFormatter<'_>)| {
                    let array: &&deltalake::arrow::array::ArrayRef = array;
                    let value = || formatter.value(place).try_to_string();
                    array.is_valid(place).then(value).transpose()
                };
                texts.push(columns.iter().map(cell).collect::<Result<_, ArrowError>>()?);
            }
        }
        Ok(texts)
    }

    /// Writes CSV with a header; null is empty.
    ///
    /// # Errors
    ///
    /// A value has no CSV form, or the output cannot be written to.
    pub fn write_csv(&self, output: impl Write) -> Result<(), LakehouseError> {
        let mut writer = csv::WriterBuilder::new().with_header(true).build(output);
        if self.batches.is_empty() {
            writer.write(&RecordBatch::new_empty(self.schema.clone())).map_err(failed)?;
        }
        self.batches.iter().try_for_each(|batch| writer.write(batch).map_err(failed))
    }

    /// Writes a JSON list of objects; null is `null`.
    ///
    /// # Errors
    ///
    /// A value has no JSON form, or the output cannot be written to.
    pub fn write_json(&self, mut output: impl Write) -> Result<(), LakehouseError> {
        let mut writer =
            json::WriterBuilder::new().with_explicit_nulls(true).build::<_, json::writer::JsonArray>(&mut output);
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        writer.write_batches(&batches).map_err(failed)?;
        writer.finish().map_err(failed)?;
        drop(writer);
        writeln!(output).map_err(LakehouseError::Output)
    }
}

fn failed(error: ArrowError) -> LakehouseError {
    match error {
        ArrowError::IoError(_, error) => LakehouseError::Output(error),
        error => error.into(),
    }
}
