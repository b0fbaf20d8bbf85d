//! Looks at hook files and puts them in place.
//!
//! Nothing is overwritten but scripts that a tix wrote and nobody changed. Whatever else is there is renamed, and renamed
//! back.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::hook::Hook;
use super::managers::Manager;
use super::plan::{FoundScript, HookFile, ScriptRun, ScriptStep, ScriptUndo};
use super::script::{self, SET_ASIDE, ScriptAuthor};

/// No script of ours is nearly as long, and no other needs to be read to its end.
const ENOUGH: u64 = 64 << 10;

pub fn look(dir: &Path, hook: Hook) -> io::Result<FoundScript> {
    let path = dir.join(hook.name());
    let (file, text) = file(&path, hook)?;
    let aside = dir.join(format!("{}{SET_ASIDE}", hook.name()));
    let has_aside = is_there(&aside)?;
    let found = FoundScript { path, file, text, through: None, aside, has_aside };
    match found.file {
        HookFile::Foreign(Some(manager), ScriptRun::Yes) if manager.runs_legacy() => {
            let path = dir.join(format!("{}.legacy", hook.name()));
            match self::file(&path, hook)? {
                (file @ HookFile::Ours(_, ScriptRun::Yes), text) => {
                    Ok(FoundScript { path, file, text, through: Some(manager), ..found })
                }
                _ => Ok(found),
            }
        }
        HookFile::Free
        | HookFile::Ours(..)
        | HookFile::Edited
        | HookFile::Foreign(..)
        | HookFile::Dangling
        | HookFile::InTheWay(_) => Ok(found),
    }
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
        return Ok((HookFile::InTheWay("no regular file"), Vec::new()));
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

/// Whether anything has this name, be it a link that leads nowhere.
fn is_there(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

pub fn apply(step: ScriptStep, found: &FoundScript, script: &str) -> io::Result<()> {
    match step {
        ScriptStep::Keep => return Ok(()),
        ScriptStep::Write | ScriptStep::Replace | ScriptStep::SetAside => {}
    }
    let dir = found.path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    // Complete under another name first: git never sees half of a hook, and a full disk stops us before anything is moved.
    let mut file = tempfile::Builder::new().prefix(".tix-hook-").tempfile_in(dir)?;
    file.write_all(script.as_bytes())?;
    make_executable(file.as_file())?;
    if step == ScriptStep::SetAside {
        // Between the two renames there is no hook; the other order would lose the old one.
        fs::rename(&found.path, &found.aside)?;
        if let Err(error) = file.persist_noclobber(&found.path) {
            fs::rename(&found.aside, &found.path)?;
            return Err(error.error);
        }
        return Ok(());
    }
    file.persist(&found.path).map_err(|error| error.error)?;
    Ok(())
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
        ScriptUndo::Remove => fs::remove_file(&found.path),
        ScriptUndo::Restore => fs::rename(&found.aside, &found.path),
        ScriptUndo::Nothing | ScriptUndo::LeaveEdited | ScriptUndo::LeaveAside => Ok(()),
    }
}

/// The first of these files of the working tree whose text calls the guard for this hook.
pub fn caller(root: &Path, files: &[PathBuf], hook: Hook) -> Option<PathBuf> {
    let calls = |path: &&PathBuf| {
        fs::read_to_string(root.join(path)).is_ok_and(|text| super::managers::calls(&text, hook))
    };
    files.iter().find(calls).cloned()
}
