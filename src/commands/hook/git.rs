//! `tix hook git`: what each hook of git allows.

use std::ffi::OsString;
use std::io::Read as _;

use super::report::{self, HookJudgement};
use crate::env::{Env, GitVar};
use crate::error::{Exit, Failure};
use crate::guard::install::hook::Hook;
use crate::guard::{
    BranchMove, CommitVerdict, GuardError, Guarded, PushDestination, Ruling, Telling,
};
use crate::names::{Oid, RefName};
use crate::out::Out;
use crate::settings::Station;

/// Decides; a refusal is a failure with exit code 1.
pub fn run(hook: Hook, args: &[OsString], env: &Env, out: &Out) -> Result<(), Failure> {
    match hook {
        Hook::PreCommit | Hook::PreMergeCommit | Hook::PrepareCommitMsg => {
            commit(hook, args, env, out)
        }
        Hook::PrePush => {
            let [remote, address] = [0, 1].map(|at| args.get(at).and_then(|word| word.to_str()));
            let moves = read_moves(parse_pushed);
            let told = moves.as_ref().map(Vec::clone).unwrap_or_default();
            let target =
                PushDestination { remote: remote.unwrap_or_default(), address, told: &told };
            let judge = |guarded: &Guarded, asked: &BranchMove| guarded.judge_push(target, asked);
            judge_push(hook, Station::Clone, moves, HookIo { env, out }, judge)
        }
        Hook::PreReceive => {
            let moves = read_moves(parse_moved);
            judge_push(hook, Station::Server, moves, HookIo { env, out }, Guarded::judge_received)
        }
        Hook::Update => {
            let moves = match args {
                [name, old, new] => {
                    parse_moved(&[old, new, name].map(|word| word.as_encoded_bytes()))
                }
                _ => Err(Unreadable::NO_MOVE),
            };
            let moves = moves.map(|asked| asked.into_iter().collect());
            judge_push(hook, Station::Server, moves, HookIo { env, out }, Guarded::judge_received)
        }
        Hook::ReferenceTransaction => transaction(args, env, out),
    }
}

/// What a hook reads besides its input, and its output.
#[derive(Clone, Copy)]
struct HookIo<'a> {
    env: &'a Env,
    out: &'a Out,
}

/// The repository that git runs this hook for, if there is something to guard in it.
fn open(hook: Hook, station: Station, env: &Env) -> Result<Option<Guarded>, Failure> {
    Guarded::in_hook(env, station).map_err(|error| {
        report::note_lost(hook.name(), env.current_dir().ok(), env);
        report::undecided(hook, None, &error)
    })
}

