//! Files that others may be reading.

use std::io::{self, Write as _};
use std::path::Path;

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
