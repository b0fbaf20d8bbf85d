//! What the trunk and the ticket branches say about a ticket, and what may never be true of it.

use serde_json::Value;

use super::scene::{ID, Scene, Trunk};
use crate::harness::Place;

/// One look at the repository that holds the trunk.
#[derive(Debug, PartialEq, Eq)]
pub struct Truth {
    /// Where the trunk is.
    pub tip: String,
    /// Every place of the ticket on the trunk.
    pub places: Vec<String>,
    /// The claim and the status that the trunk names.
    pub on_trunk: Option<Keys>,
    /// The ticket branches, with their commits.
    pub branches: Vec<(String, String)>,
    /// The claim and the status that the ticket's own branch names.
    pub on_branch: Option<Keys>,
    /// The branches that keep somebody's work.
    pub attic: Vec<String>,
    /// All branches, with their commits.
    pub all: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    pub claim: Option<String>,
    pub status: Option<String>,
}

impl Truth {
    pub fn of(scene: &Scene, id: &str) -> Self {
        let place = scene.truth();
        let trunk = scene.trunk.branch();
        let file = format!("{id}.md");
        let format = "--format=%(refname:short) %(objectname)";
        let listing = place.git(&["for-each-ref", format, "refs/heads/"]);
        let mut refs: Vec<_> = listing
            .lines()
            .map(|line| line.split_once(' ').unwrap())
            .map(|(name, commit)| (name.to_owned(), commit.to_owned()))
            .collect();
        let mut tip = refs.iter().find(|(name, _)| name == trunk).unwrap().1.clone();
        if scene.trunk == Trunk::Following {
            tip = with_claim(&place, &tip);
            // What keeps claims out while a ticket leaves the queue may stay behind: it holds nothing, and bars nobody.
            let contains = ["merge-base", "--is-ancestor"];
            refs.retain(|(name, commit)| {
                let query = [contains[0], contains[1], commit, trunk];
                !name.starts_with("ticket/") || place.try_git(&query).code != Some(0)
            });
        }
        let attic = refs.iter().map(|(name, _)| name.clone()).filter(|n| n.starts_with("attic/"));
        let attic = attic.collect();
        refs.retain(|(name, _)| name.starts_with("ticket/"));
        let ticket = |path: &String| path.starts_with("tickets/") && path.ends_with(&file);
        let places: Vec<_> = place.files(&tip).into_iter().filter(ticket).collect();
        let on_trunk = keys(&place, &tip, places.first());
        // The ticket has one place on both, or the branch begins where there are no tickets.
        let on_branch = refs.first().and_then(|(_, commit)| keys(&place, commit, places.first()));
        Self { tip, places, on_trunk, branches: refs, on_branch, attic, all: listing }
    }

    pub fn is_active(&self) -> bool {
        self.places.first().is_some_and(|path| path.starts_with("tickets/active/"))
    }

    pub fn is_queued(&self) -> bool {
        self.places.first().is_some_and(|path| path.starts_with("tickets/queue/"))
    }

    pub fn is_archived(&self) -> bool {
        matches!(self.places.as_slice(), [path] if path.starts_with("tickets/archive/"))
    }

    pub fn is_completed(&self) -> bool {
        matches!(self.places.as_slice(), [path] if path.starts_with("tickets/completed/"))
    }

    /// In one lane, and held by one claim or by none.
    #[track_caller]
    pub fn assert_one_holder(&self, trunk: Trunk) {
        assert_eq!(self.places.len(), 1, "a ticket is in one lane: {self:#?}");
        assert!(self.branches.len() <= 1, "a ticket has one branch at most: {self:#?}");
        let claim = self.on_trunk.as_ref().and_then(|keys| keys.claim.as_ref());
        if self.is_queued() || self.is_archived() {
            assert_eq!(claim, None, "nobody holds a ticket that is not active: {self:#?}");
        } else {
            assert!(self.is_active() && claim.is_some(), "who holds it? {self:#?}");
        }
        // Where refs cannot move together, the branch may be one step behind.
        if trunk == Trunk::NotAtomic {
            return;
        }
        assert!(self.attic.is_empty(), "nobody has worked, so there is nothing to keep: {self:#?}");
        // Without a remote the branch is a part of the workspace, which may not be there yet.
        if !self.is_active() || !trunk.is_local() {
            assert_eq!(self.branches.len(), usize::from(self.is_active()), "{self:#?}");
        }
        if let (Some(keys), true) = (&self.on_branch, trunk != Trunk::OfItsOwn) {
            assert_eq!(keys.claim.as_ref(), claim, "trunk and branch name one claim: {self:#?}");
        }
    }

