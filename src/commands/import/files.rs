//! Finds and reads the files of a source.

use std::fs;
use std::path::Path;

use crate::error::{Exit, Failure};
use crate::import::{Reading, RefusedRecord, SOURCES, SourceFile, SourceKind, SourcePlace};
use crate::text::{near, safe};

/// The largest file that is read. The largest that is known to us, of an issue tracker with 40,000 issues, has 90 MiB.
const LARGEST: u64 = 256 << 20;

/// How deep below a place to look.
const DEPTH: usize = 8;

/// The source that was named, or the one that is there, and what its files say.
pub fn read(
    dir: &Path,
    source: Option<&str>,
    path: Option<&Path>,
) -> Result<(&'static SourceKind, Reading), Failure> {
    let named = source.and_then(|name| SOURCES.into_iter().find(|kind| kind.name == name));
    // One word alone that is no source is the path.
    let path = match (source, named, path) {
        (Some(word), None, None) if dir.join(word).exists() => Some(Path::new(word)),
        (Some(word), None, _) => return Err(unknown(word)),
        (_, _, path) => path,
    };
    let root = path.map_or_else(|| dir.to_path_buf(), |path| dir.join(path));
    if !root.exists() {
        return Err(Failure::new(Exit::Usage, format!("{} does not exist", root.display())));
    }
    let kind = match named {
        Some(kind) => kind,
        None => recognised(&root)?,
    };
    let mut reading = Reading::default();
    let mut files = Vec::new();
    for found in found(kind, &root, Places::OrAll)? {
        match found {
            Ok(file) => files.push(file),
            Err(refused) => reading.refused.push(refused),
        }
    }
    if files.is_empty() && reading.refused.is_empty() {
        let message = format!("{} has no file of {}: {}", root.display(), kind.name, kind.about);
        return Err(Failure::new(Exit::NotFound, message));
    }
    reading.refused.extend(files.iter().flat_map(|file| file.refused.clone()));
    reading.warnings = files.iter().flat_map(|file| file.odd.clone()).collect();
    let said = (kind.read)(&files);
    let project = said.project.or_else(|| project(kind, dir, &root));
    reading.tickets = said.tickets;
    for ticket in reading.tickets.iter_mut().filter(|ticket| !(kind.is_unique)(&ticket.id)) {
        ticket.project.clone_from(&project);
    }
    reading.refused.extend(said.refused);
    reading.warnings.extend(said.warnings);
    Ok((kind, reading))
}

/// What tells a project from others of its kind: its path in this clone, and outside of it its own name, which is the same
/// for everybody. The clone itself needs none.
fn project(kind: &SourceKind, dir: &Path, root: &Path) -> Option<String> {
    let full = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let (dir, root) = (full(dir), full(root));
    // A project may be named by a part of the place that it keeps its tickets at.
    let ending = |place: &str| {
        let parts = Path::new(place).ancestors().filter(|part| !part.as_os_str().is_empty());
        let ending = parts.filter(|part| root.ends_with(part));
        ending.map(|part| part.components().count()).max()
    };
    let places = [
        (kind.places)(&|_| None),
        (kind.places)(&|place| ending(place).is_some().then(String::new)),
    ]
    .concat();
    let longest = places.iter().filter_map(|place| ending(place)).max();
    let is_place = longest.is_some();
    let base = root.ancestors().nth(longest.unwrap_or(0)).unwrap_or(&root);
    let clone = dir.ancestors().find(|dir| dir.join(".git").exists()).unwrap_or(&dir);
    let name = match base.strip_prefix(clone) {
        Ok(below) => below.to_path_buf(),
        // A name such as `issues.json` is that of many files.
        Err(_) if !is_place && root.is_file() => {
            let above = base.parent().and_then(Path::file_name).unwrap_or_default();
            Path::new(above).join(base.file_name().unwrap_or_default())
        }
        Err(_) => base.file_name().unwrap_or_default().into(),
    };
    Some(name.to_string_lossy().into_owned()).filter(|name| !name.is_empty())
}

