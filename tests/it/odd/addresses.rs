//! A remote that is fetched from one place and pushed to another: a claim there is one that nobody sees.

use crate::activate::{ID, fact, hints, one_ticket};
use crate::harness::{Output, Place, Sandbox, Untouched};

/// A clone whose pushes go to a copy of the remote: the sandbox, the clone, the copy.
fn forked(configure: impl FnOnce(&Sandbox, &Place, &str)) -> (Sandbox, Place, Place) {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let fork = sandbox.bare_clone("fork.git");
    configure(&sandbox, &clone, fork.path().to_str().unwrap());
    (sandbox, clone, fork)
}

fn pushed_to(clone: &Place, address: &str) {
    clone.git(&["config", "--add", "remote.origin.pushurl", address]);
}

fn refs(place: &Place) -> String {
    place.git(&["for-each-ref"])
}

/// Every way to write is refused, and nothing changes anywhere.
#[track_caller]
fn assert_refused(sandbox: &Sandbox, clone: &Place, fork: &Place) -> Output {
    let (remote, there, here) = (refs(&sandbox.remote()), refs(fork), Untouched::of(clone));
    for write in [&["new", "Another"][..], &["note", ID, "x"], &["init", "--trunk", "tickets"]] {
        let output = clone.tix(&[write, &["--json"]].concat());
        let words = output.exits(5).json()["message"].as_str().unwrap().to_owned();
        assert!(words.contains("from one address and pushes to another"), "{output}");
    }
    let output = clone.tix(&["activate", ID]);
    output.exits(5);
    assert_eq!((refs(&sandbox.remote()), refs(fork)), (remote, there));
    here.assert_same(clone);
    clone.tix(&["list", "--fetch"]).success();
    output
}

#[test]
fn a_claim_is_not_pushed_to_a_fork() {
    let (sandbox, clone, fork) = forked(|_, clone, fork| pushed_to(clone, fork));
    insta::assert_snapshot!(assert_refused(&sandbox, &clone, &fork).redacted(), @r#"
    exit: 5
    ----- stdout -----
    ----- stderr -----
    error: git fetches origin from one address and pushes to another, so nobody would see what you push; nothing changed
      fetch  [ROOT]/origin.git
      push   [ROOT]/fork.git
    hint: push to the address you fetch from: git config --unset-all remote.origin.pushurl
    hint: to keep your own branches at the other address, make it a separate remote: git remote add fork '[ROOT]/fork.git' && git config remote.pushDefault fork && git config --unset-all remote.origin.pushurl
    "#);
    let line = hints(&clone.tix(&["activate", ID, "--json"]));
    let line = line.split("a separate remote: ").nth(1).unwrap().to_owned();
    clone.sh(&line).run().success();
    clone.tix(&["activate", ID]).success();
    assert_eq!(clone.git(&["remote", "get-url", "--push", "fork"]), fork.path().to_str().unwrap());
    sandbox.clone_named("b").tix(&["activate", ID]).exits(3);
}

#[test]
fn nor_to_a_fork_beside_the_remote_nor_where_the_address_is_rewritten() {
    let several = forked(|sandbox, clone, fork| {
        pushed_to(clone, sandbox.url().to_str().unwrap());
        pushed_to(clone, fork);
    });
    let urls = forked(|_, clone, fork| {
        clone.git(&["config", "--add", "remote.origin.url", fork]);
    });
    let rewritten = forked(|sandbox, clone, fork| {
        let key = format!("url.file://{fork}.pushInsteadOf");
        clone.git(&["config", &key, sandbox.url().to_str().unwrap()]);
        clone.git(&["config", "remote.origin.url", sandbox.url().to_str().unwrap()]);
    });
    for (sandbox, clone, fork) in [several, urls, rewritten] {
        assert!(assert_refused(&sandbox, &clone, &fork).stderr().contains("git config"));
    }
}

#[test]
fn a_push_address_is_shown_without_its_password_and_need_not_answer() {
    let secret = "https://ada:secret@example.org/it.git";
    let (_, clone, _) = forked(|_, clone, _| pushed_to(clone, secret));
    let output = clone.tix(&["activate", ID, "--json"]);
    assert_eq!(fact(output.exits(5), "push"), "https://***@example.org/it.git");
    assert!(!format!("{output}").contains("secret"), "{output}");
}

#[test]
fn other_remotes_may_be_pushed_to_wherever_they_like() {
    let (_, clone, _) = forked(|_, clone, fork| {
        clone.git(&["remote", "add", "fork", "/nowhere"]);
        clone.git(&["config", "remote.fork.pushurl", fork]);
        clone.git(&["config", "remote.pushDefault", "fork"]);
        clone.git(&["config", "branch.main.pushRemote", "fork"]);
    });
    clone.tix(&["activate", ID]).success();
    clone.tix(&["release", ID]).success();
}
