//! The judge on its way through a shell's line.

use std::path::{Path, PathBuf};

use super::super::shell::{
    Certainty, Dir, Machine, READERS, ShellCall, ShellWord, TALKERS, Trouble, Variables, WRITERS,
    World, WorldStep, has, mentions, names_branch, walk,
};
use super::ALSO_MOVERS;
use super::judge::{GuardedPlace, Judge, in_the_lanes};
use super::line::{GitLine, MOVERS, goes_past_hooks};
use super::state::{AssumedHead, FRESH, LineState, MadeTree, WORKSPACE};
use super::writes;
use crate::env::GitVar;

/// Programs that put hooks in place, or take them away, when they install something.
const INSTALLERS: &str = " bun husky lefthook npm npx pnpm pre-commit prek yarn ";

/// Programs whose last word gets what the ones before it hold.
const COPIERS: &str = " cp install ln mv rsync ";
/// Those that fill a directory with what they are given, wherever that stands among their words.
const UNPACKERS: &str = " cpio pax scp tar ";

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

    fn walk(&mut self, command: &str, start: World<LineState>, depth: usize) -> LineState {
        let outer = (std::mem::replace(&mut self.last, start.state.clone()), self.depth);
        self.depth = depth;
        walk(command, start, self);
        let behind = std::mem::replace(&mut self.last, outer.0);
        self.depth = outer.1;
        behind
    }

    /// A program that is not git. It moves a branch where it writes the file that git keeps it in, and before a commit it may
    /// write what is committed.
    fn other_program(&mut self, call: &ShellCall, state: &LineState) -> WorldStep<LineState> {
        let nothing = WorldStep::nothing(state);
        let Some((program, arguments)) = call.words.split_first() else { return nothing };
        let name = program.start().rsplit('/').next().unwrap_or_default();
        let mut behind = state.clone();
        let does_more = || {
            let acts =
                |word: &ShellWord| self::has(" -delete -exec -execdir -ok -okdir ", word.start());
            name == "find" && arguments.iter().any(acts)
        };
        self.has_changed_hooks |= (!has(READERS, name) || does_more()) && names_hooks(&self.text);
        if name == "hash" {
            behind.files.extend(arguments.iter().filter_map(last_name));
        }
        let is_quiet = [READERS, WRITERS, TALKERS].iter().any(|list| has(list, name));
        behind.may_have_worktree |= name == "tix" || !is_quiet;
        let is_made = || mentions(&self.text, &MOVERS) && state.files.contains(name);
        let words: Vec<&str> = call.words.iter().map(ShellWord::written).collect();
        let names_script = state.may_run_script(&words.join(" "));
        if !is_quiet && (names_script || is_made()) {
            let why = format!("{name} may run what the line writes");
            self.trouble(
                &Trouble { text: self.text.clone(), why, is_script: false },
                &call.dir,
                state,
            );
        }
        if has(COPIERS, name) || !has(READERS, name) && !has(WRITERS, name) {
            behind.filled.extend(arguments.iter().filter_map(last_name));
        }
        if has(COPIERS, name) || has(UNPACKERS, name) {
            behind.copied.extend(arguments.iter().filter_map(last_name));
        }
        if has(WRITERS, name) {
            let is_copy = has(COPIERS, name) && names_script;
            let text = if is_copy { self.text.clone() } else { name.to_owned() };
            for file in written(name, arguments, |file| {
                self.is_directory(call.dir.join(file).path(), state)
            }) {
                self.write(&file, &text, &call.dir, &mut behind);
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

    /// With some files of git's a directory becomes a worktree of another repository, or another branch is checked out.
    fn write_of_git(&mut self, path: &Path, state: &mut LineState) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return };
        let of_git = path.components().any(|step| step.as_os_str() == ".git");
        if name == ".git" || of_git && has(" commondir gitdir alternates ", name) {
            let root = path.ancestors().find(|dir| dir.file_name().is_some_and(|n| n == ".git"));
            let root = root.and_then(Path::parent).unwrap_or(path).to_owned();
            state.made.insert(root, MadeTree::Unknown);
        }
        if of_git && name == "HEAD" {
            for mut here in self.places(&Dir::At(self.cwd.clone()), None, state) {
                let trunk = here.guarded.trunk();
                state.check_out(&mut here, trunk.map_or(AssumedHead::Other, AssumedHead::Maybe));
            }
        }
    }
}

