//! What a merge leaves out of what it merges.
//!
//! Of a merge git tells what differs from all of its parents. One that has a file as one side has it, although only the
//! other side has changed it, differs from that side alone: it takes the change back, and nothing tells of it. `git merge
//! -s ours` does that to all that somebody else has published, and so does `git checkout HEAD .` in the middle of a merge.
//! So this counts for what the merge itself changes.
//!
//! What both sides have changed is a conflict, which may be resolved for either of them.

use std::collections::{BTreeMap, BTreeSet};

use super::GuardError;
use crate::git::{ChangedCommit, Delta, Git, GitError};
use crate::names::{Oid, RepoPath};

/// Whether the repository holds the beginning of its history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    Whole,
    /// It does not: that two commits have none in common here says nothing.
    Shallow,
}

/// Two parents of a merge, with what each has changed since the commit that they come from; several, where they have
/// merged each other before.
struct Sides {
    since: Vec<[Vec<Delta>; 2]>,
}

/// A merge of two parents, by its place among the commits.
struct Pair<'a> {
    merge: &'a ChangedCommit,
    parents: [&'a Oid; 2],
    bases: Vec<Oid>,
}

/// What each of these commits leaves out, as changes of the parent that had it. Those that leave out nothing are not
/// there.
pub fn left_out(
    git: &Git,
    depth: Depth,
    commits: &[ChangedCommit],
) -> Result<BTreeMap<Oid, Vec<Delta>>, GuardError> {
    let mut pairs = Vec::new();
    for merge in commits {
        let Some((first, others)) = merge.parents.split_first() else { continue };
        for other in others {
            let bases = git.merge_bases(first, other)?;
            pairs.push(Pair { merge, parents: [first, other], bases });
        }
    }
    // All at once, because to start git takes longer than to compare two commits. The answers come in the order of the
    // questions: of each merge its own two first, then two for each commit that its parents come from.
    let mut asked = Vec::new();
    for Pair { merge, parents, bases } in &pairs {
        asked.extend(parents.map(|parent| (parent.clone(), merge.oid.clone())));
        for base in bases {
            asked.extend(parents.map(|parent| (base.clone(), parent.clone())));
        }
    }
    let mut answers = git.differences(&asked)?.into_iter();
    let mut two = || Some([answers.next()?, answers.next()?]);
    let mut found = BTreeMap::new();
    for Pair { merge, parents, bases } in &pairs {
        let Some(result) = two() else { break };
        let since = bases.iter().filter_map(|_| two()).collect();
        let sides = Sides::new(git, depth, since, *parents)?;
        let deltas = sides.left_out(&result);
        if !deltas.is_empty() {
            let all: &mut Vec<Delta> = found.entry(merge.oid.clone()).or_default();
            let new = |delta: &Delta| !all.iter().any(|known| known.path == delta.path);
            let deltas: Vec<Delta> = deltas.into_iter().filter(new).collect();
            all.extend(deltas);
        }
    }
    Ok(found)
}

/// The same of a merge that is about to be made: `result` is what it would have different from each of the parents.
pub fn left_out_of_index(
    git: &Git,
    depth: Depth,
    parents: [&Oid; 2],
    result: [&[Delta]; 2],
) -> Result<Vec<Delta>, GuardError> {
    let [one, other] = parents;
    let bases = git.merge_bases(one, other)?;
    let asked: Vec<_> = bases
        .iter()
        .flat_map(|base| parents.map(|parent| (base.clone(), parent.clone())))
        .collect();
    let mut answers = git.differences(&asked)?.into_iter();
    let since = bases.iter().filter_map(|_| Some([answers.next()?, answers.next()?])).collect();
    Ok(Sides::new(git, depth, since, parents)?.left_out(&result.map(<[Delta]>::to_vec)))
}

