//! `tix hook claude` and the like: what to tell an agent about its actions.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::report;
use super::session;
use super::worktree;
use crate::config::Writes;
use crate::env::Env;
use crate::git::end_all_soon;
use crate::guard::agent::{
    self, AgentEvent, Dialect, EventMoment, HookAnswer, LineReason, LineRefusal, OtherTree, Spoken,
    ToolAction, Unheard,
};
use crate::guard::install::hook::Strictness;
use crate::guard::{Guarded, HookUse, SlippedCommits};
use crate::names::RefName;
use crate::out::Out;
use crate::text::{self, one_line, safe};
use crate::workspace::Session;

/// How many reasons a message names.
const SHOWN: usize = 5;

/// The greatest length of an event.
const LONGEST: u64 = 64 << 20;

/// Reads the event from standard input and answers it.
pub fn run(dialect: Dialect, env: &Env, out: &dyn Fn() -> Out) -> Spoken {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LONGEST).read_to_end(&mut bytes);
    let here = env.current_dir().map(Path::to_owned).unwrap_or_default();
    let event = read.ok().and_then(|_| AgentEvent::read(&bytes));
    let Some(event) = event else {
        let what = "The event that the agent sent is not a JSON object";
        let answer = unreadable(dialect, (what, Unread::Anything), &here, env);
        return agent::speak(dialect, &EventMoment::Before, &answer);
    };
    let cwd = event.cwd.as_deref().map_or(here.clone(), |cwd| here.join(cwd));
    if matches!(event.moment, EventMoment::Before | EventMoment::After | EventMoment::Failed) {
        end_all_soon();
    }
    let answer = match &event.moment {
        EventMoment::Before if event.action == ToolAction::Unreadable => {
            let what = "What the agent's tool is to do cannot be read";
            unreadable(dialect, (what, Unread::Anything), &cwd, env)
        }
        EventMoment::Before if event.action == ToolAction::UnreadableWrite => {
            let what = "What the agent's tool is to write cannot be read";
            unreadable(dialect, (what, Unread::Write), &cwd, env)
        }
        EventMoment::Before => before(dialect, &event, &cwd, env),
        EventMoment::After | EventMoment::Failed => after(&event, &cwd, env),
        EventMoment::Start => start(dialect, &event, &cwd, env, out),
        EventMoment::WorktreeWanted(name) => worktree::create(
            name,
            &cwd,
            session_of(dialect, &event, env).as_ref().and_then(Session::given),
            env,
        ),
        EventMoment::WorktreeUnwanted(path) => worktree::remove(path, &cwd, env),
        EventMoment::Stop => stop(session_of(dialect, &event, env), &cwd, env, out),
        EventMoment::Other => HookAnswer::Pass,
    };
    agent::speak(dialect, &event.moment, &answer)
}

/// What cannot be read of an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unread {
    Anything,
    /// Which file is written: the settings say whether that matters.
    Write,
}

/// An unreadable event may be anything, so it is refused where a commit would be checked.
fn unreadable(
    dialect: Dialect,
    (what, unread): (&str, Unread),
    here: &Path,
    env: &Env,
) -> HookAnswer {
    let guarded = match Guarded::of_commands(here, env) {
        Ok(guarded) => guarded,
        Err(error) => {
            report::note_lost(dialect.name(), Some(here), env);
            return HookAnswer::Refuse(format!(
                "The guard cannot tell what is checked out here: {error}."
            ));
        }
    };
    let Some(guarded) = guarded else { return HookAnswer::Pass };
    let Some(branch) = guarded.branch().filter(|branch| guarded.is_protected(branch)) else {
        return HookAnswer::Pass;
    };
    let writes = if unread == Unread::Write { guarded.writes() } else { Writes::Refuse };
    if writes == Writes::Allow {
        return HookAnswer::Pass;
    }
    let off = env.guard_is_off();
    let line = report::JudgementLine {
        hook: dialect.name(),
        branch: Some(branch),
        verdict: if off { "off" } else { "refused" },
        rule: report::UNREADABLE,
        paths: &[],
        commit: None,
    };
    report::note(&guarded, env, &line);
    if off {
        return HookAnswer::Pass;
    }
    let text = format!(
        "{what}, so the guard cannot check it, and {} is checked out in {}.",
        branch.short(),
        here.display()
    );
    if writes == Writes::Ask { HookAnswer::Ask(text) } else { HookAnswer::Refuse(text) }
}

