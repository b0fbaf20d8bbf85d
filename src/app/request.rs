//! What brings a ticket branch to the base where tix does not: a pull request, by the words of the place that the remote is at.

use super::context::Context;
use crate::git::RemotePlace;
use crate::names::RefName;
use crate::text::shell_word;

/// The command, or the line, that asks for a branch to be merged into the base.
pub fn by_request(ctx: &Context<'_>, branch: &RefName) -> String {
    let (base, head) = (shell_word(ctx.base.short()), shell_word(branch.short()));
    let Some(remote) = &ctx.remote else { return format!("git merge {head}    # on {base}") };
    match ctx.repo.place_of(remote) {
        RemotePlace::Host { host, .. } if host.contains("github") => {
            format!("gh pr create --base {base} --head {head} --fill")
        }
        RemotePlace::Host { host, .. } if host.contains("gitlab") => {
            format!("glab mr create --target-branch {base} --source-branch {head} --fill")
        }
        RemotePlace::Host { page, .. } => {
            format!("open a pull request from {head} to {base}: {page}")
        }
        RemotePlace::Directory | RemotePlace::Unknown => {
            format!("git switch {base} && git pull && git merge {head} && git push")
        }
    }
}
