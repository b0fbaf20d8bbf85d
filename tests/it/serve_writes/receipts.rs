//! What a receipt says of where a write went, and of the checkouts of its clone.

use crate::activate::{ID, QUEUED, claim_of, workspace};
use crate::harness::{On, Sandbox, Shim, Ticket, queue_ticket};

use super::{Page, last, page::Answered, ready};

#[test]
fn a_write_to_a_held_ticket_names_the_ticket_branch_and_the_workspace_that_followed() {
    let sandbox = Sandbox::new();
    let text = format!("{}\n## Done\n\n- [ ] one\n", queue_ticket(ID));
    sandbox.seed(&[(QUEUED, text)]);
    let clone = sandbox.clone_named("a");
    clone.tix(&["activate", ID]).success();
    let workspace = clone.tix(&["path", ID]).success().stdout().trim().to_owned();
    let page = Page::of(&clone);
    let (csrf, blob) = page.form_of(ID);
    let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str()), ("box", "1")];
    let done = page.post(&format!("/t/{ID}/tick"), &fields).expect(303);
    let receipt = page.get(done.place()).expect(200);
    receipt.says(&format!("<dt>branch</dt><dd><code>origin/ticket/{ID}</code></dd>"));
    receipt.says(&sandbox.remote().git(&["rev-parse", &format!("ticket/{ID}")]));
    let followed = format!("<dt>brought up to date</dt><dd><ul><li><code>{workspace}</code>");
    receipt.says(&followed).says("HEAD, index, stash, files are the same as before");
    assert!(!receipt.body.contains("<code>origin/main</code></dd>"), "{}", receipt.body);
    // Served from the workspace itself, that is the checkout which followed.
    drop(page);
    let page = Page::of(&clone.at(&workspace));
    let (csrf, blob) = page.form_of(ID);
    let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str()), ("text", "more")];
    let done = page.post(&format!("/t/{ID}/note"), &fields).expect(303);
    let receipt = page.get(done.place()).expect(200);
    receipt.says("this write moved the branch that is checked out: HEAD, index, files");
    assert!(!receipt.body.contains("brought up to date"), "{}", receipt.body);
}

#[test]
fn a_commit_in_a_linked_worktree_meanwhile_is_seen() {
    let (sandbox, clone) = ready();
    let worktree = clone.worktree("beside");
    let shim = Shim::new(&sandbox);
    let mut gate = shim.gate(On::command("push").nth(1));
    let page = Page::from(&worktree.tix_command(&["serve"]).through(&shim));
    let csrf = page.get("/new").expect(200).hidden("csrf");
    let done = std::thread::scope(|scope| {
        let made = scope.spawn(|| page.post("/new", &[("csrf", &csrf), ("title", "Meanwhile")]));
        gate.wait_for(1);
        worktree.git(&["commit", "--quiet", "--allow-empty", "--message", "mine"]);
        gate.open();
        made.join().unwrap()
    });
    page.get(done.expect(303).place()).expect(200).says("changed meanwhile: HEAD");
    assert_eq!(last(&clone)["untouched"]["changed"][0], "HEAD", "{}", last(&clone));
}

#[test]
fn without_a_remote_the_checkout_of_the_trunk_follows_and_nothing_is_pushed() {
    let sandbox = Sandbox::new();
    let clone = sandbox.local_repository("a");
    clone.commit("seed", &[("tickets/queue/TICKET-foo-001.md", &Ticket::new(ID).text())]);
    let page = Page::of(&clone);
    let done = page.create("At home").expect(303);
    let receipt = page.get(done.place()).expect(200);
    receipt.says("this write moved the branch that is checked out: HEAD, index, files");
    receipt.says("<dt>moved, in this clone</dt>").says("<dt>branch</dt><dd><code>main</code></dd>");
    for words in ["pushed", "meanwhile"] {
        assert!(!receipt.body.contains(words), "{words}: {}", receipt.body);
    }
}

#[test]
fn a_write_typed_in_a_workspace_that_moves_its_branch_is_followed() {
    let (_sandbox, clone) = ready();
    clone.tix(&["activate", ID]).success();
    clone.at(workspace(&clone, ID)).tix(&["note", "mine"]).success();
    let page = Page::of(&clone);
    page.get("/writes/2").expect(200).says("this write moved the branch that is checked out: HEAD");
}

