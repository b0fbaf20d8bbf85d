//! Properties that hold for all verbs.

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use proptest::prelude::*;

use super::machine::{Arrival, OwnReview, Policy, Verb};
use super::review::Approval;
use super::*;
use crate::names::{Oid, RefName, RepoPath};
use crate::ticket::{Document, Lane, QueueGate, Status, TicketId};

const STAGES: [Status; 2] = [Status::CriticReview, Status::ExpediterReview];

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 8, 0, 0).unwrap()
}

fn act<'a>(actor: &'a str, proof: ClaimProof<'a>) -> Act<'a> {
    let policy = Policy {
        gate: QueueGate::Open,
        stages: &STAGES,
        own_review: OwnReview::Refused,
        arrival: Arrival::Request,
    };
    Act { actor, at: now(), proof, typed: "tix it", policy, branches: &AsApproved }
}

/// Branches on which nothing has happened since the approval.
struct AsApproved;

impl WorkComparison for AsApproved {
    fn holds_what(&self, _: &TicketId, _: &Oid) -> bool {
        true
    }
}

const NO_CLAIM: ClaimProof<'_> =
    ClaimProof::Recorded { claims: &[], workspace: None, of_another: None };

fn entry(lane: Lane) -> TicketEntry {
    let id = TicketId::parse("TICKET-foo-001").unwrap();
    let path = RepoPath::parse(format!("tickets/{lane}/TICKET-foo-001/{id}.md")).unwrap();
    TicketEntry { id, lane, path, node: EntryNode::File, oid: oid('1') }
}

fn oid(digit: char) -> Oid {
    Oid::parse(&digit.to_string().repeat(40)).unwrap()
}

fn text(status: &str, rest: &str, body: &str) -> Document {
    let front = format!("---\ntitle: It\nstatus: {status}\n{rest}---\n");
    Document::parse(format!("{front}{body}").into_bytes()).unwrap()
}

const HELD: &str = "claimed_by: ada\nclaimed_at: 2026-11-19T08:00:00Z\nclaim_id: 1111-22\n";

fn content(change: &Change) -> Document {
    let [FileEdit::Move { content, .. }] = change.edits.as_slice() else { panic!("{change:?}") };
    Document::parse(content.clone()).unwrap()
}

fn changed(decision: Decision) -> Document {
    let Decision::Push(change, ()) = decision else { panic!("nothing was to do") };
    content(&change)
}

#[test]
fn whoever_may_not_hears_why() {
    let entry = entry(Lane::Active);
    let ticket = Ticket::new(&entry, text("critic_review", HELD, "# Changelog\n"));
    let require = |verb, act: &Act<'_>| act.require(verb, &ticket).map_err(|no| no.to_string());
    let (ada, bob) = (act("ada", NO_CLAIM), act("bob", NO_CLAIM));
    assert!(require(Verb::Complete, &ada).unwrap_err().contains("its status is `critic_review`"));
    assert!(require(Verb::Approve, &ada).unwrap_err().contains("their own work"));
    assert!(require(Verb::Approve, &bob).is_ok());
    assert!(require(Verb::Submit, &bob).unwrap_err().contains("is held by ada, not by bob"));
    let unshown = require(Verb::Submit, &ada).unwrap_err();
    assert!(unshown.contains("under a claim that this clone has no record of"), "{unshown}");
}

