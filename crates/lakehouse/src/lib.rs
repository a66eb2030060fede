//! The Delta table of helpdelta: open, create, compare, merge, query.
//!
//! All of deltalake and DataFusion stays behind this crate: its interface speaks the rows of `helpdelta-core` and plain
//! texts, so that a change elsewhere builds in seconds. What a run changes is decided by the merge law in core; this
//! crate reads the rows to compare, writes only those that differ, in one commit, and starts over when another writer
//! was faster.

mod encoding;
mod error;
mod history;
mod location;
mod lock;
mod merge;
mod query;
mod runs;
mod schema;
mod session;
mod table;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use error::LakehouseError;
pub use history::ForeignChange;
pub use location::{InvalidLocation, TableLocation};
pub use lock::WriterLock;
pub use merge::{KeptRows, RunStamp, Written};
pub use query::{QueryResult, query};
pub use runs::RunLine;
pub use schema::{ColumnDescription, described_columns};
pub use table::{Dashboard, RowFilter};
