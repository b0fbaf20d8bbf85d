//! A ticket branch merges without a conflict below `tickets/`, whatever others do to other tickets meanwhile, and whoever
//! takes the ticket over.

use super::{ACTIVE, BRANCH, COMPLETED, ID, QUEUED, ready};
use crate::activate::workspace;
use crate::harness::{Place, Sandbox, Ticket, queue_ticket};

/// The paths in which a merge of the ticket branch into the trunk would conflict.
fn conflicts(remote: &Place) -> Vec<String> {
    let args = ["merge-tree", "--write-tree", "--name-only", "--no-messages", "main", BRANCH];
    let output = remote.try_git(&args);
    assert!(matches!(output.code, Some(0 | 1)), "{output}");
    output.stdout().lines().skip(1).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// Numbers that look random and are the same in every run: xorshift, from Marsaglia's paper of that name.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }
}

fn crowd() -> Sandbox {
    let sandbox = Sandbox::new();
    let mut files = vec![
        (QUEUED.to_owned(), ready(ID)),
        ("src/main.rs".to_owned(), "fn main() {}\n".to_owned()),
    ];
    for lane in ["queue", "active", "completed", "archive"] {
        files.push((format!("tickets/{lane}/.gitkeep"), String::new()));
    }
    for n in 1..=3 {
        let id = format!("TICKET-other-00{n}");
        files.push((format!("tickets/queue/{id}.md"), queue_ticket(&id)));
        let id = format!("TICKET-done-00{n}");
        let done = Ticket::new(&id).key("status", "approved").text();
        files.push((format!("tickets/completed/{id}/{id}.md"), done));
    }
    sandbox.seed(&files);
    sandbox
}

/// What happens at a step: mostly to other tickets, sometimes to this one. Whether it was possible does not matter.
fn happen(numbers: &mut Numbers, step: usize, holder: &Place, others: &[Place]) {
    let other = &others[numbers.below(others.len())];
    let n = numbers.below(3) + 1;
    let (waiting, done) = (format!("TICKET-other-00{n}"), format!("TICKET-done-00{n}"));
    let there = |place: &Place| place.at(workspace(place, ID));
    let tix = |args: &[&str]| {
        other.tix(args).code.unwrap();
    };
    match numbers.below(12) {
        0 => tix(&["new", &format!("Something new {step}")]),
        1 => tix(&["activate", &waiting]),
        2 => tix(&["release", &waiting]),
        3 => tix(&["close", &waiting, "--as", "wont_do"]),
        4 => tix(&["archive", &done]),
        5 => tix(&["reopen", &done, "--reason", "it broke"]),
        6 => tix(&["block", &waiting, "--reason", "no key"]),
        7 => tix(&["note", ID, "from outside"]),
        8 => tix(&["rework", &done]),
        // Others push code; every second time where the holder works too.
        9 => {
            other.git(&["fetch", "-q"]);
            other.git(&["checkout", "-q", "--detach", "origin/main"]);
            let file = if step.is_multiple_of(2) {
                "src/main.rs".to_owned()
            } else {
                format!("src/{step}.rs")
            };
            other.commit("code", &[(&file, &format!("fn main() {{ theirs({step}) }}\n"))]);
            other.git(&["push", "-q", "origin", "HEAD:main"]);
        }
        10 => tix(&["reclaim", ID, "--reason", "mine now", "--force"]),
        _ => {
            let here = there(holder);
            here.git(&["pull", "-q", "--rebase"]);
            here.commit("work", &[("src/main.rs", &format!("fn main() {{ ours({step}) }}\n"))]);
            here.git(&["push", "-q"]);
        }
    }
}

