//! `tix init`: the directories and files that a repository with tickets begins with.

mod answer;
mod files;

use std::path::Path;

use answer::Report;
use files::Standing;
use serde_json::json;

use super::{Context, Globals, progress_line};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::lifecycle::{Change, NewFile, set_up};
use crate::names::{Oid, RefName, RepoPath};
use crate::out::Out;
use crate::trunk::{Diary, Landed, Run, Step, Stop, Trunk, TrunkError, View};

/// Set up tickets in this repository
///
/// Writes the lanes, a ticket template and a commented .tix.yaml into the working tree, overwrites and stages
/// nothing, and prints the commands that commit and push them. With --commit the files are committed on the
/// trunk instead, and nothing in your checkout is touched. A second run changes nothing.
///
/// With --trunk BRANCH the tickets get a branch of their own, for a repository whose main branch may not be
/// pushed to: the branch is made without the code's history and pushed at once, and .tix.yaml names it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Commit the files on the trunk and push it, and leave the checkout alone
    #[arg(long)]
    commit: bool,
    /// How long to go on trying while others move the trunk [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

/// Sets up what is missing, and says what was there.
pub fn run(args: &Args, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let wanted = globals.trunk.as_deref();
    // Opened once more without the flag: what the repository says by itself tells whether the flag asks for
    // a branch beside the default one, and whether .tix.yaml has to name it.
    let flagged = Context::open(globals, env, out, args.timeout.as_deref())?;
    let ctx = if wanted.is_none() {
        flagged
    } else {
        let plain = Globals { trunk: None, ..globals.clone() };
        Context::open(&plain, env, out, args.timeout.as_deref())?
    };
    let trunk = match wanted.and_then(RefName::branch) {
        Some(trunk) => trunk,
        None => ctx.trunk.clone(),
    };
    let setup = Setup { ctx: &ctx, trunk, commit: args.commit, named: wanted.is_some() };
    let report = setup.run()?;
    report.print(&ctx);
    Ok(())
}

/// Why a transaction made no commit.
enum No {
    Complete,
    InTheWay(RepoPath),
    Nobody(Box<Failure>),
}

impl From<No> for Failure {
    fn from(no: No) -> Failure {
        match no {
            No::Complete => Failure::new(Exit::Refused, "everything is there already"),
            No::InTheWay(path) => in_the_way(&path.to_string()),
            No::Nobody(failure) => *failure,
        }
    }
}

fn in_the_way(path: &str) -> Failure {
    Failure::new(Exit::Refused, format!("{path} cannot be made: something else is in its place"))
        .hint("nothing was changed; look at what is there, or keep the tickets elsewhere: git config tix.ticketsDir <directory>")
}

/// What is to be set up where.
struct Setup<'a> {
    ctx: &'a Context<'a>,
    trunk: RefName,
    commit: bool,
    named: bool,
}

