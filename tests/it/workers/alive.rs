//! What a record says of a worker that runs, has ended, or cannot be looked at.

use super::*;
use crate::activate::{fact, hints};
use crate::harness::no_leftovers;
use rustix::process::Signal;
use serde_json::json;

/// What the doctor finds about tickets, and not about the clone.
fn findings(clone: &Place) -> Vec<Value> {
    let json = clone.tix(&["doctor", "--json"]).success().json();
    let all = json["findings"].as_array().unwrap();
    all.iter().filter(|one| !one["ticket"].is_null()).cloned().collect()
}

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
    assert!(released.success().stderr().contains("was kept: the worker `sh -c "), "{released}");
    assert!(workspace(&clone, ID).exists());
    // It stays in sight, although nobody holds its ticket.
    let rows = clone.tix(&["list", "--lane", "queue", "--json"]).success().json();
    let seen = &rows["tickets"][0]["overlay"]["worker"];
    assert_eq!((&seen["state"], &seen["earlier"]), (&json!("live"), &json!(true)), "{rows}");
    // Nor is it the worker of whoever has it next.
    let other = sandbox.clone_named("b");
    other.tix(&["activate", ID]).success();
    let status = clone.tix(&["status", ID, "--fetch"]);
    assert!(status.success().stdout().contains(", on an earlier claim"), "{status}");
    let row = clone.tix(&["list", "--columns", "id,worker"]);
    assert!(row.success().stdout().contains("live, earlier claim"), "{row}");
    other.tix(&["release", ID]).success();
    let again = clone.tix(&["activate", ID, "--json"]);
    assert!(fact(again.exits(5), "because").contains("was kept: the worker `sh -c "), "{again}");
    assert_eq!(hints(&again), format!("wait for it to end, then: tix activate {ID}"));
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
    assert_eq!(findings(&clone), [] as [Value; 0]);
    worker.signal(Signal::KILL);
    let pid = record(&clone).unwrap()["pid"].clone();
    let held = clone.tix(&["run", ID, "--", "true"]);
    assert!(held.exits(3).stderr().contains(&format!("process    {pid}\n")), "{held}");
    gate.open();
    worker.wait().killed_by(9);
    until_gone(&pid);
    let stale = clone.tix(&["run", ID, "--json", "--detach", "--", "true"]);
    assert_eq!(fact(stale.exits(5), "process"), pid.to_string());
    let all = findings(&clone);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!((&all[0]["check"], &all[0]["ticket"]), (&json!("stale-worker"), &json!(ID)));
    assert_eq!(all[0]["facts"]["process"], pid.to_string());
    let repair = all[0]["repairs"][0]["command"].as_str().unwrap();
    assert!(repair.starts_with(&format!("tix run {ID} --restart -- ")), "{repair}");
    assert!(hints(&stale).contains(&format!("tix run {ID} --restart -- <command>")), "{stale}");
    // As that of an earlier claim it would be nobody's any more.
    let mut earlier = Value::from("an earlier one");
    change_record(&clone, |record| std::mem::swap(&mut record["claim_id"], &mut earlier));
    assert_eq!(findings(&clone), [] as [Value; 0]);
    change_record(&clone, |record| std::mem::swap(&mut record["claim_id"], &mut earlier));
    clone.tix(&["run", ID, "--restart", "--", "true"]).success();
    assert_eq!(record(&clone), None);
}

/// The terminal sends it to the worker itself, which may have a use of its own for it.
#[test]
fn an_interrupt_is_for_the_worker_and_tix_waits_on() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = format!("{}\nexit 7", ready_until(&gate));
    let mut worker = clone.tix_command(&["run", ID, "--", "sh", "-c", &script]).spawn();
    worker.until_at(&gate);
    worker.signal(Signal::INT);
    clone.tix(&["run", ID, "--", "true"]).exits(3);
    gate.open();
    worker.wait().exits(7);
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
    assert!(stale.exits(5).stderr().contains("a worker ended"), "{stale}");
    change_record(&clone, |record| record["host"] = "elsewhere".into());
    let unknown = clone.tix(&["run", ID, "--", "true"]);
    assert!(unknown.exits(3).stderr().contains("was started on elsewhere"), "{unknown}");
    // Its claim having ended, it is nobody's.
    clone.tix(&["release", ID]).success();
    assert_eq!(record(&clone), None);
}

