//! What can be wrong with a ticket queue and with the clone that works on it: pure checks over [`RepoFacts`].
//!
//! Nothing here asks git, the clock or the network. The facts include what could not be examined, and a check says
//! nothing about what it does not know: a false alarm costs more than a late one.

mod claims;
mod clone;
mod code;
mod depends;
mod facts;
mod finding;
mod reviews;
#[cfg(test)]
mod tests;
mod tickets;

pub use claims::tells_of_progress;
pub use facts::{
    BranchFacts, BranchTip, Circle, CodeCommit, DefaultMove, HookHealth, HooksFacts, LocalTrunk,
    PushTarget, RepoFacts, ReviewFacts, RunLeftover, TicketFacts, TrunkCode, UnguardedFacts,
    WorkerFacts, WorkspaceFacts, WorkspacePlace, WorktreeFacts,
};
pub use finding::{Finding, Fix, Repair, Severity};

/// One kind of check, under a name that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// A setting that this tix does not understand.
    UnknownSetting,
    /// A remote with different addresses for fetches and pushes.
    PushesElsewhere,
    /// A remote whose default branch is not the one that this clone uses.
    DefaultMoved,
    /// A file in a lane that is not a readable ticket.
    UnreadableTicket,
    DuplicateId,
    LaneMismatch,
    /// A `ticket_id` that is not the file's name.
    IdMismatch,
    ClaimedBeforeCreated,
    /// A part of the template that nobody filled in.
    Placeholder,
    /// Tickets that are parts or duplicates of each other in a circle.
    RelationCycle,
    /// Tickets that wait for each other.
    DependencyCycle,
    MissingDependency,
    /// A ticket that is a part of none that there is.
    MissingParent,
    /// Work that is on the trunk, of a ticket that is still active.
    ActiveButMerged,
    ClaimWithoutBranch,
    /// A claim of this clone whose workspace is gone or unfinished.
    ClaimWithoutWorkspace,
    /// A workspace of a ticket that this clone does not hold.
    WorkspaceWithoutClaim,
    StaleClaim,
    /// A worker that ended, and tix did not see how.
    StaleWorker,
    /// An approval of other work than what the ticket branch has.
    ApprovalOutdated,
    /// Hooks that do not run the guard in this clone.
    HooksMissing,
    /// An agent that has our hooks and does not run them.
    IdleAgentHooks,
    /// Commits on the trunk that change more than tickets.
    CodeOnTrunk,
    /// Commits on the local trunk that the remote does not have.
    TrunkAhead,
    /// What killed runs left behind.
    Leftovers,
    RemoteUnseen,
}

#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub check: Check,
    pub name: &'static str,
    /// The severity of its worst findings.
    pub severity: Severity,
    pub about: &'static str,
    /// What `--fix` does about it, if that is provably safe.
    pub fix: Option<&'static str>,
}

