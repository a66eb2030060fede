//! Flag over environment over file over default, each value with its origin.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::keys::{KEYS, Key, find, suggestion};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The list of settings.
    Default,
    /// A settings file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag of the command line.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("the default"),
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Environment(name) => formatter.write_str(name),
            Self::Flag(name) => formatter.write_str(name),
        }
    }
}

/// A settings file, variable or flag that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSettings {
    /// The file that was named is not there, or may not be read.
    #[error("the settings {} cannot be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Not TOML.
    #[error("the settings {} are no TOML: {reason}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Why, with line and column.
        reason: String,
    },
    /// A key or a table that nobody knows.
    #[error("{}: unknown setting {path:?}{}", file.display(), meant(suggestion.as_deref()))]
    Unknown {
        /// The file.
        file: PathBuf,
        /// The key.
        path: String,
        /// The known key that is nearest to it.
        suggestion: Option<String>,
    },
    /// A value of another type, or outside its range.
    #[error("{origin}: {path} is {found}, expected {expected}")]
    Wrong {
        /// Where the value comes from.
        origin: String,
        /// The key.
        path: String,
        /// The value.
        found: String,
        /// What is expected.
        expected: String,
    },
}

fn meant(suggestion: Option<&str>) -> String {
    suggestion.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// Every setting with its value and origin.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    values: BTreeMap<String, (Value, Origin)>,
}

impl Layers {
    /// The defaults, under a file if there is one, under the environment.
    ///
    /// # Errors
    ///
    /// The file cannot be read or holds something unknown, or a value has another type.
    pub(crate) fn read(
        file: Option<&Path>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidSettings> {
        let mut layers = Self { values: BTreeMap::new() };
        for key in &KEYS {
            let default = toml::from_str::<Table>(&format!("value = {}", key.default)).ok();
            if let Some(value) = default.and_then(|mut table| table.remove("value")) {
                layers.values.insert(key.path(), (value, Origin::Default));
            }
        }
        if let Some(file) = file {
            layers.read_file(file)?;
        }
        for key in &KEYS {
            let variable = key.variable();
            if let Some(text) = environment(&variable) {
                let origin = Origin::Environment(variable);
                let value = key.kind.read(&text).ok_or_else(|| wrong(&origin, key, &format!("{text:?}")))?;
                layers.values.insert(key.path(), (value, origin));
            }
        }
        Ok(layers)
    }

    /// Puts the value of a flag over everything else.
    pub(crate) fn set(&mut self, path: &str, value: Value, flag: &'static str) {
        self.values.insert(path.to_owned(), (value, Origin::Flag(flag)));
    }

    /// The value of a setting and where it comes from; none for a path that is none.
    pub(crate) fn get(&self, path: &str) -> Option<(&Value, &Origin)> {
        self.values.get(path).map(|(value, origin)| (value, origin))
    }

    fn read_file(&mut self, file: &Path) -> Result<(), InvalidSettings> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| InvalidSettings::Unreadable { path: file.to_owned(), reason: error.to_string() })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let table = toml::from_str::<Table>(text).map_err(|error| InvalidSettings::NotToml {
            path: file.to_owned(),
            reason: error.to_string().trim().to_owned(),
        })?;
        let sections: Vec<&str> = KEYS.iter().map(|key| key.section).collect();
        for (section, settings) in &table {
            let Some(settings) = settings.as_table().filter(|_| sections.contains(&section.as_str())) else {
                return Err(InvalidSettings::Unknown {
                    file: file.to_owned(),
                    path: section.clone(),
                    suggestion: suggestion(section, sections).map(|section| format!("[{section}]")),
                });
            };
            for (name, value) in settings {
                let path = format!("{section}.{name}");
                let Some(key) = find(&path) else {
                    let known: Vec<String> = KEYS.iter().map(Key::path).collect();
                    let suggestion = suggestion(&path, known.iter().map(String::as_str)).map(str::to_owned);
                    return Err(InvalidSettings::Unknown { file: file.to_owned(), path, suggestion });
                };
                let origin = Origin::File(file.to_owned());
                if !key.kind.admits(value) {
                    return Err(wrong(&origin, key, &value.to_string()));
                }
                self.values.insert(path, (value.clone(), origin));
            }
        }
        Ok(())
    }
}

fn wrong(origin: &Origin, key: &Key, found: &str) -> InvalidSettings {
    InvalidSettings::Wrong {
        origin: origin.to_string(),
        path: key.path(),
        found: found.to_owned(),
        expected: key.kind.expected().to_owned(),
    }
}
