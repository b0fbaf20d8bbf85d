use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::harness::{ObjectFormat, Sandbox, Ticket, codes, queue_ticket, together};

const PATH: &str = "tickets/queue/TICKET-foo-001.md";

fn seeded() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.seed(&[
        (PATH, queue_ticket("TICKET-foo-001")),
        ("src/main.rs", "fn main() {}\n".to_owned()),
    ]);
    sandbox
}

#[test]
fn nothing_of_the_machine_leaks_in() {
    let sandbox = Sandbox::new();
    let output = sandbox.remote().sh("env").run();
    let mut names: Vec<&str> = output
        .success()
        .stdout()
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    names.sort_unstable();
    // The shell sets these three itself.
    names.retain(|name| !["PWD", "OLDPWD", "_", "SHLVL"].contains(name));
    let expected = [
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "HOME",
        "LC_ALL",
        "PATH",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
        "XDG_STATE_HOME",
    ];
    assert_eq!(names, expected);
    let root = sandbox.root().to_str().unwrap();
    assert!(root.contains(' ') && !root.is_ascii(), "{root}");
}

#[test]
fn a_sandbox_in_which_nothing_ran_fails_its_test() {
    let unused = Sandbox::new();
    let result = catch_unwind(AssertUnwindSafe(|| drop(unused)));
    let message = *result.unwrap_err().downcast::<&str>().unwrap();
    assert!(message.contains("ran nothing"), "{message}");
}

#[test]
fn the_sandbox_is_gone_with_the_last_of_its_places() {
    let sandbox = seeded();
    let root = sandbox.root().to_owned();
    let clone = sandbox.clone_named("a");
    drop(sandbox);
    clone.git(&["rev-parse", "HEAD"]);
    drop(clone);
    assert!(!root.exists());
}

#[test]
fn commands_find_the_git_under_test_first() {
    let sandbox = seeded();
    let output = sandbox.remote().sh("command -v git").run();
    assert_eq!(output.success().stdout(), format!("{}/bin/git\n", sandbox.root().display()));
}

#[test]
fn seeding_adds_commits_to_the_trunk_on_the_remote() {
    let sandbox = seeded();
    sandbox.seed(&[("tickets/queue/ein Bär.md", b"\xff\n")]);
    sandbox.seed_on("tickets", &[("only", "this")]);
    let remote = sandbox.remote();
    assert_eq!(remote.git(&["rev-list", "--count", "main"]), "2");
    assert_eq!(remote.files("main"), ["src/main.rs", PATH, "tickets/queue/ein Bär.md"]);
    assert_eq!(remote.show("main", "tickets/queue/ein Bär.md"), b"\xff\n");
    assert_eq!(remote.files("tickets"), ["only"]);
}

#[test]
fn every_kind_of_clone_is_what_its_name_says() {
    let sandbox = seeded();
    sandbox.seed(&[("src/lib.rs", "//! More.\n")]);
    assert_eq!(
        sandbox.clone_named("a").git(&["status", "--porcelain=v2", "--branch"]).lines().last(),
        Some("# branch.ab +0 -0")
    );
    assert_eq!(sandbox.bare_clone("bare").git(&["rev-parse", "--is-bare-repository"]), "true");
    assert_eq!(sandbox.shallow_clone("shallow").git(&["rev-list", "--count", "HEAD"]), "1");
    let partial = sandbox.partial_clone("partial");
    assert_eq!(partial.git(&["config", "remote.origin.partialclonefilter"]), "blob:none");
    let sparse = sandbox.sparse_clone("sparse", &["tickets"]);
    assert!(sparse.exists(PATH) && !sparse.exists("src"));
    assert_eq!(sandbox.local_repository("alone").git(&["remote"]), "");
    let linked = sandbox.clone_named("b").worktree("feature");
    assert_eq!(linked.git(&["symbolic-ref", "HEAD"]), "refs/heads/feature");
    assert_ne!(linked.git_dir(), linked.common_dir());
}

#[test]
fn a_partial_clone_lacks_blobs_until_git_needs_them() {
    let sandbox = seeded();
    let old = sandbox.remote().git(&["rev-parse", &format!("main:{PATH}")]);
    sandbox.seed(&[(PATH, "changed\n")]);
    let partial = sandbox.partial_clone("partial");
    let missing = partial.git(&["rev-list", "--objects", "--missing=print", "HEAD"]);
    assert!(missing.contains(&format!("?{old}")), "{missing}");
    assert_eq!(partial.show("HEAD~1", PATH), queue_ticket("TICKET-foo-001").as_bytes());
}

