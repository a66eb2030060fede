//! One writer at a time on the local file system.

use std::fs::{File, TryLockError};

use crate::error::LakehouseError;
use crate::location::TableLocation;

/// The right to write to a table, until it is dropped. The system gives the lock back when the process ends, however
/// it ends; the empty file `<table>.lock` stays.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock, and so finds out whether the table's folder can be written to; makes the folder above the table.
    ///
    /// # Errors
    ///
    /// [`LakehouseError::Locked`] if another run holds it, [`LakehouseError::NotWritable`] if the place cannot be
    /// written to.
    pub fn acquire(location: &TableLocation) -> Result<Self, LakehouseError> {
        let not_writable = |error: std::io::Error| LakehouseError::NotWritable {
            location: location.to_string(),
            reason: error.to_string(),
        };
        if location.path().exists() && !location.path().is_dir() {
            let reason = "it is a file, not a folder".to_owned();
            return Err(LakehouseError::NotWritable { location: location.to_string(), reason });
        }
        let path = location.lock_path();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(not_writable)?;
        }
        if location.path().is_dir() {
            // The lock lies beside the table; whether the table itself can be written to is another question.
            tempfile::tempfile_in(location.path()).map_err(not_writable)?;
        }
        let file = File::options().create(true).append(true).open(&path).map_err(not_writable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LakehouseError::Locked { location: location.to_string() }),
            Err(TryLockError::Error(error)) => Err(not_writable(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(folder: &std::path::Path) -> TableLocation {
        TableLocation::parse("lake/Monthly_Dashboard", folder).expect("a location")
    }

    #[test]
    fn a_second_writer_is_refused_until_the_first_is_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = WriterLock::acquire(&location(folder.path())).expect("the lock");
        let second = WriterLock::acquire(&location(folder.path()));
        assert!(matches!(second, Err(LakehouseError::Locked { .. })));
        drop(first);
        WriterLock::acquire(&location(folder.path())).expect("the lock again");
    }

    #[test]
    fn a_place_that_cannot_be_a_folder_is_not_writable() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("lake"), "a file").expect("written");
        let refused = WriterLock::acquire(&location(folder.path()));
        assert!(matches!(refused, Err(LakehouseError::NotWritable { .. })), "{refused:?}");
    }
}
