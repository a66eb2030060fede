//! A roster in a CSV file, as spreadsheets export it.

use std::path::{Path, PathBuf};

use crate::cells::Column;
use crate::grid::{Grid, GridRow, Origin};

/// A larger file is no roster.
const LARGEST_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// A CSV file that cannot be read as a grid.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CsvError {
    /// There is no such file, or it may not be read.
    #[error("the roster {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Too large for a roster.
    #[error("the roster {} has {bytes} bytes, which is too large for a roster", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// UTF-16, or another encoding.
    #[error("the roster {} is not UTF-8 (line {line}); save it as \"CSV UTF-8\"", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The first line with a byte that is none.
        line: usize,
    },
    /// Not CSV.
    #[error("the roster {} is no CSV file", path.display())]
    NotCsv {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: csv::Error,
    },
}

/// Reads a CSV file: UTF-8 with or without a byte order mark; separated by commas, semicolons or tabs, whichever makes
/// sense of the header. Rows carry the line on which they begin.
///
/// # Errors
///
/// The file cannot be read, is too large, or is no CSV in UTF-8.
pub fn read_csv(path: &Path) -> Result<Grid, CsvError> {
    let unreadable = |source| CsvError::Unreadable { path: path.to_owned(), source };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > LARGEST_FILE_BYTES {
        return Err(CsvError::TooLarge { path: path.to_owned(), bytes });
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        CsvError::NotUtf8 { path: path.to_owned(), line: 1 + before.iter().filter(|byte| **byte == b'\n').count() }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let not_csv = |source| CsvError::NotCsv { path: path.to_owned(), source };
    let rows = rows(text, delimiter(text)).map_err(not_csv)?;
    Ok(Grid { source_name: path.display().to_string(), origin: Origin::LocalFile, rows })
}

fn rows(text: &str, delimiter: u8) -> Result<Vec<GridRow>, csv::Error> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
    let (mut counted_to, mut line) = (0, 1);
    let row = |record: Result<csv::StringRecord, csv::Error>| {
        let record = record?;
        // The reader's own line is that of the blank lines which it skips before a record.
        let begin = record.position().and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        let blank = text.bytes().skip(begin).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = text.as_bytes().get(counted_to..begin + blank).unwrap_or_default();
        line += u64::try_from(passed.iter().filter(|byte| **byte == b'\n').count()).unwrap_or_default();
        counted_to = begin + blank;
        Ok(GridRow { number: line, cells: record.iter().map(str::to_owned).collect() })
    };
    reader.records().map(row).collect()
}

/// The delimiter with which the first line names the most columns of a roster; a comma where none does better.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let named = |delimiter: u8| {
        let cells = rows(header, delimiter).ok().and_then(|rows| rows.into_iter().next()).map(|row| row.cells);
        let cells = cells.unwrap_or_default();
        Column::ALL.iter().filter(|column| cells.iter().any(|cell| column.is_named_by(cell))).count()
    };
    // The last of equals wins in max_by_key, so the comma stands last.
    [b'\t', b';', b','].into_iter().max_by_key(|delimiter| named(*delimiter)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Grid, CsvError> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("written");
        read_csv(file.path())
    }

    #[rstest]
    #[case::commas("Client,Authentication,Channel\nAcme,token,\"email, chat\"\n")]
    #[case::semicolons("Client;Authentication;Channel\nAcme;token;email, chat\n")]
    #[case::tabs("Client\tAuthentication\tChannel\nAcme\ttoken\temail, chat\n")]
    #[case::byte_order_mark("\u{feff}Client,Authentication,Channel\nAcme,token,\"email, chat\"\n")]
    #[case::windows_lines("Client,Authentication,Channel\r\nAcme,token,\"email, chat\"\r\n")]
    #[case::no_line_end("Client,Authentication,Channel\nAcme,token,\"email, chat\"")]
    fn a_file_is_read_as_spreadsheets_write_it(#[case] text: &str) {
        let grid = read(text.as_bytes()).expect("a grid");
        assert_eq!(grid.rows[0].cells, ["Client", "Authentication", "Channel"]);
        assert_eq!(grid.rows[1].cells, ["Acme", "token", "email, chat"]);
    }

    #[test]
    fn rows_are_numbered_by_the_line_on_which_they_begin() {
        let grid = read(b"Client,Channel\n\n\nAcme,\"email,\nchat\"\nGlobex\n").expect("a grid");
        assert_eq!(grid.rows.iter().map(|row| row.number).collect::<Vec<_>>(), [1, 4, 6]);
    }

    #[rstest]
    #[case::utf16(b"\xff\xfeC\0l\0", 1)]
    #[case::latin1(b"Client,Channel\nCaf\xe9,email\n", 2)]
    fn another_encoding_is_named_with_its_line(#[case] bytes: &[u8], #[case] expected: usize) {
        assert!(matches!(read(bytes), Err(CsvError::NotUtf8 { line, .. }) if line == expected));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = read_csv(Path::new("no/such/clients.csv")).expect_err("no file").to_string();
        assert_eq!(error, "the roster no/such/clients.csv cannot be read");
    }
}