impl Sides {
    /// Commits that have none in common have begun with nothing.
    fn new(
        git: &Git,
        depth: Depth,
        mut since: Vec<[Vec<Delta>; 2]>,
        parents: [&Oid; 2],
    ) -> Result<Sides, GitError> {
        if since.is_empty() && depth == Depth::Whole {
            let [one, other] = parents;
            since.push([git.since_nothing(one)?, git.since_nothing(other)?]);
        }
        Ok(Sides { since })
    }

    /// What a merge leaves out that has this different from the one side, and from the other.
    fn left_out(&self, result: &[Vec<Delta>; 2]) -> Vec<Delta> {
        let [from_one, from_other] = result;
        let since = |[one, other]: &[Vec<Delta>; 2]| {
            let mut all = untaken(other, one, from_one);
            all.extend(untaken(one, other, from_other));
            all
        };
        let mut found = self.since.iter().map(since);
        let Some(first) = found.next() else { return Vec::new() };
        found.fold(first, |all, more| {
            let is_in = |delta: &Delta| more.iter().any(|other| other.path == delta.path);
            all.into_iter().filter(is_in).collect()
        })
    }
}

/// What one side has `changed` that the other has not, and the merge has as the other, from which it differs by `result`:
/// each taken back.
fn untaken(changed: &[Delta], other: &[Delta], result: &[Delta]) -> Vec<Delta> {
    let paths = |deltas: &'_ [Delta]| -> BTreeSet<RepoPath> {
        deltas.iter().map(|delta| delta.path.clone()).collect()
    };
    let (other, result) = (paths(other), paths(result));
    let left = changed
        .iter()
        .filter(|delta| !other.contains(&delta.path) && !result.contains(&delta.path));
    let back = |delta: &Delta| Delta {
        path: delta.path.clone(),
        old: vec![delta.new.clone()],
        new: delta.old.first().cloned().flatten(),
    };
    left.map(back).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::FileMode;

    fn delta(path: &str) -> Delta {
        let side = |digit: &str| Some((FileMode::File, Oid::parse(&digit.repeat(40)).unwrap()));
        Delta { path: RepoPath::parse(path).unwrap(), old: vec![side("1")], new: side("2") }
    }

    fn paths(deltas: &[Delta]) -> Vec<String> {
        deltas.iter().map(|delta| delta.path.to_string()).collect()
    }

    #[test]
    fn what_only_one_side_has_changed_is_in_the_merge_or_is_left_out() {
        let [ours, theirs, both] = ["ours", "theirs", "both"].map(delta);
        let sides = Sides {
            since: vec![[vec![ours.clone(), both.clone()], vec![theirs.clone(), both.clone()]]],
        };
        // As git merges, with a conflict that was resolved for either side.
        let left = |from_ours: &[&Delta], from_theirs: &[&Delta]| {
            let owned = |deltas: &[&Delta]| deltas.iter().map(|delta| (*delta).clone()).collect();
            paths(&sides.left_out(&[owned(from_ours), owned(from_theirs)]))
        };
        assert_eq!(left(&[&theirs], &[&ours, &both]), [""; 0]);
        assert_eq!(left(&[&theirs, &both], &[&ours]), [""; 0]);
        // `-s ours`, and the other way round.
        assert_eq!(left(&[], &[&ours, &theirs, &both]), ["theirs"]);
        assert_eq!(left(&[&ours, &theirs, &both], &[]), ["ours"]);
    }

    #[test]
    fn of_several_commits_that_two_come_from_all_have_to_say_so() {
        let (x, y) = (delta("x"), delta("y"));
        let sides = Sides { since: vec![[vec![], vec![x.clone(), y.clone()]], [vec![], vec![y]]] };
        let left = sides.left_out(&[vec![], vec![x]]);
        assert_eq!(paths(&left), ["y"]);
        let back = left.first().unwrap();
        assert_eq!((&back.new, back.old.first()), (&delta("y").old[0], Some(&delta("y").new)));
        assert!(Sides { since: vec![] }.left_out(&[vec![], vec![]]).is_empty());
    }
}
