//! Variables of the environment, above all those that git sets for the hooks it runs.

use super::{ID, Row, Scene, hold_all, seeded};
use crate::harness::{Place, Untouched, queue_ticket};

const ROWS: &[Row] = &[
    ("variables that name another repository", || foreign_variables().whole_life()),
    ("settings from the environment alone", || configured_by_environment().whole_life()),
    ("variables that bend paths, output and locale", || {
        Scene::of_clone(|_| {}).called_from(bent).whole_life()
    }),
    ("traces on stderr", || {
        Scene::of_clone(|_| {}).called_from(|place| {
            place.env("GIT_TRACE", "1").env("GIT_TRACE_SETUP", "1").env("GIT_CURL_VERBOSE", "1")
        })
    }),
    ("a ceiling for the search", || {
        let scene = Scene::of_clone(|_| {});
        let ceiling = scene.sandbox.root().to_owned();
        scene.called_from(|place| place.at("src/deep").env("GIT_CEILING_DIRECTORIES", ceiling))
    }),
    ("no home", || {
        Scene::of_clone(|_| {}).called_from(|place| {
            ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"]
                .into_iter()
                .fold(place, |place, name| place.env(name, ""))
        })
    }),
    ("a runtime directory that cannot be made", || {
        Scene::of_clone(|_| {}).called_from(|place| place.env("XDG_RUNTIME_DIR", "/dev/null/run"))
    }),
];

#[test]
fn a_ticket_is_claimed_whatever_the_environment_says() {
    hold_all(ROWS);
}

/// As containers and CI have it: the settings of git come from the environment alone, empty ones too.
fn configured_by_environment() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    // The other end is another machine's, which does not ask who owns it.
    for (key, program) in [("uploadpack", "git-upload-pack"), ("receivepack", "git-receive-pack")] {
        let line = format!("env -u GIT_TEST_ASSUME_DIFFERENT_OWNER {program}");
        clone.git(&["config", &format!("remote.origin.{key}"), &line]);
    }
    clone.git(&["config", "remote.origin.url", "hosting:team/project.git"]);
    let remote = sandbox.remote().path().to_str().unwrap().to_owned();
    let settings = [
        ("safe.directory", "*".to_owned()),
        (&format!("url.{remote}.insteadOf"), "hosting:team/project.git".to_owned()),
        ("user.name", "Cara Example".to_owned()),
        ("user.email", "cara@example.org".to_owned()),
        ("credential.helper", String::new()),
    ];
    let count = settings.len().to_string();
    Scene::new(sandbox, clone).called_from(|place| {
        let place = place.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
        let place = place.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_COUNT", count);
        settings.into_iter().enumerate().fold(place, |place, (number, (key, value))| {
            let place = place.env(&format!("GIT_CONFIG_KEY_{number}"), key);
            place.env(&format!("GIT_CONFIG_VALUE_{number}"), value)
        })
    })
}

#[test]
fn whoever_the_environment_says_acts_and_is_known_again() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone").env("GIT_CONFIG_GLOBAL", "/dev/null");
    let cara = "'user.name'='Cara O'\\''Hara' 'user.email=cara@example.org'";
    let clone = clone.env("GIT_CONFIG_PARAMETERS", cara);
    let receipt = clone.tix(&["activate", "foo-001", "--json"]).success().json();
    assert_eq!(receipt["claim"]["by"], "Cara O'Hara <cara@example.org>");
    let author = sandbox.remote().git(&["log", "-1", "--format=%an <%ae>", "main"]);
    assert_eq!(author, "Cara O'Hara <cara@example.org>");
    assert_eq!(clone.tix(&["list", "--mine", "--json"]).success().json()["tickets"][0]["id"], ID);
}

/// What the environment says of hooks and of one repository holds for git alone; a worker gets the rest too.
#[test]
fn hooks_run_and_workers_inherit_whatever_the_environment_says() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    clone.hook("post-checkout", "echo ran >>\"$HOME/hooks\"");
    let settings =
        "'core.hooksPath'='/dev/null' 'core.bare'='true' 'core.worktree'='/nowhere' 'my.word'='x'";
    let clone = clone.env("GIT_CONFIG_PARAMETERS", settings);
    let script = "git config my.word >word; git config --get-all core.hooksPath >>word; true";
    clone.tix(&["activate", "foo-001", "--exec", "sh", "-c", script]).success();
    assert_eq!(clone.read("../home/hooks"), "ran\n");
    let path = clone.tix(&["path", "foo-001"]).success().stdout().trim().to_owned();
    assert_eq!(std::fs::read_to_string(format!("{path}/word")).unwrap(), "x\n");
}

