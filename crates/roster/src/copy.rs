//! The last good copy of a sheet, for the day on which Google is down.
//!
//! The copy holds the sheet's cells as they are, **credentials included**: it is as secret as the sheet itself. The file
//! and, where it has to be created, its folder are open to their owner alone.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::google::SheetSource;
use crate::grid::Grid;

const SCHEMA_VERSION: u64 = 1;
/// Larger than any sheet that is ever read.
const LARGEST_COPY_BYTES: u64 = 64 * 1024 * 1024;

/// A sheet as it was when it was last read. `Debug` shows no cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RosterCopy {
    /// Which worksheet it was.
    pub source: SheetSource,
    /// Its cells.
    pub grid: Grid,
    /// When it was read.
    pub fetched_at: Timestamp,
}

/// A copy that cannot be used or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// None was ever saved.
    #[error("there is no copy of the roster at {} yet", path.display())]
    NoneYet {
        /// Where it would be.
        path: PathBuf,
    },
    /// It may not be read.
    #[error("the copy of the roster {} cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Not a file that this program wrote whole.
    #[error("{} is no copy of a roster, or a damaged one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Written by a later release.
    #[error("the copy of the roster {} was written by a newer version (its format is {version})", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// The format's number.
        version: u64,
    },
    /// The settings name another worksheet than the copy was made of.
    #[error("the copy of the roster {} is of {source_name}, not of the worksheet in the settings", path.display())]
    OtherSheet {
        /// The file.
        path: PathBuf,
        /// What it was made of.
        source_name: String,
    },
    /// It cannot be saved.
    #[error("the copy of the roster {} cannot be written", path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

#[derive(Deserialize)]
struct Version {
    schema_version: u64,
}

#[derive(Deserialize)]
struct Stored {
    source: SheetSource,
    fetched_at: Timestamp,
    grid: Grid,
}

#[derive(Serialize)]
struct Storing<'a> {
    schema_version: u64,
    source: &'a SheetSource,
    fetched_at: Timestamp,
    grid: &'a Grid,
}

impl RosterCopy {
    /// Puts the copy in the place of an earlier one, whole or not at all. On Unix its mode is 0600 from the first byte.
    ///
    /// # Errors
    ///
    /// The folder cannot be created, or the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), CopyError> {
        let not_written = |source| CopyError::NotWritten { path: path.to_owned(), source };
        let storing = Storing {
            schema_version: SCHEMA_VERSION,
            source: &self.source,
            fetched_at: self.fetched_at,
            grid: &self.grid,
        };
        let text = serde_json::to_vec(&storing).map_err(|error| not_written(error.into()))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        create_private(folder).map_err(not_written)?;
        // A temporary file of this kind is its owner's alone.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(not_written)?;
        file.write_all(&text).map_err(not_written)?;
        file.as_file().sync_all().map_err(not_written)?;
        file.persist(path).map_err(|error| not_written(error.error))?;
        Ok(())
    }

    /// Reads the copy of `source`.
    ///
    /// # Errors
    ///
    /// There is none, it cannot be read, is damaged, was written by a newer version, or is of another worksheet.
    pub fn load(path: &Path, source: &SheetSource) -> Result<Self, CopyError> {
        let damaged = || CopyError::Damaged { path: path.to_owned() };
        let text = read(path)?;
        let Version { schema_version: version } = serde_json::from_slice(&text).map_err(|_| damaged())?;
        if version > SCHEMA_VERSION {
            return Err(CopyError::Newer { path: path.to_owned(), version });
        }
        let stored: Stored = serde_json::from_slice(&text).map_err(|_| damaged())?;
        if stored.source != *source {
            return Err(CopyError::OtherSheet { path: path.to_owned(), source_name: stored.grid.source_name });
        }
        Ok(Self { source: stored.source, grid: stored.grid, fetched_at: stored.fetched_at })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CopyError> {
    let unreadable = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => CopyError::NoneYet { path: path.to_owned() },
        _ => CopyError::Unreadable { path: path.to_owned(), source },
    };
    if std::fs::metadata(path).map_err(unreadable)?.len() > LARGEST_COPY_BYTES {
        return Err(CopyError::Damaged { path: path.to_owned() });
    }
    std::fs::read(path).map_err(unreadable)
}

fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests;
