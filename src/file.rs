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

/// Removes the file, if it is there.
pub fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
