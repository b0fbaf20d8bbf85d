//! Several processes that start at the same moment, and scenes that are played at the same time.

use std::ffi::OsStr;
use std::thread;

use super::command::{Prepared, Running};
use super::gate::{Gate, WAIT};
use super::output::Output;
use super::sandbox::Sandbox;

/// Starts all of them, holds each just before its `exec`, lets them go together, and waits for all.
pub fn together(sandbox: &Sandbox, commands: Vec<Prepared>) -> Vec<Output> {
    let count = commands.len();
    let mut gate = Gate::new(&sandbox.fresh_directory("race"));
    let script = format!("gate=$1 who=$2\n{WAIT}");
    let start = |(number, command): (usize, Prepared)| {
        let who = number.to_string();
        command.after(&script, &[gate.directory().as_os_str(), OsStr::new(&who)]).spawn()
    };
    let racers: Vec<Running> = (1..).zip(commands).map(start).collect();
    gate.wait_for(count);
    gate.open();
    racers.into_iter().map(Running::wait).collect()
}

/// Runs this with each of the scenes, all at the same time, because most of it is waiting.
pub fn at_once<T: Send>(scenes: impl IntoIterator<Item = T>, run: impl Fn(T) + Sync) {
    let run = &run;
    thread::scope(|scope| {
        for scene in scenes {
            scope.spawn(move || run(scene));
        }
    });
}

/// The exit codes, sorted: `[0, 3, 3, 3]` is one winner and three who were told.
#[track_caller]
pub fn codes(outputs: &[Output]) -> Vec<i32> {
    let mut codes: Vec<i32> = outputs
        .iter()
        .map(|output| output.code.unwrap_or_else(|| panic!("no exit code: {output:?}")))
        .collect();
    codes.sort_unstable();
    codes
}
