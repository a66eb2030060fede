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
        let not_writable = not_writable(location);
        refuse_file(location)?;
        let path = location.lock_path();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(&not_writable)?;
        }
        if location.path().is_dir() {
            // The lock lies beside the table; whether the table itself can be written to is another question.
            tempfile::tempfile_in(location.path()).map_err(&not_writable)?;
        }
        let file = File::options().create(true).append(true).open(&path).map_err(&not_writable)?;
        Self::of(file, location)
    }

    /// Finds out whether a run could take the lock and write, by files that are made and removed again, and leaves
    /// nothing behind: what is not there yet is not made.
    ///
    /// # Errors
    ///
    /// As [`WriterLock::acquire`].
    pub fn probe(location: &TableLocation) -> Result<(), LakehouseError> {
        let not_writable = not_writable(location);
        refuse_file(location)?;
        let lock_path = location.lock_path();
        let beside = lock_path.ancestors().skip(1).find(|folder| folder.exists());
        for folder in beside.into_iter().chain(Some(location.path()).filter(|folder| folder.is_dir())) {
            tempfile::NamedTempFile::new_in(folder).and_then(|file| file.close()).map_err(&not_writable)?;
        }
        if lock_path.exists() {
            let file = File::options().append(true).open(&lock_path).map_err(&not_writable)?;
            drop(Self::of(file, location)?);
        }
        Ok(())
    }

    fn of(file: File, location: &TableLocation) -> Result<Self, LakehouseError> {
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LakehouseError::Locked { location: location.to_string() }),
            Err(TryLockError::Error(error)) => Err(not_writable(location)(error)),
        }
    }
}

fn not_writable(location: &TableLocation) -> impl Fn(std::io::Error) -> LakehouseError {
    |error| LakehouseError::NotWritable { location: location.to_string(), reason: error.to_string() }
}

fn refuse_file(location: &TableLocation) -> Result<(), LakehouseError> {
    if location.path().exists() && !location.path().is_dir() {
        let reason = "it is a file, not a folder".to_owned();
        return Err(LakehouseError::NotWritable { location: location.to_string(), reason });
    }
    Ok(())
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

    #[test]
    fn a_probe_leaves_nothing_behind_and_sees_what_a_run_would_meet() {
        let folder = tempfile::tempdir().expect("a folder");
        WriterLock::probe(&location(folder.path())).expect("a place to write to");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        let lock = WriterLock::acquire(&location(folder.path())).expect("the lock");
        let locked = WriterLock::probe(&location(folder.path()));
        assert!(matches!(locked, Err(LakehouseError::Locked { .. })), "{locked:?}");
        drop(lock);
        WriterLock::probe(&location(folder.path())).expect("a place to write to");
        std::fs::remove_dir_all(folder.path().join("lake")).expect("removed");
        std::fs::write(folder.path().join("lake"), "a file").expect("written");
        let refused = WriterLock::probe(&location(folder.path()));
        assert!(matches!(refused, Err(LakehouseError::NotWritable { .. })), "{refused:?}");
    }
}
