//! The files that `tix init` wants, and the state of each: missing, present, or with something in its way.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::app::context::CONFIG_FILE;
use crate::app::template::TEMPLATE;
use crate::config::{self, ChosenSettings};
use crate::error::{Exit, Failure};
use crate::git::{FileMode, GitError, ObjectFormat, Objects};
use crate::lifecycle::NewFile;
use crate::names::{Oid, RepoPath};
use crate::ticket::Lane;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathState {
    /// Nothing is there, and every parent is a directory or missing too.
    Free,
    There,
    /// Something that is not a file, or a parent that is not a directory.
    InTheWay,
}

/// The lanes, kept by a file each because git has no empty directories, and the template.
pub fn of_tickets(tickets_dir: &RepoPath) -> Result<Vec<NewFile>, Failure> {
    let lanes = Lane::ALL.map(|lane| (format!("{lane}/.gitkeep"), ""));
    let all = lanes.into_iter().chain([("TEMPLATE.md".to_owned(), TEMPLATE)]);
    let file = |(name, content): (String, &str)| {
        let path = tickets_dir.join(&name).ok_or_else(|| no_path(&name))?;
        Ok(NewFile { path, content: content.as_bytes().to_vec() })
    };
    all.map(file).collect()
}

/// `.tix.yaml`, which explains every key and sets those that were chosen.
pub fn of_config(chosen: ChosenSettings<'_>) -> Result<NewFile, Failure> {
    let path = RepoPath::parse(CONFIG_FILE).ok_or_else(|| no_path(CONFIG_FILE))?;
    Ok(NewFile { path, content: config::commented_yaml(chosen).into_bytes() })
}

fn no_path(name: &str) -> Failure {
    Failure::new(Exit::Damaged, format!("{name} is not a path in the repository"))
}

/// The state of a file in a commit. It checks the modes of all parents: a symbolic link or a submodule on the way would
/// otherwise be replaced by a directory.
pub fn in_commit(
    objects: &Objects,
    format: ObjectFormat,
    commit: &Oid,
    path: &RepoPath,
) -> Result<PathState, GitError> {
    let mut directory = objects.tree_of(commit)?;
    let mut names = path.components().peekable();
    while let Some(name) = names.next() {
        let entries = objects.entries(directory.as_str().as_bytes(), format)?;
        let found = entries.unwrap_or_default().into_iter().find(|e| e.name == name);
        let Some(entry) = found else { return Ok(PathState::Free) };
        let last = names.peek().is_none();
        match entry.mode {
            FileMode::Directory if !last => directory = entry.oid,
            FileMode::File | FileMode::Executable | FileMode::Symlink | FileMode::Other(_)
                if last =>
            {
                return Ok(PathState::There);
            }
            FileMode::Directory
            | FileMode::File
            | FileMode::Executable
            | FileMode::Symlink
            | FileMode::Submodule
            | FileMode::Other(_) => return Ok(PathState::InTheWay),
        }
    }
    Ok(PathState::InTheWay)
}

/// The state of a file below the root of a working tree. Links are not followed, because they may lead out of it.
pub fn in_worktree(root: &Path, path: &RepoPath) -> io::Result<PathState> {
    let text = path.to_string();
    let mut names = text.split('/').peekable();
    let mut place = root.to_owned();
    while let Some(name) = names.next() {
        place.push(name);
        let kind = match place.symlink_metadata() {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(PathState::Free),
            Err(error) => return Err(error),
        };
        match names.peek() {
            None if kind.is_dir() => return Ok(PathState::InTheWay),
            None => return Ok(PathState::There),
            Some(_) if kind.is_dir() => {}
            Some(_) => return Ok(PathState::InTheWay),
        }
    }
    Ok(PathState::InTheWay)
}

/// Writes a new file. `Ok(false)`: somebody created it meanwhile, and it was left as it is.
pub fn write_new(root: &Path, file: &NewFile) -> io::Result<bool> {
    let place: PathBuf = root.join(file.path.to_string());
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let mut open = match OpenOptions::new().write(true).create_new(true).open(&place) {
        Ok(open) => open,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        Err(error) => return Err(error),
    };
    if let Err(error) = open.write_all(&file.content) {
        // Ours, and cut off: the next run would take it for one that was there.
        drop(open);
        std::fs::remove_file(&place)?;
        return Err(error);
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_is_told_from_what_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let stands = |path: &str| in_worktree(root, &RepoPath::parse(path).unwrap()).unwrap();
        assert_eq!(stands("tickets/queue/.gitkeep"), PathState::Free);
        std::fs::create_dir_all(root.join("tickets/queue")).unwrap();
        std::fs::write(root.join("tickets/x"), "").unwrap();
        assert_eq!(stands("tickets/queue/.gitkeep"), PathState::Free);
        assert_eq!(stands("tickets/x"), PathState::There);
        assert_eq!(stands("tickets/x/y"), PathState::InTheWay);
        assert_eq!(stands("tickets"), PathState::InTheWay);
    }

    #[test]
    fn a_file_that_is_there_is_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = RepoPath::parse("a/b").unwrap();
        let file = |text: &str| NewFile { path: path.clone(), content: text.into() };
        assert!(write_new(dir.path(), &file("one")).unwrap());
        assert!(!write_new(dir.path(), &file("two")).unwrap());
        assert_eq!(std::fs::read(dir.path().join("a/b")).unwrap(), b"one");
    }

    #[test]
    fn the_settings_that_init_writes_are_read_back() {
        let chosen = ChosenSettings { trunk: Some("tickets"), skip_ci: true, review: true };
        let file = of_config(chosen).unwrap();
        let yaml = config::Yaml { bytes: &file.content, label: "x" };
        let layers = config::Layers { yaml: Some(yaml), ..config::Layers::default() };
        let config = config::Config::resolve(&layers).unwrap();
        assert_eq!(config.trunk.as_deref(), Some("tickets"));
        assert!(config.skip_ci && config.review.len() == 1);
    }
}
