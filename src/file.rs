//! Files that others may be reading.

use std::fs::Metadata;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// Identifies a file version: a change of the file changes one of these, unless it is made within one step of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Since 1970.
    pub modified: Duration,
    /// When contents or properties changed last: seconds since 1970, and nanoseconds.
    changed: (i64, i64),
    size: u64,
    inode: u64,
}

impl Stamp {
    pub fn of(found: &Metadata) -> io::Result<Stamp> {
        let modified = found.modified()?.duration_since(SystemTime::UNIX_EPOCH);
        let modified = modified.map_err(io::Error::other)?;
        #[cfg(unix)]
        let (changed, inode) = {
            use std::os::unix::fs::MetadataExt as _;
            ((found.ctime(), found.ctime_nsec()), found.ino())
        };
        #[cfg(not(unix))]
        let (changed, inode) = ((0, 0), 0);
        Ok(Stamp { modified, changed, size: found.len(), inode })
    }
}

/// No file that tix keeps for itself is longer.
const LONGEST: u64 = 256 << 20;

/// Reads a file of tix's own. A pipe or a device in its place could keep a reader for ever, so it is an error.
pub fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    require_own(path)?;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Fails where something else than a regular file is in the place of one of tix's own.
pub fn require_own(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "it is no regular file"))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The same, as text.
pub fn read_own_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read_own(path)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Writes beside the file and renames: a reader sees the old one or the new one, whole, a crash leaves one of them, and of
/// two writers the later one stays. Makes the directory where there is none.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut beside = tempfile::Builder::new().prefix("tmp-").tempfile_in(dir)?;
    beside.write_all(bytes)?;
    beside.persist(path)?;
    Ok(())
}

/// Gives a file of the user's another content, in one step, so that nobody reads half of it. A link stays one, permissions
/// stay, and a file that is made can be read by everybody. Makes the directory where there is none.
pub fn rewrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut beside = tempfile::Builder::new().prefix(".tix-").tempfile_in(dir)?;
    beside.write_all(bytes)?;
    match path.metadata() {
        Ok(metadata) => beside.as_file().set_permissions(metadata.permissions())?,
        Err(_) => readable(beside.as_file())?,
    }
    beside.persist(&path)?;
    Ok(())
}

#[cfg(unix)]
fn readable(file: &std::fs::File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &std::fs::File) -> io::Result<()> {
    Ok(())
}

/// Removes the file, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
