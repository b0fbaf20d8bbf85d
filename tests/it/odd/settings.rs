//! Settings that bend what git prints, does or asks.

use super::{Row, Scene, hold_all, seeded};
use crate::harness::Place;

const ROWS: &[Row] = &[
    ("settings of the output", || Scene::of_clone(|clone| set(clone, OUTPUT)).whole_life()),
    ("settings of fetches and pushes", || {
        Scene::of_clone(|clone| set(clone, TRANSFER)).whole_life()
    }),
    ("settings of checkouts", || Scene::of_clone(|clone| set(clone, CHECKOUT)).whole_life()),
    ("a split index", || Scene::of_clone(|clone| set(clone, &[("core.splitIndex", "true")]))),
    ("settings of commits", || Scene::of_clone(|clone| set(clone, COMMIT)).whole_life()),
    ("upstreams that are set up by themselves", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "branch.autoSetupMerge", "always"]);
            clone.git(&["config", "branch.autoSetupRebase", "always"]);
        })
    }),
    ("upstreams that are inherited", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "branch.autoSetupMerge", "inherit"]);
        })
    }),
    ("pushes of matching branches", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "push.default", "matching"]);
            clone.commit("mine", &[("mine.txt", "1\n")]);
        })
    }),
    ("tags that follow every push", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "push.followTags", "true"]);
            clone.git(&["tag", "-a", "-m", "v1", "v1"]);
        })
    }),
    ("a configuration of each worktree", worktree_config),
    ("files that are changed on their way", || Scene::of_clone(filters)),
    ("bare repositories that must be named", || {
        // Only what the user says everywhere counts for this one.
        Scene::of_clone(|_| {}).called_from(|place| {
            let config = place.read("../home/.gitconfig");
            place.write("../home/careful", config + "[safe]\n\tbareRepository = explicit\n");
            let path = place.path().join("../home/careful");
            place.env("GIT_CONFIG_GLOBAL", path)
        })
    }),
    ("signed commits", || signed("openpgp")),
    ("commits signed with ssh", || signed("ssh")),
    ("an identity in the environment only", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "--global", "--remove-section", "user"]);
            clone.git(&["config", "user.useConfigOnly", "true"]);
        })
        .called_from(|place| {
            ["AUTHOR", "COMMITTER"].into_iter().fold(place, |place, who| {
                place
                    .env(&format!("GIT_{who}_NAME"), "Eve Example")
                    .env(&format!("GIT_{who}_EMAIL"), "eve@example.org")
            })
        })
    }),
];

#[test]
fn a_ticket_is_claimed_whatever_is_configured() {
    hold_all(ROWS);
}

const OUTPUT: &[(&str, &str)] = &[
    ("advice.detachedHead", "true"),
    ("color.branch", "always"),
    ("color.diff", "always"),
    ("color.push", "always"),
    ("color.remote", "always"),
    ("color.status", "always"),
    ("color.transport", "always"),
    ("color.ui", "always"),
    ("column.ui", "always"),
    ("core.abbrev", "4"),
    ("core.pager", "false"),
    ("core.quotePath", "true"),
    ("core.warnAmbiguousRefs", "true"),
    ("diff.external", "false"),
    ("diff.mnemonicPrefix", "true"),
    ("diff.noprefix", "true"),
    ("diff.orderFile", "/is/not/there"),
    ("diff.renames", "copies"),
    ("format.pretty", "oneline"),
    ("log.abbrevCommit", "true"),
    ("log.date", "relative"),
    ("log.decorate", "full"),
    ("log.follow", "true"),
    ("log.showRoot", "false"),
    ("log.showSignature", "true"),
    ("pager.config", "true"),
    ("pager.log", "true"),
    ("pager.worktree", "true"),
    ("status.branch", "true"),
    ("status.displayCommentPrefix", "true"),
    ("status.relativePaths", "true"),
    ("status.short", "true"),
    ("status.showStash", "true"),
    ("status.showUntrackedFiles", "no"),
    ("transfer.advertiseSID", "true"),
];

const TRANSFER: &[(&str, &str)] = &[
    ("fetch.all", "true"),
    ("fetch.fsckObjects", "true"),
    ("fetch.negotiationAlgorithm", "skipping"),
    ("fetch.output", "compact"),
    ("fetch.prune", "true"),
    ("fetch.pruneTags", "true"),
    ("fetch.recurseSubmodules", "true"),
    ("fetch.showForcedUpdates", "true"),
    ("fetch.writeCommitGraph", "true"),
    ("push.autoSetupRemote", "true"),
    ("push.default", "nothing"),
    ("push.followTags", "true"),
    ("push.gpgSign", "if-asked"),
    ("push.recurseSubmodules", "on-demand"),
    ("push.useForceIfIncludes", "true"),
    ("remote.origin.prune", "true"),
    ("remote.origin.pruneTags", "true"),
    ("remote.origin.skipFetchAll", "true"),
    ("remote.origin.tagOpt", "--tags"),
    ("submodule.propagateBranches", "true"),
    ("submodule.recurse", "true"),
    ("transfer.fsckObjects", "true"),
];

