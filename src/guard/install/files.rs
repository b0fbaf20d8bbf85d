//! Looks at hook files and puts them in place.
//!
//! Nothing is overwritten but scripts that a tix wrote and nobody changed. Whatever else is there is renamed, and renamed
//! back.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::hook::Hook;
use super::managers::Manager;
use super::plan::{FoundScript, HookFile, ScriptRun, ScriptStep, ScriptUndo, SetAside};
use super::script::{self, SET_ASIDE, ScriptAuthor};

/// No script of ours is nearly as long, and no other needs to be read to its end.
const ENOUGH: u64 = 64 << 10;

/// What pre-commit and prek call a hook that they found, and run.
const LEGACY: &str = ".legacy";

/// What lefthook calls a hook that it found, and does not run.
const OLD: &str = ".old";

pub fn look(dir: &Path, hook: Hook) -> io::Result<FoundScript> {
    let beside = |suffix: &str| dir.join(format!("{}{suffix}", hook.name()));
    let (own, legacy, aside) = (beside(""), beside(LEGACY), beside(SET_ASIDE));
    let (in_place, text) = file(&own, hook)?;
    let (renamed, renamed_text) = file(&legacy, hook)?;
    let set_aside = set_aside(&aside, &in_place, hook)?;
    let through = runs_legacy(&in_place);
    let mut strays = Vec::new();
    let old = beside(OLD);
    if matches!(file(&old, hook)?.0, HookFile::Ours(..)) {
        strays.push(old);
    }
    if through.is_none() && matches!(renamed, HookFile::Ours(..)) {
        strays.push(legacy.clone());
    }
    let has_legacy = !matches!(renamed, HookFile::Free | HookFile::Ours(..));
    let (path, file, text) = match through {
        Some(_) => (legacy.clone(), renamed, renamed_text),
        None => (own, in_place, text),
    };
    Ok(FoundScript { path, file, text, through, legacy, has_legacy, aside, set_aside, strays })
}

/// The manager whose script git runs here and which runs what is beside it as `.legacy`.
fn runs_legacy(file: &HookFile) -> Option<Manager> {
    match file {
        HookFile::Foreign(Some(manager), ScriptRun::Yes) if manager.runs_legacy() => Some(*manager),
        HookFile::Free
        | HookFile::Ours(..)
        | HookFile::Edited
        | HookFile::Foreign(..)
        | HookFile::Dangling
        | HookFile::InTheWay(_) => None,
    }
}

/// What is set aside, seen beside what git runs.
fn set_aside(path: &Path, in_place: &HookFile, hook: Hook) -> io::Result<SetAside> {
    let (aside, text) = file(path, hook)?;
    Ok(match (&aside, in_place) {
        (HookFile::Free, _) => SetAside::Nothing,
        (HookFile::Foreign(Some(earlier), _), HookFile::Foreign(Some(manager), _))
            if earlier == manager && manager.writes_over(&text) =>
        {
            SetAside::Superseded
        }
        (_, HookFile::Ours(..)) => runs_legacy(&aside).map_or(SetAside::Hook, SetAside::Behind),
        (_, _) => SetAside::Hook,
    })
}

fn file(path: &Path, hook: Hook) -> io::Result<(HookFile, Vec<u8>)> {
    let own = match path.symlink_metadata() {
        Ok(own) => own,
        // A directory on the way that is no directory is for whoever writes there to report.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok((HookFile::Free, Vec::new()));
        }
        Err(error) => return Err(error),
    };
    let Ok(metadata) = path.metadata() else { return Ok((HookFile::Dangling, Vec::new())) };
    if metadata.is_dir() {
        return Ok((HookFile::InTheWay("a directory"), Vec::new()));
    }
    if !metadata.is_file() {
        return Ok((HookFile::InTheWay("not a regular file"), Vec::new()));
    }
    let runs = if is_executable(&metadata) { ScriptRun::Yes } else { ScriptRun::No };
    let mut text = Vec::new();
    fs::File::open(path)?.take(ENOUGH).read_to_end(&mut text)?;
    // What a link leads to may be anybody's.
    let author = if own.is_symlink() { ScriptAuthor::Foreign } else { script::author(hook, &text) };
    let file = match author {
        ScriptAuthor::Tix(mark) => HookFile::Ours(mark, runs),
        ScriptAuthor::Edited => HookFile::Edited,
        ScriptAuthor::Foreign => HookFile::Foreign(Manager::of_script(&text), runs),
    };
    Ok((file, text))
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    true
}

pub fn apply(step: ScriptStep, found: &FoundScript, script: &str) -> io::Result<()> {
    match step {
        ScriptStep::Keep => return clear(found),
        ScriptStep::Write | ScriptStep::Replace | ScriptStep::SetAside | ScriptStep::GoBehind => {}
    }
    let dir = found.path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    // Complete under another name first: git never sees half of a hook, and a full disk stops us before anything is moved.
    let mut file = tempfile::Builder::new().prefix(".tix-hook-").tempfile_in(dir)?;
    file.write_all(script.as_bytes())?;
    make_executable(file.as_file())?;
    match step {
        ScriptStep::SetAside => {
            // Between the two renames there is no hook; the other order would lose the old one.
            fs::rename(&found.path, &found.aside)?;
            if let Err(error) = file.persist_noclobber(&found.path) {
                fs::rename(&found.aside, &found.path)?;
                return Err(error.error);
            }
        }
        ScriptStep::GoBehind => {
            if found.has_legacy {
                // Three hooks change places. Until ours is back, git runs the manager's alone.
                fs::rename(&found.aside, &found.path)?;
                fs::rename(&found.legacy, &found.aside)?;
                file.persist_noclobber(&found.legacy).map_err(|error| error.error)?;
            } else {
                file.persist(&found.legacy).map_err(|error| error.error)?;
                fs::rename(&found.aside, &found.path)?;
            }
            return clear_but(found, &found.legacy);
        }
        ScriptStep::Keep | ScriptStep::Write | ScriptStep::Replace => {
            file.persist(&found.path).map_err(|error| error.error)?;
        }
    }
    if step == ScriptStep::SetAside { clear_but(found, &found.aside) } else { clear(found) }
}

/// Removes what nobody needs any more.
fn clear(found: &FoundScript) -> io::Result<()> {
    clear_but(found, Path::new(""))
}

/// The same, but for what has just got this name.
fn clear_but(found: &FoundScript, kept: &Path) -> io::Result<()> {
    found.leftovers().into_iter().filter(|path| *path != kept).try_for_each(fs::remove_file)
}

#[cfg(unix)]
fn make_executable(file: &fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &fs::File) -> io::Result<()> {
    Ok(())
}

/// Takes our script away, and puts back what was there before.
pub fn revert(undo: ScriptUndo, found: &FoundScript) -> io::Result<()> {
    match undo {
        ScriptUndo::Remove => fs::remove_file(&found.path)?,
        ScriptUndo::Restore => fs::rename(&found.aside, &found.path)?,
        ScriptUndo::Nothing
        | ScriptUndo::LeaveEdited
        | ScriptUndo::LeaveAside
        | ScriptUndo::Clear => {}
    }
    clear(found)
}

/// The first of these files of the working tree whose text calls the guard for this hook.
pub fn caller(root: &Path, files: &[PathBuf], hook: Hook) -> Option<PathBuf> {
    let calls = |path: &&PathBuf| {
        fs::read_to_string(root.join(path)).is_ok_and(|text| super::managers::calls(&text, hook))
    };
    files.iter().find(calls).cloned()
}
