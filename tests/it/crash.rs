//! Killed or failing at any of its git calls, no command loses a ticket, gives it to two, or stands in anybody's way.
//!
//! A command is one row. It is run once to count its git calls, and then once for each of them and each fault: tix is
//! killed before the call, killed after it, the call fails, or it succeeds and says that it failed. The row says what
//! must be true in the end; [`matrix`] what must be true at any time. A second table kills tix and git in the midst of a call,
//! at the moments of [`inside`].

mod inside;
mod matrix;
mod sample;
mod scene;
mod truth;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::harness::{On, Sandbox};
use matrix::{Goal, Row};
use scene::{History, ID, Trunk};

const ACTIVATE: &[&str] = &["activate", ID];
const BRANCH_ONLY: &[&str] = &["activate", ID, "--no-worktree"];
const NEXT: &[&str] = &["activate", "--next"];
const RELEASE: &[&str] = &["release", ID];
const NEW: &[&str] = &["new", "Bar", "--session", "bar", "--key", "once"];
const NEW_ID: &str = "TICKET-bar-001";
/// What lies in the checkout is a list of one line.
const IMPORT: &[&str] = &["import", "todotxt", "untracked.txt"];

const QUEUE: &[&str] = &["queue", ID];
const DRAFT: &[&str] = &["draft", ID, "--reason", "vague"];
const SET: &[&str] = &["set", ID, "priority=P0"];
const EDIT: &[&str] = &["edit", ID, "--body", "Another text."];
const TICK: &[&str] = &["tick", ID, "1"];
const DEP: &[&str] = &["dep", "add", ID, NEW_ID];
const NOTE: &[&str] = &["note", ID, "a word"];
const BLOCK: &[&str] = &["block", ID, "--reason", "rain"];
const UNBLOCK: &[&str] = &["unblock", ID];
const SUBMIT: &[&str] = &["submit", ID];
const APPROVE: &[&str] = &["review", ID, "--approve"];
const SEND_BACK: &[&str] = &["review", ID, "--request-changes", "--notes", "the door"];
const COMPLETE: &[&str] = &["complete", ID];
const LINK: &[&str] = &["link", "github", "--import"];
const PR: &[&str] = &["pr", ID];
const HANDOFF: &[&str] = &["handoff", ID, "--to", "Bob <bob@example.org>", "--new-person"];
const RECLAIM: &[&str] = &["reclaim", ID, "--reason", "left", "--force"];
const LAND: &[&str] = &["land", ID];
const CLEAN: &[&str] = &["clean", ID];
const CLOSE: &[&str] = &["close", ID, "--as", "wont_do"];
const ARCHIVE: &[&str] = &["archive", ID];
const REOPEN: &[&str] = &["reopen", ID, "--reason", "rust"];
const REWORK: &[&str] = &["rework", ID];
const INIT: &[&str] = &["init", "--commit"];
const INIT_TRUNK: &[&str] = &["init", "--trunk", "tickets", "--commit"];

const WAITING: History = History::After(&[]);
const HELD: History = History::After(&[ACTIVATE]);

/// What writes no ticket itself, though a role may be denied it: `run` starts a process in a workspace that is there, `trust`
/// and `config` write to this clone alone, and `undo` runs another command, which has a row.
const WRITES_NO_TICKET: [&str; 4] = ["config", "run", "trust", "undo"];

/// The table. A row is the name of its test, the command, where the trunk is, what has happened before, what the command
/// is for, and how many git calls it makes at least.
macro_rules! rows {
    ($($name:ident: $command:expr, $trunk:ident, $history:expr => $goal:expr, $calls:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let (command, trunk) = ($command, Trunk::$trunk);
                Row { trunk, history: $history, command, goal: $goal, broken: None, calls: $calls }.survives();
            }
        )*

        /// The commands of all rows.
        const COMMANDS: &[&[&str]] = &[$($command),*];
    };
}

