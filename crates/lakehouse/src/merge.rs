//! One run into the table: compare, write what differs in one commit, start over when another writer was faster.
//!
//! What changes is decided by the merge law in core before anything is written; MERGE is handed only rows that
//! differ, because every row that it matches in vain costs time and memory (`dependencies.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use deltalake::DeltaTable;
use deltalake::datafusion::logical_expr::Expr;
use deltalake::kernel::Transaction;
use deltalake::kernel::transaction::CommitProperties;
use helpdelta_core::{MergeDecision, Row, RowCounts, StoredRow, decide_merge};
use jiff::Timestamp;

use crate::encoding::encode;
use crate::error::{LakehouseError, is_lost_race};
use crate::schema::{CREATED, KEY, dashboard_columns};
use crate::session::session;
use crate::table::{Dashboard, RowFilter, exact};

/// How often a merge is tried against faster writers.
const ATTEMPTS: u32 = 10;
/// The application id of our transactions; their version is the run's start in microseconds.
const APPLICATION: &str = "helpdelta";
/// The key of a commit's information under which the run's id stands.
pub(crate) const RUN_ID: &str = "helpdelta.runId";

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStamp {
    /// The run's id; goes into the commit.
    pub run_id: String,
    /// When the run began; stamps the rows.
    pub started: Timestamp,
}

/// Rows that were left alone because a run that began later had written them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeptRows {
    /// How many.
    pub count: usize,
    /// When the latest of those runs began.
    pub latest: Option<Timestamp>,
}

/// What a merge did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Rows by what became of them.
    pub rows: RowCounts,
    /// Clients and channels with a row that is new or changed.
    pub changed_entries: BTreeSet<(String, String)>,
    /// Clients and channels with rows that were left to a run that began later.
    pub kept_entries: BTreeMap<(String, String), KeptRows>,
    /// The table's version before; none when there was no table.
    pub version_before: Option<u64>,
    /// The table's version after; none when there still is no table.
    pub version_after: Option<u64>,
}

impl Dashboard {
    /// Merges the rows of a run under the merge law, in one commit; no commit when nothing differs. Makes the table
    /// with the first row.
    ///
    /// # Errors
    ///
    /// The table cannot be read or written, a key stands twice, other writers were faster every time, or what was
    /// written was not what was meant, in which case the table was put back.
    pub async fn merge(&mut self, rows: &[Row], run: &RunStamp) -> Result<Written, LakehouseError> {
        let version_before = self.version();
        let mut lost: Option<MergeDecision> = None;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                pause(attempt).await;
                self.refresh().await?;
                // A commit that was reported as lost may have arrived after all; then it must not count as unchanged.
                if let Some(decision) = &lost
                    && self.holds(run).await?
                {
                    return Ok(self.written(decision, version_before));
                }
            }
            let stored = self.rows(&filter_of(rows)).await?;
            let decision = decide_merge(stored, rows.iter().cloned(), run.started)?;
            if decision.is_empty() {
                return Ok(self.written(&decision, version_before));
            }
            self.ensure_created().await?;
            match self.commit(&decision, run).await? {
                Outcome::Committed => return Ok(self.written(&decision, version_before)),
                Outcome::Lost => lost = Some(decision),
            }
        }
        Err(LakehouseError::Conflict { attempts: ATTEMPTS })
    }

    fn written(&self, decision: &MergeDecision, version_before: Option<u64>) -> Written {
        let changed = decision.inserted.iter().chain(&decision.updated);
        let entry = |stored: &StoredRow| (stored.row.key.client.clone(), stored.row.key.channel.clone());
        let mut kept_entries: BTreeMap<(String, String), KeptRows> = BTreeMap::new();
        for stored in &decision.kept_newer {
            let kept = kept_entries.entry(entry(stored)).or_default();
            kept.count += 1;
            kept.latest = kept.latest.max(stored.last_updated);
        }
        Written {
            rows: RowCounts {
                inserted: decision.inserted.len(),
                updated: decision.updated.len(),
                unchanged: decision.unchanged,
                kept_newer: decision.kept_newer.len(),
            },
            changed_entries: changed.map(entry).collect(),
            kept_entries,
            version_before,
            version_after: self.version(),
        }
    }

    /// Whether the table's last transaction of ours is that of this run.
    async fn holds(&self, run: &RunStamp) -> Result<bool, LakehouseError> {
        let Some(table) = &self.table else { return Ok(false) };
        let last = table.snapshot()?.transaction_version(table.log_store().as_ref(), APPLICATION).await?;
        Ok(last == Some(run.started.as_microsecond()))
    }

    async fn commit(&mut self, decision: &MergeDecision, run: &RunStamp) -> Result<Outcome, LakehouseError> {
        let Some(table) = &self.table else { return Err(LakehouseError::Interrupted) };
        let before = table.version();
        match merge_rows(table.clone(), decision, run).await? {
            None => Ok(Outcome::Lost),
            Some((table, inserted, updated)) => {
                self.table = Some(table);
                if is_as_meant(decision, inserted, updated) {
                    Ok(Outcome::Committed)
                } else {
                    Err(self.roll_back(before, decision, inserted, updated).await?)
                }
            }
        }
    }

    /// Puts the table back to the version before a merge that wrote something else than was meant.
    async fn roll_back(
        &mut self,
        before: Option<u64>,
        decision: &MergeDecision,
        inserted: usize,
        updated: usize,
    ) -> Result<LakehouseError, LakehouseError> {
        let version = before.unwrap_or_default();
        if let Some(table) = self.table.take() {
            let restored = table.restore().with_version_to_restore(version).await;
            let (table, _) = restored.map_err(|error| LakehouseError::NotRolledBack {
                version,
                reason: LakehouseError::from(error).to_string(),
            })?;
            self.table = Some(table);
        }
        Ok(LakehouseError::RolledBack {
            inserted,
            updated,
            expected_inserted: decision.inserted.len(),
            expected_updated: decision.updated.len(),
            version,
        })
    }
}

