//! Repositories to measure in, and the bare git commands that tix is measured against.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::World;

/// How much a repository holds.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub files: usize,
    /// In the queue.
    pub tickets: usize,
}

pub fn ticket_id(number: usize) -> String {
    format!("TICKET-bench-{number:05}")
}

fn ticket_text(number: usize, status: &str) -> String {
    format!(
        "---\nticket_id: {}\ntitle: The thing number {number}\nstatus: {status}\npriority: P2\n\
         session_id: bench\nsequence: {number:05}\ncreated: 2025-12-03 19:30\n---\n\n# The thing number {number}\n\n\
         ## Acceptance\n\n- [ ] it works\n- [ ] it is fast\n\n# Changelog\n\n## [2025-12-03 19:30] - Creator\n- made\n",
        ticket_id(number)
    )
}

/// The bare remote of a world, `origin.git`, with what a script of `git fast-import` makes.
pub(super) fn remote_of(world: &World, script: String) -> PathBuf {
    let remote = world.dir("origin.git");
    world.git(world.root(), &["init", "--quiet", "--bare", "origin.git"]);
    world.git_reading(&remote, &["fast-import", "--quiet"], script.into_bytes());
    remote
}

impl Shape {
    /// Makes the bare remote of a world: `origin.git`, with one commit.
    pub fn make_remote(self, world: &World) -> PathBuf {
        self.make_remote_with(world, "")
    }

    /// The same with this as its `.tix.yaml`.
    pub fn make_remote_with(self, world: &World, settings: &str) -> PathBuf {
        remote_of(world, self.script(settings))
    }

    fn script(self, settings: &str) -> String {
        use std::fmt::Write;
        let mut script = String::from(
            "commit refs/heads/main\ncommitter Ada Example <ada@example.org> 1764763200 +0000\ndata 4\nseed\n",
        );
        let mut file = |path: &str, content: &str| {
            write!(script, "M 100644 inline {path}\ndata {}\n{content}\n", content.len()).unwrap();
        };
        file("README.md", "# A project\n");
        file(".tix.yaml", settings);
        file("tickets/active/.gitkeep", "");
        file("tickets/completed/.gitkeep", "");
        for number in 0..self.files {
            // A hundred files a directory and a hundred directories a level, as large trees are.
            let (area, part) = (number / 10_000, number / 100 % 100);
            file(&format!("src/a{area}/p{part:02}/f{number}.txt"), &format!("file {number}\n"));
        }
        for number in 0..self.tickets {
            file(&format!("tickets/queue/{}.md", ticket_id(number)), &ticket_text(number, "open"));
        }
        script
    }

    /// A clone of the remote, in a directory of that name.
    pub fn clone_to(world: &World, name: &str) -> PathBuf {
        clone(world, name, &[])
    }

    /// The same without any file in its worktree: seconds less for a large repository.
    pub fn clone_bare_of_files(world: &World, name: &str) -> PathBuf {
        clone(world, name, &["--no-checkout"])
    }
}

fn clone(world: &World, name: &str, options: &[&str]) -> PathBuf {
    let dir = world.dir(name).join("project");
    std::fs::create_dir_all(dir.parent().unwrap()).unwrap();
    let target = dir.display().to_string();
    let args = [&["clone", "--quiet"], options, &["origin.git", &target]].concat();
    world.git(world.root(), &args);
    dir
}

/// The commits that an activation makes, made beforehand.
pub struct Floor {
    branch: String,
    claim: String,
    activate: String,
    path: PathBuf,
}

/// How long the bare git commands took.
pub struct FloorTimes {
    pub push: Duration,
    pub worktree: Duration,
}

impl FloorTimes {
    pub fn total(&self) -> Duration {
        self.push + self.worktree
    }
}

impl Floor {
    /// Builds both commits on top of the clone's `origin/main`.
    pub fn prepare(world: &World, clone: &Path, number: usize) -> Floor {
        let id = ticket_id(number);
        let base = world.git(clone, &["rev-parse", "refs/remotes/origin/main"]);
        let claim = commit(world, clone, &base, number, "claimed");
        let activate = commit(world, clone, &claim, number, "in_progress");
        let path = clone.with_file_name("project.worktrees").join(&id);
        Floor { branch: format!("ticket/{id}"), claim, activate, path }
    }

    /// Push and worktree: started one after another, by this process, without a shell.
    pub fn run(&self, world: &World, clone: &Path) -> FloorTimes {
        let push = self.run_claim(world, clone);
        let path = self.path.display().to_string();
        let worktree = world.time_git(
            clone,
            &[
                "worktree",
                "add",
                "--quiet",
                "--no-track",
                "-b",
                &self.branch,
                "--",
                &path,
                &self.activate,
            ],
        );
        FloorTimes { push, worktree }
    }

    /// Fetches the trunk to `refs/bench/trunk`.
    pub fn fetch(world: &World, clone: &Path) -> Duration {
        world.time_git(
            clone,
            &[
                "fetch",
                "--quiet",
                "--no-write-fetch-head",
                "--no-tags",
                "--refmap=",
                "--",
                "origin",
                "+refs/heads/main:refs/bench/trunk",
            ],
        )
    }

    /// Only the push, of the claim to the trunk and of the commit on top of it to the ticket branch.
    pub fn run_claim(&self, world: &World, clone: &Path) -> Duration {
        let branch = format!("refs/heads/{}", self.branch);
        let lease = format!("--force-with-lease={branch}:");
        let specs =
            [format!("{}:refs/heads/main", self.claim), format!("{}:{branch}", self.activate)];
        world.time_git(
            clone,
            &[
                "push",
                "--porcelain",
                "--no-verify",
                "--atomic",
                &lease,
                "--",
                "origin",
                &specs[0],
                &specs[1],
            ],
        )
    }
}

/// A commit that moves the ticket as a claim does (or edits it where the claim left it), with an index of its own.
fn commit(world: &World, clone: &Path, parent: &str, number: usize, status: &str) -> String {
    let id = ticket_id(number);
    let blob = world.git_reading(
        clone,
        &["hash-object", "-w", "--stdin"],
        ticket_text(number, status).into_bytes(),
    );
    let index = clone.join(".git/bench-index").display().to_string();
    let git = |args: &[&str], input: Vec<u8>| {
        use std::io::Write;
        let machine = super::Machine::named("git");
        let mut command = world.command("git", &machine, clone, args);
        let command = command.env("GIT_INDEX_FILE", &index);
        let mut child = command
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&input).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    };
    git(&["read-tree", parent], Vec::new());
    let zero = "0".repeat(40);
    let moved =
        format!("0 {zero}\ttickets/queue/{id}.md\n100644 {blob}\ttickets/active/{id}/{id}.md\n");
    git(&["update-index", "--add", "--index-info"], moved.into_bytes());
    let tree = git(&["write-tree"], Vec::new());
    git(&["commit-tree", &tree, "-p", parent, "-m", &format!("{status}: {id}")], Vec::new())
}
