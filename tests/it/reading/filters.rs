//! Which tickets `tix list` shows, in which order, and what it shows of them.

use serde_json::{Value, json};

use super::{active_path, held, ids, queue_path};
use crate::harness::{Gate, Place, Sandbox, Ticket};

/// One ticket of each kind; all moments lie far back, but for one.
fn many_kinds() -> Sandbox {
    let sandbox = Sandbox::new();
    let queued = |id: &str, keys: &[(&str, &str)]| {
        let ticket = keys.iter().fold(Ticket::new(id), |t, (key, value)| t.key(key, value));
        (queue_path(id), ticket.text())
    };
    let mail = held("TICKET-mail").key("labels", "[api]").key("priority", "P3");
    let web = held("TICKET-web").key("claimed_by", "Eve <eve@example.org>");
    sandbox.seed(&[
        queued("TICKET-a", &[("priority", "P2"), ("labels", "[ui]"), ("created", "2025-03-01")]),
        queued(
            "TICKET-b",
            &[("priority", "P1"), ("labels", "[ui, api]"), ("depends_on", "[mail]")],
        ),
        queued("TICKET-c", &[("blocked", "waits"), ("created", "2025-02-01")]),
        queued("TICKET-d", &[("status", "draft"), ("title", "Größe der Öffnung")]),
        queued("TICKET-new", &[("created", "2999-01-01"), ("priority", "low")]),
        (active_path("TICKET-mail"), mail.text()),
        (active_path("TICKET-web"), web.key("claimed_at", "2025-12-02T12:00:00Z").text()),
        (
            "tickets/completed/TICKET-old/TICKET-old.md".to_owned(),
            Ticket::new("TICKET-old").key("status", "done").text(),
        ),
    ]);
    sandbox
}