#[test]
fn trunk_and_object_format_can_be_chosen() {
    let sandbox = Sandbox::new().with_trunk("tronco").with_format(ObjectFormat::Sha256);
    sandbox.seed(&[(PATH, queue_ticket("TICKET-foo-001"))]);
    let clone = sandbox.clone_named("a");
    assert_eq!(
        clone.git(&["symbolic-ref", "refs/remotes/origin/HEAD"]),
        "refs/remotes/origin/tronco"
    );
    assert_eq!(clone.git(&["rev-parse", "HEAD"]).len(), 64);
}

#[test]
fn a_commit_takes_exactly_the_files_it_is_given() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    clone.write("staged.txt", "staged\n");
    clone.git(&["add", "staged.txt"]);
    clone.commit("one", &[("new/one.txt", "1\n"), ("src/main.rs", "// changed\n")]);
    assert_eq!(clone.git(&["show", "--format=", "--name-only"]), "new/one.txt\nsrc/main.rs");
    assert_eq!(clone.git(&["diff", "--cached", "--name-only"]), "staged.txt");
}

#[test]
fn machines_and_people_differ_where_they_should() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let other = clone.on_machine("m2").as_person("Bob Example", "bob@example.org");
    assert_eq!(other.git(&["config", "user.name"]), "Bob Example");
    other.frozen_at("2026-01-02T03:04:05Z").git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    assert_eq!(clone.git(&["log", "-1", "--format=%at %ct"]), "1767323045 1767323045");
    assert_eq!(
        clone.git(&["log", "-1", "--format=%an <%ae> %cn <%ce>"]),
        "Bob Example <bob@example.org> Bob Example <bob@example.org>"
    );
    let run = |place: &crate::harness::Place| {
        place.sh("echo \"$XDG_RUNTIME_DIR\"").run().success().stdout().to_owned()
    };
    assert_ne!(run(&clone), run(&other));
}

#[test]
fn ids_give_a_ticket_its_session_and_sequence() {
    insta::assert_snapshot!(queue_ticket("TICKET-foo-bar-001"), @"
    ---
    # Metadata
    ticket_id: TICKET-foo-bar-001
    session_id: foo-bar
    sequence: 001
    title: Make it work
    status: open
    created: 2025-12-03 19:30
    worktree_path: null
    ---

    # Requirements

    - [ ] It works
    - [ ] It is tested

    # Changelog

    ## [2025-12-03 19:30] - Creator: created
    - Ticket created in queue/
    ");
    let draft =
        Ticket::new("TICKET-foo").key("status", "draft").key("priority", "high").crlf().text();
    let end = "status: draft\r\ncreated: 2025-12-03 19:30\r\nworktree_path: null\r\npriority: high\r\n---\r\n";
    assert!(draft.contains("sequence: null\r\n") && draft.contains(end), "{draft:?}");
}

#[test]
fn an_output_shows_everything_at_once_and_hides_what_varies() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("a");
    let script = r#"
        pwd; git rev-parse HEAD; git rev-parse --short HEAD
        echo 'claim_id: 5f3a9c01-77aa'; echo 'again 5f3a9c01-77aa, at 2026-11-20T08:20:10.5Z, +02:00: 2026-11-20T08:20:10+02:00'
        echo '"duration_ms": 123, took 0.3 s, then 12 ms; 3 tickets, 12 max, 1.2.3'
        git ls-files -- ../nowhere; printf 'no line end'; exit 3"#;
    let output = clone.sh(script).run();
    insta::assert_snapshot!(output.exits(3).redacted(), @r#"
    exit: 3
    ----- stdout -----
    [ROOT]/a
    [OID]
    [OID]
    claim_id: [CLAIM]
    again [CLAIM], at [TIME], +02:00: [TIME]
    "duration_ms": [N], took [N ms], then [N ms]; 3 tickets, 12 max, 1.2.3
    no line end⏎ missing
    ----- stderr -----
    fatal: ../nowhere: '../nowhere' is outside repository at '[ROOT]/a'
    "#);
}

#[test]
fn racers_start_only_when_all_are_ready() {
    let sandbox = seeded();
    let root = sandbox.root().display();
    let racers = (0..8)
        .map(|_| sandbox.remote().sh(&format!("ls '{root}/race '*/arrived.* | wc -l")))
        .collect();
    let outputs = together(&sandbox, racers);
    assert_eq!(codes(&outputs), [0; 8]);
    for output in &outputs {
        assert_eq!(output.stdout().trim(), "8", "{output}");
    }
}

#[test]
fn a_racer_keeps_its_own_arguments_directory_and_environment() {
    let sandbox = seeded();
    let [a, b] =
        ["a", "b"].map(|name| sandbox.clone_named(name).env("WHO", format!("it's {name}")));
    let script = "pwd; echo \"$WHO\"; exit 3";
    let outputs = together(&sandbox, vec![a.sh(script), b.sh("cat; exit 4").stdin("fed")]);
    assert_eq!(outputs[0].exits(3).stdout(), format!("{}\nit's a\n", a.path().display()));
    assert_eq!(outputs[1].exits(4).stdout(), "fed");
}
