//! A directory to run commands in: a clone, a worktree, the remote, or a directory below one.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::command::Prepared;
use super::net::write_program;
use super::output::Output;
use super::sandbox::Shared;

/// See the module. Cheap to clone.
#[derive(Clone)]
pub struct Place {
    shared: Shared,
    path: PathBuf,
    variables: BTreeMap<OsString, OsString>,
}

impl Place {
    pub fn new(shared: &Shared, path: PathBuf) -> Self {
        Self { shared: shared.clone(), path, variables: BTreeMap::new() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn shared(&self) -> &Shared {
        &self.shared
    }

    /// A directory below this place (or anywhere, if the path is absolute), made if need be.
    pub fn at(&self, directory: impl AsRef<Path>) -> Self {
        let path = self.path.join(directory);
        fs::create_dir_all(&path).unwrap();
        Self { path, ..self.clone() }
    }

    /// The same place, with one variable more for whatever is run there.
    pub fn env(&self, key: &str, value: impl Into<OsString>) -> Self {
        let mut place = self.clone();
        place.variables.insert(key.into(), value.into());
        place
    }

    /// The same place as another machine would see it: another home and another runtime directory.
    pub fn on_machine(&self, name: &str) -> Self {
        let mut place = self.clone();
        place.variables.extend(self.shared.machine(name));
        place
    }

    /// The same place, used by somebody else, whose identity stands in a global configuration of their own: tix clears
    /// the variables that would say it for one command.
    pub fn as_person(&self, name: &str, email: &str) -> Self {
        let base = self.shared.root().join("home/.gitconfig");
        let text = fs::read_to_string(base).unwrap();
        let own = self.shared.fresh_directory("person").join("gitconfig");
        fs::write(&own, format!("{text}[user]\n\tname = {name}\n\temail = {email}\n")).unwrap();
        self.env("GIT_CONFIG_GLOBAL", own)
    }

    /// The same place, where every commit is made at this time.
    pub fn frozen_at(&self, time: &str) -> Self {
        self.env("GIT_AUTHOR_DATE", time).env("GIT_COMMITTER_DATE", time)
    }

    pub fn tix(&self, args: &[&str]) -> Output {
        self.tix_command(args).run()
    }

    /// To be spawned, raced, sent through a shim, or given more environment.
    pub fn tix_command(&self, args: &[&str]) -> Prepared {
        self.command(Path::new(env!("CARGO_BIN_EXE_tix")), args)
    }

    /// Git's answer without its last line end; anything but success ends the test.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        let text = output.success().stdout();
        text.strip_suffix('\n').unwrap_or(text).to_owned()
    }

    pub fn try_git(&self, args: &[&str]) -> Output {
        self.git_command(args).run()
    }

    pub fn git_command(&self, args: &[&str]) -> Prepared {
        self.command(self.shared.git(), args)
    }

    /// A shell script to be run here, in place of tix or as a user's own script.
    pub fn sh(&self, script: &str) -> Prepared {
        self.command(Path::new("/bin/sh"), &["-c", script])
    }

    pub fn command(&self, program: &Path, args: &[&str]) -> Prepared {
        self.shared.note_run();
        let mut prepared = Prepared::new(&self.shared, program, args, &self.path);
        prepared.variables.extend(self.variables.clone());
        prepared
    }

    pub fn write(&self, path: impl AsRef<Path>, contents: impl AsRef<[u8]>) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Writes an executable file; see [`write_program`].
    pub fn write_script(&self, path: impl AsRef<Path>, script: &str) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_program(&path, script);
    }

    /// Installs a git hook, a shell script without its first line.
    pub fn hook(&self, name: &str, script: &str) {
        let hook = self.common_dir().join("hooks").join(name);
        self.write_script(hook, &format!("#!/bin/sh\n{script}\n"));
    }

