//! The writes of `tix serve`: forms by plain requests, as a browser without scripts sends them.

#![allow(clippy::disallowed_methods, reason = "the server is a process of its own")]

mod forms;
mod page;
mod receipts;

use std::io::BufRead as _;
use std::process::Command;

use serde_json::Value;

use self::page::{Answered, Page};
use crate::activate::{ID, QUEUED};
use crate::harness::net::wait_until;
use crate::harness::{On, Place, Prepared, Sandbox, Shim, Untouched, queue_ticket};

impl Page {
    #[track_caller]
    fn of(clone: &Place) -> Page {
        Page::from(&clone.tix_command(&["serve"]))
    }

    #[track_caller]
    fn from(prepared: &Prepared) -> Page {
        let mut command = Command::new(&prepared.program);
        command.args(&prepared.args).current_dir(&prepared.directory);
        Page::start(command.env_clear().envs(&prepared.variables))
    }

    /// A form for a new ticket with this title.
    fn create(&self, title: &str) -> Answered {
        let csrf = self.get("/new").expect(200).hidden("csrf");
        self.post("/new", &[("csrf", &csrf), ("title", title), ("body", "Some\r\nwords.\r\n")])
    }

    /// What the form on the page of a ticket carries.
    fn form_of(&self, id: &str) -> (String, String) {
        let page = self.get(&format!("/t/{id}")).expect(200);
        (page.hidden("csrf"), page.hidden("blob"))
    }
}

fn ready() -> (Sandbox, Place) {
    let sandbox = Sandbox::new();
    sandbox.seed(&[(QUEUED, queue_ticket(ID))]);
    let clone = sandbox.clone_named("a");
    (sandbox, clone)
}

/// The last line of the audit log.
fn last(clone: &Place) -> Value {
    let log = clone.read(clone.common_dir().join("tix/audit.jsonl"));
    serde_json::from_str(log.lines().last().unwrap()).unwrap()
}

#[test]
fn a_ticket_is_created_and_its_receipt_shows_that_nothing_else_was_touched() {
    let (sandbox, clone) = ready();
    // What a person is at: a staged file, a changed one, a new one, a stash.
    clone.write("stashed", "1\n");
    clone.git(&["add", "stashed"]);
    clone.git(&["stash", "push", "--quiet"]);
    clone.write("staged", "2\n");
    clone.git(&["add", "staged"]);
    clone.write("dirty", "3\n");
    let before = Untouched::of(&clone);
    let page = Page::of(&clone);
    let done = page.create("Mend the <door>").expect(303);
    assert!(done.place().starts_with("/writes/"), "{}", done.head);
    let receipt = page.get(done.place()).expect(200);
    let line = last(&clone);
    let path = line["paths"][0].as_str().unwrap();
    receipt.says(path).says("origin/main").says("refs/heads/main");
    receipt.says("HEAD, index, stash, files are the same as before");
    assert_eq!(line["untouched"]["changed"], Value::Array(Vec::new()), "{line}");
    assert!(sandbox.remote().files("main").iter().any(|file| file == path));
    let text = String::from_utf8(sandbox.remote().show("main", path)).unwrap();
    assert!(text.contains("\nSome\nwords.\n") && !text.contains('\r'), "{text}");
    before.assert_same(&clone);
    page.get("/writes").expect(200).says("mend-the-door-001");
}

#[test]
fn a_form_writes_to_no_other_text_than_the_one_it_was_shown_for() {
    let (sandbox, clone) = ready();
    let other = sandbox.clone_named("b");
    let page = Page::of(&clone);
    let (csrf, blob) = page.form_of(ID);
    other.tix(&["note", ID, "somebody was faster"]).success();
    let at = sandbox.remote().git(&["rev-parse", "main"]);
    for (verb, field) in [
        ("edit", ("text", "all my words")),
        ("note", ("text", "my words")),
        ("block", ("reason", "why")),
        ("draft", ("reason", "why")),
    ] {
        let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str()), field];
        let moved = page.post(&format!("/t/{ID}/{verb}"), &fields).expect(409);
        moved.says("somebody was faster");
        if field.0 == "text" {
            moved.says(field.1);
        }
    }
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), at);
    let (csrf, blob) = page.form_of(ID);
    let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str()), ("text", "now I know")];
    page.post(&format!("/t/{ID}/note"), &fields).expect(303);
    page.get(&format!("/t/{ID}")).expect(200).says("now I know");
    // A form without it says nothing of what was seen.
    page.post(&format!("/t/{ID}/note"), &[("csrf", &csrf), ("text", "blind")]).expect(409);
}

