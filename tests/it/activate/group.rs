//! Processes of one clone that claim at the same time: whoever has the turn pushes for all who wait.

use std::thread;
use std::time::{Duration, Instant};

use super::{fact, key};
use crate::harness::{
    Do, Gate, On, Output, Place, Running, Sandbox, Shim, no_leftovers, queue_ticket,
};

const IDS: [&str; 5] =
    ["TICKET-a-001", "TICKET-b-001", "TICKET-c-001", "TICKET-d-001", "TICKET-e-001"];

fn five_tickets() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&IDS.map(|id| (format!("tickets/queue/{id}.md"), queue_ticket(id))));
    sandbox
}

/// The first claims, and is held at its push until the others have asked.
struct Scene {
    sandbox: Sandbox,
    clone: Place,
    gate: Gate,
    first: Running,
    others: Vec<(Shim, Running)>,
}

impl Scene {
    fn begin(rule: impl Fn(&Shim), place: impl Fn(&Place, &str) -> Place) -> Scene {
        let sandbox = five_tickets();
        let clone = sandbox.clone_named("a");
        let shim = Shim::new(&sandbox);
        let gate = shim.gate(On::command("push"));
        let mut first = clone.tix_command(&["activate", IDS[0]]).through(&shim).spawn();
        first.until_at(&gate);
        let start = |id: &&str| {
            let shim = Shim::new(&sandbox);
            rule(&shim);
            let command = place(&clone, id).tix_command(&["activate", id, "--json"]);
            let running = command.through(&shim).spawn();
            (shim, running)
        };
        let others: Vec<_> = IDS[1..].iter().map(start).collect();
        let scene = Scene { sandbox, clone, gate, first, others };
        scene.await_asks();
        scene
    }

