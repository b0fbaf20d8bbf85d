//! What is to be done about one hook file, seeing what stands in its place. Pure; `files` looks and does it.

use std::path::PathBuf;

use super::managers::Manager;
use super::script::{Mark, VERSION};

/// Whether git would run a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    Yes,
    /// It may not: git passes over it with a word of advice.
    No,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Free,
    /// A script that a tix wrote.
    Ours(Mark, Runs),
    /// A script that a tix wrote and somebody changed.
    Edited,
    /// Somebody else's hook, and the program that is known to have written it.
    Foreign(Option<Manager>, Runs),
    /// A link that leads nowhere: git passes over it without a word.
    Dangling,
    /// Something that cannot be a hook, in words.
    InTheWay(&'static str),
}

#[derive(Clone, Debug)]
pub struct Found {
    /// Where our script is or would be.
    pub path: PathBuf,
    pub standing: Standing,
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
pub enum Step {
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
pub enum Undo {
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
pub fn step(found: &Found, wanted: &str) -> Result<Step, Obstacle> {
    match &found.standing {
        Standing::Free => Ok(Step::Write),
        // A newer tix wrote it, and knew better.
        Standing::Ours(mark, Runs::Yes) if mark.version > VERSION => Ok(Step::Keep),
        Standing::Ours(_, Runs::Yes) if found.text == wanted.as_bytes() => Ok(Step::Keep),
        Standing::Ours(..) => Ok(Step::Replace),
        Standing::Edited => Err(Obstacle::Edited),
        Standing::Foreign(..) | Standing::Dangling if found.has_aside => Err(Obstacle::AsideTaken),
        Standing::Foreign(..) | Standing::Dangling => Ok(Step::SetAside),
        Standing::InTheWay(what) => Err(Obstacle::InTheWay(what)),
    }
}

pub fn undo(found: &Found) -> Undo {
    match &found.standing {
        Standing::Ours(..) if found.has_aside => Undo::Restore,
        Standing::Ours(..) => Undo::Remove,
        Standing::Edited => Undo::LeaveEdited,
        Standing::Free | Standing::Foreign(..) | Standing::Dangling | Standing::InTheWay(_) => {
            if found.has_aside {
                Undo::LeaveAside
            } else {
                Undo::Nothing
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(standing: Standing, has_aside: bool) -> Found {
        Found {
            path: "pre-commit".into(),
            standing,
            text: b"now".to_vec(),
            through: None,
            aside: "pre-commit.tix-prev".into(),
            has_aside,
        }
    }

    fn ours(version: u32, runs: Runs) -> Standing {
        Standing::Ours(Mark { version, tix: None }, runs)
    }

    #[test]
    fn a_script_of_ours_is_kept_or_replaced_and_never_set_aside() {
        let step = |standing, wanted| step(&found(standing, true), wanted).unwrap();
        assert_eq!(step(ours(VERSION, Runs::Yes), "now"), Step::Keep);
        assert_eq!(step(ours(VERSION, Runs::Yes), "then"), Step::Replace);
        assert_eq!(step(ours(VERSION, Runs::No), "now"), Step::Replace);
        assert_eq!(step(ours(VERSION - 1, Runs::Yes), "then"), Step::Replace);
        assert_eq!(step(ours(VERSION + 1, Runs::Yes), "then"), Step::Keep);
        assert_eq!(step(Standing::Free, "now"), Step::Write);
    }

    #[test]
    fn nothing_of_anybody_elses_is_ever_overwritten() {
        for standing in [
            Standing::Foreign(None, Runs::Yes),
            Standing::Foreign(Some(Manager::Lefthook), Runs::No),
            Standing::Dangling,
        ] {
            assert_eq!(step(&found(standing.clone(), false), "now"), Ok(Step::SetAside));
            assert_eq!(step(&found(standing, true), "now"), Err(Obstacle::AsideTaken));
        }
        let way = Standing::InTheWay("a directory");
        assert_eq!(step(&found(way, false), "now"), Err(Obstacle::InTheWay("a directory")));
        assert_eq!(step(&found(Standing::Edited, false), "now"), Err(Obstacle::Edited));
    }

    #[test]
    fn only_what_is_still_ours_is_taken_away() {
        let undo =
            |standing: &Standing| [true, false].map(|aside| undo(&found(standing.clone(), aside)));
        for version in 0..3 {
            let ours = ours(version, Runs::No);
            assert_eq!(undo(&ours), [Undo::Restore, Undo::Remove]);
        }
        assert_eq!(undo(&Standing::Edited), [Undo::LeaveEdited; 2]);
        for other in [Standing::Free, Standing::Dangling, Standing::Foreign(None, Runs::Yes)] {
            assert_eq!(undo(&other), [Undo::LeaveAside, Undo::Nothing]);
        }
    }
}
