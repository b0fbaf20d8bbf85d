//! Turns a change into its commit and the refs that move.

use super::{Ci, Trunk, TrunkError, View};
use crate::git::{
    CommitAuthors, CommitText, MergedTree, ObjectKind, ObjectWriter, RefUpdate, TreeEdit,
};
use crate::lifecycle::{
    BranchLanding, Change, CommitReach, FileEdit, Intake, Merge, MergeForm, RefEdit, Target,
    trailer,
};
use crate::names::{Oid, RefName, RepoPath};

/// A commit that is not on the trunk yet.
#[derive(Clone)]
pub(super) struct Built {
    pub(super) commit: Oid,
    /// The paths that it changes, read back from the commit.
    pub(super) paths: Vec<RepoPath>,
    pub(super) follow_up: Option<BuiltFollowUp>,
    /// The change itself, where `commit` only merges it, and its merge into a ticket branch.
    pub(super) beside: Option<BesideCommits>,
    pub(super) refs: Vec<RefUpdate>,
    /// Where the trunk will be.
    pub(super) tip: Oid,
}

/// The commits of a change that is made at the merge base of two branches and merged into both.
#[derive(Clone)]
pub(super) struct BesideCommits {
    shared: Oid,
    on_branch: Oid,
}

/// The commit of a [`crate::lifecycle::FollowUp`].
#[derive(Clone, Debug)]
pub struct BuiltFollowUp {
    pub commit: Oid,
    pub paths: Vec<RepoPath>,
    pub(super) reach: CommitReach,
}

impl Built {
    /// What a change turned into.
    pub(super) fn of(
        change: &Change,
        commit: Oid,
        paths: Vec<RepoPath>,
        follow_up: Option<BuiltFollowUp>,
    ) -> Built {
        let last = follow_up.as_ref().map_or(&commit, |next| &next.commit);
        let refs = change.refs.iter().map(|edit| update(edit, last)).collect();
        let tip = match &follow_up {
            Some(BuiltFollowUp { commit, reach: CommitReach::Trunk, .. }) => commit.clone(),
            Some(_) | None => commit.clone(),
        };
        Built { commit, paths, follow_up, beside: None, refs, tip }
    }

    /// The top commit.
    pub(super) fn last(&self) -> &Oid {
        self.follow_up.as_ref().map_or(&self.commit, |built| &built.commit)
    }

    /// All commits, in order.
    pub(super) fn commits(&self) -> impl Iterator<Item = Oid> {
        let follow_up = self.follow_up.as_ref().map(|built| &built.commit);
        let beside = self.beside.as_ref();
        let shared = beside.map(|made| &made.shared).filter(|shared| **shared != self.commit);
        let on_branch = beside.map(|made| &made.on_branch);
        let made = shared.into_iter().chain([&self.commit]).chain(follow_up).chain(on_branch);
        made.cloned()
    }

    /// Those of them that have landed, where these refs were left as they were.
    pub(super) fn landed_commits(&self, left: &[RefName]) -> Vec<Oid> {
        let on_branch = self.beside.as_ref().map(|made| &made.on_branch);
        let is_left =
            |update: &RefUpdate| left.contains(update.name()) && update.target() == on_branch;
        let lost = on_branch.filter(|_| self.refs.iter().any(is_left));
        self.commits().filter(|made| Some(made) != lost).collect()
    }
}

