//! Where a call of git works: the repositories that a directory may be in which the line says, computes or makes.
//!
//! A directory that is computed may be any that the words of its computation name. Where these name none, it may be any worktree
//! of the agent's clone: so the one that has the trunk checked out, too. One that is said and filled by a program, or whose name
//! begins as none that is there (`/tmp/demo-$$`), is in the repository around it, or one that the line names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::super::place::GuardPlace;
use super::super::shell::{Certainty, Dir, ShellWord, names_branch};
use super::super::{GuardError, Guarded};
use super::forge::is_remote_of;
use super::intent::Intent;
use super::judge::{GuardedPlace, Judge, JudgedAction, TreeState};
use super::line::GitLine;
use super::state::{LineState, MadeTree, WORKSPACE};
use super::verbs;
use crate::git::{HeadTarget, LazyFetch, clean_path, read_git_file};
use crate::names::RefName;

/// No more directories than these are looked at for one that is computed.
const CANDIDATES: usize = 30;

/// With these a name is not the one of a directory: patterns, and what a program puts its input in the place of.
const SIGNS: [char; 6] = ['*', '?', '[', ']', '{', '}'];

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
        let named = git_dir.unwrap_or(dir);
        let said = self.real(named.path());
        let is_filled = state.may_have_filled(&said);
        let made = state.made.iter().filter(|(path, _)| said.starts_with(path));
        let made = made.max_by_key(|(path, _)| path.as_os_str().len());
        let is_made = |path: &Path, made: &MadeTree| {
            *made != MadeTree::Unknown && !(is_filled && *made == MadeTree::Foreign && path != said)
        };
        if let Some((path, made)) = made.filter(|(path, made)| is_made(path, made)) {
            let (path, made) = (path.clone(), made.clone());
            return self.made(path, &made, state).into_iter().collect();
        }
        let is_known = |dir: &Dir| made.is_none() && self.is_known(dir, is_filled);
        match (is_known(named), git_dir) {
            (false, _) => {
                let dirs = match made {
                    Some(_) => self.candidates(&Dir::Computed(said), state),
                    None => self.candidates(named, state),
                };
                self.at(dirs, state, Certainty::Maybe)
            }
            (true, None) => {
                let places = self.at([said.clone()], state, Certainty::Sure);
                if !places.is_empty() || !state.may_have_worktree || said.exists() {
                    return places;
                }
                // Nobody goes to a directory that is not there, so a program has made it: a workspace, as it may be.
                let own = MadeTree::Worktree { source: self.cwd.clone(), branch: None };
                self.made(said, &own, state).into_iter().collect()
            }
            (true, Some(_)) => {
                let (dir, sight) = if is_known(dir) {
                    (self.real(dir.path()), Certainty::Sure)
                } else {
                    (self.real(Path::new("")), Certainty::Maybe)
                };
                let guarded = self.named(&said, &dir);
                guarded.map(|guarded| found(guarded, dir, state, sight)).into_iter().collect()
            }
        }
    }

    /// Whether the line says where this is, and no program may have put a repository there first.
    fn is_known(&self, dir: &Dir, is_filled: bool) -> bool {
        let Dir::At(path) = dir else { return false };
        let path = self.real(path);
        if path.exists() {
            return !is_filled || !matches!(GuardPlace::around(&path), Ok(None));
        }
        let is_beside_made = path.starts_with(Path::new(WORKSPACE).parent().unwrap_or(&path));
        !is_filled && !is_beside_made && !path.to_string_lossy().contains(SIGNS)
    }

    fn at(
        &mut self,
        dirs: impl IntoIterator<Item = PathBuf>,
        state: &LineState,
        sight: Certainty,
    ) -> Vec<GuardedPlace> {
        let mut places: Vec<GuardedPlace> = Vec::new();
        for dir in dirs {
            let Some(guarded) = self.guarded(&dir) else { continue };
            let place = found(guarded, dir, state, sight);
            if !places.iter().any(|known| known.key == place.key) {
                places.push(place);
            }
        }
        places
    }

    /// What the line makes in this directory.
    fn made(&mut self, path: PathBuf, made: &MadeTree, state: &LineState) -> Option<GuardedPlace> {
        let (source, branch, tree) = match made {
            MadeTree::Foreign | MadeTree::Unknown => return None,
            MadeTree::Copy(source) => (source, None, TreeState::Copy),
            MadeTree::Worktree { source, branch } => (source, branch.as_deref(), TreeState::NotYet),
        };
        let guarded = self.guarded(source)?;
        let branch = match tree {
            TreeState::Copy => guarded.trunk(),
            TreeState::There | TreeState::Somewhere | TreeState::NotYet => {
                branch.and_then(RefName::branch)
            }
        };
        let place = GuardedPlace::of(guarded, source.clone());
        let mut place = GuardedPlace { key: path, branch, tree, ..place };
        state.assume_head(&mut place);
        Some(place)
    }

    /// The directories that a computed one may be: of repositories, where its text names some, or has them match.
    fn candidates(&mut self, dir: &Dir, state: &LineState) -> Vec<PathBuf> {
        let path = self.cwd.join(dir.path());
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
        let says_nothing = text.chars().all(|sign| sign == '…' || SIGNS.contains(&sign));
        let is_said = !text.contains(['$', '`', '…']) && !text.contains(SIGNS);
        // What another command fills in or makes, or another part of the line sets, may be named anywhere in it.
        if is_said || is_here && (says_nothing || is_set_in(&self.text, &text)) {
            let [named, below] = self.of_line(&self.cwd.clone());
            // A link is seen from where it is.
            let [linked, _] = self.of_line(&base);
            // What a program puts where the line says belongs to the repository around it, and is another worktree of this clone
            // only if the line names its branch.
            let is_filled = is_said && matches!(dir, Dir::At(_));
            let is_made = is_filled && !state.may_have_copied(&self.real(&path));
            // Hooks may be left out of a copy.
            self.has_changed_hooks |= is_filled && !is_made;
            let around = if is_made { repositories(vec![base.clone()]) } else { vec![own.clone()] };
            let mut found = [around, named, below, linked].concat();
            let trunk = self.guarded(&own).and_then(|own| own.trunk());
            if !is_filled || trunk.is_none_or(|trunk| names_branch(&self.text, trunk.short())) {
                found.extend(self.worktrees());
            }
            return found;
        }
        let is_inside = is_here && stays_inside(&text);
        let [named, below] = of_words(&text, &base);
        let mut found = if named.is_empty() { below } else { named };
        if found.is_empty() && !is_here {
            let start = text.split(BETWEEN_WORDS).next().unwrap_or_default().trim_end_matches('…');
            let alike = matching(&base, &format!("{start}*"));
            // A new name beside what is there: the line makes it, out of what it names.
            let is_new = alike.is_empty() && !start.is_empty() && !start.contains('/');
            if is_new && !state.may_have_copied(&path) {
                let [named, _] = self.of_line(&self.cwd.clone());
                return [repositories(vec![base]), named].concat();
            }
            found = repositories(alike);
        }
        let is_own = |dir: &PathBuf| self.real(dir).starts_with(&own);
        if is_inside && found.is_empty() {
            return vec![own];
        }
        let is_below = !is_here || is_inside;
        if found.is_empty() || found.iter().all(is_own) && !is_below {
            found.extend([vec![own], self.worktrees()].concat());
        }
        found
    }

    fn of_line(&mut self, base: &Path) -> [Vec<PathBuf>; 2] {
        let text = &self.text;
        self.named.entry(base.to_owned()).or_insert_with(|| of_words(text, base)).clone()
    }

    /// The worktrees of the agent's clone that have a protected branch checked out.
    fn worktrees(&mut self) -> Vec<PathBuf> {
        let cwd = self.cwd.clone();
        let Some(own) = self.guarded(&cwd) else { return Vec::new() };
        let linked = std::fs::read_dir(own.common_dir().join("worktrees")).into_iter().flatten();
        let gitfile = |entry: std::fs::DirEntry| {
            let text = read_git_file(&entry.path().join("gitdir")).ok()??;
            Some(PathBuf::from(text.trim_end()))
        };
        let gitfiles = linked.flatten().filter_map(gitfile).chain([own.common_dir().to_owned()]);
        let is_protected = |dir: &PathBuf| match GuardPlace::around(dir) {
            Ok(Some(GuardPlace { head: HeadTarget::Branch(branch), .. })) => {
                own.is_protected(&branch)
            }
            Ok(_) => false,
            Err(_) => true,
        };
        let dirs = gitfiles.filter_map(|gitfile| Some(gitfile.parent()?.to_owned()));
        dirs.filter(is_protected).collect()
    }

    /// Whether a word is where one of our remotes is, seen from this directory, or may be.
    fn may_be_remote(&mut self, address: &ShellWord, dir: &Path) -> bool {
        let Some(address) = address.text() else { return true };
        let cwd = self.cwd.clone();
        let path = address.strip_prefix("file://").unwrap_or(address);
        let Some(guarded) = self.guarded(&cwd) else { return false };
        [dir, &cwd].into_iter().any(|dir| {
            let at = self.real(&dir.join(path));
            let address = if at.exists() { at.to_string_lossy() } else { address.into() };
            guarded.has_remote_at(&address)
        })
    }

    /// A call in a place without anything to guard: what is made matters, and what goes from there to a remote of ours.
    pub fn elsewhere(&mut self, line: &GitLine, state: &LineState) -> LineState {
        let mut state = state.clone();
        let intents =
            line.verb.text().map(|verb| verbs::intents(verb, &line.args)).unwrap_or_default();
        let dir = self.real(line.dir.path());
        for intent in &intents {
            self.make(&line.dir, intent, &mut state);
            if let Intent::Configure { key, value } = intent {
                state.settings.push((key.clone(), value.clone()));
            }
            let Intent::Push(push) = intent else { continue };
            let remote = push.remote.clone().unwrap_or_else(|| ShellWord::known("origin"));
            let address = state.address(&remote);
            let copy = MadeTree::Copy(self.cwd.clone());
            // What a program has put there knows where to push by itself.
            let may_know = address == remote && state.may_have_filled(&dir);
            if (may_know || self.may_be_remote(&address, &dir))
                && let Some(here) = self.made(dir.clone(), &copy, &state)
            {
                let action = JudgedAction::of_push("git push", line.certainty);
                self.push(&here, &state, push, &action);
            }
        }
        state
    }

    /// A worktree or a repository is made: in a directory that is named, or in this one.
    pub fn make(&mut self, dir: &Dir, intent: &Intent, state: &mut LineState) {
        let (path, made) = if let Intent::MakeWorktree { path, moved: Some(from), .. } = intent {
            let source = self.real(dir.join(from).path());
            let there = self.guarded(&source);
            let branch = there.and_then(|there| Some(there.branch()?.short().to_owned()));
            (Some(path), MadeTree::Worktree { source, branch })
        } else if let Intent::MakeWorktree { path, branch, moved: None } = intent {
            let (source, branch) = (self.real(dir.path()), branch.as_ref());
            let made = match branch.map(|branch| branch.text().map(str::to_owned)) {
                // git checks no branch out twice.
                Some(None) if self.worktrees().is_empty() => MadeTree::Unknown,
                branch => MadeTree::Worktree { source, branch: branch.flatten() },
            };
            (Some(path), made)
        } else if let Intent::Attach { path } = intent {
            (Some(path), MadeTree::Unknown)
        } else if let Intent::MakeRepository { path, source } = intent {
            let source = source.as_ref().and_then(|source| self.cloned(dir, source));
            (path.as_ref(), source.map_or(MadeTree::Foreign, MadeTree::Copy))
        } else {
            return;
        };
        let dir = path.map_or_else(|| dir.clone(), |path| dir.join(path));
        let path = self.real(dir.path());
        // What is there is not made: `git init` in a repository changes nothing of it.
        if !path.join(".git").exists() && !path.join("HEAD").exists() {
            state.made.insert(path, made);
        }
    }

    /// The repository that a clone of this source is one of, where it may be guarded.
    fn cloned(&mut self, dir: &Dir, source: &ShellWord) -> Option<PathBuf> {
        let (base, cwd) = (self.real(dir.path()), self.cwd.clone());
        if self.may_be_remote(source, &base) {
            return Some(cwd);
        }
        let text = source.text()?;
        let path = self.real(&base.join(text.strip_prefix("file://").unwrap_or(text)));
        // `gh repo clone owner/name`
        if !path.exists() && !text.starts_with('.') && text.split('/').count() == 2 {
            let here = GuardedPlace::of(self.guarded(&cwd)?, cwd.clone());
            return is_remote_of(&here, text).then_some(cwd);
        }
        self.guarded(&path).filter(|_| path.is_dir())?;
        Some(path)
    }
}

