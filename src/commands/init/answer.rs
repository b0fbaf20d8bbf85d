//! What `tix init` did, for people and as JSON.

use serde::Serialize;

use super::questions::InitAnswers;
use crate::app::context::Context;
use crate::app::hooks::is_unchanged;
use crate::guard::install::engine::{HookChange, InstallReport as Installation};
use crate::names::Oid;
use crate::out::Format;
use crate::text::safe;
use crate::trunk::Diary;

pub struct InitReport {
    trunk: String,
    /// What was tried on the trunk.
    pub diary: Diary,
    made: Vec<(String, Vec<String>)>,
    commit: Option<Oid>,
    pushed: bool,
    pub existing: Vec<String>,
    /// The commands to run, in this order.
    pub next: Vec<String>,
    pub notes: Vec<String>,
}

/// The answer in JSON.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InitJson<'a> {
    schema: &'static str,
    /// The branch that the tickets are on.
    trunk: &'a str,
    /// The paths that were made.
    created: Vec<&'a String>,
    /// The paths that were there.
    existing: &'a [String],
    /// The commit that was made on a branch; missing when the files are in the working tree only.
    commit: Option<&'a str>,
    /// Whether it was pushed.
    pushed: bool,
    /// The commands to run, in this order.
    next: &'a [String],
    /// Warnings.
    notes: &'a [String],
}

impl InitReport {
    pub fn new(trunk: String) -> InitReport {
        InitReport {
            trunk,
            diary: Diary::default(),
            made: Vec::new(),
            commit: None,
            pushed: false,
            existing: Vec::new(),
            next: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub fn committed(&mut self, branch: &str, commit: &Oid, paths: Vec<String>, pushed: bool) {
        let verb = if pushed { "committed and pushed to" } else { "committed on" };
        self.made.push((format!("{verb} {branch} ({})", commit.short()), paths));
        self.commit.get_or_insert_with(|| commit.clone());
        self.pushed |= pushed;
    }

    /// These paths were written into the working tree.
    pub fn wrote(&mut self, paths: Vec<String>) {
        if !paths.is_empty() {
            self.made.push(("written to the working tree".to_owned(), paths));
        }
    }

    /// The guard is in the hooks of this clone.
    pub fn installed(&mut self, hooks: &Installation) {
        let name = |line: &HookChange| match &line.path {
            Some(path) => path.display().to_string(),
            None => format!("git config hook.tix-{}", line.hook.name()),
        };
        let (old, new): (Vec<_>, Vec<_>) = hooks.lines.iter().partition(|line| is_unchanged(line));
        self.existing.extend(old.into_iter().map(name));
        if !new.is_empty() {
            let new = new.into_iter().map(name).collect();
            self.made.push(("written to the hooks of this clone".to_owned(), new));
        }
        self.notes.extend(hooks.notes.iter().cloned());
    }

    pub fn pushed(&self) -> bool {
        self.pushed
    }

    pub fn has_created(&self, path: &str) -> bool {
        self.made.iter().any(|(_, paths)| paths.iter().any(|p| p == path))
    }

    /// The settings existed, but do not name the trunk.
    pub fn must_name(&mut self, trunk: &str) {
        self.notes.push(format!(
            ".tix.yaml already existed and does not say where the tickets are: add the line `trunk: {trunk}`"
        ));
    }

    /// For new tickets: explains what tickets mean for the branch that they are on.
    pub fn tell_of_pushes(&mut self, answers: &InitAnswers) {
        if self.made.is_empty() {
            return;
        }
        let trunk = &self.trunk;
        let of_ci = match answers.skip_ci {
            Some(true) => {
                "; `skip_ci: true` marks them with [skip ci], so that CI runs for code only"
            }
            Some(false) => "",
            None => {
                "; if CI runs for each push there, `skip_ci: true` in .tix.yaml marks them with [skip ci]"
            }
        };
        self.notes.push(format!(
            "each new ticket and each claim is a commit that is pushed to {trunk}{of_ci}"
        ));
    }

    pub fn print(mut self, ctx: &Context<'_>) {
        self.finish();
        if ctx.out.format == Format::Json {
            ctx.out.json(&InitJson {
                schema: "tix/init@1",
                trunk: &self.trunk,
                created: self.made.iter().flat_map(|(_, paths)| paths).collect(),
                existing: &self.existing,
                commit: self.commit.as_ref().map(Oid::as_str),
                pushed: self.pushed,
                next: &self.next,
                notes: &self.notes,
            });
            return;
        }
        if ctx.out.is_quiet() {
            let made = self.made.iter().flat_map(|(_, paths)| paths);
            ctx.out.answer(&made.map(|path| safe(path) + "\n").collect::<String>());
            return;
        }
        ctx.out.answer(&self.text(ctx));
    }

    fn finish(&mut self) {
        self.next.push("tix new \"What needs to be done\"".to_owned());
    }

    fn text(&self, ctx: &Context<'_>) -> String {
        let made = self.made.iter().map(|(place, paths)| section(place, paths));
        let mut text: String = made.collect();
        let title = if self.made.is_empty() {
            "nothing to do, everything exists already"
        } else {
            "there already"
        };
        text.push_str(&section(title, &self.existing));
        text.push_str(&ctx.out.wrapped(&section("note", &self.notes)));
        text.push_str(&section("next", &self.next));
        text
    }
}

fn section(title: &str, lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let lines = lines.iter().map(|line| format!("  {}\n", safe(line)));
    format!("{title}:\n{}", lines.collect::<String>())
}
