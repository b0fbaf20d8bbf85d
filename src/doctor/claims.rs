//! Checks on claims, their branches, and the workspaces of this clone.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::{
    BranchFacts, BranchTip, Check, Finding, Fix, RepoFacts, Severity, TicketFacts, WorkspaceFacts,
    WorkspacePlace, WorktreeFacts, reviews,
};
use crate::lifecycle::{Awaited, TicketEntry};
use crate::text::duration;
use crate::ticket::{FrontMatter, Lane, Status, StatusLine, TicketId, moment};

pub(super) fn findings(facts: &RepoFacts) -> Vec<Finding> {
    let mut found = Vec::new();
    let branches: BTreeMap<&TicketId, &BranchFacts> =
        facts.branches.iter().map(|branch| (&branch.id, branch)).collect();
    for TicketFacts { entry, contents } in &facts.tickets {
        let Ok(head) = contents else { continue };
        if entry.lane != Lane::Active {
            continue;
        }
        let branch = branches.get(&entry.id).copied();
        let merged = branch.and_then(|branch| merged(facts, entry, head, branch));
        // One cause, one finding: of a ticket whose work has landed the rest follows.
        if let Some(merged) = merged {
            found.push(merged);
            continue;
        }
        found.extend(branch.and_then(|branch| without_branch(facts, entry, head, branch)));
        found.extend(without_workspace(facts, entry, head));
        found.extend(branch.and_then(reviews::outdated));
        found.extend(stale(facts, entry, head, branch));
        found.extend(stale_worker(facts, entry, head));
    }
    found.extend(facts.workspaces.iter().filter_map(|workspace| without_claim(facts, workspace)));
    found
}

/// Whether the claim is this clone's.
fn is_ours(facts: &RepoFacts, head: &FrontMatter) -> bool {
    head.claim_id.as_ref().is_some_and(|claim| facts.own_claims.contains(claim))
}

fn about_claim(finding: Finding, head: &FrontMatter) -> Finding {
    finding
        .maybe_fact("held by", head.claimed_by.clone())
        .maybe_fact("since", head.claimed_at.clone())
        .maybe_fact("claim", head.claim_id.clone())
}

/// Whether a ticket has more than its claim. If progress is written on the ticket branch, the trunk's copy shows it only
/// after a merge.
pub fn tells_of_progress(head: &FrontMatter) -> bool {
    let beyond = matches!(&head.status, StatusLine::Status(status) if *status != Status::Claimed);
    beyond && head.branch.is_some()
}

/// The work is known to have landed when the branch that work goes to contains the tip of the ticket branch, and that is
/// not just the claim; or when the trunk has the ticket's file exactly as its branch has it, as after a squash: between
/// the claim and the merge only the branch's copy changes.
fn merged(
    facts: &RepoFacts,
    entry: &TicketEntry,
    head: &FrontMatter,
    branch: &BranchFacts,
) -> Option<Finding> {
    let tip = branch.tip.as_ref()?;
    let claimed = moment(head.claimed_at.as_ref()?)?;
    let worked = tip.at >= claimed && !tip.is_claim;
    let by_file = tip.same_file && tells_of_progress(head);
    if !(worked && (tip.merged || by_file)) {
        return None;
    }
    let message =
        format!("the work on {} has been merged, but the ticket is still active", entry.id);
    let (id, path) = (&entry.id, entry.path.to_string());
    let target = path.replacen("/active/", "/completed/", 1);
    let finding = Finding::new(Check::ActiveButMerged, Some(&entry.id), message)
        .fact("branch", format!("{} at {}", branch.name.short(), tip.oid.short()))
        .fact("merged into", facts.trunk.clone());
    Some(
        about_claim(finding, head)
            .repair("see its branch", &["git", "log", "--oneline", tip.oid.short()])
            .repair_by_moving("if nothing is left to do, move it on the trunk", &path, &target)
            .repair(
                "or let its holder complete it, with one more merge",
                &["tix", "complete", id.as_str()],
            ),
    )
}

