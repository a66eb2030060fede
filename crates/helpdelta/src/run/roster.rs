//! The roster from where it is kept, once a run.

use std::path::Path;

use helpdelta_roster::{
    CopyError, GoogleSheet, Grid, KeyFileError, Roster, RosterCopy, Secrets, ServiceAccountKey, SheetError,
    SheetSettings, read_csv,
};
use jiff::Timestamp;

use crate::commands::Context;
use crate::exit::{Exit, Failure, with_causes};
use crate::hints;
use crate::settings::{RosterSource, Settings, SheetRoster};

/// Reads the roster. A sheet that was read well is kept as the last good copy; with `use_copy`, the copy serves when
/// Google is down, and says so.
///
/// # Errors
///
/// The file or sheet cannot be read, or the roster is bad.
pub(crate) async fn read(settings: &Settings, use_copy: bool, context: &Context<'_>) -> Result<Roster, Failure> {
    match &settings.roster {
        RosterSource::File(file) => {
            let grid = read_csv(file).map_err(|error| {
                let hint = "Run `helpdelta init` for a sample, or point roster.file to your list of clients.";
                Failure::new(Exit::Usage, "roster_unreadable", with_causes(&error), hint)
            })?;
            judge(&grid, file.parent().unwrap_or_else(|| Path::new("")), context)
        }
        RosterSource::Sheet(sheet) => read_sheet(sheet, use_copy, context).await,
    }
}

async fn read_sheet(sheet: &SheetRoster, use_copy: bool, context: &Context<'_>) -> Result<Roster, Failure> {
    let reading = match open(sheet)?.read().await {
        Ok(reading) => reading,
        Err(error) if error.is_passing() && use_copy => return read_copy(sheet, &error, context),
        Err(error) => return Err(sheet_failure(&error, sheet)),
    };
    let mut roster = judge(&reading.grid, &sheet.folder, context)?;
    let copy = RosterCopy { source: sheet.source.clone(), grid: reading.grid, fetched_at: reading.fetched_at };
    if let Err(error) = copy.save(&sheet.cache_file) {
        roster.warnings.push(format!("no copy of the sheet was kept: {}", with_causes(&error)));
    }
    Ok(roster)
}

/// Sets up the sheet; nothing is asked yet.
pub(crate) fn open(sheet: &SheetRoster) -> Result<GoogleSheet, Failure> {
    let key = ServiceAccountKey::read(&sheet.service_account).map_err(|error| key_failure(&error))?;
    let settings = SheetSettings {
        sheets_url: sheet.sheets_url.clone(),
        retry: sheet.retry,
        ..SheetSettings::new(sheet.source.clone(), key)
    };
    GoogleSheet::new(settings, Timestamp::now).map_err(|error| {
        let hint = "Check this machine's certificates and proxy settings.";
        Failure::new(Exit::Unexpected, "http_client", with_causes(&error), hint)
    })
}

fn read_copy(sheet: &SheetRoster, error: &SheetError, context: &Context<'_>) -> Result<Roster, Failure> {
    let copy = RosterCopy::load(&sheet.cache_file, &sheet.source).map_err(|copy_error: CopyError| {
        let message = format!("{error}; and {}", with_causes(&copy_error));
        Failure::new(Exit::Usage, error.code(), message, hints::for_sheet(error))
    })?;
    let mut roster = judge(&copy.grid, &sheet.folder, context)?;
    let age_secs = (context.now.as_second() - copy.fetched_at.as_second()).max(0);
    let age = crate::figures::duration(f64::from(u32::try_from(age_secs).unwrap_or(u32::MAX)));
    let warning = format!(
        "Google is down ({error}): this run uses the copy of the sheet from {}, which is {age} old; clients added or \
         removed since are not known",
        copy.fetched_at
    );
    context.printer.warning(&warning);
    roster.warnings.push(warning);
    Ok(roster)
}

/// `file:` references of cells start at `folder`.
fn judge(grid: &Grid, folder: &Path, context: &Context<'_>) -> Result<Roster, Failure> {
    Roster::from_grid(grid, &Secrets::new(folder, context.environment)).map_err(|error| {
        let hint = "Mend these cells and run again; nothing was asked and nothing was written.";
        Failure::new(Exit::Usage, "roster_invalid", error.to_string(), hint)
    })
}

/// A sheet that cannot be read, as a failure of the command.
pub(crate) fn sheet_failure(error: &SheetError, sheet: &SheetRoster) -> Failure {
    let hint = match error {
        _ if error.is_passing() && sheet.cache_file.exists() => {
            "Run again later; or go on with the last good copy of the sheet: --roster-cache.".to_owned()
        }
        _ => hints::for_sheet(error),
    };
    Failure::new(Exit::Usage, error.code(), error.to_string(), hint)
}

fn key_failure(error: &KeyFileError) -> Failure {
    let hint = "In the Google Cloud console, make a JSON key for the service account and point roster.service_account to \
                that file.";
    Failure::new(Exit::Usage, "service_account", with_causes(error), hint)
}
