//! What a command line would do to protected branches, in the repositories that it addresses.
//!
//! The line is gone through as a shell would (see `guard::shell`); of every call of git it is found out where it works and what
//! it would do there. Nothing here is the last word: what a script or another program does is not seen, and a line that
//! is let through is still judged by the hooks of git. A refusal comes early, where it can be explained.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::rule::Breach;
use super::super::shell::{Dir, Machine, ShellCall, ShellWord, Trouble, WorldStep, mentions};
use super::super::{GuardError, Guarded};
use super::intent::Intent;
use super::line::{GitLine, MOVERS};
use super::state::{AssumedHead, LineState, Staged};
use super::{verbs, writes};
use crate::env::Env;
use crate::git::clean_path;
use crate::names::{Oid, RefName};

/// How many calls of git are judged in one line: each may take git a few milliseconds, and the agent waits.
const CALLS: usize = 200;

pub struct LineRefusal {
    pub guarded: Rc<Guarded>,
    pub branch: RefName,
    /// What the line would do.
    pub what: String,
    pub why: LineReason,
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
    /// Something else is staged first, in the same line.
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

/// Where a call of git works.
enum CallPlace {
    /// In a repository with something to guard.
    Here(GuardedPlace),
    /// In a worktree that the line itself makes: on this branch.
    Made(Option<String>),
    Elsewhere,
}

/// A repository, and where in it git runs.
#[derive(Clone)]
pub struct GuardedPlace {
    pub guarded: Rc<Guarded>,
    pub dir: PathBuf,
    /// The branch that is checked out, as far as the line has not changed that.
    pub branch: Option<RefName>,
    /// What the line has staged before.
    pub staged: Option<Staged>,
}

impl GuardedPlace {
    /// The branch that is checked out, if it is protected.
    pub fn protected(&self) -> Option<&RefName> {
        self.branch.as_ref().filter(|branch| self.guarded.is_protected(branch))
    }

    /// By what the state knows this worktree.
    pub fn key(&self) -> PathBuf {
        self.guarded.root().unwrap_or(self.guarded.common_dir()).to_owned()
    }
}

/// Goes through a line with the repositories at hand.
pub struct Judge<'e> {
    env: &'e Env,
    cwd: PathBuf,
    found: BTreeMap<PathBuf, Option<Rc<Guarded>>>,
    calls: usize,
    /// The aliases of git that the line itself makes.
    pub aliases: BTreeMap<String, ShellWord>,
    pub refusals: Vec<LineRefusal>,
    /// The guard could not even find out whether there is anything to guard: in which directory, and why not.
    pub lost: Option<(PathBuf, GuardError)>,
}

