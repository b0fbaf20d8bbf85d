//! `tix hook git`: what each hook of git is to let happen.

use std::ffi::OsString;
use std::io::Read as _;

use super::report::{self, Report};
use crate::env::{Env, GitVar};
use crate::error::{Exit, Failure};
use crate::guard::{GuardError, Guarded, Move, Ruling, Station, Verdict};
use crate::names::{Oid, RefName};
use crate::out::Out;

/// A hook of git that the guard answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Hook {
    /// Before a commit.
    PreCommit,
    /// Before the commit of a merge.
    PreMergeCommit,
    /// Before a push.
    PrePush,
    /// Before the message of a commit is written: nothing skips this one.
    PrepareCommitMsg,
    /// Before refs move.
    ReferenceTransaction,
    /// On a server, before a push is taken in.
    PreReceive,
    /// On a server, before one ref is moved by a push.
    Update,
}

impl Hook {
    /// The name that git knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Hook::PreCommit => "pre-commit",
            Hook::PreMergeCommit => "pre-merge-commit",
            Hook::PrepareCommitMsg => "prepare-commit-msg",
            Hook::PrePush => "pre-push",
            Hook::ReferenceTransaction => "reference-transaction",
            Hook::PreReceive => "pre-receive",
            Hook::Update => "update",
        }
    }
}

/// Judges; a refusal is a failure with exit code 1.
pub fn run(hook: Hook, args: &[OsString], env: &Env, out: &Out) -> Result<(), Failure> {
    match hook {
        Hook::PreCommit | Hook::PreMergeCommit | Hook::PrepareCommitMsg => commit(hook, args, env),
        Hook::PrePush => {
            let remote = args.first().and_then(|name| name.to_str()).unwrap_or_default();
            let moves = read_moves(hook, parse_pushed)?;
            let judge = |guarded: &Guarded, asked: &Move| guarded.judge_push(remote, asked);
            judge_push(hook, Station::Clone, &moves, env, judge)
        }
        Hook::PreReceive => {
            let moves = read_moves(hook, parse_moved)?;
            judge_push(hook, Station::Server, &moves, env, Guarded::judge_received)
        }
        Hook::Update => {
            let words: Vec<&str> = args.iter().filter_map(|word| word.to_str()).collect();
            let [name, old, new] = words.as_slice() else { return Err(unreadable(hook)) };
            let asked = parse_moved(&[old, new, name]).map_err(|()| unreadable(hook))?;
            let moves: Vec<Move> = asked.into_iter().collect();
            judge_push(hook, Station::Server, &moves, env, Guarded::judge_received)
        }
        Hook::ReferenceTransaction => transaction(args, env, out),
    }
}

/// The repository that git runs this hook for, if there is something to guard in it.
fn open(hook: Hook, station: Station, env: &Env) -> Result<Option<Guarded>, Failure> {
    Guarded::in_hook(env, station).map_err(|error| report::undecided(hook, None, &error))
}

/// A commit that is about to be made of the index.
fn commit(hook: Hook, args: &[OsString], env: &Env) -> Result<(), Failure> {
    let undecided = |error: GuardError| report::undecided(hook, None, &error);
    let Some(guarded) = open(hook, Station::Clone, env)? else { return Ok(()) };
    let rebasing = match (hook, guarded.branch()) {
        // The branch moves when the rebase is done; then it is too late to say so.
        (Hook::PrepareCommitMsg, None) => guarded.rebasing().map_err(undecided)?,
        (_, _) => None,
    };
    let branch = guarded.branch().or(rebasing.as_ref());
    let Some(branch) = branch.filter(|branch| guarded.is_protected(branch)) else { return Ok(()) };
    let report = Report { hook, guarded: &guarded, branch, env };
    if env.guard_is_off() {
        report.off();
        return Ok(());
    }
    let index = env.git(GitVar::IndexFile);
    let judged = match hook {
        Hook::PreMergeCommit => {
            let heads = env.merge_heads();
            let heads: Vec<Oid> = heads.into_iter().filter_map(Oid::parse).collect();
            guarded.judge_merged(index, &heads)
        }
        Hook::PrepareCommitMsg if is_amend(args) => guarded.judge_amended(index),
        Hook::PreCommit
        | Hook::PrepareCommitMsg
        | Hook::PrePush
        | Hook::ReferenceTransaction
        | Hook::PreReceive
        | Hook::Update => guarded.judge_staged(index),
    };
    match judged {
        Ok(Verdict::Tickets(paths)) => {
            // The hook before this one has written it down; one that was skipped is told by the movement of the ref.
            if hook != Hook::PrepareCommitMsg {
                report.allowed(&paths, None);
            }
            Ok(())
        }
        Ok(Verdict::Nothing) => Ok(()),
        Ok(Verdict::Refused(breaches)) => Err(report.refused_commit(&breaches)),
        Err(error) => Err(report.undecided(&error)),
    }
}