#[test]
fn a_holder_is_whoever_shows_the_claim_that_stands() {
    let entry = entry(Lane::Active);
    let (now, before) = (["1111-22".to_owned()], ["1111-11".to_owned()]);
    let made = |claims, workspace| ClaimProof::Recorded { claims, workspace, of_another: None };
    let in_session = |of_another| {
        let (claims, workspace) = (&now[..], Some("1111-22"));
        ClaimProof::Recorded { claims, workspace, of_another: Some(of_another) }
    };
    for verb in [Verb::Submit, Verb::Handoff, Verb::Release, Verb::Close] {
        let ticket = Ticket::new(&entry, text("in_progress", HELD, ""));
        let require = |proof| act("bob", proof).require(verb, &ticket).map_err(|no| no.to_string());
        for shown in [ClaimProof::Named("1111-22"), made(&now, None), made(&now, Some("1111-11"))] {
            assert!(require(shown).is_ok(), "{verb:?} {shown:?}");
        }
        let ended = [ClaimProof::Named("1111-11"), made(&before, None), made(&[], Some("1111-11"))];
        for fenced in ended {
            let why = require(fenced).unwrap_err();
            assert!(why.contains("under another claim than yours"), "{verb:?} {why}");
        }
        let why = require(in_session("1111-22")).unwrap_err();
        assert!(why.contains("by another session of this clone"), "{verb:?} {why}");
        // Of an earlier claim, nothing follows for this one.
        assert!(require(in_session("1111-11")).is_ok(), "{verb:?}");
        // The workspace may belong to a copy of this clone: it proves nothing.
        assert!(require(made(&[], Some("1111-22"))).is_err());
        let by_hand = Ticket::new(&entry, text("in_progress", "claimed_by: bob\n", ""));
        assert!(act("bob", NO_CLAIM).require(verb, &by_hand).is_ok());
        assert!(act("ada", NO_CLAIM).require(verb, &by_hand).is_err());
        // Without a claim, no claim holds the ticket.
        assert!(act("bob", ClaimProof::Named("")).require(verb, &by_hand).is_err());
    }
}

#[test]
fn an_approval_reads_back_whoever_gave_it() {
    for by in ["Bob <bob@example.org>", "a, b", "[x] \"y\" {z}", "日本"] {
        let entry = entry(Lane::Active);
        let ticket = Ticket::new(&entry, text("critic_review", HELD, "# Changelog\n"));
        let (tip, same) = (oid('a'), |_: &Oid| false);
        let work = Work { tip: &tip, same: &same };
        let request = ReviewRequest {
            verdict: ReviewVerdict::Approve,
            stage: None,
            commit: None,
            notes: None,
        };
        let document = changed(review(&ticket, &act(by, NO_CLAIM), &work, &request).unwrap());
        let given = Approval::all_of(&document);
        let by = by.replace(',', "");
        assert_eq!(given, [Approval { stage: Status::CriticReview, commit: tip.clone(), by }]);
        assert_eq!(document.text("status").unwrap(), "expediter_review");
    }
}

#[test]
fn a_claim_is_stale_after_its_last_sign_and_one_without_a_sign_is() {
    let entry = entry(Lane::Active);
    let ticket = Ticket::new(&entry, text("in_progress", HELD, "# Changelog\n"));
    let claim = Claim {
        id: "2222-33".to_owned(),
        by: "bob".to_owned(),
        at: "2026-11-20T08:00:00Z".to_owned(),
        host: "m".to_owned(),
    };
    let branch = RefName::branch("ticket/TICKET-foo-001").unwrap();
    let take = |way, last| {
        let request = Takeover {
            way,
            claim: &claim,
            reason: None,
            last,
            witnessed: true,
            branch: &branch,
            copy: None,
        };
        take_over(&ticket, &act("bob", NO_CLAIM), &request)
    };
    let after = TakeoverKind::Reclaim(Staleness::After(TimeDelta::hours(24)));
    let ago = |hours| Some(now() - TimeDelta::hours(hours));
    assert!(take(after, ago(23)).is_err());
    // A clock that is ahead is a sign of life as well.
    assert!(take(after, ago(-1)).is_err());
    assert!(
        take(TakeoverKind::Handoff, ago(30)).unwrap_err().to_string().contains("is held by ada")
    );
    for (way, last) in
        [(after, ago(24)), (after, None), (TakeoverKind::Reclaim(Staleness::Vouched), ago(0))]
    {
        let document = changed(take(way, last).unwrap());
        assert_eq!(document.text("claim_id").unwrap(), "2222-33");
    }
}

/// What somebody has made of a text in an editor.
fn edit<'a>(before: &'a Document, after: &'a Document) -> NewText<'a> {
    NewText { verb: "edit", before, after, claim: None }
}

