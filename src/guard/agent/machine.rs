//! The judge on its way through a shell's line.

use std::path::Path;

use super::super::shell::{
    Certainty, Dir, Machine, Objected, READERS, ShellCall, ShellWord, Trouble, Variables, WRITERS,
    World, WorldStep, has, mentions, names_branch, walk,
};
use super::ALSO_MOVERS;
use super::judge::{GuardedPlace, Judge, in_the_lanes};
use super::line::{GitLine, MOVERS};
use super::state::LineState;
use super::writes;
use crate::env::GitVar;

/// Programs that put hooks in place, or take them away, when they install something.
const INSTALLERS: &str = " bun husky lefthook npm npx pnpm pre-commit prek yarn ";

impl Judge<'_> {
    /// Judges a whole line.
    pub fn run(&mut self, line: &str) {
        let home = self.env.home().and_then(Path::to_str);
        let home = home.map(|home| ("HOME".to_owned(), ShellWord::known(home)));
        let start = Dir::At(self.cwd.clone());
        // Where git works, as far as the agent's own environment says it.
        let places = [GitVar::Dir, GitVar::WorkTree, GitVar::IndexFile].map(|var| {
            let value = self.env.git(var)?.to_str()?;
            Some((var.name().to_owned(), ShellWord::known(value)))
        });
        let set = home.into_iter().chain(places.into_iter().flatten());
        let start = World::at(start, set.collect(), LineState::default());
        line.clone_into(&mut self.text);
        self.walk(line, start, 0);
    }

    /// Goes through a line that a call of git runs in this directory, and says how things are behind it.
    pub fn follow(
        &mut self,
        command: &str,
        dir: &Path,
        line: &GitLine,
        state: &LineState,
        depth: usize,
    ) -> LineState {
        let mut start = World::at(Dir::At(dir.to_owned()), Variables::new(), state.clone());
        start.certainty = line.certainty;
        // What git is told about its hooks holds for what it runs.
        let has_changed_hooks = self.has_changed_hooks;
        self.has_changed_hooks |= line.is_without_hooks();
        let behind = self.walk(command, start, depth);
        self.has_changed_hooks = has_changed_hooks;
        behind
    }

    pub fn walk(&mut self, command: &str, start: World<LineState>, depth: usize) -> LineState {
        let last = start.state.clone();
        let mut walker = JudgeWalk { judge: self, depth, last };
        walk(command, start, &mut walker);
        walker.last
    }

    /// A program that is not git. It moves a branch where it writes the file that git keeps it in, and before a commit it may
    /// write what is committed.
    fn other_program(&mut self, call: &ShellCall, state: &LineState) -> WorldStep<LineState> {
        let nothing = WorldStep::nothing(state);
        let Some((program, arguments)) = call.words.split_first() else { return nothing };
        let name = program.start().rsplit('/').next().unwrap_or_default();
        let mut behind = state.clone();
        if has(WRITERS, name) {
            self.copies(name, arguments, &call.dir, &mut behind);
            for file in written(name, arguments, |file| self.is_directory(&call.dir.join(file))) {
                self.write(&file, &call.dir, &mut behind);
            }
        } else if !has(READERS, name) {
            for here in self.places(&call.dir, None, state) {
                behind.written.insert(here.key);
            }
            let is_installer = has(INSTALLERS, name)
                || has(INSTALLERS, arguments.first().map_or("", ShellWord::start));
            let puts = |word: &ShellWord| has(" install uninstall i ci add init ", word.start());
            self.has_changed_hooks |= is_installer && arguments.iter().any(puts);
        }
        let is_uninstall =
            ["hook", "uninstall"].iter().all(|word| arguments.iter().any(|a| a.is(word)));
        self.has_changed_hooks |= name == "tix" && is_uninstall;
        WorldStep::nothing(&behind)
    }

    /// A text that may be run, and that nobody reads: it is searched for git, and for what moves a branch.
    pub fn trouble(&mut self, trouble: &Trouble, dir: &Dir, state: &LineState) {
        let is_about = |verbs: &[&str]| mentions(&trouble.text, verbs);
        if !is_about(&MOVERS) && !is_about(&ALSO_MOVERS) {
            return;
        }
        for mut here in self.places(dir, None, state) {
            // A branch that is not checked out is named to be moved.
            let named =
                here.guarded.trunk().filter(|trunk| names_branch(&trouble.text, trunk.short()));
            let on_head = here.protected().filter(|_| is_about(&MOVERS)).cloned();
            let Some(branch) = on_head.or(named) else { continue };
            here.certainty = Certainty::Maybe;
            // Who writes this in it may have it all go past the hooks.
            let text = trouble.text.to_ascii_lowercase();
            let past = ["no-verify", "hookspath", "tix_guard", "git_config", "include"];
            self.has_changed_hooks |= past.iter().any(|sign| text.contains(sign));
            self.unreadable(&here, &branch, "a part of this line", &trouble.why);
        }
    }

    /// `cp -r`, `mv` and `ln` of a whole repository.
    fn copies(&mut self, name: &str, arguments: &[ShellWord], dir: &Dir, state: &mut LineState) {
        let path = |dir: Dir| match dir {
            Dir::At(path) | Dir::Computed(path) => Some(path),
            Dir::Aside(_) => None,
        };
        if !has(" cp ln mv rsync ", name) {
            return;
        }
        let is_directory = |file: &ShellWord| self.is_directory(&dir.join(file));
        let targets = destinations(arguments, is_directory);
        for (source, target) in operands(arguments).iter().zip(targets) {
            let Some(to) = path(dir.join(&target)) else { continue };
            // What a link says is seen from where it is.
            let beside = Dir::At(to.parent().unwrap_or(&to).to_owned());
            let base = if name == "ln" { &beside } else { dir };
            if let Some(from) = path(base.join(source)) {
                self.copied(&from, &to, has(" cp rsync ", name), state);
            }
        }
    }

    fn write(&mut self, file: &ShellWord, dir: &Dir, state: &mut LineState) {
        let (Dir::At(path) | Dir::Computed(path)) = dir.join(file) else { return };
        let path = self.real(&path);
        let text = path.display().to_string();
        let is_config = text.ends_with(".git/config");
        self.has_changed_hooks |= text.contains("/hooks/") || text.ends_with("/hooks") || is_config;
        if is_config {
            state.settings.push((String::new(), ShellWord::unknown()));
        }
        if file.text().is_some() && writes::may_be_of_git(&text) {
            writes::judge_of_git(self, &path);
        }
        let parent = Dir::At(path.parent().unwrap_or(&path).to_owned());
        for here in self.places(&parent, None, state) {
            let root = GuardedPlace { dir: here.key.clone(), ..here };
            let is_inside =
                path.starts_with(&root.key) && !path.starts_with(root.guarded.common_dir());
            if is_inside && !in_the_lanes(&root, &ShellWord::known(text.as_str())) {
                state.written.insert(root.key);
            }
        }
    }

    fn is_directory(&self, dir: &Dir) -> bool {
        matches!(dir, Dir::At(path) if self.cwd().join(path).is_dir())
    }

    /// What a call of git prints whose output becomes a part of a word.
    fn prints(&mut self, call: &ShellCall, state: &LineState) -> Option<String> {
        if let ([name], Dir::At(dir)) = (call.words.as_slice(), &call.dir)
            && name.is("pwd")
        {
            return dir.to_str().map(str::to_owned);
        }
        let line = GitLine::read(call)?;
        let here = self.place(&line.dir, line.git_dir.as_ref(), state)?;
        let has = |option: &str| line.args.iter().any(|word| word.is(option));
        let operands = line.args.iter().filter(|word| !word.start().starts_with('-'));
        let operands: Vec<&ShellWord> = operands.collect();
        let branch = here.branch.as_ref();
        match (line.verb.text()?, operands.as_slice()) {
            ("branch", []) if has("--show-current") => branch.map(|b| b.short().to_owned()),
            ("symbolic-ref", [head]) if head.is("HEAD") => {
                branch.map(|b| if has("--short") { b.short() } else { b.as_str() }.to_owned())
            }
            ("rev-parse", [path]) if has("--git-path") => {
                let path = path.text()?;
                let is_shared = path.starts_with("refs/") || path == "packed-refs";
                let dir =
                    if is_shared { here.guarded.common_dir() } else { here.guarded.git_dir() };
                Some(dir.join(path).to_str()?.to_owned())
            }
            ("remote", [sub, name]) if sub.is("get-url") => {
                let made = state.address(name);
                let mut known = here.guarded.facts.addresses.iter();
                let known = known.find(|known| name.is(&known.name)).map(|k| k.fetch.clone());
                if made == **name { known } else { made.text().map(str::to_owned) }
            }
            ("rev-parse", []) if has("--show-toplevel") => {
                Some(here.guarded.root()?.to_str()?.to_owned())
            }
            ("rev-parse", []) if has("--git-common-dir") => {
                Some(here.guarded.common_dir().to_str()?.to_owned())
            }
            ("rev-parse", []) if has("--git-dir") || has("--absolute-git-dir") => {
                Some(here.guarded.git_dir().to_str()?.to_owned())
            }
            ("rev-parse", [name]) if has("--abbrev-ref") => {
                branch.filter(|_| name.is("HEAD") || name.is("@")).map(|b| b.short().to_owned())
            }
            // The commit has many names; this one says what it is at this point of the line.
            ("rev-parse", [name]) => {
                let revision = state.revision(&here, name)?;
                match revision.strip_prefix("HEAD") {
                    Some(steps) => branch.map(|b| format!("{}{steps}", b.as_str())),
                    None => Some(revision),
                }
            }
            _ => None,
        }
    }
}