const CHECKOUT: &[(&str, &str)] = &[
    ("checkout.defaultRemote", "elsewhere"),
    ("checkout.guess", "false"),
    ("checkout.workers", "4"),
    ("core.bigFileThreshold", "1"),
    ("core.ignoreCase", "true"),
    ("core.preferSymlinkRefs", "true"),
    ("core.safecrlf", "true"),
    ("core.sharedRepository", "group"),
    ("core.symlinks", "false"),
    ("core.untrackedCache", "true"),
    ("feature.manyFiles", "true"),
    ("index.skipHash", "true"),
    ("index.version", "4"),
    ("merge.renames", "false"),
    ("worktree.guessRemote", "true"),
    ("worktree.useRelativePaths", "false"),
];

const COMMIT: &[(&str, &str)] = &[
    ("alias.commit-tree", "!false"),
    ("alias.push", "!false"),
    ("commit.cleanup", "verbatim"),
    ("commit.status", "false"),
    ("commit.template", "/nowhere/template"),
    ("commit.verbose", "2"),
    ("core.commentChar", "c"),
    ("core.editor", "false"),
    ("i18n.commitEncoding", "ISO-8859-1"),
    ("i18n.logOutputEncoding", "ISO-8859-1"),
    ("interactive.diffFilter", "false"),
    ("sequence.editor", "false"),
    ("trailer.ifExists", "doNothing"),
    ("trailer.separators", "#"),
    ("trailer.where", "start"),
];

fn set(clone: &Place, settings: &[(&str, &str)]) {
    for (key, value) in settings {
        clone.git(&["config", key, value]);
    }
}

fn worktree_config() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.git(&["config", "extensions.worktreeConfig", "true"]);
    let linked = clone.worktree("linked");
    linked.git(&["config", "--worktree", "core.sparseCheckout", "true"]);
    linked.git(&["config", "--worktree", "user.name", "Worktree"]);
    Scene::new(sandbox, linked).watching(&clone).whole_life()
}

/// Line ends are converted on checkout, and a filter rewrites every ticket on the way in and out.
fn filters(clone: &Place) {
    set(
        clone,
        &[
            ("core.autocrlf", "true"),
            ("core.eol", "crlf"),
            ("filter.shout.clean", "tr a-z A-Z"),
            ("filter.shout.smudge", "tr A-Z a-z"),
        ],
    );
    clone.write(".git/info/attributes", "*.txt filter=shout\n");
}

/// A program that signs as gpg does, and as `ssh-keygen -Y sign` does: with nothing, but in the right places.
const SIGNER: &str = r#"#!/bin/sh
for last; do :; done
if [ "$1" = -Y ]; then
    printf -- '-----BEGIN SSH SIGNATURE-----\nc2lnbmVk\n-----END SSH SIGNATURE-----\n' >"$last.sig"
    exit 0
fi
cat >/dev/null
printf '\n[GNUPG:] SIG_CREATED D 1 8 00 0 0\n' >&2
printf -- '-----BEGIN PGP SIGNATURE-----\n\nc2lnbmVk\n-----END PGP SIGNATURE-----\n'
"#;

fn signed(format: &str) -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let signer = sandbox.root().join("bin/signer");
    clone.write_script(&signer, SIGNER);
    let signer = signer.to_str().unwrap();
    clone.write("../home/key", "a key\n");
    let key = sandbox.root().join("home/key");
    set(
        &clone,
        &[
            ("commit.gpgSign", "TRUE"),
            ("gpg.format", format),
            ("gpg.program", signer),
            ("gpg.ssh.program", signer),
            ("user.signingKey", key.to_str().unwrap()),
        ],
    );
    Scene::new(sandbox, clone).whole_life()
}

#[test]
fn every_commit_of_tix_is_signed_where_commits_are_signed() {
    for format in ["openpgp", "ssh"] {
        let scene = signed(format);
        scene.at.tix(&["activate", "foo-001"]).success();
        for commit in ["main", "ticket/TICKET-foo-001"] {
            let text = scene.remote.git(&["cat-file", "commit", commit]);
            assert!(text.contains("\ngpgsig -----BEGIN "), "{format}: {text}");
        }
    }
}

#[test]
fn nothing_but_the_ticket_and_its_branch_is_pushed() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    set(&clone, &[("push.default", "matching"), ("push.followTags", "true")]);
    clone.commit("mine", &[("mine.txt", "1\n")]);
    clone.git(&["tag", "-a", "-m", "v1", "v1"]);
    clone.git(&["tag", "-a", "-m", "v0", "v0", "HEAD^"]);
    clone.git(&["branch", "feature"]);
    clone.tix(&["activate", "foo-001"]).success();
    let refs = sandbox.remote().git(&["for-each-ref", "--format=%(refname)"]);
    assert_eq!(refs, "refs/heads/main\nrefs/heads/ticket/TICKET-foo-001");
    assert!(!sandbox.remote().files("main").contains(&"mine.txt".to_owned()));
}
