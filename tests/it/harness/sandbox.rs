//! A world for one test: its own directory, home, configuration, remote and git, and nothing of the machine's.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use super::command::Prepared;
use super::place::Place;
use super::{notes, scratch};

/// 2025-12-03 12:00 UTC: what the sandbox commits itself carries this time, so that it looks the same in every run.
const SEEDED_AT: usize = 1_764_763_200;

/// Background housekeeping is off: it would outlive the command that a test waits for. And no test outlives the machine, so
/// that nothing has to reach the disk.
const GIT_CONFIG: &str = "\
[user]
\tname = Ada Example
\temail = ada@example.org
[init]
\tdefaultBranch = main
[core]
	fsync = none
[gc]
\tauto = 0
[maintenance]
\tauto = false
";

/// What a hosting site allows, and a partial clone needs.
const HOSTED: &str = "[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ObjectFormat {
    Sha1,
    Sha256,
}

/// See the module. A sandbox in which nothing was run fails its test when it is dropped.
pub struct Sandbox {
    shared: Shared,
    trunk: String,
    format: ObjectFormat,
}

/// What the sandbox and its places have in common; the directory lives as long as one of them.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    root: PathBuf,
    directory: Option<TempDir>,
    git: PathBuf,
    runs: AtomicUsize,
    fresh: AtomicUsize,
    seeded: AtomicUsize,
}

impl Sandbox {
    /// The path has a blank and a letter outside ASCII; one without a decomposed form, or macOS would spell it its own way.
    pub fn new() -> Self {
        notes::begin();
        let directory = scratch::directory("tix prøve ");
        let root = directory.path().canonicalize().unwrap();
        for name in ["bin", "home", "tmp", "run", "config", "state", "data", "cache"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        fs::set_permissions(root.join("run"), Permissions::from_mode(0o700)).unwrap();
        fs::write(root.join("home/.gitconfig"), GIT_CONFIG).unwrap();
        let git = git_under_test();
        symlink(&git, root.join("bin/git")).unwrap();
        let [runs, fresh, seeded] = [(); 3].map(|()| AtomicUsize::new(0));
        let shared =
            Shared(Arc::new(Inner { root, directory: Some(directory), git, runs, fresh, seeded }));
        Self { shared, trunk: "main".to_owned(), format: ObjectFormat::Sha1 }
    }

    /// The name of the remote's default branch; to be chosen before the remote is first used.
    pub fn with_trunk(mut self, name: &str) -> Self {
        name.clone_into(&mut self.trunk);
        self
    }

    /// To be chosen before the remote is first used.
    pub fn with_format(mut self, format: ObjectFormat) -> Self {
        self.format = format;
        self
    }

    pub fn root(&self) -> &Path {
        self.shared.root()
    }

    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// A new empty directory in the sandbox.
    pub fn fresh_directory(&self, name: &str) -> PathBuf {
        self.shared.fresh_directory(name)
    }

    /// The bare remote that all clones share, made when it is first asked for.
    pub fn remote(&self) -> Place {
        let path = self.root().join("origin.git");
        if !path.exists() {
            let trunk = format!("--initial-branch={}", self.trunk);
            let format = match self.format {
                ObjectFormat::Sha1 => "--object-format=sha1",
                ObjectFormat::Sha256 => "--object-format=sha256",
            };
            self.set_up(&["init", "-q", "--bare", &trunk, format, "origin.git"], b"");
            let config = path.join("config");
            let text = fs::read_to_string(&config).unwrap();
            fs::write(config, text + HOSTED).unwrap();
        }
        Place::new(&self.shared, path)
    }

    /// Commits these files to the trunk on the remote, with one git process for any number of them.
    pub fn seed<P: AsRef<str>, C: AsRef<[u8]>>(&self, files: &[(P, C)]) {
        self.seed_on(&self.trunk, files);
    }

    /// The same on any branch; a branch that is not there yet starts with no history.
    pub fn seed_on<P: AsRef<str>, C: AsRef<[u8]>>(&self, branch: &str, files: &[(P, C)]) {
        let remote = self.remote();
        let branch = format!("refs/heads/{branch}");
        let when = SEEDED_AT + self.shared.0.seeded.fetch_add(1, Ordering::Relaxed);
        let from =
            if remote.has_ref(&branch) { format!("from {branch}^0\n") } else { String::new() };
        let who = "Ada Example <ada@example.org>";
        let head = format!("commit {branch}\ncommitter {who} {when} +0000\ndata 5\nseed\n\n{from}");
        let mut stream = head.into_bytes();
        for (path, contents) in files {
            let (path, contents) = (path.as_ref(), contents.as_ref());
            assert!(!path.contains(['"', '\\', '\n']), "fast-import would need {path:?} quoted");
            write!(stream, "M 100644 inline {path}\ndata {}\n", contents.len()).unwrap();
            stream.extend_from_slice(contents);
            stream.push(b'\n');
        }
        self.set_up(&["-C", "origin.git", "fast-import", "--quiet"], &stream);
    }

    /// Somebody's work on a ticket: a commit that is on its branch on the remote, and in no clone yet.
    pub fn work_on(&self, id: &str) {
        self.seed_on(&format!("ticket/{id}"), &[(format!("{id}.txt"), "work\n")]);
    }

    /// A plain clone beside the remote.
    pub fn clone_named(&self, name: &str) -> Place {
        let remote = self.remote();
        self.clone_from(remote.path().as_os_str(), name, &[])
    }

    pub fn bare_clone(&self, name: &str) -> Place {
        let remote = self.remote();
        self.clone_from(remote.path().as_os_str(), name, &["--bare"])
    }

    /// One commit deep.
    pub fn shallow_clone(&self, name: &str) -> Place {
        self.clone_from(&self.url(), name, &["--depth=1"])
    }

    /// Without the blobs that its checkout does not need.
    pub fn partial_clone(&self, name: &str) -> Place {
        self.clone_from(&self.url(), name, &["--filter=blob:none"])
    }

    /// Only the files at the root and below these directories are checked out.
    pub fn sparse_clone(&self, name: &str, directories: &[&str]) -> Place {
        let clone = self.clone_from(&self.url(), name, &["--sparse"]);
        clone.git(&[&["sparse-checkout", "set"], directories].concat());
        clone
    }

    /// A repository that has the trunk and no remote.
    pub fn local_repository(&self, name: &str) -> Place {
        let clone = self.clone_named(name);
        clone.git(&["remote", "remove", "origin"]);
        clone
    }

    /// The remote as a URL: only a URL makes git use its transport, without which a clone is never shallow or partial.
    pub fn url(&self) -> OsString {
        let mut url = OsString::from("file://");
        url.push(self.remote().path());
        url
    }

    fn clone_from(&self, source: &OsStr, name: &str, options: &[&str]) -> Place {
        let source = source.to_str().unwrap();
        self.set_up(&[&["clone", "-q"], options, &["--", source, name]].concat(), b"");
        Place::new(&self.shared, self.root().join(name))
    }

    /// Runs git for the sandbox itself, which does not count as something that the test ran.
    fn set_up(&self, args: &[&str], stdin: &[u8]) {
        Prepared::new(&self.shared, self.shared.git(), args, self.root())
            .stdin(stdin)
            .run()
            .success();
    }
}

impl Shared {
    pub fn root(&self) -> &Path {
        &self.0.root
    }

