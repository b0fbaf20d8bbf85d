//! Where a call of git works: the repositories that a directory may be in which the line says, computes or makes.
//!
//! A directory that is computed may be any that the words of its computation name. Where these name none, it is taken for the
//! one that the agent is in.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::place::GuardPlace;
use super::super::shell::{Certainty, Dir, ShellWord};
use super::super::{GuardError, Guarded};
use super::forge::is_remote_of;
use super::intent::Intent;
use super::judge::{GuardedPlace, Judge, JudgedAction, TreeState};
use super::line::GitLine;
use super::state::{LineState, MadeTree};
use super::verbs;
use crate::git::{LazyFetch, clean_path};
use crate::names::RefName;

/// No more directories than these are looked at for one that is computed.
const CANDIDATES: usize = 30;

/// With these a name is not the one of a directory: patterns, and what `xargs` puts its input in the place of.
const SIGNS: [char; 6] = ['*', '?', '[', ']', '%', '@'];

/// What stands between the words of a computation.
const BETWEEN_WORDS: [char; 17] =
    [' ', '\t', '\n', '"', '\'', '`', '\\', '$', '(', ')', '{', '}', ';', '|', '&', '<', '>'];

impl Judge<'_> {
    /// The directory that everything begins in.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// A path as the system sees it, with the links of the part that is there followed.
    pub fn real(&self, path: &Path) -> PathBuf {
        let path = self.cwd.join(path);
        let real = path.ancestors().find_map(|there| {
            let real = there.canonicalize().ok()?;
            Some(clean_path(&real.join(path.strip_prefix(there).ok()?)))
        });
        real.unwrap_or_else(|| clean_path(&path))
    }

    /// The repository of a directory, which may be one that is not there yet.
    pub fn guarded(&mut self, dir: &Path) -> Option<Rc<Guarded>> {
        let dir = self.real(dir);
        let there = dir.ancestors().find(|dir| dir.is_dir())?.to_owned();
        if let Some(found) = self.found.get(&there) {
            return found.clone();
        }
        let found = Guarded::at(&there, self.env, LazyFetch::Off);
        self.keep(there, found)
    }

    /// The repository that the line names by its git directory.
    fn named(&mut self, git_dir: &Path, dir: &Path) -> Option<Rc<Guarded>> {
        if let Some(found) = self.found.get(git_dir) {
            return found.clone();
        }
        let found = Guarded::named(git_dir, dir, self.env, LazyFetch::Off);
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

    /// The place of a call, where it is one only.
    pub fn place(
        &mut self,
        dir: &Dir,
        git_dir: Option<&Dir>,
        state: &LineState,
    ) -> Option<GuardedPlace> {
        let mut places = self.places(dir, git_dir, state);
        if places.len() == 1 { places.pop() } else { None }
    }

    /// Where a call may work that runs in this directory and may name a git directory: no place where there is nothing to guard.
    pub fn places(
        &mut self,
        dir: &Dir,
        git_dir: Option<&Dir>,
        state: &LineState,
    ) -> Vec<GuardedPlace> {
        let said = self.said(git_dir.unwrap_or(dir));
        let is_made = |(path, _): &(&PathBuf, &MadeTree)| said.starts_with(path);
        let made = state.made.iter().filter(is_made);
        if let Some((path, made)) = made.max_by_key(|(path, _)| path.as_os_str().len()) {
            if let MadeTree::Link(target) = made {
                let inside = said.strip_prefix(path).unwrap_or(Path::new(""));
                return self.at([self.real(&target.join(inside))], Certainty::Sure, state);
            }
            let (path, made) = (path.clone(), made.clone());
            return self.made(path, &made, state).into_iter().collect();
        }
        let own = self.real(Path::new(""));
        let (dir, dirs) = match dir {
            Dir::Aside(_) => return Vec::new(),
            Dir::At(path) if path.exists() || !path.to_string_lossy().contains(SIGNS) => {
                (self.real(path), None)
            }
            Dir::At(path) | Dir::Computed(path) => (own, Some(self.candidates(path))),
        };
        match (git_dir, dirs) {
            (Some(Dir::Aside(_)), _) => Vec::new(),
            (Some(Dir::At(git_dir)), dirs) => {
                let certainty = if dirs.is_some() { Certainty::Maybe } else { Certainty::Sure };
                let guarded = self.named(&self.real(git_dir), &dir);
                guarded.map(|guarded| found(guarded, dir, certainty, state)).into_iter().collect()
            }
            (Some(Dir::Computed(git_dir)), _) => {
                let dirs = self.candidates(git_dir);
                self.at(dirs, Certainty::Maybe, state)
            }
            (None, Some(dirs)) => self.at(dirs, Certainty::Maybe, state),
            (None, None) => self.at([dir], Certainty::Sure, state),
        }
    }

    /// By what the state knows a directory.
    fn said(&self, dir: &Dir) -> PathBuf {
        match dir {
            Dir::At(path) | Dir::Computed(path) => self.real(path),
            // One for all of them, wherever they are.
            Dir::Aside(_) => PathBuf::from("aside"),
        }
    }

    fn at(
        &mut self,
        dirs: impl IntoIterator<Item = PathBuf>,
        certainty: Certainty,
        state: &LineState,
    ) -> Vec<GuardedPlace> {
        let mut places: Vec<GuardedPlace> = Vec::new();
        for dir in dirs {
            let Some(guarded) = self.guarded(&dir) else { continue };
            let place = found(guarded, dir, certainty, state);
            if !places.iter().any(|known| known.key == place.key) {
                places.push(place);
            }
        }
        places
    }

    /// What the line makes in this directory.
    fn made(&mut self, path: PathBuf, made: &MadeTree, state: &LineState) -> Option<GuardedPlace> {
        let cwd = self.cwd.clone();
        let (source, branch, tree) = match made {
            MadeTree::Repository if !self.names_a_remote() => return None,
            MadeTree::Copy { source, branch } => (source.clone(), branch, TreeState::Copy),
            MadeTree::Repository | MadeTree::Link(_) => (cwd, &None, TreeState::Copy),
            MadeTree::Worktree(branch) => (cwd, branch, TreeState::NotYet),
        };
        let guarded = self.guarded(&source)?;
        let branch = match branch {
            Some(name) => RefName::branch(name),
            None if tree == TreeState::Copy => guarded.trunk(),
            None => None,
        };
        let place = GuardedPlace::of(guarded, source);
        let mut place = GuardedPlace { key: path, branch, tree, ..place };
        state.assume_head(&mut place);
        Some(place)
    }

    /// The directories that a computed one may be: of repositories, where its text names some, or has them match.
    fn candidates(&self, path: &Path) -> Vec<PathBuf> {
        let path = self.cwd.join(path);
        let mut steps = path.components();
        let mut base = PathBuf::new();
        let mut rest = steps.as_path();
        while let Some(step) = steps.next()
            && base.join(step).is_dir()
        {
            base.push(step);
            rest = steps.as_path();
        }
        let text = rest.to_string_lossy();
        let own = self.real(Path::new(""));
        let is_here = self.real(&base) == own;
        let says_nothing = text.chars().all(|sign| sign == '…');
        // What another command fills in, or another part of the line sets, may be named anywhere in it.
        if is_here && (says_nothing || is_set_in(&self.text, &text)) {
            let [named, below] = of_words(&self.text, &self.cwd);
            return [vec![own], named, below].concat();
        }
        let [named, below] = of_words(&text, &base);
        let mut found = if named.is_empty() { below } else { named };
        if found.is_empty() && !is_here {
            let start = text.split(BETWEEN_WORDS).next().unwrap_or_default();
            found = repositories(matching(&base, &format!("{}*", start.trim_end_matches('…'))));
        }
        if found.is_empty() { vec![own] } else { found }
    }

    /// Whether a word is where one of our remotes is, seen from this directory.
    fn is_remote(&mut self, address: &str, dir: &Path) -> bool {
        let cwd = self.cwd.clone();
        let at = dir.join(address);
        let address = if at.exists() { at.to_string_lossy() } else { address.into() };
        self.guarded(&cwd).is_some_and(|guarded| guarded.has_remote_at(&address))
    }

    /// Whether the line names where one of our remotes is, or asks git for it.
    fn names_a_remote(&mut self) -> bool {
        let text = self.text.clone();
        let cwd = self.cwd.clone();
        asks_for_an_address(&text)
            || text.split(BETWEEN_WORDS).any(|word| {
                // From a repository that the line makes in this directory, one is a step farther.
                [word, word.strip_prefix("../").unwrap_or(word)]
                    .iter()
                    .any(|word| word.contains(['/', ':']) && self.is_remote(word, &cwd))
            })
    }

    /// A call in a place without anything to guard: what is made matters, and what goes from there to a remote of ours.
    pub fn elsewhere(&mut self, line: &GitLine, state: &LineState) -> LineState {
        let mut state = state.clone();
        let intents =
            line.verb.text().map(|verb| verbs::intents(verb, &line.args)).unwrap_or_default();
        for intent in &intents {
            self.make(&line.dir, intent, &mut state);
            if let Intent::Push(push) = intent
                && self.names_a_remote()
                && let Some(here) = self.made(PathBuf::new(), &MadeTree::Repository, &state)
            {
                let action = JudgedAction::of_push("git push", line.certainty);
                self.push(&here, &state, push, &action);
            }
        }
        state
    }

    /// A worktree or a repository is made: in a directory that is named, or in this one.
    pub fn make(&mut self, dir: &Dir, intent: &Intent, state: &mut LineState) {
        let name = |word: &Option<ShellWord>| word.as_ref()?.text().map(str::to_owned);
        let (path, made) = if let Intent::MakeWorktree { path, branch } = intent {
            (Some(path), MadeTree::Worktree(name(branch)))
        } else if let Intent::MakeRepository { path, source, branch } = intent {
            let source = source.as_ref().and_then(|source| self.cloned(dir, source));
            let copy = |(source, head)| MadeTree::Copy { source, branch: name(branch).or(head) };
            (path.as_ref(), source.map_or(MadeTree::Repository, copy))
        } else {
            return;
        };
        let path = self.said(&path.map_or(dir.clone(), |path| dir.join(path)));
        // What is there is not made: `git init` in a repository changes nothing of it.
        if !path.join(".git").exists() && !path.join("HEAD").exists() {
            state.made.insert(path, made);
        }
    }

    /// The repository that a clone of this source is one of, where it is guarded, and the branch that it will have checked out.
    fn cloned(&mut self, dir: &Dir, source: &ShellWord) -> Option<(PathBuf, Option<String>)> {
        let base = match dir {
            Dir::At(path) | Dir::Computed(path) => self.real(path),
            Dir::Aside(_) => self.cwd.clone(),
        };
        let Some(text) = source.text() else {
            return asks_for_an_address(source.written()).then(|| (self.cwd.clone(), None));
        };
        if self.is_remote(text, &base) {
            return Some((self.cwd.clone(), None));
        }
        let path = self.real(&base.join(text.strip_prefix("file://").unwrap_or(text)));
        // `gh repo clone owner/name`
        if !path.exists() && !text.starts_with('.') && text.split('/').count() == 2 {
            let cwd = self.cwd.clone();
            let here = GuardedPlace::of(self.guarded(&cwd)?, cwd.clone());
            return is_remote_of(&here, text).then_some((cwd, None));
        }
        let guarded = self.guarded(&path).filter(|_| path.is_dir())?;
        Some((path, guarded.branch().map(|branch| branch.short().to_owned())))
    }

    /// A program copies, moves or links a directory: where that is a repository, it is in two places.
    pub fn copied(&mut self, from: &Path, to: &Path, is_copy: bool, state: &mut LineState) {
        let (from, to) = (self.real(from), self.real(to));
        let whole = |path: &Path| match path.file_name().and_then(|name| name.to_str()) {
            Some(".git") => path.parent().unwrap_or(path).to_owned(),
            _ => path.to_owned(),
        };
        let (from, to) = (whole(&from), whole(&to));
        if from.join(".git").exists()
            && let Some(guarded) = self.guarded(&from)
        {
            let branch = guarded.branch().map(|branch| branch.short().to_owned());
            let copy = MadeTree::Copy { source: from.clone(), branch };
            state.made.insert(to, if is_copy { copy } else { MadeTree::Link(from) });
        }
    }
}

