//! What a command does about settings that this tix does not understand: keys of a newer version, or misspelt ones.

use super::role;
use crate::config::Config;
use crate::error::Failure;
use crate::out::Out;

/// What a command does about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnknown {
    /// It stops, because the settings could be about what it writes.
    #[default]
    Stop,
    /// It warns, and goes on with what it does understand.
    Warn,
    /// It goes on: the answer has another place for them, or none.
    PassOver,
}

impl OnUnknown {
    /// What the command of this name does: one that any role may use only reads.
    pub fn of(verb: &str) -> OnUnknown {
        if role::ALWAYS.contains(&verb) { OnUnknown::Warn } else { OnUnknown::Stop }
    }

    pub fn apply(self, config: &Config, out: &Out) -> Result<(), Failure> {
        match self {
            OnUnknown::Stop => Ok(config.require_understood()?),
            OnUnknown::Warn => {
                for error in &config.not_understood {
                    out.warn(&error.to_string());
                }
                Ok(())
            }
            OnUnknown::PassOver => Ok(()),
        }
    }
}
