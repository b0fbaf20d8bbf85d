//! The worktrees that Claude Code asks its hooks for: one that is named like a ticket is the ticket's workspace.
//!
//! A plugin that answers this question answers it for every session in every repository, so any other name gets the worktree that
//! the agent would have made itself: `.claude/worktrees/<name>` on the branch `worktree-<name>`, from the remote's default branch.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::app::again::{Again, AgainQuestion, Unanswered};
use crate::app::context::Globals;
use crate::clock;
use crate::env::Env;
use crate::error::{in_words, without_hint};
use crate::git::{InheritedConfig, Repo};
use crate::guard::agent::HookAnswer;
use crate::names::RefName;
use crate::text::shell_word;
use crate::ticket::TicketId;
use crate::trunk::random_token;
use crate::workspace::{self, trash};

/// Where Claude Code keeps its worktrees, from the root of the main one.
const HOME: &str = ".claude/worktrees";
/// What a new one begins with, the first that there is.
const BASES: [&str; 2] = ["refs/remotes/origin/HEAD^{commit}", "HEAD^{commit}"];

/// Makes the worktree, or claims the ticket, and answers with the directory.
pub fn create(name: &str, cwd: &Path, session: Option<&str>, env: &Env) -> HookAnswer {
    if name.is_empty() {
        let why = "the agent asks for a worktree and does not say its name";
        return HookAnswer::Refuse(why.to_owned());
    }
    let is_ticket = name.len() > "TICKET-".len() && name.starts_with("TICKET-");
    let made = if is_ticket && TicketId::parse(name).is_ok() {
        activate(name, cwd, session)
    } else {
        ordinary(name, cwd, env)
    };
    match made {
        Ok(path) => HookAnswer::Directory(path.display().to_string()),
        Err(why) => HookAnswer::Refuse(why),
    }
}

/// `tix activate` of its own: what it prints must not reach the agent, and its rules are those of the command line.
fn activate(ticket: &str, cwd: &Path, session: Option<&str>) -> Result<PathBuf, String> {
    let again =
        Again::with(&Globals::default()).map_err(|error| Unanswered::from(error).to_string())?;
    let variables = session.map(|session| ("TIX_SESSION".into(), session.into()));
    let variables = variables.into_iter().collect();
    let words = vec!["activate".into(), ticket.into()];
    let question = AgainQuestion { words, input: None, variables, dir: cwd };
    let answer = again.ask(&question).map_err(|error| error.to_string())?.data;
    let path = answer.pointer("/workspace/path").and_then(Value::as_str);
    path.map(PathBuf::from).ok_or_else(|| match answer.pointer("/details/workspace") {
        // The hint of the command line is an option, which the agent's own options do not have.
        Some(Value::String(path)) => format!(
            "{}\nhint: if it is yours, start the agent there: cd {}",
            without_hint(&answer),
            shell_word(path)
        ),
        _ => in_words(&answer),
    })
}

fn ordinary(name: &str, cwd: &Path, env: &Env) -> Result<PathBuf, String> {
    let words =
        |error: &dyn std::fmt::Display| format!("the worktree {name} cannot be made: {error}");
    // A name with a slash would be a directory within another worktree.
    let flat = name.replace('/', "+");
    let branch = Some(&flat).filter(|flat| flat.starts_with(|c: char| c.is_alphanumeric()));
    let branch =
        branch.and_then(|flat| RefName::branch(&format!("worktree-{flat}"))).ok_or_else(|| {
            words(&"a name begins with a letter or a digit, and goes on as that of a branch")
        })?;
    let repo =
        Repo::discover(cwd, InheritedConfig::of(env.git_settings())).map_err(|e| words(&e))?;
    let path = repo.root.join(HOME).join(&flat);
    let known = repo.worktrees().map_err(|e| words(&e))?;
    if known.iter().any(|worktree| worktree.path == path && path.is_dir()) {
        return Ok(path);
    }
    workspace::hide(&repo, &path).map_err(|e| words(&e))?;
    let git = repo.git();
    let added = if git.commit_of(branch.as_str()).map_err(|e| words(&e))?.is_some() {
        repo.add_worktree_of(&path, &branch)
    } else {
        let base = BASES.iter().find_map(|name| git.commit_of(name).ok().flatten());
        let base = base.ok_or_else(|| words(&"there is no commit to begin with"))?;
        repo.add_worktree(&path, &branch, &base)
    };
    let added = added.map_err(|e| words(&e))?;
    if added.code != Some(0) {
        return Err(words(&added.stderr.trim()));
    }
    // The worktree is there all the same.
    match workspace::include(&repo, &path) {
        Ok(None) => {}
        Ok(Some(warning)) => tracing::warn!(%warning, "worktree"),
        Err(error) => tracing::warn!(%error, "worktree"),
    }
    Ok(path)
}

