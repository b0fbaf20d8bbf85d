//! Workers: programs that tix starts in the workspace of a ticket.

mod alive;
mod launch;
mod prepared;
mod told;

use serde_json::Value;

use crate::activate::{ID, one_ticket, workspace};
use crate::harness::{Gate, Place, Sandbox};

/// A clone in which the one ticket is active.
fn active(sandbox: &Sandbox) -> Place {
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    clone
}

/// The record of the ticket's worker, if there is one.
fn record(clone: &Place) -> Option<Value> {
    let path = clone.path().join(format!(".git/tix/workers/{ID}.json"));
    path.exists().then(|| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
}

/// Writes another worker's record in the place of the one that is there.
fn change_record(clone: &Place, change: impl FnOnce(&mut Value)) {
    let mut changed = record(clone).unwrap();
    change(&mut changed);
    clone.write(format!(".git/tix/workers/{ID}.json"), changed.to_string());
}

/// A shell script that says that it is ready and then works until the gate opens.
fn ready_until(gate: &Gate) -> String {
    format!(">\"$TIX_READY\"\n{}", gate.script("$$"))
}

/// Waits until no process of this number is left; only for one that is about to end.
fn until_gone(pid: &Value) {
    let begun = std::time::Instant::now();
    let stat = format!("/proc/{pid}/stat");
    // A process that nobody waits for stays as a zombie where the first process of the machine is none that does.
    let runs = || {
        let line = std::fs::read_to_string(&stat).unwrap_or_default();
        line.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
    };
    while runs() {
        assert!(begun.elapsed().as_secs() < 60, "process {pid} does not end");
        std::thread::yield_now();
    }
}
