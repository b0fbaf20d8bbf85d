//! What a command line would do to protected branches, in the repositories that it addresses.
//!
//! The line is gone through as a shell would (see `guard::shell`); of every call of git it is found out where it works and what
//! it would do there, and then whether that is right, wrong or uncertain.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::super::install::hook::Strictness;
use super::super::rule::Breach;
use super::super::shell::{Certainty, Dir, Machine as _, ShellWord, Trouble, names_branch};
use super::super::{GuardError, Guarded, Heard, HookUse, HooksInForce};
use super::intent::Intent;
use super::line::GitLine;
use super::state::LineState;
use super::{effects, verbs};
use crate::env::Env;
use crate::git::clean_path;
use crate::names::{Oid, RefName};

/// How many different calls of git are judged in one line, and for how long: the agent waits, and for ten seconds at most.
const CALLS: usize = 60;
const PATIENCE: Duration = Duration::from_secs(4);

/// Why nothing can be said in a partial clone.
const UNFETCHED: &str =
    "this clone lacks files that would have to be looked at, and nothing is fetched for that";

pub struct LineRefusal {
    pub guarded: Rc<Guarded>,
    pub branch: RefName,
    /// What the line would do.
    pub what: String,
    pub why: LineReason,
    /// The worktree that it is about, if that is not the agent's own.
    pub elsewhere: Option<OtherTree>,
    /// Why nobody would look at it when it is run, where that decides.
    pub unheard: Option<Unheard>,
}

/// A worktree that is not the one the agent is in.
pub struct OtherTree {
    pub root: PathBuf,
    pub branch: Option<RefName>,
    /// Whether it is only one of those that a computed directory may be.
    pub is_guess: bool,
}

/// Why no hook of git would judge what a line really does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unheard {
    /// None is in force here that git runs for it, and these would be.
    Missing(Strictness),
    /// git runs none for it.
    Never,
    /// The agent switches them off for the commands that it runs.
    ByAgent,
    /// The line itself sees to it.
    ByLine,
}

/// What the guard says of one thing that a line does.
#[derive(Debug)]
pub enum Verdict {
    Right,
    Wrong(LineReason),
    /// Nobody can tell before it is run.
    Uncertain(LineReason),
}

#[derive(Debug)]
pub enum LineReason {
    /// What would be committed, or is in commits that would become part of the branch, breaks the rule.
    Breaches(Vec<Breach>),
    /// These commits would become part of the branch, and break the rule.
    Commits(Vec<(Oid, String)>),
    /// The commits do not exist yet, so that nobody can look at them.
    Unseen,
    /// The branch would be gone.
    Deletion,
    /// Published commits would not be part of it any more.
    Rewrite,
    /// git's hooks would not be asked.
    Unchecked,
    /// Something else is staged or written first, in the same line.
    StagedMeanwhile,
    /// A part of the line cannot be read.
    Unreadable(String),
    /// The guard itself cannot find out.
    Undecided(String),
    /// A file that an agent would write.
    File(PathBuf),
}

impl LineReason {
    /// The name of the rule, for the audit log.
    pub fn rule(&self) -> &'static str {
        match self {
            LineReason::Breaches(breaches) => breaches.first().map_or("tickets", |b| b.why.rule()),
            LineReason::Commits(_) => "commits",
            LineReason::Unseen => "unseen",
            LineReason::Deletion => "deletion",
            LineReason::Rewrite => "rewrite",
            LineReason::Unchecked => "unchecked",
            LineReason::StagedMeanwhile => "staged",
            LineReason::Unreadable(_) => "unreadable",
            LineReason::Undecided(_) => "undecided",
            LineReason::File(_) => "write",
        }
    }
}

/// A repository, and where in it git runs.
#[derive(Clone)]
pub struct GuardedPlace {
    pub guarded: Rc<Guarded>,
    pub dir: PathBuf,
    /// By what the state knows this worktree.
    pub key: PathBuf,
    /// The branch that is checked out, as far as the line has not changed that.
    pub branch: Option<RefName>,
    pub tree: TreeState,
    /// Whether it is known that git runs here.
    pub certainty: Certainty,
}

/// Whether there are an index and files to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TreeState {
    There,
    /// The directory is one of several, so that nobody knows what is checked out.
    Somewhere,
    /// The line makes the worktree.
    NotYet,
    /// It is in a repository without hooks that the line has fill itself from this one: what is done there matters once it is
    /// pushed.
    Copy,
}

