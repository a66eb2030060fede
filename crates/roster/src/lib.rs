//! Reads the list of helpdesk accounts.
//!
//! A roster is a grid of text with a header: [`Grid`] is what a CSV file (or any other spreadsheet) gives, and
//! [`Roster::from_grid`] judges it, the same way whatever the grid came from. A roster is good as a whole or refused as
//! a whole, with every bad cell named at once by its place. Cells are hostile input, and one of them is a secret: no
//! message shows what may be one.

mod cells;
mod csv_file;
mod grid;
mod problem;
mod secrets;

pub use csv_file::{CsvError, read_csv};
pub use grid::{Grid, GridRow, Roster, RosterAccount, RosterEntry};
pub use problem::{InvalidRoster, Problem};
pub use secrets::Secrets;
