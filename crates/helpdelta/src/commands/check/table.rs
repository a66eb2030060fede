//! The table's place.

use helpdelta_lakehouse::{LakehouseError, WriterLock};

use super::{Check, Name};
use crate::hints;
use crate::run::open;
use crate::settings::Settings;

/// Whether the table fits, and whether a run could write to it now.
pub(super) async fn check(settings: &Settings) -> Vec<Check> {
    let subject = settings.table.to_string();
    let (mut found, mut checks) = (Vec::new(), Vec::new());
    match open(settings).await.map(|dashboard| dashboard.version()) {
        Ok(Some(version)) => found.push(format!("version {version} has the columns of helpdelta")),
        Ok(None) => found.push("there is none yet; the first sync makes it".to_owned()),
        Err(failure) => checks.push(Check::failure(Name::Table, &subject, &failure)),
    }
    match WriterLock::probe(&settings.table) {
        Ok(()) => found.push("its place can be written to".to_owned()),
        Err(LakehouseError::Locked { .. }) => {
            let hint = "Wait for it to end before you start one of your own.";
            checks.push(Check::warning(Name::Table, &subject, "another run is writing to it now", hint));
        }
        Err(error) => checks.push(Check::failure(Name::Table, &subject, &hints::for_table(&error))),
    }
    if checks.is_empty() {
        checks.push(Check::ok(Name::Table, &subject, found.join("; ")));
    }
    checks
}