impl GuardedPlace {
    /// A directory of a repository, as it is.
    pub fn of(guarded: Rc<Guarded>, dir: PathBuf) -> GuardedPlace {
        let key = guarded.root().unwrap_or(guarded.common_dir()).to_owned();
        let branch = guarded.branch().cloned();
        let (tree, certainty) = (TreeState::There, Certainty::Sure);
        GuardedPlace { guarded, dir, key, branch, tree, certainty }
    }

    /// The branch that is checked out, if it is protected.
    pub fn protected(&self) -> Option<&RefName> {
        self.branch.as_ref().filter(|branch| self.protects(branch))
    }

    /// Whether this branch takes ticket commits only here.
    pub fn protects(&self, branch: &RefName) -> bool {
        self.tree != TreeState::Copy && self.guarded.is_protected(branch)
    }
}

/// Goes through a line with the repositories at hand.
pub struct Judge<'e> {
    pub(super) env: &'e Env,
    pub(super) cwd: PathBuf,
    /// The line, where it is one.
    pub text: String,
    pub(super) found: BTreeMap<PathBuf, Option<Rc<Guarded>>>,
    /// The repositories that the words of the line name, and those below what they name, by where they are read.
    pub(super) named: BTreeMap<PathBuf, [Vec<PathBuf>; 2]>,
    /// The hooks in force, by the directory that a clone's worktrees share.
    in_force: BTreeMap<PathBuf, HooksInForce>,
    /// What the agent does to the hooks of the commands that it runs.
    hooks: HookUse,
    /// What was judged in this line, and how things were behind it.
    judged: BTreeMap<String, LineState>,
    began: Instant,
    /// How many aliases stand for the line that is gone through, and how things are behind its last call of git.
    pub(super) depth: usize,
    pub(super) last: LineState,
    /// Whether the line has changed the hooks, so that those which were found are no longer what counts.
    pub has_changed_hooks: bool,
    pub refusals: Vec<LineRefusal>,
    /// The guard could not even find out whether there is anything to guard: in which directory, and why not.
    pub lost: Option<(PathBuf, GuardError)>,
}

