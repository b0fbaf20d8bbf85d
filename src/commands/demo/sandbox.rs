//! The demo's world: a bare remote, clones of it that stand for machines, and nothing of the user's.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::env::{self, Env};
use crate::error::{Exit, Failure};
use crate::git::Program;
use crate::git::exec::{Finished, RunningCall, text_of};

/// The remote, and the trunk on it.
const REMOTE: &str = "origin.git";
const TRUNK: &str = "main";

/// An overloaded machine makes the demo slow, and must not make it fail.
const PATIENCE: &str = "10m";

/// A directory of its own, with a remote, the clones, and a home for each of them.
pub struct Sandbox {
    directory: TempDir,
    root: PathBuf,
    tix: PathBuf,
    loader: Vec<(OsString, OsString)>,
}

/// What a clone's `tix activate` came to.
#[derive(Clone, Debug)]
pub struct CloneOutcome {
    pub clone: usize,
    pub exit: i32,
    /// The receipt, or the error.
    pub answer: Value,
}

/// What git says of the sandbox.
#[derive(Clone, Debug, Default)]
pub struct SandboxState {
    /// The paths below `tickets/` on the remote's trunk.
    pub tickets: Vec<String>,
    /// The commits of the remote's trunk, newest first: abbreviated ids and subjects.
    pub commits: Vec<(String, String)>,
    pub branches: Vec<String>,
    /// For each clone the branches that its worktrees have checked out.
    pub worktrees: Vec<Vec<String>>,
}