fn listed(clone: &Place, args: &str) -> String {
    let words: Vec<&str> = args.split(' ').filter(|word| !word.is_empty()).collect();
    let answer = clone.tix(&[&["list", "--json"], words.as_slice()].concat()).success().json();
    ids(&answer)
        .into_iter()
        .map(|id| id.trim_start_matches("TICKET-"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn every_filter_keeps_what_it_says_and_several_keep_what_fits_all() {
    let sandbox = many_kinds();
    let clone = sandbox.clone_named("a");
    let cases = [
        ("", "a b c d new mail web"),
        ("--lane completed", "old"),
        ("--holder EVE@", "web"),
        ("--label api", "b mail"),
        ("--label ui,api", "b"),
        ("--priority P1,medium", "a b"),
        ("--ready", "a new"),
        ("--ready --label ui", "a"),
        ("--blocked", "b c"),
        ("--stale", "mail web"),
        ("--stale=5000w", ""),
        ("--text größe", "d"),
        ("--text GRÖSSE", ""),
        ("--text ^title:.*Öff", "d"),
        ("--since 2026-01-01", "new"),
        ("--since 2025-12-03", "b d new mail"),
        ("--status draft,blocked", "c d"),
        ("--sort id", "a b c d mail new web"),
        ("--sort priority", "b a mail new c d web"),
        ("--sort age --limit 3", "c a web"),
        ("--sort age --reverse --limit 1", "new"),
        ("--sort holder --limit 2", "mail web"),
        ("--sort status --limit 2", "d a"),
        ("--sort activity --limit 2", "new b"),
        ("--offset 5 --limit 1", "mail"),
        ("--offset 50", ""),
    ];
    for (args, expected) in cases {
        assert_eq!(listed(&clone, args), expected, "tix list {args}");
    }
    for wrong in ["--text=(", "--since=soon", "--stale=3y", "--sort=x", "--columns=x", "--label"] {
        clone.tix(&["list", wrong]).exits(2);
    }
}

#[test]
fn columns_are_shown_as_they_are_asked_for() {
    let sandbox = many_kinds();
    let clone = sandbox.clone_named("a");
    let output = clone.tix(&["list", "--columns", "id,priority,labels,depends-on,blocked,path"]);
    let lines: Vec<&str> = output.success().stdout().lines().collect();
    assert_eq!(lines[1], "TICKET-b\tP1\tui,api\tmail\t-\ttickets/queue/TICKET-b.md");
    assert_eq!(lines[2], "TICKET-c\t-\t-\t-\twaits\ttickets/queue/TICKET-c.md");
    let output = clone.tix(&["list", "--columns=id,source", "--lane=active", "--limit=1"]);
    assert_eq!(output.success().stdout(), "TICKET-mail\torigin/main\n");
    assert_eq!(output.stderr(), "the first 1 of 2\n");
}

#[test]
fn a_line_of_json_is_a_ticket_of_the_list() {
    let sandbox = many_kinds();
    let clone = sandbox.clone_named("a");
    let whole = clone.tix(&["list", "--json"]).success().json();
    let output = clone.tix(&["list", "--jsonl"]);
    let lines: Vec<Value> =
        output.success().stdout().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::Array(lines), whole["tickets"]);
    assert_eq!(clone.tix(&["list", "--jsonl", "--label", "none"]).success().stdout(), "");
}

#[test]
fn branch_and_workspace_stand_over_a_held_ticket_each_with_its_source() {
    let sandbox = Sandbox::new();
    sandbox
        .seed(&["TICKET-a-001", "TICKET-b-001"].map(|id| (queue_path(id), Ticket::new(id).text())));
    let clone = sandbox.clone_named("a");
    let path =
        clone.tix(&["activate", "a-001", "--json"]).success().json()["workspace"]["path"].clone();
    let work = clone.at(path.as_str().unwrap());
    let overlay = |args: &[&str]| {
        let answer = clone.tix(&[&["list", "--json"], args].concat()).success().json();
        assert_eq!(answer["tickets"][0]["overlay"], json!(null));
        answer["tickets"][1]["overlay"].clone()
    };
    let first = overlay(&[]);
    let tip = clone.git(&["rev-parse", "origin/ticket/TICKET-a-001"]);
    assert_eq!(first["branch"]["source"], "origin/ticket/TICKET-a-001");
    assert_eq!((&first["branch"]["ahead"], &first["branch"]["commit"]), (&1.into(), &tip.into()));
    let here = json!({ "source": path, "present": true });
    assert_eq!((&first["workspace"], &first["worker"]), (&here, &json!(null)));
    work.commit("work", &[("src/x.rs", "1\n")]);
    work.git(&["push", "-q"]);
    work.write("src/y.rs", "2\n");
    let mut gate = Gate::new(&sandbox.fresh_directory("gate"));
    let wait = gate.script("worker");
    clone
        .tix(&["run", "a-001", "--detach", "--alive-for", "1ms", "--", "sh", "-c", &wait])
        .success();
    let then = overlay(&["--columns", "dirty"]);
    assert_eq!((&then["branch"]["ahead"], &then["workspace"]["dirty"]), (&2.into(), &true.into()));
    let worker = &then["worker"];
    assert_eq!((&worker["state"], &worker["command"][0]), (&"live".into(), &"sh".into()));
    let source = worker["source"].as_str().unwrap();
    assert!(source.ends_with("tix/workers/TICKET-a-001.json"), "{source}");
    let shown =
        clone.tix(&["list", "--lane=active", "--columns=id,ahead,activity,dirty,worker,source"]);
    let cells: Vec<&str> = shown.success().stdout().trim_end().split('\t').collect();
    assert_eq!(cells[..2], ["TICKET-a-001", "2"]);
    assert_eq!(cells[3..], ["dirty", "live", "origin/ticket/TICKET-a-001"]);
    gate.open();
    std::fs::remove_dir_all(work.path()).unwrap();
    assert_eq!(overlay(&["--columns", "dirty"])["workspace"]["present"], false);
    // Somewhere else there is a branch and no workspace, and nothing is stale that was worked on.
    let other = sandbox.clone_named("b");
    let answer = other.tix(&["list", "--json", "--lane=active"]).success().json();
    assert_eq!(answer["tickets"][0]["overlay"]["workspace"], json!(null));
    assert_eq!(answer["tickets"][0]["overlay"]["branch"]["ahead"], 2);
    assert_eq!(listed(&other, "--stale"), "");
}