#[test]
fn a_write_that_the_remote_refused_claims_no_commits() {
    let (sandbox, clone) = ready();
    let page = Page::of(&clone);
    sandbox.remote().hook("pre-receive", "echo protected >&2; exit 1");
    page.create("Refused").expect(422);
    let failed = page.get("/writes/1").expect(200);
    failed.says("<dt>tried commits</dt>").says("Failed: ");
    assert!(!failed.body.contains("<dt>commits</dt>"), "{}", failed.body);
    assert_eq!(last(&clone)["landed"], false);
}

#[test]
fn a_release_says_what_went_from_this_clone_and_where_it_is_kept() {
    let (_sandbox, clone) = ready();
    clone.tix(&["activate", ID]).success();
    clone.write(clone.common_dir().join("info/exclude"), ".env\n");
    clone.at(workspace(&clone, ID)).write(".env", "SECRET=1\n");
    let page = Page::of(&clone);
    let (csrf, blob) = page.form_of(ID);
    let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str())];
    let done = page.post(&format!("/t/{ID}/release"), &fields).expect(303);
    let receipt = page.get(done.place()).expect(200);
    let trash = last(&clone)["trash"].as_str().unwrap().to_owned();
    receipt.says(&format!("kept for 7 days in <code>{trash}</code>"));
    receipt.says(&format!("<dt>local branch</dt><dd><code>ticket/{ID}</code>, deleted"));
    assert_eq!(clone.read(format!("{trash}/.env")), "SECRET=1\n");
}

#[test]
fn the_doctor_shows_its_plan_and_answers_with_what_it_did_and_what_not() {
    let (sandbox, clone) = ready();
    clone.tix(&["activate", ID]).success();
    let there = clone.at(workspace(&clone, ID));
    clone.write(clone.common_dir().join("info/exclude"), ".env\n");
    there.write(".env", "SECRET=1\n");
    there.write("precious.txt", "mine\n");
    let claim = claim_of(&sandbox);
    sandbox.clone_named("b").tix(&["release", ID, "--claim", &claim]).success();
    clone.tix(&["list", "--fetch"]).success();
    let page = Page::of(&clone);
    // A repair that nobody was shown is not done.
    let plan = page.get("/doctor?plan=1").expect(200);
    let unseen = page.post("/doctor/fix", &[("csrf", &plan.hidden("csrf"))]).expect(303);
    page.get(unseen.place()).expect(200).says("What will be done:");
    let other =
        [("csrf", &*plan.hidden("csrf")), ("repair", "workspace-without-claim:TICKET-other-001")];
    page.post("/doctor/fix", &other).expect(303);
    assert_eq!(last(&clone)["operation"], "activate");
    let repair = || {
        let plan = page.get("/doctor?plan=1").expect(200);
        plan.says("What will be done:")
            .says(&format!("remove the workspace of {ID}, if it is clean"));
        let fields = [("csrf", plan.hidden("csrf")), ("repair", plan.hidden("repair"))];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let both = std::thread::scope(|scope| {
            let press = || page.post("/doctor/fix", &fields).expect(303);
            [scope.spawn(press), scope.spawn(press)].map(|press| press.join().unwrap())
        });
        let shown = both.map(|done| page.get(done.place()).expect(200));
        // Each of the two began when the other had ended, or has waited for it.
        let mut shown = shown.into_iter();
        let has_done = |one: &Answered| !one.body.contains("There was nothing to repair");
        shown.find(has_done).unwrap()
    };
    let left = repair();
    left.says("What was done").says("failed: refused").says("it has uncommitted changes");
    assert_eq!(
        (&last(&clone)["operation"], &last(&clone)["ticket"]),
        (&"doctor".into(), &ID.into())
    );
    page.get("/writes?failed=1").expect(200).says("it has uncommitted changes");
    std::fs::remove_file(there.path().join("precious.txt")).unwrap();
    let done = repair();
    done.says("<span class=\"pill good\">repaired</span>").says("kept for 7 days in");
    assert!(!there.path().exists());
    assert_eq!(last(&clone)["outcome"], "repaired");
    // Of two who pressed at once one has done it.
    page.get("/writes/4").expect(200).says("kept for 7 days in");
    page.get("/writes/5").expect(404);
}
