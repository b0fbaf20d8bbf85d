//! `tix hook install`, `uninstall`, `status` and `print`: what they write, and what git makes of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use crate::harness::net::write_program;
use crate::harness::{Output, Place, Sandbox};

mod agents;
mod configured;
mod given_back;
mod managers;
mod put;
mod script;
mod status;
mod taken_out;
mod works;
mod worktrees;

const USUAL: [&str; 3] = ["pre-commit", "pre-merge-commit", "pre-push"];
const STRICT: [&str; 5] =
    ["pre-commit", "pre-merge-commit", "pre-push", "prepare-commit-msg", "reference-transaction"];

/// A remote with a queue and some code, and a clone of it.
fn scene() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", ""), ("src/main.rs", "fn main() {}\n")]);
    let clone = sandbox.clone_named("clone");
    (sandbox, clone)
}

fn hooks(clone: &Place) -> PathBuf {
    clone.common_dir().join("hooks")
}

/// Everything below a directory, with its kind, its permissions and its content, and the clone's configuration.
fn snapshot(clone: &Place, directory: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let config = clone.common_dir().join("config");
    all.insert(config.clone(), (0, fs::read(config).unwrap()));
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.unwrap().path();
        let metadata = path.symlink_metadata().unwrap();
        let content = if metadata.is_symlink() {
            fs::read_link(&path).unwrap().as_os_str().as_bytes().to_owned()
        } else if metadata.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        all.insert(path, (metadata.permissions().mode(), content));
    }
    all
}

fn write_mode(path: &Path, text: &str, mode: u32) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write_program(path, text);
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// What became of each hook, by the JSON answer.
fn did(output: &Output) -> BTreeMap<String, String> {
    let json = output.success().json();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    json["hooks"].as_array().unwrap().iter().map(|h| (text(&h["hook"]), text(&h["did"]))).collect()
}

/// How it stands with each hook, by the JSON answer, and whether all is in order.
fn states(clone: &Place) -> (BTreeMap<String, String>, bool) {
    let output = clone.tix(&["hook", "status", "--json"]);
    let json = output.json();
    assert_eq!(json["schema"], "tix/hooks@1");
    let in_order = json["in_order"].as_bool().unwrap();
    output.exits(i32::from(!in_order));
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let hooks = json["hooks"].as_array().unwrap().iter();
    (hooks.map(|hook| (text(&hook["hook"]), text(&hook["state"]))).collect(), in_order)
}

/// Puts another program in the place of tix, for the hooks that are installed: it writes down how it was called, and what
/// it read, into `$HOME/guard`, and ends with `$GUARD_EXIT`.
fn pretend_tix(clone: &Place, directory: &Path) {
    let tix = clone.path().parent().unwrap().join("bin/tix");
    let script = "#!/bin/sh\n{ echo \"$@\"; cat; } >>\"$HOME/guard\"\nexit ${GUARD_EXIT:-0}\n";
    clone.write_script(&tix, script);
    point_at(directory, &tix);
}

/// Lets the installed hooks look for tix somewhere else.
fn point_at(directory: &Path, tix: &Path) {
    for name in STRICT {
        let Ok(text) = fs::read_to_string(directory.join(name)) else { continue };
        let line = text.lines().find(|line| line.starts_with("tix=")).unwrap();
        let text = text.replace(line, &format!("tix='{}'", tix.display()));
        write_program(&directory.join(name), &text);
    }
}

/// What [`pretend_tix`] wrote down since the last time.
fn guarded(clone: &Place) -> String {
    let log = clone.path().parent().unwrap().join("home/guard");
    let text = fs::read_to_string(&log).unwrap_or_default();
    fs::remove_file(&log).ok();
    text
}