/// Somebody pushes between the look of a form's write and its push.
#[test]
fn a_form_that_loses_a_race_is_written_behind_the_winner_and_says_so() {
    let (sandbox, clone) = ready();
    let other = sandbox.clone_named("b");
    let shim = Shim::new(&sandbox);
    let mut gate = shim.gate(On::command("push").nth(1));
    let page = Page::from(&clone.tix_command(&["serve"]).through(&shim));
    let csrf = page.get("/new").expect(200).hidden("csrf");
    let done = std::thread::scope(|scope| {
        let made = scope.spawn(|| page.post("/new", &[("csrf", &csrf), ("title", "Second")]));
        gate.wait_for(1);
        other.tix(&["new", "First"]).success();
        gate.open();
        made.join().unwrap()
    });
    page.get(done.expect(303).place()).expect(200).says("<dt>attempts</dt><dd>2, ");
    let files = sandbox.remote().files("main");
    assert!(["first-001", "second-001"].iter().all(|id| files.iter().any(|f| f.contains(id))));
}

/// Two forms for one ticket that is free once.
#[test]
fn a_form_that_somebody_else_has_made_pointless_is_refused_with_both_texts() {
    let (sandbox, clone) = ready();
    let other = sandbox.clone_named("b");
    let shim = Shim::new(&sandbox);
    let mut gate = shim.gate(On::command("push").nth(1));
    let page = Page::from(&clone.tix_command(&["serve"]).through(&shim));
    let (csrf, blob) = page.form_of(ID);
    let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str()), ("text", "mine")];
    // The beginning of an object's id names no object that somebody has looked at.
    let cut = [("csrf", csrf.as_str()), ("blob", &blob[..7]), ("text", "mine")];
    page.post(&format!("/t/{ID}/note"), &cut).expect(409);
    let answered = std::thread::scope(|scope| {
        let made = scope.spawn(|| page.post(&format!("/t/{ID}/note"), &fields));
        gate.wait_for(1);
        other.tix(&["note", ID, "theirs"]).success();
        gate.open();
        made.join().unwrap()
    });
    answered.expect(409).says("mine").says("theirs");
    let text = String::from_utf8(sandbox.remote().show("main", QUEUED)).unwrap();
    assert!(text.contains("theirs") && !text.contains("mine"), "{text}");
}

#[test]
fn what_was_typed_into_a_form_that_failed_is_not_lost() {
    let (_sandbox, clone) = ready();
    let page = Page::of(&clone);
    let csrf = page.get("/new").expect(200).hidden("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("title", "Hurry"),
        ("body", "a\r\n<long> text"),
        ("priority", "now!"),
        ("labels", "x, y"),
        ("depends_on", ID),
    ];
    let failed = page.post("/new", &fields).expect(422);
    failed.says("value=\"Hurry\"").says("&lt;long&gt; text").says("value=\"now!\"");
    failed.says("value=\"x, y\"").says(&format!("value=\"{ID}\""));
    assert_eq!(failed.hidden("csrf"), csrf);
    let (csrf, blob) = page.form_of(ID);
    let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str()), ("reason", "the <loom>")];
    page.post(&format!("/t/{ID}/reclaim"), &fields).expect(422).says("the &lt;loom&gt;");
}

#[test]
fn what_ends_or_changes_a_claim_is_held_against_the_branch() {
    let (sandbox, clone) = ready();
    clone.tix(&["activate", ID]).success();
    let page = Page::of(&clone);
    let (csrf, blob) = page.form_of(ID);
    clone.tix(&["note", ID, "progress on the branch"]).success();
    let release = |blob: &str| {
        let fields = [("csrf", csrf.as_str()), ("blob", blob), ("reason", "enough")];
        page.post(&format!("/t/{ID}/release"), &fields)
    };
    release(&blob).expect(409).says("progress on the branch");
    assert!(sandbox.remote().has_ref(&format!("refs/heads/ticket/{ID}")));
    let blob = page.form_of(ID).1;
    release(&blob).expect(303);
    assert!(sandbox.remote().files("main").contains(&QUEUED.to_owned()));
}

