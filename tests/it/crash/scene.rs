//! What a case of the matrix begins with.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::forge::{gh, issue, on_forge};
use crate::harness::{Do, On, Place, Sandbox, Saved, Shim, Untouched, no_leftovers, queue_ticket};

pub const ID: &str = "TICKET-foo-001";

/// Where the trunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trunk {
    /// On a remote, where pull requests go too.
    Remote,
    /// The same, on a server that cannot move several refs at once.
    NotAtomic,
    /// On a remote, and it follows ticket branches, whose creation is the lock.
    Following,
    /// A branch of its own on the remote, where every transition is recorded.
    OfItsOwn,
    /// A branch of the only repository there is, checked out nowhere.
    Local,
    /// The same, checked out in the worktree that tix is called in.
    CheckedOut,
}

impl Trunk {
    pub fn is_local(self) -> bool {
        matches!(self, Self::Local | Self::CheckedOut)
    }

    pub fn branch(self) -> &'static str {
        if self == Self::OfItsOwn { "tickets" } else { "main" }
    }
}

/// What has happened before.
#[derive(Clone, Copy)]
pub enum History {
    /// The ticket waited in the queue, and then these commands were run.
    After(&'static [&'static [&'static str]]),
    /// The same in a repository where work is reviewed.
    Reviewed(&'static [&'static [&'static str]]),
    /// It waited in the queue, and others have moved the trunk since.
    Behind,
    /// It is held and set up, and others have moved the trunk since.
    Overtaken,
    /// It is held, and its work is committed and not pushed.
    Worked,
    /// It is held, and the remote is on a forge whose program is there.
    OnForge,
    /// It is queued, and the remote is on a forge that has an issue.
    WaitingOnForge,
    /// It is complete on its branch, and may land.
    Complete,
    /// It is complete, and its branch was squashed into the trunk.
    Merged,
    /// The same, and then it was cleaned up.
    Cleaned,
    /// It is held, and the run was killed when the worktree was there and the set-up not yet finished.
    Killed,
}

impl History {
    /// What the team has set for it.
    fn settings(self) -> Option<&'static str> {
        match self {
            Self::Complete => Some("landing: completed\n"),
            Self::Reviewed(_) => Some("review: [critic_review]\nreview.self: true\n"),
            Self::After(_)
            | Self::Behind
            | Self::Overtaken
            | Self::Worked
            | Self::OnForge
            | Self::WaitingOnForge
            | Self::Merged
            | Self::Cleaned
            | Self::Killed => None,
        }
    }
}

pub struct Scene {
    pub sandbox: Sandbox,
    pub trunk: Trunk,
    /// Who is hit.
    pub first: Place,
    /// Who comes next: another machine's clone, or, without a remote, another worktree.
    pub second: Place,
    saved: Saved,
    bytes: BTreeMap<PathBuf, Vec<u8>>,
    before: Untouched,
    status: String,
}

impl Scene {
    /// A ticket in the queue and a checkout with work of every kind in it, after what has happened in the first place.
    pub fn new(trunk: Trunk, history: History) -> Self {
        let sandbox = Sandbox::new();
        // Nothing of it is left to do but the work.
        let text = queue_ticket(ID).replace("- [ ]", "- [x]");
        let ticket = (format!("tickets/queue/{ID}.md"), text);
        sandbox.seed(&[("code.rs", "fn main() {}\n"), ("notes.txt", "one\n")]);
        if let Some(settings) = history.settings() {
            sandbox.seed(&[(".tix.yaml", settings)]);
        }
        if trunk == Trunk::Following {
            sandbox.seed(&[(".tix.yaml", "lock: branch\n")]);
        }
        if trunk == Trunk::OfItsOwn {
            sandbox.seed(&[(".tix.yaml", "trunk: tickets\n")]);
            sandbox.seed_on("tickets", &[ticket]);
        } else {
            sandbox.seed(&[ticket]);
        }
        if trunk == Trunk::NotAtomic {
            sandbox.remote().git(&["config", "receive.advertiseAtomic", "false"]);
        }
        let (first, second) = if trunk.is_local() {
            let first = sandbox.local_repository("a");
            let second = first.worktree("b");
            (first, second)
        } else {
            (sandbox.clone_named("a"), sandbox.clone_named("b").on_machine("second"))
        };
        if trunk != Trunk::CheckedOut {
            first.git(&["switch", "-q", "-c", "feature"]);
        }
        first.write("code.rs", "fn main() { staged() }\n");
        first.git(&["add", "code.rs"]);
        first.write("code.rs", "fn main() { staged(); unstaged() }\n");
        first.write("untracked.txt", "mine\n");
        match history {
            History::After(commands) | History::Reviewed(commands) => {
                for command in commands {
                    first.tix(command).success();
                }
            }
            History::Behind => sandbox.seed(&[("notes.txt", "two\n")]),
            History::Overtaken => {
                // By another agent of the clone: nobody takes over what they hold.
                first.env("TIX_ACTOR", "agent-1").tix(&["activate", ID]).success();
                sandbox.seed(&[("notes.txt", "two\n")]);
            }
            History::Worked => work(&first),
            History::OnForge => held_on_forge(&first),
            History::WaitingOnForge => waiting_on_forge(&first),
            History::Complete => complete(&first),
            History::Merged | History::Cleaned => {
                complete(&first);
                let truth = if trunk.is_local() { first.clone() } else { sandbox.remote() };
                let squash = "git commit-tree -p main -m squash ticket/TICKET-foo-001^{tree}";
                truth.sh(&format!("git update-ref refs/heads/main $({squash})")).run().success();
                if matches!(history, History::Cleaned) {
                    first.tix(&["clean", ID]).success();
                }
            }
            History::Killed => {
                let shim = Shim::new(&sandbox);
                shim.rule(On::command("worktree").with("add"), Do::KillAfter);
                first.tix_command(&["activate", ID]).through(&shim).run().killed_by(9);
                // Nothing that is copied may be a FIFO.
                fs::remove_dir_all(shim.bin().parent().unwrap()).unwrap();
            }
        }
        for place in [&first, &second, &sandbox.remote()] {
            // Samples that nobody runs, and that every case would copy.
            fs::remove_dir_all(place.common_dir().join("hooks")).ok();
        }
        let saved = Saved::of(&sandbox);
        let bytes = bytes(&first, trunk);
        let before = Untouched::besides_ticket(&first, ID);
        let before = if trunk.is_local() { before.and_branch("main") } else { before };
        let status = status(&first);
        Self { sandbox, trunk, first, second, saved, bytes, before, status }
    }

    /// As it was when it was new.
    pub fn restore(&self) {
        self.saved.restore();
    }

    /// The repository that holds the trunk.
    pub fn truth(&self) -> Place {
        if self.trunk.is_local() { self.first.clone() } else { self.sandbox.remote() }
    }

    /// The repository of the first place.
    pub fn git_dir(&self) -> PathBuf {
        self.first.path().join(".git")
    }

    /// Where the first place has its workspace.
    pub fn workspace(&self) -> PathBuf {
        self.sandbox.root().join(format!("a.worktrees/{ID}"))
    }

    /// Every byte of the checkout is what it was, and of the repository all that is not tix's or the ticket's. No git is
    /// asked, so that nothing is missed that git would mend while it looks.
    #[track_caller]
    pub fn assert_bytes_untouched(&self) {
        let now = bytes(&self.first, self.trunk);
        let changed: Vec<_> = self
            .bytes
            .keys()
            .chain(now.keys().filter(|path| !self.bytes.contains_key(*path)))
            .filter(|path| self.bytes.get(*path) != now.get(*path))
            .collect();
        assert!(changed.is_empty(), "these were to stay as they were: {changed:#?}");
    }

    /// Nothing of a run is left.
    #[track_caller]
    pub fn assert_settled(&self) {
        self.assert_bytes_untouched();
        no_leftovers(&self.first);
        let queue = self.sandbox.root().join("run/tix");
        let left =
            fs::read_dir(queue).into_iter().flatten().map(|entry| entry.unwrap().file_name());
        // What one clone tells the others of a trunk stays.
        let left: Vec<_> =
            left.filter(|name| Path::new(name).extension() != Some("seen".as_ref())).collect();
        assert!(left.is_empty(), "left in the runtime directory: {left:?}");
        let following = self.git_dir().join("tix/following.json");
        assert!(!following.exists(), "a worktree was still to follow the trunk");
    }

    /// The settings are on the branch that pull requests go to, and the lanes on the trunk.
    #[track_caller]
    pub fn assert_set_up(&self, trunk: &str) {
        let truth = self.truth();
        assert!(truth.files("main").contains(&".tix.yaml".to_owned()), "no settings");
        let lane = |path: &String| path.starts_with("tickets/archive/");
        assert!(truth.files(trunk).iter().any(lane), "no lanes on {trunk}");
        let settings = String::from_utf8(truth.show("main", ".tix.yaml")).unwrap();
        let named = settings.contains("\ntrunk: tickets\n");
        assert_eq!(named, trunk == "tickets", "{settings}");
    }

    /// A worktree that has the trunk checked out shows nothing but the user's own work.
    #[track_caller]
    pub fn assert_followed(&self) {
        if self.trunk == Trunk::CheckedOut {
            assert_eq!(status(&self.first), self.status, "the checkout was to follow the trunk");
        }
    }

    /// The same in git's words: index, HEAD, stash, branches, worktrees, configuration.
    #[track_caller]
    pub fn assert_untouched(&self) {
        if self.trunk != Trunk::CheckedOut {
            self.before.assert_same(&self.first);
        }
    }
}

/// A ticket that is held, with a commit in its workspace that is not pushed.
fn work(place: &Place) {
    place.tix(&["activate", ID]).success();
    let path = place.tix(&["path", ID]).success().stdout().trim_end().to_owned();
    place.at(path).commit("work", &[("work.txt", "1\n")]);
}

fn complete(place: &Place) {
    work(place);
    place.tix(&["complete", ID]).success();
}

fn status(place: &Place) -> String {
    let place = place.env("GIT_OPTIONAL_LOCKS", "0");
    place.git(&["status", "--porcelain", "--untracked-files=all"])
}

/// The files of a clone that no command may change, by their paths in it.
fn bytes(place: &Place, trunk: Trunk) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut moving = vec![
        "objects".to_owned(),
        "tix".to_owned(),
        "refs/tix".to_owned(),
        "refs/remotes".to_owned(),
        "logs/refs/remotes".to_owned(),
        "refs/heads/ticket".to_owned(),
        "logs/refs/heads/ticket".to_owned(),
        "worktrees".to_owned(),
    ];
    if trunk.is_local() {
        moving.extend(["refs/heads/main".to_owned(), "logs/refs/heads/main".to_owned()]);
    }
    let mut moving: Vec<_> = moving.iter().map(|path| Path::new(".git").join(path)).collect();
    if trunk == Trunk::CheckedOut {
        // With a landing the work comes too.
        moving.extend([".git/index", ".git/logs/HEAD", "tickets", "work.txt"].map(PathBuf::from));
    }
    let mut found = BTreeMap::new();
    collect(place.path(), Path::new(""), &moving, &mut found);
    if let Some(config) = found.get_mut(Path::new(".git/config")) {
        *config = without_ticket_branches(config);
    }
    found
}

fn collect(root: &Path, inside: &Path, moving: &[PathBuf], found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(root.join(inside)).unwrap() {
        let entry = entry.unwrap();
        let path = inside.join(entry.file_name());
        if moving.contains(&path) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            collect(root, &path, moving, found);
        } else {
            found.insert(path.clone(), fs::read(root.join(path)).unwrap());
        }
    }
}

/// A configuration file without the sections `[branch "ticket/…"]`.
fn without_ticket_branches(config: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(config).unwrap();
    let mut ours = false;
    let kept = text.split_inclusive('\n').filter(|line| {
        if line.starts_with('[') {
            ours = line.starts_with("[branch \"ticket/");
        }
        !ours
    });
    kept.collect::<String>().into_bytes()
}

fn waiting_on_forge(place: &Place) {
    on_forge(place, "github.com");
    issue(&gh(place), "Bar", "");
}

fn held_on_forge(place: &Place) {
    place.tix(&["activate", ID]).success();
    on_forge(place, "github.com");
    gh(place);
}