impl<'e> Judge<'e> {
    /// A judge of what is done from this directory.
    pub fn new(cwd: &Path, env: &'e Env) -> Judge<'e> {
        let (found, aliases, refusals) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Judge { env, cwd: cwd.to_owned(), found, calls: 0, aliases, refusals, lost: None }
    }

    /// The directory that everything begins in.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// The repository of a directory, which may be one that is not there yet.
    pub fn guarded(&mut self, dir: &Path) -> Option<Rc<Guarded>> {
        let dir = clean_path(&self.cwd.join(dir));
        let there = dir.ancestors().find(|dir| dir.is_dir())?.to_owned();
        if let Some(found) = self.found.get(&there) {
            return found.clone();
        }
        let found = Guarded::at(&there, self.env);
        self.keep(there, found)
    }

    /// The repository that the line names by its git directory.
    fn named(&mut self, git_dir: &Path, dir: &Path) -> Option<Rc<Guarded>> {
        if let Some(found) = self.found.get(git_dir) {
            return found.clone();
        }
        let found = Guarded::named(git_dir, dir, self.env);
        self.keep(git_dir.to_owned(), found)
    }

    fn keep(
        &mut self,
        dir: PathBuf,
        found: Result<Option<Guarded>, GuardError>,
    ) -> Option<Rc<Guarded>> {
        let guarded = match found {
            Ok(guarded) => guarded.map(Rc::new),
            Err(error) => {
                self.lost.get_or_insert_with(|| (dir.clone(), error));
                None
            }
        };
        self.found.insert(dir, guarded.clone());
        guarded
    }

    fn place(&mut self, dir: &Dir, git_dir: Option<&Dir>, state: &LineState) -> CallPlace {
        let dir = match dir {
            Dir::At(dir) => clean_path(&self.cwd.join(dir)),
            Dir::Aside(_) => return CallPlace::Elsewhere,
            // The hooks of git will know; the line does not say that it leaves this repository.
            Dir::Unknown => self.cwd.clone(),
        };
        let made = |(path, _): &(&PathBuf, &Option<String>)| dir.starts_with(path);
        if let Some((_, branch)) =
            state.made.iter().filter(made).max_by_key(|(path, _)| path.as_os_str().len())
        {
            return CallPlace::Made(branch.clone());
        }
        let guarded = match git_dir {
            Some(Dir::At(git_dir)) => self.named(&clean_path(&self.cwd.join(git_dir)), &dir),
            Some(Dir::Aside(_)) => return CallPlace::Elsewhere,
            Some(Dir::Unknown) | None => self.guarded(&dir),
        };
        let Some(guarded) = guarded else { return CallPlace::Elsewhere };
        let mut here =
            GuardedPlace { dir, branch: guarded.branch().cloned(), staged: None, guarded };
        let key = here.key();
        match state.heads.get(&key) {
            Some(AssumedHead::Branch(branch)) => here.branch = Some(branch.clone()),
            Some(AssumedHead::Other) => here.branch = None,
            None => {}
        }
        here.staged = state.staged.get(&key).copied();
        CallPlace::Here(here)
    }

    /// Notes a refusal; of several for one reason the first is enough.
    pub fn refuse(&mut self, here: &GuardedPlace, branch: &RefName, what: &str, why: LineReason) {
        let same = |known: &LineRefusal| known.branch == *branch && known.what == what;
        if !self.refusals.iter().any(same) {
            let (guarded, branch) = (here.guarded.clone(), branch.clone());
            self.refusals.push(LineRefusal { guarded, branch, what: what.to_owned(), why });
        }
    }

    /// Judges one call of git, and says how things are when it has succeeded.
    pub fn line(&mut self, line: &GitLine, state: &LineState, depth: usize) -> LineState {
        let here = match self.place(&line.dir, line.git_dir.as_ref(), state) {
            CallPlace::Here(here) => here,
            CallPlace::Made(branch) => {
                self.in_new_worktree(line, branch.as_deref());
                return state.clone();
            }
            CallPlace::Elsewhere => return self.elsewhere(line, state),
        };
        self.calls += 1;
        if self.calls > CALLS {
            if let Some(branch) = here.protected().cloned() {
                let why = LineReason::Unreadable("it calls git too often".to_owned());
                self.refuse(&here, &branch, "this line", why);
            }
            return state.clone();
        }
        let Some(verb) = line.verb.text() else {
            if let Some(branch) = here.protected() {
                let branch = branch.clone();
                let what = format!("git {}…", line.verb.start());
                self.refuse(
                    &here,
                    &branch,
                    &what,
                    LineReason::Unreadable("which command of git it is".to_owned()),
                );
            }
            return state.clone();
        };
        let intents = verbs::intents(verb, &line.args);
        if intents == [Intent::Other] {
            return self.alias(&here, line, verb, state, depth);
        }
        if verb == "config" {
            self.aliases.extend(new_alias(&line.args));
        }
        let mut state = state.clone();
        let mut here = here;
        let unchecked = line.is_without_hooks() || intents.contains(&Intent::Unchecked);
        let action = JudgedAction { what: &format!("git {verb}"), unchecked };
        for intent in intents {
            if let Intent::Run(command) = &intent {
                let dir = here.guarded.root().unwrap_or(&here.dir).to_owned();
                state = self.follow(command, &dir, &state, depth + 1);
            }
            self.intent(&here, &intent, &action, line.index.as_ref());
            state.follow(&mut here, &intent);
        }
        state
    }

    /// A program that is not git moves a branch where it writes the file that git keeps it in.
    pub fn other_program(&mut self, call: &ShellCall) {
        let Some((program, arguments)) = call.words.split_first() else { return };
        let name = program.start().rsplit('/').next().unwrap_or_default();
        let in_place = || arguments.iter().any(|word| word.start().starts_with("-i"));
        let written: Vec<ShellWord> = match name {
            "mv" | "rm" | "shred" | "tee" | "truncate" | "unlink" => arguments.to_vec(),
            "sed" | "perl" if in_place() => arguments.to_vec(),
            "cp" | "install" | "ln" | "rsync" => arguments.last().cloned().into_iter().collect(),
            "dd" => arguments.iter().filter_map(|word| word.strip_prefix("of=")).collect(),
            _ => return,
        };
        for file in written {
            self.write(&file, &call.dir);
        }
    }

    /// In a place without anything to guard only what is made matters.
    fn elsewhere(&mut self, line: &GitLine, state: &LineState) -> LineState {
        let mut state = state.clone();
        let intents =
            line.verb.text().map(|verb| verbs::intents(verb, &line.args)).unwrap_or_default();
        for intent in intents {
            if let (Intent::Make { path: Some(path), branch }, Dir::At(dir)) = (&intent, &line.dir)
            {
                state.make(&self.cwd.join(dir), path, branch.as_ref());
            }
        }
        state
    }

    /// A worktree that does not exist yet has an index that nobody can look at.
    fn in_new_worktree(&mut self, line: &GitLine, branch: Option<&str>) {
        let Some(branch) = branch.and_then(RefName::branch) else { return };
        let Some(guarded) = self.guarded(&self.cwd.clone()) else { return };
        let here =
            GuardedPlace { guarded, dir: self.cwd.clone(), branch: Some(branch), staged: None };
        let Some(branch) = here.protected().cloned() else { return };
        let verb = line.verb.text().unwrap_or_default();
        let moves = |intent: &Intent| {
            matches!(
                intent,
                Intent::Commit(_)
                    | Intent::Take(_)
                    | Intent::Rebase(_)
                    | Intent::Reset(_)
                    | Intent::Grow
            )
        };
        if verbs::intents(verb, &line.args).iter().any(moves) {
            self.refuse(&here, &branch, &format!("git {verb}"), LineReason::Unseen);
        }
    }
}

/// `git config alias.x y`, in either of its forms.
fn new_alias(args: &[ShellWord]) -> Option<(String, ShellWord)> {
    let is_name = |word: &&ShellWord| word.start().to_ascii_lowercase().starts_with("alias.");
    let place = args.iter().position(|word| is_name(&word))?;
    let name = args.get(place)?.text()?.get("alias.".len()..)?.to_ascii_lowercase();
    Some((name, args.get(place + 1)?.clone()))
}

pub struct JudgedAction<'a> {
    pub what: &'a str,
    /// Whether git's hooks are switched off for it.
    pub unchecked: bool,
}

