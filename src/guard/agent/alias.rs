//! Aliases of git: what they stand for is read as a line of its own.

use std::path::Path;

use super::super::GuardError;
use super::super::shell::{
    Call, Dir, Machine, Step, Trouble, Variables, Word, World, quoted, walk,
};
use super::judge::{Here, Judge, Why};
use super::line::Line;
use super::state::State;

/// How often an alias may stand for another one.
const DEEPEST: usize = 8;

impl Judge<'_> {
    /// Judges a call of something that git does not know itself. What is no alias is a program of its own, which nobody
    /// looks into.
    pub fn alias(
        &mut self,
        here: &Here,
        line: &Line,
        verb: &str,
        state: &State,
        depth: usize,
    ) -> State {
        let own = self.aliases.get(&verb.to_ascii_lowercase()).cloned();
        let why = match own.map_or_else(|| meaning(here, line, verb), |own| Ok(Some(own))) {
            Ok(None) => return state.clone(),
            Ok(Some(Word::Known(text))) if depth < DEEPEST => {
                return self.follow_alias(here, line, &text, state, depth);
            }
            Ok(Some(Word::Known(_) | Word::Begins(_) | Word::Place(_))) => {
                Why::Unreadable(format!("what the alias {verb} stands for"))
            }
            Err(error) => Why::Undecided(error.to_string()),
        };
        if let Some(branch) = here.protected().cloned() {
            self.refuse(here, &branch, &format!("git {verb}"), why);
        }
        state.clone()
    }

    fn follow_alias(
        &mut self,
        here: &Here,
        line: &Line,
        text: &str,
        state: &State,
        depth: usize,
    ) -> State {
        // A script runs at the root of the worktree; both get the arguments as they are.
        let (command, dir) = match text.strip_prefix('!') {
            Some(script) => (script.to_owned(), here.guarded.root().unwrap_or(&here.dir)),
            None => (format!("git {text}"), here.dir.as_path()),
        };
        let command = written(&[&[Word::Known(command)], quoted(&line.args).as_slice()].concat());
        self.follow(&command, dir, state, depth)
    }

    /// Goes through a line that git runs in this directory.
    pub fn follow(&mut self, command: &str, dir: &Path, state: &State, depth: usize) -> State {
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

pub fn written(words: &[Word]) -> String {
    words.iter().map(Word::start).collect::<Vec<_>>().join(" ")
}

/// What an alias stands for; `None` when it is none.
fn meaning(here: &Here, line: &Line, verb: &str) -> Result<Option<Word>, GuardError> {
    let key = format!("alias.{}", verb.to_ascii_lowercase());
    if let Some(given) = line.setting_of(&key) {
        return Ok(Some(given.clone()));
    }
    if line.has_other_settings() {
        return Ok(Some(Word::unknown()));
    }
    let settings = here.guarded.settings()?;
    let found = settings.iter().rev().find(|setting| setting.key.eq_ignore_ascii_case(&key));
    Ok(found.map(|setting| Word::Known(setting.value.clone().unwrap_or_default())))
}

/// An alias on its way through the shell.
struct Alias<'j, 'e> {
    judge: &'j mut Judge<'e>,
    depth: usize,
    last: State,
}

impl Machine for Alias<'_, '_> {
    type State = State;

    fn run(&mut self, call: &Call, state: &State) -> Step<State> {
        let Some(line) = Line::read(call) else {
            self.judge.other_program(call);
            return Step::nothing(state);
        };
        let ok = self.judge.line(&line, state, self.depth);
        self.last.clone_from(&ok);
        Step { failed: state.after_failure(&ok), ok: Some(ok) }
    }

    fn write(&mut self, file: &Word, dir: &Dir) {
        self.judge.write(file, dir);
    }

    fn is_directory(&self, path: &Path) -> bool {
        self.judge.is_directory(path)
    }

    fn trouble(&mut self, trouble: &Trouble, dir: &Dir, state: &State) {
        self.judge.trouble(trouble, dir, state);
    }
}
