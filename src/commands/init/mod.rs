//! `tix init`: set up the directories and files of a repository with tickets.

mod answer;
mod checkout;
mod files;
mod publish;
mod questions;

#[cfg(test)]
pub use answer::InitJson;
use answer::InitReport;
use files::PathState;
use questions::InitAnswers;

use crate::app::context::{Context, Globals};
use crate::app::hooks;
use crate::app::receipt::record;
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::guard::install::engine::{InstallMode, InstallReport as Installation, Request};
use crate::guard::install::hook::Strictness;
use crate::guard::install::script::ScriptReach;
use crate::lifecycle::NewFile;
use crate::names::{Oid, RefName, RepoPath};
use crate::out::Out;

/// Set up tickets in this repository
///
/// Writes the lanes, a ticket template and a commented .tix.yaml into the working tree, and prints the commands that
/// commit and push them. It overwrites and stages nothing. With --commit it commits the files on the trunk instead and
/// touches nothing in your checkout. A second run changes nothing.
///
/// With --trunk BRANCH the tickets get a branch of their own, for a repository whose main branch does not accept pushes:
/// the branch is created without the history of the code and pushed at once, and .tix.yaml names it.
///
/// On a terminal it asks four questions first: which branch the tickets are on, whether CI runs for pushes to it, whether
/// work is reviewed, and whether to install the hooks. It does not ask what an option already says; --yes takes the
/// defaults for the rest.
#[derive(Debug, clap::Args)]
pub struct InitArgs {
    /// Commit the files on the trunk and push it, and leave the checkout alone
    #[arg(long)]
    commit: bool,
    #[command(flatten)]
    decided: InitDecisions,
    /// Also put the guard into the hooks of this clone, as `tix hook install` does
    #[arg(long)]
    hooks: bool,
    /// How long to keep trying while others push to the trunk [default: 60s]
    #[arg(long, value_name = "TIME")]
    timeout: Option<String>,
}

/// What the command line decides; tix asks for the rest.
#[derive(Debug, clap::Args)]
struct InitDecisions {
    /// Ask nothing, and take the defaults
    #[arg(short, long)]
    yes: bool,
    /// Mark the commits of tix with [skip ci]: `skip_ci: true` in .tix.yaml
    #[arg(long)]
    skip_ci: bool,
    /// Have work reviewed before it is complete: `review: [critic_review]` in .tix.yaml
    #[arg(long)]
    review: bool,
}

/// Sets up what is missing, and reports what existed.
pub fn run(args: &InitArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    // Without the flag: what the repository says by itself tells whether a branch beside the default one is asked for, and
    // whether .tix.yaml has to name it.
    let plain = Globals { trunk: None, ..globals.clone() };
    let ctx = Context::open(&plain, env, out, args.timeout.as_deref())?;
    let answers = InitAnswers::find(&ctx, args, globals)?;
    let wanted = answers.trunk.as_deref();
    if wanted.is_some() {
        let flagged = Globals { trunk: answers.trunk.clone(), ..globals.clone() };
        Context::open(&flagged, env, out, args.timeout.as_deref())?;
    }
    let trunk = match wanted.and_then(RefName::branch) {
        Some(trunk) => trunk,
        None => ctx.trunk.clone(),
    };
    let named = wanted.is_some();
    let setup = Setup { ctx: &ctx, trunk, commit: args.commit, named, answers: &answers };
    let mut report = InitReport::new(setup.label(&setup.trunk));
    if let Err(failure) = setup.run(&mut report) {
        // What was only written here is no operation on the trunk.
        let tried = args.commit || report.diary.attempts > 0;
        let failed = if tried {
            record(&ctx, "init", "", &report.diary, Err(failure))
        } else {
            Err(failure)
        };
        return failed.map(|_| ());
    }
    if answers.hooks {
        report.installed(&install_hooks(&setup)?);
    }
    report.tell_of_pushes(&answers);
    report.print(&ctx);
    Ok(())
}

