//! How the clone knows its remote, and what the remote calls its branches.

use super::{Row, Scene, hold_all, seed, seeded};
use crate::harness::{Place, Sandbox};

const ROWS: &[Row] = &[
    ("a trunk that is not main", || of_trunk("tronco").whole_life()),
    ("a trunk with a slash", || of_trunk("release/1.x").whole_life()),
    ("a trunk with a name outside ASCII", || of_trunk("stämme")),
    ("a trunk that is called as a remote", || of_trunk("origin")),
    ("a remote that is not origin", || named_remote("upstream").whole_life()),
    ("a remote with a slash and a dot", || named_remote("team/main.git")),
    ("several remotes", several_remotes),
    ("several remotes, none of them origin", chosen_remote),
    ("a relative URL", || of_url("../origin.git").whole_life()),
    ("a relative URL, from a subdirectory", || {
        of_url("../origin.git").called_from(|place| place.at("src/deep"))
    }),
    ("a relative URL, from a linked worktree", relative_from_worktree),
    ("an abbreviated URL", || {
        Scene::of_clone(|clone| {
            let base = clone.path().parent().unwrap().to_str().unwrap();
            clone.git(&["config", &format!("url.{base}/.insteadOf"), "our:"]);
            clone.git(&["config", "remote.origin.url", "our:origin.git"]);
        })
        .whole_life()
    }),
    ("an abbreviated URL for pushes only", || {
        Scene::of_clone(|clone| {
            let base = clone.path().parent().unwrap().to_str().unwrap();
            clone.git(&[
                "config",
                &format!("url.{base}/.pushInsteadOf"),
                &format!("file://{base}/"),
            ]);
            clone.git(&["config", "remote.origin.url", &format!("file://{base}/origin.git")]);
        })
    }),
    ("a URL for pushes", || {
        Scene::of_clone(|clone| {
            let url = clone.git(&["config", "remote.origin.url"]);
            clone.git(&["config", "remote.origin.pushurl", &url]);
            clone.git(&["config", "remote.origin.url", &format!("file://{url}")]);
        })
    }),
    ("pushes that go elsewhere by default", || {
        Scene::of_clone(|clone| {
            clone.git(&["remote", "add", "fork", "/nowhere"]);
            clone.git(&["config", "remote.pushDefault", "fork"]);
            clone.git(&["config", "branch.main.pushRemote", "fork"]);
        })
        .whole_life()
    }),
    ("no fetch refspec", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "--unset-all", "remote.origin.fetch"]);
        })
        .whole_life()
    }),
    ("an odd fetch refspec", || {
        Scene::of_clone(|clone| {
            let odd = "+refs/heads/*:refs/remotes/else/where/*";
            clone.git(&["config", "--replace-all", "remote.origin.fetch", odd]);
        })
    }),
    ("a refspec that leaves something out", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "--add", "remote.origin.fetch", "^refs/heads/main"]);
        })
    }),
    ("push refspecs", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "remote.origin.push", "refs/heads/*:refs/for/*"]);
        })
    }),
    ("a remote that is a mirror for pushes", || {
        Scene::of_clone(|clone| {
            clone.git(&["config", "remote.origin.mirror", "true"]);
        })
    }),
    ("a clone that has not fetched yet", never_fetched),
    ("a remote whose HEAD is not known", || {
        Scene::of_clone(|clone| {
            clone.git(&["remote", "set-head", "origin", "--delete"]);
        })
        .whole_life()
    }),
    ("a remote whose HEAD leads nowhere", || {
        let sandbox = seeded();
        sandbox.remote().git(&["symbolic-ref", "HEAD", "refs/heads/gone"]);
        let clone = sandbox.clone_named("clone");
        Scene::new(sandbox, clone)
    }),
    ("a clone whose view of the trunk is old", || {
        let scene = Scene::of_clone(|_| {});
        scene.sandbox.seed(&[("src/later.rs", "// later\n")]);
        scene
    }),
    ("a remote that was written anew", rewritten),
];

#[test]
fn a_ticket_is_claimed_however_the_remote_is_known() {
    hold_all(ROWS);
}

fn of_trunk(name: &'static str) -> Scene {
    let sandbox = seed(Sandbox::new().with_trunk(name));
    let clone = sandbox.clone_named("clone");
    Scene { trunk: name, ..Scene::new(sandbox, clone) }
}

fn named_remote(name: &'static str) -> Scene {
    let scene = Scene::of_clone(|clone| {
        clone.git(&["remote", "rename", "origin", name]);
    });
    Scene { remote_name: name, ..scene }
}

fn several_remotes() -> Scene {
    Scene::of_clone(|clone| {
        clone.git(&["remote", "add", "another", "/nowhere"]);
        clone.git(&["remote", "add", "zed", "https://127.0.0.1:1/none.git"]);
        clone.git(&["config", "remote.half.fetch", "+refs/heads/*:refs/remotes/half/*"]);
    })
    .whole_life()
}

fn chosen_remote() -> Scene {
    let scene = named_remote("upstream");
    scene.at.git(&["remote", "add", "fork", "/nowhere"]);
    scene.at.git(&["config", "tix.remote", "upstream"]);
    scene
}

fn of_url(url: &'static str) -> Scene {
    Scene::of_clone(|clone| {
        clone.git(&["config", "remote.origin.url", url]);
    })
}

fn relative_from_worktree() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.git(&["config", "remote.origin.url", "../origin.git"]);
    // One directory deeper than the main worktree, so that the path would lead elsewhere from here.
    let linked = clone.worktree("deeper/feature");
    Scene::new(sandbox, linked).watching(&clone)
}

fn never_fetched() -> Scene {
    let sandbox = seeded();
    let remote = sandbox.remote();
    let root = Place::new(sandbox.shared(), sandbox.root().to_owned());
    root.git(&["init", "-q", "clone"]);
    let clone = root.at("clone");
    clone.git(&["remote", "add", "origin", remote.path().to_str().unwrap()]);
    Scene::new(sandbox, clone)
}

/// The trunk that the clone knows is not part of the trunk's history any more.
fn rewritten() -> Scene {
    let scene = Scene::of_clone(|_| {});
    let remote = &scene.remote;
    let tree = remote.git(&["rev-parse", "main^{tree}"]);
    let fresh = remote.git(&["-c", "user.name=X", "commit-tree", "-m", "anew", &tree]);
    remote.git(&["update-ref", "refs/heads/main", &fresh]);
    scene
}
