//! Credentials by reference: `env:NAME` and `file:PATH`.

use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use helpdelta_core::Credential;

use crate::grid::Origin;
use crate::problem::shown;

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
    ///
    /// A sheet may be edited by people who may not read this machine's files: its `file:` references stay below the
    /// folder.
    pub(crate) fn credential(&self, cell: &str, origin: Origin) -> Result<Credential, String> {
        let cell = cell.trim();
        if cell.chars().any(char::is_control) && (cell.starts_with("env:") || cell.starts_with("file:")) {
            return Err("the reference has a line break or another control character".to_owned());
        }
        if let Some(name) = cell.strip_prefix("env:") {
            let name = name.trim();
            let value =
                (self.environment)(name).ok_or_else(|| format!("the environment has no variable {}", named(name)))?;
            return Credential::parse(&value).map_err(|error| format!("in the variable {}: {error}", named(name)));
        }
        if let Some(path) = cell.strip_prefix("file:") {
            let path = Path::new(path.trim());
            if origin == Origin::GoogleSheet && !stays_below(path) {
                return Err("a sheet may refer only to a file by a relative path without \"..\"".to_owned());
            }
            let shown = of_path(path);
            let value = read(&self.folder.join(path)).map_err(|error| format!("the file {shown}: {error}"))?;
            return Credential::parse(&value).map_err(|error| format!("in the file {shown}: {error}"));
        }
        Credential::parse(cell).map_err(|error| error.to_string())
    }
}

/// A variable's name, if it looks like one and not like a token that was pasted behind `env:`.
fn named(name: &str) -> String {
    let like_a_name = name.starts_with(|letter: char| letter.is_ascii_uppercase() || letter == '_')
        && name.chars().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == '_');
    if like_a_name { format!("{name:?}") } else { "of that name".to_owned() }
}

/// A path, if it looks like one and not like a token that was pasted behind `file:`.
fn of_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    if text.contains(['.', '\\']) || path.is_absolute() || text.contains('/') {
        shown(&text)
    } else {
        "of that name".to_owned()
    }
}

fn stays_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

fn read(path: &Path) -> Result<String, String> {
    let words = |error: std::io::Error| error.to_string();
    // A device or a pipe has no size and perhaps no end.
    if !std::fs::metadata(path).map_err(words)?.is_file() {
        return Err("it is no ordinary file".to_owned());
    }
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(words)?;
    file.take(LARGEST_SECRET_BYTES + 1).read_to_string(&mut text).map_err(words)?;
    match u64::try_from(text.len()) {
        Ok(length) if length <= LARGEST_SECRET_BYTES => Ok(text),
        _ => Err("it is too large for a credential".to_owned()),
    }
}