impl<'e> Judge<'e> {
    /// A judge of what is done from this directory by an agent that leaves the hooks like this.
    pub fn new(cwd: &Path, env: &'e Env, hooks: HookUse) -> Judge<'e> {
        Judge {
            env,
            cwd: cwd.to_owned(),
            text: String::new(),
            found: BTreeMap::new(),
            named: BTreeMap::new(),
            in_force: BTreeMap::new(),
            hooks,
            judged: BTreeMap::new(),
            began: Instant::now(),
            depth: 0,
            last: LineState::default(),
            has_changed_hooks: false,
            refusals: Vec::new(),
            lost: None,
        }
    }

    /// The guarded repositories that it has come across.
    pub fn repositories(&self) -> impl Iterator<Item = Rc<Guarded>> {
        self.found.values().flatten().cloned()
    }

    /// Refuses what is wrong, and what is uncertain where no hook of git will judge the real thing.
    pub fn conclude(
        &mut self,
        here: &GuardedPlace,
        branch: &RefName,
        action: &JudgedAction<'_>,
        finding: Objection,
    ) {
        let verdict = match finding {
            Ok(verdict) => verdict,
            // The hooks may fetch what is missing here, and an agent waits for no network.
            Err(_) if here.guarded.is_partial() => {
                Verdict::Uncertain(LineReason::Undecided(UNFETCHED.to_owned()))
            }
            Err(error) => {
                self.refuse(here, branch, action.what, LineReason::Undecided(error.to_string()));
                Verdict::Right
            }
        };
        let why = match (verdict, action.certainty) {
            (Verdict::Right, _) if action.hooks == HookUse::Asked => return,
            (Verdict::Right, _) => LineReason::Unchecked,
            (Verdict::Wrong(why), Certainty::Sure) => {
                self.refuse(here, branch, action.what, why);
                return;
            }
            (Verdict::Wrong(why), Certainty::Maybe) | (Verdict::Uncertain(why), _) => why,
        };
        if let Some(unheard) = self.unheard(here, action)
            && self.refuse(here, branch, action.what, why)
            && let Some(refusal) = self.refusals.last_mut()
        {
            refusal.unheard = Some(unheard);
        }
    }

    /// Why no hook of git will judge what is really done; `None` where one will.
    fn unheard(&mut self, here: &GuardedPlace, action: &JudgedAction<'_>) -> Option<Unheard> {
        let is_copy = here.tree == TreeState::Copy;
        if self.has_changed_hooks || action.hooks == HookUse::Off || is_copy {
            return Some(Unheard::ByLine);
        }
        let common_dir = here.guarded.common_dir().to_owned();
        let env = self.env;
        let in_force =
            self.in_force.entry(common_dir).or_insert_with(|| here.guarded.hooks_in_force(env));
        let by_agent = self.hooks == HookUse::Off;
        let left = if by_agent { &in_force.without_directory() } else { &*in_force };
        if left.will_judge(action.heard, action.hooks) {
            return None;
        }
        if by_agent {
            return Some(Unheard::ByAgent);
        }
        let skips = action.hooks == HookUse::Skipped;
        Some(match action.heard {
            Heard::Nothing => Unheard::Never,
            Heard::Push if skips => Unheard::ByLine,
            Heard::Commit | Heard::Push if !skips => Unheard::Missing(Strictness::Usual),
            Heard::Commit | Heard::Push | Heard::Movement | Heard::Anything => {
                Unheard::Missing(Strictness::Strict)
            }
        })
    }

    /// Notes a refusal, and says whether it is new: of several for one reason the first is enough.
    pub fn refuse(
        &mut self,
        here: &GuardedPlace,
        branch: &RefName,
        what: &str,
        why: LineReason,
    ) -> bool {
        let same = |known: &LineRefusal| known.branch == *branch && known.what == what;
        if self.refusals.iter().any(same) {
            return false;
        }
        let (guarded, branch) = (here.guarded.clone(), branch.clone());
        let (what, unheard, elsewhere) = (what.to_owned(), None, self.elsewhere_of(here));
        self.refusals.push(LineRefusal { guarded, branch, what, why, elsewhere, unheard });
        true
    }

    fn elsewhere_of(&mut self, here: &GuardedPlace) -> Option<OtherTree> {
        let cwd = self.cwd.clone();
        let own = self.guarded(&cwd);
        let is_there = matches!(here.tree, TreeState::There | TreeState::Somewhere);
        let root = here.guarded.root().filter(|_| is_there).map(Path::to_owned)?;
        let is_own = own.is_some_and(|own| own.root() == Some(&root));
        let (branch, is_guess) = (here.branch.clone(), here.tree == TreeState::Somewhere);
        (!is_own).then_some(OtherTree { root, branch, is_guess })
    }

    /// Something about this place cannot be read, and it may be any movement.
    pub fn unreadable(&mut self, here: &GuardedPlace, branch: &RefName, what: &str, why: &str) {
        let action = JudgedAction {
            what,
            certainty: here.certainty,
            hooks: HookUse::Asked,
            heard: Heard::Anything,
        };
        let why = LineReason::Unreadable(why.to_owned());
        self.conclude(here, branch, &action, Ok(Verdict::Uncertain(why)));
    }

    /// The trunk, where the line names it: what the line does not say may be about it.
    pub fn named_trunk(&self, here: &GuardedPlace) -> Option<RefName> {
        here.guarded.trunk().filter(|trunk| names_branch(&self.text, trunk.short()))
    }

    /// Judges one call of git wherever it may work, and says how things are when it has succeeded.
    pub fn line(&mut self, line: &GitLine, state: &LineState, depth: usize) -> LineState {
        let places = self.places(&line.dir, line.git_dir.as_ref(), state);
        if places.is_empty() {
            return self.elsewhere(line, state);
        }
        for (key, value) in line.settings.iter().filter(|(key, _)| !key.starts_with("alias.")) {
            // An editor may write commands of a rebase, which are git's.
            let is_editor = key.to_ascii_lowercase().contains("editor");
            let before = if is_editor { "git " } else { "" };
            self.may_be_run(&format!("{before}{}", value.written()), &line.dir, state);
        }
        let one_after_another = |state: LineState, here| self.call(here, line, &state, depth);
        places.into_iter().fold(state.clone(), one_after_another)
    }

    /// git may run this text: many settings and hooks hold such.
    pub fn may_be_run(&mut self, text: &str, dir: &Dir, state: &LineState) {
        let (text, why) = (text.to_owned(), "git may run it".to_owned());
        self.trouble(&Trouble { text, why, is_script: false }, dir, state);
    }

    fn has_called_enough(&mut self, here: &GuardedPlace) -> bool {
        if self.judged.len() >= CALLS || self.began.elapsed() > PATIENCE {
            if let Some(branch) = here.protected().cloned() {
                let why = LineReason::Undecided("it calls git too many times".to_owned());
                self.refuse(here, &branch, "this line", why);
            }
            return true;
        }
        false
    }

    fn call(
        &mut self,
        mut here: GuardedPlace,
        line: &GitLine,
        state: &LineState,
        depth: usize,
    ) -> LineState {
        if line.certainty == Certainty::Maybe {
            here.certainty = Certainty::Maybe;
        }
        let Some(verb) = line.verb.text() else {
            self.unnamed(&here, line);
            return state.clone();
        };
        let mut state = state.clone();
        let mut intents = verbs::intents(verb, &line.args);
        self.unsaid(line, &mut intents, &mut state);
        let state = &state;
        for text in line.run_texts() {
            self.may_be_run(text, &line.dir, state);
        }
        if intents == [Intent::Other] {
            return self.alias(&here, line, verb, state, depth);
        }
        if verb == "config" {
            self.has_changed_hooks |= line.args.iter().any(may_lead_hooks_elsewhere);
        }
        if intents.is_empty() {
            return state.clone();
        }
        let known = format!("{line:?} {} {:?} {state:?}", here.key.display(), here.branch);
        if let Some(behind) = self.judged.get(&known) {
            return behind.clone();
        }
        if self.has_called_enough(&here) {
            return state.clone();
        }
        let hooks = hooks_of(line, &intents);
        let what = format!("git {verb}");
        let mut state = state.clone();
        // They hold for this call alone.
        let before = state.settings.len();
        state.settings.extend(line.settings.iter().cloned());
        let mut intents = VecDeque::from(intents);
        while let Some(intent) = intents.pop_front() {
            intents.extend(state.fetched(&here, &intent));
            if let Intent::Configure { key, value } = &intent
                && !key.starts_with("alias.")
            {
                self.may_be_run(value.written(), &line.dir, &state);
            }
            if let Intent::Run(command) = &intent {
                let dir = here.guarded.root().unwrap_or(&here.dir).to_owned();
                state = self.follow(command, &dir, line, &state, depth + 1);
            }
            let action = JudgedAction {
                what: &what,
                certainty: here.certainty,
                hooks,
                heard: Heard::Movement,
            };
            self.intent(&here, &state, &intent, &action, line.index.as_ref());
            let is_file = |to: &ShellWord| effects::is_file(&here, &state, to);
            if matches!(&intent, Intent::Reset(to) if is_file(to)) {
                continue;
            }
            state.follow(&mut here, &intent);
            self.make(&line.dir, &intent, &mut state);
        }
        state.settings.drain(before..before + line.settings.len());
        self.judged.insert(known, state.clone());
        state
    }
}

/// Whether git runs its hooks for a call that does this.
fn hooks_of(line: &GitLine, intents: &[Intent]) -> HookUse {
    if line.is_without_hooks() {
        HookUse::Off
    } else if intents.contains(&Intent::Unchecked) {
        HookUse::Skipped
    } else {
        HookUse::Asked
    }
}

/// Whether a setting of this name may decide which hooks git runs.
fn may_lead_hooks_elsewhere(word: &ShellWord) -> bool {
    let key = word.start().to_ascii_lowercase();
    ["core.hookspath", "hook.", "include.", "includeif."].iter().any(|known| key.starts_with(known))
}

/// What the guard says; an error where it cannot find out.
pub type Objection = Result<Verdict, GuardError>;

#[derive(Clone, Copy)]
pub struct JudgedAction<'a> {
    pub what: &'a str,
    pub certainty: Certainty,
    /// Whether git's hooks are run for it, and by which they are told.
    pub hooks: HookUse,
    pub heard: Heard,
}

