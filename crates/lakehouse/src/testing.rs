//! What somebody with another tool would do to a table, for tests of other crates.

use std::sync::Arc;

use crate::error::LakehouseError;
use crate::location::TableLocation;
use crate::session::session;
use crate::table::open_table;

/// Sets `Closed_Tickets` of every row, in a commit that is none of a run.
///
/// # Errors
///
/// There is no table, or it cannot be written.
pub async fn set_closed_tickets(location: &TableLocation, count: i64) -> Result<(), LakehouseError> {
    let table = open_table(location).await?;
    let table = table.ok_or_else(|| LakehouseError::NoTable { location: location.to_string() })?;
    let session = Arc::new(session()?.state());
    table.update().with_update("Closed_Tickets", count.to_string()).with_session_state(session).await?;
    Ok(())
}