fn found(
    guarded: Rc<Guarded>,
    dir: PathBuf,
    certainty: Certainty,
    state: &LineState,
) -> GuardedPlace {
    let mut here = GuardedPlace { certainty, ..GuardedPlace::of(guarded, dir) };
    state.assume_head(&mut here);
    here
}

/// Whether a text has git print where a remote is.
fn asks_for_an_address(text: &str) -> bool {
    text.contains("get-url") || text.contains(".url")
}

/// Whether a line sets a variable that a text of it uses: by its name, by `for` or `read`, or as an argument.
fn is_set_in(line: &str, text: &str) -> bool {
    text.split('$').skip(1).any(|rest| {
        let rest = rest.trim_start_matches('{');
        let end = rest.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_');
        let name = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let is_argument = rest.starts_with(['@', '*']) || name.parse::<u8>().is_ok();
        let sets = |sign: &str| line.contains(&format!("{name}{sign}"));
        is_argument || !name.is_empty() && (sets("=") || sets("+=") || sets(" in "))
    })
}

/// The words of a text that may name a directory, whatever they stand in.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let whole = text.split(BETWEEN_WORDS);
    let parts = whole.flat_map(|word| std::iter::once(word).chain(word.split([':', ',', '='])));
    parts.map(|word| word.trim_start_matches(['-', '+'])).filter(|word| !word.is_empty())
}

