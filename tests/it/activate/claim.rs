use super::{ACTIVE, BRANCH, ID, QUEUED, hints, key, one_ticket, subjects, workspace};
use crate::harness::{Sandbox, Ticket, Untouched, no_leftovers, on_terminal, queue_ticket};

#[test]
fn the_answer_says_where_to_go_and_how_to_give_it_back() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", ID]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    TICKET-foo-001 is yours
      title      Make it work
      branch     ticket/TICKET-foo-001
      workspace  [ROOT]/a.worktrees/TICKET-foo-001
      ticket     tickets/active/TICKET-foo-001/TICKET-foo-001.md
      to do      [ ] It works
                 [ ] It is tested
    next:
      cd '[ROOT]/a.worktrees/TICKET-foo-001'
      tix complete    # when it is done
      tix release     # to give it back
    ----- stderr -----
    ");
}

#[test]
fn on_a_terminal_a_person_sees_what_is_waited_for_until_the_answer_is_there() {
    let clone = one_ticket().clone_named("a").not_up_to_date();
    let Some(output) = on_terminal(&clone, None, &format!("activate {ID}"), "") else { return };
    let text = output.success().stdout();
    let shown = [
        "fetching from origin …",
        "pushing to origin …",
        "making the workspace …",
        "TICKET-foo-001 is yours",
        "branch     ticket/TICKET-foo-001",
        "cd '",
        "tix complete",
    ];
    let places: Vec<usize> = shown
        .iter()
        .map(|words| text.find(words).unwrap_or_else(|| panic!("{words}: {output}")))
        .collect();
    assert!(places.is_sorted(), "{output}");
    // Each takes the place of the one before it, and the answer stands alone.
    let (progress, answer) = text.split_at(places[3]);
    assert_eq!(
        progress.matches("\r\u{1b}[K").count(),
        progress.matches('…').count() + 1,
        "{output}"
    );
    assert!(progress.ends_with("\r\u{1b}[K") && !answer.contains(['…', '\u{1b}']), "{output}");
    // Who reads JSON waits without a word.
    let quiet = on_terminal(&clone, None, &format!("activate --resume {ID} --json"), "").unwrap();
    assert!(
        !quiet.success().stdout().contains('…') && quiet.json()["outcome"] == "already",
        "{quiet}"
    );
}

#[test]
fn a_claim_is_one_commit_on_the_trunk_with_exactly_two_paths() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let before = sandbox.remote().git(&["rev-parse", "main"]);
    let output = clone.tix(&["activate", "foo-001", "--json"]);
    let receipt = output.success().json();

    let remote = sandbox.remote();
    assert_eq!(subjects(&sandbox), [format!("claim: {ID}")]);
    assert_eq!(remote.git(&["rev-parse", "main^"]), before);
    let changed =
        remote.git(&["diff-tree", "-r", "--no-renames", "--name-status", "main^", "main"]);
    assert_eq!(changed, format!("A\t{ACTIVE}\nD\t{QUEUED}"));
    assert_eq!(receipt["claim"]["commit"], remote.git(&["rev-parse", "main"]));
    assert_eq!(receipt["claim"]["id"], key(&remote, "main", ACTIVE, "claim_id"));
    assert_eq!(receipt["claim"]["by"], "Ada Example <ada@example.org>");
    assert_eq!(receipt["attempts"], 1);
    let trailers = remote.git(&["log", "-1", "--format=%(trailers:only)", "main"]);
    for line in ["Tix-Ticket: TICKET-foo-001", "Tix-Actor: Ada Example <ada@example.org>"] {
        assert!(trailers.lines().any(|l| l == line), "{trailers}");
    }
    assert!(trailers.contains(&format!("Tix-Claim: {}", receipt["claim"]["id"].as_str().unwrap())));
}

#[test]
fn only_the_keys_of_the_claim_change_in_the_file() {
    let odd = "<!-- a comment\nbefore -->\n---\n# Metadata\nID: 0022\nstatus:   'open'   # ready\nsequence: 001\n\
               title: \"A: b\"\nx: {placeholder}\n---\n\nstatus: open\r\n```\nclaimed_by: me\n```\nno end";
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, odd)]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let remote = sandbox.remote();
    let text = String::from_utf8(remote.show("main", ACTIVE)).unwrap();
    let ours = ["claimed_by: ", "claimed_at: ", "claim_id: "];
    let rest: String =
        text.split_inclusive('\n').filter(|l| !ours.iter().any(|o| l.starts_with(o))).collect();
    // The body's own line about a claim is none of the claim's.
    let expected = odd.replace("claimed_by: me\n", "").replace("'open'", "claimed");
    assert_eq!(rest, expected.replace("   'claimed'", "   claimed"));
    assert!(text.contains("```\nclaimed_by: me\n```\nno end"));
}