/// Takes an ordinary worktree away, with its branch, where neither holds anything that exists nowhere else. What git ignores
/// there is in no commit, so the directory goes to the trash, as a workspace does that `tix clean` removes. A ticket's
/// workspace stays: `tix clean` removes it once its work is merged.
pub fn remove(path: &Path, cwd: &Path, env: &Env) -> HookAnswer {
    let Ok(repo) = Repo::discover(cwd, InheritedConfig::of(env.git_settings())) else {
        return HookAnswer::Pass;
    };
    if path.parent() != Some(&repo.root.join(HOME)) {
        return HookAnswer::Pass;
    }
    let branch = repo.current_branch(path).ok().flatten();
    if branch.is_none() && !is_kept(&repo, path) {
        return HookAnswer::Refuse(format!(
            "{} has commits that are on no branch, so it stays.",
            path.display()
        ));
    }
    if let Err(why) = put_away(&repo, path) {
        return HookAnswer::Refuse(format!("{} {why}, so it stays.", path.display()));
    }
    if let Some(branch) = branch.filter(|branch| branch.short().starts_with("worktree-"))
        && BASES.iter().any(|base| is_within(&repo, &branch, base))
        && let Err(error) = repo.git().call("branch").args(["-q", "-D", "--", branch.short()]).run()
    {
        tracing::debug!(%error, "branch -D");
    }
    HookAnswer::Pass
}

/// Removes a worktree. The error says what is in the way, as a predicate.
fn put_away(repo: &Repo, path: &Path) -> Result<(), String> {
    let words = |error: &dyn std::fmt::Display| format!("cannot be removed ({error})");
    if !repo.dirty_paths(path).map_err(|e| words(&e))?.is_empty() {
        return Err("has changes that are not committed".to_owned());
    }
    if let Some(fixed) = trash::fixed(path).map_err(|e| words(&e))? {
        return Err(fixed.words().to_owned());
    }
    let now = clock::now().timestamp();
    let name = path.file_name().unwrap_or_default().display().to_string();
    trash::put_away(repo, &name, path, (&random_token(), now)).map(drop).map_err(|e| words(&e))
}

/// Whether some branch or tag has the commit that is checked out there.
fn is_kept(repo: &Repo, path: &Path) -> bool {
    let git = repo.git().elsewhere(path);
    let refs = ["refs/heads/", "refs/remotes/", "refs/tags/"];
    let call = git.call("for-each-ref").args(["--count=1", "--contains", "HEAD"]).args(refs);
    call.run_ok().is_ok_and(|found| !found.is_empty())
}

/// Whether a branch has nothing that this commit lacks.
fn is_within(repo: &Repo, branch: &RefName, base: &str) -> bool {
    let commit = |name: &str| repo.git().commit_of(name).ok().flatten();
    let pair = commit(branch.as_str()).zip(commit(base));
    pair.is_some_and(|(branch, base)| repo.is_ancestor(&branch, &base).is_ok_and(|is| is))
}
