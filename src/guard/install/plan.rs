//! What is to be done about one hook file, seeing what stands in its place. Pure; `files` looks and does it.

use std::path::{Path, PathBuf};

use super::managers::Manager;
use super::script::{ScriptMark, VERSION};

/// Whether git would run a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptRun {
    Yes,
    /// It may not: git passes over it with a word of advice.
    No,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookFile {
    Free,
    /// A script that a tix wrote.
    Ours(ScriptMark, ScriptRun),
    /// A script that a tix wrote and somebody changed.
    Edited,
    /// Somebody else's hook, and the program that is known to have written it.
    Foreign(Option<Manager>, ScriptRun),
    /// A link that leads nowhere: git passes over it without a word.
    Dangling,
    /// Something that cannot be a hook, in words.
    InTheWay(&'static str),
}

/// What is where a hook that was there before is set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetAside {
    Nothing,
    /// A hook that ours runs.
    Hook,
    /// A script that a manager wrote, which has written a newer one since: git runs that.
    Superseded,
    /// The script of a manager that would run ours as `.legacy`. While ours runs it, the manager's next installation makes
    /// a circle that it refuses every commit for.
    Behind(Manager),
}

#[derive(Clone, Debug)]
pub struct FoundScript {
    /// Where our script is or would be.
    pub path: PathBuf,
    pub file: HookFile,
    /// Its text, if it is a file.
    pub text: Vec<u8>,
    /// The program whose hook git runs, and which runs what is at `path`.
    pub through: Option<Manager>,
    /// The name under which such a program runs another hook.
    pub legacy: PathBuf,
    /// Whether somebody else's has it.
    pub has_legacy: bool,
    /// Where a hook that was there before is set aside.
    pub aside: PathBuf,
    pub set_aside: SetAside,
    /// Scripts of ours that another program has renamed and nobody runs.
    pub strays: Vec<PathBuf>,
}

impl FoundScript {
    /// The hook that runs before ours.
    pub fn runs_first(&self) -> Option<&Path> {
        (self.set_aside != SetAside::Nothing).then_some(self.aside.as_path())
    }

    /// What nobody needs any more: scripts of ours without a caller, and what a manager has replaced itself.
    pub fn leftovers(&self) -> Vec<&Path> {
        let superseded = (self.set_aside == SetAside::Superseded).then_some(&self.aside);
        self.strays.iter().chain(superseded).map(PathBuf::as_path).collect()
    }
}

/// How a script gets to its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptStep {
    Keep,
    Write,
    /// An older or another script of ours, or one that may not be executed, is in its place.
    Replace,
    /// Somebody else's hook is in its place; it is renamed, and run first from then on.
    SetAside,
    /// A manager's script that was set aside gets its place back, and runs ours.
    GoBehind,
}

/// Why a script cannot get to its place without something being lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Somebody changed the script that is there.
    Edited,
    /// Somebody else's hook is there, and so is one that was set aside before.
    AsideTaken,
    /// Something that is no hook is there, in words.
    InTheWay(&'static str),
}

/// What becomes of a hook when the guard is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptUndo {
    Nothing,
    /// Our script goes.
    Remove,
    /// Our script goes, and what was there before comes back.
    Restore,
    /// Somebody changed our script: it stays.
    LeaveEdited,
    /// Our script is gone already, and what was there before is still set aside: it stays so.
    LeaveAside,
    /// Another program is in our place, and only what it renamed is left.
    Clear,
}

/// How the script that is wanted gets there.
pub fn step(found: &FoundScript, wanted: &str) -> Result<ScriptStep, Obstacle> {
    match &found.file {
        HookFile::Free => Ok(ScriptStep::Write),
        // A newer tix wrote it, and knew better.
        HookFile::Ours(mark, ScriptRun::Yes) if mark.version > VERSION => Ok(ScriptStep::Keep),
        HookFile::Ours(..) if matches!(found.set_aside, SetAside::Behind(_)) => {
            Ok(ScriptStep::GoBehind)
        }
        HookFile::Ours(_, ScriptRun::Yes) if found.text == wanted.as_bytes() => {
            Ok(ScriptStep::Keep)
        }
        HookFile::Ours(..) => Ok(ScriptStep::Replace),
        HookFile::Edited => Err(Obstacle::Edited),
        HookFile::Foreign(..) | HookFile::Dangling => match found.set_aside {
            SetAside::Nothing | SetAside::Superseded => Ok(ScriptStep::SetAside),
            SetAside::Hook | SetAside::Behind(_) => Err(Obstacle::AsideTaken),
        },
        HookFile::InTheWay(what) => Err(Obstacle::InTheWay(what)),
    }
}

