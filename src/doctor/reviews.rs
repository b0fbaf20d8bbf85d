//! Checks on reviews.

use super::{BranchFacts, Check, Finding};
use crate::lifecycle::Approval;

/// Approvals of a commit that the branch has left behind: nobody can complete the ticket with them.
pub(super) fn outdated(branch: &BranchFacts) -> Option<Finding> {
    let (review, tip) = (branch.review.as_ref()?, branch.tip.as_ref()?);
    let newest = review.outdated.last()?;
    let (id, name) = (branch.id.as_str(), branch.name.short());
    let message = format!("{name} has moved on since {id} was approved");
    let given = |approval: &Approval| {
        format!("{} at {} by {}", approval.stage, approval.commit.short(), approval.by)
    };
    let since = format!("{}..{}", newest.commit.short(), tip.oid.short());
    let finding = Finding::new(Check::ApprovalOutdated, Some(&branch.id), message)
        .fact("void", review.outdated.iter().map(given).collect::<Vec<_>>().join(", "))
        .fact("branch", format!("{name} at {}", tip.oid.short()))
        .repair("for its holder: submit the branch again, for all stages", &["tix", "submit", id])
        .repair("see what has changed since", &["git", "log", "--oneline", &since]);
    // Of an earlier stage nobody can say it again before the work is handed in again.
    let is_present = review.outdated.iter().all(|approval| approval.stage == review.stage);
    let again = ["tix", "review", id, "--approve", "--commit", tip.oid.as_str()];
    let why = "or, for a reviewer who has looked at it: approve it";
    Some(if is_present { finding.repair(why, &again) } else { finding })
}