#[test]
fn a_text_that_changes_what_is_tixs_own_is_not_taken() {
    let entry = entry(Lane::Queue);
    let before = text("open", "labels: [a]\n", "# What\n");
    let ticket = Ticket::new(&entry, before.clone());
    let ada = act("ada", NO_CLAIM);
    let put =
        |after: &Document| replace(&ticket, &ada, &edit(&before, after)).map_err(|e| e.to_string());
    assert!(put(&text("queued", "labels: [a]\n", "# What\n")).unwrap_err().contains("`status`"));
    let added = text("open", "labels: [a]\nclaim_id: x\n", "# What\n");
    assert!(put(&added).unwrap_err().contains("`claim_id`"));
    assert_eq!(put(&before), Ok(Decision::Answer(Already)));
    let after = text("open", "labels: [b]\n", "# What else\n");
    assert_eq!(changed(put(&after).unwrap()), after);
    let other = text("open", "labels: [c]\n", "# What\n");
    let meanwhile = replace(&ticket, &ada, &edit(&other, &after)).unwrap_err();
    assert!(meanwhile.to_string().contains("has changed while"));
}

/// Every verb that writes into one ticket, if it applies.
fn all_verbs(ticket: &Ticket<'_>, words: &str) -> Vec<Result<Change, Refusal>> {
    let ada = act("ada", NO_CLAIM);
    let place = RepoPath::parse("tickets/archive").unwrap();
    let completed = RepoPath::parse("tickets/completed").unwrap();
    let (tip, same) = (oid('a'), |_: &Oid| true);
    let work = Work { tip: &tip, same: &same };
    let effort = Effort::Commits;
    let done =
        CompleteRequest { at: "x", completed: &completed, keep: None, effort, waits: Vec::new() };
    let resolution = Resolution::WontDo;
    let request =
        CloseRequest { resolution: &resolution, reason: Some(words), at: "x", archive: &place };
    let story = ChangelogText { role: words, kind: words, lines: vec![words.to_owned()] };
    let settings = [("owner".to_owned(), NewValue::Text(words.to_owned()))];
    let request_changes = ReviewRequest {
        verdict: ReviewVerdict::RequestChanges,
        stage: None,
        commit: None,
        notes: Some(words),
    };
    let (to, reason) = (Reopening::Anew, words);
    let again = ReopenRequest { to, reason, queue: &place, active: &completed };
    let decisions = [
        gate(ticket, &ada, Verb::Queue, Some(words)),
        gate(ticket, &ada, Verb::Draft, Some(words)),
        block(ticket, &ada, words),
        unblock(ticket, &ada, Some(words)),
        set(ticket, &ada, &settings),
        submit(ticket, &ada, &work, Unchanged::Refuse),
        review(ticket, &act(words, NO_CLAIM), &work, &request_changes),
        close(ticket, &ada, &request, BranchDisposal::Absent),
        note(ticket, &ada, &story).map(Decision::from),
        complete(ticket, &ada, &work, &done).map(Decision::from),
        reopen(ticket, &ada, &again).map(Decision::from),
    ];
    let change = |decided: Result<Decision, Refusal>| match decided {
        Ok(Decision::Push(change, ())) => Some(Ok(change)),
        Ok(Decision::Answer(Already)) => None,
        Err(refusal) => Some(Err(refusal)),
    };
    decisions.into_iter().filter_map(change).collect()
}

proptest! {
    #[test]
    fn no_verb_changes_anything_of_the_body_but_the_changelog(
        status in proptest::sample::select(Status::ALL.to_vec()),
        lane in proptest::sample::select(Lane::ALL.to_vec()),
        body in "(# What\n)?[a-z \n\\[\\]{}-]{0,60}\n",
        words in "\\PC{1,30}",
    ) {
        let entry = entry(lane);
        let document = text(status.as_str(), HELD, &format!("{body}\n# Changelog\n- made\n"));
        let ticket = Ticket::new(&entry, document.clone());
        for change in all_verbs(&ticket, &words).into_iter().flatten() {
            let after = content(&change);
            prop_assert!(after.body().starts_with(document.body()), "{}", change.subject);
            let added = &after.body()[document.body().len()..];
            let headings = added.split(|b| *b == b'\n').filter(|line| line.starts_with(b"#"));
            prop_assert_eq!(headings.count(), 1, "one entry each");
            prop_assert!(!change.subject.contains('\n'));
        }
    }
}