fn without_branch(
    facts: &RepoFacts,
    entry: &TicketEntry,
    head: &FrontMatter,
    branch: &BranchFacts,
) -> Option<Finding> {
    if branch.exists != Some(false) {
        return None;
    }
    let id = entry.id.as_str();
    let message = format!("{id} is active, but its branch {} does not exist", branch.name.short());
    let finding =
        about_claim(Finding::new(Check::ClaimWithoutBranch, Some(&entry.id), message), head);
    Some(if is_ours(facts, head) {
        finding
            .repair("finish the set-up", &["tix", "activate", id])
            .repair("or give the ticket back", &["tix", "release", id])
    } else {
        finding.repair(
            "see who worked on it, and ask them to go on or to release it",
            &["tix", "log", id],
        )
    })
}

fn without_workspace(
    facts: &RepoFacts,
    entry: &TicketEntry,
    head: &FrontMatter,
) -> Option<Finding> {
    let id = &entry.id;
    let ours = facts.workspaces.iter().find(|workspace| workspace.id == *id);
    let worktree = ours.and_then(|workspace| workspace.worktree.as_ref());
    if let Some(WorktreeFacts { path, place: WorkspacePlace::Unlinked }) = worktree {
        return Some(unlinked(id, head, path));
    }
    if !is_ours(facts, head) {
        return None;
    }
    let taken = worktree.filter(|worktree| worktree.place == WorkspacePlace::Other);
    let why = match (ours, worktree) {
        (_, Some(WorktreeFacts { path, place: WorkspacePlace::Nothing })) => {
            format!("the directory of its workspace is gone: {}", path.display())
        }
        (_, Some(WorktreeFacts { path, place: WorkspacePlace::Other })) => {
            format!("something else is in the place of its workspace: {}", path.display())
        }
        (Some(workspace), _) if workspace.claim_id.is_some() && !workspace.finished => {
            "its set-up was interrupted".to_owned()
        }
        (_, Some(_)) => return None,
        (Some(workspace), None) if workspace.claim_id.is_some() && !workspace.wants_worktree => {
            return None;
        }
        (_, None) => "its workspace does not exist".to_owned(),
    };
    let message = format!("{id} is held by this clone, but {why}");
    let finding = about_claim(Finding::new(Check::ClaimWithoutWorkspace, Some(id), message), head);
    let again = ["tix", "activate", id.as_str(), "--resume"];
    let finding = match taken.map(|worktree| worktree.path.display().to_string()) {
        Some(path) => finding.repair_with(
            "move that away, make the workspace again, and go on",
            &[&["mv", "-n", "--", &path, &format!("{path}-kept")], &again],
        ),
        None => finding.repair("make it again, and go on", &again),
    };
    Some(finding.repair("or give the ticket back", &["tix", "release", id.as_str()]))
}

/// The repository was moved, so its claims are no longer known to be its own.
fn unlinked(id: &TicketId, head: &FrontMatter, path: &Path) -> Finding {
    let path = path.display().to_string();
    let message =
        format!("git does not work in the workspace of {id}, because the repository was moved");
    about_claim(Finding::new(Check::ClaimWithoutWorkspace, Some(id), message), head)
        .fact("workspace", path.clone())
        .repair("reconnect them", &["git", "worktree", "repair", &path])
}

fn stale(
    facts: &RepoFacts,
    entry: &TicketEntry,
    head: &FrontMatter,
    branch: Option<&BranchFacts>,
) -> Option<Finding> {
    let claimed = head.claimed_at.as_deref().and_then(moment);
    let tip: Option<&BranchTip> = branch.and_then(|branch| branch.tip.as_ref());
    let last = claimed.max(tip.map(|tip| tip.at));
    // A branch that nobody could ask about may be young.
    let is_known = last.is_some() || branch.is_some_and(|branch| branch.exists == Some(false));
    let awaited = branch.map_or(Awaited::Holder, |branch| branch.awaited);
    if !is_known || !awaited.is_stale(last, facts.now, facts.stale_after) {
        return None;
    }
    let since = match last {
        Some(last) => format!("for {}", duration::rough(facts.now - last)),
        None => "for an unknown time".to_owned(),
    };
    let message = format!("nothing has happened on {} {since}", entry.id);
    let finding = about_claim(Finding::new(Check::StaleClaim, Some(&entry.id), message), head)
        .fact("last commit", tip.map_or_else(|| "none known".to_owned(), |tip| day(tip.at)))
        .fact("stale after", duration::exact(facts.stale_after));
    let id = entry.id.as_str();
    let reason = format!("nothing has happened {since}");
    Some(if is_ours(facts, head) {
        finding
            .repair("go on", &["tix", "activate", id, "--resume"])
            .repair("or give it back", &["tix", "release", id])
    } else {
        finding
            .repair("see who holds it, and ask them to go on or to release it", &["tix", "log", id])
            .repair("or take it over", &["tix", "reclaim", id, "--reason", &reason])
    })
}