    fn await_asks(&self) {
        let began = Instant::now();
        let dir = self.clone.common_dir().join("tix/group");
        let asks = || {
            let files = std::fs::read_dir(&dir).into_iter().flatten().flatten();
            files.filter(|file| file.path().extension().is_some_and(|end| end == "ask")).count()
        };
        while asks() < self.others.len() {
            assert!(began.elapsed() < Duration::from_mins(1), "{} have asked", asks());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Lets all go on, and gives what came of the others.
    fn go_on(mut self) -> (Sandbox, Place, Vec<(Shim, Output)>) {
        self.gate.open();
        self.first.wait().success();
        let end = |(shim, running): (Shim, Running)| (shim, running.wait());
        let ended = self.others.into_iter().map(end).collect();
        (self.sandbox, self.clone, ended)
    }
}

fn pushes(all: &[(Shim, Output)]) -> usize {
    let calls = |(shim, _): &(Shim, Output)| {
        shim.calls().iter().filter(|call| call.subcommand == "push").count()
    };
    all.iter().map(calls).sum()
}

fn active(id: &str) -> String {
    format!("tickets/active/{id}/{id}.md")
}

/// Each ticket is claimed by what its process was told, under a claim commit of its own.
fn assert_claimed(sandbox: &Sandbox, all: &[(Shim, Output)]) {
    let remote = sandbox.remote();
    for (_, output) in all {
        let receipt = output.success().json();
        let (id, claim) = (receipt["ticket"].as_str().unwrap(), &receipt["claim"]);
        assert_eq!(key(&remote, "main", &active(id), "claim_id"), claim["id"].as_str().unwrap());
        let branch = format!("ticket/{id}");
        assert_eq!(key(&remote, &branch, &active(id), "status"), "in_progress");
        let commit = claim["commit"].as_str().unwrap();
        let touched = remote.git(&["diff-tree", "-r", "--name-only", "--no-commit-id", commit]);
        assert_eq!(touched.trim(), format!("{}\ntickets/queue/{id}.md", active(id)));
        assert_eq!(remote.git(&["log", "-1", "--format=%P", &branch]).trim(), commit);
        assert!(std::path::Path::new(receipt["workspace"]["path"].as_str().unwrap()).is_dir());
    }
}

#[test]
fn all_who_wait_go_in_one_push_each_with_commits_of_its_own() {
    let scene = Scene::begin(|_| {}, |clone, _| clone.clone());
    let (sandbox, clone, all) = scene.go_on();
    assert_claimed(&sandbox, &all);
    assert_eq!(pushes(&all), 1);
    assert_eq!(all.iter().map(|(shim, _)| shim.connections()).sum::<usize>(), 1);
    let subjects = sandbox.remote().git(&["log", "--format=%s", "main"]);
    assert_eq!(subjects.lines().filter(|line| line.starts_with("claim: ")).count(), 5);
    no_leftovers(&clone);
}

#[test]
fn a_commit_that_somebody_else_pushes_is_its_claimers_own() {
    let person =
        |clone: &Place, id: &str| clone.as_person(&format!("The one of {id}"), "one@example.org");
    let (sandbox, _, all) = Scene::begin(|_| {}, person).go_on();
    assert_claimed(&sandbox, &all);
    assert_eq!(pushes(&all), 1);
    let log = sandbox.remote().git(&["log", "--format=%s %an %cn", "main"]);
    for id in &IDS[1..] {
        assert!(log.contains(&format!("claim: {id} The one of {id} The one of {id}\n")), "{log}");
    }
}

#[test]
fn whoever_waits_for_a_pusher_that_is_killed_finds_what_it_pushed() {
    let rule = |shim: &Shim| {
        shim.rule(On::command("push").with(IDS[2]), Do::KillAfter);
    };
    let (sandbox, clone, mut all) = Scene::begin(rule, |clone, _| clone.clone()).go_on();
    let killed = all.iter().position(|(_, output)| output.signal == Some(9)).unwrap();
    let (_, killed) = all.remove(killed);
    // One push for all, and nobody pushed again what is there.
    assert_eq!(pushes(&all), 0);
    assert_claimed(&sandbox, &all);
    let id = killed.line.split_whitespace().find(|word| word.starts_with("TICKET-")).unwrap();
    let again = clone.tix(&["activate", id.trim_matches('`'), "--json"]);
    assert_eq!(again.success().json()["outcome"], "resumed");
}

#[test]
fn whoever_waits_for_a_pusher_that_is_killed_before_its_push_pushes_by_itself() {
    let rule = |shim: &Shim| {
        shim.rule(On::command("push").with(IDS[2]).with(IDS[4]), Do::KillBefore);
    };
    let (sandbox, clone, mut all) = Scene::begin(rule, |clone, _| clone.clone()).go_on();
    all.retain(|(_, output)| output.signal.is_none());
    assert_eq!(all.len(), 3);
    assert_claimed(&sandbox, &all);
    let free = IDS.iter().filter(|id| clone.tix(&["activate", id]).code == Some(0)).count();
    assert_eq!(free, 1);
}

#[test]
fn nothing_is_pushed_for_whoever_was_killed_while_it_waited_and_its_ask_is_cleared_away() {
    let mut scene = Scene::begin(|_| {}, |clone, _| clone.clone());
    let (_, killed) = scene.others.remove(2);
    killed.signal(rustix::process::Signal::KILL);
    killed.wait().killed_by(9);
    let (sandbox, clone, all) = scene.go_on();
    assert_claimed(&sandbox, &all);
    let again = clone.tix(&["activate", IDS[3], "--json"]);
    assert_eq!(again.success().json()["outcome"], "activated");
    no_leftovers(&clone);
}

#[test]
fn what_is_taken_meanwhile_is_left_out_and_its_claimer_is_told() {
    let scene = Scene::begin(|_| {}, |clone, _| clone.clone());
    let other = scene.sandbox.clone_named("b").on_machine("m2").as_person("Bob", "bob@example.org");
    other.tix(&["activate", IDS[3]]).success();
    let (sandbox, _, mut all) = scene.go_on();
    let at = all.iter().position(|(_, output)| output.code != Some(0)).unwrap();
    let (_, loser) = all.remove(at);
    assert_eq!(fact(loser.exits(3), "held by"), "Bob <bob@example.org>");
    assert!(loser.stderr().contains(IDS[3]) || loser.stdout().contains(IDS[3]), "{loser}");
    assert_claimed(&sandbox, &all);
}

#[test]
fn a_ticket_that_the_server_refuses_holds_nobody_else_up() {
    let scene = Scene::begin(|_| {}, |clone, _| clone.clone());
    let hook = format!(
        "case $1 in refs/heads/ticket/{}) echo 'Not that one.' >&2; exit 1 ;; esac",
        IDS[3]
    );
    scene.sandbox.remote().hook("update", &hook);
    let (sandbox, _, mut all) = scene.go_on();
    let at = all.iter().position(|(_, output)| output.code != Some(0)).unwrap();
    let (_, loser) = all.remove(at);
    assert!(fact(loser.exits(6), "remote says").starts_with("Not that one."), "{loser}");
    assert_claimed(&sandbox, &all);
}

#[test]
fn a_lost_answer_is_looked_up_by_each_of_them() {
    let cut = "fatal: the remote end hung up unexpectedly\n";
    let rule = |shim: &Shim| {
        shim.rule(On::command("push").nth(1), Do::FailAfter { code: 128, stderr: cut });
    };
    let (sandbox, clone, all) = Scene::begin(rule, |clone, _| clone.clone()).go_on();
    assert_claimed(&sandbox, &all);
    assert_eq!(pushes(&all), 1);
    no_leftovers(&clone);
}
