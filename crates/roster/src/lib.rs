//! Reads the list of helpdesk accounts.
//!
//! A roster is a grid of text with a header: [`Grid`] is what a CSV file ([`read_csv`]) or a Google Sheet
//! ([`GoogleSheet`]) gives, and [`Roster::from_grid`] judges it, the same way whatever the grid came from. A roster is
//! good as a whole or refused as a whole, with every bad cell named at once by its place. Cells are hostile input, and
//! one of them is a secret: no message shows what may be one. [`RosterCopy`] keeps the last good sheet for the day on
//! which Google is down.

mod cells;
mod copy;
mod csv_file;
mod google;
mod grid;
mod problem;
mod secrets;

pub use copy::{CopyError, RosterCopy};
pub use csv_file::{CsvError, read_csv};
pub use google::{
    GoogleServer, GoogleSheet, HttpClientError, InvalidKey, InvalidServiceUrl, InvalidSpreadsheetId, KeyFileError,
    ServiceAccountKey, ServiceUrl, SheetError, SheetLimits, SheetReading, SheetRetry, SheetSettings, SheetSource,
    SpreadsheetId,
};
pub use grid::{Grid, GridRow, Origin, Roster, RosterAccount, RosterEntry};
pub use problem::{CellAddress, InvalidRoster, Place, Problem};
pub use secrets::Secrets;
