//! Credentials by reference: `env:NAME` and `file:PATH`.

use std::path::{Path, PathBuf};

use helpdelta_core::Credential;

/// Where references lead.
pub struct Secrets<'a> {
    folder: PathBuf,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl std::fmt::Debug for Secrets<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Secrets").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A file larger than this is no credential.
const LARGEST_SECRET_BYTES: u64 = 64 * 1024;

impl<'a> Secrets<'a> {
    /// References to files are relative to `folder`; those to variables are looked up with `environment`.
    pub fn new(folder: &Path, environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { folder: folder.to_owned(), environment }
    }

    /// The credential that a cell holds or refers to. The error says what is wrong and not what the cell holds.
    pub(crate) fn credential(&self, cell: &str) -> Result<Credential, String> {
        let cell = cell.trim();
        if let Some(name) = cell.strip_prefix("env:") {
            let name = name.trim();
            let value = (self.environment)(name).ok_or_else(|| format!("the environment has no variable {name:?}"))?;
            return Credential::parse(&value).map_err(|error| format!("in the variable {name:?}: {error}"));
        }
        if let Some(path) = cell.strip_prefix("file:") {
            let path = self.folder.join(path.trim());
            let value = read(&path).map_err(|error| format!("the file {}: {error}", path.display()))?;
            return Credential::parse(&value).map_err(|error| format!("in the file {}: {error}", path.display()));
        }
        Credential::parse(cell).map_err(|error| error.to_string())
    }
}

fn read(path: &Path) -> Result<String, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > LARGEST_SECRET_BYTES {
        return Err(format!("{length} bytes are too many for a credential"));
    }
    std::fs::read_to_string(path).map_err(|error| error.to_string())
}
