//! The DataFusion session that everything here runs in.

use std::collections::HashMap;

use deltalake::datafusion::prelude::SessionContext;
use deltalake::delta_datafusion::DeltaSessionContext;

use crate::error::LakehouseError;

/// Delta's session (column names are case-sensitive) without string views: files written with them stumble readers
/// that take Arrow's word for the physical type (`dependencies.md`).
pub(crate) fn session() -> Result<SessionContext, LakehouseError> {
    let overrides =
        HashMap::from([("datafusion.execution.parquet.schema_force_view_types".to_owned(), "false".to_owned())]);
    Ok(DeltaSessionContext::new_with_session_overrides(&overrides)?.into_inner())
}