    /// The git that this sandbox uses, past every shim.
    pub fn git(&self) -> &Path {
        &self.0.git
    }

    pub fn note_run(&self) {
        self.0.runs.fetch_add(1, Ordering::Relaxed);
    }

    pub fn fresh_directory(&self, name: &str) -> PathBuf {
        let number = self.0.fresh.fetch_add(1, Ordering::Relaxed);
        let path = self.root().join(format!("{name} {number}"));
        fs::create_dir(&path).unwrap();
        path
    }

    /// The whole environment of a process in the sandbox.
    pub fn variables(&self) -> BTreeMap<OsString, OsString> {
        let mut path = self.root().join("bin").into_os_string();
        path.push(":");
        path.push(env::var_os("PATH").unwrap());
        let mut variables: BTreeMap<OsString, OsString> =
            [("GIT_CONFIG_NOSYSTEM", "1"), ("LC_ALL", "C")]
                .map(|(key, value)| (key.into(), value.into()))
                .into();
        variables.insert("PATH".into(), path);
        variables.insert("GIT_CONFIG_GLOBAL".into(), self.root().join("home/.gitconfig").into());
        variables.extend(home(self.root()));
        variables
    }

    /// The TMPDIR of every machine.
    pub fn temporary_directories(&self) -> Vec<PathBuf> {
        let machines = fs::read_dir(self.root().join("machines")).into_iter().flatten();
        let roots = machines.map(|entry| entry.unwrap().path()).chain([self.root().to_owned()]);
        roots.map(|root| root.join("tmp")).collect()
    }

    /// The variables that make a machine of its own of a directory: another home, another runtime directory.
    pub fn machine(&self, name: &str) -> BTreeMap<OsString, OsString> {
        let root = self.root().join("machines").join(name);
        let variables = home(&root);
        for directory in variables.values() {
            fs::create_dir_all(directory).unwrap();
        }
        fs::set_permissions(root.join("run"), Permissions::from_mode(0o700)).unwrap();
        variables
    }
}

fn home(root: &Path) -> BTreeMap<OsString, OsString> {
    [
        ("HOME", "home"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "run"),
        ("TMPDIR", "tmp"),
    ]
    .map(|(key, directory)| (key.into(), root.join(directory).into()))
    .into()
}

/// `TIX_TEST_GIT`, to run the tests with another git, else the first one on the PATH.
fn git_under_test() -> PathBuf {
    if let Some(path) = env::var_os("TIX_TEST_GIT") {
        return PathBuf::from(path);
    }
    let path = env::var_os("PATH").unwrap();
    let mut candidates = env::split_paths(&path).map(|directory| directory.join("git"));
    candidates.find(|candidate| candidate.is_file()).expect("git is on the PATH")
}

impl Drop for Inner {
    fn drop(&mut self) {
        if thread::panicking() {
            if env::var_os("TIX_TEST_KEEP").is_some() {
                let kept = self.directory.take().map(TempDir::keep);
                eprintln!("kept the sandbox: {}", kept.unwrap_or_default().display());
            }
            return;
        }
        assert!(*self.runs.get_mut() > 0, "this test made a sandbox and ran nothing in it");
    }
}
