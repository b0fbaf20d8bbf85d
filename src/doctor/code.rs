//! Checks on commits of the trunk that change more than tickets.

use super::{Check, CodeCommit, Finding, RepoFacts, Severity};
use crate::text::count;

/// How many commits are named.
const NAMED: usize = 5;

pub(super) fn findings(facts: &RepoFacts) -> Vec<Finding> {
    [here(facts), published(facts)].into_iter().flatten().collect()
}

/// Unpushed commits: the guard refuses their push, and they can be moved to a branch of their own.
fn here(facts: &RepoFacts) -> Option<Finding> {
    let local = facts.local_trunk.as_ref()?;
    let (name, theirs) = (local.name.as_str(), facts.trunk.as_str());
    let place = format!("on your local {name}");
    let kept = format!("{name}-mine");
    Some(about(&facts.code.here, &place)?.repair("see what is wrong with each", &["tix", "check"]).repair_with(
        "keep them under another name, and reset the trunk; git refuses if that would lose a change",
        &[&["git", "branch", &kept, name], &["git", "switch", name], &["git", "reset", "--keep", theirs]],
    ))
}

/// Published commits stay, and a squashed or rebased pull request looks the same, so this is only information.
fn published(facts: &RepoFacts) -> Option<Finding> {
    let found = about(&facts.code.published, &format!("of {}", facts.trunk))?;
    Some(
        found
            .fact(
                "perhaps",
                "they came by pull request; if yours are squashed or rebased, say so in .tix.yaml: `check: squash` or `check: rebase`",
            )
            .repair("see them", &["tix", "check", &facts.trunk])
            .repair("keep this clone from pushing code to it", &["tix", "hook", "install"])
            .only(Severity::Info),
    )
}

fn about(commits: &[CodeCommit], place: &str) -> Option<Finding> {
    if commits.is_empty() {
        return None;
    }
    let (one, many) = (format!("commit {place} changes"), format!("commits {place} change"));
    let what = count(commits.len(), &one, &many);
    let line = |commit: &CodeCommit| {
        format!("{} {} ({})", commit.oid.short(), commit.subject, commit.file)
    };
    let named: Vec<String> = commits.iter().take(NAMED).map(line).collect();
    let finding = Finding::new(Check::CodeOnTrunk, None, format!("{what} more than tickets"));
    Some(
        finding
            .fact(if commits.len() > NAMED { "the newest" } else { "commits" }, named.join(", ")),
    )
}
