//! Protection is only ever added: no variable, no setting, no file and no ref of a clone takes any of it away.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{QUEUED, guarded, project, ticket};
use crate::harness::{Place, Sandbox, Saved, drawn};

const SHARED: &str = "protected: [develop, live]\ntickets_dir: tickets\n";

/// Tries to bring code to the trunk, past the hooks that can be skipped.
const CODE: &str = "echo x >>src/main.rs; git commit -qam x; git commit -q --no-verify -am x; \
                    git push -q origin develop; git push -q origin HEAD:develop";

/// Code on a branch that nothing protects, published, with settings that protect nothing of ours.
const TOPIC: &str = "git switch -q -c topic; echo x >>src/main.rs; \
    printf 'trunk: t2\\nprotected: [t2]\\ntickets_dir: src\\n' >.tix.yaml; git add -A; git commit -qm x; \
    git push -q origin topic; git switch -q develop";

/// Brings the code of that branch to the trunk.
const BRING: &str = "git push -q origin topic:develop; git merge -q --ff-only topic; \
    git merge -q --no-edit topic; git reset -q --hard topic; git push -q origin develop";

/// `give KEY VALUE` sets a setting of git in the environment, as containers do.
const GIVE: &str =
    "give() { export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=\"$1\" GIT_CONFIG_VALUE_0=\"$2\"; }";

struct Clone {
    sandbox: Sandbox,
    place: Place,
}

/// A clone with all hooks, of a project whose default branch is `develop`.
fn strict(shared: &str) -> Clone {
    let sandbox = project("develop");
    sandbox.seed(&[("src/queue/.gitkeep", "")]);
    if !shared.is_empty() {
        sandbox.seed(&[(".tix.yaml", shared)]);
    }
    let place = sandbox.clone_named("clone");
    place.git(&["push", "-q", "origin", "develop:live"]);
    place.tix(&["hook", "install", "--strict"]).success();
    Clone { sandbox, place }
}

/// The same beside a fork whose branch `topic` has code, and settings that protect only itself.
fn with_fork(shared: &str) -> (Clone, Saved) {
    let clone = strict(shared);
    clone.place.sh("git clone -q --bare ../origin.git ../fork.git").run().success();
    let other = clone.place.at("../other");
    let make = "git clone -q ../fork.git .; git switch -q -c topic; echo x >>src/main.rs; \
                echo 'protected: [topic]' >.tix.yaml; git add -A; git commit -qm x; git push -q origin topic";
    other.sh(make).run().success();
    let saved = Saved::of(&clone.sandbox);
    (clone, saved)
}