#[test]
fn a_remote_that_is_away_and_one_that_refuses_are_told_in_the_page_and_kept_in_the_diagnostics() {
    let (sandbox, clone) = ready();
    let page = Page::of(&clone);
    sandbox.remote().hook("pre-receive", "echo this branch is protected >&2; exit 1");
    page.create("Refused").expect(422).says("this branch is protected");
    let gone = "http://somebody:s3cret@127.0.0.1:1/none.git";
    clone.git(&["remote", "set-url", "origin", gone]);
    page.create("Away").expect(422).says("unreachable");
    let failed = page.get("/writes?failed=1").expect(200);
    failed.says("unreachable").says("remote refused");
    let one = page.get("/writes/2").expect(200);
    one.says("unreachable").says("are the same as before");
    for place in ["/writes", "/writes/1", "/writes/2", "/", "/doctor"] {
        assert!(!page.get(place).body.contains("s3cret"), "{place}");
    }
    assert!(!clone.read(clone.common_dir().join("tix/audit.jsonl")).contains("s3cret"));
}

#[test]
fn what_git_knows_nobody_for_is_in_the_diagnostics_too() {
    let (_sandbox, clone) = ready();
    clone.git(&["config", "user.useConfigOnly", "true"]);
    let clone = clone.env("GIT_AUTHOR_NAME", "").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let page = Page::of(&clone);
    page.create("By nobody").expect(422);
    page.get("/writes?failed=1").expect(200).says("By nobody");
    assert_eq!(last(&clone)["by"], Value::Null);
}

#[test]
fn what_fails_before_anything_begins_is_in_the_diagnostics_too() {
    let (_sandbox, clone) = ready();
    let page = Page::of(&clone);
    let csrf = page.get("/new").expect(200).hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("title", "Hurry"), ("priority", "now!")];
    page.post("/new", &fields).expect(422).says("now!");
    let failed = page.get("/writes?failed=1").expect(200);
    failed.says("Hurry").says("usage");
    assert_eq!(failed.body.matches("<span class=\"pill bad\">").count(), 1, "{}", failed.body);
    let (csrf, blob) = page.form_of(ID);
    let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str()), ("reason", "x")];
    page.post(&format!("/t/{ID}/reclaim"), &fields).expect(422);
    let failed = page.get("/writes?failed=1").expect(200);
    assert_eq!(failed.body.matches("<span class=\"pill bad\">").count(), 2, "{}", failed.body);
}

#[test]
fn a_repository_without_tickets_is_refused_as_on_the_command_line() {
    let sandbox = Sandbox::new();
    let clone = sandbox.clone_named("a");
    let refused = clone.tix(&["new", "Nowhere", "--json"]).json();
    let page = Page::of(&clone);
    page.create("Nowhere").expect(422).says(refused["name"].as_str().unwrap());
}

#[test]
fn an_open_page_hears_of_writes_of_this_clone_and_of_others() {
    let (sandbox, clone) = ready();
    let page = Page::of(&clone);
    let shown = page.get("/").expect(200);
    let mut lines = page.events(&shown.state()).lines().map(Result::unwrap);
    clone.tix(&["note", ID, "from here"]).success();
    assert!(lines.any(|line| line == "event: news"));
    page.get(&format!("/t/{ID}")).expect(200).says("from here");
    let other = sandbox.clone_named("b");
    other.tix(&["note", ID, "from elsewhere"]).success();
    wait_until("the page shows it", || {
        page.get(&format!("/t/{ID}")).body.contains("from elsewhere")
    });
}

/// What the holder writes goes to the ticket branch; the trunk stays where it is.
#[test]
fn an_open_page_hears_of_what_others_write_on_ticket_branches() {
    let (sandbox, clone) = ready();
    let other = sandbox.clone_named("b");
    other.tix(&["activate", ID]).success();
    clone.tix(&["list", "--fetch"]).success();
    let page = Page::of(&clone);
    let shown = page.get("/").expect(200);
    let trunk = sandbox.remote().git(&["rev-parse", "main"]);
    other.tix(&["note", ID, "from the holder"]).success();
    let mut lines = page.events(&shown.state()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "event: news"));
    wait_until("the page shows it", || {
        page.get(&format!("/t/{ID}")).body.contains("from the holder")
    });
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), trunk);
}

#[test]
fn the_files_that_a_branch_has_changed_stand_on_its_ticket() {
    let (_sandbox, clone) = ready();
    clone.tix(&["activate", ID]).success();
    let workspace = clone.tix(&["path", ID]).success().stdout().trim().to_owned();
    let work = clone.at(workspace);
    work.commit("Add a part", &[("src/part.txt", "1\n")]);
    work.git(&["push", "--quiet", "origin", "HEAD"]);
    let page = Page::of(&clone);
    let shown = page.get(&format!("/t/{ID}")).expect(200);
    shown.says("src/part.txt").says("<dt>branch</dt>").says(" ahead, last commit ");
    shown.says("<dt>workspace</dt>");
}
