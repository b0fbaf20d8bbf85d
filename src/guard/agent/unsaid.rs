//! What the line does not say of a call of git.

use super::super::shell::ShellWord;
use super::intent::Intent;
use super::judge::{GuardedPlace, Judge};
use super::line::GitLine;
use super::state::LineState;

impl Judge<'_> {
    /// A word that may become any number of arguments may have any branch moved, by what moves one that it is told.
    pub fn unsaid(&mut self, line: &GitLine, intents: &mut Vec<Intent>, state: &mut LineState) {
        if !line.args.iter().any(ShellWord::is_list) {
            return;
        }
        if line.verb.is("config") {
            self.has_changed_hooks = true;
            state.settings.push((String::new(), ShellWord::unknown()));
        } else if intents.iter().any(Intent::is_told) {
            intents.push(Intent::Anything);
        }
    }

    /// Nobody can read which subcommand is called.
    pub fn unnamed(&mut self, here: &GuardedPlace, line: &GitLine) {
        let what = format!("git {}…", line.verb.start());
        let trunk = || here.guarded.trunk().filter(|_| line.verb.is_list());
        let named = || self.named_trunk(here).or_else(trunk);
        if let Some(branch) = here.protected().cloned().or_else(named) {
            self.unreadable(here, &branch, &what, "the line does not say which git command runs");
        }
    }
}
