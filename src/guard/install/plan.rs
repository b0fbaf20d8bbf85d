//! What is to be done about one hook file, seeing what stands in its place. Pure; `files` looks and does it.

use std::path::PathBuf;

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

#[derive(Clone, Debug)]
pub struct FoundScript {
    /// Where our script is or would be.
    pub path: PathBuf,
    pub file: HookFile,
    /// Its text, if it is a file.
    pub text: Vec<u8>,
    /// The program that runs our script, where git runs that program's instead.
    pub through: Option<Manager>,
    /// Where a hook that was there before is set aside.
    pub aside: PathBuf,
    pub has_aside: bool,
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
}

/// How the script that is wanted gets there.
pub fn step(found: &FoundScript, wanted: &str) -> Result<ScriptStep, Obstacle> {
    match &found.file {
        HookFile::Free => Ok(ScriptStep::Write),
        // A newer tix wrote it, and knew better.
        HookFile::Ours(mark, ScriptRun::Yes) if mark.version > VERSION => Ok(ScriptStep::Keep),
        HookFile::Ours(_, ScriptRun::Yes) if found.text == wanted.as_bytes() => {
            Ok(ScriptStep::Keep)
        }
        HookFile::Ours(..) => Ok(ScriptStep::Replace),
        HookFile::Edited => Err(Obstacle::Edited),
        HookFile::Foreign(..) | HookFile::Dangling if found.has_aside => Err(Obstacle::AsideTaken),
        HookFile::Foreign(..) | HookFile::Dangling => Ok(ScriptStep::SetAside),
        HookFile::InTheWay(what) => Err(Obstacle::InTheWay(what)),
    }
}

pub fn undo(found: &FoundScript) -> ScriptUndo {
    match &found.file {
        HookFile::Ours(..) if found.has_aside => ScriptUndo::Restore,
        HookFile::Ours(..) => ScriptUndo::Remove,
        HookFile::Edited => ScriptUndo::LeaveEdited,
        HookFile::Free | HookFile::Foreign(..) | HookFile::Dangling | HookFile::InTheWay(_) => {
            if found.has_aside {
                ScriptUndo::LeaveAside
            } else {
                ScriptUndo::Nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: HookFile, has_aside: bool) -> FoundScript {
        FoundScript {
            path: "pre-commit".into(),
            file,
            text: b"now".to_vec(),
            through: None,
            aside: "pre-commit.tix-prev".into(),
            has_aside,
        }
    }

    fn ours(version: u32, runs: ScriptRun) -> HookFile {
        HookFile::Ours(ScriptMark { version, tix: None }, runs)
    }

    #[test]
    fn a_script_of_ours_is_kept_or_replaced_and_never_set_aside() {
        let step = |file, wanted| step(&found(file, true), wanted).unwrap();
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
            assert_eq!(step(&found(file.clone(), false), "now"), Ok(ScriptStep::SetAside));
            assert_eq!(step(&found(file, true), "now"), Err(Obstacle::AsideTaken));
        }
        let way = HookFile::InTheWay("a directory");
        assert_eq!(step(&found(way, false), "now"), Err(Obstacle::InTheWay("a directory")));
        assert_eq!(step(&found(HookFile::Edited, false), "now"), Err(Obstacle::Edited));
    }

    #[test]
    fn only_what_is_still_ours_is_taken_away() {
        let undo = |file: &HookFile| [true, false].map(|aside| undo(&found(file.clone(), aside)));
        for version in 0..3 {
            let ours = ours(version, ScriptRun::No);
            assert_eq!(undo(&ours), [ScriptUndo::Restore, ScriptUndo::Remove]);
        }
        assert_eq!(undo(&HookFile::Edited), [ScriptUndo::LeaveEdited; 2]);
        for other in [HookFile::Free, HookFile::Dangling, HookFile::Foreign(None, ScriptRun::Yes)] {
            assert_eq!(undo(&other), [ScriptUndo::LeaveAside, ScriptUndo::Nothing]);
        }
    }
}
