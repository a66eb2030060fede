//! Where a table is.

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// The place of a table. Only the local file system in this build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableLocation {
    shown: String,
    path: PathBuf,
}

/// A `table.uri` that names no place this build can reach.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLocation {
    /// Nothing there.
    #[error("the table has no place: the setting is empty")]
    Empty,
    /// Another kind of storage.
    #[error("this build cannot reach {scheme}:// storage; it keeps tables on the local file system")]
    Unsupported {
        /// The scheme of the address.
        scheme: String,
    },
    /// A path that cannot be made absolute, or a `file://` address of another machine.
    #[error("{text:?} is no path")]
    NoPath {
        /// What was given.
        text: String,
    },
    /// Delta's own code decodes a path's `%20` once more, and would read another place than it wrote.
    #[error("{text:?} has a %, which a table's path cannot have")]
    Percent {
        /// What was given.
        text: String,
    },
    /// The place belongs to another table.
    #[error("{text:?} ends in _Runs, which is where the runs table of another table lies")]
    Taken {
        /// What was given.
        text: String,
    },
    /// The last part of the path cannot name a table.
    #[error("{text:?} does not end in the name of a table")]
    NoName {
        /// What was given.
        text: String,
    },
}

impl TableLocation {
    /// Reads a path or a `file://` address; a relative path starts at `folder`.
    ///
    /// # Errors
    ///
    /// The text is empty, names another kind of storage, or is no path to a name.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, InvalidLocation> {
        let text = text.trim().trim_end_matches('/');
        if text.is_empty() {
            return Err(InvalidLocation::Empty);
        }
        let no_path = || InvalidLocation::NoPath { text: text.to_owned() };
        let path = match text.split_once("://") {
            None => folder.join(text),
            Some(("file", _)) => Url::parse(text).ok().and_then(|url| url.to_file_path().ok()).ok_or_else(no_path)?,
            Some((scheme, _)) => return Err(InvalidLocation::Unsupported { scheme: scheme.to_owned() }),
        };
        let path = std::path::absolute(path).map_err(|_| no_path())?;
        let named = path.file_name().and_then(|name| name.to_str()).is_some();
        if !named {
            return Err(InvalidLocation::NoName { text: text.to_owned() });
        }
        if path.to_string_lossy().contains('%') {
            return Err(InvalidLocation::Percent { text: text.to_owned() });
        }
        if path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with("_Runs")) {
            return Err(InvalidLocation::Taken { text: text.to_owned() });
        }
        Ok(Self { shown: path.display().to_string(), path })
    }

    /// The place of the table that lies beside this one, with `suffix` after its name.
    #[must_use]
    pub fn beside(&self, suffix: &str) -> Self {
        let path = self.with_suffix(suffix);
        Self { shown: path.display().to_string(), path }
    }

    /// The table's name: the last part of its place.
    pub fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// The file beside the table that a writer locks.
    pub(crate) fn lock_path(&self) -> PathBuf {
        self.with_suffix(".lock")
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The address that delta-rs takes; none for a path that no address can spell.
    pub(crate) fn url(&self) -> Option<Url> {
        Url::from_directory_path(&self.path).ok()
    }

    fn with_suffix(&self, suffix: &str) -> PathBuf {
        self.path.with_file_name(format!("{}{suffix}", self.name()))
    }
}

impl fmt::Display for TableLocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::relative("lakehouse/Monthly_Dashboard", "/data/lakehouse/Monthly_Dashboard")]
    #[case::absolute("/lake/Monthly_Dashboard/", "/lake/Monthly_Dashboard")]
    #[case::address("file:///lake/Monthly%20Dashboard", "/lake/Monthly Dashboard")]
    fn a_location_is_an_absolute_path(#[case] text: &str, #[case] expected: &str) {
        let location = TableLocation::parse(text, Path::new("/data")).expect("a location");
        assert_eq!(location.to_string(), expected);
        assert_eq!(location.beside("_Runs").to_string(), format!("{expected}_Runs"));
    }

    #[rstest]
    #[case::empty(" ", "empty")]
    #[case::cloud("abfss://ws@onelake.dfs.fabric.microsoft.com/x", "abfss://")]
    #[case::no_name("/", "empty")]
    #[case::parent("..", "name of a table")]
    #[case::percent("lake%20y/Table", "has a %")]
    #[case::runs_table("lake/Monthly_Dashboard_Runs", "runs table of another")]
    fn what_is_no_place_says_why(#[case] text: &str, #[case] reason: &str) {
        let error = TableLocation::parse(text, Path::new("/data")).expect_err("no location").to_string();
        assert!(error.contains(reason), "{error}");
    }
}