/// The files that a program writes or removes with these arguments.
fn written(
    name: &str,
    arguments: &[ShellWord],
    is_directory: impl Fn(&ShellWord) -> bool,
) -> Vec<ShellWord> {
    let in_place = || {
        arguments
            .iter()
            .any(|word| word.start().starts_with("-i") || word.start().starts_with("-pi"))
    };
    match name {
        "mkdir" => Vec::new(),
        "perl" if !in_place() => vec![ShellWord::unknown()],
        "sed" if !in_place() => Vec::new(),
        // The first one is the script.
        "sed" | "perl" => operands(arguments).split_off(1.min(operands(arguments).len())),
        "dd" => arguments.iter().filter_map(|word| word.strip_prefix("of=")).collect(),
        "cp" | "install" | "ln" | "rsync" => destinations(arguments, is_directory),
        _ => operands(arguments),
    }
}

fn operands(arguments: &[ShellWord]) -> Vec<ShellWord> {
    arguments.iter().filter(|word| !word.start().starts_with('-')).cloned().collect()
}

/// Where a program puts what it is given: under the last name, or in the directory of that name.
fn destinations(
    arguments: &[ShellWord],
    is_directory: impl Fn(&ShellWord) -> bool,
) -> Vec<ShellWord> {
    let all = operands(arguments);
    let Some((last, sources)) = all.split_last() else { return Vec::new() };
    if !is_directory(last) {
        return vec![last.clone()];
    }
    let inside = |source: &ShellWord| {
        let name = source.text()?.trim_end_matches('/').rsplit('/').next()?;
        Some(ShellWord::known(format!("{}/{name}", last.text()?)))
    };
    sources.iter().map(|source| inside(source).unwrap_or_else(ShellWord::unknown)).collect()
}

