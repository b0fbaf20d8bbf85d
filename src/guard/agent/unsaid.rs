//! Arguments of git that the line does not say, and that may be any number of words.

use super::super::shell::{ShellWord, has};
use super::judge::{GuardedPlace, Judge};
use super::line::GitLine;
use super::state::LineState;

/// Subcommands that may move any branch, or have a push move one, by what they are told.
const TOLD: &str = " branch checkout config fetch merge pull push rebase reset send-pack switch symbolic-ref update-ref worktree ";

impl Judge<'_> {
    /// A word that may become any number of arguments may have any branch moved.
    pub fn unsaid(
        &mut self,
        here: &GuardedPlace,
        line: &GitLine,
        verb: &str,
        state: &mut LineState,
    ) {
        let deletes = verb == "branch" && line.args.iter().any(|a| a.is("-d") || a.is("-D"));
        if !has(TOLD, verb) || deletes || !line.args.iter().any(ShellWord::is_list) {
            return;
        }
        if verb == "config" {
            self.has_changed_hooks = true;
            state.settings.push((String::new(), ShellWord::unknown()));
        } else if let Some(branch) = here.protected().cloned().or_else(|| here.guarded.trunk()) {
            self.unreadable(
                here,
                &branch,
                &format!("git {verb}"),
                "the line does not say what git is told",
            );
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
