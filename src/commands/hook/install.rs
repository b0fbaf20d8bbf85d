//! `tix hook install`.

use serde::Serialize;

use crate::app::agent_files::{self, AgentFile, AgentFileChange, AgentJson};
use crate::app::context::{Context, Globals};
use crate::app::hooks::{self, HookChangeJson};
use crate::env::Env;
use crate::error::{Exit, Failure};
use crate::guard::install::agents::{Agent, AgentPart};
use crate::guard::install::engine::{InstallMode, InstallReport, Request};
use crate::guard::install::hook::Strictness;
use crate::guard::install::place::HookForm;
use crate::guard::install::script::ScriptReach;
use crate::out::{Format, Out};
use crate::text::safe;

/// Put the guard into the hooks of this clone
///
/// The guard then checks commits, merges and pushes on protected branches, in every worktree of the clone. An existing
/// hook is kept and runs first. From git 2.54 on, tix writes entries into the clone's configuration instead of hook
/// files; git runs these before the hook files. A second run changes nothing. A fast-forward of a local branch makes no
/// commit, so without --strict only the push of it is refused.
///
/// With --agents tix also adds its hooks to the files of coding agents in the working tree, which the team then
/// shares; everything else in these files stays as it is, and so does an entry of tix that somebody has changed: it is
/// named. One file that fails keeps nothing else from being installed.
///
/// Exit codes: 1 this worktree lacks the hooks that the others have; 5 a file cannot be read or written; 9
/// what it holds cannot be edited.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct HookInstallArgs {
    /// Also catch --no-verify, cherry-pick, revert, rebase, reset, update-ref and fast-forwards; every commit takes
    /// some 10 ms longer
    #[arg(long)]
    strict: bool,
    /// The agents whose files get the hooks too
    #[arg(long, value_parser = agent_files::word(), value_delimiter = ',', value_name = "AGENTS")]
    agents: Vec<Agent>,
    /// Write hook files even where configuration would do; for a clone that older versions of git also use
    #[arg(long)]
    files: bool,
    /// Install into a hooks directory that other repositories use too
    #[arg(long)]
    shared: bool,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

/// The answer in JSON.
// The keys stand by the alphabet, in which order they have always come out.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HookInstallJson<'a> {
    /// The agents' files that were asked for.
    agents: Vec<AgentJson>,
    /// Whether anything was written, or would be.
    changed: bool,
    /// The directory that git takes hooks from.
    directory: String,
    /// Nothing was done.
    dry_run: bool,
    /// `files` of the directory, or entries of git's `config`.
    form: &'static str,
    /// The hooks of git, each with what was done, or would be.
    hooks: Vec<HookChangeJson>,
    /// Warnings.
    notes: Vec<&'a str>,
    schema: &'static str,
}

pub fn run(args: &HookInstallArgs, globals: &Globals, env: &Env, out: &Out) -> Result<(), Failure> {
    let ctx = Context::open(globals, env, out, None)?;
    let mode = if args.dry_run { InstallMode::Rehearse } else { InstallMode::Do };
    let lock = hooks::lock(&ctx.repo)?;
    let mut agents = agent_files::read_all(
        &ctx.repo,
        AgentPart::Hooks,
        args.agents.iter().copied(),
        AgentFileChange::Install,
    )?;
    let report = hooks::install(&Request {
        repo: &ctx.repo,
        strictness: if args.strict { Strictness::Strict } else { Strictness::Usual },
        recipe: hooks::recipe(
            &ctx,
            if args.shared { ScriptReach::Shared } else { ScriptReach::Own },
        )?,
        asked_for: args.files.then_some(HookForm::Files),
        mode,
    })?;
    if mode == InstallMode::Do {
        let change = AgentFileChange::Install;
        agent_files::write(&mut agents, &ctx.repo, AgentPart::Hooks, change);
    }
    drop(lock);
    let advice = agent_files::advice(&agents, &ctx.config);
    let nothing = report.lines.iter().all(hooks::is_unchanged)
        && agents.iter().all(|file| file.edit.is_keep());
    // A workspace may lack what git takes the hooks of the others from.
    let lacking = if nothing { Some(hooks::status(&ctx.repo)?) } else { None };
    let lacking = lacking.filter(|guard| guard.mend.is_some());
    let opening = match (nothing, mode) {
        (true, _) if lacking.is_none() => Some("nothing to do, the guard is installed"),
        (false, InstallMode::Rehearse) => Some("this would be done:"),
        (true, _) | (false, InstallMode::Do) => None,
    };
    let opening = opening.filter(|_| !nothing || agents.iter().all(|file| !file.has_failed()));
    answer(out, mode, &report, &agents, advice.as_deref(), (nothing, opening));
    agent_files::finish(&agents, out.format)?;
    let Some(guard) = lacking else { return Ok(()) };
    if out.format == Format::Json {
        return Err(Failure::answered(Exit::No));
    }
    let failure = Failure::new(Exit::No, "the guard is installed, and git does not run it here");
    Err(hooks::mends(&guard).into_iter().fold(failure, Failure::hint))
}

fn answer(
    out: &Out,
    mode: InstallMode,
    report: &InstallReport,
    agents: &[AgentFile],
    advice: Option<&str>,
    (nothing, opening): (bool, Option<&str>),
) {
    let mut notes = agent_files::notes(agents, AgentPart::Hooks);
    notes.splice(0..0, report.notes.iter().map(String::as_str));
    notes.extend(advice);
    if out.format == Format::Json {
        out.json(&HookInstallJson {
            agents: agent_files::json(agents),
            changed: !nothing,
            directory: report.directory.display().to_string(),
            dry_run: mode == InstallMode::Rehearse,
            form: hooks::form_word(report.form),
            hooks: hooks::lines_json(report),
            notes,
            schema: "tix/hook-install@1",
        });
        return;
    }
    let mut text = String::new();
    if let Some(opening) = opening {
        text.push_str(&format!("{opening}\n"));
    }
    text.push_str(&hooks::text_of(report));
    text.push_str(&agent_files::lines(agents));
    for note in notes {
        text.push_str(&format!("note: {}\n", safe(note)));
    }
    out.answer(&text);
}