/// A line on its way through the shell.
struct JudgeWalk<'j, 'e> {
    judge: &'j mut Judge<'e>,
    /// How many aliases stand for the line.
    depth: usize,
    /// How things are behind the last call of git, if it succeeds.
    last: LineState,
}

impl Machine for JudgeWalk<'_, '_> {
    type State = LineState;

    fn run(&mut self, call: &ShellCall, state: &LineState) -> WorldStep<LineState> {
        if let Some(step) = self.judge.forge(call, state) {
            return step;
        }
        let Some(line) = GitLine::read(call) else { return self.judge.other_program(call, state) };
        let ok = self.judge.line(&line, state, self.depth);
        self.last.clone_from(&ok);
        WorldStep { failed: state.after_failure(&ok), ok: Some(ok) }
    }

    fn write(&mut self, file: &ShellWord, dir: &Dir, state: &mut LineState) {
        self.judge.write(file, dir, state);
    }

    fn is_directory(&self, path: &Path, state: &LineState) -> bool {
        let path = self.judge.real(path);
        path.is_dir() || state.made.contains_key(&path)
    }

    fn prints(&mut self, call: &ShellCall, state: &LineState) -> Option<String> {
        self.judge.prints(call, state)
    }

    fn trouble(&mut self, trouble: &Trouble, dir: &Dir, state: &LineState) {
        self.judge.trouble(trouble, dir, state);
    }

    fn objected(&self) -> Objected {
        Objected { times: self.judge.objections, refusals: self.judge.refusals.len() }
    }

    fn doubt(&mut self, since: Objected) {
        self.judge.doubt(since.refusals);
    }
}