/// `prepare-commit-msg <file> commit HEAD` is what `--amend` looks like where it keeps the message.
fn is_amend(args: &[OsString]) -> bool {
    matches!(args, [_, source, commit] if source == "commit" && commit == "HEAD")
}

/// What a push is about to move.
fn judge_push(
    hook: Hook,
    station: Station,
    moves: &[Move],
    env: &Env,
    judge: impl Fn(&Guarded, &Move) -> Result<Ruling, GuardError>,
) -> Result<(), Failure> {
    if moves.is_empty() {
        return Ok(());
    }
    match open(hook, station, env)? {
        Some(guarded) => judge_moves(hook, &guarded, moves, env, judge),
        None => Ok(()),
    }
}

/// The moves of protected branches, each judged.
fn judge_moves(
    hook: Hook,
    guarded: &Guarded,
    moves: &[Move],
    env: &Env,
    judge: impl Fn(&Guarded, &Move) -> Result<Ruling, GuardError>,
) -> Result<(), Failure> {
    for asked in moves.iter().filter(|asked| guarded.is_protected(&asked.branch)) {
        let report = Report { hook, guarded, branch: &asked.branch, env };
        if env.guard_is_off() {
            report.off();
            continue;
        }
        match judge(guarded, asked) {
            Ok(Ruling::Pass(judged)) => report.allowed_commits(&judged),
            Ok(Ruling::Deletion) => return Err(report.deletion()),
            Ok(Ruling::Rewrite) => return Err(report.rewrite(asked)),
            Ok(Ruling::Commits(judged)) => return Err(report.refused_commits(asked, &judged)),
            Err(error) => return Err(report.undecided(&error)),
        }
    }
    Ok(())
}

/// Refs that are about to move, by whatever command. What the guard cannot decide here it lets happen, and says so:
/// a refusal at this point can leave the work of another command half done.
fn transaction(args: &[OsString], env: &Env, out: &Out) -> Result<(), Failure> {
    // The only state in which a refusal is heard and the names are final; newer gits know more of them.
    if args.first().is_none_or(|state| state != "prepared") {
        return Ok(());
    }
    let hook = Hook::ReferenceTransaction;
    let undecided = |words: &str| out.warn(&format!("the guard could not judge this: {words}"));
    let moves = match read_moves(hook, parse_moved) {
        Ok(moves) if moves.is_empty() => return Ok(()),
        Ok(moves) => moves,
        Err(failure) => {
            undecided(&failure.message);
            return Ok(());
        }
    };
    let guarded = match Guarded::in_hook(env, Station::Clone) {
        Ok(guarded) => guarded,
        Err(error) => {
            undecided(&error.to_string());
            return Ok(());
        }
    };
    let Some(guarded) = guarded else { return Ok(()) };
    judge_moves(hook, &guarded, &moves, env, |guarded, asked| {
        guarded.judge_local(asked).or_else(|error| {
            undecided(&error.to_string());
            Ok(Ruling::Pass(Vec::new()))
        })
    })
}

/// A line that is no move of a branch is `None`, and one that cannot be read is an error.
type Parsed = Result<Option<Move>, ()>;

fn read_moves(hook: Hook, parse: fn(&[&str]) -> Parsed) -> Result<Vec<Move>, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| unreadable(hook).fact("standard input", error.to_string()))?;
    let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let mut moves = Vec::new();
    for line in lines {
        // A branch whose name is not UTF-8 is none that could be protected.
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let words: Vec<&str> = line.split(' ').collect();
        moves.extend(parse(&words).map_err(|()| unreadable(hook))?);
    }
    Ok(moves)
}

/// `<old> <new> <ref>`, as servers and transactions have it.
fn parse_moved(words: &[&str]) -> Parsed {
    let [old, new, name] = words else { return Err(()) };
    branch_move(name, old, new)
}

/// `<local ref> <local id> <remote ref> <remote id>`, as a push has it. The local ref may have blanks: it is what
/// was typed.
fn parse_pushed(words: &[&str]) -> Parsed {
    let [_, .., new, name, old] = words else { return Err(()) };
    branch_move(name, old, new)
}

fn branch_move(name: &str, old: &str, new: &str) -> Parsed {
    // A value that is no commit makes one ref stand for another: what it stands for is judged when it moves.
    if !name.starts_with("refs/heads/") || old.starts_with("ref:") || new.starts_with("ref:") {
        return Ok(None);
    }
    let branch = RefName::parse(name).ok_or(())?;
    let side = |text: &str| match Oid::parse(text) {
        Some(oid) => Ok(Some(oid).filter(|oid| !oid.is_zero())),
        None => Err(()),
    };
    Ok(Some(Move { branch, old: side(old)?, new: side(new)? }))
}

fn unreadable(hook: Hook) -> Failure {
    let name = hook.name();
    Failure::new(Exit::No, format!("what git told the {name} hook cannot be read"))
        .hint("this command is for git to call; see how to install it: tix hook --help")
}