#[test]
fn after_a_win_the_ticket_is_active_on_the_remote_and_in_progress_on_its_branch() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let before = Untouched::besides_ticket(&clone, ID);
    let receipt = clone.tix(&["activate", ID, "--json"]).success().json();
    before.assert_same(&clone);
    no_leftovers(&clone);

    let remote = sandbox.remote();
    let files = remote.files("main");
    assert!(files.contains(&ACTIVE.to_owned()) && !files.contains(&QUEUED.to_owned()), "{files:?}");
    assert_eq!(key(&remote, "main", ACTIVE, "status"), "claimed");

    let path = workspace(&clone, ID);
    assert_eq!(receipt["workspace"]["path"], path.to_str().unwrap());
    assert_eq!(key(&remote, BRANCH, ACTIVE, "status"), "in_progress");
    assert_eq!(key(&remote, BRANCH, ACTIVE, "branch"), format!("ticket/{ID}"));
    // Nothing of this machine is told to everybody.
    let seen = path.strip_prefix(sandbox.root()).unwrap().to_str().unwrap();
    assert_eq!(key(&remote, BRANCH, ACTIVE, "worktree_path"), format!("../{seen}"));
    let whole = String::from_utf8(remote.show(BRANCH, ACTIVE)).unwrap();
    assert!(!whole.contains(sandbox.root().to_str().unwrap()), "{whole}");
    assert_eq!(
        remote.git(&["rev-parse", &format!("{BRANCH}^")]),
        remote.git(&["rev-parse", "main"])
    );
    let there = clone.at(&path);
    assert_eq!(
        there.git(&["status", "--porcelain=v2", "--branch"]).lines().skip(1).collect::<Vec<_>>(),
        [
            format!("# branch.head ticket/{ID}").as_str(),
            &format!("# branch.upstream origin/ticket/{ID}"),
            "# branch.ab +0 -0",
        ]
    );
    assert!(there.read(ACTIVE).contains("Creator: activated\n- Claimed by Ada Example"));
}

#[test]
fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let (before, remote) = (Untouched::of(&clone), Untouched::of(&sandbox.remote()));
    let output = clone.tix(&["activate", ID, "--dry-run"]);
    insta::assert_snapshot!(output.success().redacted(), @"
    exit: 0
    ----- stdout -----
    would claim TICKET-foo-001 for Ada Example <ada@example.org>
      tickets/queue/TICKET-foo-001.md -> tickets/active/TICKET-foo-001/TICKET-foo-001.md
      branch     ticket/TICKET-foo-001
      workspace  [ROOT]/a.worktrees/TICKET-foo-001
    ----- stderr -----
    ");
    let plan = clone.tix(&["activate", ID, "--dry-run", "--json"]).success().json();
    assert_eq!(plan["to"], ACTIVE);
    before.assert_same(&clone);
    remote.assert_same(&sandbox.remote());
    no_leftovers(&clone);
    assert!(!workspace(&clone, ID).parent().unwrap().exists());
    // It is still there for the taking, by anybody; and then a dry run says so.
    sandbox.clone_named("b").tix(&["activate", ID]).success();
    clone.tix(&["activate", ID, "--dry-run"]).exits(3);
    before.assert_same(&clone);
}

#[test]
fn without_a_worktree_there_is_a_branch_on_the_remote_and_nothing_here() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    let receipt = clone.tix(&["activate", ID, "--no-worktree", "--json"]).success().json();
    before.assert_same(&clone);
    assert!(receipt["workspace"]["path"].is_null());
    assert_eq!(key(&sandbox.remote(), BRANCH, ACTIVE, "worktree_path"), "null");
    clone.git(&["switch", "-q", &format!("ticket/{ID}")]);
    clone.tix(&["release", ID]).success();
}

#[test]
fn the_reason_stands_in_the_claims_commit_and_forges_no_trailer() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID, "--reason", "urgent\n\nTix-Claim: forged\x1b[31m"]).success();
    let message = sandbox.remote().git(&["log", "-1", "--format=%B", "main"]);
    assert!(message.contains("\n  urgent Tix-Claim: forged [31m\n"), "{message:?}");
    let claims = sandbox.remote().git(&["log", "-1", "--format=%(trailers:key=Tix-Claim)", "main"]);
    assert!(!claims.contains("forged"), "{claims}");
}

#[test]
fn author_and_committer_are_the_users_and_the_actor_can_be_named() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a").as_person("Bob Example", "bob@example.org");
    clone.env("TIX_ACTOR", "agent 7").tix(&["activate", ID]).success();
    let remote = sandbox.remote();
    let who = remote.git(&["log", "-1", "--format=%an <%ae> %cn", "main"]);
    assert_eq!(who, "Bob Example <bob@example.org> Bob Example");
    assert_eq!(key(&remote, "main", ACTIVE, "claimed_by"), "agent 7");
}