impl Clone {
    /// After this script the branches hold nothing but tickets more than before it, here and on the remote.
    fn holds(&self, script: &str) {
        let tips = || -> Vec<(&str, Place, &str, String)> {
            let places = [("the clone", self.place.clone()), ("the remote", self.sandbox.remote())];
            let branches = places.iter().flat_map(|place| ["develop", "live"].map(|b| (place, b)));
            let tip = |((name, place), branch): (&(&'static str, Place), &'static str)| {
                let name_of = format!("refs/heads/{branch}");
                let from = if place.has_ref(&name_of) { &name_of } else { "develop" };
                (*name, place.clone(), branch, place.git(&["rev-parse", from]))
            };
            branches.map(tip).collect()
        };
        let before = tips();
        // What it tries may fail or not, as long as nothing gets through.
        let tix = env!("CARGO_BIN_EXE_tix");
        assert!(self.place.sh(script).env("TIX", tix).run().code.is_some());
        for ((name, place, branch, old), (.., new)) in before.into_iter().zip(tips()) {
            let changed = place.git(&["diff", "--no-renames", "--name-only", &old, &new]);
            assert!(
                changed.lines().all(|path| path.starts_with("tickets/")),
                "{branch} of {name}: {changed}"
            );
        }
    }
}

const ROWS: &[(&str, &str, &str)] = &[
    ("nothing", SHARED, ""),
    ("a base that is not there", SHARED, "export TIX_BASE=nope"),
    ("a base that is not there, configured", SHARED, "git config tix.base nope"),
    ("a base with other settings", SHARED, "TOPIC; export TIX_BASE=topic"),
    ("a base with other settings, configured", SHARED, "TOPIC; git config tix.base topic"),
    ("a remote that is not there", SHARED, "export TIX_REMOTE=nope"),
    ("a remote that is not there, configured", SHARED, "git config tix.remote nope"),
    ("another remote", SHARED, "FORK; export TIX_REMOTE=fork"),
    ("another remote, configured", SHARED, "FORK; git config tix.remote fork"),
    ("a directory that is not there", "", "export TIX_TICKETS_DIR=nope"),
    ("a directory that is not there, configured", "", "git config tix.ticketsDir nope"),
    ("a directory of code", "", "export TIX_TICKETS_DIR=src; TICKET"),
    ("a directory of code, configured", SHARED, "git config tix.ticketsDir src; TICKET"),
    ("a remote's HEAD that was set", SHARED, "TOPIC; git remote set-head origin topic; BRING"),
    (
        "a remote's HEAD that was set, without settings",
        "",
        "TOPIC; git remote set-head origin topic; BRING",
    ),
    ("a remote's HEAD that is gone", SHARED, "git remote set-head origin -d"),
    (
        "a default branch that is forgotten",
        SHARED,
        "TOPIC; git remote set-head origin topic; git update-ref -d refs/remotes/origin/develop; BRING",
    ),
    ("a default branch of another name", SHARED, "TOPIC; git config init.defaultBranch topic"),
    ("a trunk that is protected too", SHARED, "TOPIC; export TIX_TRUNK=topic; BRING"),
    (
        "a trunk that is protected too, configured",
        SHARED,
        "TOPIC; git config tix.trunk topic; BRING",
    ),
    ("a branch that is protected too", "", "TOPIC; export TIX_PROTECTED=topic; BRING"),
    (
        "a branch that an agent protects too",
        "",
        "TOPIC; export CLAUDE_PROTECTED_BRANCHES=topic; BRING",
    ),
    ("a branch that a file protects too", "", "TOPIC; echo 'protected: [topic]' >.tix.yaml; BRING"),
    (
        "an upstream that nothing protects",
        SHARED,
        "TOPIC; git branch -q -u origin/topic develop; git pull -q --ff-only; git pull -q --no-ff; BRING",
    ),
    ("a base that is not there, for git", SHARED, "give tix.base nope"),
    ("a base with other settings, for git", SHARED, "TOPIC; give tix.base topic"),
    ("a trunk that is protected too, for git", SHARED, "TOPIC; give tix.trunk topic; BRING"),
    ("a remote that is not there, for git", SHARED, "give tix.remote nope"),
    ("a directory of code, for git", "", "give tix.ticketsDir src; TICKET"),
    ("a default branch of another name, for git", SHARED, "TOPIC; give init.defaultBranch topic"),
    ("another address, for git", SHARED, "give remote.origin.url ../fork.git; BRING"),
    (
        "another upstream, for git",
        SHARED,
        "TOPIC; give branch.develop.merge refs/heads/topic; BRING",
    ),
    (
        "a number of settings that git cannot read",
        SHARED,
        "export GIT_CONFIG_COUNT=2; export GIT_CONFIG_KEY_0=a.b; export GIT_CONFIG_VALUE_0=c",
    ),
    ("a variable that cannot be used", SHARED, "export TIX_CLAIM_ATTEMPTS=many"),
    ("a setting that cannot be used", SHARED, "git config tix.protected a..b"),
    ("settings that are removed", SHARED, "rm .tix.yaml"),
    ("settings that are removed, and a base", SHARED, "rm .tix.yaml; export TIX_BASE=nope"),
    (
        "settings that are changed in the working tree",
        SHARED,
        "printf 'protected: []\\ntickets_dir: src\\n' >.tix.yaml; TICKET",
    ),
    (
        "the first settings, with the trunk in a variable",
        "",
        "export TIX_TRUNK=develop; git config tix.trunk develop; \
         printf 'protected: [live]\\ntrunk: t2\\n' >.tix.yaml; git add .tix.yaml; git commit -qm x; git push -q origin develop",
    ),
    (
        "a remote of another address",
        SHARED,
        "git config remote.origin.url \"$PWD/../origin.git/.\"",
    ),
    (
        "a remote that is removed",
        SHARED,
        "TOPIC; git switch -q topic; git remote remove origin; git branch -q -f develop topic; \
         git push -q ../origin.git topic:develop topic:live",
    ),
    (
        "a remote that is renamed, with another in its place",
        SHARED,
        "TOPIC; git switch -q topic; git remote rename origin old; git remote add origin ../fork.git; \
         git fetch -q origin; git push -q old topic:develop; git push -q ../origin.git topic:develop",
    ),
    (
        "another remote of the usual name",
        SHARED,
        "TOPIC; ONLY; git switch -q topic; git remote add origin /nowhere; git push -q only topic:develop",
    ),
    (
        "another remote of the usual name, in a file of its own",
        "",
        "TOPIC; ONLY; git switch -q topic; printf '[remote \"origin\"]\n\turl = /nowhere\n' >../global; export GIT_CONFIG_GLOBAL=$PWD/../global; \
         git push -q only topic:develop",
    ),
    (
        "the word of another address",
        SHARED,
        "TOPIC; git switch -q topic; url=$(git config remote.origin.url); git remote set-head origin -d; \"$TIX\" list; \
         git config remote.origin.url ../fork.git; \"$TIX\" list; \"$TIX\" list; \"$TIX\" hook install; git config remote.origin.url \"$url\"; BRING",
    ),
    (
        "a remote's HEAD that was set before the hooks were there",
        SHARED,
        "TOPIC; rm -r .git/tix; git remote set-head origin topic; \"$TIX\" hook install; BRING",
    ),
    (
        "settings that cannot be read",
        SHARED,
        "TOPIC; WEB 'protected: [develop, live'; THEN git switch -q -c live origin/live; echo x >>src/main.rs; git commit -qam x; \
         git push -q origin HEAD:live topic:live; git switch -q develop; BRING",
    ),
    (
        "settings of a later tix that say it otherwise",
        SHARED,
        "TOPIC; WEB 'requires: \">= 99\"\nprotected: {names: [develop, live]}'; THEN git switch -q -c live origin/live; \
         echo x >>src/main.rs; git commit -qam x; git push -q origin HEAD:live topic:live; git switch -q develop; BRING",
    ),
    (
        "settings that could not be read from the first",
        "",
        "TOPIC; rm -r .git/tix; WEB 'protected: [develop, live'; THEN BRING",
    ),
    (
        "a remote without its address",
        SHARED,
        "TOPIC; git config --unset remote.origin.url; \
        git push -q ../origin.git topic:develop topic:live",
    ),
    ("a push to the address", SHARED, "TOPIC; git push -q \"$PWD/../origin.git\" topic:develop"),
];

#[test]
fn nothing_of_a_clone_takes_protection_away() {
    let mut failed = Vec::new();
    let bases = [SHARED, ""].map(|shared| (shared, with_fork(shared)));
    for (name, shared, script) in drawn::of(ROWS) {
        let (_, (clone, saved)) = bases.iter().find(|(of, _)| of == shared).unwrap();
        let fork = "git remote add fork ../fork.git; git fetch -q fork; git remote set-head fork topic; \
                    git merge -q --ff-only fork/topic; git push -q origin fork/topic:develop";
        let only = "git remote rename origin only; rm -r .git/tix; \"$TIX\" hook install --strict";
        let web = "web() { git clone -q ../origin.git ../web; printf \"$1\\n\" >../web/.tix.yaml; \
                   git -C ../web add .tix.yaml; git -C ../web commit -qm x; git -C ../web push -q; git fetch -q; }; web";
        let ticket = format!("cp {QUEUED} src/queue/TICKET-x-001.md; git add -A; git commit -qm x");
        let script = script
            .replace("TOPIC", TOPIC)
            .replace("BRING", BRING)
            .replace("FORK", fork)
            .replace("ONLY", only)
            .replace("WEB", web)
            .replace("TICKET;", &format!("{ticket};"))
            .replace("; TICKET", &format!("; {ticket}"));
        let (before, script) = script.split_once("; THEN ").unwrap_or(("", &script));
        let hold = || {
            saved.restore();
            assert!(clone.place.sh(before).run().code.is_some());
            clone.holds(&format!("{GIVE}\n{script}\n{CODE}"));
        };
        if catch_unwind(AssertUnwindSafe(hold)).is_err() {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "of these the report is above: {failed:#?}");
}

/// What is configured here adds: with it the ordinary life goes on.
#[test]
fn what_a_clone_adds_is_protected_too() {
    let clone = strict(SHARED);
    let asked = ["develop", "live", "more", "main"].map(str::to_owned).into();
    let guarded = |place: &Place| guarded(place, &clone.sandbox, &asked);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(guarded(&clone.place), names(&["develop", "live"]));
    let more = clone.place.env("TIX_PROTECTED", "more");
    assert_eq!(guarded(&more), names(&["develop", "live", "more"]));
    clone.place.git(&["config", "tix.trunk", "main"]);
    assert_eq!(guarded(&clone.place), names(&["develop", "live", "main"]));
    clone.place.write(QUEUED, ticket("draft"));
    more.git(&["commit", "-qam", "a ticket"]);
    more.git(&["push", "-q", "origin", "develop"]);
}

#[test]
fn what_is_configured_and_not_there_is_told() {
    let clone = strict(SHARED);
    clone.place.write(QUEUED, ticket("draft"));
    for (key, value, words) in [
        ("TIX_BASE", "nope", "origin/nope is configured here as the base, but does not exist"),
        ("TIX_REMOTE", "nope", "there is no remote named `nope`"),
        ("TIX_TICKETS_DIR", "nope", "nope is configured here as the directory of the tickets"),
    ] {
        let output = clone.place.env(key, value).try_git(&["commit", "-qam", "a ticket"]);
        assert_ne!(output.code, Some(0), "{output}");
        assert!(output.stderr().contains(words), "{output}");
    }
    clone.place.git(&["commit", "-qam", "a ticket"]);
}