impl Sandbox {
    /// Makes the remote with code and tickets in it, and the clones, numbered from 1.
    pub fn make(
        env: &Env,
        clones: usize,
        tickets: &[(String, String)],
    ) -> Result<Sandbox, Failure> {
        let directory = tempfile::Builder::new().prefix("tix-demo-").tempdir().map_err(no_place)?;
        // The system's temporary directory may be reached through a link, and git prints the real path.
        let root = directory.path().canonicalize().map_err(no_place)?;
        let tix = env::current_exe().map_err(no_place)?;
        let sandbox = Sandbox { directory, root, tix, loader: env.for_loader() };
        sandbox.make_home("seed", "Demo").map_err(no_place)?;
        let seed = sandbox.root.join("seed");
        sandbox.git(&sandbox.root, &["init", "--quiet", "seed"])?;
        write(&seed, "src/main.rs", "fn main() {}\n").map_err(no_place)?;
        for (id, title) in tickets {
            let path = format!("tickets/queue/{id}.md");
            write(&seed, &path, &ticket(id, title)).map_err(no_place)?;
        }
        sandbox.git(&seed, &["add", "--", "src", "tickets"])?;
        sandbox.git(&seed, &["commit", "--quiet", "-m", "Code, and tickets in the queue"])?;
        sandbox.git(&sandbox.root, &["clone", "--quiet", "--bare", "seed", REMOTE])?;
        for number in 1..=clones {
            sandbox.make_home(&name(number), &title(number)).map_err(no_place)?;
            sandbox.git(&sandbox.root, &["clone", "--quiet", REMOTE, &name(number)])?;
        }
        Ok(sandbox)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Leaves it on the disk.
    pub fn keep(self) -> PathBuf {
        let root = self.root.clone();
        let kept = self.directory.keep();
        tracing::debug!(kept = %kept.display(), "demo");
        root
    }

    pub fn start_activate(&self, clone: usize, ticket: &str) -> RunningCall {
        let program = Program::new(&self.tix, &self.root.join(name(clone)));
        let args = ["activate", ticket, "--json", "--quiet", "--timeout", PATIENCE];
        program.args(args).envs(self.variables(&name(clone))).start()
    }

    pub fn outcome(clone: usize, running: RunningCall) -> Result<CloneOutcome, Failure> {
        let Finished { code, stdout, stderr, .. } = running.finish()?;
        let answer = serde_json::from_slice(&stdout).map_err(|error| {
            Failure::new(Exit::No, format!("{} gave no receipt: {error}", name(clone)))
                .fact("stdout", text_of(&stdout))
                .fact("stderr", stderr.trim())
        })?;
        Ok(CloneOutcome { clone, exit: code.unwrap_or(-1), answer })
    }

    /// Looks with git at the remote and at the worktrees of all clones.
    pub fn look(&self, clones: usize) -> Result<SandboxState, Failure> {
        let paths = ["ls-tree", "-r", "-z", "--name-only", TRUNK, "--", "tickets/"];
        let commits = self.on_remote(&["log", "-z", "--format=%h%x09%s", TRUNK])?;
        let commit = |line: &str| {
            line.split_once('\t').map(|(id, subject)| (id.to_owned(), subject.to_owned()))
        };
        let branches = self.on_remote(&[
            "for-each-ref",
            "--format=%(refname:lstrip=2)",
            "refs/heads/ticket/",
        ])?;
        let of_clone = |number: usize| {
            let dir = self.root.join(name(number));
            let list = self.git(&dir, &["worktree", "list", "--porcelain", "-z"])?;
            let branch = |line: &str| line.strip_prefix("branch refs/heads/").map(str::to_owned);
            Ok(list.split('\0').filter_map(branch).collect())
        };
        Ok(SandboxState {
            tickets: self.on_remote(&paths)?.split_terminator('\0').map(str::to_owned).collect(),
            commits: commits.split('\0').filter_map(commit).collect(),
            branches: branches.lines().map(str::to_owned).collect(),
            worktrees: (1..=clones).map(of_clone).collect::<Result<_, Failure>>()?,
        })
    }

    fn on_remote(&self, args: &[&str]) -> Result<String, Failure> {
        self.git(&self.root.join(REMOTE), args)
    }

    fn git(&self, dir: &Path, args: &[&str]) -> Result<String, Failure> {
        let program = Program::new("git", dir).args(args).envs(self.variables("seed"));
        Ok(text_of(&program.run()?.require_success()?))
    }

    /// The whole environment of a machine. The runtime directory is a machine's own too: tix lets the
    /// processes of one machine queue before a remote, and here they are to meet as strangers.
    fn variables(&self, machine: &str) -> Vec<(OsString, OsString)> {
        let home = self.home(machine);
        let dirs = [("HOME", "."), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")];
        let dirs = dirs.map(|(key, dir)| (key.into(), home.join(dir).into_os_string()));
        let system = (OsString::from("GIT_CONFIG_NOSYSTEM"), OsString::from("1"));
        self.loader.iter().cloned().chain(dirs).chain([system]).collect()
    }

    fn home(&self, machine: &str) -> PathBuf {
        self.root.join("homes").join(machine)
    }

    fn make_home(&self, machine: &str, person: &str) -> std::io::Result<()> {
        let settings = format!(
            "[user]\n\tname = {person}\n\temail = {machine}@demo.invalid\n[init]\n\tdefaultBranch = {TRUNK}\n\
             [gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n"
        );
        write(&self.home(machine), ".gitconfig", &settings)?;
        std::fs::create_dir_all(self.home(machine).join("run"))
    }
}

/// The directory of a clone.
pub fn name(clone: usize) -> String {
    format!("clone-{clone}")
}

pub fn title(clone: usize) -> String {
    format!("Clone {clone}")
}

fn ticket(id: &str, title: &str) -> String {
    let stem = id.trim_start_matches("TICKET-");
    let (session, sequence) = stem.rsplit_once('-').unwrap_or((stem, "001"));
    format!(
        "---\n# Metadata\nticket_id: {id}\nsession_id: {session}\nsequence: {sequence}\ntitle: {title}\n\
         status: open\n---\n\n# Requirements\n\n- [ ] It is done\n\n# Changelog\n"
    )
}

fn write(root: &Path, path: &str, text: &str) -> std::io::Result<()> {
    let path = root.join(path);
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, text)
}

#[expect(clippy::needless_pass_by_value, reason = "the form that map_err takes")]
fn no_place(error: std::io::Error) -> Failure {
    Failure::new(Exit::Refused, format!("the demo cannot create its sandbox: {error}"))
        .hint("use another directory: TMPDIR=<directory> tix demo")
}