#[test]
fn nothing_that_others_do_makes_a_ticket_branch_conflict_in_a_ticket() {
    for seed in [1, 20_261_120] {
        let sandbox = crowd();
        let remote = sandbox.remote();
        let holder = sandbox.clone_named("a");
        holder.tix(&["activate", ID]).success();
        let others: Vec<_> = ["b", "c"]
            .map(|name| sandbox.clone_named(name).on_machine(name).env("TIX_ACTOR", name))
            .into();
        let mut numbers = Numbers(seed);
        let check = |step: usize| {
            let found = conflicts(&remote);
            let bad: Vec<_> = found.iter().filter(|path| path.starts_with("tickets/")).collect();
            assert!(bad.is_empty(), "seed {seed}, step {step}: {bad:?}");
            found
        };
        for step in 0..30 {
            happen(&mut numbers, step, &holder, &others);
            check(step);
        }
        // One more takeover, so that none is without.
        let last = &others[0];
        last.tix(&["reclaim", ID, "--reason", "to end it", "--force"]).success();
        let in_code = check(30);
        last.tix(&["complete", ID]).success();
        assert_eq!(check(31), in_code, "the ticket's move adds no conflict");
        // Where the merge is clean as a whole, it brings the ticket to its place.
        if in_code.is_empty() {
            let tree = remote.git(&["merge-tree", "--write-tree", "main", BRANCH]);
            let files = remote.files(&tree);
            assert!(files.contains(&COMPLETED.to_owned()) && !files.contains(&ACTIVE.to_owned()));
        }
    }
}

#[test]
fn a_takeover_takes_nothing_of_the_code_along_and_loses_nothing_of_the_trunk() {
    let sandbox = crowd();
    let remote = sandbox.remote();
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let here = ada.at(workspace(&ada, ID));
    here.commit("ours", &[("src/main.rs", "fn main() { ours() }\n")]);
    here.git(&["push", "-q"]);
    let bob = super::bob(&sandbox);
    bob.git(&["pull", "-q"]);
    bob.commit("theirs", &[("src/main.rs", "fn main() { theirs() }\n"), ("src/new.rs", "1\n")]);
    bob.git(&["push", "-q"]);
    let (trunk, branch) = (remote.git(&["rev-parse", "main"]), remote.git(&["rev-parse", BRANCH]));
    bob.tix(&["reclaim", ID, "--reason", "x", "--force"]).success();
    // On both sides the ticket's file is all that changed.
    assert_eq!(remote.git(&["diff", "--name-only", &trunk, "main"]), ACTIVE);
    assert_eq!(remote.git(&["diff", "--name-only", &branch, BRANCH]), ACTIVE);
    assert_eq!(conflicts(&remote), ["src/main.rs"]);
    // A second one, by somebody who merged the trunk in between.
    here.git(&["pull", "-q"]);
    here.git(&["fetch", "-q"]);
    here.git(&["merge", "-q", "-X", "ours", "-m", "merge", "origin/main"]);
    here.git(&["push", "-q"]);
    assert_eq!(conflicts(&remote), [""; 0]);
    ada.tix(&["reclaim", ID, "--reason", "back again", "--force"]).success();
    assert_eq!(conflicts(&remote), [""; 0]);
    let tree = remote.git(&["merge-tree", "--write-tree", "main", BRANCH]);
    assert_eq!(String::from_utf8(remote.show(&tree, "src/new.rs")).unwrap(), "1\n");
}

#[test]
fn tickets_that_share_a_directory_do_not_drag_each_other_along() {
    let sandbox = Sandbox::new();
    let (second, third) = ("TICKET-foo-002", "TICKET-foo-003");
    let mut files: Vec<_> = ["queue", "active", "completed", "archive"]
        .map(|lane| (format!("tickets/{lane}/.gitkeep"), String::new()))
        .into();
    for id in [ID, second, third] {
        // Long enough to be known again when some of its lines have changed.
        let long =
            ready(id).replace("# Changelog", &format!("{}# Changelog", "So it is.\n".repeat(99)));
        files.push((format!("tickets/queue/{id}.md"), long));
    }
    files.push((".tix.yaml".to_owned(), "active_dir: \"{session}\"\n".to_owned()));
    sandbox.seed(&files);
    let remote = sandbox.remote();
    let ada = sandbox.clone_named("a");
    ada.tix(&["activate", ID]).success();
    let here = ada.at(workspace(&ada, ID));
    sandbox.work_on(ID);
    here.tix(&["complete"]).success();
    // To git the first one's move looks as if its whole directory had been moved.
    let bob = super::bob(&sandbox);
    bob.tix(&["activate", second]).success();
    bob.tix(&["new", "--session", "foo", "Another"]).success();
    assert_eq!(conflicts(&remote), [""; 0]);
    let tree = remote.git(&["merge-tree", "--write-tree", "main", BRANCH]);
    let files = remote.files(&tree);
    for path in
        [format!("tickets/active/foo/{second}.md"), format!("tickets/completed/foo/{ID}.md")]
    {
        assert!(files.contains(&path), "{path} is not among {files:?}");
    }
}
