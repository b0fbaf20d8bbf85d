//! The part of `tix init` that commits: on the trunk, without any checkout.

use super::Setup;
use super::answer::InitReport;
use crate::app::context::CONFIG_FILE;
use crate::app::receipt::{Receipt, record};
use crate::error::{Exit, Failure};
use crate::lifecycle::{Already, Change, Decision, NewFile, set_up};
use crate::names::{Oid, RefName};
use crate::trunk::{Landed, Outcome, Run, Stop, Trunk, TrunkError, TrunkStep};

impl Setup<'_> {
    fn engine<'t>(
        &'t self,
        branch: &RefName,
        run: &'t Run,
        progress: &'t dyn Fn(TrunkStep),
    ) -> Trunk<'t> {
        Trunk { branch: branch.clone(), base: None, ..self.ctx.engine(run, progress) }
    }

    /// Commits what is missing on a branch that exists, without any checkout.
    pub(super) fn commit_on(
        &self,
        branch: &RefName,
        wanted: &[NewFile],
        report: &mut InitReport,
    ) -> Result<(), Failure> {
        let run = Run::begin(&self.ctx.repo)?;
        let progress = self.ctx.progress();
        let engine = self.engine(branch, &run, &progress);
        match self.transact(&engine, wanted, report) {
            Err(Stop::Trunk(error)) if is_unborn(&error) => return Err(self.no_commit_yet(&error)),
            other => other?,
        }
        // The commit stands, whatever becomes of the advice.
        if let Err(failure) = self.how_to_get_them(wanted, report) {
            self.ctx.out.warn(&failure.message);
        }
        Ok(())
    }

    fn transact(
        &self,
        engine: &Trunk<'_>,
        wanted: &[NewFile],
        report: &mut InitReport,
    ) -> Result<(), Stop<Failure>> {
        let actor = self.ctx.actor();
        let mut existing = Vec::new();
        let outcome = engine.transact(&mut report.diary, |view| {
            let (missing, there) = self.missing(view.commit(), wanted)?;
            existing = there;
            if missing.is_empty() {
                return Ok(Decision::Answer(Already));
            }
            if engine.branch != self.ctx.base && existing.is_empty() {
                self.require_no_code(view.commit())?;
            }
            // Who acts matters only now that there is something to do.
            let actor = actor.clone()?;
            Ok(Decision::Push(set_up(&missing, &actor), actor))
        });
        report.existing.extend(existing.iter().map(ToString::to_string));
        match outcome? {
            Outcome::Landed(landed) => Ok(self.note(engine, &landed, &landed.output, report)?),
            Outcome::Answered(Already) => Ok(()),
        }
    }

    /// A branch of its own holds tickets and nothing else: on top of code, each of the ordinary commits there would break the rule.
    fn require_no_code(&self, commit: Option<&Oid>) -> Result<(), Failure> {
        let Some(commit) = commit else { return Ok(()) };
        let (objects, format) = (&self.ctx.objects, self.ctx.repo.format);
        let tree = objects.tree_of(commit)?;
        let entries = objects.entries(tree.as_str().as_bytes(), format)?.unwrap_or_default();
        let of_tickets = |name: &[u8]| {
            name == CONFIG_FILE.as_bytes()
                || self.ctx.tickets_dir.components().next().is_some_and(|first| first == name)
        };
        if entries.iter().all(|entry| of_tickets(&entry.name)) {
            return Ok(());
        }
        let (label, name) = (self.label(&self.trunk), self.trunk.short());
        let message = format!(
            "{label} already holds other files, and a branch of its own is for tickets alone"
        );
        Err(Failure::new(Exit::Refused, message)
        .hint("choose one that does not exist yet: tix init --trunk <branch>")
        .hint(format!(
            "if {name} is where the team works, write `base: {name}` and `trunk: {name}` into {CONFIG_FILE}; then: tix init"
        )))
    }

    fn note<T>(
        &self,
        engine: &Trunk<'_>,
        landed: &Landed<T>,
        actor: &str,
        report: &mut InitReport,
    ) -> Result<(), Failure> {
        let mut receipt = Receipt::new(self.ctx, "init", "", actor);
        engine.branch.short().clone_into(&mut receipt.trunk);
        receipt.outcome = "set up";
        receipt.add(landed);
        let receipt = record(self.ctx, "init", "", &report.diary, Ok(receipt))?;
        for warning in &receipt.warnings {
            self.ctx.out.warn(warning);
        }
        let pushed = engine.remote.is_some();
        report.committed(&self.label(&engine.branch), &landed.commit, receipt.paths, pushed);
        Ok(())
    }

    /// A trunk of its own: created without history if it is missing, completed if it exists.
    pub(super) fn fill_branch(
        &self,
        tickets: &[NewFile],
        report: &mut InitReport,
    ) -> Result<(), Failure> {
        let run = Run::begin(&self.ctx.repo)?;
        let progress = self.ctx.progress();
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
                    if self.begin(&engine, &set_up(tickets, &actor), &actor, report)? {
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
        actor: &str,
        report: &mut InitReport,
    ) -> Result<bool, Failure> {
        let landed = engine.begin_branch(&mut report.diary, change)?;
        let made = landed.is_some();
        if let Some(landed) = &landed {
            self.note(engine, landed, actor, report)?;
        }
        Ok(made)
    }

    /// A branch for tickets only does not help while there is no code to work on, and on an empty server it would become
    /// the default branch.
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
                .hint("choose the branch for the tickets: tix init --commit --trunk <branch>");
        }
        without_commit(&self.label(&self.trunk))
    }
}

/// The refusal to commit onto a branch that does not exist.
pub(super) fn without_commit(branch: &str) -> Failure {
    Failure::new(Exit::Refused, format!("{branch} has no commit yet"))
        .hint("write the files here and make them the first commit: tix init")
}

fn is_unborn(error: &TrunkError) -> bool {
    matches!(error, TrunkError::NoTrunk { .. } | TrunkError::NoLocalTrunk { .. })
}

fn only_with_commit(error: TrunkError) -> Failure {
    let missing = is_unborn(&error);
    let failure = Failure::from(error);
    if missing { failure.hint("or make it: tix init --commit") } else { failure }
}
