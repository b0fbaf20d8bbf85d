//! What one request is shown of tix's answers: the newest, or where there is none, as with settings that cannot be read, the last that
//! there was, and why.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::reads::{Reads, Unread};
use crate::page::BoardValues;

pub struct PageLook<'r> {
    reads: &'r Reads,
    /// Why something is not the newest.
    failure: RefCell<Option<Value>>,
}

impl<'r> PageLook<'r> {
    pub fn at(reads: &'r Reads) -> PageLook<'r> {
        PageLook { reads, failure: RefCell::default() }
    }

    /// The answer to these words.
    pub fn ask(&self, words: &[&str]) -> Result<Arc<Value>, Unread> {
        self.reads.ask(words).or_else(|unread| self.instead(unread, self.reads.last(words)))
    }

    /// The same, as values.
    pub fn values<T: DeserializeOwned>(&self, words: &[&str]) -> Result<T, Unread> {
        let data = self.ask(words)?;
        T::deserialize(&*data).map_err(|error| Unread::NotRun(io::Error::other(error)))
    }

    /// All tickets.
    pub fn board(&self) -> Result<Arc<BoardValues>, Unread> {
        self.reads.board().or_else(|unread| self.instead(unread, self.reads.last_board()))
    }

    /// What there was before. What is not there any more is not shown.
    fn instead<T>(&self, unread: Unread, before: Option<T>) -> Result<T, Unread> {
        match (unread, before) {
            (Unread::Failed(failure), Some(before)) if !is_missing(&failure) => {
                self.fails_by(failure);
                Ok(before)
            }
            (unread, _) => Err(unread),
        }
    }

    /// What is shown lacks something, for this reason.
    pub fn fails_by(&self, failure: Value) {
        self.failure.replace(Some(failure));
    }

    pub fn into_failure(self) -> Option<Value> {
        self.failure.into_inner()
    }
}

/// Whether it failed because there is no such ticket.
pub fn is_missing(failure: &Value) -> bool {
    failure.get("exit").and_then(Value::as_u64) == Some(4)
}
