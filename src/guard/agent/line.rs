//! A call of git: which repository it is for, and what it is asked to do.

use super::super::shell::{Certainty, Dir, PATTERN, ShellCall, ShellWord};

/// Whether a text has a sign of going past git's hooks, or of leading git to others.
pub fn goes_past_hooks(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let signs = ["no-verify", "hookspath", "tix_guard", "git_config", "include"];
    signs.iter().any(|sign| text.contains(sign))
}

/// The subcommands that may move a branch: a text that nobody can read is searched for these.
pub const MOVERS: [&str; 15] = [
    "am",
    "cherry-pick",
    "commit",
    "fast-import",
    "filter-branch",
    "merge",
    "pull",
    "push",
    "rebase",
    "replace",
    "reset",
    "revert",
    "symbolic-ref",
    "update-ref",
    "subtree",
];

/// Options of git itself whose value may be the next word, those that are read here aside.
const VALUED: [&str; 4] = ["--namespace", "--super-prefix", "--exec-path", "--attr-source"];

/// Options of subcommands whose value is a command.
const RUNNING: [&str; 6] = ["-x", "--extcmd", "-u", "--upload-pack", "--receive-pack", "--exec"];

/// Options whose value is a text for people.
const MESSAGES: [&str; 9] =
    ["-m", "-a", "-q", "-S", "-G", "--message", "--grep", "--format", "--pretty"];

/// Under this name, which no setting can have, stand settings that are in a file which the line names.
const ELSEWHERE: &str = "elsewhere";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitLine {
    /// Where git runs, after its `-C`.
    pub dir: Dir,
    /// `--git-dir` or `GIT_DIR`, as seen from there.
    pub git_dir: Option<Dir>,
    /// `GIT_INDEX_FILE`, as seen from there.
    pub index: Option<ShellWord>,
    /// `-c` and the like: keys in lower case, and values.
    pub settings: Vec<(String, ShellWord)>,
    /// The subcommand, or an alias.
    pub verb: ShellWord,
    pub args: Vec<ShellWord>,
    /// Whether git is run.
    pub certainty: Certainty,
}

impl GitLine {
    /// The call as one of git; `None` when it is of another program.
    pub fn read(call: &ShellCall) -> Option<GitLine> {
        let (program, rest) = call.words.split_first()?;
        // Of a path whose beginning is not known its last part may be known, and that is the program.
        let whole = program.text().or_else(|| Some(program.end()).filter(|end| end.contains('/')));
        // `/usr/bin/g?t` is what it matches; `[` is a program.
        let whole = whole.filter(|name| name.starts_with('[') || !name.contains(PATTERN));
        let name = whole.unwrap_or(program.start()).rsplit('/').next().unwrap_or_default();
        let name = name.strip_suffix(".exe").unwrap_or(name);
        let mut line = GitLine {
            dir: call.dir.clone(),
            git_dir: None,
            index: None,
            settings: Vec::new(),
            verb: ShellWord::known(""),
            args: rest.to_vec(),
            certainty: call.certainty,
        };
        line.environment(&call.env);
        if let Some(verb) = name.strip_prefix("git-").filter(|_| whole.is_some()) {
            line.verb = ShellWord::known(verb);
            return Some(line);
        }
        let git = name.eq_ignore_ascii_case("git") || name == "hub";
        if !git && whole.is_some() {
            return None;
        }
        line.globals();
        // What a runner puts in the place of a sign, nobody knows.
        if line.verb.start().contains(['{', '}']) {
            line.verb = ShellWord::unknown();
        }
        if !git {
            line.certainty = Certainty::Maybe;
        }
        // A program that the line does not name may be git when it is told to do what git does.
        (git || line.verb.text().is_some_and(|verb| MOVERS.contains(&verb))).then_some(line)
    }

    fn environment(&mut self, env: &[(String, ShellWord)]) {
        for (name, value) in env {
            match name.as_str() {
                "GIT_DIR" => self.git_dir = Some(self.dir.join(value)),
                "GIT_INDEX_FILE" => self.index = Some(value.clone()),
                "GIT_CONFIG_PARAMETERS"
                | "GIT_CONFIG_GLOBAL"
                | "GIT_CONFIG_SYSTEM"
                | "GIT_EXEC_PATH" => {
                    self.settings.push((String::new(), ShellWord::unknown()));
                }
                // Where the user's own settings are.
                "HOME" | "XDG_CONFIG_HOME" => {
                    self.settings.push((ELSEWHERE.to_owned(), ShellWord::unknown()));
                }
                // It switches the guard off in the hooks.
                "TIX_GUARD" => self.settings.push((String::new(), ShellWord::unknown())),
                _ => {
                    // Under its own name, which no setting has: git may run what it holds.
                    self.settings.push((name.clone(), value.clone()));
                    let Some(number) = name.strip_prefix("GIT_CONFIG_KEY_") else { continue };
                    let values = format!("GIT_CONFIG_VALUE_{number}");
                    let found = env.iter().find(|(name, _)| *name == values);
                    let found = found.map_or_else(ShellWord::unknown, |(_, value)| value.clone());
                    self.settings.push((value.start().to_ascii_lowercase(), found));
                }
            }
        }
        if let Some((_, tree)) = env.iter().find(|(name, _)| name == "GIT_WORK_TREE") {
            self.work_at(tree);
        }
    }

