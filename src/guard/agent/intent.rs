//! What a call of git comes to, as far as it concerns a guard.

use super::super::shell::ShellWord;

/// One thing that a call of git would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A commit on the branch that is checked out.
    Commit(CommitIntent),
    /// The branch that is checked out takes in what a revision holds, by a fast-forward or a merge.
    Take(ShellWord),
    /// A branch takes in a branch of a remote that has not been fetched yet.
    Pull(Pull),
    /// What the branch that is checked out holds is put on top of a revision.
    Rebase(ShellWord),
    /// Other branches go with those of their commits that are beyond a revision: `rebase --update-refs`, or by a setting.
    TakeAlong { beyond: Option<ShellWord>, is_asked: bool },
    /// The branch that is checked out is set to a revision.
    Reset(ShellWord),
    /// The branch that is checked out gets commits that do not exist yet.
    Grow,
    /// Any branch may be moved, and which is not in the line.
    Anything,
    /// git runs this line.
    Run(String),
    Set {
        branch: ShellWord,
        /// To what; `None` is what is checked out.
        to: Option<ShellWord>,
        existing: Existing,
    },
    /// A tag is made or moved.
    Tag(ShellWord),
    /// These refspecs of a remote are fetched; none is what the configuration says.
    Fetch { remote: Option<ShellWord>, names: Vec<ShellWord> },
    /// The configuration gets this value under this key.
    Configure { key: String, value: ShellWord },
    /// A branch, or the one that is checked out, follows this one from now on.
    Follow { branch: Option<ShellWord>, upstream: ShellWord },
    /// A branch is deleted, or gets another name.
    Remove(ShellWord),
    /// Branches are sent to a remote.
    Push(Push),
    /// Another branch is checked out.
    Switch(Switch),
    /// The index changes before anything behind it runs.
    Stage(Staging),
    /// Files of the worktree change before anything behind it runs.
    Write,
    /// A worktree is made there, and this branch is checked out in it; or it is one that was elsewhere.
    MakeWorktree { path: ShellWord, branch: Option<ShellWord>, moved: Option<ShellWord> },
    /// What is there becomes a worktree of any repository.
    Attach { path: ShellWord },
    /// A repository is made there, or here, and gets what this source has.
    MakeRepository { path: Option<ShellWord>, source: Option<ShellWord> },
    /// The hooks of git do not see it.
    Unchecked,
    /// A program of its own, or an alias.
    Other,
}

impl Intent {
    /// Whether it is about a branch that the call is told.
    pub fn is_told(&self) -> bool {
        matches!(
            self,
            Intent::Take(_)
                | Intent::Pull(_)
                | Intent::Rebase(_)
                | Intent::Reset(_)
                | Intent::Set { .. }
                | Intent::Fetch { .. }
                | Intent::Push(_)
                | Intent::Switch(_)
                | Intent::MakeWorktree { .. }
        )
    }

    /// Whether git runs no hook for it: for a branch that is renamed or copied, and for what is written down of a remote's.
    pub fn is_silent(&self) -> bool {
        let of_a_remote = |name: &ShellWord| name.start().starts_with("refs/remotes/");
        let named = if let Intent::Set { branch, .. } | Intent::Remove(branch) = self {
            Some(branch)
        } else if let Intent::Pull(pull) = self {
            pull.into.as_ref()
        } else {
            None
        };
        matches!(self, Intent::Set { existing: Existing::Renamed, .. })
            || named.is_some_and(of_a_remote)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Staging {
    /// It takes what these paths have in the worktree.
    Paths(Vec<ShellWord>),
    /// Nobody can tell before it is done.
    Anything,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitIntent {
    pub content: Content,
    /// What becomes of it when it would change nothing.
    pub empty: Empty,
    /// Whether it takes the place of the last one.
    pub amends: bool,
}

/// What git makes of a commit that would change nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Empty {
    Refused,
    /// It makes it, because it is told to.
    Made,
}

impl CommitIntent {
    pub const STAGED: CommitIntent =
        CommitIntent { content: Content::Staged, empty: Empty::Refused, amends: false };
}

/// What a commit would hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    Staged,
    /// Also what has changed in the worktree, of files that git knows.
    All,
    /// What these paths have in the worktree, alone or beside what is staged.
    Paths(Vec<ShellWord>),
    /// Nobody can tell: it is chosen while it runs.
    Chosen,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pull {
    /// From where; `None` is what the configuration says.
    pub remote: Option<ShellWord>,
    /// The branch there; an empty name is the one that is followed.
    pub source: ShellWord,
    /// The branch here, or where a branch of a remote is written down; `None` is what is checked out.
    pub into: Option<ShellWord>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Push {
    /// Where to; `None` is what the configuration says.
    pub remote: Option<ShellWord>,
    /// What; nothing is what the configuration says.
    pub refspecs: Vec<ShellWord>,
    /// `--all` or `--mirror`: every branch there is.
    pub everything: Everything,
    /// Whether a branch may be set back.
    pub force: bool,
    pub delete: bool,
}

/// Which branches a push without names means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Everything {
    /// What the configuration says.
    #[default]
    No,
    Branches,
    /// All, and those that are not here are deleted there.
    Mirror,
}

/// What becomes of a branch that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// git refuses, and it stays.
    Kept,
    Replaced,
    /// Another branch takes its name.
    Renamed,
}

/// How another branch is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch {
    /// A branch or a commit that exists.
    To(ShellWord),
    New(ShellWord),
    Detached,
}
