//! Opens the first address in the browser.
//!
//! Everybody on a machine may read the arguments of every process, and the token would be among them. So the browser is handed a file
//! that its owner alone can read, and the file leads to the address.

use std::path::PathBuf;

use crate::app::context::Context;
use crate::git::Program;
use crate::out::Out;
use crate::{file, page};

/// The file that leads to the first address. It goes with this value.
pub struct LeadingFile {
    path: PathBuf,
}

impl LeadingFile {
    /// None yet; one that a crash has left is removed.
    pub fn of(ctx: &Context<'_>) -> LeadingFile {
        let leading = LeadingFile { path: ctx.repo.tix_dir().join("serve.html") };
        leading.remove();
        leading
    }

    /// Opens the address in the browser, where there is one.
    pub fn open(&self, ctx: &Context<'_>, address: &str, out: &Out) {
        let Some(opener) = ctx.env.opener() else {
            out.warn("there is no desktop here to open a browser on");
            return;
        };
        // A new file of tix's is its owner's alone.
        let written = file::replace(&self.path, page::leading_to(address).as_bytes());
        let program = Program::new(opener, &ctx.dir).args([&self.path]).envs(ctx.env.inherited());
        let left = match written {
            Ok(()) => program.leave().map_err(|error| error.to_string()),
            Err(error) => Err(format!("{}: {error}", self.path.display())),
        };
        if let Err(why) = left {
            out.warn(&format!("the browser cannot be opened: {why}"));
        }
    }

    fn remove(&self) {
        if let Err(error) = file::remove(&self.path) {
            tracing::warn!(%error, "serve.html");
        }
    }
}

impl Drop for LeadingFile {
    fn drop(&mut self) {
        self.remove();
    }
}