fn unknown(word: &str) -> Failure {
    let names: Vec<&str> = SOURCES.iter().map(|kind| kind.name).collect();
    let message = format!("`{}` is neither a source nor a file: {}", safe(word), names.join(", "));
    let failure = Failure::new(Exit::Usage, message);
    match near(word, names.iter().map(|name| (*name, *name))).next() {
        Some(name) => failure.hint(format!("tix import {name}")),
        None => failure.hint("tix import --help"),
    }
}

fn recognised(root: &Path) -> Result<&'static SourceKind, Failure> {
    let mut there = Vec::new();
    for kind in SOURCES {
        let found = found(kind, root, Places::Only)?;
        let is = |file: &Result<SourceFile, RefusedRecord>| match file {
            Ok(file) => !root.is_file() || (kind.is)(file),
            Err(_) => !root.is_file(),
        };
        if found.iter().any(is) {
            there.push(kind);
        }
    }
    match there.as_slice() {
        [one] => Ok(one),
        [] => {
            let message = format!("no source that tix knows is in {}", root.display());
            let known =
                SOURCES.iter().map(|kind| format!("tix import {:11} # {}", kind.name, kind.about));
            Err(Failure { hints: known.collect(), ..Failure::new(Exit::NotFound, message) })
        }
        several => {
            let names: Vec<&str> = several.iter().map(|kind| kind.name).collect();
            let message = format!("there are several sources: {}", names.join(", "));
            let hints = names.iter().map(|name| format!("tix import {name}")).collect();
            Err(Failure { hints, ..Failure::new(Exit::Usage, message) })
        }
    }
}

/// Where to look in a directory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Places {
    /// Where projects keep the source.
    Only,
    /// There, or everywhere if nothing is there.
    OrAll,
}

type Found = Vec<Result<SourceFile, RefusedRecord>>;

fn found(kind: &SourceKind, root: &Path, places: Places) -> Result<Found, Failure> {
    if root.is_file() {
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        return Ok(vec![decoded(root, name.unwrap_or_default())?]);
    }
    let look = |name: &str| fs::read_to_string(root.join(name)).ok();
    let mut all = Found::new();
    let mut there = false;
    for place in (kind.places)(&look) {
        let path = root.join(&place);
        there |= path.exists();
        if path.is_file() {
            if (kind.wants)(&place) {
                all.push(decoded(&path, place)?);
            }
        } else if path.is_dir() {
            walk(kind, &path, &place, DEPTH, &mut all)?;
        }
    }
    if !there && places == Places::OrAll {
        walk(kind, root, "", DEPTH, &mut all)?;
    }
    Ok(all)
}

/// The files below a directory, in the order of their names. Links are not followed.
fn walk(
    kind: &SourceKind,
    dir: &Path,
    name: &str,
    depth: usize,
    all: &mut Found,
) -> Result<(), Failure> {
    let failed = |error| unreadable(dir, &error);
    let entries = fs::read_dir(dir).map_err(failed)?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let Ok(file) = entry.file_name().into_string() else {
            let place = SourcePlace { file: entry.path().to_string_lossy().into_owned(), line: 1 };
            all.push(Err(RefusedRecord { place, why: "its name is not UTF-8".to_owned() }));
            continue;
        };
        let path = if name.is_empty() { file.clone() } else { format!("{name}/{file}") };
        let of = entry.file_type().map_err(failed)?;
        if of.is_dir() && depth > 0 && file != ".git" && file != "node_modules" {
            walk(kind, &entry.path(), &path, depth - 1, all)?;
        } else if of.is_file() && (kind.wants)(&path) {
            all.push(decoded(&entry.path(), path)?);
        }
    }
    Ok(())
}

fn decoded(path: &Path, name: String) -> Result<Result<SourceFile, RefusedRecord>, Failure> {
    let failed = |error| unreadable(path, &error);
    if fs::metadata(path).map_err(failed)?.len() > LARGEST {
        let place = SourcePlace { file: name, line: 1 };
        let why = format!("it is larger than {} MiB", LARGEST >> 20);
        return Ok(Err(RefusedRecord { place, why }));
    }
    Ok(SourceFile::decode(&name, &fs::read(path).map_err(failed)?))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Usage, format!("{} cannot be read: {error}", path.display()))
}
