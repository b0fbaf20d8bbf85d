//! How to land a ticket branch where tix does not: by pull request, in the terms of the remote's host.

use std::fmt::Display;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::context::Context;
use super::worktree::on_branch;
use crate::git::{GitError, RemotePlace};
use crate::names::{Oid, RefName, RemoteName};
use crate::text::shell_word;
use crate::workspace;

/// The command, or the line, that asks for a branch to be merged into the base. It can be run where it is printed: a merge goes
/// to the checkout that may have the base, because git lets no other one switch to it. It merges what the remote has, because a
/// clone other than the holder's has no branch of its own; the pull before it fetches that.
pub fn by_request(ctx: &Context<'_>, branch: &RefName) -> Result<String, GitError> {
    let (base, head) = (shell_word(ctx.base.short()), shell_word(branch.short()));
    let Some(remote) = &ctx.remote else {
        return Ok(format!("{}git merge {head}    # on {base}", there(ctx)?));
    };
    let RemotePlace::Host { host, page } = ctx.repo.place_of(remote) else {
        let (there, head) = (there(ctx)?, merged_from(ctx, remote, branch)?);
        return Ok(format!("{there}git switch {base} && git pull && git merge {head} && git push"));
    };
    Ok(match Forge::of(&host) {
        Some(Forge::GitHub) => format!("gh pr create --base {base} --head {head} --fill"),
        Some(Forge::GitLab) => {
            format!("glab mr create --target-branch {base} --source-branch {head} --fill")
        }
        forge => {
            // Of a host that nobody knows the repository's page is all that the address says.
            let page = forge.map_or(page.clone(), |f| f.branch_page(&page, &ctx.base, branch));
            format!("open a pull request from {head} to {base}: {page}")
        }
    })
}

/// The command that pushes a branch; `None` without a remote.
pub fn push(ctx: &Context<'_>, branch: &RefName) -> Option<String> {
    let remote = ctx.remote.as_ref()?;
    Some(format!("git push {remote} {}", shell_word(branch.short())))
}

/// The name from which a branch is merged: the remote's copy, unless only this clone has it.
fn merged_from(
    ctx: &Context<'_>,
    remote: &RemoteName,
    branch: &RefName,
) -> Result<String, GitError> {
    let is_there = ctx.objects.resolve(ctx.seen_ref(branch).as_str())?.is_some();
    let is_here_only = !is_there && ctx.objects.resolve(branch.as_str())?.is_some();
    let short = branch.short();
    let name = if is_here_only { short.to_owned() } else { format!("{remote}/{short}") };
    Ok(shell_word(&name))
}

/// What to do about a pull request that no program opens: the address where the forge offers it. `None` if the remote has no web
/// pages.
pub fn offered(ctx: &Context<'_>, branch: &RefName) -> Option<String> {
    let place = ctx.remote.as_ref().map(|remote| ctx.repo.place_of(remote));
    let Some(RemotePlace::Host { host, page }) = place else { return None };
    let page = Forge::of(&host).map_or(page.clone(), |f| f.new_page(&page, &ctx.base, branch));
    let (base, head) = (shell_word(ctx.base.short()), shell_word(branch.short()));
    Some(format!("open a pull request from {head} to {base}: {page}"))
}

/// The software of a host, if its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forge {
    GitHub,
    GitLab,
    /// Bitbucket Cloud; the pages of Bitbucket on a team's own server cannot be told from the address for git.
    Bitbucket,
    /// Gitea or Forgejo.
    Gitea,
}

impl Forge {
    pub fn of(host: &str) -> Option<Forge> {
        let has = |word: &str| host.contains(word);
        match host {
            _ if has("github") => Some(Forge::GitHub),
            _ if has("gitlab") => Some(Forge::GitLab),
            "bitbucket.org" => Some(Forge::Bitbucket),
            _ if ["codeberg", "gitea", "forgejo"].into_iter().any(has) => Some(Forge::Gitea),
            _ => None,
        }
    }

