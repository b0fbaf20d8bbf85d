//! A ticket branch of a ticket that nobody holds.
//!
//! The next claim moves it to the attic if it is an earlier holder's or has no work. Any other branch of that name
//! belongs to somebody and is not touched.

use super::claim::Activation;
use crate::app::find::claim_commit;
use crate::error::{Exit, Failure};
use crate::lifecycle::{StrayBranch, TicketEntry};
use crate::names::{Oid, RefName, RemoteName};
use crate::ticket::{Lane, TicketId};
use crate::trunk::{Stop, Trunk, View};

impl Activation<'_> {
    /// The branch, if it may be moved.
    pub(super) fn stray<'v>(
        &self,
        trunk: &Trunk<'_>,
        view: &'v View<'_>,
        id: &TicketId,
    ) -> Result<Option<StrayBranch<'v>>, Stop<Failure>> {
        let Ok(branch) = self.ctx.ticket_branch(id) else { return Ok(None) };
        let watched = self.look_for_stray.as_ref().filter(|watched| **watched == branch);
        let at = view.ticket_branch(&branch).or(watched.and_then(|_| view.watched()));
        let Some(at) = at else { return Ok(None) };
        if let Some(tip) = view.commit()
            && trunk.repo.is_ancestor(at, tip)?
        {
            return Ok(Some(StrayBranch::Worthless(at)));
        }
        let there = trunk.view_of(at)?;
        let mut entries = there.snapshot.entries.iter();
        let Some(held) = entries.find(|e| e.id == *id && e.lane != Lane::Queue) else {
            return Ok(None);
        };
        if let (Some(remote), Some(claim)) = (&trunk.remote, self.claim_on(&there, held, at)?) {
            require_over(trunk, view, id, &claim)?;
            self.require_no_other_trunk(trunk, remote, view, &claim.0)?;
        }
        Ok(Some(StrayBranch::Work(at)))
    }

    /// The commit of the claim on a ticket branch, and its message.
    fn claim_on(
        &self,
        branch: &View<'_>,
        held: &TicketEntry,
        at: &Oid,
    ) -> Result<Option<(Oid, String)>, Stop<Failure>> {
        let claim_id = branch.require::<Failure>(held)?.held().claim_id;
        Ok(claim_commit(&self.ctx.repo, at, &held.path, claim_id.as_deref())?)
    }

    /// A claim that is not in the history of this trunk may stand on another one: after the default branch was renamed, a
    /// clone that does not know yet goes on with the old one. Its work must not be moved away.
    fn require_no_other_trunk(
        &self,
        trunk: &Trunk<'_>,
        remote: &RemoteName,
        view: &View<'_>,
        claim: &Oid,
    ) -> Result<(), Stop<Failure>> {
        let ctx = self.ctx;
        if let Some(tip) = view.commit()
            && ctx.repo.is_ancestor(claim, tip)?
        {
            return Ok(());
        }
        let protection = ctx.protection()?;
        let named: Vec<_> = protection.branches.names().filter_map(RefName::branch).collect();
        let mut patterns: Vec<&str> = named.iter().map(RefName::as_str).collect();
        patterns.push("HEAD");
        let listed = ctx.repo.ls_remote(remote, &patterns, trunk.deadline.at())?;
        let targets = listed.iter().filter_map(|found| found.symref.as_ref());
        let there = listed.iter().map(|found| &found.name).filter(|name| named.contains(name));
        let mut others: Vec<&RefName> = targets.chain(there).collect();
        others.retain(|name| **name != trunk.branch);
        others.sort();
        others.dedup();
        for other in others {
            let private = self.run.private_ref(&format!("other/{}", other.short()))?;
            let fetched =
                ctx.repo.fetch(remote, &[format!("+{other}:{private}")], trunk.deadline.at())?;
            let tip = ctx.objects.resolve(private.as_str())?;
            if fetched.code == Some(0)
                && let Some(tip) = tip
                && ctx.repo.is_ancestor(claim, &tip)?
            {
                return Err(Stop::Refused(two_trunks(remote, &trunk.branch, other)));
            }
        }
        Ok(())
    }
}

/// A claim whose lock is its branch stands until it is ended or overtaken, even for clones that do not know yet that
/// branches are the lock.
fn require_over(
    trunk: &Trunk<'_>,
    view: &View<'_>,
    id: &TicketId,
    claim: &(Oid, String),
) -> Result<(), Stop<Failure>> {
    let Some(tip) = view.on_remote() else { return Ok(()) };
    let entry = view.snapshot.find_id(id)?;
    if trunk.is_claim_over(claim, tip, &entry.path)? {
        return Ok(());
    }
    let message =
        format!("{id} is claimed by its branch, but the trunk does not have the claim yet");
    let failure = Failure::new(Exit::Held, message).fact("commit", claim.0.to_string());
    Err(Stop::Refused(failure.hint("take another ticket: tix list --lane queue")))
}

fn two_trunks(remote: &RemoteName, own: &RefName, other: &RefName) -> Failure {
    let (own, other) = (own.short(), other.short());
    let message = format!(
        "the ticket is claimed on {remote}/{other}, but this clone has its tickets on {remote}/{own}"
    );
    Failure::new(Exit::Refused, message)
        .hint(format!(
            "see which of them is the default branch: git ls-remote --symref {remote} HEAD"
        ))
        .hint(format!("if it was renamed, follow it: git remote set-head {remote} --auto"))
        .hint("or set it for this clone: git config tix.trunk <branch>")
}