/// The directories that a path matches which may have patterns, or in which it names a file. A pattern is known by its
/// beginning and its end, which matches a little more.
fn matching(base: &Path, path: &str) -> Vec<PathBuf> {
    let mut found = vec![base.to_owned()];
    for step in Path::new(path).components() {
        let name = step.as_os_str().to_string_lossy();
        let ends = name.find(SIGNS).zip(name.rfind(SIGNS));
        let Some((before, behind)) = ends
            .and_then(|(first, last)| Some((name.get(..first)?, name.get(last.max(first) + 1..)?)))
        else {
            for dir in &mut found {
                dir.push(step);
            }
            continue;
        };
        let inside = found.iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten().flatten();
        let fits = |name: &str| name.starts_with(before) && name.ends_with(behind);
        let fits = inside.filter(|entry| entry.file_name().to_str().is_some_and(fits));
        found = fits.map(|entry| entry.path()).take(CANDIDATES).collect();
    }
    let there = found.into_iter().filter(|path| path.exists());
    there
        .filter_map(|path| if path.is_dir() { Some(path) } else { Some(path.parent()?.to_owned()) })
        .collect()
}

/// The directories in repositories that words name which are seen from this directory, and those right below the directories
/// that they name.
fn of_words(text: &str, base: &Path) -> [Vec<PathBuf>; 2] {
    let mut named = Vec::new();
    for word in words(text) {
        named.extend(matching(base, word));
        // What is behind a part that nobody knows.
        if let Some(end) = word.strip_prefix('/') {
            named.extend(base.ancestors().flat_map(|dir| matching(dir, end)));
        }
    }
    let below = named.iter().flat_map(|dir| matching(dir, "*")).collect();
    [repositories(named), repositories(below)]
}

fn repositories(mut dirs: Vec<PathBuf>) -> Vec<PathBuf> {
    let real = |dir: &Path| dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    dirs.retain(|dir| !matches!(GuardPlace::around(&real(dir)), Ok(None)));
    dirs.truncate(CANDIDATES);
    dirs
}
