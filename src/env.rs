//! The only reader of the environment.
//!
//! The environment is read once, at the start of `main`, into an [`Env`] that is handed on. No
//! other module reads a variable or asks for the current directory: what tix does then depends on
//! values that a test can choose, and every variable that tix knows is named in this file.
//!
//! Variables that git reads for itself, in the processes that tix starts, are not its business,
//! [`GitVar`] aside.
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// Under these names an agent tells the commands it runs which session they belong to, in the order
/// in which tix asks. The order is arbitrary: an agent started by another agent sees both names and
/// cannot say which is its own; whoever needs to sets `TIX_SESSION`.
const AGENT_SESSIONS: [&str; 4] =
    ["CLAUDE_CODE_SESSION_ID", "CODEX_THREAD_ID", "CODEX_SESSION_ID", "GEMINI_SESSION_ID"];

/// Without these a program may not even start on some system: where programs and libraries are, and
/// what Windows needs.
const LOADER: [&str; 7] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "SYSTEMROOT",
    "PATHEXT",
    "COMSPEC",
];

/// With these git finds its configuration.
const GIT_CONFIG: [&str; 5] =
    ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "XDG_CONFIG_HOME", "HOME"];

/// The words of the command line, byte for byte.
pub fn words() -> Vec<OsString> {
    std::env::args_os().skip(1).collect()
}

/// The words of the line that a shell asks about: what stands behind `--` in ours.
pub fn asked_about() -> Vec<OsString> {
    std::env::args_os().skip_while(|word| word != "--").skip(1).collect()
}

/// The variable that names the shell which asks for completions.
pub const COMPLETE: &str = "_TIX_COMPLETE";

/// The words of the command line, as far as they are text.
pub fn arguments() -> impl Iterator<Item = String> {
    std::env::args_os().skip(1).filter_map(|arg| arg.into_string().ok())
}

pub fn current_exe() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// This machine's name, as the system has it.
pub fn host() -> String {
    #[cfg(unix)]
    {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
    #[cfg(not(unix))]
    {
        Env::capture().raw("COMPUTERNAME").and_then(OsStr::to_str).unwrap_or("unknown").to_owned()
    }
}

/// The same as a claim publishes it, so that people know from where a ticket is held: without the domain, which is the
/// network's and nobody else's business. Nothing else that is published names a machine.
pub fn published_host() -> String {
    without_domain(&host()).to_owned()
}

/// The name of a machine without its domain.
pub fn without_domain(host: &str) -> &str {
    host.split('.').next().unwrap_or_default()
}

/// A variable whose value tix cannot use as text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the environment variable {name} is not UTF-8")]
pub struct NotUtf8 {
    pub name: &'static str,
}

/// The variables of git whose presence changes what tix does itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitVar {
    AuthorName,
    AuthorEmail,
    AuthorDate,
    Dir,
    IndexFile,
    ObjectDirectory,
    AlternateObjectDirectories,
    QuarantinePath,
}

impl GitVar {
    pub fn name(self) -> &'static str {
        match self {
            Self::AuthorName => "GIT_AUTHOR_NAME",
            Self::AuthorEmail => "GIT_AUTHOR_EMAIL",
            Self::AuthorDate => "GIT_AUTHOR_DATE",
            Self::Dir => "GIT_DIR",
            Self::IndexFile => "GIT_INDEX_FILE",
            Self::ObjectDirectory => "GIT_OBJECT_DIRECTORY",
            Self::AlternateObjectDirectories => "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            Self::QuarantinePath => "GIT_QUARANTINE_PATH",
        }
    }
}

/// The environment as it was when the process started.
///
/// An empty variable counts as unset everywhere, values of git's settings aside: `TIX_ACTOR= tix …` is how a shell takes one away.
#[derive(Debug, Clone)]
pub struct Env {
    vars: BTreeMap<OsString, OsString>,
    current_dir: Result<PathBuf, io::ErrorKind>,
    temp_dir: PathBuf,
}

impl Env {
    /// Reads the environment of this process, once.
    pub fn capture() -> Self {
        Self {
            temp_dir: std::env::temp_dir(),
            ..Self::of(std::env::vars_os(), std::env::current_dir().map_err(|error| error.kind()))
        }
    }

    /// An environment made of these variables and this current directory.
    pub fn of(
        vars: impl IntoIterator<Item = (OsString, OsString)>,
        current_dir: Result<PathBuf, io::ErrorKind>,
    ) -> Self {
        // A setting of git may well be empty: an empty `credential.helper` takes away those before it.
        let counts = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_CONFIG_VALUE_");
        let vars = vars.into_iter().filter(|(name, value)| !value.is_empty() || counts(name));
        let vars = vars.collect();
        Self { vars, current_dir, temp_dir: PathBuf::from("/tmp") }
    }

    /// The directory that tix was started in. Fails where that directory has been deleted or may
    /// not be read.
    pub fn current_dir(&self) -> io::Result<&Path> {
        self.current_dir.as_deref().map_err(|kind| io::Error::from(*kind))
    }

