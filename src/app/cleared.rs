//! What went from this clone with a ticket that was given up, and where its workspace is kept.

use std::path::{Path, PathBuf};

use super::context::Context;
use super::receipt::{PushedJson, Receipt, WorkspaceJson};
use crate::text::safe;
use crate::trunk::{MovedRef, random_token};
use crate::workspace::trash::KEPT_DAYS;

/// What was removed from this clone.
#[derive(Debug, Default)]
pub struct ClearedTicket {
    pub workspace: Option<WorkspaceJson>,
    /// Where that is kept.
    pub trash: Option<PathBuf>,
    /// The local branch.
    pub branch: Option<MovedRef>,
    /// Why something stays, each with the ways out as further lines.
    pub warnings: Vec<String>,
}

impl ClearedTicket {
    /// Nothing more was removed, for this reason.
    #[must_use]
    pub fn keeping(mut self, warning: String) -> ClearedTicket {
        self.warnings.push(warning);
        self
    }

    /// What went, a line each.
    pub fn lines(&self, ctx: &Context<'_>) -> Vec<String> {
        let path = self.workspace.as_ref().and_then(|workspace| workspace.path.as_deref());
        let branch = self.branch.as_ref().map(|moved| moved.name.short());
        lines(ctx, path.zip(self.trash.as_deref()), branch)
    }

    /// Tells the user what is kept, where no receipt does.
    pub fn tell(&self, ctx: &Context<'_>) {
        let path = self.workspace.as_ref().and_then(|workspace| workspace.path.as_deref());
        if let Some((path, trash)) = path.zip(self.trash.as_deref()) {
            tell_trash(ctx, path, trash);
        }
    }

    pub fn add_to(self, receipt: &mut Receipt) {
        if self.workspace.is_some() {
            receipt.workspace = self.workspace;
        }
        receipt.trash = self.trash.map(|place| place.display().to_string());
        receipt.deleted_here = self.branch.as_ref().map(PushedJson::from);
        receipt.warnings.extend(self.warnings);
    }
}

/// What went, as the answer of a command says it.
pub fn in_words(ctx: &Context<'_>, receipt: &Receipt) -> String {
    let path = receipt.workspace.as_ref().and_then(|workspace| workspace.path.as_deref());
    let gone = path.zip(receipt.trash.as_deref().map(Path::new));
    let branch = receipt.deleted_here.as_ref().map(|moved| moved.name.as_str());
    let branch = branch.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
    let told = lines(ctx, gone, branch).into_iter().map(|line| format!("  {}\n", safe(line)));
    ctx.out.wrapped(&told.collect::<String>())
}

/// Tells the user where a workspace is kept.
pub fn tell_trash(ctx: &Context<'_>, workspace: &str, trash: &Path) {
    ctx.out.narrate(&safe(kept(ctx, workspace, trash)));
}

fn kept(ctx: &Context<'_>, workspace: &str, trash: &Path) -> String {
    // From where the caller is, as git names files: it is the longest path that is told.
    let trash = trash.strip_prefix(&ctx.dir).unwrap_or(trash).display();
    format!("its workspace {workspace} is kept for {KEPT_DAYS} days in {trash}")
}

fn lines(ctx: &Context<'_>, gone: Option<(&str, &Path)>, branch: Option<&str>) -> Vec<String> {
    let workspace = gone.map(|(path, trash)| kept(ctx, path, trash));
    let branch = branch.map(|name| format!("its local branch {name} was deleted"));
    workspace.into_iter().chain(branch).collect()
}

/// What tells a workspace that is put aside now from others: a token, and the time in seconds since 1970.
pub fn aside(ctx: &Context<'_>) -> (String, i64) {
    (random_token(), ctx.now.timestamp())
}