/// If the claim has ended too, its worker's record belongs to nobody, and the next worker replaces it.
fn stale_worker(facts: &RepoFacts, entry: &TicketEntry, head: &FrontMatter) -> Option<Finding> {
    let id = &entry.id;
    let ours = facts.workspaces.iter().find(|workspace| workspace.id == *id)?;
    let ended = ours.ended.as_ref();
    let worker = ended.filter(|worker| head.claim_id.as_ref() == Some(&worker.claim_id))?;
    // What is detached writes to a log, and ends alone however well its work went.
    let message = match worker.log {
        Some(_) => format!("the detached worker of {id} has ended; its log says how"),
        None => format!("the worker of {id} ended, and tix did not see how"),
    };
    Some(
        Finding::new(Check::StaleWorker, Some(id), message)
            .fact("process", worker.pid.to_string())
            .fact("since", worker.since.clone())
            .fact("command", worker.command.clone())
            .maybe_fact("log", worker.log.as_ref().map(|log| log.display().to_string()))
            .repair(
                "start another in its place",
                &["tix", "run", id.as_str(), "--restart", "--", "<command>"],
            ),
    )
}

fn without_claim(facts: &RepoFacts, workspace: &WorkspaceFacts) -> Option<Finding> {
    let id = &workspace.id;
    let mut places = facts.tickets.iter().filter(|ticket| ticket.entry.id == *id);
    let (place, more) = (places.next(), places.next());
    // Which of several files counts nobody can say.
    if more.is_some() {
        return None;
    }
    let active = place.filter(|ticket| ticket.entry.lane == Lane::Active);
    let (why, severity) = match (active, place) {
        (Some(ticket), _) => {
            let head = ticket.contents.as_ref().ok()?;
            let now = head.claim_id.as_ref()?;
            // A workspace that tix did not make belongs to whoever made it.
            if workspace.claim_id.as_ref()? == now {
                return None;
            }
            ("another claim holds it now", Severity::Warning)
        }
        (None, Some(ticket)) => match ticket.entry.lane {
            Lane::Queue => ("it is in the queue", Severity::Warning),
            Lane::Active => return None,
            Lane::Completed => ("it is completed", Severity::Info),
            Lane::Archive => ("it is closed", Severity::Info),
        },
        (None, None) => ("it is not on the trunk", Severity::Warning),
    };
    let left = left_here(id, workspace, why).only(severity);
    Some(match place.map(|ticket| ticket.entry.lane) {
        Some(Lane::Completed) => left.repair(
            "or remove its branches too, once they are merged",
            &["tix", "clean", id.as_str()],
        ),
        Some(Lane::Queue | Lane::Active | Lane::Archive) | None => left,
    })
}

fn left_here(id: &TicketId, workspace: &WorkspaceFacts, why: &str) -> Finding {
    let what = match &workspace.worktree {
        Some(_) => "a workspace",
        None => "the record of a workspace",
    };
    let message = format!("this clone has {what} for {id}, but {why}");
    let path = workspace.worktree.as_ref().map(|worktree| worktree.path.display().to_string());
    Finding::new(Check::WorkspaceWithoutClaim, Some(id), message)
        .maybe_fact("workspace", path)
        .maybe_fact("made for claim", workspace.claim_id.clone())
        .repair("remove it, if that loses nothing", &["tix", "doctor", "--fix"])
        .fixed_by(Fix::ClearWorkspace(id.clone()))
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d").to_string()
}