pub fn undo(found: &FoundScript) -> ScriptUndo {
    match (&found.file, found.set_aside) {
        (HookFile::Ours(..), SetAside::Hook | SetAside::Behind(_)) => ScriptUndo::Restore,
        (HookFile::Ours(..), SetAside::Nothing | SetAside::Superseded) => ScriptUndo::Remove,
        (HookFile::Edited, _) => ScriptUndo::LeaveEdited,
        (
            HookFile::Free | HookFile::Foreign(..) | HookFile::Dangling | HookFile::InTheWay(_),
            aside,
        ) => match aside {
            SetAside::Hook | SetAside::Behind(_) => ScriptUndo::LeaveAside,
            SetAside::Nothing | SetAside::Superseded if found.leftovers().is_empty() => {
                ScriptUndo::Nothing
            }
            SetAside::Nothing | SetAside::Superseded => ScriptUndo::Clear,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: HookFile, set_aside: SetAside) -> FoundScript {
        FoundScript {
            path: "pre-commit".into(),
            file,
            text: b"now".to_vec(),
            through: None,
            legacy: "pre-commit.legacy".into(),
            has_legacy: false,
            aside: "pre-commit.tix-prev".into(),
            set_aside,
            strays: Vec::new(),
        }
    }

    fn ours(version: u32, runs: ScriptRun) -> HookFile {
        HookFile::Ours(ScriptMark { version, tix: None }, runs)
    }

    #[test]
    fn a_script_of_ours_is_kept_or_replaced_and_never_set_aside() {
        let step = |file, wanted| step(&found(file, SetAside::Hook), wanted).unwrap();
        assert_eq!(step(ours(VERSION, ScriptRun::Yes), "now"), ScriptStep::Keep);
        assert_eq!(step(ours(VERSION, ScriptRun::Yes), "then"), ScriptStep::Replace);
        assert_eq!(step(ours(VERSION, ScriptRun::No), "now"), ScriptStep::Replace);
        assert_eq!(step(ours(VERSION - 1, ScriptRun::Yes), "then"), ScriptStep::Replace);
        assert_eq!(step(ours(VERSION + 1, ScriptRun::Yes), "then"), ScriptStep::Keep);
        assert_eq!(step(HookFile::Free, "now"), ScriptStep::Write);
    }

    #[test]
    fn nothing_of_anybody_elses_is_ever_overwritten() {
        for file in [
            HookFile::Foreign(None, ScriptRun::Yes),
            HookFile::Foreign(Some(Manager::Lefthook), ScriptRun::No),
            HookFile::Dangling,
        ] {
            let step = |aside| step(&found(file.clone(), aside), "now");
            assert_eq!(step(SetAside::Nothing), Ok(ScriptStep::SetAside));
            assert_eq!(step(SetAside::Hook), Err(Obstacle::AsideTaken));
            // Whoever wrote the one that is set aside has written it anew.
            assert_eq!(step(SetAside::Superseded), Ok(ScriptStep::SetAside));
        }
        let way = HookFile::InTheWay("a directory");
        let step = |file| step(&found(file, SetAside::Nothing), "now");
        assert_eq!(step(way), Err(Obstacle::InTheWay("a directory")));
        assert_eq!(step(HookFile::Edited), Err(Obstacle::Edited));
    }

    #[test]
    fn a_script_of_ours_goes_behind_a_manager_that_runs_it() {
        for runs in [ScriptRun::Yes, ScriptRun::No] {
            let found = found(ours(VERSION, runs), SetAside::Behind(Manager::Prek));
            assert_eq!(step(&found, "now"), Ok(ScriptStep::GoBehind));
            assert_eq!(undo(&found), ScriptUndo::Restore);
        }
    }

    #[test]
    fn only_what_is_still_ours_is_taken_away() {
        let asides = [SetAside::Hook, SetAside::Nothing, SetAside::Superseded];
        let undo = |file: &HookFile| asides.map(|aside| undo(&found(file.clone(), aside)));
        for version in 0..3 {
            let ours = ours(version, ScriptRun::No);
            assert_eq!(undo(&ours), [ScriptUndo::Restore, ScriptUndo::Remove, ScriptUndo::Remove]);
        }
        assert_eq!(undo(&HookFile::Edited), [ScriptUndo::LeaveEdited; 3]);
        for other in [HookFile::Free, HookFile::Dangling, HookFile::Foreign(None, ScriptRun::Yes)] {
            let undone = [ScriptUndo::LeaveAside, ScriptUndo::Nothing, ScriptUndo::Clear];
            assert_eq!(undo(&other), undone);
        }
    }
}
