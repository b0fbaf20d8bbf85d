//! A sandbox that can be put back to how it was: one more case then costs a copy of some small files, and every absolute
//! path in them stays right.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::sandbox::Sandbox;
use super::scratch;

/// What a sandbox held, but for the programs.
pub struct Saved {
    root: PathBuf,
    copy: TempDir,
}

impl Saved {
    pub fn of(sandbox: &Sandbox) -> Self {
        let root = sandbox.root().to_owned();
        let copy = scratch::directory("tix saved ");
        copy_all(&root, copy.path());
        Self { root, copy }
    }

    /// What a shim wrote down goes too.
    pub fn restore(&self) {
        for name in names(&self.root) {
            let path = self.root.join(name);
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
        }
        copy_all(self.copy.path(), &self.root);
    }
}

fn names(root: &Path) -> Vec<OsString> {
    let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name != "bin").collect()
}

/// By a child, for the reason that [`super::net::write_program`] gives: some of it are hooks.
fn copy_all(from: &Path, to: &Path) {
    let paths = names(from).into_iter().map(|name| from.join(name));
    let status = Command::new("cp").arg("-a").args(paths).arg(to).status().unwrap();
    assert!(status.success(), "cannot copy {}", from.display());
}