impl Machine for Judge<'_> {
    type State = LineState;

    fn command(&mut self, call: &ShellCall, state: &LineState) -> WorldStep<LineState> {
        if let Some(step) = self.forge(call, state) {
            return step;
        }
        let Some(line) = GitLine::read(call) else { return self.other_program(call, state) };
        let ok = self.line(&line, state, self.depth);
        self.last.clone_from(&ok);
        WorldStep { failed: state.after_failure(&ok), ok: Some(ok) }
    }

    fn is_directory(&self, path: &Path, state: &LineState) -> bool {
        let path = self.real(path);
        path.is_dir() || state.made.contains_key(&path)
    }

    /// A text that may be run, and that nobody reads: it is searched for git, and for what moves a branch.
    fn trouble(&mut self, trouble: &Trouble, dir: &Dir, state: &LineState) {
        // What the line writes stands in it.
        let is_file = |name: &String| trouble.text.rsplit('/').next() == Some(name);
        let mut scripts = state.scripts.iter().filter(|name| !name.is_empty());
        let names_script = scripts.any(|name| trouble.text.contains(name));
        let is_made = names_script || state.files.iter().any(is_file);
        // What a variable of it holds may stand in the line, too.
        let is_open = trouble.text.contains(['$', '`']);
        let text = match (is_made, is_open) {
            (true, _) => self.text.clone(),
            (false, true) => format!("{}\n{}", trouble.text, self.text),
            (false, false) => trouble.text.clone(),
        };
        let is_about = |verbs: &[&str]| mentions(&text, verbs);
        if !is_about(&MOVERS) && !is_about(&ALSO_MOVERS) {
            return;
        }
        let leaves = ["cd ", "-C", "--git-dir", "GIT_DIR", "pushd "];
        let anywhere = Dir::Computed(PathBuf::from("…"));
        let dir = if leaves.iter().any(|sign| text.contains(sign)) { &anywhere } else { dir };
        for mut here in self.places(dir, None, state) {
            // A branch that is not checked out is named to be moved.
            let named = here.guarded.trunk().filter(|trunk| names_branch(&text, trunk.short()));
            let on_head = here.protected().filter(|_| is_about(&MOVERS) && !trouble.is_script);
            let on_head = on_head.cloned();
            let Some(branch) = on_head.or(named) else { continue };
            here.certainty = Certainty::Maybe;
            // Who writes this in it may have it all go past the hooks.
            self.has_changed_hooks |= goes_past_hooks(&text);
            self.unreadable(&here, &branch, "a part of this line", &trouble.why);
        }
    }

    fn write(&mut self, file: &ShellWord, content: &str, dir: &Dir, state: &mut LineState) {
        let at = dir.join(file);
        let path = self.real(at.path());
        let text = path.display().to_string();
        let is_for_people = FOR_PEOPLE.iter().any(|end| text.ends_with(end));
        let may_be_script = mentions(content, &MOVERS);
        if may_be_script || !is_said(content) {
            state.files.extend(last_name(file));
        }
        if !is_for_people && may_be_script {
            let name = file.text().and_then(|path| path.rsplit('/').next());
            state.scripts.insert(name.unwrap_or_default().to_owned());
        }
        let is_hook = text.contains("/hooks/");
        if text.contains(".git/hooks/") {
            self.may_be_run(content, dir, state);
        }
        self.write_of_git(&path, state);
        let is_config = text.ends_with(".git/config");
        self.has_changed_hooks |= is_hook || text.ends_with("/hooks") || is_config;
        if is_config {
            state.settings.push((String::new(), ShellWord::unknown()));
        }
        if file.text().is_some() && writes::may_be_of_git(&text) {
            writes::judge_of_git(self, &path, content);
        }
        for here in self.places(&at.parent(), None, state) {
            let root = GuardedPlace { dir: here.key.clone(), ..here };
            let is_inside =
                path.starts_with(&root.key) && !path.starts_with(root.guarded.common_dir());
            if is_inside && !in_the_lanes(&root, &ShellWord::known(text.as_str())) {
                state.written.insert(root.key);
            }
        }
    }

    /// What a call of git prints whose output becomes a part of a word.
    fn prints(&mut self, call: &ShellCall, state: &LineState) -> Option<String> {
        let words: Vec<&str> = call.words.iter().map(ShellWord::start).collect();
        match (words.as_slice(), &call.dir) {
            (["pwd"], Dir::At(dir)) => return dir.to_str().map(str::to_owned),
            (["tix", "path" | "activate", ..], _) => return Some(WORKSPACE.to_owned()),
            (["dirname", _], _) => {
                let path = Path::new(call.words.last()?.text()?).parent()?.to_str()?;
                return Some(if path.is_empty() { "." } else { path }.to_owned());
            }
            // A line that says where such directories are made may say that it is in the repository.
            (["mktemp", "-d"], _) if call.env.is_empty() => return Some(FRESH.to_owned()),
            _ => {}
        }
        let line = GitLine::read(call)?;
        let here = self.place(&line.dir, line.git_dir.as_ref(), state)?;
        let has = |option: &str| line.args.iter().any(|word| word.is(option));
        let operands = line.args.iter().filter(|word| !word.start().starts_with('-'));
        let operands: Vec<&ShellWord> = operands.collect();
        let is_for_git_dir = |word: &ShellWord| {
            self::has(" --git-dir --absolute-git-dir --git-common-dir --git-path ", word.start())
        };
        let branch = here.branch.as_ref();
        match (line.verb.text()?, operands.as_slice()) {
            ("branch", []) if has("--show-current") => branch.map(|b| b.short().to_owned()),
            ("symbolic-ref", [head]) if head.is("HEAD") => {
                branch.map(|b| if has("--short") { b.short() } else { b.as_str() }.to_owned())
            }
            ("rev-parse", path) if line.args.iter().any(is_for_git_dir) => {
                let path = path.first().map_or(Some(""), |path| path.text())?;
                let is_shared = path.starts_with("refs/") || path == "packed-refs";
                let dir = if is_shared || has("--git-common-dir") {
                    here.guarded.common_dir()
                } else {
                    here.guarded.git_dir()
                };
                Some(dir.join(path).to_str()?.trim_end_matches('/').to_owned())
            }
            ("remote", [sub, name]) if sub.is("get-url") => {
                let made = state.address(name);
                let mut known = here.guarded.facts.addresses.iter();
                let known = known.find(|known| name.is(&known.name)).map(|k| k.fetch.clone());
                if made == **name { known } else { made.text().map(str::to_owned) }
            }
            ("rev-parse", []) if has("--show-toplevel") => {
                here.guarded.root()?;
                Some(here.key.to_str()?.to_owned())
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

/// Files that no program runs unless it is told to.
const FOR_PEOPLE: [&str; 5] = [".log", ".md", ".out", ".rst", ".txt"];

/// Whether all that a command writes to a file stands in the command, and nothing was in the file before.
fn is_said(content: &str) -> bool {
    let command = content.trim_start();
    if has(" chmod mkdir rm shred touch truncate unlink ", command) {
        return true;
    }
    let is_document = command.starts_with("cat ") && content.contains("<<");
    let is_quoted = ["<<'", "<<\"", "<< '", "<<-'"].iter().any(|sign| content.contains(sign));
    let is_plain = !content.contains(['$', '`', '|']) || is_document && is_quoted;
    let tells = ["echo ", "printf "].iter().any(|name| command.starts_with(name));
    (tells || is_document) && is_plain && !content.contains(">>")
}

/// The hooks that the guard is called by.
const HOOKS: [&str; 5] =
    ["pre-commit", "pre-merge-commit", "pre-push", "prepare-commit-msg", "reference-transaction"];

/// Whether a line says where git's hooks are: whoever is told that may take them away.
fn names_hooks(line: &str) -> bool {
    let is_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_';
    let mut words =
        line.split(|sign: char| !is_word(sign)).map(|word| word.trim_start_matches('-'));
    let of_git = ["git-dir", "git-path", "git-common-dir", "GIT_DIR"];
    let is_git = |word: &str| of_git.contains(&word) || word == "git" && line.contains(".git");
    let is_hook = |word: &str| word == "hooks" || HOOKS.contains(&word) && line.contains(".git");
    words.clone().any(is_hook) && words.any(is_git)
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

/// The last part of a path as the line has it.
fn last_name(word: &ShellWord) -> Option<String> {
    let name = word.written().trim_end_matches('/').rsplit('/').find(|name| *name != ".git")?;
    Some(name.to_owned()).filter(|name| !name.is_empty() && !name.starts_with(['-', '.']))
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
