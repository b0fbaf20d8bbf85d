//! The text that a write was decided on. A command may be run minutes after whoever wrote it looked at the ticket: what somebody
//! else has written meanwhile must not be undone by it.

use super::context::Context;
use crate::error::{Exit, Failure};
use crate::names::Oid;
use crate::ticket::TicketId;

/// The name of the fact that tells this failure from others: the object that the ticket's file is now.
pub const FILE_NOW: &str = "file_now";

/// The text that a command expects.
#[derive(Debug, clap::Args)]
pub struct ExpectedText {
    /// Write only if the ticket's file is still this object of git, such as `git rev-parse COMMIT:FILE` prints
    #[arg(long = "expects", value_name = "OBJECT", value_parser = object)]
    object: Option<String>,
}

impl ExpectedText {
    pub fn object(&self) -> Option<&str> {
        self.object.as_deref()
    }
}

/// The id of an object, or its first digits.
fn object(text: &str) -> Result<String, &'static str> {
    let is_id = text.len() >= 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { Ok(text.to_ascii_lowercase()) } else { Err("at least four hexadecimal digits") }
}

/// Refuses a ticket whose file is another object than the one that the command expects.
pub fn require_expected(ctx: &Context<'_>, id: &TicketId, now: &Oid) -> Result<(), Failure> {
    match &ctx.expects {
        Some(expected) if !now.as_str().starts_with(expected) => {
            let message = format!("somebody has written to {id} since you looked at it");
            Err(Failure::new(Exit::Refused, message)
                .fact(FILE_NOW, now.to_string())
                .hint(format!("look at it again: tix show --fetch {id}")))
        }
        Some(_) | None => Ok(()),
    }
}
