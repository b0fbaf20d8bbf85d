//! Worlds: how things may stand between two commands, and who knows what a command does.

use std::path::{Path, PathBuf};

use super::word::{OpenWord, ShellWord, Variables};
use super::wrap::ShellCall;
use crate::git::clean_path;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dir {
    At(PathBuf),
    /// Where it is depends on what the line does not say: seen from where it was said, as the line has it.
    Computed(PathBuf),
}

impl Dir {
    /// Where it is, as far as the line says it.
    pub fn path(&self) -> &Path {
        match self {
            Dir::At(path) | Dir::Computed(path) => path,
        }
    }

    /// The directory that this one is in.
    pub fn parent(&self) -> Dir {
        let parent = |path: &Path| path.parent().unwrap_or(path).to_owned();
        match self {
            Dir::At(path) => Dir::At(parent(path)),
            Dir::Computed(path) => Dir::Computed(parent(path)),
        }
    }

    /// The directory that a word names, seen from this one.
    pub fn join(&self, word: &ShellWord) -> Dir {
        match (self, word) {
            (_, ShellWord::Known(text)) if Path::new(text).is_absolute() => {
                Dir::At(PathBuf::from(text))
            }
            (Dir::At(here), ShellWord::Known(text)) => Dir::At(here.join(text)),
            (Dir::Computed(here), ShellWord::Known(text)) => Dir::Computed(here.join(text)),
            (Dir::At(here) | Dir::Computed(here), ShellWord::Open(word)) => {
                Dir::Computed(here.join(&word.written))
            }
        }
    }

    /// The same directory as a shell names it after `cd`: without the steps back, whatever links are on the way.
    pub fn tidied(self) -> Dir {
        match self {
            Dir::At(path) => Dir::At(clean_path(&path)),
            Dir::Computed(path) => Dir::Computed(clean_path(&path)),
        }
    }
}

/// Whether the line says that something is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certainty {
    Sure,
    /// A program that nobody knows here has it among its words.
    Maybe,
}

/// How things may stand between two commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct World<S> {
    /// The shell's directory.
    pub dir: Dir,
    pub variables: Variables,
    pub certainty: Certainty,
    /// What the machine keeps; a subshell changes it for everybody.
    pub state: S,
}

/// Under this name, which no variable can have, a world knows of `set -e`.
const ERREXIT: &str = "-e";
/// And behind this one of the variables that are exported.
const EXPORTED: &str = "?export ";

impl<S> World<S> {
    /// The world that a line begins in.
    pub fn at(dir: Dir, mut variables: Variables, state: S) -> World<S> {
        if let Dir::At(path) = &dir
            && let Some(path) = path.to_str()
        {
            variables.insert("PWD".to_owned(), ShellWord::known(path));
        }
        World { dir, variables, certainty: Certainty::Sure, state }
    }

    /// The shell goes there.
    pub fn go(&mut self, dir: Dir) {
        let path = match &dir {
            Dir::At(path) => path.to_str().map(ShellWord::known),
            Dir::Computed(path) => path.to_str().map(|path| {
                ShellWord::Open(OpenWord { written: path.to_owned(), ..OpenWord::default() })
            }),
        };
        let before = self.variables.remove("PWD").unwrap_or_else(ShellWord::unknown);
        self.variables.insert("OLDPWD".to_owned(), before);
        self.variables.insert("PWD".to_owned(), path.unwrap_or_else(ShellWord::unknown));
        self.dir = dir;
    }

    /// Programs that are run from here on see this variable.
    pub fn export(&mut self, variable: &str) {
        self.variables.insert(format!("{EXPORTED}{variable}"), ShellWord::known(""));
    }

    pub fn exports(&self, variable: &str) -> bool {
        self.variables.contains_key(&format!("{EXPORTED}{variable}"))
    }

    /// Whether the shell ends when a command fails.
    pub fn ends_on_failure(&self) -> bool {
        self.variables.contains_key(ERREXIT)
    }

    /// `set -e`, and `set +e`.
    pub fn set(&mut self, options: &[ShellWord]) {
        for option in options.iter().map(ShellWord::start) {
            let letters = option.trim_start_matches(['-', '+']);
            if option.starts_with('-') && letters.contains('e') && !letters.starts_with('-') {
                self.variables.insert(ERREXIT.to_owned(), ShellWord::known(""));
            } else if option.starts_with('+') && letters.contains('e') {
                self.variables.remove(ERREXIT);
            }
        }
    }
}

/// What becomes of the state; `None` where the command cannot end this way.
pub struct WorldStep<S> {
    pub ok: Option<S>,
    pub failed: Option<S>,
}

impl<S: Clone> WorldStep<S> {
    /// The command changes nothing that matters.
    pub fn nothing(state: &S) -> WorldStep<S> {
        WorldStep { ok: Some(state.clone()), failed: Some(state.clone()) }
    }
}

pub trait Machine {
    /// What the commands change besides the shell.
    type State: Clone + PartialEq;
    /// A command comes to be run.
    fn command(&mut self, call: &ShellCall, state: &Self::State) -> WorldStep<Self::State>;
    /// The line itself writes a file, and in it what stands in this text.
    fn write(&mut self, file: &ShellWord, text: &str, dir: &Dir, state: &mut Self::State);
    fn is_directory(&self, path: &Path, state: &Self::State) -> bool;
    /// What a command prints, where that is known: its output in `$(…)` becomes a part of a word.
    fn prints(&mut self, call: &ShellCall, state: &Self::State) -> Option<String>;
    /// A part of the line was not understood.
    fn trouble(&mut self, trouble: &Trouble, dir: &Dir, state: &Self::State);
}

/// What was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub text: String,
    pub why: String,
    /// It is a program in another language: whatever that calls, it is about a branch that it names.
    pub is_script: bool,
}

/// Several worlds, each once.
pub type Worlds<S> = Vec<World<S>>;

/// The worlds behind a command that succeeded, and behind one that failed.
pub struct BothWorlds<S> {
    pub ok: Worlds<S>,
    pub failed: Worlds<S>,
}

impl<S: Clone + PartialEq> BothWorlds<S> {
    pub fn none() -> BothWorlds<S> {
        BothWorlds { ok: Vec::new(), failed: Vec::new() }
    }

    /// It may end either way, and changes nothing.
    pub fn both(worlds: Worlds<S>) -> BothWorlds<S> {
        BothWorlds { failed: worlds.clone(), ok: worlds }
    }

    /// However it ended.
    pub fn all(self) -> Worlds<S> {
        union(self.ok, self.failed)
    }

    pub fn add(&mut self, other: BothWorlds<S>) {
        self.ok = union(std::mem::take(&mut self.ok), other.ok);
        self.failed = union(std::mem::take(&mut self.failed), other.failed);
    }
}

/// All of them, each once.
pub fn union<S: PartialEq>(mut some: Worlds<S>, more: Worlds<S>) -> Worlds<S> {
    for world in more {
        if !some.contains(&world) {
            some.push(world);
        }
    }
    some
}
