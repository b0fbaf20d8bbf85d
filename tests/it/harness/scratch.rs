//! Where the tests make their some hundred thousand small files: in memory they take half the time.

use std::env;
use std::path::PathBuf;
use std::sync::LazyLock;

use rustix::fs::{Access, StatVfsMountFlags, access, statvfs};
use tempfile::TempDir;

/// What a whole run needs at once is far less; the rest is for whoever else uses the memory.
const ROOM: u64 = 4 << 30;

/// Where `TMPDIR` says, else in memory, else where the system puts such files. A container's memory disk may be tiny, or
/// may not hold programs.
static BASE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = "/dev/shm";
    let is_fit = statvfs(memory).is_ok_and(|disk| {
        disk.f_bavail * disk.f_frsize > ROOM && !disk.f_flag.contains(StatVfsMountFlags::NOEXEC)
    });
    if env::var_os("TMPDIR").is_none() && is_fit && access(memory, Access::WRITE_OK).is_ok() {
        return memory.into();
    }
    env::temp_dir()
});

/// A new directory, which goes with its value.
pub fn directory(prefix: &str) -> TempDir {
    tempfile::Builder::new().prefix(prefix).tempdir_in(&*BASE).unwrap()
}