impl Trunk<'_> {
    /// Builds the commit of a change on top of a view.
    pub(super) fn build(
        &self,
        view: &View<'_>,
        change: &Change,
        writer: &ObjectWriter,
    ) -> Result<Built, TrunkError> {
        let edits = tree_edits(&change.edits, writer)?;
        let format = self.repo.format;
        let text = self.text(change);
        // A claim that leaves the trunk unmoved is built on it directly.
        let (on, tree) = match change.reach {
            CommitReach::Trunk => (view.commit(), view.tree().cloned()),
            CommitReach::Refs => {
                let tree = view.on_remote().map(|trunk| self.objects.tree_of(trunk)).transpose()?;
                (view.on_remote(), tree)
            }
        };
        let old = tree.as_ref();
        let mut parents: Vec<&Oid> = on.into_iter().collect();
        let taken_in = match &change.merge {
            Some(Merge::OfBranch(landing)) => Some(self.taken_in(view, landing, &mut parents)?),
            Some(Merge::IntoBranch(_)) | None => None,
        };
        let under = taken_in.as_ref().or(old);
        let tree = self.objects.rewrite(under, &edits, format, writer)?;
        let (commit, beside, branch) = match &change.merge {
            Some(Merge::IntoBranch(intake)) => {
                let subject = change.subject.as_str();
                let pieces = Pieces { tree: &tree, edits: &edits, text: &text, subject };
                let (commit, made) = self.merged(view, intake, &pieces)?;
                let (name, from) = (intake.branch.clone(), intake.at.clone());
                let update = RefUpdate::Move { name, from, to: made.on_branch.clone() };
                (commit, Some(made), Some(update))
            }
            Some(Merge::OfBranch(_)) | None => (writer.commit(&tree, &parents, &text)?, None, None),
        };
        let paths = match old {
            Some(old) => self.changed(old, &tree)?,
            None => edits.into_iter().map(|(path, _)| path).collect(),
        };
        let ground = FollowUpGround { tree: &tree, parent: &commit, authors: None };
        let follow_up = self.follow_up(change, &ground, writer)?;
        let mut built = Built::of(change, commit, paths, follow_up);
        built.beside = beside;
        built.refs.extend(branch);
        Ok(built)
    }

    /// Builds somebody else's change, if the trunk has changed nothing that it touches since it was decided.
    pub(super) fn build_on(
        &self,
        parent: &Oid,
        change: &Change,
        authors: &CommitAuthors,
        writer: &ObjectWriter,
    ) -> Result<Built, TrunkError> {
        let (format, under) = (self.repo.format, self.objects.tree_of(parent)?);
        let edits = tree_edits(&change.edits, writer)?;
        let tree = self.objects.rewrite(Some(&under), &edits, format, writer)?;
        let text = CommitText { authors: Some(authors.clone()), ..self.text(change) };
        let commit = writer.commit(&tree, &[parent], &text)?;
        let paths = self.changed(&under, &tree)?;
        let ground = FollowUpGround { tree: &tree, parent: &commit, authors: Some(authors) };
        let follow_up = self.follow_up(change, &ground, writer)?;
        Ok(Built::of(change, commit, paths, follow_up))
    }

    fn follow_up(
        &self,
        change: &Change,
        ground: &FollowUpGround<'_>,
        writer: &ObjectWriter,
    ) -> Result<Option<BuiltFollowUp>, TrunkError> {
        let Some(next) = &change.follow_up else { return Ok(None) };
        let (format, edits) = (self.repo.format, tree_edits(&next.edits, writer)?);
        let new = self.objects.rewrite(Some(ground.tree), &edits, format, writer)?;
        let (ci, trailers) = (self.ci, next.trailers.clone());
        // On a ticket branch it is work, so continuous integration should run.
        let ci = if next.reach == CommitReach::Trunk { ci } else { Ci::Run };
        let authors = ground.authors.cloned();
        let subject = ci.subject(&next.subject);
        let text = CommitText { subject, body: None, trailers, authors };
        let commit = writer.commit(&new, &[ground.parent], &text)?;
        let paths = self.changed(ground.tree, &new)?;
        Ok(Some(BuiltFollowUp { commit, paths, reach: next.reach }))
    }

    fn changed(&self, old: &Oid, new: &Oid) -> Result<Vec<RepoPath>, TrunkError> {
        let changed = self.objects.compare(old, new, self.repo.format)?;
        Ok(changed.into_iter().map(|changed| changed.path).collect())
    }

    fn text(&self, change: &Change) -> CommitText {
        let lands = matches!(change.merge, Some(Merge::OfBranch(_)));
        // A landing brings the work that continuous integration is for.
        let subject = if lands { Ci::Run } else { self.ci }.subject(&change.subject);
        let mut trailers = change.trailers.clone();
        if change.establishes.is_none() {
            // Two runs of one person that write the same in one second would make identical commits, and both would
            // find theirs on the trunk. A claim has its own id, which prevents that.
            trailers.push((trailer::RUN, self.run.token().to_owned()));
        }
        CommitText { subject, body: change.reason.clone(), trailers, authors: None }
    }

    /// The tree of the trunk with a branch merged in; a merge has the branch among its parents.
    fn taken_in<'l>(
        &self,
        view: &View<'_>,
        landing: &'l BranchLanding,
        parents: &mut Vec<&'l Oid>,
    ) -> Result<Oid, TrunkError> {
        match landing.form {
            MergeForm::Merge => parents.push(&landing.tip),
            MergeForm::Squash => {}
        }
        let Some(trunk) = view.commit() else { return Ok(self.objects.tree_of(&landing.tip)?) };
        match self.repo.merge_trees(trunk, &landing.tip)? {
            MergedTree::Clean(tree) => Ok(tree),
            MergedTree::Conflicts { paths, .. } => Err(TrunkError::Conflicts { paths }),
        }
    }

    /// Commits the change at the merge base of branch and trunk, and merges that commit into both.
    ///
    /// If the merge base is the trunk's tip, the trunk needs no merge: the commit itself is its next one.
    fn merged(
        &self,
        view: &View<'_>,
        merge: &Intake,
        pieces: &Pieces<'_>,
    ) -> Result<(Oid, BesideCommits), TrunkError> {
        let writer = self.run.writer()?;
        let format = self.repo.format;
        let rewritten = |at: &Oid, edits: &[TreeEdit]| {
            let tree = self.objects.tree_of(at)?;
            self.objects.rewrite(Some(&tree), edits, format, writer)
        };
        let side = rewritten(&merge.fork, pieces.edits)?;
        let shared = writer.commit(&side, &[&merge.fork], pieces.text)?;
        let joint = |subject: &str| {
            let subject = format!("Merge {subject}");
            CommitText { subject, ..CommitText::default() }
        };
        let commit = match view.commit() {
            Some(tip) if *tip != merge.fork => {
                writer.commit(pieces.tree, &[tip, &shared], &joint(&pieces.text.subject))?
            }
            Some(_) | None => shared.clone(),
        };
        let tree = rewritten(&merge.at, &tree_edits(&merge.edits, writer)?)?;
        // Without `[skip ci]`: this commit is about the work.
        let on_branch = writer.commit(&tree, &[&merge.at, &shared], &joint(pieces.subject))?;
        Ok((commit, BesideCommits { shared, on_branch }))
    }
}

