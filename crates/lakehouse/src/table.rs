//! The dashboard table: open, read, create.

use deltalake::DeltaTable;
use deltalake::DeltaTableBuilder;
use deltalake::arrow::array::RecordBatch;
use deltalake::datafusion::common::ScalarValue;
use deltalake::datafusion::logical_expr::{Expr, lit};
use deltalake::datafusion::prelude::{DataFrame, SessionContext};
use deltalake::operations::create::CreateBuilder;
use helpdelta_core::{Month, StoredRow};

use crate::encoding::{days, decode};
use crate::error::LakehouseError;
use crate::location::TableLocation;
use crate::schema::{CLIENT, Column, MONTH, dashboard_columns, delta_fields};
use crate::session::session;

/// A checkpoint every so many commits, instead of delta-rs' hundred: readers of a daily table then never replay more
/// than a few weeks of log.
const CHECKPOINT_INTERVAL_COMMITS: &str = "20";

/// The dashboard table at its place, whether it exists yet or not.
#[derive(Debug)]
pub struct Dashboard {
    location: TableLocation,
    pub(crate) table: Option<DeltaTable>,
}

/// Which rows to read. Everything by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFilter {
    /// Only these clients; none means all.
    pub clients: Option<Vec<String>>,
    /// Only from this month to that one, both included.
    pub months: Option<(Month, Month)>,
}

impl Dashboard {
    /// Looks at a place. A table there must have the columns of ours, with their types; others may be beside them.
    ///
    /// # Errors
    ///
    /// The log cannot be read, or a column is missing or has another type.
    pub async fn open(location: TableLocation) -> Result<Self, LakehouseError> {
        let table = open_table(&location).await?;
        if let Some(table) = &table {
            check_columns(&location, table)?;
        }
        Ok(Self { location, table })
    }

    /// Where the table is.
    pub fn location(&self) -> &TableLocation {
        &self.location
    }

    /// The table's version; none when there is no table yet.
    pub fn version(&self) -> Option<u64> {
        self.table.as_ref().and_then(DeltaTable::version)
    }

    /// Reads rows, sorted by key. Empty when there is no table yet.
    ///
    /// # Errors
    ///
    /// The table cannot be read, or holds a row that no run of ours wrote.
    pub async fn rows(&self, filter: &RowFilter) -> Result<Vec<StoredRow>, LakehouseError> {
        let Some(table) = &self.table else { return Ok(Vec::new()) };
        let batches = batches(table, &session()?, filter).await?;
        let mut rows = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
        for batch in &batches {
            rows.extend(decode(batch)?);
        }
        rows.sort_by(|left, right| left.row.key.cmp(&right.row.key));
        Ok(rows)
    }

    /// Makes the table, empty, if there is none.
    pub(crate) async fn ensure_created(&mut self) -> Result<(), LakehouseError> {
        if self.table.is_none() {
            let comment = "Monthly figures of every support agent, as Gorgias reports them; kept by helpdelta.";
            self.table = Some(create_table(&self.location, &dashboard_columns(), comment).await?);
        }
        Ok(())
    }

    /// Reads the newest version.
    pub(crate) async fn refresh(&mut self) -> Result<(), LakehouseError> {
        match &mut self.table {
            Some(table) => table.update_state().await?,
            None => self.table = open_table(&self.location).await?,
        }
        Ok(())
    }
}

/// The table at a place; none where no log is.
pub(crate) async fn open_table(location: &TableLocation) -> Result<Option<DeltaTable>, LakehouseError> {
    if !location.path().exists() {
        return Ok(None);
    }
    let url = location.url().ok_or_else(|| unspellable(location))?;
    let mut table = DeltaTableBuilder::from_url(url)?.build()?;
    if !table.verify_deltatable_existence().await? {
        return Ok(None);
    }
    table.load().await?;
    Ok(Some(table))
}

/// Makes an empty table: reader version 1, no partitions (`gorgias-api.md` 9.4), comments on its columns.
pub(crate) async fn create_table(
    location: &TableLocation,
    columns: &[Column],
    comment: &str,
) -> Result<DeltaTable, LakehouseError> {
    std::fs::create_dir_all(location.path())
        .map_err(|error| LakehouseError::NotWritable { location: location.to_string(), reason: error.to_string() })?;
    // By its log store: an address given as text would be decoded once more, and a % in a path be another path.
    let url = location.url().ok_or_else(|| unspellable(location))?;
    let table = CreateBuilder::new()
        .with_log_store(DeltaTableBuilder::from_url(url)?.build()?.log_store())
        .with_table_name(location.name())
        .with_comment(comment)
        .with_columns(delta_fields(columns))
        .with_configuration([("delta.checkpointInterval", Some(CHECKPOINT_INTERVAL_COMMITS))])
        .await?;
    Ok(table)
}

fn unspellable(location: &TableLocation) -> LakehouseError {
    LakehouseError::Delta(format!("the path {location} cannot be written as an address"))
}

fn check_columns(location: &TableLocation, table: &DeltaTable) -> Result<(), LakehouseError> {
    let schema = table.snapshot()?.schema();
    for column in dashboard_columns() {
        let found = schema.field(column.name).map(|field| field.data_type().clone());
        if found.as_ref() != Some(&column.column_type.delta()) {
            return Err(LakehouseError::SchemaMismatch {
                location: location.to_string(),
                column: column.name,
                found: found.map_or_else(|| "missing".to_owned(), |found| found.to_string()),
                expected: column.column_type.delta().to_string(),
            });
        }
    }
    Ok(())
}

/// A column by its exact name; `col("Client")` would look for `client`.
pub(crate) fn exact(relation: Option<&str>, name: &str) -> Expr {
    use deltalake::datafusion::common::{Column as DataFusionColumn, TableReference};
    Expr::Column(DataFusionColumn::new(relation.map(TableReference::bare), name))
}

pub(crate) fn date(month: Month) -> Expr {
    lit(ScalarValue::Date32(days(month)))
}

/// The table as a frame of a session.
pub(crate) async fn frame(table: &DeltaTable, session: &SessionContext) -> Result<DataFrame, LakehouseError> {
    table.update_datafusion_session(&session.state())?;
    let provider = table.table_provider().await?;
    Ok(session.read_table(provider)?)
}

async fn batches(
    table: &DeltaTable,
    session: &SessionContext,
    filter: &RowFilter,
) -> Result<Vec<RecordBatch>, LakehouseError> {
    let mut frame = frame(table, session).await?;
    if let Some(clients) = &filter.clients {
        let clients = clients.iter().map(|client| lit(client.as_str())).collect();
        frame = frame.filter(exact(None, CLIENT).in_list(clients, false))?;
    }
    if let Some((first, last)) = filter.months {
        frame = frame.filter(exact(None, MONTH).between(date(first), date(last)))?;
    }
    Ok(frame.collect().await?)
}
