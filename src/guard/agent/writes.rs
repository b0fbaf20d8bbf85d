//! Files that an agent would write.

use std::path::{Path, PathBuf};

use super::super::shell::names_branch;
use super::judge::{GuardedPlace, Judge, LineReason};
use crate::config::Writes;
use crate::names::RefName;

/// Judges writing these files. A file outside of every repository, or in one that is on another branch, may be written.
pub fn judge(judge: &mut Judge<'_>, paths: &[PathBuf]) {
    for path in paths {
        let path = judge.real(path);
        let Some(dir) = path.parent() else { continue };
        let Some(guarded) = judge.guarded(dir) else { continue };
        let here = GuardedPlace::of(guarded, dir.to_owned());
        if let Some(branch) = of_git(&here, &path) {
            judge.refuse(&here, &branch, &shown(&path), LineReason::File(path.clone()));
            continue;
        }
        let Some(branch) = here.protected().cloned() else { continue };
        if here.guarded.writes() == Writes::Allow {
            continue;
        }
        let Some(root) = here.guarded.root().map(Path::to_owned) else { continue };
        if path.starts_with(root.join(here.guarded.tickets_dir().to_string()).join("queue")) {
            continue;
        }
        let why = match here.guarded.git().is_ignored(&path) {
            Ok(true) => continue,
            Ok(false) => LineReason::File(path.clone()),
            Err(error) => LineReason::Undecided(error.to_string()),
        };
        judge.refuse(&here, &branch, &shown(&path), why);
    }
}

/// Whether a text can name a file in which git keeps its branches. Most cannot, and cost no more than this.
pub fn may_be_of_git(text: &str) -> bool {
    ["heads/", "/refs/", "packed-refs"].iter().any(|part| text.contains(part))
}

/// Judges what a command line writes: what git keeps its branches in and nothing else, because the hooks look at the rest when
/// it is committed.
pub fn judge_of_git(judge: &mut Judge<'_>, file: &Path, content: &str) {
    let Some(dir) = file.parent() else { return };
    let Some(guarded) = judge.guarded(dir) else { return };
    let here = GuardedPlace::of(guarded, dir.to_owned());
    // Whoever moves a name that stands for another one moves that.
    let is_ref =
        content.contains("ref:") && file.starts_with(here.guarded.common_dir().join("refs"));
    let trunk = here.guarded.trunk().filter(|trunk| is_ref && names_branch(content, trunk.short()));
    if let Some(branch) = of_git(&here, file).or(trunk) {
        judge.refuse(&here, &branch, &shown(file), LineReason::Unchecked);
    }
}

fn shown(path: &Path) -> String {
    format!("writing {}", path.display())
}

/// The protected branch that is moved by writing a file of git's own.
fn of_git(here: &GuardedPlace, path: &Path) -> Option<RefName> {
    let inside = path.strip_prefix(here.guarded.common_dir()).ok()?.to_str()?;
    if inside == "packed-refs" {
        return here.guarded.trunk();
    }
    RefName::parse(inside).filter(|branch| here.guarded.is_protected(branch))
}
