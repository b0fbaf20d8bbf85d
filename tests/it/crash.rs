//! Killed or failing at any of its git calls, no command loses a ticket, gives it to two, or stands in anybody's way.
//!
//! A command is one row. It is run once to count its git calls, and then once for each of them and each fault: tix is
//! killed before the call, killed after it, the call fails, or it succeeds and says that it failed. The row says what
//! must be true in the end; [`matrix`] what must be true at any time.

mod matrix;
mod scene;
mod truth;

use crate::harness::On;
use matrix::{Goal, Row};
use scene::{History, ID, Trunk};

const ACTIVATE: &[&str] = &["activate", ID];
const BRANCH_ONLY: &[&str] = &["activate", ID, "--no-worktree"];
const RELEASE: &[&str] = &["release", ID];
const NEW: &[&str] = &["new", "Bar", "--session", "bar", "--key", "once"];

const NOTE: &[&str] = &["note", ID, "a word"];
const SET: &[&str] = &["set", ID, "priority=P0"];
const COMPLETE: &[&str] = &["complete", ID];
const RECLAIM: &[&str] = &["reclaim", ID, "--reason", "left", "--force"];
const LAND: &[&str] = &["land", ID];
const CLEAN: &[&str] = &["clean", ID];
const CLOSE: &[&str] = &["close", ID, "--as", "wont_do"];

const fn row(trunk: Trunk, command: &'static [&'static str], goal: Goal, calls: usize) -> Row {
    Row { trunk, history: History::None, command, goal, broken: None, calls }
}

#[test]
fn activate_survives_at_every_git_call() {
    row(Trunk::Remote, ACTIVATE, Goal::Workspace, 13).survives();
}

#[test]
fn activate_on_a_server_that_is_not_atomic_survives_at_every_git_call() {
    row(Trunk::NotAtomic, ACTIVATE, Goal::Workspace, 17).survives();
}

#[test]
fn activate_on_a_trunk_of_its_own_survives_at_every_git_call() {
    row(Trunk::OfItsOwn, ACTIVATE, Goal::Workspace, 15).survives();
}

#[test]
fn activate_without_a_remote_survives_at_every_git_call() {
    row(Trunk::Local, ACTIVATE, Goal::Workspace, 12).survives();
}

#[test]
fn activate_on_a_local_trunk_that_is_checked_out_survives_at_every_git_call() {
    row(Trunk::CheckedOut, ACTIVATE, Goal::Workspace, 14).survives();
}

#[test]
fn activate_without_a_worktree_survives_at_every_git_call() {
    row(Trunk::Remote, BRANCH_ONLY, Goal::Branch, 11).survives();
}

#[test]
fn activate_without_remote_and_worktree_survives_at_every_git_call() {
    row(Trunk::Local, BRANCH_ONLY, Goal::Branch, 10).survives();
}

#[test]
fn an_activation_that_gives_the_ticket_back_survives_at_every_git_call() {
    let broken = || On::command("worktree").with("add");
    Row { broken: Some(broken), ..row(Trunk::Remote, ACTIVATE, Goal::Workspace, 18) }.survives();
}

#[test]
fn resuming_survives_at_every_git_call() {
    Row { history: History::Killed, ..row(Trunk::Remote, ACTIVATE, Goal::Workspace, 18) }
        .survives();
}

#[test]
fn resuming_on_a_trunk_of_its_own_survives_at_every_git_call() {
    let trunk = Trunk::OfItsOwn;
    Row { history: History::Killed, ..row(trunk, ACTIVATE, Goal::Workspace, 18) }.survives();
}

#[test]
fn resuming_without_a_remote_survives_at_every_git_call() {
    Row { history: History::Killed, ..row(Trunk::Local, ACTIVATE, Goal::Workspace, 12) }.survives();
}

#[test]
fn release_of_an_unfinished_claim_survives_at_every_git_call() {
    Row { history: History::Killed, ..row(Trunk::Remote, RELEASE, Goal::Released, 16) }.survives();
}

#[test]
fn release_survives_at_every_git_call() {
    Row { history: History::Activated, ..row(Trunk::Remote, RELEASE, Goal::Released, 17) }
        .survives();
}

#[test]
fn release_on_a_server_that_is_not_atomic_survives_at_every_git_call() {
    Row { history: History::Activated, ..row(Trunk::NotAtomic, RELEASE, Goal::Released, 21) }
        .survives();
}

#[test]
fn release_on_a_trunk_of_its_own_survives_at_every_git_call() {
    Row { history: History::Activated, ..row(Trunk::OfItsOwn, RELEASE, Goal::Released, 17) }
        .survives();
}

#[test]
fn release_without_a_remote_survives_at_every_git_call() {
    Row { history: History::Activated, ..row(Trunk::Local, RELEASE, Goal::Released, 13) }
        .survives();
}

#[test]
fn new_survives_at_every_git_call() {
    row(Trunk::Remote, NEW, Goal::Created, 10).survives();
}

#[test]
fn new_without_a_remote_survives_at_every_git_call() {
    row(Trunk::CheckedOut, NEW, Goal::Created, 11).survives();
}

#[test]
fn set_of_a_ticket_that_waits_survives_at_every_git_call() {
    row(Trunk::Remote, SET, Goal::Says("priority: P0"), 12).survives();
}

#[test]
fn a_note_on_a_held_ticket_survives_at_every_git_call() {
    let goal = Goal::Says("- a word");
    Row { history: History::Activated, ..row(Trunk::Remote, NOTE, goal, 14) }.survives();
}

#[test]
fn complete_survives_at_every_git_call() {
    Row { history: History::Activated, ..row(Trunk::Remote, COMPLETE, Goal::Completed, 17) }
        .survives();
}

#[test]
fn complete_without_a_remote_survives_at_every_git_call() {
    Row { history: History::Activated, ..row(Trunk::Local, COMPLETE, Goal::Completed, 16) }
        .survives();
}

#[test]
fn reclaim_survives_at_every_git_call() {
    Row { history: History::Overtaken, ..row(Trunk::Remote, RECLAIM, Goal::TakenOver, 19) }
        .survives();
}

#[test]
fn close_survives_at_every_git_call() {
    Row { history: History::Activated, ..row(Trunk::Remote, CLOSE, Goal::Closed, 19) }.survives();
}

#[test]
fn land_survives_at_every_git_call() {
    Row { history: History::Complete, ..row(Trunk::Remote, LAND, Goal::Landed, 16) }.survives();
}

#[test]
fn land_on_a_local_trunk_that_is_checked_out_survives_at_every_git_call() {
    Row { history: History::Complete, ..row(Trunk::CheckedOut, LAND, Goal::Landed, 14) }.survives();
}

#[test]
fn clean_survives_at_every_git_call() {
    Row { history: History::Merged, ..row(Trunk::Remote, CLEAN, Goal::Cleaned, 20) }.survives();
}

#[test]
fn clean_without_a_remote_survives_at_every_git_call() {
    Row { history: History::Merged, ..row(Trunk::Local, CLEAN, Goal::Cleaned, 16) }.survives();
}