/// Whether a path that somebody wrote in this directory is in the lanes of the tickets, whatever it matches there.
pub fn in_the_lanes(here: &GuardedPlace, path: &ShellWord) -> bool {
    let Some(root) = here.guarded.root() else { return false };
    let text = path.start();
    // `:/`, `:(top)` and `:!` mean something else; a pattern matches below the directory that it begins with.
    let solid =
        if path.text().is_some() { text } else { text.rsplit_once('/').map_or("", |(dir, _)| dir) };
    let solid = solid.split(['*', '?', '[']).next().unwrap_or_default();
    if solid.is_empty() || solid.starts_with(':') {
        return false;
    }
    let path = clean_path(&here.dir.join(solid));
    path.strip_prefix(root)
        .is_ok_and(|path| path.starts_with(here.guarded.tickets_dir().to_string()))
}

impl Machine for Judge<'_> {
    type State = LineState;

    fn run(&mut self, call: &ShellCall, state: &LineState) -> WorldStep<LineState> {
        let Some(line) = GitLine::read(call) else {
            self.other_program(call);
            return WorldStep::nothing(state);
        };
        let ok = self.line(&line, state, 0);
        WorldStep { failed: state.after_failure(&ok), ok: Some(ok) }
    }

    fn write(&mut self, file: &ShellWord, dir: &Dir) {
        // Which file it is in the end depends on the directory, and what git keeps there is asked for by name.
        if let (Dir::At(file), Some(text)) = (dir.join(file), file.text())
            && writes::may_be_of_git(text)
        {
            writes::judge_of_git(self, &file);
        }
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.cwd.join(path).is_dir()
    }

    fn trouble(&mut self, trouble: &Trouble, dir: &Dir, state: &LineState) {
        if !mentions(&trouble.text, &MOVERS) {
            return;
        }
        if let CallPlace::Here(here) = self.place(dir, None, state)
            && let Some(branch) = here.protected().cloned()
        {
            let why = LineReason::Unreadable(trouble.why.clone());
            self.refuse(&here, &branch, "a part of this line", why);
        }
    }
}
