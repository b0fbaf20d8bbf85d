//! Each fault of the proxy does what it says to a push, over each transport.

use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

use super::bench::{BIG, Client, Rig, fails, ok};
use crate::harness::net::{Fault, Gate, When, wait_until};

#[test]
fn a_proxy_without_a_fault_is_not_noticed() {
    for rig in Rig::each() {
        ok(rig.bench.git(["clone", "-q", &rig.url, "copy"]));
        rig.bench.commit("big", BIG);
        ok(rig.push());
        rig.assert_landed();
        assert!(rig.proxy.connections() >= 2);
        assert!(rig.proxy.faulted().is_empty());
    }
}

#[test]
fn cut_before_the_request_nothing_reaches_the_server() {
    for rig in Rig::each() {
        rig.proxy.set(Fault::CutBeforeRequest);
        fails(rig.push());
        rig.assert_not_landed();
        assert_eq!(rig.proxy.faulted(), [1]);
        if let Some(server) = &rig.http {
            assert!(server.log().is_empty());
        }
    }
}

#[test]
fn cut_during_the_pack_no_ref_moves() {
    for rig in Rig::each() {
        ok(rig.bench.work(["push", "-q", "../r.git", "main"]));
        rig.bench.commit("big", BIG);
        for after in [0, 150, BIG / 2] {
            rig.proxy.set(Fault::CutDuringPack(after));
            ok(rig.ls_remote());
            fails(rig.push());
            rig.assert_not_landed();
        }
        assert_eq!(rig.proxy.faulted().len(), 3);
        ok(rig.bench.work(["push", "../r.git", "main"]));
        ok(rig.push());
        assert_eq!(rig.proxy.faulted().len(), 3, "there was nothing to send, so nothing to cut");
    }
}

#[test]
fn cut_after_the_push_the_ref_has_moved_and_the_client_fails() {
    for rig in Rig::each() {
        rig.proxy.set(Fault::CutAfterPush);
        rig.bench.hook("post-receive", "#!/bin/sh\ntouch hooked\n");
        ok(rig.ls_remote());
        fails(rig.push());
        rig.assert_landed();
        assert!(
            rig.bench.dir.path().join("r.git/hooked").exists(),
            "the cut came before the server was done"
        );
        assert_eq!(rig.proxy.faulted().len(), 1);
    }
}

#[test]
fn cut_after_a_push_in_chunks_the_ref_has_moved_too() {
    let rig = Rig::over_http();
    rig.bench.commit("big", BIG);
    rig.proxy.set(Fault::CutAfterPush);
    fails(rig.bench.work(["-c", "http.postBuffer=65536", "push", &rig.url, "main"]));
    rig.assert_landed();
}

#[test]
fn a_stalled_client_waits_until_the_proxy_ends() {
    for rig in Rig::each() {
        rig.proxy.set(Fault::Stall);
        let mut client = Client::start(rig.push());
        rig.proxy.wait_faulted(1);
        assert!(client.is_running());
        rig.assert_not_landed();
        drop(rig.proxy);
        wait_until("the client saw the end of the connection", || !client.is_running());
    }
}

#[test]
fn a_stalled_answer_leaves_the_client_waiting_for_what_has_happened() {
    for rig in Rig::each() {
        rig.proxy.set(Fault::StallAnswer);
        ok(rig.ls_remote());
        let mut client = Client::start(rig.push());
        rig.proxy.wait_faulted(1);
        rig.assert_landed();
        assert!(client.is_running());
        drop(rig.proxy);
        wait_until("the client saw the end of the connection", || !client.is_running());
    }
}

#[test]
fn a_slow_connection_works_late() {
    for rig in Rig::each() {
        let delay = Duration::from_millis(60);
        rig.proxy.set(Fault::Slow(delay));
        let begin = Instant::now();
        ok(rig.push());
        // The look at the refs, the push, and an answer to each.
        assert!(begin.elapsed() >= delay * 4);
        rig.assert_landed();
    }
}

#[test]
fn a_held_push_lands_after_its_client_has_gone() {
    for rig in Rig::each() {
        let gate = Gate::new();
        rig.proxy.set(Fault::DelayRequest(gate.clone()));
        let client = Client::start(rig.push());
        gate.wait_held();
        drop(client);
        rig.assert_not_landed();
        ok(rig.ls_remote());
        gate.open();
        gate.wait_answered();
        rig.assert_landed();
        assert_eq!(rig.proxy.faulted().len(), 1);
    }
}

#[test]
fn a_held_push_is_held_whole_and_answered_to_a_client_that_stayed() {
    for rig in Rig::each() {
        rig.bench.commit("big", BIG);
        let gate = Gate::new();
        rig.proxy.set(Fault::DelayRequest(gate.clone()));
        let push = rig.push();
        let client = thread::spawn(move || -> Output { { push }.output().unwrap() });
        gate.wait_held();
        gate.open();
        let output = client.join().unwrap();
        assert!(output.status.success(), "{output:?}");
        rig.assert_landed();
    }
}

#[test]
fn a_held_push_is_refused_when_another_was_first() {
    for rig in Rig::each() {
        let gate = Gate::new();
        rig.proxy.set_rules([(When::NthPush(1), Fault::DelayRequest(gate.clone()))]);
        let client = Client::start(rig.push());
        gate.wait_held();
        drop(client);
        rig.bench.commit("third", 10);
        ok(rig.push());
        gate.open();
        gate.wait_answered();
        rig.assert_landed();
    }
}

#[test]
fn rules_choose_the_connections() {
    let [git, http] = Rig::each();
    for rig in [&git, &http] {
        rig.proxy.set_rules([
            (When::Nth(2), Fault::CutBeforeRequest),
            (When::From(4), Fault::CutBeforeRequest),
        ]);
        // Over HTTP the newer protocol looks at the refs in two requests.
        let look = || rig.bench.work(["-c", "protocol.version=0", "ls-remote", &rig.url]);
        ok(look());
        fails(look());
        ok(look());
        fails(look());
        fails(look());
        assert_eq!(rig.proxy.faulted(), [2, 4, 5]);
        rig.proxy.set_rules([(When::Nth(1), Fault::CutBeforeRequest)]);
        fails(look());
        assert_eq!(rig.proxy.faulted(), [2, 4, 5, 6], "counted anew");

        rig.proxy.set_rules([(When::Push, Fault::CutBeforeRequest)]);
        ok(look());
        fails(rig.push());
        rig.assert_not_landed();
    }
    let looks = [(&git, "git-receive-pack /r.git"), (&http, "service=git-receive-pack")];
    for (rig, words) in looks {
        rig.proxy.set_rules([(When::Opening(words), Fault::CutBeforeRequest)]);
        ok(rig.ls_remote());
        fails(rig.push());
    }
}