/// What a [`crate::lifecycle::FollowUp`] is built on.
struct FollowUpGround<'a> {
    tree: &'a Oid,
    parent: &'a Oid,
    /// The author of the commit, if not whoever makes it.
    authors: Option<&'a CommitAuthors>,
}

/// The parts of one change's commits.
struct Pieces<'a> {
    tree: &'a Oid,
    edits: &'a [TreeEdit],
    text: &'a CommitText,
    subject: &'a str,
}

fn tree_edits(edits: &[FileEdit], writer: &ObjectWriter) -> Result<Vec<TreeEdit>, TrunkError> {
    let mut all = Vec::new();
    for edit in edits {
        match edit {
            FileEdit::Add { path, content } => {
                all.push((path.clone(), Some(writer.write(ObjectKind::Blob, content)?)));
            }
            FileEdit::Move { from, to, content } => {
                if from != to {
                    all.push((from.clone(), None));
                }
                all.push((to.clone(), Some(writer.write(ObjectKind::Blob, content)?)));
            }
        }
    }
    Ok(all)
}

/// A ref that moves with the trunk, as an update for a push.
fn update(edit: &RefEdit, last: &Oid) -> RefUpdate {
    let oid = |target: &Target| match target {
        Target::LastCommit => last.clone(),
        Target::Commit(oid) => oid.clone(),
    };
    match edit {
        RefEdit::Create { name, to } => RefUpdate::Create { name: name.clone(), to: oid(to) },
        RefEdit::Move { name, from, to } => {
            RefUpdate::Move { name: name.clone(), from: from.clone(), to: oid(to) }
        }
        RefEdit::Delete { name, at } => RefUpdate::Delete { name: name.clone(), at: at.clone() },
    }
}
