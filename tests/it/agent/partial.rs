//! A partial clone lacks files that its remote has. To judge a line nothing is fetched.

use super::{CODE, QUEUED, all_pass, all_refused, ask, event, refusal, seeded};
use crate::harness::{Place, Sandbox, queue_ticket};

/// A partial clone on main that has fetched branches and lacks their files: a ticket's commit on `ticket`, code on `code`. Every
/// connection that is made in it is counted.
fn partial(sandbox: &Sandbox) -> Place {
    let clone = sandbox.partial_clone("clone");
    let other = sandbox.clone_named("other");
    let edited = queue_ticket("TICKET-foo-001").replace("Make it work", "Make it fast");
    for (branch, path, text) in
        [("ticket", QUEUED, edited.as_str()), ("code", CODE, "fn other() {}\n")]
    {
        other.git(&["switch", "-q", "-c", branch, "origin/main"]);
        other.commit(branch, &[(path, text)]);
        other.git(&["push", "-q", "origin", branch]);
    }
    clone.git(&["fetch", "-q"]);
    clone.count_connections();
    clone
}

/// Lines of which only the missing files could tell whether they are right.
const UNCERTAIN: [&str; 5] = [
    "git merge --ff-only origin/ticket",
    "git reset --hard origin/ticket",
    "git branch -f main origin/ticket",
    "git push origin origin/ticket:main",
    "git pull && git merge origin/ticket",
];

#[test]
fn no_line_fetches_what_a_partial_clone_lacks() {
    let sandbox = seeded();
    let clone = partial(&sandbox);
    all_refused(&clone, &UNCERTAIN);
    let words = refusal(&clone, UNCERTAIN[0]).unwrap();
    assert!(words.contains("this clone lacks files"), "{words}");
    assert!(words.contains("`tix hook install --strict` installs them"), "{words}");
    // What can be seen without them is seen.
    all_refused(&clone, &["git merge origin/code", "git push origin origin/code:main"]);
    all_pass(&clone, &["git merge-base HEAD origin/code", "git push origin main", "git pull"]);
    assert_eq!(clone.read("../home/connections"), "");

    clone.tix(&["hook", "install", "--strict"]).success();
    clone.write("../home/connections", "");
    all_pass(&clone, &UNCERTAIN);
    all_refused(&clone, &["git merge origin/code", "git push origin origin/code:main"]);
    assert_eq!(clone.read("../home/connections"), "");
    // The hooks fetch it and judge the real thing.
    clone.git(&["merge", "-q", "--ff-only", "origin/ticket"]);
    assert_ne!(clone.read("../home/connections"), "");
}

#[test]
fn the_report_behind_a_line_fetches_nothing_either() {
    let sandbox = seeded();
    let clone = partial(&sandbox);
    clone.git(&["update-ref", "refs/heads/main", "origin/ticket"]);
    clone.write("../home/connections", "");
    let mut after = event(&clone, "git merge origin/ticket");
    after["hook_event_name"] = "PostToolUse".into();
    ask(&clone, "claude", &after).success();
    assert_eq!(clone.read("../home/connections"), "");
}