#[test]
fn status_tells_of_the_worker() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let told = || {
        let json = clone.tix(&["status", ID, "--json"]).success().json()["worker"].clone();
        let human = clone.tix(&["status", ID]).success().stdout().to_owned();
        let line = human.lines().find_map(|line| line.strip_prefix("  worker     "));
        let again = format!("next: tix run {ID} --restart -- <command>\n");
        assert_eq!(human.ends_with(&again), json["state"] == "stale", "{human}");
        (json, line.map(|line| line.split(", started ").next().unwrap().to_owned()))
    };
    assert_eq!(told(), (json!(null), None));
    let script = ready_until(&gate);
    clone.tix(&["run", ID, "--detach", "--", "sh", "-c", &script]).success();
    let written = record(&clone).unwrap();
    let pid = &written["pid"];
    let (live, words) = told();
    assert_eq!(live["state"], "live");
    for key in ["pid", "host", "since", "command", "log"] {
        assert_eq!(live[key], written[key], "{key}");
    }
    assert_eq!(words.unwrap(), format!("live: process {pid}"));
    gate.open();
    until_gone(pid);
    let (stale, words) = told();
    assert_eq!((&stale["state"], &stale["pid"]), (&json!("stale"), pid));
    assert_eq!(words.unwrap(), format!("stale: process {pid} has ended"));
    // It was detached, so that it is not known whether it did its work or was killed.
    let message = format!("the detached worker of {ID} has ended; its log says how");
    assert_eq!(findings(&clone).iter().map(|one| &one["message"]).collect::<Vec<_>>(), [&message]);
    change_record(&clone, |record| record["host"] = "elsewhere".into());
    let (elsewhere, words) = told();
    assert_eq!(
        (&elsewhere["state"], &elsewhere["host"]),
        (&json!("elsewhere"), &json!("elsewhere"))
    );
    assert_eq!(words.unwrap(), format!("elsewhere: process {pid} on elsewhere"));
    // While another is being started nothing is known of it yet.
    let mut slow = Gate::new(&sandbox.fresh_directory("slow"));
    let script = format!("{}\n>\"$TIX_READY\"", slow.script("$$"));
    let run = ["run", ID, "--restart", "--require-ready", "1m", "--", "sh", "-c", &script];
    let mut starting = clone.tix_command(&run).spawn();
    starting.until_at(&slow);
    let begun = told().0;
    assert_eq!((&begun["state"], &begun["pid"]), (&json!("starting"), &json!(null)));
    slow.open();
    starting.wait().success();
    // One that cannot be read hides nothing else.
    clone.write(format!(".git/tix/workers/{ID}.json"), "{");
    let output = clone.tix(&["status", ID, "--json"]);
    assert_eq!(output.success().json()["worker"], json!(null));
    assert!(output.stderr().contains(&format!("{ID}.json")), "{output}");
    clone.tix(&["doctor"]).success();
}

#[test]
fn what_is_left_of_the_worker_of_an_earlier_claim_holds_nobody_off() {
    let sandbox = one_ticket();
    let clone = active(&sandbox);
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let script = ready_until(&gate);
    clone.tix(&["run", ID, "--detach", "--", "sh", "-c", &script]).success();
    let pid = record(&clone).unwrap()["pid"].clone();
    let next = || clone.tix(&["status", ID, "--json"]).success().json()["next"].clone();
    clone.tix(&["release", ID]).success();
    assert_eq!(next(), json!(null));
    // While it runs, it works in the place that another one would get.
    let held = clone.tix(&["activate", ID, "--exec", "true"]);
    assert!(held.exits(3).stderr().contains("a worker is already running"), "{held}");
    gate.open();
    until_gone(&pid);
    assert_eq!(next(), json!(format!("tix activate {ID}")));
    clone.tix(&["activate", ID, "--exec", "true"]).success();
    assert_eq!(record(&clone), None);
}