    /// The files are there, wherever the repository is.
    fn work_at(&mut self, tree: &ShellWord) {
        let tree = self.dir.join(tree).tidied();
        if self.dir.path().starts_with(tree.path()) {
            return;
        }
        match (&self.git_dir, tree) {
            // Called from outside of it, git works at its root.
            (Some(_), Dir::At(tree)) => self.dir = Dir::At(tree),
            (_, tree) => {
                let tree = ShellWord::Known(tree.path().display().to_string());
                self.settings.push(("core.worktree".to_owned(), tree));
            }
        }
    }

    /// Takes the options of git itself off the arguments, and then the subcommand.
    fn globals(&mut self) {
        let args = std::mem::take(&mut self.args);
        let mut words = args.into_iter();
        let mut tree = None;
        while let Some(word) = words.next() {
            if !word.start().starts_with('-') {
                self.verb = word;
                break;
            }
            let (name, value) =
                match word.split_assignment().filter(|(name, _)| name.starts_with("--")) {
                    Some((name, value)) => (name.to_owned(), Some(value)),
                    None => (word.start().to_owned(), None),
                };
            match name.as_str() {
                "-C" => {
                    if let Some(to) = words.next() {
                        self.dir = self.dir.join(&to);
                    }
                }
                _ if name.starts_with("-C") => {
                    let to = word.strip_prefix("-C").unwrap_or_else(ShellWord::unknown);
                    self.dir = self.dir.join(&to);
                }
                "-c" => self.setting(words.next()),
                // The value is in the environment.
                "--config-env" => {
                    let word = value.or_else(|| words.next()).unwrap_or_else(ShellWord::unknown);
                    let key = word.start().split('=').next().unwrap_or_default();
                    self.settings.push((key.to_ascii_lowercase(), ShellWord::unknown()));
                }
                "--git-dir" => {
                    let value = value.or_else(|| words.next()).unwrap_or_else(ShellWord::unknown);
                    self.git_dir = Some(self.dir.join(&value));
                }
                "--work-tree" => tree = value.or_else(|| words.next()),
                other if value.is_none() && VALUED.contains(&other) => {
                    words.next();
                }
                _ => {}
            }
        }
        self.args = words.collect();
        if let Some(tree) = tree {
            self.work_at(&tree);
        }
        // What it is told is a call of git for any repository.
        if self.verb.is("for-each-repo") {
            self.dir = self.dir.join(&ShellWord::filled());
            let args = std::mem::take(&mut self.args);
            let mut rest = args.iter();
            while let Some(word) = rest.next() {
                if word.is("--config") {
                    rest.next();
                } else if !word.start().starts_with('-') {
                    self.verb = word.clone();
                    break;
                }
            }
            self.args = rest.cloned().collect();
        }
    }

    fn setting(&mut self, word: Option<ShellWord>) {
        let Some(word) = word else { return };
        let (key, value) = match word.split_assignment() {
            Some((key, value)) => (key.to_owned(), value),
            None => (word.start().to_owned(), ShellWord::known("true")),
        };
        self.settings.push((key.to_ascii_lowercase(), value));
    }

    /// Arguments that git may have a shell run.
    pub fn run_texts(&self) -> impl Iterator<Item = &str> {
        let all = self.args.iter().enumerate();
        all.filter(|(at, word)| {
            let before = at.checked_sub(1).and_then(|at| self.args.get(at));
            let is_value = before.is_some_and(|option| RUNNING.contains(&option.start()));
            let is_message = MESSAGES.iter().any(|option| word.start().starts_with(option));
            let is_address = word.start().starts_with("ext::");
            is_value || is_address || word.start().starts_with('-') && !is_message
        })
        .map(|(_, word)| word.written())
        .map(|text| text.strip_prefix("-O").unwrap_or(text))
    }

    /// The value of a setting that the line itself gives.
    pub fn setting_of(&self, key: &str) -> Option<&ShellWord> {
        self.settings.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Whether the line takes settings from where nobody looks.
    pub fn has_other_settings(&self) -> bool {
        self.settings.iter().any(|(key, _)| key == ELSEWHERE || is_unseen(key))
    }

    /// Whether the line may switch git's hooks off.
    pub fn is_without_hooks(&self) -> bool {
        let off = |key: &str| is_unseen(key) || key == "core.hookspath" || key.starts_with("hook.");
        self.settings.iter().any(|(key, _)| off(key))
    }
}

/// Whether anything may have been set under this name.
pub fn is_unseen(key: &str) -> bool {
    key.is_empty() || key == "include.path" || key.starts_with("includeif.")
}