#[test]
fn a_variable_that_git_cannot_read_is_named() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone").env("GIT_CONFIG_COUNT", "2");
    let output = clone.env("GIT_CONFIG_KEY_0", "a.b").env("GIT_CONFIG_VALUE_0", "c").tix(&["list"]);
    assert!(output.stderr().contains("bogus count in GIT_CONFIG_COUNT"), "{output}");
    assert_ne!(output.code, Some(0), "{output}");
}

/// A repository that must never be read nor written, and that would answer every question differently.
fn other(scene_root: &Place) -> Place {
    scene_root.git(&["init", "-q", "other"]);
    let other = scene_root.at("other");
    other.commit("other", &[("tickets/queue/TICKET-foo-001.md", &queue_ticket("TICKET-foo-001"))]);
    other.git(&["remote", "add", "origin", "/nowhere"]);
    other
}

fn foreign_variables() -> Scene {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let other = other(&Place::new(sandbox.shared(), sandbox.root().to_owned()));
    let git = other.path().join(".git");
    let git = git.to_str().unwrap();
    let variables = [
        ("GIT_DIR", git.to_owned()),
        ("GIT_COMMON_DIR", git.to_owned()),
        ("GIT_WORK_TREE", other.path().to_str().unwrap().to_owned()),
        ("GIT_INDEX_FILE", format!("{git}/index")),
        ("GIT_OBJECT_DIRECTORY", format!("{git}/objects")),
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", format!("{git}/objects")),
        ("GIT_PREFIX", "tickets/".to_owned()),
        ("GIT_CONFIG", format!("{git}/config")),
        ("GIT_CONFIG_PARAMETERS", "'remote.origin.url'='/nowhere' 'user.name'='Eve'".to_owned()),
        ("GIT_CONFIG_COUNT", "1".to_owned()),
        ("GIT_CONFIG_KEY_0", "remote.origin.url".to_owned()),
        ("GIT_CONFIG_VALUE_0", "/nowhere".to_owned()),
        ("GIT_SHALLOW_FILE", format!("{git}/shallow")),
        ("GIT_GRAFT_FILE", format!("{git}/grafts")),
        ("GIT_REPLACE_REF_BASE", "refs/heads/".to_owned()),
        ("GIT_IMPLICIT_WORK_TREE", "0".to_owned()),
        ("GIT_REFLOG_ACTION", "rebase".to_owned()),
    ];
    Scene::new(sandbox, clone).watching(&other).called_from(|place| {
        variables.into_iter().fold(place, |place, (name, value)| place.env(name, value))
    })
}

fn bent(place: Place) -> Place {
    let variables = [
        ("LC_ALL", "de_DE.UTF-8"),
        ("LANGUAGE", "de:fr"),
        ("LANG", "tr_TR.UTF-8"),
        ("TZ", "Asia/Kathmandu"),
        ("CDPATH", "/"),
        ("COLUMNS", "10"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_DEFAULT_HASH", "sha256"),
        ("GIT_DIFF_OPTS", "--unified=0"),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_EDITOR", "false"),
        ("GIT_SEQUENCE_EDITOR", "false"),
        ("GIT_PAGER", "false"),
        ("GIT_PAGER_IN_USE", "1"),
        ("GIT_MERGE_VERBOSITY", "5"),
        ("GIT_FLUSH", "0"),
        ("GIT_ATTR_SOURCE", "HEAD"),
        ("GIT_TERMINAL_PROMPT", "1"),
        ("GIT_ADVICE", "1"),
    ];
    variables.into_iter().fold(place, |place, (name, value)| place.env(name, value))
}

#[test]
fn a_hook_of_one_repository_can_claim_in_another() {
    let sandbox = seeded();
    let clone = sandbox.clone_named("clone");
    let other = other(&Place::new(sandbox.shared(), sandbox.root().to_owned()));
    let tix = env!("CARGO_BIN_EXE_tix");
    let before = Untouched::besides_ticket(&clone, "TICKET-foo-001");
    for name in ["pre-commit", "post-commit"] {
        let script = format!(
            "cd ../clone && '{tix}' activate foo-001 --json >>\"$HOME/$(basename \"$0\")\""
        );
        other.hook(name, &format!("{script}; echo $? >>\"$HOME/codes\""));
    }
    other.write("x.txt", "x\n");
    other.git(&["add", "x.txt"]);
    other.git(&["commit", "-q", "-m", "x", "-a"]);
    assert_eq!(other.git(&["show", "--format=%s", "--name-only"]), "x\n\nx.txt");
    assert_eq!(clone.read("../home/codes"), "0\n3\n");
    before.assert_same(&clone);
    let receipt = clone.read("../home/pre-commit");
    assert!(receipt.contains("\"outcome\":\"activated\""), "{receipt}");
    assert!(!other.has_ref("refs/heads/ticket/TICKET-foo-001"));
}
