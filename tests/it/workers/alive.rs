//! What a record says of a worker that runs, has ended, or cannot be looked at.

use super::*;
use crate::activate::{fact, hints};
use crate::harness::no_leftovers;
use rustix::process::Signal;

#[test]
fn the_record_is_there_while_the_worker_runs_and_goes_with_it() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = format!("{}\necho done; exit 7", ready_until(&gate));
    let mut worker = clone.tix_command(&["run", ID, "--", "sh", "-c", &script]).spawn();
    worker.until_at(&gate);
    // A worker may arrive before its record is written, so the lock is waited for by a start.
    let second = clone.tix(&["run", ID, "--json", "--detach", "--", "true"]);
    let written = record(&clone).unwrap();
    assert_eq!(fact(second.exits(3), "process"), written["pid"].to_string());
    assert_eq!(fact(&second, "workspace"), workspace(&clone, ID).to_str().unwrap());
    assert_eq!(fact(&second, "host"), written["host"].as_str().unwrap());
    // Nor is it put in the place of one that runs, and nothing is pulled away from under it.
    clone.tix(&["run", ID, "--restart", "--", "true"]).exits(3);
    let released = clone.tix(&["release", ID]);
    assert!(released.success().stderr().contains("was kept: the worker sh"), "{released}");
    assert!(workspace(&clone, ID).exists());
    gate.open();
    let output = worker.wait();
    assert_eq!(output.exits(7).stdout(), "done\n");
    assert_eq!(record(&clone), None);
    no_leftovers(&clone);
}

#[test]
fn a_worker_outlives_a_tix_that_is_killed_and_its_record_tells_of_it() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = ready_until(&gate);
    let mut worker = clone.tix_command(&["run", ID, "--", "sh", "-c", &script]).spawn();
    worker.until_at(&gate);
    clone.tix(&["run", ID, "--", "true"]).exits(3);
    worker.signal(Signal::KILL);
    let pid = record(&clone).unwrap()["pid"].clone();
    let held = clone.tix(&["run", ID, "--", "true"]);
    assert!(held.exits(3).stderr().contains(&format!("process    {pid}\n")), "{held}");
    gate.open();
    worker.wait().killed_by(9);
    until_gone(&pid);
    let stale = clone.tix(&["run", ID, "--json", "--detach", "--", "true"]);
    assert_eq!(fact(stale.exits(5), "process"), pid.to_string());
    assert!(hints(&stale).contains(&format!("tix run {ID} --restart -- <command>")), "{stale}");
    clone.tix(&["run", ID, "--restart", "--", "true"]).success();
    assert_eq!(record(&clone), None);
}

#[test]
fn a_signal_to_tix_reaches_the_worker() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = ready_until(&gate);
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let before = gate.arrivals();
        let worker = clone.tix_command(&["run", ID, "--", "sh", "-c", &script]).spawn();
        gate.wait_for(before + 1);
        worker.signal(signal);
        worker.wait().exits(code);
        assert_eq!(record(&clone), None);
    }
}

#[test]
fn a_number_that_is_another_process_by_now_or_another_machine_is_not_taken_for_the_worker() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = ready_until(&gate);
    clone.tix(&["run", ID, "--detach", "--", "sh", "-c", &script]).success();
    let pid = record(&clone).unwrap()["pid"].clone();
    gate.open();
    until_gone(&pid);
    // The number of this very process, which surely runs.
    change_record(&clone, |record| record["pid"] = std::process::id().into());
    let stale = clone.tix(&["run", ID, "--", "true"]);
    assert!(stale.exits(5).stderr().contains("it has ended"), "{stale}");
    change_record(&clone, |record| record["host"] = "elsewhere".into());
    let unknown = clone.tix(&["run", ID, "--", "true"]);
    assert!(unknown.exits(3).stderr().contains("was started on elsewhere"), "{unknown}");
    // Its claim having ended, it is nobody's.
    clone.tix(&["release", ID]).success();
    assert_eq!(record(&clone), None);
}

#[test]
fn what_is_left_of_the_worker_of_an_earlier_claim_holds_nobody_off() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = ready_until(&gate);
    clone.tix(&["run", ID, "--detach", "--", "sh", "-c", &script]).success();
    let pid = record(&clone).unwrap()["pid"].clone();
    clone.tix(&["release", ID]).success();
    // While it runs, it works in the place that another one would get.
    let held = clone.tix(&["activate", ID, "--exec", "true"]);
    assert!(held.exits(3).stderr().contains("a worker runs already"), "{held}");
    gate.open();
    until_gone(&pid);
    clone.tix(&["activate", ID, "--exec", "true"]).success();
    assert_eq!(record(&clone), None);
}
