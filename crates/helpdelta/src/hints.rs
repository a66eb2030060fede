//! What to do about a failure. Libraries say what happened; advice lives here.

use helpdelta_core::AssemblyError;
use helpdelta_gorgias::ErrorKind;
use helpdelta_lakehouse::LakehouseError;
use helpdelta_roster::SheetError;

use crate::exit::{Exit, Failure};

/// The advice for a helpdesk that could not be read.
pub(crate) fn for_helpdesk(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Unauthorized => {
            "Put a valid key into this client's Authentication cell: the Base64 form of email:api_key, made in Gorgias \
             under Settings > REST API."
        }
        ErrorKind::Forbidden { .. } => {
            "Use the key of a user whose role may see statistics, and check that the account's plan has them."
        }
        ErrorKind::UnknownDomain => {
            "Check the Domain column: it must be the part of the helpdesk's address before .gorgias.com."
        }
        ErrorKind::NotFound { .. } => {
            "Check gorgias.base_url; if it is right, this account does not offer the reporting API."
        }
        ErrorKind::Refused { .. } => "The helpdesk does not take this request; please report it with this message.",
        ErrorKind::RateLimited => {
            "Another integration is using up this account's rate limit: run again later, or raise gorgias.max_retries."
        }
        ErrorKind::Server { .. } | ErrorKind::NotReady => {
            "The helpdesk has a fault of its own: run again later; https://status.gorgias.com shows its state."
        }
        ErrorKind::Timeout => "Run again later, or raise gorgias.request_timeout_secs.",
        ErrorKind::Network { .. } => "Check the connection of this machine to the helpdesk, then run again.",
        ErrorKind::Redirected { .. } => {
            "Check the Domain column and gorgias.base_url: a credential is only sent to the address configured."
        }
        ErrorKind::TooLarge { .. } => "Raise gorgias.max_answer_bytes if an answer of this size is plausible.",
        ErrorKind::TimeLimit { .. } => "Run again later, or raise gorgias.account_timeout_secs.",
        _ => "Run again; if it stays, please report it with this message.",
    }
}

/// The stable word and the advice for answers that cannot be true figures.
pub(crate) fn for_assembly(error: &AssemblyError) -> (&'static str, &'static str) {
    match error {
        AssemblyError::OutOfRange { .. } => (
            "impossible_value",
            "No such figure can be true, so none was stored; compare with the helpdesk's own page.",
        ),
        _ => ("contradiction", "Run again; if it stays, please report it with this message."),
    }
}

/// The advice for a sheet that could not be read.
pub(crate) fn for_sheet(error: &SheetError) -> String {
    match error {
        SheetError::NotShared { client_email, .. } => {
            format!("Open the sheet, press Share and add {client_email} as a viewer.")
        }
        SheetError::ApiDisabled { project } => {
            format!("Enable the Google Sheets API in the Google Cloud console of the project {project}.")
        }
        SheetError::NoSuchSpreadsheet { .. } => {
            "Copy roster.google_sheet from the sheet's address: the part between /d/ and /edit.".to_owned()
        }
        SheetError::NotAGoogleSheet { .. } => {
            "Open the file and choose File > Save as Google Sheets, then use the new file's id.".to_owned()
        }
        SheetError::NoSuchWorksheet { .. } => "Set roster.worksheet to one of these, or leave it out.".to_owned(),
        SheetError::EmptySheet { .. } => {
            "Put the header Client, Authentication, Channel into the first row.".to_owned()
        }
        SheetError::ClockWrong { .. } => "Set this machine's clock, or let it synchronise, then run again.".to_owned(),
        SheetError::KeyRefused { .. } | SheetError::TokenRefused { .. } => {
            "Make a new JSON key for the service account and put it where roster.service_account points.".to_owned()
        }
        SheetError::Quota { .. } => "Wait a minute and run again.".to_owned(),
        _ if error.is_passing() => "Run again later.".to_owned(),
        _ => "Check roster.sheets_url and the key file's token_uri; if they are right, please report this.".to_owned(),
    }
}

/// A failure of the table as one of the command, with its exit class and advice.
pub(crate) fn for_table(error: &LakehouseError) -> Failure {
    let (exit, hint) = match error {
        LakehouseError::Locked { .. } => (Exit::Locked, "Wait for the other run to end, then run again."),
        LakehouseError::NotWritable { .. } | LakehouseError::StorageRefused { .. } => {
            (Exit::Usage, "Choose a place that you may write to: table.uri, or HELPDELTA_TABLE_URI.")
        }
        LakehouseError::NoTable { .. } => {
            (Exit::Usage, "Run `helpdelta sync` first, or point table.uri to an existing table.")
        }
        LakehouseError::SchemaMismatch { .. } => {
            (Exit::Usage, "Point table.uri to a table that helpdelta made, or to an empty place.")
        }
        LakehouseError::Query(_) => (
            Exit::Usage,
            "Names are case-sensitive: SELECT Client, Month FROM Monthly_Dashboard. Only queries are allowed.",
        ),
        LakehouseError::UnreadableRow { .. } | LakehouseError::BrokenKey(_) => {
            (Exit::Integrity, "Nothing was asked and nothing was written. Repair or restore the table, then run again.")
        }
        LakehouseError::RolledBack { .. } => {
            (Exit::Integrity, "The table is as it was. Please report this with the message.")
        }
        LakehouseError::NotRolledBack { version, .. } => {
            let hint = format!("Restore the table to version {version} before anything else is written to it.");
            return Failure::new(Exit::Integrity, error.code(), crate::exit::with_causes(error), hint);
        }
        LakehouseError::Conflict { .. } => (Exit::Locked, "Run again when the other writers are done."),
        LakehouseError::Output(_) => (Exit::Unexpected, "Check where the output goes: is the disk full?"),
        _ => (Exit::Unexpected, "Check the place of the table; if it is sound, please report this with the message."),
    };
    Failure::new(exit, error.code(), crate::exit::with_causes(error), hint)
}