#[test]
fn trunk_commits_can_ask_continuous_integration_to_skip_them() {
    let sandbox = one_ticket();
    sandbox.seed(&[(".tix.yaml", "skip_ci: true\n")]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    clone.tix(&["release", ID]).success();
    let expected = [format!("release: {ID} [skip ci]"), format!("claim: {ID} [skip ci]")];
    assert_eq!(subjects(&sandbox), expected);
}

#[test]
fn local_commits_are_never_published_by_a_claim_and_a_warning_counts_them() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    clone.commit("mine", &[("mine.txt", "1\n")]);
    sandbox.seed(&[("theirs.txt", "2\n")]);
    let before = Untouched::besides_ticket(&clone, ID);
    let output = clone.tix(&["activate", ID]);
    before.assert_same(&clone);
    let warning = "warning: your local main has diverged: 1 commit that origin/main does not have, 2 that it lacks";
    assert!(output.success().stderr().contains(warning), "{output}");
    assert!(!sandbox.remote().files("main").contains(&"mine.txt".to_owned()));
    assert!(!sandbox.remote().files(BRANCH).contains(&"mine.txt".to_owned()));
}

#[test]
fn a_ticket_that_is_only_in_the_checkout_is_refused_with_what_to_do() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let path = "tickets/queue/TICKET-new-001.md";
    clone.write(path, queue_ticket("TICKET-new-001"));
    for query in ["TICKET-new-001", "new-001", path] {
        let output = clone.tix(&["activate", query, "--json"]);
        let message = output.exits(4).json()["message"].as_str().unwrap().to_owned();
        assert_eq!(message, format!("{path} is not on origin/main yet"));
    }
    let output = clone.tix(&["activate", path]);
    insta::assert_snapshot!(output.exits(4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: tickets/queue/TICKET-new-001.md is not on origin/main yet
    hint: add it: tix new --from tickets/queue/TICKET-new-001.md
    hint: or commit it and push it to main
    ");
    // The same when it is committed, but not pushed.
    clone.commit("ticket", &[(path, &queue_ticket("TICKET-new-001"))]);
    clone.tix(&["activate", "new-001"]).exits(4);
    // The hint is a command that works.
    clone.tix(&["new", "--from", path]).success();
    clone.tix(&["activate", "new-001"]).success();
}

#[test]
fn a_ticket_that_does_not_exist_is_told_with_the_nearest() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["activate", "TICKET-fooo-01"]);
    insta::assert_snapshot!(output.exits(4).redacted(), @"
    exit: 4
    ----- stdout -----
    ----- stderr -----
    error: no ticket matches `TICKET-fooo-01`
      nearest    TICKET-foo-001
      looked on  origin/main
    hint: list the tickets: tix list
    ");
}

#[test]
fn what_is_no_regular_file_is_no_ticket() {
    let sandbox = one_ticket();
    let clone = sandbox.clone_named("a");
    let remote = sandbox.remote();
    let blob = remote.git(&["rev-parse", &format!("main:{QUEUED}")]);
    let commit = remote.git(&["rev-parse", "main"]);
    for (mode, oid, what) in
        [("120000", &blob, "a symbolic link"), ("160000", &commit, "a submodule")]
    {
        clone.git(&["update-index", "--add", "--cacheinfo", &format!("{mode},{oid},{QUEUED}")]);
        clone.git(&["commit", "-q", "-m", "trick"]);
        clone.git(&["push", "-q"]);
        let output = clone.tix(&["activate", ID]);
        assert!(output.exits(9).stderr().contains(what), "{output}");
    }
    let tree = remote.git(&["rev-parse", "main:src"]);
    assert_eq!(tree.len(), 40);
    clone.git(&["rm", "-q", "--cached", QUEUED]);
    clone.git(&["read-tree", &format!("--prefix={QUEUED}/"), &tree]);
    clone.git(&["commit", "-q", "-m", "directory"]);
    clone.git(&["push", "-q"]);
    let output = clone.tix(&["activate", ID]);
    assert!(output.exits(9).stderr().contains("a directory"), "{output}");
    assert!(!subjects(&sandbox).iter().any(|subject| subject.starts_with("claim")));
}

#[test]
fn hostile_fields_stay_in_their_place() {
    let sandbox = Sandbox::new().with_trunk("main");
    let ticket = Ticket::new("TICKET-evil-001")
        .key("session_id", "../../../escape")
        .key("title", "\"x\\nTix-Claim: forged\\e[31m $(touch pwned) `id`\"");
    sandbox.seed(&[("tickets/queue/TICKET-evil-001.md", ticket.text())]);
    let clone = sandbox.clone_named("a");
    let template = "../{repo}.worktrees/{session}/{id}";
    clone.git(&["config", "tix.worktree", template]);
    let output = clone.tix(&["activate", "evil-001"]);
    assert_ne!(output.code, Some(0), "{output}");
    assert!(hints(&clone.tix(&["activate", "evil-001", "--json"])).len() < 400);
    clone.git(&["config", "--unset", "tix.worktree"]);
    let output = clone.tix(&["activate", "evil-001"]);
    output.success();
    assert!(!output.to_string().contains('\x1b'), "{output:?}");
    let files = sandbox.remote().files("main");
    assert!(
        files.iter().all(|file| file.starts_with("tickets/active/TICKET-evil-001/")),
        "{files:?}"
    );
    for query in ["-x", "--", "../../etc", "a\nb", ""] {
        let output = clone.tix(&["activate", "--", query]);
        assert!(matches!(output.code, Some(2 | 4)), "{query:?}: {output}");
    }
}
