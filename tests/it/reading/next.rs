use super::{active_path, held, ids, queue_path, seeded};
use crate::harness::{Do, On, Sandbox, Shim, Ticket, Untouched};

fn completed_path(id: &str) -> String {
    format!("tickets/completed/{id}/{id}.md")
}

/// A queue in which each ticket has a reason of its own.
fn reasons() -> Sandbox {
    let sandbox = Sandbox::new();
    let ticket = |id: &str, keys: &[(&str, &str)]| {
        let ticket = keys.iter().fold(Ticket::new(id), |t, (key, value)| t.key(key, value));
        (queue_path(id), ticket.text())
    };
    sandbox.seed(&[
        ticket("TICKET-a", &[("priority", "P1"), ("depends_on", "[TICKET-done]")]),
        ticket("TICKET-b", &[("priority", "P0"), ("depends_on", "[mail-001]")]),
        ticket("TICKET-c", &[("priority", "P0"), ("blocked", "waits for Eve")]),
        ticket("TICKET-d", &[("status", "draft")]),
        ticket("TICKET-e", &[("depends_on", "[TICKET-nowhere, TICKET-done]")]),
        ticket("TICKET-f", &[("labels", "[ui, small]")]),
        (queue_path("TICKET-g"), "no front matter\n".to_owned()),
        (active_path("TICKET-mail-001"), held("TICKET-mail-001").text()),
        (
            completed_path("TICKET-done-001"),
            Ticket::new("TICKET-done-001").key("status", "completed").text(),
        ),
    ]);
    sandbox
}

#[test]
fn the_best_ticket_is_shown_and_every_other_one_explained() {
    let sandbox = reasons();
    let clone = sandbox.clone_named("a");
    let before = Untouched::of(&clone);
    let answer = clone.tix(&["next", "--json"]).success().json();
    assert_eq!((&answer["schema"], &answer["outcome"]), (&"tix/next@1".into(), &"found".into()));
    assert_eq!(ids(&answer), ["TICKET-a"]);
    assert_eq!((&answer["total"], &answer["truncated"]), (&2.into(), &true.into()));
    assert_eq!(answer["damaged"][0]["path"], "tickets/queue/TICKET-g.md");
    let output = clone.tix(&["next", "--explain"]);
    let told: Vec<(&str, &str)> = output
        .success()
        .stdout()
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|cells| (cells[1], cells[4]))
        .collect();
    let expected = [
        ("TICKET-a", "next"),
        ("TICKET-f", "can be claimed"),
        ("TICKET-b", "it waits for mail-001, which is in active/"),
        ("TICKET-c", "blocked: waits for Eve"),
        ("TICKET-d", "its status is `draft`, not open or queued"),
        ("TICKET-e", "it waits for TICKET-nowhere, which is not on the trunk"),
    ];
    assert_eq!(told, expected, "{output}");
    assert!(output.stderr().contains("warning: tickets/queue/TICKET-g.md:1: "), "{output}");
    let explained = clone.tix(&["next", "--explain", "--json"]).success().json();
    let third = &explained["explained"][2];
    assert_eq!((&third["ticket"]["id"], &third["rank"]), (&"TICKET-b".into(), &().into()));
    assert_eq!(third["hindrances"][0]["kind"], "dependency");
    assert_eq!((&explained["total"], &explained["truncated"]), (&2.into(), &false.into()));
    // Both that can be claimed are there, and not all that are explained.
    let cut = clone.tix(&["next", "--explain", "--limit", "2", "--json"]).success().json();
    assert_eq!((&cut["returned"], &cut["truncated"]), (&2.into(), &true.into()), "{cut}");
    before.assert_same(&clone);
}

#[test]
fn labels_priorities_and_a_limit_narrow_the_choice() {
    let sandbox = reasons();
    let clone = sandbox.clone_named("a");
    let next = |args: &[&str]| {
        let answer = clone.tix(&[&["next", "--json"], args].concat()).success().json();
        ids(&answer).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(next(&["--label", "small,ui"]), ["TICKET-f"]);
    assert_eq!(next(&["--priority", "high"]), ["TICKET-a"]);
    assert_eq!(next(&["--limit", "5"]), ["TICKET-a", "TICKET-f"]);
    clone.tix(&["next", "--label", "ui,large"]).exits(4);
    clone.tix(&["next", "--priority", "soon"]).exits(2);
}

#[test]
fn nothing_to_do_is_told_apart_from_an_error() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(active_path("TICKET-mail-001"), held("TICKET-mail-001").text())]);
    let clone = sandbox.clone_named("a");
    for command in [&["next"][..], &["activate", "--next"]] {
        let answer = clone.tix(&[command, &["--json"]].concat()).exits(4).json();
        assert_eq!(answer["schema"], "tix/next@1", "{command:?}");
        assert_eq!(answer["outcome"], "empty", "{command:?}");
        let output = clone.tix(command);
        insta::allow_duplicates! {
            insta::assert_snapshot!(output.redacted(), @r"
            exit: 4
            ----- stdout -----
            ----- stderr -----
            no ticket can be claimed on origin/main; see why: tix next --explain
            ");
        }
    }
    let explained = clone.tix(&["next", "--explain"]);
    let told = "no ticket can be claimed on origin/main; see what is in progress: tix list --lane active\n";
    assert_eq!(explained.exits(4).stderr(), told, "{explained}");
    let error = clone.tix(&["activate", "TICKET-none", "--json"]).exits(4).json();
    assert_eq!((&error["schema"], &error["outcome"]), (&"tix/error@1".into(), &().into()));
}

#[test]
fn a_wait_ends_with_the_ticket_that_somebody_pushes() {
    let sandbox = seeded();
    let [clone, other] = ["a", "b"].map(|name| sandbox.clone_named(name));
    clone.tix(&["activate", "--next", "--no-worktree"]).success();
    for command in [&["next"][..], &["activate", "--next", "--no-worktree"]] {
        let shim = Shim::new(&sandbox);
        let new = other.tix_command(&["new", "Something to do"]);
        shim.rule(On::command("ls-remote").nth(1), Do::Then(new));
        let args = [command, &["--wait", "60", "--json"]].concat();
        let output = clone.tix_command(&args).through(&shim).run();
        let answer = output.success().json();
        assert!(output.stdout().contains("TICKET-something-to-do-00"), "{output}");
        assert_ne!(answer["outcome"], "empty", "{output}");
        let asked = shim.calls().into_iter().filter(|call| call.subcommand == "ls-remote");
        for call in asked {
            assert!(call.args.ends_with(&["refs/heads/main".to_owned()]), "{call:?}");
        }
    }
}

#[test]
fn a_wait_in_vain_ends_at_its_time_also_when_the_remote_is_away() {
    let sandbox = Sandbox::new();
    sandbox.seed(&[("tickets/queue/.gitkeep", "")]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["next", "--wait", "0"]).exits(4);
    let shim = Shim::new(&sandbox);
    shim.rule(On::command("ls-remote"), Do::Fail { code: 128, stderr: "fatal: no route" });
    let output = clone.tix_command(&["next", "--wait", "2", "--json"]).through(&shim).run();
    assert_eq!(output.exits(4).json()["outcome"], "empty");
    assert!(shim.calls().iter().any(|call| call.subcommand == "ls-remote"));
    let local = sandbox.local_repository("local");
    local.tix(&["next", "--wait", "0"]).exits(4);
    let claim = local.tix_command(&["activate", "--next", "--no-worktree", "--json"]);
    local.tix(&["new", "Here it is"]).success();
    assert_eq!(claim.run().success().json()["ticket"], "TICKET-here-it-is-001");
}
