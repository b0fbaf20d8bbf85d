//! The options of each subcommand of git, as git(1) of 2.47 has them, as far as they take values or matter here.

use super::options::Grammar;

pub const COMMIT: Grammar = Grammar {
    letters: "mFCct",
    attached: "uS",
    valued: "--message --file --reuse-message --reedit-message --fixup --squash --author --date --template --cleanup \
        --trailer --pathspec-from-file",
    flags: "--all --amend --allow-empty --allow-empty-message --dry-run --include --interactive --no-verify --no-edit \
        --only --patch --porcelain --short --long --verbose --verify",
};

pub const MERGE: Grammar = Grammar {
    letters: "mFsXjo",
    attached: "S",
    valued: "--message --file --strategy --strategy-option --into-name --cleanup --onto --exec --mainline --whitespace \
        --jobs --depth --deepen --upload-pack --filter --refmap --server-option --negotiation-tip --shallow-since \
        --shallow-exclude",
    flags: "--abort --all --allow-unrelated-histories --continue --dry-run --edit --edit-todo --ff --ff-only --force \
        --multiple --no-commit --no-ff --no-rebase --no-verify --quiet --quit --rebase --root --show-current-patch --skip \
        --squash --stdin --tags --update-head-ok",
};

/// Unlike for `merge`, `-m` takes no value here, and `-x` does.
pub const REBASE: Grammar = Grammar {
    letters: "sXxC",
    attached: "S",
    valued: "--empty --exec --onto --strategy --strategy-option --whitespace",
    flags: "--abort --autosquash --autostash --committer-date-is-author-date --continue --edit-todo --force-rebase --ignore-date \
        --interactive --keep-base --merge --no-ff --no-verify --quit --reset-author-date --root --show-current-patch --signoff \
        --skip --no-update-refs --update-refs",
};

/// Also for `restore`.
pub const RESET: Grammar = Grammar {
    letters: "s",
    attached: "",
    valued: "--pathspec-from-file --source",
    flags: "--hard --keep --merge --mixed --patch --soft --staged --worktree",
};

pub const UPDATE_REF: Grammar =
    Grammar { letters: "m", attached: "", valued: "", flags: "--stdin --no-deref" };

pub const BRANCH: Grammar = Grammar {
    letters: "u",
    attached: "",
    valued: "--set-upstream-to --sort --format",
    flags: "--all --contains --merged --no-contains --no-merged --points-at --remotes --show-current --copy --delete \
        --edit-description --force --list --move --unset-upstream",
};

pub const SWITCH: Grammar = Grammar {
    letters: "bBcC",
    attached: "",
    valued: "--conflict --create --force-create --orphan --pathspec-from-file",
    flags: "--detach --force --guess --merge --ours --patch --theirs --track",
};

pub const PUSH: Grammar = Grammar {
    letters: "o",
    attached: "",
    valued: "--exec --push-option --receive-pack --repo",
    flags: "--all --atomic --branches --delete --dry-run --follow-tags --force --force-if-includes --force-with-lease \
        --mirror --no-verify --prune --set-upstream --tags",
};

pub const WORKTREE: Grammar = Grammar {
    letters: "bB",
    attached: "",
    valued: "--reason",
    flags: "--checkout --detach --force --guess-remote --lock --orphan --track",
};

pub const CONFIG: Grammar = Grammar {
    letters: "f",
    attached: "",
    valued: "--file --blob --type --default --comment --value",
    flags: "--global --local --system --worktree --add --all --append --replace-all --get --get-all --unset",
};
pub const TAG: Grammar = Grammar {
    letters: "mFu",
    attached: "n",
    valued: "--cleanup --file --local-user --message --trailer",
    flags: "--delete --force --list --verify",
};
pub const PLAIN: Grammar =
    Grammar { letters: "", attached: "", valued: "--pathspec-from-file", flags: "" };
pub const REMOTE: Grammar =
    Grammar { letters: "tm", attached: "", valued: "--track --master", flags: "--fetch" };
pub const CLONE: Grammar = Grammar {
    letters: "bcjou",
    attached: "",
    valued: "--branch --bundle-uri --config --depth --filter --initial-branch --jobs --object-format --origin --ref-format \
        --reference --reference-if-able --revision --separate-git-dir --server-option --shallow-exclude --shallow-since \
        --template --upload-pack",
    flags: "",
};

/// Of the programs of forges, what is read here.
pub const FORGE: Grammar = Grammar {
    letters: "bnsR",
    attached: "",
    valued: "--base --branch --name --source --repo",
    flags: "--checkout --clone --detach --force --recurse-submodules",
};
pub const FORGE_API: Grammar = Grammar {
    letters: "XfFHqtp",
    attached: "",
    valued: "--cache --field --header --hostname --input --jq --method --preview --raw-field --template",
    flags: "--include --paginate --silent --slurp --verbose",
};