/// Puts the guard into the hooks of this clone.
fn install_hooks(setup: &Setup<'_>) -> Result<Installation, Failure> {
    let mut recipe = hooks::recipe(setup.ctx, ScriptReach::Own)?;
    if !recipe.guarded.contains(&setup.trunk) {
        recipe.guarded.push(setup.trunk.clone());
    }
    let lock = hooks::lock(&setup.ctx.repo)?;
    let installed = hooks::install(&Request {
        repo: &setup.ctx.repo,
        strictness: Strictness::Usual,
        recipe,
        asked_for: None,
        mode: InstallMode::Do,
    });
    drop(lock);
    installed
        .map_err(|failure| failure.hint("the tickets are set up; after that: tix hook install"))
}

fn in_the_way(path: &str) -> Failure {
    Failure::new(Exit::Refused, format!("{path} cannot be created: something else is in its place"))
        .hint("nothing changed; look at what is there, or keep the tickets elsewhere: git config tix.ticketsDir <directory>")
}

struct Setup<'a> {
    ctx: &'a Context<'a>,
    trunk: RefName,
    commit: bool,
    named: bool,
    answers: &'a InitAnswers,
}

impl Setup<'_> {
    fn run(&self, report: &mut InitReport) -> Result<(), Failure> {
        let tickets = files::of_tickets(&self.ctx.tickets_dir)?;
        if self.trunk == self.ctx.base {
            let all: Vec<NewFile> = tickets
                .into_iter()
                .chain([files::of_config(self.answers.settings(None))?])
                .collect();
            if self.commit {
                self.commit_on(&self.trunk, &all, report)?;
            } else {
                self.write(&all, report)?;
            }
            return Ok(());
        }
        let worktree = self.ctx.repo.worktree.is_some();
        if !self.commit && !worktree {
            return Err(bare());
        }
        self.fill_branch(&tickets, report)?;
        let settings = [files::of_config(self.answers.settings(Some(self.trunk.short())))?];
        if self.commit {
            self.commit_on(&self.ctx.base, &settings, report).map_err(|failure| {
                failure.hint("to commit .tix.yaml yourself, run it again without --commit")
            })?;
        } else {
            self.write(&settings, report)?;
        }
        if self.named
            && self.ctx.trunk != self.trunk
            && !report.has_created(crate::app::context::CONFIG_FILE)
        {
            report.must_name(self.trunk.short());
        }
        Ok(())
    }

    fn label(&self, branch: &RefName) -> String {
        label(self.ctx, branch)
    }

    /// The files of `wanted` that a commit does not have; those it has are noted as existing.
    fn missing(
        &self,
        commit: Option<&Oid>,
        wanted: &[NewFile],
    ) -> Result<(Vec<NewFile>, Vec<RepoPath>), Failure> {
        let (mut missing, mut existing) = (Vec::new(), Vec::new());
        for file in wanted {
            let stands = match commit {
                Some(commit) => {
                    let (objects, format) = (&self.ctx.objects, self.ctx.repo.format);
                    files::in_commit(objects, format, commit, &file.path)?
                }
                None => PathState::Free,
            };
            match stands {
                PathState::Free => missing.push(file.clone()),
                PathState::There => existing.push(file.path.clone()),
                PathState::InTheWay => return Err(in_the_way(&file.path.to_string())),
            }
        }
        Ok((missing, existing))
    }
}

/// A branch as people name it: with its remote.
fn label(ctx: &Context<'_>, branch: &RefName) -> String {
    match &ctx.remote {
        Some(remote) => format!("{remote}/{}", branch.short()),
        None => branch.short().to_owned(),
    }
}

fn bare() -> Failure {
    Failure::new(Exit::Refused, "this is a bare repository: there is no working tree to write to")
        .hint("commit the files on the trunk instead: tix init --commit")
}