/// The place of a directory, which for sure is meant or is one of several.
fn found(guarded: Rc<Guarded>, dir: PathBuf, state: &LineState, sight: Certainty) -> GuardedPlace {
    let mut here = GuardedPlace::of(guarded, dir);
    if sight == Certainty::Maybe {
        (here.certainty, here.tree) = (sight, TreeState::Somewhere);
    }
    state.assume_head(&mut here);
    here
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

/// Programs that print the directory they are in, or one that is made of what they are told.
const PRINTERS: [&str; 6] =
    ["find . ", "git rev-parse --show-", "npm prefix", "pwd", "readlink -f ", "realpath "];

/// Whether a computed directory is the one that it is computed in, or below what its words name: of a variable that the line does
/// not set nothing more is known.
fn stays_inside(text: &str) -> bool {
    let within = |open: &str, close: char| text.strip_prefix(open)?.strip_suffix(close);
    let is_plain = |path: &str| {
        !path.contains("..") && !path.starts_with('/') && !path.contains(['$', '`', '…'])
    };
    // What matches a pattern in a directory that is said.
    if is_plain(text) && text.split(SIGNS).next().is_some_and(|start| start.ends_with('/')) {
        return true;
    }
    if let Some(calls) = within("$(", ')') {
        let prints = |call: &str| PRINTERS.iter().any(|printer| call.trim().starts_with(printer));
        let is_plain_call = |call: &str| prints(call) && !call.contains([';', '|', '&', '$', '`']);
        return calls.split("||").all(is_plain_call);
    }
    if let Some(inner) = within("${", '}') {
        let is_of_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
        let end = inner.find(|sign| !is_of_name(sign)).unwrap_or(inner.len());
        let (_, rest) = inner.split_at(end);
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        return match rest.strip_prefix(['-', '=']) {
            Some(default) => is_plain(default) || stays_inside(default),
            None => rest.is_empty() || rest.starts_with('?'),
        };
    }
    let parts = text.split_once("}/");
    parts.is_some_and(|(variable, path)| is_plain(path) && stays_inside(&format!("{variable}}}")))
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
    for word in words(text).collect::<BTreeSet<_>>() {
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
    for dir in dirs.iter_mut().filter(|dir| dir.ends_with(".git")) {
        dir.pop();
    }
    let real = |dir: &Path| dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    dirs.retain(|dir| !matches!(GuardPlace::around(&real(dir)), Ok(None)));
    dirs.truncate(CANDIDATES);
    dirs
}
