//! The repository and its configuration.

use std::path::{Path, PathBuf};

use super::exec::{Git, text_of};
use super::{ExecError, GitError, InheritedConfig};

/// The oldest git that the tests run with: Debian 12's.
const OLDEST: Version = Version { major: 2, minor: 39 };

/// A git version, as far as tix depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
}

impl Version {
    /// Parses `git version 2.39.5 (Apple Git-154)` and the like.
    fn parse(line: &str) -> Option<Version> {
        let mut numbers = line.trim().strip_prefix("git version ")?.split(['.', ' ', '-']);
        Some(Version { major: numbers.next()?.parse().ok()?, minor: numbers.next()?.parse().ok()? })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectFormat {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl ObjectFormat {
    /// How many bytes an id has in a tree object.
    pub fn raw_len(self) -> usize {
        match self {
            ObjectFormat::Sha1 => 20,
            ObjectFormat::Sha256 => 32,
        }
    }
}

/// A repository, and how to run git in it.
#[derive(Clone, Debug)]
pub struct Repo {
    git: Git,
    pub version: Version,
    /// The directory of HEAD and index of the worktree that tix was called in.
    pub git_dir: PathBuf,
    /// The directory that all worktrees share: refs, objects, and tix's own files.
    pub common_dir: PathBuf,
    /// The main worktree's root, or the repository itself when it is bare.
    pub root: PathBuf,
    pub format: ObjectFormat,
    /// The root of the worktree that tix was called in; `None` in a bare repository.
    pub worktree: Option<PathBuf>,
    /// The repository's name: the directory name of its root, without `.git`.
    pub name: String,
    /// The output of `git config --list` here.
    pub config: GitConfig,
}

impl Repo {
    /// Finds the repository of `dir`: a subdirectory, a linked worktree, or a bare one.
    pub fn discover(dir: &Path, inherited: InheritedConfig) -> Result<Repo, GitError> {
        Repo::of(&Git::discovering(dir, inherited))
    }

    /// The repository that this git works on, which need not be the one around the directory that it runs in.
    pub fn of(here: &Git) -> Result<Repo, GitError> {
        let dir = here.dir();
        let version = here.call("version").start();
        let answer = here
            .call("rev-parse")
            .args(["--path-format=absolute", "--git-dir", "--git-common-dir"])
            .args(["--is-bare-repository", "--show-object-format", "--show-cdup"])
            .run();
        // The version first: an older git fails the question with misleading reasons.
        let version = check_version(&version.finish()?.require_success()?)?;
        let answer = answer?;
        if answer.code == Some(128) {
            return Err(GitError::NotARepository { dir: dir.to_owned(), words: answer.stderr });
        }
        let answer = answer.require_success()?;
        let unreadable = || GitError::unreadable("rev-parse --git-dir", &answer);
        let mut lines = answer.split(|b| *b == b'\n');
        let git_dir = path_of(lines.next().ok_or_else(unreadable)?);
        let common_dir = path_of(lines.next().ok_or_else(unreadable)?);
        let bare = lines.next().ok_or_else(unreadable)? == b"true";
        let format = match lines.next() {
            Some(b"sha1") => ObjectFormat::Sha1,
            Some(b"sha256") => ObjectFormat::Sha256,
            _ => return Err(unreadable()),
        };
        let cdup = path_of(lines.next().unwrap_or_default());
        let config = GitConfig::load(&here.pinned(&git_dir, dir))?;
        let worktree = (!bare).then(|| clean_path(&dir.join(&cdup)));
        let root = main_root(&common_dir, &dir.join(cdup), &config).filter(|_| !bare);
        let root = root.unwrap_or_else(|| common_dir.clone());
        let name =
            root.file_name().map_or_else(|| "repository".into(), |n| n.display().to_string());
        let name = name.strip_suffix(".git").unwrap_or(&name).to_owned();
        Ok(Repo {
            git: here.pinned(&common_dir, &root),
            version,
            git_dir,
            common_dir,
            root,
            format,
            worktree,
            name,
            config,
        })
    }

    /// git for the repository as a whole: its refs and objects, but no worktree's index.
    ///
    /// It runs in the root, because a remote's URL may be a path relative to it.
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// The same repository for clean-up: its calls run even when tix was told to stop.
    pub fn for_clearing(&self) -> Repo {
        Repo { git: self.git.for_clearing(), ..self.clone() }
    }

    /// tix's own directory in the repository.
    pub fn tix_dir(&self) -> PathBuf {
        self.common_dir.join("tix")
    }

    /// The editor that git would start, as a shell command; `None` when there is none.
    pub fn editor(&self) -> Result<Option<String>, GitError> {
        let answer = self.git.call("var").arg("GIT_EDITOR").run()?;
        match answer.code {
            Some(0) => Ok(Some(text_of(&answer.stdout).trim_end().to_owned())),
            // "Terminal is dumb, but EDITOR unset"
            Some(1 | 128) => Ok(None),
            _ => Err(ExecError::Failed(Box::new(answer)).into()),
        }
    }

    /// The user as git knows them, as `Name <mail>`; asks git to work it out if no configuration says so.
    pub fn identity(&self) -> Result<String, GitError> {
        let answer = self.git.call("var").arg("GIT_AUTHOR_IDENT").run_ok()?;
        let line = text_of(&answer);
        // "Name <mail> 1700000000 +0100"
        match line.rfind('>') {
            Some(end) => Ok(line.get(..=end).unwrap_or_default().to_owned()),
            None => Err(GitError::unreadable("var GIT_AUTHOR_IDENT", &answer)),
        }
    }
}

fn check_version(answer: &[u8]) -> Result<Version, GitError> {
    let line = text_of(answer);
    match Version::parse(&line) {
        Some(version) if version >= OLDEST => Ok(version),
        Some(_) => Err(GitError::TooOld {
            found: line.trim().trim_start_matches("git version ").to_owned(),
            needed: "2.39",
        }),
        None => Err(GitError::unreadable("version", answer)),
    }
}

/// The main worktree's root; `None` if the repository is bare. It is the same for all linked worktrees, so the same
/// command creates the same workspace wherever it is called.
pub fn main_root(common_dir: &Path, top: &Path, config: &GitConfig) -> Option<PathBuf> {
    if config.is_true("core.bare") {
        return None;
    }
    if let Some(worktree) = config.last("core.worktree") {
        // Submodules: the repository lies in the superproject's `.git/modules`.
        return Some(clean_path(&common_dir.join(worktree)));
    }
    Some(match common_dir.parent() {
        Some(parent) if common_dir.file_name() == Some(".git".as_ref()) => parent.to_owned(),
        _ => clean_path(top),
    })
}

/// The path without `.` and with `..` resolved literally; symbolic links are not followed, because the path may not
/// exist yet.
pub fn clean_path(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(part),
        }
    }
    clean
}

#[cfg(unix)]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(not(unix))]
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    PathBuf::from(text_of(bytes))
}

