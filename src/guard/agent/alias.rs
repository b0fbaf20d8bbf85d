//! Aliases of git: what they stand for is read as a line of its own.

use super::super::GuardError;
use super::super::shell::{ShellWord, written};
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
        let why = match meaning(here, line, verb, state) {
            Ok(None) => return state.clone(),
            Ok(Some(ShellWord::Known(text))) if depth < DEEPEST => {
                return self.follow_alias(here, line, &text, state, depth);
            }
            Ok(Some(ShellWord::Known(_) | ShellWord::Open(_))) => {
                format!("the guard cannot read what the alias {verb} stands for")
            }
            Err(error) => {
                if let Some(branch) = here.protected() {
                    let why = LineReason::Undecided(error.to_string());
                    self.refuse(here, branch, &format!("git {verb}"), why);
                }
                return state.clone();
            }
        };
        if let Some(branch) = here.protected().cloned().or_else(|| self.named_trunk(here)) {
            self.unreadable(here, &branch, &format!("git {verb}"), &why);
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
        let command = format!("{command} {}", written(&line.args));
        self.follow(&command, dir, line, state, depth + 1)
    }
}

/// What an alias stands for; `None` when it is none.
fn meaning(
    here: &GuardedPlace,
    line: &GitLine,
    verb: &str,
    state: &LineState,
) -> Result<Option<ShellWord>, GuardError> {
    let key = format!("alias.{}", verb.to_ascii_lowercase());
    if let Some(given) = line.setting_of(&key).cloned().or_else(|| state.made_setting(&key)) {
        return Ok(Some(given));
    }
    if line.has_other_settings() {
        return Ok(Some(ShellWord::unknown()));
    }
    let settings = here.guarded.settings()?;
    let found = settings.iter().rev().find(|setting| setting.key.eq_ignore_ascii_case(&key));
    Ok(found.map(|setting| ShellWord::Known(setting.value.clone().unwrap_or_default())))
}
