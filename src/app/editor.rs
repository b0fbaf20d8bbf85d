//! A person's editor on a copy of a ticket. Without a terminal, nothing waits for an editor.

use std::io::Write as _;
use std::path::Path;

use super::context::Context;
use super::input::read_file;
use crate::error::{Exit, Failure, not_written};
use crate::out::Out;
use crate::ticket::Document;

/// The editor that git uses, if a person can use it here.
pub struct Editor(String);

/// A copy that is edited. It is removed with this value, unless it is kept for whoever wrote in it.
pub struct EditedCopy(tempfile::NamedTempFile);

impl Editor {
    /// Fails without a terminal; `hints` say what to do then.
    pub fn find(ctx: &Context<'_>, hints: &[String]) -> Result<Editor, Failure> {
        if !Out::is_interactive() {
            let failure = Failure::new(Exit::Usage, "the editor needs a terminal");
            return Err(hints.iter().fold(failure, Failure::hint));
        }
        match ctx.repo.editor()? {
            Some(editor) => Ok(Editor(editor)),
            None => Err(Failure::new(Exit::Refused, "git has no editor configured")
                .hint("set one: git config --global core.editor <command>")),
        }
    }

    /// Opens it on a file of this call's own, below the repository's own directory and with the ticket's name: it outlives
    /// the call if the text must be kept.
    pub fn open(&self, ctx: &Context<'_>, name: &str, text: &[u8]) -> Result<EditedCopy, Failure> {
        let copy = copy_of(&ctx.repo.tix_dir().join("edit"), name, text)?;
        ctx.out.clear_progress();
        if crate::git::edit(&self.0, copy.0.path()).map_err(Failure::from)? {
            return Ok(copy);
        }
        let failure = Failure::new(Exit::Refused, "the editor failed, so nothing changed");
        Err(copy.keep(failure))
    }
}

fn copy_of(dir: &Path, name: &str, text: &[u8]) -> Result<EditedCopy, Failure> {
    let failed = |error: std::io::Error| {
        not_written(format!("{}: {error}; nothing changed", dir.display()), "try again")
    };
    std::fs::create_dir_all(dir).map_err(failed)?;
    let mut copy = tempfile::Builder::new()
        .prefix(&format!("{name}-"))
        .suffix(".md")
        .tempfile_in(dir)
        .map_err(failed)?;
    copy.write_all(text).map_err(failed)?;
    Ok(EditedCopy(copy))
}

impl EditedCopy {
    /// Its current contents, read by path because editors replace the file.
    pub fn document(&self) -> Result<Document, Failure> {
        ticket_text(read_file(self.0.path())?)
    }

    /// Whether the copy is empty, or as this template was.
    pub fn is_unwritten(&self, template: Option<&[u8]>) -> Result<bool, Failure> {
        let now = read_file(self.0.path())?;
        Ok(template == Some(now.as_slice()) || now.iter().all(u8::is_ascii_whitespace))
    }

    /// Keeps the copy, and adds its path to the failure.
    pub fn keep(self, failure: Failure) -> Failure {
        // The editor is not opened a second time for what it has given.
        let failure = Failure { outdated: false, ..failure };
        match self.0.keep() {
            Ok((_, path)) => failure.fact("your text", path.display().to_string()),
            Err(error) => failure.fact("your text", error.to_string()),
        }
    }
}

/// The edited text as a whole ticket.
pub fn ticket_text(bytes: Vec<u8>) -> Result<Document, Failure> {
    Document::parse(bytes).map_err(|error| {
        Failure::new(Exit::Damaged, format!("your text, line {}: {}", error.line, error.kind))
    })
}
