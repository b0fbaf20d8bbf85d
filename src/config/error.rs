//! What can be wrong with the configuration: as data, and as one line each.

use std::fmt;

use super::VERSION;
use super::quote::quoted;
use super::template::TemplateError;

/// The layer that a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A `.tix.yaml`; the label says which, such as `origin/main:.tix.yaml`.
    File(String),
    /// `git config`, in any of its files.
    GitConfig,
    Environment,
    CommandLine,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(label) => label,
            Self::GitConfig => "git config",
            Self::Environment => "environment",
            Self::CommandLine => "command line",
        })
    }
}

/// A setting that tix cannot use. It says where the setting is; shown, it is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{origin}{}: {}", Position(*line, problem.column()), problem.about(key.as_deref()))]
pub struct ConfigError {
    pub origin: Origin,
    /// The line in a file, from 1.
    pub line: Option<usize>,
    /// The key as that layer spells it: `claim_attempts`, `tix.claimattempts`, `TIX_CLAIM_ATTEMPTS`, `--trunk`. `None`
    /// when the problem is the file as a whole.
    pub key: Option<String>,
    pub problem: Problem,
}

/// What is wrong with a setting or a file of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    NotUtf8,
    Syntax {
        /// The column, from 1, if the parser knows it.
        column: Option<usize>,
        /// The parser's message.
        message: String,
    },
    /// The file is YAML, but not a mapping of keys to values.
    NotAMapping {
        found: String,
    },
    UnknownKey {
        /// The key that was probably meant, as that layer spells it.
        nearest: Option<String>,
    },
    /// The file is for another version of tix.
    Requires {
        /// The versions it is for, as written there.
        wanted: String,
    },
    /// The file sets the key twice, and YAML readers disagree on which one counts.
    Duplicate,
    /// The value is of another type, or out of range.
    Expected {
        /// What the key takes, such as `a whole number from 1 to 20`.
        expected: &'static str,
        /// What it was given, such as ``the text `many` ``.
        found: String,
    },
    /// The value has the right type but cannot be used.
    BadValue {
        value: String,
        reason: &'static str,
    },
    /// The value is a template that cannot be used.
    BadTemplate {
        value: String,
        error: Box<TemplateError>,
    },
    /// The whole team agrees on this key; one clone or user cannot set it.
    OnlyShared,
    /// Two settings contradict each other: git cannot have a branch `a` beside a branch `a/b`.
    Clash {
        branch: String,
        template: String,
    },
}

impl Problem {
    pub(super) fn bad_template(value: &str, error: TemplateError) -> Self {
        Self::BadTemplate { value: value.to_owned(), error: Box::new(error) }
    }

    pub(super) fn unknown_key(nearest: Option<impl Into<String>>) -> Self {
        Self::UnknownKey { nearest: nearest.map(Into::into) }
    }

    fn column(&self) -> Option<usize> {
        if let Self::Syntax { column, .. } = self { *column } else { None }
    }

    fn about<'a>(&'a self, key: Option<&'a str>) -> About<'a> {
        About { problem: self, key }
    }
}

struct About<'a> {
    problem: &'a Problem,
    key: Option<&'a str>,
}

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.map_or_else(|| "it".to_owned(), quoted);
        match self.problem {
            Problem::NotUtf8 => write!(f, "{key} is not UTF-8 text"),
            Problem::Syntax { message, .. } => write!(f, "cannot be read as YAML: {message}"),
            Problem::NotAMapping { found } => {
                write!(f, "must be a mapping of keys to values, not {found}")
            }
            Problem::UnknownKey { nearest } => {
                write!(f, "unknown key {key}")?;
                nearest.iter().try_for_each(|nearest| write!(f, "; did you mean `{nearest}`?"))
            }
            Problem::Requires { wanted } => {
                write!(f, "it needs tix {}, and this is tix {VERSION}", quoted(wanted))
            }
            Problem::Duplicate => write!(f, "{key} is set twice"),
            Problem::Expected { expected, found } => {
                write!(f, "{key} must be {expected}, not {found}")
            }
            Problem::BadValue { value, reason } => {
                write!(f, "{key} cannot be {}: {reason}", quoted(value))
            }
            Problem::BadTemplate { value, error } => {
                write!(f, "{key} cannot be {}: {error}", quoted(value))
            }
            Problem::OnlyShared => write!(f, "{key} can only be set in .tix.yaml"),
            Problem::Clash { branch, template } => write!(
                f,
                "{key} cannot be {} beside the ticket branches {}: git cannot have a branch `a` beside `a/b`",
                quoted(branch),
                quoted(template)
            ),
        }
    }
}

/// `:line:column`, as far as known, in the form that editors jump to.
struct Position(Option<usize>, Option<usize>);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        [self.0, self.1].iter().flatten().try_for_each(|number| write!(f, ":{number}"))
    }
}
