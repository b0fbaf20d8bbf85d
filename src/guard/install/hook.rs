//! The hooks of git that the guard stands in.

/// A hook of git that the guard answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Hook {
    /// Before a commit; --no-verify skips it
    PreCommit,
    /// Before the commit of a merge without conflicts; --no-verify skips it
    PreMergeCommit,
    /// Before a push, on the side that pushes; --no-verify skips it
    PrePush,
    /// Before the message of a commit is written; nothing skips it, and cherry-picks and rebases run it too
    PrepareCommitMsg,
    /// Before refs move
    ReferenceTransaction,
    /// On a server, before a push is taken in
    PreReceive,
    /// On a server, before one ref is moved by a push
    Update,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// What happens by accident: commits, merges and pushes.
    Usual,
    /// Also what goes past those: `--no-verify`, cherry-pick, revert, rebase, reset, update-ref.
    Strict,
}

/// How a hook learns what is to happen, which is also all that its script can judge without tix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judges {
    /// A commit on the branch that is checked out.
    Head,
    /// Lines of stdin with the ref as their third word.
    Lines,
    /// One ref, which is the first argument.
    Argument,
    /// Movements of refs, of which a script alone could tell too little.
    Movements,
}

impl Hook {
    /// All hooks that are installed in a clone, the usual ones first.
    pub const OF_CLONES: [Hook; 5] = [
        Hook::PreCommit,
        Hook::PreMergeCommit,
        Hook::PrePush,
        Hook::PrepareCommitMsg,
        Hook::ReferenceTransaction,
    ];

    /// The name that git gives it, which is also the name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Hook::PreCommit => "pre-commit",
            Hook::PreMergeCommit => "pre-merge-commit",
            Hook::PrePush => "pre-push",
            Hook::PrepareCommitMsg => "prepare-commit-msg",
            Hook::ReferenceTransaction => "reference-transaction",
            Hook::PreReceive => "pre-receive",
            Hook::Update => "update",
        }
    }

    /// Whether it is one of those that `--strict` adds.
    pub fn strictness(self) -> Strictness {
        match self {
            Hook::PrepareCommitMsg | Hook::ReferenceTransaction => Strictness::Strict,
            Hook::PreCommit
            | Hook::PreMergeCommit
            | Hook::PrePush
            | Hook::PreReceive
            | Hook::Update => Strictness::Usual,
        }
    }

    pub fn judges(self) -> Judges {
        match self {
            Hook::PreCommit | Hook::PreMergeCommit | Hook::PrepareCommitMsg => Judges::Head,
            Hook::PrePush | Hook::PreReceive => Judges::Lines,
            Hook::ReferenceTransaction => Judges::Movements,
            Hook::Update => Judges::Argument,
        }
    }

    /// Whether it judges what others push.
    pub fn is_of_servers(self) -> bool {
        !Hook::OF_CLONES.contains(&self)
    }

    /// Whether git tells it on stdin what is to happen.
    pub fn reads_stdin(self) -> bool {
        match self.judges() {
            Judges::Lines | Judges::Movements => true,
            Judges::Head | Judges::Argument => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn the_command_line_knows_a_hook_by_the_name_that_git_gives_it() {
        for hook in Hook::value_variants() {
            assert_eq!(Hook::from_str(hook.name(), false), Ok(*hook));
        }
        assert!(
            Hook::value_variants().iter().all(|h| h.is_of_servers() != Hook::OF_CLONES.contains(h))
        );
    }
}
