//! Finds the commits on a ticket branch that are tix's own, which can be deleted without losing work.

use crate::git::{GitError, ObjectKind};
use crate::names::Oid;
use crate::ticket::{Document, TicketId, Value};

use super::context::Context;

/// The prefixes of the lines in an activation's changelog entry.
const ENTRY: [&str; 3] = ["- Claimed by ", "- Branch: ", "- Worktree: "];

/// Whether deleting a ticket branch at `at` would lose only tix's own commits: it has what `known` (trunk and base)
/// already holds, and one activation on top.
pub fn holds_no_work<'o>(
    ctx: &Context<'_>,
    known: impl Iterator<Item = &'o Oid> + Clone,
    id: &TicketId,
    at: &Oid,
) -> Result<bool, GitError> {
    if in_any(ctx, known.clone(), at)? {
        return Ok(true);
    }
    let Some(parent) = ctx.objects.resolve(&format!("{at}^1"))? else { return Ok(false) };
    let merge = ctx.objects.resolve(&format!("{at}^2"))?.is_some();
    if merge || !in_any(ctx, known, &parent)? {
        return Ok(false);
    }
    is_activation(ctx, id, &parent, at)
}

fn in_any<'o>(
    ctx: &Context<'_>,
    known: impl Iterator<Item = &'o Oid>,
    at: &Oid,
) -> Result<bool, GitError> {
    for commit in known {
        if ctx.repo.is_ancestor(at, commit)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a commit changes exactly what an activation changes: people amend commits, and what they wrote into the ticket
/// is work.
fn is_activation(
    ctx: &Context<'_>,
    id: &TicketId,
    parent: &Oid,
    commit: &Oid,
) -> Result<bool, GitError> {
    let (old, new) = (ctx.objects.tree_of(parent)?, ctx.objects.tree_of(commit)?);
    let changed = ctx.objects.compare(&old, &new, ctx.repo.format)?;
    let [only] = changed.as_slice() else { return Ok(false) };
    let (Some((old_mode, old)), Some((new_mode, new))) = (&only.old, &only.new) else {
        return Ok(false);
    };
    if old_mode != new_mode || only.path.file_name() != format!("{id}.md").as_bytes() {
        return Ok(false);
    }
    let read = |oid: &Oid| ctx.objects.require(oid.as_str().as_bytes(), ObjectKind::Blob);
    Ok(only_activated(read(old)?.data, read(new)?.data))
}

/// Whether `new` is `old` with the keys of an activation and at most its one changelog entry.
fn only_activated(old: Vec<u8>, new: Vec<u8>) -> bool {
    let (Ok(mut old), Ok(new)) = (Document::parse(old), Document::parse(new)) else { return false };
    for key in ["status", "branch", "worktree_path"] {
        let value = new.text(key);
        let value = value.as_deref().map_or(Value::Null, Value::Text);
        if new.has(key) && old.set(key, value).is_err() {
            return false;
        }
    }
    let (old, new) = (old.into_bytes(), new.into_bytes());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.get(same..).unwrap_or_default();
    let Some(added) = new.get(same..).and_then(|tail| tail.strip_suffix(rest)) else {
        return false;
    };
    let Ok(added) = std::str::from_utf8(added) else { return false };
    let headings = added.lines().filter(|line| line.starts_with("## ["));
    headings.count() <= 1
        && added.lines().all(|line| {
            let heading = line.starts_with("## [") && line.ends_with(": activated");
            line.trim().is_empty() || heading || ENTRY.iter().any(|start| line.starts_with(start))
        })
}

#[cfg(test)]
mod tests {
    use super::only_activated;

    const OLD: &str = "---\nstatus: claimed\nclaim_id: x\n---\n\n# What\n\nIt.\n\n# Changelog\n\n## [2025-12-03 19:30] - Creator: created\n- Made\n";

    fn activated() -> String {
        OLD.replace("status: claimed\n", "status: in_progress\nbranch: ticket/T\n")
            + "\n## [2025-12-03 20:00] - Creator: activated\n- Claimed by Ada\n- Branch: ticket/T\n"
    }

    fn check(new: &str) -> bool {
        only_activated(OLD.as_bytes().to_vec(), new.as_bytes().to_vec())
    }

    #[test]
    fn an_activation_is_known_by_what_it_changes() {
        // The key that was inserted stands where `set` puts it.
        let mut document = super::Document::parse(OLD.as_bytes().to_vec()).unwrap();
        document.set("status", super::Value::Text("in_progress")).unwrap();
        document.set("branch", super::Value::Text("ticket/T")).unwrap();
        let text = String::from_utf8(document.into_bytes()).unwrap();
        assert!(check(&text));
        let entry =
            "\n## [2025-12-03 20:00] - Creator: activated\n- Claimed by Ada\n- Branch: ticket/T\n";
        assert!(check(&format!("{text}{entry}")));
        assert!(!check(&format!("{text}{entry}{entry}")));
        assert!(!check(&format!("{text}{entry}- and a note of mine\n")));
    }

    #[test]
    fn what_people_wrote_is_work() {
        assert!(!check(&activated().replace("It.", "It, and more.")));
        assert!(!check(&activated().replace("claim_id: x", "claim_id: x\npriority: P0")));
        assert!(!check(&activated().replace("- Made", "- Made by me")));
    }
}
