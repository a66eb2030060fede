//! How a command ends: the exit code, and the error as people and machines read it.

use std::process::ExitCode;

use serde::Serialize;

/// The exit code of a command, by the class of its outcome (`docs/reference/exit-codes.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All entries done, or nothing had changed.
    Success,
    /// Nobody foresaw it.
    Unexpected,
    /// Wrong usage, settings or roster, or a table that cannot be reached.
    Usage,
    /// Some entries failed, the others are in the table.
    Partial,
    /// Refused to write, or rolled back.
    Integrity,
    /// Another run is writing.
    Locked,
    /// Interrupted by the user.
    Interrupted,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Partial => 3,
            Self::Integrity => 4,
            Self::Locked => 5,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command as a whole failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Failure {
    /// The exit class.
    #[serde(skip)]
    pub exit: Exit,
    /// A stable word.
    pub code: String,
    /// What happened, and where.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl Failure {
    /// A failure with its class, word, message and hint.
    pub(crate) fn new(exit: Exit, code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit, code: code.to_owned(), message: message.into(), hint: hint.into() }
    }
}

/// The result of a command.
pub(crate) type Outcome = Result<Exit, Failure>;

/// A message with the causes of an error behind it.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        message = format!("{message}: {cause}");
        source = cause.source();
    }
    message
}