    /// `TIX_ACTOR`: who acts, where that is not git's `user.name <user.email>`.
    pub fn actor(&self) -> Result<Option<&str>, NotUtf8> {
        self.text("TIX_ACTOR")
    }

    /// The shell that asks how a command line can go on.
    pub fn completes_for(&self) -> Option<&str> {
        self.raw(COMPLETE)?.to_str()
    }

    /// The session that this call belongs to: `TIX_SESSION`, else what the agent that runs tix
    /// exports. The text is not checked: it is as hostile as any other input.
    pub fn session(&self) -> Result<Option<&str>, NotUtf8> {
        for name in std::iter::once("TIX_SESSION").chain(AGENT_SESSIONS) {
            if let Some(session) = self.text(name)? {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    /// `TIX_ROLE`: as what this call is made.
    pub fn role(&self) -> Result<Option<&str>, NotUtf8> {
        self.text("TIX_ROLE")
    }

    /// `TIX_LOG`: what to log, in the syntax of `tracing_subscriber::EnvFilter`.
    pub fn log_filter(&self) -> Result<Option<&str>, NotUtf8> {
        self.text("TIX_LOG")
    }

    /// `TIX_GUARD=off`: the guard lets everything pass, and writes that down.
    pub fn guard_is_off(&self) -> bool {
        self.raw("TIX_GUARD").is_some_and(|value| value == "off")
    }

    /// `CLAUDE_PROTECTED_BRANCHES`: more branches to guard, with blanks or commas between them. A part that is
    /// not UTF-8 is no name of a branch that tix could know.
    pub fn protected_branches(&self) -> Vec<&str> {
        let text =
            self.raw("CLAUDE_PROTECTED_BRANCHES").and_then(OsStr::to_str).unwrap_or_default();
        text.split([',', ' ', '\t', '\n']).filter(|name| !name.is_empty()).collect()
    }

    /// The commits that a merge under way takes in: `git merge` hands each to its children as `GITHEAD_<id>`.
    pub fn merge_heads(&self) -> Vec<&str> {
        let names = self.vars.keys().filter_map(|name| name.to_str());
        names.filter_map(|name| name.strip_prefix("GITHEAD_")).collect()
    }

    /// Everything here that decides which configuration git reads. What was found out under one answer does not
    /// hold under another.
    pub fn of_git_config(&self) -> Vec<(&'static str, Option<&OsStr>)> {
        GIT_CONFIG.into_iter().map(|name| (name, self.raw(name))).collect()
    }

    /// The variables that hold settings for git, and those of [`Env::of_git_config`] that begin in the same way.
    pub fn git_settings(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let begins = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_CONFIG_");
        let all = self.vars.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        all.filter(move |(name, _)| begins(name))
    }

    /// The variables that may be settings: everything that starts with `TIX_`, and `WORKTREE_BASE`,
    /// sorted by name. `config` knows which of them are; a name that is not UTF-8 cannot be one.
    pub fn config_pairs(&self) -> Vec<(String, OsString)> {
        let setting = |name: &&str| name.starts_with("TIX_") || *name == "WORKTREE_BASE";
        self.vars
            .iter()
            .filter_map(|(name, value)| {
                let name = name.to_str().filter(setting)?;
                Some((name.to_owned(), value.clone()))
            })
            .collect()
    }

    /// The home directory, where one is known and absolute.
    pub fn home(&self) -> Option<&Path> {
        // git looks at HOME on Windows too, and its installer sets it.
        let home = self.raw("HOME").or_else(|| self.raw("USERPROFILE").filter(|_| cfg!(windows)));
        home.map(Path::new).filter(|home| home.is_absolute())
    }

    /// The directory for what processes of this user share on this machine until the next start,
    /// such as lock files: `$XDG_RUNTIME_DIR/tix`, else `<temp>/tix-<user>`.
    ///
    /// It may not exist. Whoever makes it makes it for the user alone, and distrusts a `<temp>` one
    /// that belongs to somebody else: the name can be guessed.
    pub fn runtime_dir(&self) -> PathBuf {
        // The XDG base directory specification says that a relative path is to be ignored.
        match self.raw("XDG_RUNTIME_DIR").map(Path::new).filter(|dir| dir.is_absolute()) {
            Some(dir) => dir.join("tix"),
            None => self.temp_dir.join(format!("tix-{}", self.user())),
        }
    }

    /// The user's number rather than a name: `USER` is unset in many containers, and may hold a
    /// slash.
    #[cfg(unix)]
    #[expect(clippy::unused_self, reason = "elsewhere the name does come from the environment")]
    fn user(&self) -> String {
        rustix::process::getuid().as_raw().to_string()
    }

    #[cfg(not(unix))]
    fn user(&self) -> String {
        let name = self.raw("USERNAME").and_then(OsStr::to_str).unwrap_or("user");
        name.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
    }

    /// Whether `NO_COLOR` asks for plain text (<https://no-color.org>).
    pub fn no_color(&self) -> bool {
        self.raw("NO_COLOR").is_some()
    }

    pub fn term(&self) -> Option<&OsStr> {
        self.raw("TERM")
    }

    /// Whether `CI` says that no person is watching; `CI=false` and `CI=0` say the contrary.
    pub fn is_ci(&self) -> bool {
        self.raw("CI").is_some_and(|value| value != "false" && value != "0")
    }

    /// The least that a child gets which is to see nothing else of this environment.
    pub fn for_loader(&self) -> Vec<(OsString, OsString)> {
        let pair = |name: &str| Some((name.into(), self.raw(name)?.to_owned()));
        LOADER.into_iter().filter_map(pair).collect()
    }

    /// Whether a program of this name is in one of the directories of `PATH`, or may be: elsewhere than on
    /// Unix names have endings, and a search path that is not known is not judged.
    pub fn finds_program(&self, name: &OsStr) -> bool {
        let Some(path) = self.raw("PATH").filter(|_| cfg!(unix)) else { return true };
        std::env::split_paths(path).any(|dir| dir.join(name).is_file())
    }

    /// Everything, for another tix that is to do what it would do if it were started beside this one.
    pub fn inherited(&self) -> Vec<(OsString, OsString)> {
        self.vars.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    pub fn git(&self, var: GitVar) -> Option<&OsStr> {
        self.raw(var.name())
    }

    fn raw(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    fn text(&self, name: &'static str) -> Result<Option<&str>, NotUtf8> {
        self.raw(name).map(|value| value.to_str().ok_or(NotUtf8 { name })).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)]) -> Env {
        let vars = vars.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        Env::of(vars, Ok(PathBuf::from("/work")))
    }

    #[test]
    fn a_published_name_of_a_machine_has_no_domain() {
        assert_eq!(without_domain("heron.corp.example.com"), "heron");
        assert_eq!(without_domain("heron"), "heron");
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let env = env(&[("TIX_ACTOR", ""), ("NO_COLOR", ""), ("TIX_TRUNK", ""), ("HOME", "")]);
        assert_eq!(env.actor(), Ok(None));
        assert!(!env.no_color());
        assert_eq!(env.config_pairs(), []);
        assert_eq!(env.home(), None);
    }

    #[test]
    fn a_session_of_tix_is_stronger_than_the_agents() {
        let both = env(&[("CLAUDE_CODE_SESSION_ID", "theirs"), ("TIX_SESSION", "ours")]);
        assert_eq!(both.session(), Ok(Some("ours")));
        assert_eq!(env(&[("CODEX_THREAD_ID", "thread")]).session(), Ok(Some("thread")));
        assert_eq!(env(&[]).session(), Ok(None));
    }

    #[cfg(unix)]
    #[test]
    fn text_that_is_not_utf8_is_an_error_and_not_an_absence() {
        use std::os::unix::ffi::OsStringExt as _;
        let vars = [("TIX_SESSION".into(), OsString::from_vec(vec![0xff]))];
        let env = Env::of(vars, Ok(PathBuf::from("/")));
        assert_eq!(env.session(), Err(NotUtf8 { name: "TIX_SESSION" }));
        assert_eq!(env.config_pairs().len(), 1);
    }

    #[test]
    fn settings_are_what_starts_with_tix_and_worktree_base() {
        let env = env(&[
            ("TIX_TRUNK", "t"),
            ("WORKTREE_BASE", "~/w"),
            ("PATH", "/bin"),
            ("NOT_TIX_A", "x"),
        ]);
        let names: Vec<_> = env.config_pairs().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["TIX_TRUNK", "WORKTREE_BASE"]);
    }

    #[test]
    fn a_relative_runtime_directory_is_ignored() {
        let given = env(&[("XDG_RUNTIME_DIR", "/run/user/7")]).runtime_dir();
        assert_eq!(given, Path::new("/run/user/7/tix"));
        for env in [env(&[("XDG_RUNTIME_DIR", "run")]), env(&[])] {
            assert!(env.runtime_dir().starts_with("/tmp"), "{:?}", env.runtime_dir());
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_program_is_looked_for_on_the_search_path() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("tool"), "").unwrap();
        let env = env(&[("PATH", &format!("/nowhere:{}", dir.path().display()))]);
        assert!(env.finds_program(OsStr::new("tool")));
        assert!(!env.finds_program(OsStr::new("other")));
    }

    #[test]
    fn ci_can_be_denied() {
        assert!(env(&[("CI", "true")]).is_ci());
        assert!(env(&[("CI", "1")]).is_ci());
        assert!(!env(&[("CI", "false")]).is_ci());
        assert!(!env(&[]).is_ci());
    }

    #[test]
    fn a_current_directory_that_is_gone_is_an_error_when_asked_for() {
        let env = Env::of([], Err(io::ErrorKind::NotFound));
        assert_eq!(env.current_dir().unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn capture_reads_this_process() {
        let env = Env::capture();
        assert!(env.current_dir().unwrap().is_absolute());
    }
}
