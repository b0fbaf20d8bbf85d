//! `tix hook git`: what each hook of git is to let happen.

use std::ffi::OsString;
use std::io::Read as _;

use super::report::{self, HookJudgement};
use crate::env::{Env, GitVar};
use crate::error::{Exit, Failure};
use crate::guard::install::hook::Hook;
use crate::guard::{BranchMove, CommitVerdict, GuardError, Guarded, PushDestination, Ruling};
use crate::names::{Oid, RefName};
use crate::out::Out;
use crate::settings::Station;

/// Judges; a refusal is a failure with exit code 1.
pub fn run(hook: Hook, args: &[OsString], env: &Env, out: &Out) -> Result<(), Failure> {
    match hook {
        Hook::PreCommit | Hook::PreMergeCommit | Hook::PrepareCommitMsg => commit(hook, args, env),
        Hook::PrePush => {
            let [remote, address] = [0, 1].map(|at| args.get(at).and_then(|word| word.to_str()));
            let moves = read_moves(parse_pushed);
            let told = moves.as_ref().map(Vec::clone).unwrap_or_default();
            let target =
                PushDestination { remote: remote.unwrap_or_default(), address, told: &told };
            let judge = |guarded: &Guarded, asked: &BranchMove| guarded.judge_push(target, asked);
            judge_push(hook, Station::Clone, moves, env, judge)
        }
        Hook::PreReceive => {
            let moves = read_moves(parse_moved);
            judge_push(hook, Station::Server, moves, env, Guarded::judge_received)
        }
        Hook::Update => {
            let moves = match args {
                [name, old, new] => {
                    parse_moved(&[old, new, name].map(|word| word.as_encoded_bytes()))
                }
                _ => Err(Unreadable::NO_MOVE),
            };
            let moves = moves.map(|asked| asked.into_iter().collect());
            judge_push(hook, Station::Server, moves, env, Guarded::judge_received)
        }
        Hook::ReferenceTransaction => transaction(args, env, out),
    }
}

/// The repository that git runs this hook for, if there is something to guard in it.
fn open(hook: Hook, station: Station, env: &Env) -> Result<Option<Guarded>, Failure> {
    Guarded::in_hook(env, station).map_err(|error| {
        report::note_lost(hook.name(), env.current_dir().ok(), env);
        report::undecided(hook, None, &error)
    })
}

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
    let report = HookJudgement { hook, guarded: &guarded, branch, env };
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
        Ok(CommitVerdict::Tickets(paths)) => {
            // The hook before this one has written it down; one that was skipped is told by the movement of the ref.
            if hook != Hook::PrepareCommitMsg {
                report.allowed(&paths, None);
            }
            Ok(())
        }
        Ok(CommitVerdict::Nothing) => Ok(()),
        Ok(CommitVerdict::Refused(breaches)) => Err(report.refused_commit(&breaches)),
        Err(error) => Err(report.undecided(&error)),
    }
}

/// `prepare-commit-msg <file> commit HEAD` is what `--amend` looks like where it keeps the message.
fn is_amend(args: &[OsString]) -> bool {
    matches!(args, [_, source, commit] if source == "commit" && commit == "HEAD")
}

fn judge_push(
    hook: Hook,
    station: Station,
    moves: Result<Vec<BranchMove>, Unreadable>,
    env: &Env,
    judge: impl Fn(&Guarded, &BranchMove) -> Result<Ruling, GuardError>,
) -> Result<(), Failure> {
    if moves.as_ref().is_ok_and(Vec::is_empty) {
        return Ok(());
    }
    let Some(guarded) = open(hook, station, env)? else { return Ok(()) };
    match moves {
        Ok(moves) => judge_moves(hook, &guarded, &moves, env, judge),
        Err(why) => unreadable(hook, &guarded, &why, env),
    }
}

/// What cannot be read may be about any branch, so it is refused as if it were about the trunk.
fn unreadable(hook: Hook, guarded: &Guarded, why: &Unreadable, env: &Env) -> Result<(), Failure> {
    let Some(branch) = guarded.trunk() else { return Err(why.failure(hook)) };
    let report = HookJudgement { hook, guarded, branch: &branch, env };
    if env.guard_is_off() {
        report.off();
        return Ok(());
    }
    report.unreadable();
    Err(why.failure(hook))
}

/// The moves of protected branches, each judged.
fn judge_moves(
    hook: Hook,
    guarded: &Guarded,
    moves: &[BranchMove],
    env: &Env,
    judge: impl Fn(&Guarded, &BranchMove) -> Result<Ruling, GuardError>,
) -> Result<(), Failure> {
    for asked in moves.iter().filter(|asked| guarded.is_protected(&asked.branch)) {
        let report = HookJudgement { hook, guarded, branch: &asked.branch, env };
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
    let moves = match read_moves(parse_moved) {
        Ok(moves) if moves.is_empty() => return Ok(()),
        Ok(moves) => moves,
        Err(why) => {
            undecided(&why.failure(hook).message);
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

/// What git told a hook cannot be read: the system's words, where it is the system that could not.
struct Unreadable(Option<String>);

impl Unreadable {
    /// It was read, and is nothing that git says.
    const NO_MOVE: Unreadable = Unreadable(None);

    fn failure(&self, hook: Hook) -> Failure {
        let name = hook.name();
        let message = format!("what git told the {name} hook cannot be read");
        let failure = Failure::new(Exit::No, message);
        let failure = match &self.0 {
            Some(words) => failure.fact("standard input", words.as_str()),
            None => failure,
        };
        failure.hint("this command is for git to call; see how to install it: tix hook --help")
    }
}

/// A line that is no move of a branch that could be protected is `None`.
type Parsed = Result<Option<BranchMove>, Unreadable>;

fn read_moves(parse: fn(&[&[u8]]) -> Parsed) -> Result<Vec<BranchMove>, Unreadable> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut bytes);
    read.map_err(|error| Unreadable(Some(error.to_string())))?;
    let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let mut moves = Vec::new();
    for line in lines {
        let words: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
        moves.extend(parse(&words)?);
    }
    Ok(moves)
}

/// `<old> <new> <ref>`, as servers and transactions have it.
fn parse_moved(words: &[&[u8]]) -> Parsed {
    let [old, new, name] = words else { return Err(Unreadable::NO_MOVE) };
    branch_move(name, old, new)
}

/// `<local ref> <local id> <remote ref> <remote id>`, as a push has it. The local ref may have blanks: it is what
/// was typed. It may be no UTF-8 either, and is not looked at.
fn parse_pushed(words: &[&[u8]]) -> Parsed {
    let [_, .., new, name, old] = words else { return Err(Unreadable::NO_MOVE) };
    branch_move(name, old, new)
}

fn branch_move(name: &[u8], old: &[u8], new: &[u8]) -> Parsed {
    // A value that is no commit makes one ref stand for another: what it stands for is judged when it moves.
    if !name.starts_with(b"refs/heads/") || old.starts_with(b"ref:") || new.starts_with(b"ref:") {
        return Ok(None);
    }
    // A branch whose name is not UTF-8 is none that could be protected.
    let Ok(name) = std::str::from_utf8(name) else { return Ok(None) };
    let branch = RefName::parse(name).ok_or(Unreadable::NO_MOVE)?;
    let side = |bytes: &[u8]| {
        let oid = std::str::from_utf8(bytes).ok().and_then(Oid::parse);
        let oid = oid.ok_or(Unreadable::NO_MOVE)?;
        Ok(Some(oid).filter(|oid| !oid.is_zero()))
    };
    Ok(Some(BranchMove { branch, old: side(old)?, new: side(new)? }))
}
