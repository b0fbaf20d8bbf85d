//! The id of this clone. Its claim ids begin with it, so that a later run recognises this clone's own claims.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::WorkspaceError;
use crate::file;
use crate::git::Repo;
use crate::lock::Lock;

#[derive(Serialize, Deserialize)]
struct CloneFile {
    id: String,
    #[serde(flatten)]
    place: ClonePlace,
}

/// Where an id was made. A copy of the clone finds itself in another place, and makes its own id.
///
/// Copies that agree in all of this share an id. That affects only messages: a claim is shown to be a clone's own only
/// by what the clone has recorded.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct ClonePlace {
    /// The common git dir.
    path: String,
    /// The machine, without the domain, which belongs to the network. Containers of one image differ in it; a renamed
    /// machine counts as another one.
    #[serde(default)]
    host: String,
    /// The writable layer, if the clone lies in an overlay: each container has its own.
    layer: Option<String>,
}

impl ClonePlace {
    fn of(repo: &Repo) -> ClonePlace {
        let path = repo.common_dir.display().to_string();
        ClonePlace { path, host: host(), layer: layer(&repo.common_dir) }
    }
}

/// The id of this clone: eight hexadecimal digits, which the first call takes from `random`.
pub fn clone_id(repo: &Repo, random: impl FnOnce() -> String) -> Result<String, WorkspaceError> {
    let file = repo.tix_dir().join("clone.json");
    let failed = |source| WorkspaceError::Unprepared { path: file.clone(), source };
    let place = ClonePlace::of(repo);
    if let Some(id) = read(&file, &place) {
        return Ok(id);
    }
    let lock = repo.tix_dir().join("locks/clone.lock");
    let held = Lock::take(&lock, Instant::now() + Duration::from_secs(10)).map_err(failed)?;
    if let Some(id) = read(&file, &place) {
        return Ok(id);
    }
    let id: String = random().chars().take(8).collect();
    write(&file, &CloneFile { id: id.clone(), place }).map_err(failed)?;
    drop(held);
    Ok(id)
}

/// The id of this clone if it has one: without it, this clone claimed nothing that is on the trunk.
pub fn known_clone_id(repo: &Repo) -> Option<String> {
    read(&repo.tix_dir().join("clone.json"), &ClonePlace::of(repo))
}

fn read(file: &Path, place: &ClonePlace) -> Option<String> {
    let known: CloneFile = serde_json::from_slice(&crate::file::read_own(file).ok()?).ok()?;
    let usable = known.id.len() == 8 && known.id.bytes().all(|b| b.is_ascii_hexdigit());
    (known.place == *place && usable).then_some(known.id)
}

#[cfg(unix)]
fn host() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    name.split('.').next().unwrap_or_default().to_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    String::new()
}

#[cfg(target_os = "linux")]
fn layer(dir: &Path) -> Option<String> {
    let dir = dir.canonicalize().ok()?;
    upper_layer(&std::fs::read_to_string("/proc/self/mountinfo").ok()?, &dir)
}

#[cfg(not(target_os = "linux"))]
fn layer(_: &Path) -> Option<String> {
    None
}

/// The `upperdir` of the mount that a directory is in, from the lines of `/proc/self/mountinfo`: see
/// `proc_pid_mountinfo(5)`. It is only compared, so escapes in it stay.
#[cfg(target_os = "linux")]
fn upper_layer(mounts: &str, dir: &Path) -> Option<String> {
    let mut innermost: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some(point) = line.split(' ').nth(4).map(unescaped) else { continue };
        let depth = Path::new(&point).components().count();
        // Of two mounts at one point, the later one is on top.
        if dir.starts_with(&point) && innermost.is_none_or(|(known, _)| known <= depth) {
            innermost = Some((depth, line));
        }
    }
    let mut words = innermost?.1.split_once(" - ")?.1.split(' ');
    let (kind, options) = (words.next()?, words.nth(1)?);
    let upper = options.split(',').find_map(|option| option.strip_prefix("upperdir="));
    upper.filter(|_| kind == "overlay").map(str::to_owned)
}

/// Blanks, tabs, line ends and backslashes are written as octal digits.
#[cfg(target_os = "linux")]
fn unescaped(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(text.to_owned(), |text, (code, meant)| text.replace(code, meant))
}

/// Writes a record in one step.
pub(super) fn write(path: &Path, value: &impl Serialize) -> io::Result<()> {
    file::replace(path, &serde_json::to_vec(value)?)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
        27 1 0:40 / / rw,relatime master:1 - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/o/1/diff,workdir=/o/1/work\n\
        30 27 254:0 /home/ada/it /data rw - ext4 /dev/vda rw\n\
        31 27 0:41 / /two\\040words rw shared:7 - overlay overlay rw,lowerdir=/l/A,upperdir=/o/2/diff,workdir=/o/2/work\n\
        32 30 0:42 / /data/deep rw - overlay overlay rw,lowerdir=/l/A,upperdir=/o/3/diff,workdir=/o/3/work\n\
        33 30 0:43 / /data/deep rw - tmpfs tmpfs rw\n";

    #[test]
    fn the_layer_is_that_of_the_innermost_mount() {
        let of = |dir: &str| upper_layer(MOUNTS, Path::new(dir));
        assert_eq!(of("/srv/it/.git").as_deref(), Some("/o/1/diff"));
        assert_eq!(of("/two words/it/.git").as_deref(), Some("/o/2/diff"));
        assert_eq!(of("/datastore/.git").as_deref(), Some("/o/1/diff"));
        assert_eq!(of("/data/it/.git"), None);
        // What was mounted there later hides the overlay.
        assert_eq!(of("/data/deep/.git"), None);
        assert_eq!(upper_layer("", Path::new("/srv")), None);
    }
}
