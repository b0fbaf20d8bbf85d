//! Forms that cannot be done: what they answer, and what of them is kept.

use std::time::{Duration, Instant};

use crate::activate::{ID, QUEUED};
use crate::harness::{Sandbox, queue_ticket};

use super::{Page, page::Answered, ready};

#[test]
fn a_short_form_that_failed_comes_back_with_what_was_typed() {
    let (sandbox, clone) = ready();
    let page = Page::of(&clone);
    sandbox.remote().hook("pre-receive", "echo protected >&2; exit 1");
    let (csrf, blob) = page.form_of(ID);
    for (verb, name) in [("note", "text"), ("block", "reason"), ("draft", "reason")] {
        let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str()), (name, "my <words>")];
        let failed = page.post(&format!("/t/{ID}/{verb}"), &fields).expect(422);
        failed.says(&format!("<h1><bdi>Failed: {verb} {ID}</bdi></h1>"));
        failed.says(&format!("action=\"/t/{ID}/{verb}\""));
        failed.says(&format!("name=\"{name}\" value=\"my &lt;words&gt;\""));
        assert_eq!((failed.hidden("csrf"), failed.hidden("blob")), (csrf.clone(), blob.clone()));
        // Whoever hears the page hears this first.
        failed.says("role=\"alert\" tabindex=\"-1\" autofocus");
    }
}

#[test]
fn boxes_are_named_and_those_of_a_form_that_failed_stay_chosen() {
    let sandbox = Sandbox::new();
    let text = format!("{}\n## Done\n\n- [ ] one\n- [ ] two\n", queue_ticket(ID));
    sandbox.seed(&[(QUEUED, text)]);
    let clone = sandbox.clone_named("a");
    let page = Page::of(&clone);
    let (csrf, blob) = page.form_of(ID);
    let tick = |boxes: &[&str]| {
        let fields = [("csrf", csrf.as_str()), ("blob", blob.as_str())].into_iter();
        let boxes = boxes.iter().map(|number| ("box", *number));
        page.post(&format!("/t/{ID}/tick"), &fields.chain(boxes).collect::<Vec<_>>())
    };
    tick(&[]).expect(422).says("No box was chosen").says("name=\"box\" value=\"1\">");
    sandbox.remote().hook("pre-receive", "exit 1");
    tick(&["2"]).expect(422).says("name=\"box\" value=\"2\" checked>");
}

/// A browser does so by itself; not every form comes from one.
#[test]
fn a_field_that_must_be_filled_is_asked_for_by_the_server_too() {
    let (sandbox, clone) = ready();
    let page = Page::of(&clone);
    let at = sandbox.remote().git(&["rev-parse", "main"]);
    let (csrf, blob) = page.form_of(ID);
    for (verb, name) in [
        ("note", "text"),
        ("block", "reason"),
        ("draft", "reason"),
        ("reclaim", "reason"),
        ("review", "reason"),
    ] {
        let fields = [
            ("csrf", csrf.as_str()),
            ("blob", blob.as_str()),
            (name, " "),
            ("verdict", if verb == "review" { "changes" } else { "" }),
        ];
        let failed = page.post(&format!("/t/{ID}/{verb}"), &fields).expect(422);
        failed.says(" is empty: nothing was written.");
        assert!(!failed.body.contains("required arguments"), "{}", failed.body);
    }
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), at);
    // Each is kept, with who it was.
    let kept = page.get("/writes?failed=1").expect(200);
    assert_eq!(kept.body.matches(" is empty: nothing was written.").count(), 5, "{}", kept.body);
    kept.says("<bdi>Ada Example</bdi>");
    assert!(!kept.body.contains("not recorded"), "{}", kept.body);
}

#[test]
fn a_field_with_a_nul_character_is_a_bad_request() {
    let (sandbox, clone) = ready();
    let page = Page::of(&clone);
    let at = sandbox.remote().git(&["rev-parse", "main"]);
    page.create("a\0b").expect(400).says("a field contains a NUL character");
    page.get("/?q=%00").expect(400);
    assert_eq!(sandbox.remote().git(&["rev-parse", "main"]), at);
}

/// Somebody breaks the settings on the trunk: what is known stays in sight, and the reason stands above it.
#[test]
fn settings_that_cannot_be_read_leave_every_view_that_can_work() {
    let (sandbox, clone) = ready();
    let other = sandbox.clone_named("b");
    let page = Page::of(&clone);
    let ticket = format!("/t/{ID}");
    page.get("/").expect(200);
    page.get(&ticket).expect(200);
    page.get("/flow").expect(200);
    other.commit("break the settings", &[(".tix.yaml", "lock: [\n")]);
    other.git(&["push", "--quiet"]);
    clone.git(&["fetch", "--quiet"]);
    let why = "cannot be read as YAML";
    for (path, words) in [
        ("/", ID.strip_prefix("TICKET-").unwrap()),
        (&ticket, "What you can do"),
        ("/workers", "No worker"),
        ("/flow", "<svg"),
    ] {
        let shown = page.get(path).expect(200);
        shown.says(why).says(words).says("what could be read before");
        assert!(!shown.body.contains("git fetch"), "the page asks by itself: {}", shown.body);
    }
    // Nobody has looked at it before.
    let unseen = page.get("/t/TICKET-unseen-001").expect(503);
    unseen.says(why).says("tix explain config").says("To the board");
    let doctor = page.get("/doctor").expect(200);
    doctor.says(why).says("tix explain config").says("<h1><bdi>Doctor</bdi></h1>");
    assert!(!doctor.body.contains("Nothing is wrong"), "{}", doctor.body);
    page.create("Meanwhile").expect(422).says(why).says("value=\"Meanwhile\"");
    // What needs no settings says it too, as soon as the page has seen it.
    for (path, words) in [("/writes", "failed: "), ("/new", "name=\"title\"")] {
        let shown = until(&page, path, |shown| shown.contains("role=\"alert\""));
        shown.says(why).says("tix explain config").says(words);
    }
    // The correction is on the remote. One that begins now starts all the same, asks there by itself, and is mended.
    drop(page);
    other.git(&["revert", "--no-edit", "HEAD"]);
    other.git(&["push", "--quiet"]);
    let page = Page::of(&clone);
    let id = ID.strip_prefix("TICKET-").unwrap();
    for (path, words) in [("/", id), (&ticket, "What you can do"), ("/new", "title")] {
        until(&page, path, |shown| !shown.contains("role=\"alert\"")).expect(200).says(words);
    }
}

/// The page, when it is as it should be.
fn until(page: &Page, path: &str, is_right: impl Fn(&str) -> bool) -> Answered {
    let began = Instant::now();
    loop {
        let shown = page.get(path);
        if is_right(&shown.body) || began.elapsed() > Duration::from_mins(1) {
            return shown;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
