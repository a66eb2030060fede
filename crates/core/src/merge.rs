//! The merge law: what a run changes in the table.
//!
//! Match and some value differs: update. Match and nothing differs: not touched. No match: insert. In the table but not
//! in the run: stays. A row that a newer run wrote: stays. Applying a run twice equals applying it once.

use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::{Figures, Row, RowKey, StoredRow};

/// What a run changes, sorted by key.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergeDecision {
    /// New rows.
    pub inserted: Vec<StoredRow>,
    /// Rows with a value that differs, as they will be.
    pub updated: Vec<StoredRow>,
    /// How many rows of the run are in the table as they are.
    pub unchanged: usize,
    /// Rows that differ, but were last written by a run that began later: left alone, as the table has them.
    pub kept_newer: Vec<StoredRow>,
}

impl MergeDecision {
    /// Whether the table is already as the run wants it.
    pub fn is_empty(&self) -> bool {
        self.inserted.is_empty() && self.updated.is_empty()
    }
}

/// Rows that break the table's key; nothing is written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The run has a key twice.
    #[error("the run has two rows for {key}")]
    DuplicateInRun {
        /// The key.
        key: RowKey,
    },
    /// The table has a key twice.
    #[error("the table has two rows for {key}")]
    DuplicateInTable {
        /// The key.
        key: RowKey,
    },
}

/// Applies the merge law to the rows of a run that began at `run_started`, which stamps what it writes.
///
/// `stored` may hold more rows than the run; those stay.
///
/// # Errors
///
/// Either side has a key twice.
pub fn decide_merge(
    stored: impl IntoIterator<Item = StoredRow>,
    run: impl IntoIterator<Item = Row>,
    run_started: Timestamp,
) -> Result<MergeDecision, MergeError> {
    let mut incoming: HashMap<RowKey, Row> = HashMap::new();
    for row in run {
        match incoming.entry(row.key.clone()) {
            Slot::Occupied(slot) => return Err(MergeError::DuplicateInRun { key: slot.key().clone() }),
            Slot::Vacant(slot) => drop(slot.insert(row)),
        }
    }
    let mut met: HashSet<RowKey> = HashSet::with_capacity(incoming.len());
    let mut decision = MergeDecision::default();
    for stored in stored {
        if met.contains(&stored.row.key) {
            return Err(MergeError::DuplicateInTable { key: stored.row.key });
        }
        let Some(row) = incoming.remove(&stored.row.key) else { continue };
        met.insert(row.key.clone());
        let row = Row { figures: row.figures.over(&stored.row.figures), ..row };
        if row == stored.row {
            decision.unchanged += 1;
        } else if stored.last_updated.is_some_and(|last_updated| last_updated > run_started) {
            decision.kept_newer.push(stored);
        } else {
            decision.updated.push(StoredRow { row, created: stored.created, last_updated: Some(run_started) });
        }
    }
    decision.inserted = incoming
        .into_values()
        .map(|row| {
            let row = Row { figures: row.figures.over(&Figures::default()), ..row };
            StoredRow { row, created: Some(run_started), last_updated: Some(run_started) }
        })
        .collect();
    decision.inserted.sort_by(|left, right| left.row.key.cmp(&right.row.key));
    decision.updated.sort_by(|left, right| left.row.key.cmp(&right.row.key));
    decision.kept_newer.sort_by(|left, right| left.row.key.cmp(&right.row.key));
    Ok(decision)
}

#[cfg(test)]
mod tests;
