//! Claims that are on their ticket branches but not on the trunk yet, where the creation of the branch is the lock.
//!
//! Such a claim is a commit `c` on a commit `b` of the trunk. On a trunk it is published (the ticket is active there
//! under its id), over, or live. It is over for good when the trunk has `c` in its history, or when something since `b`
//! took the ticket out of the queue: somebody else's claim, its own end, a squashed merge. The trunk alone shows this;
//! whoever made the claim need not help.
//!
//! Every view of the trunk includes the live claims: it is a commit of this clone on top of the remote's trunk that
//! merges all of them. So each decision sees them, and each push of the trunk publishes them, whatever it was for. What
//! ends or changes a claim publishes it first, so that `c` is in the trunk's history from then on and can never come
//! back. The push has a lease on the trunk that showed them live. The claims are merged, not copied; otherwise the
//! merge of the ticket branch would find the same file moved twice.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::attempt::{Course, PushState, Sent};
use super::judge::PushVerdict;
use super::view::ClaimsAlone;
use super::{Built, Trunk, TrunkError, View};
use crate::git::{
    CommitText, FileMode, GitError, ObjectKind, Objects, RefUpdate, RefValue, Repo, TreeEdit,
    UnpublishedClaim,
};
use crate::lifecycle::{
    Change, CommitReach, EntryNode, FileEdit, RefEdit, Target, copy_claim, trailer,
};
use crate::names::{Oid, RefName, RemoteName, RepoPath};
use crate::text::count;
use crate::ticket::{Document, Lane, TicketId};

/// The names of ticket branches.
#[derive(Clone, Debug)]
pub struct TicketBranches {
    before: String,
    after: String,
}

impl TicketBranches {
    /// `None` if the name depends on more of a ticket than its id.
    pub fn new(template: &str) -> Option<TicketBranches> {
        let (before, after) = template.split_once("{id}")?;
        let plain = |text: &str| !text.contains(['{', '}']);
        (plain(before) && plain(after))
            .then(|| TicketBranches { before: before.to_owned(), after: after.to_owned() })
    }

    /// A pattern that matches them, without `refs/heads/`.
    pub fn pattern(&self) -> String {
        format!("{}*{}", self.before, self.after)
    }

    pub(super) fn of(&self, id: &TicketId) -> Option<RefName> {
        RefName::branch(&format!("{}{id}{}", self.before, self.after))
    }

    pub fn ticket(&self, branch: &RefName) -> Option<TicketId> {
        let id = branch.short().strip_prefix(&self.before)?.strip_suffix(&self.after)?;
        TicketId::parse(id).ok()
    }
}

/// A claim that is only on its branch.
struct LiveClaim {
    commit: Oid,
    from: RepoPath,
    to: RepoPath,
    /// The ticket's file with the claim.
    claimed: Oid,
}

/// The ref of this clone that holds the trunk with the live claims, for readers.
pub fn claims_ref(remote: &RemoteName, trunk: &RefName) -> Option<RefName> {
    RefName::parse(&format!("refs/tix/claims/{remote}/{}", trunk.short()))
}

/// A trunk, without and with the live claims.
#[derive(Clone, Debug)]
pub struct Publication {
    trunk: Oid,
    with: Oid,
    claim: Oid,
    /// How long the look at the remote took that showed it.
    looked: Duration,
}

/// How often to try a publication: each failure is somebody else's publication.
const PUBLISHED: u32 = 5;

/// The trunk as last seen, with the claims that were live on it then.
pub fn with_claims_seen<'v>(
    repo: &Repo,
    objects: &'v Objects,
    remote: &RemoteName,
    (branch, trunk): (&RefName, &Oid),
    tickets_dir: &RepoPath,
) -> Result<View<'v>, TrunkError> {
    let name = claims_ref(remote, branch);
    let with = name.map(|name| objects.resolve(name.as_str())).transpose()?.flatten();
    if let Some(with) = with
        && let Some((first, claims)) = parents(objects, &with)?.split_first()
        && first == trunk
    {
        let mut view = View::load(objects, repo.format, Some(&with), tickets_dir)?;
        view.claims = ClaimsAlone { trunk: Some(trunk.clone()), commits: claims.to_vec() };
        return Ok(view);
    }
    View::load(objects, repo.format, Some(trunk), tickets_dir)
}

fn parents(objects: &Objects, commit: &Oid) -> Result<Vec<Oid>, GitError> {
    let object = objects.require(commit.as_str().as_bytes(), ObjectKind::Commit)?;
    let head = object.data.split(|byte| *byte == b'\n').take_while(|line| !line.is_empty());
    let parent = |line: &[u8]| Oid::parse(std::str::from_utf8(line).ok()?.strip_prefix("parent ")?);
    Ok(head.filter_map(parent).collect())
}

