//! The runs table: a row per run and entry, so that a report can show how fresh its figures are.

use std::sync::Arc;

use deltalake::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use deltalake::protocol::SaveMode;
use jiff::Timestamp;

use crate::encoding::timestamps;
use crate::error::{LakehouseError, is_lost_race};
use crate::location::TableLocation;
use crate::merge::pause;
use crate::schema::{Column, ColumnType, arrow_schema};
use crate::session::session;
use crate::table::{create_table, open_table};

/// What a run did for one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    /// The run's id.
    pub run_id: String,
    /// When the run began.
    pub started: Timestamp,
    /// When the run ended.
    pub finished: Timestamp,
    /// The client.
    pub client: String,
    /// The channel's slug, or `all`.
    pub channel: String,
    /// The account's sub-domain.
    pub domain: String,
    /// How the entry ended: `done`, `unchanged` or `failed`.
    pub status: &'static str,
    /// The stable word for its failure.
    pub error_code: Option<String>,
    /// What happened, in words.
    pub error_message: Option<String>,
    /// Requests that its figures took.
    pub requests: usize,
    /// Rows that the run has for it.
    pub rows: usize,
    /// The dashboard table's version after the run.
    pub table_version: Option<u64>,
}

fn columns() -> [Column; 12] {
    let column = |name, column_type, nullable, comment| Column { name, column_type, nullable, comment };
    [
        column("Run_Id", ColumnType::String, false, "The run; also in the commit of the dashboard table."),
        column("Started", ColumnType::Timestamp, false, "When the run began."),
        column("Finished", ColumnType::Timestamp, false, "When the run ended."),
        column("Client", ColumnType::String, false, "The client, as the roster names it."),
        column("Channel", ColumnType::String, false, "The channel's slug, or all."),
        column("Domain", ColumnType::String, false, "The account's sub-domain."),
        column("Status", ColumnType::String, false, "done, unchanged or failed."),
        column("Error_Code", ColumnType::String, true, "A stable word for the failure."),
        column("Error_Message", ColumnType::String, true, "What happened."),
        column("Requests", ColumnType::Long, false, "Requests that the entry's figures took."),
        column("Rows", ColumnType::Long, false, "Rows that the run had for the entry: agents times months."),
        column("Table_Version", ColumnType::Long, true, "The dashboard table's version after the run."),
    ]
}

impl RunLine {
    /// Appends lines to the runs table of a dashboard; makes the table with the first ones.
    ///
    /// # Errors
    ///
    /// The table cannot be read or written, or other writers were faster every time.
    pub async fn append(lines: &[Self], dashboard: &TableLocation) -> Result<(), LakehouseError> {
        const ATTEMPTS: u32 = 10;
        let location = dashboard.beside("_Runs");
        let comment = "What each run of helpdelta did for each entry of its roster.";
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                pause(attempt).await;
            }
            let table = match open_table(&location).await? {
                Some(table) => table,
                None => create_table(&location, &columns(), comment).await?,
            };
            let written = table
                .write([encode(lines)?])
                .with_save_mode(SaveMode::Append)
                .with_session_state(Arc::new(session()?.state()))
                .await;
            match written {
                Ok(_) => return Ok(()),
                Err(error) if is_lost_race(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(LakehouseError::Conflict { attempts: ATTEMPTS })
    }
}

fn encode(lines: &[RunLine]) -> Result<RecordBatch, LakehouseError> {
    let text = |value: fn(&RunLine) -> Option<&str>| -> ArrayRef {
        Arc::new(lines.iter().map(value).collect::<StringArray>())
    };
    let long =
        |value: fn(&RunLine) -> Option<i64>| -> ArrayRef { Arc::new(lines.iter().map(value).collect::<Int64Array>()) };
    let arrays = vec![
        text(|line| Some(&line.run_id)),
        timestamps(lines.iter().map(|line| Some(line.started))),
        timestamps(lines.iter().map(|line| Some(line.finished))),
        text(|line| Some(&line.client)),
        text(|line| Some(&line.channel)),
        text(|line| Some(&line.domain)),
        text(|line| Some(line.status)),
        text(|line| line.error_code.as_deref()),
        text(|line| line.error_message.as_deref()),
        long(|line| i64::try_from(line.requests).ok()),
        long(|line| i64::try_from(line.rows).ok()),
        long(|line| line.table_version.and_then(|version| i64::try_from(version).ok())),
    ];
    Ok(RecordBatch::try_new(arrow_schema(&columns()), arrays)?)
}
