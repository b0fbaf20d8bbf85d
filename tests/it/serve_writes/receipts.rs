//! What a receipt says of where a write went, and of the checkouts of its clone.

use crate::activate::{ID, QUEUED};
use crate::harness::{On, Sandbox, Shim, Ticket, queue_ticket};

use super::{Page, last, ready};

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
fn a_write_that_the_remote_refused_claims_no_commits() {
    let (sandbox, clone) = ready();
    let page = Page::of(&clone);
    sandbox.remote().hook("pre-receive", "echo protected >&2; exit 1");
    page.create("Refused").expect(422);
    let failed = page.get("/writes/1").expect(200);
    failed.says("tried, and not there as far as tix knows").says("Failed: ");
    assert!(!failed.body.contains("<dt>commits</dt>"), "{}", failed.body);
    assert_eq!(last(&clone)["landed"], false);
}