/// Whether MERGE inserted and updated as many rows as were decided.
fn is_as_meant(decision: &MergeDecision, inserted: usize, updated: usize) -> bool {
    (inserted, updated) == (decision.inserted.len(), decision.updated.len())
}

enum Outcome {
    Committed,
    Lost,
}

/// The rows to compare with: those of the run's clients and months.
fn filter_of(rows: &[Row]) -> RowFilter {
    let clients: BTreeSet<&str> = rows.iter().map(|row| row.key.client.as_str()).collect();
    let first = rows.iter().map(|row| row.key.month).min();
    let last = rows.iter().map(|row| row.key.month).max();
    RowFilter { clients: Some(clients.into_iter().map(str::to_owned).collect()), months: first.zip(last) }
}

/// Runs MERGE over the rows that differ. None when another writer was faster; else the new table and the rows that
/// MERGE says it inserted and updated.
async fn merge_rows(
    table: DeltaTable,
    decision: &MergeDecision,
    run: &RunStamp,
) -> Result<Option<(DeltaTable, usize, usize)>, LakehouseError> {
    let rows: Vec<StoredRow> = decision.inserted.iter().chain(&decision.updated).cloned().collect();
    let session = session()?;
    let source = session.read_batch(encode(&rows)?)?;
    let of_source = |name: &str| exact(Some("source"), name);
    let same_key = KEY
        .into_iter()
        .map(|name| exact(Some("target"), name).eq(of_source(name)))
        .reduce(Expr::and)
        .ok_or(LakehouseError::Interrupted)?;
    let columns: Vec<&'static str> = dashboard_columns().iter().map(|column| column.name).collect();
    let updated: Vec<&'static str> =
        columns.iter().copied().filter(|name| !KEY.contains(name) && *name != CREATED).collect();
    let properties = CommitProperties::default()
        .with_metadata([(RUN_ID.to_owned(), run.run_id.clone().into())])
        .with_application_transaction(Transaction::new(APPLICATION, run.started.as_microsecond()));
    let merged = table
        .merge(source, same_key)
        .with_source_alias("source")
        .with_target_alias("target")
        .with_session_state(std::sync::Arc::new(session.state()))
        .with_commit_properties(properties)
        .when_matched_update(|update| {
            updated.iter().fold(update, |update, name| update.update(column(name), of_source(name)))
        })?
        .when_not_matched_insert(|insert| {
            columns.iter().fold(insert, |insert, name| insert.set(column(name), of_source(name)))
        })?
        .await;
    match merged {
        Ok((table, metrics)) => Ok(Some((table, metrics.num_target_rows_inserted, metrics.num_target_rows_updated))),
        Err(error) if is_lost_race(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A target column by its exact name.
fn column(name: &str) -> deltalake::datafusion::common::Column {
    deltalake::datafusion::common::Column::new_unqualified(name)
}

/// Waits a random while that grows with the attempts, so that no writer starves.
pub(crate) async fn pause(attempt: u32) {
    let most_millis = 20_u64.saturating_mul(2_u64.saturating_pow(attempt.min(7)));
    let millis = rand::random_range(0..=most_millis);
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[cfg(test)]
mod tests;
