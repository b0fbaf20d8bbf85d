//! The repositories of a worktree's submodules. git keeps them in its directory for that worktree, with everything
//! committed there, and each says where it is checked out: gitsubmodules(7).

use std::path::{Path, PathBuf};

use super::exec::text_of;
use super::{GitError, Repo, clean_path};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedOutSubmodule {
    /// The configuration of its repository; `core.worktree` there says where it is checked out.
    pub config: PathBuf,
    /// Where that is, relative to the top of the worktree that contains it.
    pub path: PathBuf,
}

impl Repo {
    pub fn submodules_of(&self, worktree: &Path) -> Result<Vec<CheckedOutSubmodule>, GitError> {
        let git = self.git().elsewhere(worktree);
        let answer = git.call("rev-parse").arg("--absolute-git-dir").run_ok()?;
        let mut found = Vec::new();
        let mut dirs = vec![Path::new(text_of(&answer).trim_end()).join("modules")];
        while let Some(dir) = dirs.pop() {
            let below = std::fs::read_dir(&dir).into_iter().flatten().flatten();
            let below = below.map(|entry| entry.path()).filter(|path| path.is_dir());
            let config = dir.join("config");
            if !(config.is_file() && dir.join("HEAD").is_file()) {
                dirs.extend(below);
                continue;
            }
            // Its own submodules.
            dirs.push(dir.join("modules"));
            let ask = self.git().call("config").arg("-f").arg(&config).arg("core.worktree");
            let answer = ask.run()?;
            let place = clean_path(&dir.join(text_of(&answer.stdout).trim_end()));
            if let Ok(path) = place.strip_prefix(worktree) {
                found.push(CheckedOutSubmodule { config, path: path.to_owned() });
            }
        }
        found.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(found)
    }
}