impl Trunk<'_> {
    /// The same view with all live claims merged.
    pub(super) fn with_claims<'v>(
        &'v self,
        view: View<'v>,
        tips: &[RefValue],
    ) -> Result<View<'v>, TrunkError> {
        let (Some(trunk), Some(tree)) = (view.commit().cloned(), view.tree().cloned()) else {
            return Ok(view);
        };
        let live = self.live_claims(&view, &trunk, tips)?;
        if live.is_empty() {
            return Ok(view);
        }
        let published = self.published(&trunk, &tree, &live)?;
        let mut with = self.view_of(&published)?;
        let View { watched, base, outdated, fetched, .. } = view;
        with.claims = ClaimsAlone {
            trunk: Some(trunk),
            commits: live.into_iter().map(|claim| claim.commit).collect(),
        };
        (with.watched, with.base, with.outdated, with.fetched) = (watched, base, outdated, fetched);
        Ok(with)
    }

    fn live_claims(
        &self,
        view: &View<'_>,
        trunk: &Oid,
        tips: &[RefValue],
    ) -> Result<Vec<LiveClaim>, TrunkError> {
        let Some(branches) = &self.branches else { return Ok(Vec::new()) };
        // A ticket that is no longer in the queue was taken out of it: its claim is published, or over.
        let queued = |id: &TicketId| {
            let mut entries = view.snapshot.entries.iter().filter(|entry| entry.id == *id);
            let entry = entries.next()?;
            let alone = entries.next().is_none();
            (alone && entry.lane == Lane::Queue && entry.node == EntryNode::File).then_some(entry)
        };
        let wanted: Vec<(TicketId, &RefValue)> = tips
            .iter()
            .filter_map(|tip| Some((branches.ticket(&tip.name)?, tip)))
            .filter(|(id, _)| queued(id).is_some())
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let heads: Vec<&Oid> = wanted.iter().map(|(_, tip)| &tip.oid).collect();
        let found = self.repo.unpublished_claims(&heads, trunk)?;
        // Grouped by the trunk commit that they are based on: one question for all claims on the same one.
        let mut claimed: BTreeMap<&Oid, Vec<LiveClaim>> = BTreeMap::new();
        for (id, tip) in &wanted {
            let Some(entry) = queued(id) else { continue };
            let own = found.iter().filter(|claim| claim.ticket == id.as_str());
            let Some((commit, base)) = self.newest_on(&tip.oid, own)? else { continue };
            let claim = self.moved_by(commit, base, &entry.path, &entry.oid)?;
            claimed.entry(base).or_default().extend(claim);
        }
        let mut live = Vec::new();
        for (base, claims) in claimed {
            live.extend(self.not_over(base, trunk, claims)?);
        }
        Ok(live)
    }

    /// The claims on `base` that have neither ended nor been overtaken.
    fn not_over(
        &self,
        base: &Oid,
        trunk: &Oid,
        claims: Vec<LiveClaim>,
    ) -> Result<Vec<LiveClaim>, TrunkError> {
        let paths: Vec<&RepoPath> = claims.iter().map(|claim| &claim.from).collect();
        if base == trunk || claims.is_empty() || self.repo.removals(base, trunk, &paths)?.is_empty()
        {
            return Ok(claims);
        }
        let mut live = Vec::new();
        for claim in claims {
            if !self.is_over(&claim.commit, base, trunk, &claim.from)? {
                live.push(claim);
            }
        }
        Ok(live)
    }

    /// The newest of these claims on a branch, with the trunk commit that it is based on: earlier claims on the same
    /// branch are over.
    fn newest_on<'c>(
        &self,
        tip: &Oid,
        claims: impl Iterator<Item = &'c UnpublishedClaim>,
    ) -> Result<Option<(&'c Oid, &'c Oid)>, TrunkError> {
        for UnpublishedClaim { commit, base, .. } in claims {
            // Nearly always the branch has only the claim and the commit that says that work begins.
            let near = commit == tip || parents(self.objects, tip)?.first() == Some(commit);
            if near || self.repo.is_ancestor(commit, tip)? {
                return Ok(base.as_ref().map(|base| (commit, base)));
            }
        }
        Ok(None)
    }

    /// What a claim commit does to the ticket, if it is one.
    fn moved_by(
        &self,
        commit: &Oid,
        base: &Oid,
        from: &RepoPath,
        queued: &Oid,
    ) -> Result<Option<LiveClaim>, TrunkError> {
        let (old, new) = (self.objects.tree_of(base)?, self.objects.tree_of(commit)?);
        let changed = self.objects.compare(&old, &new, self.repo.format)?;
        let gone = changed.iter().find(|changed| changed.new.is_none() && changed.path == *from);
        let made = changed.iter().find(|changed| changed.old.is_none());
        let (Some(gone), Some(made), 2) = (gone, made, changed.len()) else { return Ok(None) };
        let (Some((_, before)), Some((FileMode::File, after))) = (&gone.old, &made.new) else {
            return Ok(None);
        };
        let claimed =
            if before == queued { Some(after.clone()) } else { self.claimed(queued, after)? };
        Ok(claimed.map(|claimed| LiveClaim {
            commit: commit.clone(),
            from: from.clone(),
            to: made.path.clone(),
            claimed,
        }))
    }

    /// A ticket that was edited since it was claimed, with the claim applied.
    fn claimed(&self, queued: &Oid, claimed: &Oid) -> Result<Option<Oid>, TrunkError> {
        let read = |oid: &Oid| -> Result<Option<Document>, TrunkError> {
            let object = self.objects.require(oid.as_str().as_bytes(), ObjectKind::Blob)?;
            Ok(Document::parse(object.data).ok())
        };
        let (Some(mut text), Some(claim)) = (read(queued)?, read(claimed)?) else {
            return Ok(None);
        };
        if !copy_claim(&claim, &mut text) {
            return Ok(None);
        }
        Ok(Some(self.run.writer()?.write(ObjectKind::Blob, &text.into_bytes())?))
    }

    /// Whether a claim on `base`, which the trunk does not have, has ended or been overtaken.
    fn is_over(
        &self,
        commit: &Oid,
        base: &Oid,
        trunk: &Oid,
        queued: &RepoPath,
    ) -> Result<bool, TrunkError> {
        if base == trunk {
            return Ok(false);
        }
        let removals = self.repo.removals(base, trunk, &[queued])?;
        Ok(removals.iter().any(|removal| removal != commit))
    }

    /// Whether a branch's claim, which this trunk does not have, has ended or been overtaken. If the trunk was its
    /// lock, and the trunk does not have it, it was never made.
    pub fn is_claim_over(
        &self,
        (commit, message): &(Oid, String),
        trunk: &Oid,
        queued: &RepoPath,
    ) -> Result<bool, TrunkError> {
        let lock = format!("{}: branch", trailer::LOCK);
        let base = parents(self.objects, commit)?.into_iter().next();
        match base.filter(|_| message.lines().any(|line| line == lock)) {
            Some(base) if !self.repo.is_ancestor(commit, trunk)? => {
                self.is_over(commit, &base, trunk, queued)
            }
            Some(_) | None => Ok(true),
        }
    }

    /// Decides about the claims that this run has pushed to their branches. It takes back those that are over, and
    /// those that were decided by settings that the trunk has replaced, as long as the trunk does not have them. A
    /// claim whose push was not answered but that exists now is looked at once more, because it may have landed after
    /// the look at the trunk. True if another look is needed.
    pub(super) fn settle_branches<T>(
        &self,
        remote: &RemoteName,
        sent: &mut Vec<Sent<T>>,
        view: &View<'_>,
    ) -> Result<bool, TrunkError> {
        let Some(trunk) = view.on_remote() else { return Ok(false) };
        let mut again = false;
        let mut at = 0;
        while let Some(mine) = sent.get_mut(at) {
            let queued = mine.change.edits.iter().find_map(|edit| match edit {
                FileEdit::Move { from, .. } => Some(from),
                FileEdit::Add { .. } => None,
            });
            let (Some(base), Some(queued), true) = (&mine.parent, queued, mine.is_alone()) else {
                at += 1;
                continue;
            };
            let stands = view.stands(mine.change.establishes.as_ref())?;
            if stands && mine.fate == PushState::Open {
                mine.fate = PushState::Ended;
                again = true;
            }
            let over = !stands
                && (self.repo.is_ancestor(&mine.commit, trunk)?
                    || self.is_over(&mine.commit, base, trunk, queued)?);
            let outdated = view.outdated && view.claims.commits.contains(&mine.commit);
            if over || outdated {
                let tip = mine.built.last();
                for update in mine.built.refs.iter().filter(|u| u.target() == Some(tip)) {
                    let (name, at) = (update.name().clone(), tip.clone());
                    // Only if it exists there: deleting a missing branch would delete somebody's claim.
                    if view.ticket_branch(&name) == Some(&at) {
                        self.push_one(remote, &RefUpdate::Delete { name, at });
                    }
                }
                sent.remove(at);
                again = true;
            } else {
                at += 1;
            }
        }
        Ok(again)
    }

    /// Moves the ticket branch of each ticket that a change takes out of the queue, so that this change and a claim
    /// that lands at the same time exclude each other. Returns the branches, which are moved back afterwards.
    pub(super) fn guard_branches(&self, view: &View<'_>, change: &mut Change) -> Vec<RefName> {
        let Some(branches) = self.branches.as_ref().filter(|_| change.reach == CommitReach::Trunk)
        else {
            return Vec::new();
        };
        let mut guards = Vec::new();
        for edit in &change.edits {
            let FileEdit::Move { from, to, .. } = edit else { continue };
            let mut entries = view.snapshot.entries.iter();
            let entry = entries.find(|entry| entry.path == *from && entry.lane == Lane::Queue);
            let name = entry.filter(|_| from != to).and_then(|entry| branches.of(&entry.id));
            let Some(name) = name else { continue };
            if change.refs.iter().any(|edit| *edit.name() == name) || guards.contains(&name) {
                continue;
            }
            guards.push(name);
        }
        for name in &guards {
            let (name, to) = (name.clone(), Target::LastCommit);
            change.refs.push(match view.ticket_branch(&name) {
                Some(from) => RefEdit::Move { name, from: from.clone(), to },
                None => RefEdit::Create { name, to },
            });
        }
        guards
    }

    /// Publishes a claim on the trunk, and all others that were seen with it. Whoever is faster has published what it
    /// saw. An error means that the remote does not accept such a push.
    pub fn publish(&self, mut seen: Publication) -> Result<(), TrunkError> {
        let Some(remote) = &self.remote else { return Ok(()) };
        let mut refused = None;
        for round in 0..PUBLISHED {
            let Publication { trunk: from, with: to, claim, looked } = seen;
            let began = Instant::now();
            let update = RefUpdate::Move { name: self.branch.clone(), from, to: to.clone() };
            match self.push_judged(remote, &update) {
                PushVerdict::Won => {
                    self.run.note_landed();
                    self.tell_others(remote, &to);
                    return Ok(());
                }
                PushVerdict::Refused(no) => return Err(self.refused(remote, no, String::new())),
                PushVerdict::Strange(no) => refused = Some(no),
                PushVerdict::TrunkOnly
                | PushVerdict::NotAtomic
                | PushVerdict::Behind
                | PushVerdict::Taken { .. }
                | PushVerdict::Busy(_)
                | PushVerdict::Unclear => {}
            }
            // The first to publish may not have seen this claim; the second has looked since and publishes it. So this
            // waits a while, for two attempts at most, and from then on pushes at once what it sees.
            if round == 0 {
                self.pause(&mut self.backoff(), (looked + began.elapsed()) / 2);
            }
            let began = Instant::now();
            match publication(&self.fetch(remote)?, &claim, began) {
                Some(anew) => seen = anew,
                None => return Ok(()),
            }
        }
        refused.map_or(Ok(()), |no| Err(self.refused(remote, no, String::new())))
    }

    /// The last view with the claims that the remote's trunk does not have, if the clone still has the commit.
    pub fn seen_with_claims(
        &self,
        remote: &RemoteName,
        trunk: &Oid,
    ) -> Result<View<'_>, TrunkError> {
        with_claims_seen(self.repo, self.objects, remote, (&self.branch, trunk), &self.tickets_dir)
    }

    /// The trunk with these claims merged.
    fn published(&self, trunk: &Oid, tree: &Oid, live: &[LiveClaim]) -> Result<Oid, TrunkError> {
        let writer = self.run.writer()?;
        let edits: Vec<TreeEdit> = live
            .iter()
            .flat_map(|claim| {
                [(claim.from.clone(), None), (claim.to.clone(), Some(claim.claimed.clone()))]
            })
            .collect();
        let merged = self.objects.rewrite(Some(tree), &edits, self.repo.format, writer)?;
        let parents: Vec<&Oid> =
            std::iter::once(trunk).chain(live.iter().map(|claim| &claim.commit)).collect();
        let text = CommitText {
            subject: self.ci.subject(&format!("publish: {}", count(live.len(), "claim", "claims"))),
            trailers: vec![(trailer::RUN, self.run.token().to_owned())],
            ..CommitText::default()
        };
        Ok(writer.commit(&merged, &parents, &text)?)
    }
}

/// The commits of a claim that was pushed before: all tries of a run push the same ones.
pub(super) fn built_before<T>(change: &Change, course: &Course<T>) -> Option<Built> {
    let same = |mine: &&Sent<T>| mine.is_alone() && mine.change.establishes == change.establishes;
    let before = course.sent.iter().find(same).filter(|_| change.reach == CommitReach::Refs)?;
    let Built { commit, paths, follow_up, .. } = before.built.clone();
    Some(Built::of(change, commit, paths, follow_up))
}

/// What to publish, as long as this claim is missing. The look at the remote began at `began`.
pub(super) fn publication(view: &View<'_>, claim: &Oid, began: Instant) -> Option<Publication> {
    let (trunk, with) = (view.claims.trunk.clone()?, view.commit()?.clone());
    let missing = view.claims.commits.contains(claim);
    let looked = began.elapsed();
    missing.then(|| Publication { trunk, with, claim: claim.clone(), looked })
}