/// Every check, in the order in which findings of one severity are shown.
pub const RULES: [Rule; 26] = [
    Rule {
        check: Check::UnknownSetting,
        name: "unknown-setting",
        severity: Severity::Error,
        about: "a setting that this tix does not know, because it is misspelt or of a newer tix; nothing is written until that is fixed",
        fix: None,
    },
    Rule {
        check: Check::PushesElsewhere,
        name: "pushes-elsewhere",
        severity: Severity::Error,
        about: "git fetches from one address and pushes to another; nothing is written until that is fixed",
        fix: None,
    },
    Rule {
        check: Check::DefaultMoved,
        name: "default-moved",
        severity: Severity::Error,
        about: "the remote's default branch is not the one that this clone uses; with two trunks a ticket can have two holders",
        fix: None,
    },
    Rule {
        check: Check::UnreadableTicket,
        name: "unreadable-ticket",
        severity: Severity::Error,
        about: "a file in a lane cannot be read as a ticket, so nobody can claim it",
        fix: None,
    },
    Rule {
        check: Check::DuplicateId,
        name: "duplicate-id",
        severity: Severity::Error,
        about: "several files have one id, so it names no ticket",
        fix: None,
    },
    Rule {
        check: Check::LaneMismatch,
        name: "lane-mismatch",
        severity: Severity::Error,
        about: "a ticket has a status that does not fit its lane",
        fix: None,
    },
    Rule {
        check: Check::DependencyCycle,
        name: "dependency-cycle",
        severity: Severity::Error,
        about: "tickets wait for each other in a circle, so none of them ever comes next",
        fix: None,
    },
    Rule {
        check: Check::MissingDependency,
        name: "missing-dependency",
        severity: Severity::Warning,
        about: "a ticket waits for a name of no ticket, or of several, so it never comes next",
        fix: None,
    },
    Rule {
        check: Check::MissingParent,
        name: "missing-parent",
        severity: Severity::Warning,
        about: "a ticket is a part of a name of no ticket, or of several, so it counts for none",
        fix: None,
    },
    Rule {
        check: Check::ActiveButMerged,
        name: "active-but-merged",
        severity: Severity::Warning,
        about: "the work of a ticket is on the trunk, but the ticket is still active",
        fix: None,
    },
    Rule {
        check: Check::ClaimWithoutBranch,
        name: "claim-without-branch",
        severity: Severity::Warning,
        about: "a ticket is active, but its ticket branch is not on the remote",
        fix: None,
    },
    Rule {
        check: Check::ClaimWithoutWorkspace,
        name: "claim-without-workspace",
        severity: Severity::Warning,
        about: "this clone holds a ticket, but its workspace is gone or was never finished",
        fix: None,
    },
    Rule {
        check: Check::WorkspaceWithoutClaim,
        name: "workspace-without-claim",
        severity: Severity::Warning,
        about: "this clone has a workspace for a ticket that it does not hold",
        fix: Some("removes it if it is clean and all its commits are kept elsewhere"),
    },
    Rule {
        check: Check::StaleClaim,
        name: "stale-claim",
        severity: Severity::Warning,
        about: "a ticket waits for its holder, and nothing has happened on it for longer than `stale_after`",
        fix: None,
    },
    Rule {
        check: Check::StaleWorker,
        name: "stale-worker",
        severity: Severity::Warning,
        about: "the worker of a claim ended, and tix did not see how: it was detached or killed, or its machine stopped",
        fix: None,
    },
    Rule {
        check: Check::ApprovalOutdated,
        name: "approval-outdated",
        severity: Severity::Warning,
        about: "a ticket branch got commits after its approval, which makes the approval void",
        fix: None,
    },
    Rule {
        check: Check::IdMismatch,
        name: "id-mismatch",
        severity: Severity::Warning,
        about: "`ticket_id` differs from the file's name, which is the id that counts",
        fix: Some("writes the file's name into `ticket_id`, unless somebody holds the ticket"),
    },
    Rule {
        check: Check::RelationCycle,
        name: "relation-cycle",
        severity: Severity::Warning,
        about: "tickets are parts of each other, or duplicates of each other, in a circle",
        fix: None,
    },
    Rule {
        check: Check::Placeholder,
        name: "placeholder",
        severity: Severity::Warning,
        about: "a ticket that can be claimed, or is held, still has `{placeholders}` from its template",
        fix: None,
    },
    Rule {
        check: Check::ClaimedBeforeCreated,
        name: "claimed-before-created",
        severity: Severity::Warning,
        about: "a ticket says that it was claimed before it was created: one of the two times is wrong",
        fix: None,
    },
    Rule {
        check: Check::HooksMissing,
        name: "hooks-missing",
        severity: Severity::Warning,
        about: "the hooks that keep code off the trunk do not run in this clone",
        fix: None,
    },
    Rule {
        check: Check::IdleAgentHooks,
        name: "idle-agent-hooks",
        severity: Severity::Warning,
        about: "the guard is in the settings of an agent, but the agent does not run it",
        fix: None,
    },
    Rule {
        check: Check::CodeOnTrunk,
        name: "code-on-trunk",
        severity: Severity::Warning,
        about: "commits that the trunk was at, or that only the local trunk has, change more than tickets",
        fix: None,
    },
    Rule {
        check: Check::TrunkAhead,
        name: "trunk-ahead",
        severity: Severity::Warning,
        about: "the local trunk has commits that the remote does not have",
        fix: None,
    },
    Rule {
        check: Check::RemoteUnseen,
        name: "remote-unseen",
        severity: Severity::Warning,
        about: "the remote could not be asked, so everything else is as of the last fetch",
        fix: None,
    },
    Rule {
        check: Check::Leftovers,
        name: "leftovers",
        severity: Severity::Info,
        about: "files and refs of runs that were killed",
        fix: Some("removes them, as every command does that fetches or writes"),
    },
];

impl Check {
    pub fn rule(self) -> Option<&'static Rule> {
        RULES.iter().find(|rule| rule.check == self)
    }

    pub fn name(self) -> &'static str {
        self.rule().map_or("", |rule| rule.name)
    }
}

/// All findings, worst first; within one severity in the order of [`RULES`], then by ticket.
pub fn examine(facts: &RepoFacts) -> Vec<Finding> {
    let mut findings = tickets::findings(facts);
    findings.extend(claims::findings(facts));
    findings.extend(clone::findings(facts));
    findings.extend(code::findings(facts));
    findings.extend(depends::findings(facts));
    let place = |check: Check| RULES.iter().position(|rule| rule.check == check);
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.severity, place(f.check), f.ticket.clone());
        key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
    });
    findings
}