    /// Where a browser shows the branch and its pull request, or offers to open one; `page` is the repository's.
    fn branch_page(self, page: &str, base: &RefName, branch: &RefName) -> String {
        let (base, head) = (for_address(base.short()), for_address(branch.short()));
        match self {
            Forge::GitHub => format!("{page}/pulls?q=is%3Apr+head%3A{head}"),
            Forge::GitLab => {
                format!("{page}/-/merge_requests?scope=all&state=all&source_branch={head}")
            }
            Forge::Bitbucket => format!("{page}/branch/{head}"),
            Forge::Gitea => format!("{page}/compare/{base}...{head}"),
        }
    }

    /// Where a browser offers to open a pull request for the branch.
    fn new_page(self, page: &str, base: &RefName, branch: &RefName) -> String {
        let (to, from) = (for_address(base.short()), for_address(branch.short()));
        match self {
            Forge::GitHub => format!("{page}/compare/{to}...{from}?expand=1"),
            Forge::GitLab => format!(
                "{page}/-/merge_requests/new?merge_request[source_branch]={from}&merge_request[target_branch]={to}"
            ),
            Forge::Bitbucket => format!("{page}/pull-requests/new?source={from}&dest={to}"),
            Forge::Gitea => self.branch_page(page, base, branch),
        }
    }

    /// Where a browser shows a file of a commit.
    fn file_page(self, page: &str, commit: &Oid, path: &str) -> String {
        let below = match self {
            Forge::GitHub => "blob",
            Forge::GitLab => "-/blob",
            Forge::Bitbucket => "src",
            Forge::Gitea => "src/commit",
        };
        format!("{page}/{below}/{commit}/{}", for_address(path))
    }
}

/// The web pages of the files of a commit that the remote has; they stay when a ticket moves on.
pub fn file_pages(ctx: &Context<'_>, commit: Option<&Oid>) -> impl Fn(&str) -> Option<String> {
    let forge = ctx.remote.as_ref().and_then(|remote| match ctx.repo.place_of(remote) {
        RemotePlace::Host { host, page } => Some((Forge::of(&host)?, page)),
        RemotePlace::Directory | RemotePlace::Unknown => None,
    });
    let pages = forge.zip(commit.cloned());
    move |path| pages.as_ref().map(|((forge, page), at)| forge.file_page(page, at, path))
}

/// What goes to the checkout of the base, or else to the main one; nothing for whoever is there.
fn there(ctx: &Context<'_>) -> Result<String, GitError> {
    let worktrees = ctx.repo.worktrees()?;
    let main = worktrees.first().filter(|main| main.head.is_some() || main.branch.is_some());
    let Some(checkout) = on_branch(&worktrees, &ctx.base).or(main) else {
        return Ok(String::new());
    };
    if ctx.repo.worktree.as_ref() == Some(&checkout.path) {
        return Ok(String::new());
    }
    Ok(format!("cd {} && ", shell_word(&checkout.path.display().to_string())))
}

/// The web page of a branch's pull request, or for creating one; `None` if the remote has no web pages.
pub fn request_page(ctx: &Context<'_>, branch: &RefName) -> Option<String> {
    if let Some(seen) = ctx.ticket_of(branch).and_then(|id| workspace::seen_pull(&ctx.repo, &id)) {
        return Some(seen.request.url);
    }
    let RemotePlace::Host { host, page } = ctx.repo.place_of(ctx.remote.as_ref()?) else {
        return None;
    };
    Some(match Forge::of(&host) {
        Some(forge) => forge.branch_page(&page, &ctx.base, branch),
        None => page,
    })
}

/// What stands for itself in a part of an address: the unreserved characters of RFC 3986, and the slash.
const UNRESERVED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A text as a part of an address.
fn for_address(text: &str) -> impl Display {
    utf8_percent_encode(text, UNRESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_name_cannot_end_the_address_that_it_is_in() {
        assert_eq!(for_address("ticket/TICKET-a_1.b").to_string(), "ticket/TICKET-a_1.b");
        assert_eq!(for_address("a&b=c#d%é").to_string(), "a%26b%3Dc%23d%25%C3%A9");
    }
}