fn before(dialect: Dialect, event: &AgentEvent, cwd: &Path, env: &Env) -> HookAnswer {
    let judge = agent::judge(&event.action, cwd, env, dialect);
    let off = env.guard_is_off();
    for refusal in &judge.refusals {
        note(dialect, refusal, if off { "off" } else { "refused" }, env);
    }
    if off {
        return HookAnswer::Pass;
    }
    if let Some(refusal) = judge.refusals.first() {
        let text = words(refusal);
        return if judge.refusals.iter().all(may_be_asked) {
            HookAnswer::Ask(text)
        } else {
            HookAnswer::Refuse(text)
        };
    }
    for guarded in judge.repositories() {
        guarded.note_tips();
    }
    match judge.lost {
        Some((dir, error)) if agent::may_have_moved(&event.action) => {
            report::note_lost(dialect.name(), Some(&dir), env);
            HookAnswer::Refuse(format!(
                "The guard cannot tell whether this is about a protected branch: {error}."
            ))
        }
        Some(_) | None => HookAnswer::Pass,
    }
}

/// Whether the settings let a person decide.
fn may_be_asked(refusal: &LineRefusal) -> bool {
    matches!(refusal.why, LineReason::File(_)) && refusal.guarded.writes() == Writes::Ask
}

/// One line of the audit log.
fn note(dialect: Dialect, refusal: &LineRefusal, verdict: &str, env: &Env) {
    let breaches =
        if let LineReason::Breaches(breaches) = &refusal.why { breaches.as_slice() } else { &[] };
    let file = if let LineReason::File(path) = &refusal.why { Some(path) } else { None };
    let paths = breaches.iter().filter_map(|b| b.path.as_ref()).map(ToString::to_string);
    let paths: Vec<String> = paths.chain(file.map(|path| path.display().to_string())).collect();
    let commits =
        if let LineReason::Commits(commits) = &refusal.why { commits.as_slice() } else { &[] };
    let commit = commits.first().map(|(commit, _)| commit);
    report::note(
        &refusal.guarded,
        env,
        &report::JudgementLine {
            hook: dialect.name(),
            branch: Some(&refusal.branch),
            verdict,
            rule: refusal.why.rule(),
            paths: &paths,
            commit,
        },
    );
}

/// A refusal for a model: facts and remedies. It gives no orders, and none of its commands destroys anything.
fn words(refusal: &LineRefusal) -> String {
    let branch = refusal.branch.short();
    let mut text = format!("{branch} takes ticket commits only: {} ", refusal.what);
    let (verb, list): (&str, Vec<String>) = match &refusal.why {
        LineReason::Breaches(breaches) => (
            "would add changes that break this rule.",
            breaches.iter().map(ToString::to_string).collect(),
        ),
        LineReason::Commits(commits) => {
            let line = |(commit, subject): &(_, String)| {
                let commit: &crate::names::Oid = commit;
                format!("{} {subject}", commit.short())
            };
            (
                "would bring commits that change more than tickets.",
                commits.iter().map(line).collect(),
            )
        }
        LineReason::Unseen => {
            ("would change it, and the guard cannot check the result beforehand.", Vec::new())
        }
        LineReason::Deletion => ("would delete or rename it.", Vec::new()),
        LineReason::Rewrite => ("would remove or overwrite published commits.", Vec::new()),
        LineReason::Unchecked => ("would bypass the hooks that check this.", Vec::new()),
        LineReason::StagedMeanwhile => (
            "would include files that this line stages or writes first. Run `git add` and `git commit` as two commands, so \
             that the guard can check what is staged.",
            Vec::new(),
        ),
        LineReason::Unreadable(why) => {
            ("cannot be checked before it runs, and may move the branch.", vec![why.clone()])
        }
        LineReason::Undecided(why) => ("cannot be judged.", vec![why.clone()]),
        LineReason::File(_) => ("would change files in the checkout of that branch.", Vec::new()),
    };
    text.push_str(verb);
    for line in list.iter().take(SHOWN) {
        text.push_str(&format!("\n- {}", safe(one_line(line))));
    }
    if list.len() > SHOWN {
        text.push_str(&format!("\n- and {} more", list.len() - SHOWN));
    }
    text.extend(refusal.elsewhere.as_ref().map(whereabouts));
    match refusal.unheard {
        Some(Unheard::Missing(strictness)) => {
            let command = match strictness {
                Strictness::Usual => "tix hook install",
                Strictness::Strict => "tix hook install --strict",
            };
            text.push_str(&format!(
                "\nNo git hook in force here would check the result{}",
                missing(&refusal.guarded, command)
            ));
        }
        Some(Unheard::Never) => text.push_str("\ngit runs no hook that would check the result."),
        Some(Unheard::ByAgent) => text.push_str(
            "\nThis agent turns git's hooks off for the commands it runs, so nothing would check the result.",
        ),
        Some(Unheard::ByLine) => text.push_str(
            "\nThe line itself keeps git's hooks from checking the result.",
        ),
        None => {}
    }
    if let Some(suspicion) = refusal.guarded.suspicion(&refusal.branch) {
        text.push_str(&format!("\n{suspicion}"));
    }
    text.push_str(way_on(refusal));
    text
}

