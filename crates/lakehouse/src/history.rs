//! What was committed to the table, and by whom.

use deltalake::DeltaTable;
use futures::TryStreamExt as _;
use jiff::Timestamp;

use crate::error::LakehouseError;
use crate::merge::RUN_ID;
use crate::table::Dashboard;

/// A change of data that no run of helpdelta made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignChange {
    /// The table's version after it.
    pub version: u64,
    /// What it was, in Delta's words, such as `UPDATE`.
    pub operation: String,
    /// When it was committed, by the writer's clock.
    pub committed: Option<Timestamp>,
}

/// Operations that leave every row as it was.
const HARMLESS: [&str; 8] = [
    "OPTIMIZE",
    "VACUUM START",
    "VACUUM END",
    "CREATE TABLE",
    "SET TBLPROPERTIES",
    "ADD CONSTRAINT",
    "UPDATE FIELD METADATA",
    "FSCK",
];

impl Dashboard {
    /// Changes of data by others, newest first, as far as the log goes back. A run makes good what such a change did to
    /// the rows that it compares, and stamps them with a later time.
    ///
    /// # Errors
    ///
    /// The log cannot be read.
    pub async fn foreign_changes(&self) -> Result<Vec<ForeignChange>, LakehouseError> {
        let Some(table) = &self.table else { return Ok(Vec::new()) };
        let newest = table.version().unwrap_or_default();
        let commits: Vec<_> = DeltaTable::history(table, None).try_collect().await?;
        let mut changes = Vec::new();
        for (version, commit) in (0..=newest).rev().zip(commits) {
            if commit.info.contains_key(RUN_ID) {
                continue;
            }
            let operation = commit.operation.unwrap_or_else(|| "an unnamed operation".to_owned());
            if !HARMLESS.contains(&operation.to_ascii_uppercase().as_str()) {
                let committed = commit.timestamp.and_then(|millis| Timestamp::from_millisecond(millis).ok());
                changes.push(ForeignChange { version, operation, committed });
            }
        }
        Ok(changes)
    }
}
