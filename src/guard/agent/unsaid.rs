//! What the line does not say of a call of git.

use super::super::shell::ShellWord;
use super::intent::Intent;
use super::judge::{GuardedPlace, Judge};
use super::line::{GitLine, goes_past_hooks};
use super::state::LineState;

impl Judge<'_> {
    /// A word that may become any number of arguments may have any branch moved, by what moves one that it is told. One that
    /// begins like a name is one; options among the others stand in the line.
    pub fn unsaid(&mut self, line: &GitLine, intents: &mut Vec<Intent>, state: &mut LineState) {
        let mut lists = line.args.iter().filter(|word| word.is_list()).peekable();
        if lists.peek().is_some() || line.args.iter().any(ShellWord::is_filled) {
            self.may_go_past_hooks(&line.verb);
        }
        if lists.peek().is_none() {
            return;
        }
        if line.verb.is("config") {
            self.has_changed_hooks = true;
            state.settings.push((String::new(), ShellWord::unknown()));
        } else if !line.verb.is("push")
            && intents.iter().any(Intent::is_told)
            && lists.any(|word| word.start().is_empty())
        {
            intents.push(Intent::Anything);
        }
    }

    /// What the line says somewhere may be among words that nobody follows: to go past the hooks, too.
    fn may_go_past_hooks(&mut self, verb: &ShellWord) {
        let is_short = |word: &str| {
            let letters = word.strip_prefix('-').unwrap_or_default();
            letters.contains('n') && letters.chars().all(|sign| sign.is_ascii_alphabetic())
        };
        let signs = |sign: char| !sign.is_alphanumeric() && sign != '-';
        let may_commit = verb.is("commit") || verb.text().is_none();
        self.has_changed_hooks |=
            goes_past_hooks(&self.text) || may_commit && self.text.split(signs).any(is_short);
    }

    /// Nobody can read which subcommand is called.
    pub fn unnamed(&mut self, here: &GuardedPlace, line: &GitLine) {
        self.may_go_past_hooks(&line.verb);
        let what = format!("git {}…", line.verb.start());
        let trunk = || here.guarded.trunk().filter(|_| line.verb.is_list());
        let named = || self.named_trunk(here).or_else(trunk);
        if let Some(branch) = here.protected().cloned().or_else(named) {
            self.unreadable(here, &branch, &what, "the line does not say which git command runs");
        }
    }
}