/// The bytes of a path, for a program that reads them.
#[cfg(unix)]
pub fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// The bytes of a path, for a program that reads them.
#[cfg(not(unix))]
pub fn path_bytes(path: &Path) -> Vec<u8> {
    path.display().to_string().into_bytes()
}

/// git's configuration as this repository sees it: every key and value, weakest first.
#[derive(Clone, Debug, Default)]
pub struct GitConfig(Vec<(String, Option<String>)>);

impl GitConfig {
    pub(super) fn load(git: &Git) -> Result<GitConfig, GitError> {
        let answer = git.call("config").args(["--list", "-z", "--includes"]).run()?;
        if answer.code != Some(0) {
            return Err(ExecError::Failed(Box::new(answer)).into());
        }
        Ok(GitConfig::parse(&answer.stdout))
    }

    pub(super) fn parse(answer: &[u8]) -> GitConfig {
        let entry = |bytes: &[u8]| {
            let text = text_of(bytes);
            match text.split_once('\n') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (text, None),
            }
        };
        GitConfig(answer.split(|b| *b == 0).filter(|e| !e.is_empty()).map(entry).collect())
    }

    /// A configuration of these keys and values.
    pub fn of(entries: Vec<(String, Option<String>)>) -> GitConfig {
        GitConfig(entries)
    }

    /// All keys and values; a key without `=` has none.
    pub fn entries(&self) -> &[(String, Option<String>)] {
        &self.0
    }

    /// The effective value: the last one. A key without `=` means true: git-config(1).
    pub fn last(&self, key: &str) -> Option<&str> {
        let found = self.0.iter().rev().find(|(k, _)| k == key);
        found.map(|(_, value)| value.as_deref().unwrap_or("true"))
    }

    /// Whether the value means true, in git's own words for it.
    pub fn is_true(&self, key: &str) -> bool {
        self.last(key)
            .is_some_and(|v| matches!(v.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "1"))
    }

    /// The names of the remotes that have a URL, in configuration order.
    pub fn remotes(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for (key, _) in &self.0 {
            let name = key.strip_prefix("remote.").and_then(|k| k.strip_suffix(".url"));
            if let Some(name) = name.filter(|n| !names.contains(n)) {
                names.push(name);
            }
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_all_vendors_are_read() {
        let read = |line| Version::parse(line).map(|v| (v.major, v.minor));
        assert_eq!(read("git version 2.39.5"), Some((2, 39)));
        assert_eq!(read("git version 2.50.1 (Apple Git-155)"), Some((2, 50)));
        assert_eq!(read("git version 2.47.0.windows.1"), Some((2, 47)));
        assert_eq!(read("git version 2.54-rc1"), Some((2, 54)));
        assert_eq!(read("hub version 1"), None);
    }

    #[test]
    fn configuration_keeps_order_and_knows_bare_keys() {
        let config = GitConfig::parse(
            b"remote.up.url\nfile:///x\0core.flag\0core.flag\nno\0remote.a.b.url\ny\0",
        );
        assert_eq!(config.remotes(), ["up", "a.b"]);
        assert_eq!(config.last("core.flag"), Some("no"));
        assert!(!config.is_true("core.flag"));
    }

    #[test]
    fn dots_in_paths_are_taken_out() {
        assert_eq!(clean_path(Path::new("/a/b/.git/../../c/./d")), PathBuf::from("/a/c/d"));
    }
}
