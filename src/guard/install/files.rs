//! Looks at hook files and puts them in place.
//!
//! Nothing is overwritten but scripts that a tix wrote and nobody changed. Whatever else is there is renamed, and renamed
//! back.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use super::hook::Hook;
use super::managers::Manager;
use super::plan::{Found, Runs, Standing, Step, Undo};
use super::script::{self, Author, SET_ASIDE};

/// No script of ours is nearly as long, and no other needs to be read to its end.
const ENOUGH: u64 = 64 << 10;

pub fn look(dir: &Path, hook: Hook) -> io::Result<Found> {
    let path = dir.join(hook.name());
    let (standing, text) = standing(&path, hook)?;
    let aside = dir.join(format!("{}{SET_ASIDE}", hook.name()));
    let has_aside = is_there(&aside)?;
    let found = Found { path, standing, text, through: None, aside, has_aside };
    match found.standing {
        Standing::Foreign(Some(manager), Runs::Yes) if manager.runs_legacy() => {
            let path = dir.join(format!("{}.legacy", hook.name()));
            match self::standing(&path, hook)? {
                (standing @ Standing::Ours(_, Runs::Yes), text) => {
                    Ok(Found { path, standing, text, through: Some(manager), ..found })
                }
                _ => Ok(found),
            }
        }
        Standing::Free
        | Standing::Ours(..)
        | Standing::Edited
        | Standing::Foreign(..)
        | Standing::Dangling
        | Standing::InTheWay(_) => Ok(found),
    }
}

fn standing(path: &Path, hook: Hook) -> io::Result<(Standing, Vec<u8>)> {
    let own = match path.symlink_metadata() {
        Ok(own) => own,
        // A directory on the way that is no directory is for whoever writes there to report.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok((Standing::Free, Vec::new()));
        }
        Err(error) => return Err(error),
    };
    let Ok(metadata) = path.metadata() else { return Ok((Standing::Dangling, Vec::new())) };
    if metadata.is_dir() {
        return Ok((Standing::InTheWay("a directory"), Vec::new()));
    }
    if !metadata.is_file() {
        return Ok((Standing::InTheWay("no regular file"), Vec::new()));
    }
    let runs = if is_executable(&metadata) { Runs::Yes } else { Runs::No };
    let mut text = Vec::new();
    fs::File::open(path)?.take(ENOUGH).read_to_end(&mut text)?;
    // What a link leads to may be anybody's.
    let author = if own.is_symlink() { Author::Foreign } else { script::author(hook, &text) };
    let standing = match author {
        Author::Tix(mark) => Standing::Ours(mark, runs),
        Author::Edited => Standing::Edited,
        Author::Foreign => Standing::Foreign(Manager::of_script(&text), runs),
    };
    Ok((standing, text))
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

pub fn apply(step: Step, found: &Found, script: &str) -> io::Result<()> {
    match step {
        Step::Keep => return Ok(()),
        Step::Write | Step::Replace | Step::SetAside => {}
    }
    let dir = found.path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(dir)?;
    // Complete under another name first: git never sees half of a hook, and a full disk stops us before anything is moved.
    let mut file = tempfile::Builder::new().prefix(".tix-hook-").tempfile_in(dir)?;
    file.write_all(script.as_bytes())?;
    make_executable(file.as_file())?;
    if step == Step::SetAside {
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
pub fn revert(undo: Undo, found: &Found) -> io::Result<()> {
    match undo {
        Undo::Remove => fs::remove_file(&found.path),
        Undo::Restore => fs::rename(&found.aside, &found.path),
        Undo::Nothing | Undo::LeaveEdited | Undo::LeaveAside => Ok(()),
    }
}

/// The first of these files of the working tree whose text calls the guard for this hook.
pub fn caller(root: &Path, files: &[PathBuf], hook: Hook) -> Option<PathBuf> {
    let calls = |path: &&PathBuf| {
        fs::read_to_string(root.join(path)).is_ok_and(|text| super::managers::calls(&text, hook))
    };
    files.iter().find(calls).cloned()
}
