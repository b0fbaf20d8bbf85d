//! The part of `tix init` that concerns the checkout: the files written there, and the next commands.

use std::path::Path;

use super::answer::InitReport;
use super::files::{self, PathState};
use super::{Setup, bare, in_the_way};
use crate::error::{Failure, not_written};
use crate::lifecycle::NewFile;
use crate::names::{RefName, RepoPath};
use crate::text::shell_word;

/// The branch for a pull request with the settings, for a base that may be protected.
const ASIDE: &str = "tix-settings";

impl Setup<'_> {
    /// Writes what is missing into the working tree, and works out what is left to do.
    pub(super) fn write(&self, wanted: &[NewFile], report: &mut InitReport) -> Result<(), Failure> {
        let root = self.ctx.repo.worktree.as_deref().ok_or_else(bare)?;
        let failed = |path: &RepoPath, error: std::io::Error| {
            let message = format!("{path} cannot be written: {error}");
            not_written(message, "try again; existing files are kept")
        };
        let shared = match RefName::parse(&self.tracking()) {
            Some(name) => self.ctx.objects.resolve(name.as_str())?,
            None => None,
        };
        let head = self.ctx.objects.resolve("HEAD")?;
        let (_, on_trunk) = self.missing(shared.as_ref(), wanted)?;
        let (_, in_head) = self.missing(head.as_ref(), wanted)?;
        let (mut free, mut elsewhere) = (Vec::new(), false);
        // All of them are looked at before the first is written.
        for file in wanted {
            let stands = files::in_worktree(root, &file.path);
            match stands.map_err(|error| failed(&file.path, error))? {
                // Written again, it would stand in the way of the next pull.
                PathState::Free
                    if on_trunk.contains(&file.path) || in_head.contains(&file.path) =>
                {
                    report.existing.push(file.path.to_string());
                    elsewhere |= !in_head.contains(&file.path);
                }
                PathState::Free => free.push(file),
                PathState::There => report.existing.push(file.path.to_string()),
                PathState::InTheWay => return Err(in_the_way(&file.path.to_string())),
            }
        }
        let mut made = Vec::new();
        for file in free {
            let new = files::write_new(root, file).map_err(|error| failed(&file.path, error))?;
            let list = if new { &mut made } else { &mut report.existing };
            list.push(file.path.to_string());
        }
        report.wrote(made);
        if elsewhere {
            report.notes.push(format!(
                "some of them are on {} and not in this checkout yet",
                self.label(&self.ctx.base)
            ));
            report.next.extend(self.pull(root)?);
        }
        let path = |file: &NewFile| file.path.clone();
        let uncommitted: Vec<RepoPath> = wanted
            .iter()
            .map(path)
            .filter(|p| !in_head.contains(p) && !on_trunk.contains(p))
            .collect();
        let unpushed = in_head.iter().any(|p| !on_trunk.contains(p));
        self.what_is_next(root, &uncommitted, unpushed, report)
    }

    fn tracking(&self) -> String {
        match &self.ctx.remote {
            Some(remote) => format!("refs/remotes/{remote}/{}", self.ctx.base.short()),
            None => self.ctx.base.as_str().to_owned(),
        }
    }

    fn what_is_next(
        &self,
        root: &Path,
        uncommitted: &[RepoPath],
        unpushed: bool,
        report: &mut InitReport,
    ) -> Result<(), Failure> {
        let ctx = self.ctx;
        let branch = ctx.repo.current_branch(root)?;
        let here = ctx.env.current_dir().is_ok_and(|dir| dir == root);
        let git = if here {
            "git".to_owned()
        } else {
            format!("git -C {}", shell_word(&root.display().to_string()))
        };
        // Who keeps the tickets on a branch of their own has a base that takes no pushes, more often than not.
        let on_base = branch.as_ref() == Some(&ctx.base);
        let aside = ctx.remote.is_some() && self.trunk != ctx.base && on_base;
        let aside = aside && !uncommitted.is_empty();
        if aside {
            report.next.push(format!("{git} switch -c {ASIDE}"));
        }
        if !uncommitted.is_empty() {
            let words = uncommitted.iter().map(|p| shell_word(&p.to_string()));
            let paths = words.collect::<Vec<_>>().join(" ");
            let sparse =
                if ctx.repo.config.is_true("core.sparsecheckout") { " --sparse" } else { "" };
            report.next.push(format!("{git} add{sparse} -- {paths}"));
            report.next.push(format!("{git} commit -m \"init: tickets\" -- {paths}"));
        }
        if let (Some(remote), true) = (&ctx.remote, unpushed || !uncommitted.is_empty()) {
            match &branch {
                Some(_) if aside => {
                    report.next.push(format!("{git} push -u {remote} {ASIDE}"));
                    report.notes.push(format!(
                        "open a pull request from {ASIDE}; until it is merged, a clone that is to see the tickets needs: \
                         git config tix.trunk {}",
                        shell_word(self.trunk.short())
                    ));
                }
                Some(name) => {
                    let key = format!("branch.{}.merge", name.short());
                    let upstream = if ctx.repo.config.last(&key).is_some() { "" } else { " -u" };
                    report.next.push(format!("{git} push{upstream} {remote} HEAD"));
                }
                None => report.notes.push(format!(
                    "HEAD is detached: the commit must reach {}; `tix init --commit` would make it there",
                    self.label(&ctx.base)
                )),
            }
        }
        if let Some(name) = branch.filter(|name| *name != ctx.base && !report.next.is_empty()) {
            report.notes.push(format!(
                "you are on {}: the files count once they are on {}",
                name.short(),
                self.label(&ctx.base)
            ));
        }
        Ok(())
    }

    /// The command that updates this checkout from the base.
    fn pull(&self, root: &Path) -> Result<Option<String>, Failure> {
        let Some(remote) = &self.ctx.remote else { return Ok(None) };
        let on_base = self.ctx.repo.current_branch(root)?.is_some_and(|b| b == self.ctx.base);
        let base = self.ctx.base.short();
        // Where both sides have commits, git pulls only if it is told how to join them.
        let head = self.ctx.objects.resolve("HEAD")?;
        let there = self.ctx.objects.resolve(&self.tracking())?;
        let told =
            ["pull.rebase", "pull.ff"].iter().any(|key| self.ctx.repo.config.last(key).is_some());
        let how = match (head, there) {
            (Some(head), Some(there)) if !told && !self.ctx.repo.is_ancestor(&head, &there)? => {
                " --rebase"
            }
            _ => "",
        };
        let from = if on_base { String::new() } else { format!(" {remote} {base}") };
        Ok(Some(format!("git pull{how}{from}")))
    }

    /// A commit on the branch that people have checked out has to get into this checkout too.
    pub(super) fn how_to_get_them(
        &self,
        wanted: &[NewFile],
        report: &mut InitReport,
    ) -> Result<(), Failure> {
        let Some(root) = self.ctx.repo.worktree.as_deref().filter(|_| report.pushed()) else {
            return Ok(());
        };
        report.next.extend(self.pull(root)?);
        let head = self.ctx.objects.resolve("HEAD")?;
        let (not_in_head, _) = self.missing(head.as_ref(), wanted)?;
        let in_worktree = |file: &&NewFile| {
            files::in_worktree(root, &file.path).is_ok_and(|s| s == PathState::There)
        };
        let own: Vec<String> = not_in_head
            .iter()
            .filter(|file| report.has_created(&file.path.to_string()))
            .filter(in_worktree)
            .map(|file| file.path.to_string())
            .collect();
        if !own.is_empty() {
            report.notes.push(format!(
                "this checkout has uncommitted files in their place; git can pull once they are moved away: {}",
                own.join(", ")
            ));
        }
        Ok(())
    }
}