impl Setup<'_> {
    fn run(&self) -> Result<Report, Failure> {
        let mut report = Report::new(self.label(&self.trunk));
        let tickets = files::of_tickets(&self.ctx.tickets_dir)?;
        if self.trunk == self.ctx.base {
            let all: Vec<NewFile> = tickets.into_iter().chain([files::of_config(None)?]).collect();
            if self.commit {
                self.commit_on(&self.trunk, &all, &mut report)?;
            } else {
                self.write(&all, &mut report)?;
            }
            return Ok(report);
        }
        let worktree = self.ctx.repo.worktree.is_some();
        if !self.commit && !worktree {
            return Err(bare());
        }
        self.fill_branch(&tickets, &mut report)?;
        let settings = [files::of_config(Some(self.trunk.short()))?];
        if self.commit {
            self.commit_on(&self.ctx.base, &settings, &mut report).map_err(|failure| {
                failure.hint("to commit .tix.yaml by yourself, run it again without --commit")
            })?;
        } else {
            self.write(&settings, &mut report)?;
        }
        if self.named && self.ctx.trunk != self.trunk && !report.has_created(super::CONFIG_FILE) {
            report.must_name(self.trunk.short());
        }
        Ok(report)
    }

    fn label(&self, branch: &RefName) -> String {
        match &self.ctx.remote {
            Some(remote) => format!("{remote}/{}", branch.short()),
            None => branch.short().to_owned(),
        }
    }

    fn progress(&self, step: Step) {
        let remote = self.ctx.remote.as_ref().map_or("", |r| r.as_str());
        self.ctx.out.progress(&progress_line(remote, step));
    }

    fn engine<'t>(
        &'t self,
        branch: &RefName,
        run: &'t Run,
        progress: &'t dyn Fn(Step),
    ) -> Trunk<'t> {
        Trunk { branch: branch.clone(), base: None, ..self.ctx.engine(run, progress) }
    }

    /// The files of `wanted` that a commit does not have; those it has are noted as existing.
    fn missing(
        &self,
        commit: Option<&Oid>,
        wanted: &[NewFile],
    ) -> Result<(Vec<NewFile>, Vec<RepoPath>), Stop<No>> {
        let (mut missing, mut existing) = (Vec::new(), Vec::new());
        for file in wanted {
            let stands = match commit {
                Some(commit) => {
                    let (objects, format) = (&self.ctx.objects, self.ctx.repo.format);
                    files::in_commit(objects, format, commit, &file.path)?
                }
                None => Standing::Free,
            };
            match stands {
                Standing::Free => missing.push(file.clone()),
                Standing::There => existing.push(file.path.clone()),
                Standing::InTheWay => return Err(Stop::Refused(No::InTheWay(file.path.clone()))),
            }
        }
        Ok((missing, existing))
    }

    /// Commits what is missing on a branch that exists, without any checkout.
    fn commit_on(
        &self,
        branch: &RefName,
        wanted: &[NewFile],
        report: &mut Report,
    ) -> Result<(), Failure> {
        let run = Run::begin(&self.ctx.repo)?;
        let progress = |step| self.progress(step);
        let engine = self.engine(branch, &run, &progress);
        match self.transact(&engine, wanted, report) {
            Err(Stop::Trunk(error)) if is_unborn(&error) => return Err(self.no_commit_yet(&error)),
            other => other?,
        }
        self.how_to_get_them(wanted, report)
    }

    /// What was committed on the branch that people have checked out has to come to this checkout too.
    fn how_to_get_them(&self, wanted: &[NewFile], report: &mut Report) -> Result<(), Failure> {
        let Some(root) = self.ctx.repo.worktree.as_deref().filter(|_| report.pushed()) else {
            return Ok(());
        };
        report.next.extend(self.pull(root)?);
        let head = self.ctx.objects.resolve("HEAD")?;
        let (not_in_head, _) = self.missing(head.as_ref(), wanted)?;
        let in_worktree = |file: &&NewFile| {
            files::in_worktree(root, &file.path).is_ok_and(|s| s == Standing::There)
        };
        let own: Vec<String> = not_in_head
            .iter()
            .filter(|file| report.has_created(&file.path.to_string()))
            .filter(in_worktree)
            .map(|file| file.path.to_string())
            .collect();
        if !own.is_empty() {
            report.notes.push(format!(
                "this checkout has files of its own in their place, not committed; git pulls once they are \
                 moved away: {}",
                own.join(", ")
            ));
        }
        Ok(())
    }

    /// The command that brings the base to this checkout.
    fn pull(&self, root: &Path) -> Result<Option<String>, Failure> {
        let Some(remote) = &self.ctx.remote else { return Ok(None) };
        let on_base = self.ctx.repo.current_branch(root)?.is_some_and(|b| b == self.ctx.base);
        let base = self.ctx.base.short();
        let pull =
            if on_base { "git pull".to_owned() } else { format!("git pull {remote} {base}") };
        Ok(Some(pull))
    }

    fn transact(
        &self,
        engine: &Trunk<'_>,
        wanted: &[NewFile],
        report: &mut Report,
    ) -> Result<(), Stop<No>> {
        let actor = self.ctx.actor();
        let mut existing = Vec::new();
        let mut diary = Diary::default();
        let landed = engine.transact(&mut diary, |view: &View<'_>| {
            let (missing, there) = self.missing(view.commit(), wanted)?;
            existing = there;
            if missing.is_empty() {
                return Err(Stop::Refused(No::Complete));
            }
            // Who acts matters only now that there is something to do.
            let nobody = |failure: &Failure| Stop::Refused(No::Nobody(Box::new(failure.clone())));
            let actor = actor.as_ref().map_err(nobody)?;
            set_up(&missing, actor).map(|change| (change, ())).ok_or(Stop::Refused(No::Complete))
        });
        report.existing.extend(existing.iter().map(ToString::to_string));
        match landed {
            Ok(landed) => {
                self.note(engine, &landed, report);
                Ok(())
            }
            Err(Stop::Refused(No::Complete)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    fn note(&self, engine: &Trunk<'_>, landed: &Landed<()>, report: &mut Report) {
        let paths: Vec<String> = landed.paths.iter().map(ToString::to_string).collect();
        let pushed = engine.remote.is_some();
        self.ctx.audit().append(&json!({
            "schema": "tix/receipt@1", "operation": "init", "outcome": "done",
            "at": crate::clock::rfc3339(self.ctx.now), "commit": landed.commit.as_str(),
            "branch": engine.branch.short(), "paths": &paths, "attempts": landed.attempts,
            "pushed": pushed,
        }));
        for warning in &landed.warnings {
            self.ctx.out.warn(warning);
        }
        report.committed(&self.label(&engine.branch), &landed.commit, paths, pushed);
    }

    /// A trunk of its own: made without history where it is missing, filled up where it is there.
    fn fill_branch(&self, tickets: &[NewFile], report: &mut Report) -> Result<(), Failure> {
        let run = Run::begin(&self.ctx.repo)?;
        let progress = |step| self.progress(step);
        let engine = self.engine(&self.trunk, &run, &progress);
        if !(self.named || self.commit) {
            let view = engine.fetch_view().map_err(only_with_commit)?;
            let (missing, existing) = self.missing(view.commit(), tickets)?;
            report.existing.extend(existing.iter().map(ToString::to_string));
            if !missing.is_empty() {
                report.next.push("tix init --commit".to_owned());
            }
            return Ok(());
        }
        loop {
            match self.transact(&engine, tickets, report) {
                Err(Stop::Trunk(error)) if is_unborn(&error) => {
                    self.require_base(&error)?;
                    let actor = self.ctx.actor()?;
                    let Some(change) = set_up(tickets, &actor) else { return Ok(()) };
                    if self.begin(&engine, &change, report)? {
                        return Ok(());
                    }
                    // Somebody else began it in between: then it can be filled up.
                }
                other => return other.map_err(Failure::from),
            }
        }
    }

    fn begin(
        &self,
        engine: &Trunk<'_>,
        change: &Change,
        report: &mut Report,
    ) -> Result<bool, Failure> {
        let landed = engine.begin_branch(&mut Diary::default(), change)?;
        let made = landed.is_some();
        if let Some(landed) = &landed {
            self.note(engine, landed, report);
        }
        Ok(made)
    }

    /// A branch for tickets only is no help where there is no code yet to work on, and on an empty server it
    /// would become the default branch.
    fn require_base(&self, missing: &TrunkError) -> Result<(), Failure> {
        let base = &self.ctx.base;
        let there = if let TrunkError::NoTrunk { branches, .. } = missing {
            branches.iter().any(|b| b == base.short())
        } else {
            self.ctx.objects.resolve(base.as_str())?.is_some()
        };
        if there {
            return Ok(());
        }
        let push = self.ctx.remote.as_ref().map(|r| format!("git push -u {r} HEAD"));
        let message = format!("there is no commit on {} yet", self.label(base));
        let mut failure = Failure::new(Exit::Refused, message);
        if self.ctx.objects.resolve("HEAD")?.is_none() {
            failure =
                failure.hint("make the first one: git commit --allow-empty -m 'first commit'");
        }
        if let Some(push) = push {
            failure = failure.hint(format!("push it: {push}"));
        }
        Err(failure.hint(format!("then again: tix init --trunk {}", self.trunk.short())))
    }

    fn no_commit_yet(&self, error: &TrunkError) -> Failure {
        if let TrunkError::NoTrunk { branches, .. } = error
            && !branches.is_empty()
        {
            let known = branches.join(", ");
            return Failure::new(Exit::Refused, error.to_string())
                .fact("branches", known)
                .hint("say which of them takes the tickets: tix init --commit --trunk <branch>");
        }
        let branch = self.label(&self.trunk);
        Failure::new(Exit::Refused, format!("{branch} has no commit yet that another could follow"))
            .hint("write the files here, and make the first commit of them: tix init")
    }

    /// Writes what is missing into the working tree, and works out what is left to do.
    fn write(&self, wanted: &[NewFile], report: &mut Report) -> Result<(), Failure> {
        let root = self.ctx.repo.worktree.as_deref().ok_or_else(bare)?;
        let failed = |path: &RepoPath, error: std::io::Error| {
            Failure::new(Exit::Refused, format!("{path} cannot be written: {error}"))
                .hint("make room or fix the permissions and try again; what is there is kept")
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
                Standing::Free if on_trunk.contains(&file.path) || in_head.contains(&file.path) => {
                    report.existing.push(file.path.to_string());
                    elsewhere |= !in_head.contains(&file.path);
                }
                Standing::Free => free.push(file),
                Standing::There => report.existing.push(file.path.to_string()),
                Standing::InTheWay => return Err(in_the_way(&file.path.to_string())),
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
        report: &mut Report,
    ) -> Result<(), Failure> {
        let ctx = self.ctx;
        let branch = ctx.repo.current_branch(root)?;
        let here = ctx.env.current_dir().is_ok_and(|dir| dir == root);
        let git =
            if here { "git".to_owned() } else { format!("git -C {}", answer::shell_word(root)) };
        if !uncommitted.is_empty() {
            let words = uncommitted.iter().map(|p| answer::shell_word(Path::new(&p.to_string())));
            let paths = words.collect::<Vec<_>>().join(" ");
            let sparse =
                if ctx.repo.config.is_true("core.sparsecheckout") { " --sparse" } else { "" };
            report.next.push(format!("{git} add{sparse} -- {paths}"));
            report.next.push(format!("{git} commit -m \"init: tickets\" -- {paths}"));
        }
        if let (Some(remote), true) = (&ctx.remote, unpushed || !uncommitted.is_empty()) {
            match &branch {
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
}

fn is_unborn(error: &TrunkError) -> bool {
    matches!(error, TrunkError::NoTrunk { .. } | TrunkError::NoLocalTrunk { .. })
}

fn only_with_commit(error: TrunkError) -> Failure {
    let missing = is_unborn(&error);
    let failure = Failure::from(error);
    if missing { failure.hint("or make it: tix init --commit") } else { failure }
}

fn bare() -> Failure {
    Failure::new(Exit::Refused, "this is a bare repository: there is no working tree to write to")
        .hint("commit the files on the trunk instead: tix init --commit")
}