impl JudgedAction<'_> {
    /// A push of which git's hooks are told, if there are any.
    pub fn of_push(what: &str, certainty: Certainty) -> JudgedAction<'_> {
        JudgedAction { what, certainty, hooks: HookUse::Asked, heard: Heard::Push }
    }
}

/// Whether a path that somebody wrote in this directory is in the lanes of the tickets, whatever it matches there.
pub fn in_the_lanes(here: &GuardedPlace, path: &ShellWord) -> bool {
    let Some(root) = here.guarded.root() else { return false };
    let text = path.start();
    let text = text.strip_prefix(":(glob)").unwrap_or(text);
    let top = text
        .strip_prefix(":(top)")
        .or_else(|| text.strip_prefix(":/"))
        .filter(|rest| !rest.is_empty());
    let (text, base) = top.map_or((text, here.dir.as_path()), |rest| (rest, root));
    // `:!` and the like mean something else; a pattern matches below the directory that it begins with.
    let solid =
        if path.text().is_some() { text } else { text.rsplit_once('/').map_or("", |(dir, _)| dir) };
    let solid = solid.split(['*', '?', '[']).next().unwrap_or_default();
    if solid.is_empty() || solid.starts_with(':') {
        return false;
    }
    let path = clean_path(&base.join(solid));
    path.strip_prefix(root)
        .is_ok_and(|path| path.starts_with(here.guarded.tickets_dir().to_string()))
}