rows! {
    activate_survives_at_every_git_call: ACTIVATE, Remote, WAITING => Goal::Workspace, 12;
    activate_in_a_clone_that_is_behind_survives_at_every_git_call: ACTIVATE, Remote, History::Behind => Goal::Workspace, 17;
    activate_on_a_server_that_is_not_atomic_survives_at_every_git_call: ACTIVATE, NotAtomic, WAITING => Goal::Workspace, 17;
    activate_where_the_branch_is_the_lock_survives_at_every_git_call: ACTIVATE, Following, WAITING => Goal::Workspace, 16;
    resuming_where_the_branch_is_the_lock_survives_at_every_git_call: ACTIVATE, Following, History::Killed => Goal::Workspace, 18;
    release_where_the_branch_is_the_lock_survives_at_every_git_call: RELEASE, Following, HELD => Goal::Released, 17;
    close_of_what_waits_where_the_branch_is_the_lock_survives_at_every_git_call: CLOSE, Following, WAITING => Goal::Closed, 14;
    activate_on_a_trunk_of_its_own_survives_at_every_git_call: ACTIVATE, OfItsOwn, WAITING => Goal::Workspace, 14;
    activate_without_a_remote_survives_at_every_git_call: ACTIVATE, Local, WAITING => Goal::Workspace, 12;
    activate_on_a_local_trunk_that_is_checked_out_survives_at_every_git_call: ACTIVATE, CheckedOut, WAITING => Goal::Workspace, 14;
    activate_without_a_worktree_survives_at_every_git_call: BRANCH_ONLY, Remote, WAITING => Goal::Branch, 10;
    activate_without_remote_and_worktree_survives_at_every_git_call: BRANCH_ONLY, Local, WAITING => Goal::Branch, 10;
    activate_next_survives_at_every_git_call: NEXT, Remote, WAITING => Goal::Workspace, 12;
    resuming_survives_at_every_git_call: ACTIVATE, Remote, History::Killed => Goal::Workspace, 18;
    resuming_on_a_trunk_of_its_own_survives_at_every_git_call: ACTIVATE, OfItsOwn, History::Killed => Goal::Workspace, 18;
    resuming_without_a_remote_survives_at_every_git_call: ACTIVATE, Local, History::Killed => Goal::Workspace, 12;

    release_of_an_unfinished_claim_survives_at_every_git_call: RELEASE, Remote, History::Killed => Goal::Released, 16;
    release_survives_at_every_git_call: RELEASE, Remote, HELD => Goal::Released, 17;
    release_on_a_server_that_is_not_atomic_survives_at_every_git_call: RELEASE, NotAtomic, HELD => Goal::Released, 21;
    release_on_a_trunk_of_its_own_survives_at_every_git_call: RELEASE, OfItsOwn, HELD => Goal::Released, 17;
    release_without_a_remote_survives_at_every_git_call: RELEASE, Local, HELD => Goal::Released, 13;

    new_survives_at_every_git_call: NEW, Remote, WAITING => Goal::Created(NEW_ID), 10;
    new_in_a_clone_that_is_behind_survives_at_every_git_call: NEW, Remote, History::Behind => Goal::Created(NEW_ID), 14;
    new_on_a_server_that_is_not_atomic_survives_at_every_git_call: NEW, NotAtomic, WAITING => Goal::Created(NEW_ID),14;
    new_on_a_trunk_of_its_own_survives_at_every_git_call: NEW, OfItsOwn, WAITING => Goal::Created(NEW_ID),11;
    new_without_a_remote_survives_at_every_git_call: NEW, CheckedOut, WAITING => Goal::Created(NEW_ID), 11;
    import_survives_at_every_git_call: IMPORT, Remote, WAITING => Goal::Created("TICKET-mine-001"), 9;
    import_without_a_remote_survives_at_every_git_call: IMPORT, CheckedOut, WAITING => Goal::Created("TICKET-mine-001"), 9;
    link_that_imports_survives_at_every_git_call: LINK, Remote, History::WaitingOnForge => Goal::Created(NEW_ID), 9;
    rework_survives_at_every_git_call: REWORK, Remote, History::After(&[CLOSE]) => Goal::Created("TICKET-foo-002"),9;

    queue_survives_at_every_git_call: QUEUE, Remote, WAITING => Goal::Says("status: queued"),11;
    draft_survives_at_every_git_call: DRAFT, Remote, WAITING => Goal::Says("status: draft"),11;
    set_of_a_ticket_that_waits_survives_at_every_git_call: SET, Remote, WAITING => Goal::Says("priority: P0"), 12;
    edit_of_a_held_ticket_survives_at_every_git_call: EDIT, Remote, HELD => Goal::Says("Another text."),14;
    tick_of_a_held_ticket_survives_at_every_git_call: TICK, Remote, HELD => Goal::Says("- [x] It works"),14;
    dep_add_survives_at_every_git_call: DEP, Remote, History::After(&[NEW]) => Goal::Says("depends_on: [TICKET-bar-001]"),10;
    a_note_on_a_held_ticket_survives_at_every_git_call: NOTE, Remote, HELD => Goal::Says("- a word"), 14;
    block_survives_at_every_git_call: BLOCK, Remote, HELD => Goal::Says("blocked: rain"),13;
    unblock_survives_at_every_git_call: UNBLOCK, Remote, History::After(&[ACTIVATE, BLOCK]) => Goal::Says("Unblocked by"),13;

    submit_survives_at_every_git_call: SUBMIT, Remote, History::Reviewed(&[ACTIVATE]) => Goal::Says("status: critic_review"),15;
    review_survives_at_every_git_call: APPROVE, Remote, History::Reviewed(&[ACTIVATE, SUBMIT]) => Goal::Says("approvals: [\"critic_review"),13;
    review_that_sends_back_survives_at_every_git_call: SEND_BACK, Remote, History::Reviewed(&[ACTIVATE, SUBMIT]) => Goal::Says("the door"),13;
    complete_survives_at_every_git_call: COMPLETE, Remote, History::Worked => Goal::Completed, 17;
    pr_survives_at_every_git_call: PR, Remote, History::OnForge => Goal::Says("pull_request: https://github.com/acme/shop/pull/1"), 14;
    complete_without_a_remote_survives_at_every_git_call: COMPLETE, Local, History::Worked => Goal::Completed, 16;
    handoff_survives_at_every_git_call: HANDOFF, Remote, HELD => Goal::HandedOn,16;
    a_take_back_survives_at_every_git_call: RECLAIM, Remote, History::After(&[ACTIVATE, HANDOFF]) => Goal::TakenOver, 15;
    reclaim_survives_at_every_git_call: RECLAIM, Remote, History::Overtaken => Goal::TakenOver, 19;

    close_survives_at_every_git_call: CLOSE, Remote, HELD => Goal::Closed, 19;
    land_survives_at_every_git_call: LAND, Remote, History::Complete => Goal::Landed, 16;
    land_on_a_local_trunk_that_is_checked_out_survives_at_every_git_call: LAND, CheckedOut, History::Complete => Goal::Landed, 14;
    clean_survives_at_every_git_call: CLEAN, Remote, History::Merged => Goal::Cleaned, 20;
    clean_without_a_remote_survives_at_every_git_call: CLEAN, Local, History::Merged => Goal::Cleaned, 16;
    archive_survives_at_every_git_call: ARCHIVE, Remote, History::Cleaned => Goal::Archived,9;
    reopen_survives_at_every_git_call: REOPEN, Remote, History::After(&[CLOSE]) => Goal::Released,11;

    init_survives_at_every_git_call: INIT, Remote, WAITING => Goal::SetUp,10;
    init_of_a_trunk_of_its_own_survives_at_every_git_call: INIT_TRUNK, Remote, WAITING => Goal::SetUpBeside,22;
}

