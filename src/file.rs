//! Reading and replacing files that others may be reading.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

/// Identifies a file version. Every change of the file changes one of these, unless two changes fall into one tick of
/// the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Since 1970.
    pub modified: Duration,
    /// When contents or properties last changed: seconds since 1970, and nanoseconds.
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

/// No file that tix keeps for itself is longer than this.
const LONGEST: u64 = 256 << 20;

/// Reads one of tix's own files. A pipe or a device in its place could block a reader for ever, so it is an error.
pub fn read_own(path: &Path) -> io::Result<Vec<u8>> {
    require_own(path)?;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Fails where one of tix's own files is not a regular file.
pub fn require_own(path: &Path) -> io::Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            Err(io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file"))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Like [`read_own`], as text.
pub fn read_own_text(path: &Path) -> io::Result<String> {
    String::from_utf8(read_own(path)?)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// The last lines of a file that others may be writing: of at most these bytes, and at most this many.
pub fn tail(path: &Path, bytes: u64, lines: usize) -> io::Result<Vec<u8>> {
    require_own(path)?;
    let mut file = std::fs::File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(bytes);
    file.seek(io::SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.take(bytes).read_to_end(&mut end)?;
    let breaks =
        end.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    // The break at the end begins no line.
    let cut = breaks.filter(|at| *at < end.len()).nth(lines.saturating_sub(1)).unwrap_or_default();
    Ok(end.split_off(cut))
}

/// Writes a temporary file and renames it: a reader sees the old or the new file, whole; a crash leaves one of them; of
/// two writers the later one wins. Creates the directory if it is missing.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut beside = beside(dir, "tmp-")?;
    beside.as_file_mut().write_all(bytes)?;
    beside.persist(path)?;
    Ok(())
}

/// A temporary file. The error is the system's own: `tempfile` would add a name that nobody knows.
fn beside(dir: &Path, prefix: &str) -> io::Result<NamedTempFile> {
    let mut cause = None;
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let made = tempfile::Builder::new()
        .prefix(prefix)
        .make_in(dir, |path| options.open(path).inspect_err(|error| cause = error.raw_os_error()));
    made.map_err(|error| cause.map_or(error, io::Error::from_raw_os_error))
}

/// Where the links lead that a path ends in: the file that is read and written. It need not be there.
pub fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // Linux follows as many.
    for _ in 0..40 {
        let Ok(link) = std::fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new(".")).join(link);
    }
    path
}

/// Fails where somebody has made a file read-only. To put another in its place is possible, and not what they want.
pub fn require_writable(path: &Path) -> io::Result<()> {
    let is_read_only = path.metadata().is_ok_and(|found| found.permissions().readonly());
    let refused = || io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only");
    if is_read_only { Err(refused()) } else { Ok(()) }
}

/// Whether the permissions let this user write a file, or make it: those of the file, or else of the directory above it that
/// is there.
pub fn permits_writing(path: &Path) -> bool {
    let found = path.ancestors().find_map(|path| path.metadata().ok());
    found.is_some_and(|found| permits(&found))
}

#[cfg(unix)]
fn permits(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let user = rustix::process::geteuid();
    let needed = if found.is_dir() { 0o300 } else { 0o200 };
    (user.is_root() || found.uid() == user.as_raw()) && found.mode() & needed == needed
}

#[cfg(not(unix))]
fn permits(found: &Metadata) -> bool {
    !found.permissions().readonly()
}

/// Replaces the contents of one of the user's files in one step, so that nobody reads half of it. A link stays a link,
/// permissions stay, a read-only file stays as it is, and everybody can read a file that is new. Creates the directory
/// if it is missing, also where a link leads to it.
///
/// A file with several names is written in place: a new file would take one of the names away from the others, and that
/// lasts, while half a file is seen for a moment only.
pub fn rewrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = target(path);
    require_writable(&path)?;
    if path.metadata().is_ok_and(|found| has_other_names(&found)) {
        return std::fs::write(&path, bytes);
    }
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(target(dir))?;
    let mut beside = beside(dir, ".tix-")?;
    beside.as_file_mut().write_all(bytes)?;
    match path.metadata() {
        Ok(metadata) => beside.as_file().set_permissions(metadata.permissions())?,
        Err(_) => readable(beside.as_file())?,
    }
    beside.persist(&path)?;
    Ok(())
}

#[cfg(unix)]
fn has_other_names(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(found) > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
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

/// Removes the file, if it exists.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