/// Which worktree is meant, where that is not the agent's own, and how to mean another one.
fn whereabouts(tree: &OtherTree) -> String {
    let branch = tree.branch.as_ref().map_or("a detached HEAD", RefName::short);
    let root = tree.root.display();
    if tree.is_guess {
        format!(
            "\nThat may be in {root}, which is on {branch}: the line does not spell the directory out. `cd <dir> && …` and \
             `git -C <dir> …` do."
        )
    } else {
        format!("\nThat is in {root}, which is on {branch}.")
    }
}

fn way_on(refusal: &LineRefusal) -> &'static str {
    match refusal.why {
        LineReason::Breaches(_)
        | LineReason::Commits(_)
        | LineReason::Unseen
        | LineReason::File(_)
        | LineReason::Unchecked => {
            "\nEach ticket has its own branch and worktree: `tix activate <ticket>` creates them and prints the path. \
             `tix list` shows the tickets. Changes made here can move to a new branch: `git switch -c <name>`."
        }
        LineReason::Deletion | LineReason::Rewrite => {
            "\n`git pull --rebase` brings in what is published."
        }
        LineReason::StagedMeanwhile => "",
        LineReason::Unreadable(_) => {
            "\nThe guard can read plain commands, one per call, with full directory names."
        }
        LineReason::Undecided(_) => {
            "\n`git status` shows whether git itself can read the repository."
        }
    }
}

/// Commits that bypassed the other hooks are reported afterwards.
fn after(event: &AgentEvent, cwd: &Path, env: &Env) -> HookAnswer {
    if !matches!(event.action, ToolAction::Shell(_) | ToolAction::Tool { .. }) {
        return HookAnswer::Pass;
    }
    let is_suspect = agent::may_have_moved(&event.action);
    let mut texts = Vec::new();
    for guarded in agent::repositories(&event.action, cwd, env) {
        // Any program may have called git. Where none of them has moved anything, git is not asked.
        let moved = guarded.moved_from();
        if moved.is_none() && !is_suspect {
            continue;
        }
        match guarded.slipped(&moved.unwrap_or_default()) {
            Ok(slipped) => texts.extend(slipped.iter().filter_map(|s| told(&guarded, s))),
            Err(error) => tracing::debug!(%error, "slipped"),
        }
    }
    if texts.is_empty() { HookAnswer::Pass } else { HookAnswer::Tell(texts.join("\n")) }
}