/// The same table for the moments inside of git's calls.
macro_rules! inside {
    ($($name:ident: $command:expr, $trunk:ident, $history:expr => $goal:expr, $moments:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let (command, trunk) = ($command, Trunk::$trunk);
                let row = Row { trunk, history: $history, command, goal: $goal, broken: None, calls: $moments };
                row.survives_inside();
            }
        )*
    };
}

inside! {
    activate_survives_inside_of_git: ACTIVATE, Remote, WAITING => Goal::Workspace, 20;
    activate_on_a_trunk_of_its_own_survives_inside_of_git: ACTIVATE, OfItsOwn, WAITING => Goal::Workspace, 20;
    activate_without_a_remote_survives_inside_of_git: ACTIVATE, Local, WAITING => Goal::Workspace, 10;
    release_survives_inside_of_git: RELEASE, Remote, HELD => Goal::Released, 10;
}

#[test]
fn an_activation_that_gives_the_ticket_back_survives_at_every_git_call() {
    let (trunk, history, goal) = (Trunk::Remote, WAITING, Goal::Workspace);
    let broken = Some((|| On::command("worktree").with("add")) as fn() -> On);
    Row { trunk, history, command: ACTIVATE, goal, broken, calls: 18 }.survives();
}

/// What every role may do is what writes nothing; `src/app/role.rs` has the list of that.
#[test]
fn every_command_that_writes_has_a_row() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app/role.rs");
    let source = fs::read_to_string(source).unwrap();
    let (_, reading) = source.split_once("const ALWAYS").unwrap();
    let (reading, _) = reading.split_once("];").unwrap();
    let reading: BTreeSet<&str> = reading.split('"').skip(1).step_by(2).collect();
    assert!(reading.contains("list") && reading.contains("status"), "{reading:?}");
    let all = Sandbox::new().remote().tix(&["explain", "commands", "--json"]).success().json();
    let names = all["entries"].as_array().unwrap().iter();
    let names = names.map(|entry| entry["name"].as_str().unwrap());
    let writing: BTreeSet<&str> = names.filter(|name| !reading.contains(name)).collect();
    assert!(writing.contains("activate"), "{all}");
    let tried: BTreeSet<&str> =
        COMMANDS.iter().map(|command| command[0]).chain(WRITES_NO_TICKET).collect();
    assert_eq!(tried, writing, "one row for each command that writes");
}