    /// Held by a claim of this clone, and set up.
    #[track_caller]
    pub fn assert_set_up(&self, scene: &Scene) {
        assert!(self.is_active(), "{self:#?}");
        let keys = self.on_trunk.clone().unwrap_or_default();
        let own = keys.claim.is_some_and(|claim| claim.starts_with(&clone_id(scene)));
        assert!(own, "the claim is this clone's: {self:#?}");
        let keys = if scene.trunk == Trunk::OfItsOwn { &self.on_trunk } else { &self.on_branch };
        let status = keys.as_ref().and_then(|keys| keys.status.as_deref());
        assert_eq!(status, Some("in_progress"), "{self:#?}");
        assert_eq!(self.branches.len(), 1, "{self:#?}");
    }
}

impl Truth {
    /// Held by a claim that is not this clone's.
    #[track_caller]
    pub fn assert_handed_on(&self, scene: &Scene) {
        assert!(self.is_active(), "{self:#?}");
        let claim = self.on_trunk.clone().unwrap_or_default().claim.unwrap_or_default();
        assert!(!claim.is_empty() && !claim.starts_with(&clone_id(scene)), "{self:#?}");
    }

    /// The clone's record of the workspace names the claim of the trunk: what it made it may clean up.
    #[track_caller]
    pub fn assert_recorded(&self, scene: &Scene) {
        let file = scene.git_dir().join(format!("tix/workspaces/{ID}.json"));
        let text =
            std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let record: Value = serde_json::from_slice(&text).unwrap();
        let claim = self.on_trunk.clone().unwrap_or_default().claim;
        assert_eq!(record["claim_id"].as_str().map(str::to_owned), claim, "{record}");
    }

    /// The newest text of the ticket holds these words.
    #[track_caller]
    pub fn assert_says(&self, scene: &Scene, words: &str) {
        let place = scene.truth();
        let revision = self.branches.first().map_or(&self.tip, |(_, commit)| commit);
        let files = place.files(revision);
        let file = files.iter().find(|path| path.ends_with(&format!("{ID}.md"))).unwrap();
        let text = String::from_utf8(place.show(revision, file)).unwrap();
        assert!(text.contains(words), "{words:?} is not in {file}:\n{text}");
    }
}

/// The workspace is there: checked out, clean, where the branch is on the remote, and set to push there.
#[track_caller]
pub fn assert_workspace(scene: &Scene, truth: &Truth) {
    assert!(scene.workspace().is_dir(), "the workspace is not there");
    let workspace = scene.first.at(scene.workspace());
    let status = workspace.git(&["status", "--porcelain=v2", "--branch"]);
    let upstream = format!("# branch.upstream origin/ticket/{ID}\n# branch.ab +0 -0");
    let upstream = if scene.trunk.is_local() { String::new() } else { format!("\n{upstream}") };
    let tip = &truth.branches[0].1;
    assert_eq!(status, format!("# branch.oid {tip}\n# branch.head ticket/{ID}{upstream}"));
}

/// Nothing of a workspace is left on this machine.
#[track_caller]
pub fn assert_no_workspace(scene: &Scene) {
    let workspace = scene.workspace();
    assert!(!workspace.exists(), "a worktree is left");
    assert!(!workspace.parent().unwrap().exists(), "the directory of the workspaces is left");
    let left = [
        format!("refs/heads/ticket/{ID}"),
        format!("worktrees/{ID}"),
        format!("tix/workspaces/{ID}.json"),
        format!("tix/pending/{ID}.json"),
    ];
    let left: Vec<_> = left.iter().filter(|path| scene.git_dir().join(path).exists()).collect();
    assert!(left.is_empty(), "left in the repository: {left:?}");
}

/// The trunk with the claim that stands on its ticket branch alone, as everybody sees it.
fn with_claim(place: &Place, trunk: &str) -> String {
    let query =
        ["log", "--format=%H", "--grep=^Tix-Lock: branch$", "--branches=ticket", "--not", trunk];
    let claims = place.git(&query);
    let Some(claim) = claims.lines().next() else { return trunk.to_owned() };
    let tree = place.git(&["merge-tree", "--write-tree", trunk, claim]);
    let commit = ["commit-tree", "-p", trunk, "-p", claim, "-m", "seen", tree.trim()];
    place.git(&commit).trim().to_owned()
}

fn clone_id(scene: &Scene) -> String {
    let file = std::fs::read(scene.git_dir().join("tix/clone.json")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    file["id"].as_str().unwrap().to_owned()
}

fn keys(place: &Place, commit: &str, path: Option<&String>) -> Option<Keys> {
    let name = format!("{commit}:{}", path?);
    let output = place.try_git(&["cat-file", "blob", &name]);
    if output.code == Some(128) {
        return None;
    }
    let text = output.success().stdout();
    Some(Keys { claim: key_of(text, "claim_id"), status: key_of(text, "status") })
}

/// The value of a plain key of the front matter; `null` and nothing are none.
fn key_of(text: &str, key: &str) -> Option<String> {
    let front = text.split("\n---\n").next().unwrap();
    let line = front.lines().find_map(|line| line.strip_prefix(&format!("{key}: ")))?;
    let value = line.trim().trim_matches('"');
    (!value.is_empty() && value != "null").then(|| value.to_owned())
}