fn commit(hook: Hook, args: &[OsString], env: &Env, out: &Out) -> Result<(), Failure> {
    let undecided = |error: GuardError| report::undecided(hook, None, &error);
    let Some(guarded) = open(hook, Station::Clone, env)? else { return Ok(()) };
    tell_unheard(hook, &guarded, guarded.branch().into_iter(), HookIo { env, out });
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
        Hook::PrepareCommitMsg if is_amend(args) => {
            // The hook hears the same of a commit that uses the last one's message again, and what is published is amended nowhere.
            let published = guarded.published(guarded.branch());
            published.and_then(|known| guarded.judge_amended(index, &known))
        }
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

/// `prepare-commit-msg <file> commit HEAD` is how `--amend` looks if it keeps the message.
fn is_amend(args: &[OsString]) -> bool {
    matches!(args, [_, source, commit] if source == "commit" && commit == "HEAD")
}

fn judge_push(
    hook: Hook,
    station: Station,
    moves: Result<Vec<BranchMove>, Unreadable>,
    io: HookIo<'_>,
    judge: impl Fn(&Guarded, &BranchMove) -> Result<Ruling, GuardError>,
) -> Result<(), Failure> {
    if moves.as_ref().is_ok_and(Vec::is_empty) {
        return Ok(());
    }
    let env = io.env;
    let Some(guarded) = open(hook, station, env)? else { return Ok(()) };
    if station == Station::Clone {
        let asked = moves.iter().flatten().map(|asked| &asked.branch);
        tell_unheard(hook, &guarded, asked, io);
    }
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

/// Refs that are about to move, by whatever command. The guard allows what it cannot decide here, with a warning: a
/// refusal at this point can leave the work of another command half done.
fn transaction(args: &[OsString], env: &Env, out: &Out) -> Result<(), Failure> {
    // The only state in which a refusal is heard and the names are final; newer gits know more of them.
    if args.first().is_none_or(|state| state != "prepared") {
        return Ok(());
    }
    let hook = Hook::ReferenceTransaction;
    let undecided = |words: &str| out.warn(&format!("the guard could not judge this: {words}"));
    let changes = match read_moves(parse_changed) {
        Ok(changes) if changes.is_empty() => return Ok(()),
        Ok(changes) => changes,
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
    tell_unheard(hook, &guarded, std::iter::empty(), HookIo { env, out });
    let mut moves = Vec::new();
    for change in changes {
        match change {
            RefChange::Move(asked) => moves.push(asked),
            RefChange::Alias { branch, target } => judge_alias(&guarded, &branch, &target, env)?,
        }
    }
    judge_moves(hook, &guarded, &moves, env, |guarded, asked| {
        guarded.judge_local(asked).or_else(|error| {
            undecided(&error.to_string());
            Ok(Ruling::Pass(Vec::new()))
        })
    })?;
    for asked in moves.iter().filter(|asked| guarded.is_protected(&asked.branch)) {
        guarded.note_passed(asked);
    }
    Ok(())
}

/// A branch is protected itself, or as a symbolic ref to a protected one, such as an older name of it.
fn judge_alias(
    guarded: &Guarded,
    branch: &RefName,
    target: &str,
    env: &Env,
) -> Result<(), Failure> {
    let is_protected = |name: &RefName| guarded.is_protected(name);
    if !is_protected(branch) || RefName::parse(target).as_ref().is_some_and(is_protected) {
        return Ok(());
    }
    let report = HookJudgement { hook: Hook::ReferenceTransaction, guarded, branch, env };
    if env.guard_is_off() {
        report.off();
        return Ok(());
    }
    Err(report.alias(target))
}

/// Reports protected branches that have moved past all hooks: once, and again to anybody who commits on one of them.
fn tell_unheard<'b>(
    hook: Hook,
    guarded: &Guarded,
    about: impl Iterator<Item = &'b RefName>,
    io: HookIo<'_>,
) {
    let hears = hook == Hook::ReferenceTransaction || guarded.hears_movements();
    if io.env.guard_is_off() || !hears {
        return;
    }
    let about: Vec<&RefName> = about.collect();
    let (but_for, again) = match hook {
        Hook::PreCommit | Hook::PreMergeCommit => (&[][..], about.as_slice()),
        // What is pushed is refused with all its reasons.
        Hook::PrePush => (about.as_slice(), &[][..]),
        // Of a commit the hook before this one has told it.
        Hook::PrepareCommitMsg | Hook::ReferenceTransaction | Hook::PreReceive | Hook::Update => {
            (&[][..], &[][..])
        }
    };
    let found = match guarded.unheard(but_for) {
        Ok(found) => found,
        // It is no answer to what the hook is asked.
        Err(error) => {
            tracing::debug!(%error, "unheard");
            return;
        }
    };
    for unheard in &found {
        if unheard.telling == Telling::First || again.contains(&&unheard.branch) {
            let (words, lines) = report::unheard(guarded, unheard);
            io.out.warn(&words);
            io.out.say(&lines);
        }
    }
}

/// The input of a hook cannot be read; with the system's error, if there is one.
struct Unreadable(Option<String>);

impl Unreadable {
    /// It was read, but it is not git's format.
    const NO_MOVE: Unreadable = Unreadable(None);

    fn failure(&self, hook: Hook) -> Failure {
        let name = hook.name();
        let message = format!("tix cannot read what git told the {name} hook");
        let failure = Failure::new(Exit::No, message);
        let failure = match &self.0 {
            Some(words) => failure.fact("standard input", words.as_str()),
            None => failure,
        };
        failure.hint("git calls this command, not people; to install it: tix hook --help")
    }
}

/// `None` for a line that is not a move of a branch that could be protected.
type Parsed<T = BranchMove> = Result<Option<T>, Unreadable>;

fn read_moves<T>(parse: fn(&[&[u8]]) -> Parsed<T>) -> Result<Vec<T>, Unreadable> {
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

/// What a transaction does to a branch.
enum RefChange {
    Move(BranchMove),
    /// It becomes a symbolic ref, which git 2.46 and newer report.
    Alias {
        branch: RefName,
        target: String,
    },
}

/// `<old> <new> <ref>`, where each side may be `ref:<other ref>`.
fn parse_changed(words: &[&[u8]]) -> Parsed<RefChange> {
    let [old, new, name] = words else { return Err(Unreadable::NO_MOVE) };
    let Some(target) = new.strip_prefix(b"ref:") else {
        // Where it leads to until now is read when the movement is judged.
        let zeros = "0".repeat(new.len());
        let old = if old.starts_with(b"ref:") { zeros.as_bytes() } else { old };
        return branch_move(name, old, new).map(|asked| asked.map(RefChange::Move));
    };
    let branch = std::str::from_utf8(name).ok().and_then(RefName::parse);
    let branch = branch.filter(|branch| branch.as_str().starts_with("refs/heads/"));
    let target = std::str::from_utf8(target).unwrap_or_default();
    Ok(branch.map(|branch| RefChange::Alias { branch, target: target.to_owned() }))
}

/// `<local ref> <local id> <remote ref> <remote id>`, as a push has it. The local ref is as typed, so it may have blanks
/// or not be UTF-8; it is ignored.
fn parse_pushed(words: &[&[u8]]) -> Parsed {
    let [_, .., new, name, old] = words else { return Err(Unreadable::NO_MOVE) };
    branch_move(name, old, new)
}

fn branch_move(name: &[u8], old: &[u8], new: &[u8]) -> Parsed {
    if !name.starts_with(b"refs/heads/") {
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
