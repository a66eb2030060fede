//! What can go wrong with the table.

use std::error::Error;

use deltalake::DeltaTableError;
use deltalake::arrow::error::ArrowError;
use deltalake::datafusion::error::DataFusionError;
use deltalake::kernel::transaction::TransactionError;
use helpdelta_core::MergeError;

/// A failure of the table, by what it means to the caller. Texts hold no row data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LakehouseError {
    /// Another run holds the writer's lock.
    #[error("another run is writing to {location}")]
    Locked {
        /// The table.
        location: String,
    },
    /// The place cannot be written to, or not even be made.
    #[error("{location} cannot be written to: {reason}")]
    NotWritable {
        /// The table.
        location: String,
        /// Why.
        reason: String,
    },
    /// There is no table yet.
    #[error("there is no table at {location}")]
    NoTable {
        /// The place.
        location: String,
    },
    /// A column is missing or has another type.
    #[error("the table at {location} does not fit: column {column} is {found}, expected {expected}")]
    SchemaMismatch {
        /// The table.
        location: String,
        /// The column.
        column: &'static str,
        /// What the table has.
        found: String,
        /// What it must have.
        expected: String,
    },
    /// A row of the table that is none of ours.
    #[error("the table holds a row that cannot be read: column {column} is {found}")]
    UnreadableRow {
        /// The column.
        column: &'static str,
        /// What is there.
        found: String,
    },
    /// A key stands twice, in the run or in the table. Nothing was written.
    #[error("a key of the table stands twice")]
    BrokenKey(#[from] MergeError),
    /// What was written was not what was meant; the table was put back.
    #[error(
        "the merge wrote {inserted} new and {updated} changed rows where {expected_inserted} and {expected_updated} were \
         meant; the table is back at version {version}"
    )]
    RolledBack {
        /// Rows inserted.
        inserted: usize,
        /// Rows updated.
        updated: usize,
        /// Rows meant to be inserted.
        expected_inserted: usize,
        /// Rows meant to be updated.
        expected_updated: usize,
        /// The version whose content the table has again.
        version: u64,
    },
    /// What was written was not what was meant, and the table could not be put back.
    #[error(
        "the merge wrote something else than was meant, and the table could not be put back to version {version}: {reason}"
    )]
    NotRolledBack {
        /// The version to go back to.
        version: u64,
        /// Why that failed.
        reason: String,
    },
    /// The storage is full or may not be written to.
    #[error("the table cannot be written to: {reason}")]
    StorageRefused {
        /// What the system said.
        reason: String,
    },
    /// Other writers were faster every time.
    #[error("other writers were faster {attempts} times")]
    Conflict {
        /// How often it was tried.
        attempts: u32,
    },
    /// A statement that is no query, or one that cannot be run.
    #[error("the query cannot be run: {0}")]
    Query(String),
    /// A value of a query's result cannot be shown, or the output cannot be written to.
    #[error("the result cannot be written")]
    Output(#[source] std::io::Error),
    /// Delta Lake failed.
    #[error("the Delta table failed: {0}")]
    Delta(String),
    /// The task that did the work ended early.
    #[error("the work on the table was interrupted")]
    Interrupted,
}

impl LakehouseError {
    /// A stable word for reports.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "locked",
            Self::NotWritable { .. } => "table_not_writable",
            Self::NoTable { .. } => "no_table",
            Self::SchemaMismatch { .. } => "schema_mismatch",
            Self::UnreadableRow { .. } => "unreadable_row",
            Self::BrokenKey(_) => "broken_key",
            Self::RolledBack { .. } => "rolled_back",
            Self::NotRolledBack { .. } => "not_rolled_back",
            Self::StorageRefused { .. } => "table_not_writable",
            Self::Conflict { .. } => "conflict",
            Self::Query(_) => "query",
            Self::Output(_) => "output",
            Self::Delta(_) => "delta",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Whether a commit lost the race against another writer, so that comparing afresh and committing again can help.
pub(crate) fn is_lost_race(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::VersionAlreadyExists(_) => true,
        DeltaTableError::Transaction { source } => matches!(
            source,
            TransactionError::CommitConflict(_)
                | TransactionError::VersionAlreadyExists(_)
                | TransactionError::MaxCommitAttempts(_)
        ),
        _ => false,
    }
}

impl From<DeltaTableError> for LakehouseError {
    fn from(error: DeltaTableError) -> Self {
        match refusal_of_storage(&error) {
            Some(reason) => Self::StorageRefused { reason },
            None => Self::Delta(without_rows(&error.to_string())),
        }
    }
}

/// What the system said, where a cause is that the storage is full or may not be written to.
fn refusal_of_storage(error: &(dyn Error + 'static)) -> Option<String> {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        causes.push(cause);
        next = cause.source();
    }
    causes.into_iter().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).find_map(|cause| {
        use std::io::ErrorKind;
        let refused = [
            ErrorKind::PermissionDenied,
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::StorageFull,
            ErrorKind::QuotaExceeded,
        ];
        refused.contains(&cause.kind()).then(|| cause.to_string())
    })
}

impl From<DataFusionError> for LakehouseError {
    fn from(error: DataFusionError) -> Self {
        Self::Delta(without_rows(&error.to_string()))
    }
}

impl From<ArrowError> for LakehouseError {
    fn from(error: ArrowError) -> Self {
        Self::Delta(without_rows(&error.to_string()))
    }
}

/// The first line of a message: a violated constraint appends a preview of the rows (`dependencies.md`).
fn without_rows(message: &str) -> String {
    const LONGEST: usize = 1_000;
    let line = message.lines().next().unwrap_or_default();
    line.chars().take(LONGEST).collect()
}
