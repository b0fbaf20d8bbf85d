//! Aliases of git: what they stand for is read as a line of its own.

use std::path::Path;

use super::super::GuardError;
use super::super::shell::{
    Dir, Machine, ShellCall, ShellWord, Trouble, Variables, World, WorldStep, quoted, walk,
};
use super::judge::{GuardedPlace, Judge, LineReason};
use super::line::GitLine;
use super::state::LineState;

/// How often an alias may stand for another one.
const DEEPEST: usize = 8;

impl Judge<'_> {
    /// Judges a call of something that git does not know itself. What is no alias is a program of its own, which nobody
    /// looks into.
    pub fn alias(
        &mut self,
        here: &GuardedPlace,
        line: &GitLine,
        verb: &str,
        state: &LineState,
        depth: usize,
    ) -> LineState {
        let own = self.aliases.get(&verb.to_ascii_lowercase()).cloned();
        let why = match own.map_or_else(|| meaning(here, line, verb), |own| Ok(Some(own))) {
            Ok(None) => return state.clone(),
            Ok(Some(ShellWord::Known(text))) if depth < DEEPEST => {
                return self.follow_alias(here, line, &text, state, depth);
            }
            Ok(Some(ShellWord::Known(_) | ShellWord::Begins(_) | ShellWord::Place(_))) => {
                LineReason::Unreadable(format!("what the alias {verb} stands for"))
            }
            Err(error) => LineReason::Undecided(error.to_string()),
        };
        if let Some(branch) = here.protected().cloned() {
            self.refuse(here, &branch, &format!("git {verb}"), why);
        }
        state.clone()
    }

    fn follow_alias(
        &mut self,
        here: &GuardedPlace,
        line: &GitLine,
        text: &str,
        state: &LineState,
        depth: usize,
    ) -> LineState {
        // A script runs at the root of the worktree; both get the arguments as they are.
        let (command, dir) = match text.strip_prefix('!') {
            Some(script) => (script.to_owned(), here.guarded.root().unwrap_or(&here.dir)),
            None => (format!("git {text}"), here.dir.as_path()),
        };
        let command =
            written(&[&[ShellWord::Known(command)], quoted(&line.args).as_slice()].concat());
        self.follow(&command, dir, state, depth)
    }

    /// Goes through a line that git runs in this directory.
    pub fn follow(
        &mut self,
        command: &str,
        dir: &Path,
        state: &LineState,
        depth: usize,
    ) -> LineState {
        let start = World {
            dir: Dir::At(dir.to_owned()),
            variables: Variables::new(),
            state: state.clone(),
        };
        let mut alias = Alias { judge: self, depth: depth + 1, last: state.clone() };
        walk(command, start, &mut alias);
        alias.last
    }
}

pub fn written(words: &[ShellWord]) -> String {
    words.iter().map(ShellWord::start).collect::<Vec<_>>().join(" ")
}

/// What an alias stands for; `None` when it is none.
fn meaning(
    here: &GuardedPlace,
    line: &GitLine,
    verb: &str,
) -> Result<Option<ShellWord>, GuardError> {
    let key = format!("alias.{}", verb.to_ascii_lowercase());
    if let Some(given) = line.setting_of(&key) {
        return Ok(Some(given.clone()));
    }
    if line.has_other_settings() {
        return Ok(Some(ShellWord::unknown()));
    }
    let settings = here.guarded.settings()?;
    let found = settings.iter().rev().find(|setting| setting.key.eq_ignore_ascii_case(&key));
    Ok(found.map(|setting| ShellWord::Known(setting.value.clone().unwrap_or_default())))
}

/// An alias on its way through the shell.
struct Alias<'j, 'e> {
    judge: &'j mut Judge<'e>,
    depth: usize,
    last: LineState,
}

impl Machine for Alias<'_, '_> {
    type State = LineState;

    fn run(&mut self, call: &ShellCall, state: &LineState) -> WorldStep<LineState> {
        let Some(line) = GitLine::read(call) else {
            self.judge.other_program(call);
            return WorldStep::nothing(state);
        };
        let ok = self.judge.line(&line, state, self.depth);
        self.last.clone_from(&ok);
        WorldStep { failed: state.after_failure(&ok), ok: Some(ok) }
    }

    fn write(&mut self, file: &ShellWord, dir: &Dir) {
        self.judge.write(file, dir);
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.judge.is_directory(path)
    }

    fn trouble(&mut self, trouble: &Trouble, dir: &Dir, state: &LineState) {
        self.judge.trouble(trouble, dir, state);
    }
}