fn told(guarded: &Guarded, slipped: &SlippedCommits) -> Option<String> {
    let name = slipped.branch.short();
    let first = slipped.commits.first()?;
    let commits = text::count(slipped.commits.len(), "commit", "commits");
    let (short, subject) = (first.commit.short(), safe(one_line(&first.subject)));
    let keep = format!("`git branch <name> {short}` gives them a branch of their own");
    if let Some(remote) = &slipped.pushed_to {
        return Some(format!(
            "{name} takes ticket commits only, but {commits} with other changes went from here to {remote}/{name}: \
             {short} {subject}. {keep}, and whoever looks after {name} should know."
        ));
    }
    let remote = guarded.remote().map_or_else(String::new, |remote| format!("{remote}/"));
    Some(format!(
        "{name} takes ticket commits only, but here it has {commits} beyond {remote}{name} with other changes: {short} \
         {subject}. The guard will not let them be pushed to {name}. {keep}, which can be pushed."
    ))
}

/// What a session should know from its start; nothing if there are no tickets.
fn start(
    dialect: Dialect,
    event: &AgentEvent,
    cwd: &Path,
    env: &Env,
    out: &dyn Fn() -> Out,
) -> HookAnswer {
    let Ok(Some(guarded)) = Guarded::of_commands(cwd, env) else { return HookAnswer::Pass };
    let dir: PathBuf = guarded.root().unwrap_or(cwd).to_owned();
    guarded.note_tips();
    let session = session_of(dialect, event, env);
    let facts = session::facts(&dir, guarded.branch(), session.as_ref(), env, &out());
    let in_force = guarded.hooks_in_force(env);
    let hooks = match dialect.hooks_of_commands() {
        HookUse::Off if in_force.without_directory().are_complete() => None,
        HookUse::Off => Some(
            "This agent runs commands without git's hooks, so the guard refuses a command if nobody can tell beforehand \
             what it would commit on a protected branch."
                .to_owned(),
        ),
        HookUse::Asked | HookUse::Skipped if in_force.are_complete() => None,
        HookUse::Asked | HookUse::Skipped => Some(format!(
            "The git hooks that keep code off protected branches are not in force here{}",
            missing(&guarded, "tix hook install")
        )),
    };
    let told: Vec<String> = facts.into_iter().chain(hooks).collect();
    if told.is_empty() { HookAnswer::Pass } else { HookAnswer::Tell(told.join(" ")) }
}

/// What helps where hooks are not in force: this command installs them, unless they are there and something hides them.
fn missing(guarded: &Guarded, command: &str) -> String {
    let status = guarded.hook_status().ok();
    let hidden = status.as_ref().and_then(|status| Some((status, status.hidden()?)));
    let Some((status, hidden)) = hidden else { return format!("; `{command}` installs them.") };
    let why = hidden.detail.as_deref().unwrap_or("git is told to pass over them");
    let way = match (status.shadowed_by.as_slice(), &hidden.path) {
        ([], Some(_)) => {
            "`git config --show-origin core.hooksPath` shows what sets that.".to_owned()
        }
        ([], None) => format!(
            "`git config --show-origin --get-regexp '^hook\\.tix-{}'` shows what sets that.",
            hidden.hook.name()
        ),
        (variables, _) => {
            let unset: Vec<String> = variables.iter().map(|name| format!("-u {name}")).collect();
            format!("Commands run with `env {}` use them.", unset.join(" "))
        }
    };
    format!(". They are installed, but {why}. {way}")
}

/// What the commands of the agent's session are known by.
fn session_of(dialect: Dialect, event: &AgentEvent, env: &Env) -> Option<Session> {
    let told = event.session.as_deref()?;
    env.session_of(dialect.name(), told).ok().map(Session::Given)
}

/// Whoever ends while they hold a ticket on which they are still at work are told once. To go on is theirs to decide.
fn stop(session: Option<Session>, cwd: &Path, env: &Env, out: &dyn Fn() -> Out) -> HookAnswer {
    let Some(session) = session else { return HookAnswer::Pass };
    let Some(ids) = session::still_held(cwd, &session, env, &out()) else {
        return HookAnswer::Pass;
    };
    let (tickets, them) =
        if ids.len() == 1 { ("ticket", "it") } else { ("tickets", "each of them") };
    HookAnswer::Refuse(format!(
        "This session still holds the {tickets} {}. `tix done` hands {them} in, `tix block --reason <why>` says what it waits \
         for, `tix release` gives it back; or a person wants it to stay held.",
        ids.join(", "),
    ))
}
