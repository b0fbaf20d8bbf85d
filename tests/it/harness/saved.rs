//! A sandbox that can be put back to how it was: one more case then costs a copy of some small files, and every absolute
//! path in them stays right.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

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

fn copy_all(from: &Path, to: &Path) {
    for name in names(from) {
        copy(&from.join(&name), &to.join(&name));
    }
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, from.metadata().unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let name = entry.unwrap().file_name();
        copy(&from.join(&name), &to.join(&name));
    }
}
