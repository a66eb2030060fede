//! The one place that writes to the terminal: data to standard output, everything else to standard error.
//!
//! Colours follow `NO_COLOR`, `CLICOLOR_FORCE` and whether there is a terminal; both streams drop them by themselves.

use std::io::{ErrorKind, Write};

use anstyle::{AnsiColor, Style};
use comfy_table::{ContentArrangement, Table, TableComponent, presets};
use serde::Serialize;

use crate::exit::{Exit, Failure};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Writes to the terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Printer;

impl Printer {
    /// Writes a line of the result.
    ///
    /// # Errors
    ///
    /// Standard output cannot be written to; a reader that went away is no error.
    pub(crate) fn line(self, text: &str) -> Result<(), Failure> {
        written(writeln!(anstream::stdout(), "{text}"))
    }

    /// Writes a result with a writer of its own.
    ///
    /// # Errors
    ///
    /// As [`Printer::line`].
    pub(crate) fn data(self, write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<(), Failure> {
        let mut output = std::io::BufWriter::new(std::io::stdout().lock());
        written(write(&mut output).and_then(|()| output.flush()))
    }

    /// Writes one JSON document.
    ///
    /// # Errors
    ///
    /// As [`Printer::line`].
    pub(crate) fn json(self, document: &impl Serialize) -> Result<(), Failure> {
        self.data(|output| {
            serde_json::to_writer_pretty(&mut *output, document)?;
            writeln!(output)
        })
    }

    /// Writes a remark for people.
    pub(crate) fn remark(self, text: &str) {
        // Nobody is left to tell when standard error is gone.
        let _ = writeln!(anstream::stderr(), "{text}");
    }

    /// Writes a warning.
    pub(crate) fn warning(self, text: &str) {
        self.remark(&format!("{WARNING}warning{WARNING:#}: {}", printable(text)));
    }

    /// Writes why a command failed, and what to do.
    pub(crate) fn failure(self, failure: &Failure) {
        self.remark(&format!("{ERROR}error{ERROR:#}: {}", printable(&failure.message)));
        if !failure.hint.is_empty() {
            self.remark(&format!("{HINT}hint{HINT:#}: {}", printable(&failure.hint)));
        }
    }
}

/// A text without anything that could steer the terminal: names of agents and answers of servers are hostile input.
/// Line breaks stay.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|letter| if is_steering(letter) { '\u{fffd}' } else { letter }).collect()
}

/// An empty table with a rule above, below and under its header, and none between rows.
pub(crate) fn ruled_table() -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Disabled);
    table.remove_style(TableComponent::HorizontalLines);
    table.remove_style(TableComponent::MiddleIntersections);
    table.remove_style(TableComponent::LeftBorderIntersections);
    table.remove_style(TableComponent::RightBorderIntersections);
    table
}

fn is_steering(letter: char) -> bool {
    // Control characters, and the marks that turn the direction of what follows.
    (letter.is_control() && letter != '\n')
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

fn written(result: std::io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            let message = format!("standard output cannot be written to: {error}");
            Err(Failure::new(Exit::Unexpected, "output", message, "Check where the output goes: is the disk full?"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_steer_the_terminal() {
        assert_eq!(printable("Maya\u{1b}[31m \u{202e}dniL\nnext"), "Maya\u{fffd}[31m \u{fffd}dniL\nnext");
        assert_eq!(printable("Åsa 田中"), "Åsa 田中");
    }
}