    #[track_caller]
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        String::from_utf8(self.read_bytes(path)).unwrap()
    }

    #[track_caller]
    pub fn read_bytes(&self, path: impl AsRef<Path>) -> Vec<u8> {
        let path = self.path.join(path);
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.path.join(path).symlink_metadata().is_ok()
    }

    /// Writes these files and commits them, and nothing else, to the branch that is checked out.
    pub fn commit(&self, message: &str, files: &[(&str, &str)]) {
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        for (path, contents) in files {
            self.write(path, contents);
        }
        self.git(&[&["add", "--sparse", "--"], paths.as_slice()].concat());
        self.git(&[&["commit", "-q", "-m", message, "--only", "--"], paths.as_slice()].concat());
    }

    /// From now on [`Place::connections`] counts what this clone fetches, whoever asks for it.
    pub fn count_connections(&self) {
        self.write_script(
            "../up",
            "#!/bin/sh\necho x >>\"$HOME/connections\"\nexec git-upload-pack \"$@\"\n",
        );
        let up = self.path().join("../up");
        self.git(&["config", "remote.origin.uploadpack", &format!("'{}'", up.display())]);
        self.write("../home/connections", "");
    }

    /// How often the remote was asked since they are counted.
    pub fn connections(&self) -> usize {
        self.read("../home/connections").lines().count()
    }

    /// A new linked worktree beside this one, on a new branch of that name.
    pub fn worktree(&self, name: &str) -> Self {
        let path = self.shared.root().join(name);
        self.git(&["worktree", "add", "-q", "--no-track", "-b", name, path.to_str().unwrap()]);
        Self { path, ..self.clone() }
    }

    /// The paths of all files in a commit, sorted.
    pub fn files(&self, revision: &str) -> Vec<String> {
        let listing = self.git(&["ls-tree", "-r", "-z", "--full-tree", "--name-only", revision]);
        listing.split_terminator('\0').map(str::to_owned).collect()
    }

    /// A file as it is in a commit.
    pub fn show(&self, revision: &str, path: &str) -> Vec<u8> {
        let output = self.try_git(&["cat-file", "blob", &format!("{revision}:{path}")]);
        output.success().stdout.clone()
    }

    pub fn has_ref(&self, name: &str) -> bool {
        let args = ["show-ref", "--verify", "--quiet", name];
        let output = Prepared::new(&self.shared, self.shared.git(), &args, &self.path).run();
        if output.code == Some(1) {
            return false;
        }
        output.success();
        true
    }

    /// Makes everything that tells of a look at the remote this old.
    pub fn age(&self, by: Duration) {
        let then = SystemTime::now() - by;
        let seconds = then.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        for log in ["HEAD", "main"] {
            let path = self.common_dir().join("logs/refs/remotes/origin").join(log);
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let lines = text.lines().map(|line| {
                let (who, message) = line.split_once('\t').unwrap();
                let who: Vec<&str> = who.rsplitn(3, ' ').collect();
                format!("{} {seconds} +0000\t{message}\n", who[2])
            });
            fs::write(&path, lines.collect::<String>()).unwrap();
        }
        for file in ["FETCH_HEAD", "tix/fetched", "tix/progress-fetched"] {
            let path = self.common_dir().join(file);
            if let Ok(file) = fs::File::options().write(true).open(path) {
                file.set_modified(then).unwrap();
            }
        }
    }

    /// A clone that has not looked for so long that each command fetches before it does anything else.
    pub fn not_up_to_date(self) -> Self {
        self.age(Duration::from_hours(3));
        self
    }

    /// The directory of refs, objects and hooks, which all worktrees of a repository share.
    pub fn common_dir(&self) -> PathBuf {
        // Tests ask this all the time, and of a plain clone it is plain to see.
        let inside = self.path.join(".git");
        if inside.is_dir() && !self.variables.contains_key(OsStr::new("GIT_DIR")) {
            return inside;
        }
        PathBuf::from(self.git(&["rev-parse", "--path-format=absolute", "--git-common-dir"]))
    }

    /// The directory of this worktree's HEAD and index.
    pub fn git_dir(&self) -> PathBuf {
        PathBuf::from(self.git(&["rev-parse", "--absolute-git-dir"]))
    }
}
