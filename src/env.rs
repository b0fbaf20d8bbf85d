//! The only reader of the environment.
//!
//! `main` reads the environment once, at its start, into an [`Env`] that is passed on. No other module reads a variable
//! or asks for the current directory: so everything tix does depends on values that a test can choose, and this file
//! names every variable that tix knows, and `session` those of agents.
//!
//! Variables that git itself reads, in the processes that tix starts, are not handled here, except those in [`GitVar`].
#![expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]

mod session;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// On some systems a program may not even start without these: they say where programs and libraries are, and what
/// Windows needs.
const LOADER: [&str; 7] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "SYSTEMROOT",
    "PATHEXT",
    "COMSPEC",
];

/// The variables by which git finds its configuration.
const GIT_CONFIG: [&str; 5] =
    ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "XDG_CONFIG_HOME", "HOME"];

/// The words of the command line, as bytes.
pub fn words() -> Vec<OsString> {
    std::env::args_os().skip(1).collect()
}

/// The words of the command line that a shell wants completed: everything after `--` in ours.
pub fn asked_about() -> Vec<OsString> {
    std::env::args_os().skip_while(|word| word != "--").skip(1).collect()
}

/// With this variable set, `--json` prints the object to stdout and the words for people to stderr: one call gives both.
pub const ANSWER_BOTH: &str = "_TIX_ANSWER_BOTH";

/// With this variable set, standard input is held open by whoever wants the answer, and its end says that nobody does any more.
pub const LEASHED: &str = "_TIX_LEASHED";

/// The name that `tix mcp` has made up for the session of its calls.
pub const MADE_UP_SESSION: &str = "_TIX_MADE_UP_SESSION";

/// With this variable set, a write says in its receipt what of the whole checkout it has compared before and after.
pub const COMPARE: &str = "_TIX_COMPARE";

/// The object id of the ticket's file that a write was decided on; it writes to no other.
pub const EXPECTS: &str = "_TIX_EXPECTS";

/// With this variable set, whoever has started this tix asks the remote all the time.
pub const FOLLOWED: &str = "_TIX_FOLLOWED";

/// Names the shell that asks for completions.
pub const COMPLETE: &str = "_TIX_COMPLETE";

/// What to log, in the syntax of `tracing_subscriber::EnvFilter`.
pub const LOG: &str = "TIX_LOG";

/// The words of the command line that are text.
pub fn arguments() -> impl Iterator<Item = String> {
    std::env::args_os().skip(1).filter_map(|arg| arg.into_string().ok())
}

pub fn current_exe() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Whether a variable is set.
pub fn has(name: &str) -> bool {
    Env::capture().raw(name).is_some()
}

/// This machine's name, as the system reports it.
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

/// The variables of git that change what tix itself does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitVar {
    AuthorName,
    AuthorEmail,
    AuthorDate,
    Dir,
    WorkTree,
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
            Self::WorkTree => "GIT_WORK_TREE",
            Self::IndexFile => "GIT_INDEX_FILE",
            Self::ObjectDirectory => "GIT_OBJECT_DIRECTORY",
            Self::AlternateObjectDirectories => "GIT_ALTERNATE_OBJECT_DIRECTORIES",
            Self::QuarantinePath => "GIT_QUARANTINE_PATH",
        }
    }
}

/// The environment as it was when the process started.
///
/// An empty variable counts as unset, so that `TIX_ACTOR= tix …` unsets it; values of git's settings are the exception.
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

    /// An environment with these variables and this current directory.
    pub fn of(
        vars: impl IntoIterator<Item = (OsString, OsString)>,
        current_dir: Result<PathBuf, io::ErrorKind>,
    ) -> Self {
        // A git setting may be empty on purpose: an empty `credential.helper` clears those before it.
        let counts = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_CONFIG_VALUE_");
        let vars = vars.into_iter().filter(|(name, value)| !value.is_empty() || counts(name));
        let vars = vars.collect();
        Self { vars, current_dir, temp_dir: PathBuf::from("/tmp") }
    }

    /// The directory that tix was started in. Fails where that directory was deleted or may not be read.
    pub fn current_dir(&self) -> io::Result<&Path> {
        self.current_dir.as_deref().map_err(|kind| io::Error::from(*kind))
    }

    /// `TIX_ACTOR`: who acts, if not git's `user.name <user.email>`.
    pub fn actor(&self) -> Result<Option<&str>, NotUtf8> {
        self.text("TIX_ACTOR")
    }

    /// Whether whoever runs tix wants its answer both as JSON and in words; see [`ANSWER_BOTH`].
    pub fn answers_both(&self) -> bool {
        self.raw(ANSWER_BOTH).is_some()
    }

    /// Whether the end of standard input ends a wait; see [`LEASHED`].
    pub fn is_leashed(&self) -> bool {
        self.raw(LEASHED).is_some()
    }

    /// See [`MADE_UP_SESSION`].
    pub fn made_up_session(&self) -> Option<String> {
        self.text(MADE_UP_SESSION).ok().flatten().map(str::to_owned)
    }

    /// See [`COMPARE`].
    pub fn compares(&self) -> bool {
        self.raw(COMPARE).is_some()
    }

    /// See [`FOLLOWED`].
    pub fn is_followed(&self) -> bool {
        self.raw(FOLLOWED).is_some()
    }

    /// See [`EXPECTS`].
    pub fn expects(&self) -> Option<&OsStr> {
        self.raw(EXPECTS)
    }

    /// `CLAUDE_PROJECT_DIR`: the project that an agent's session was started in.
    pub fn project_dir(&self) -> Option<&Path> {
        self.raw("CLAUDE_PROJECT_DIR").map(Path::new)
    }

    /// Where Codex keeps what a person has configured and trusted: `CODEX_HOME`, else `.codex` at home.
    pub fn codex_home(&self) -> Option<PathBuf> {
        let named = self.raw("CODEX_HOME").map(PathBuf::from);
        named.or_else(|| self.raw("HOME").map(|home| Path::new(home).join(".codex")))
    }

    /// `CLAUDE_CONFIG_DIR`: where Claude Code keeps a person's settings, if not at home.
    pub fn claude_home(&self) -> Option<PathBuf> {
        self.raw("CLAUDE_CONFIG_DIR").map(PathBuf::from)
    }

    /// The shell that asks for completions.
    pub fn completes_for(&self) -> Option<&str> {
        self.raw(COMPLETE)?.to_str()
    }

    /// `TIX_ROLE`: the role of the caller.
    pub fn role(&self) -> Result<Option<&str>, NotUtf8> {
        self.text("TIX_ROLE")
    }

    /// See [`LOG`].
    pub fn log_filter(&self) -> Result<Option<&str>, NotUtf8> {
        self.text(LOG)
    }

    /// `TIX_GUARD=off`: the guard allows everything, and records that it did.
    pub fn guard_is_off(&self) -> bool {
        self.raw("TIX_GUARD").is_some_and(|value| value == "off")
    }

    /// `CLAUDE_PROTECTED_BRANCHES`: more branches to guard, separated by blanks or commas. tix ignores a name that is
    /// not UTF-8: it knows no such branch.
    pub fn protected_branches(&self) -> Vec<&str> {
        let text =
            self.raw("CLAUDE_PROTECTED_BRANCHES").and_then(OsStr::to_str).unwrap_or_default();
        text.split([',', ' ', '\t', '\n']).filter(|name| !name.is_empty()).collect()
    }

    /// The commits that a merge in progress takes in: `git merge` passes each to its children as `GITHEAD_<id>`.
    pub fn merge_heads(&self) -> Vec<&str> {
        let names = self.vars.keys().filter_map(|name| name.to_str());
        names.filter_map(|name| name.strip_prefix("GITHEAD_")).collect()
    }

    /// Everything here that decides which configuration git reads. An answer found under one value does not hold under
    /// another.
    pub fn of_git_config(&self) -> Vec<(&'static str, Option<&OsStr>)> {
        GIT_CONFIG.into_iter().map(|name| (name, self.raw(name))).collect()
    }

    /// The variables that set git settings, and those of [`Env::of_git_config`] with the same prefix.
    pub fn git_settings(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        let begins = |name: &OsStr| name.as_encoded_bytes().starts_with(b"GIT_CONFIG_");
        let all = self.vars.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        all.filter(move |(name, _)| begins(name))
    }

    /// The variables that may be settings: everything that starts with `TIX_`, and `WORKTREE_BASE`, sorted by name.
    /// `config` knows which of them are settings; a name that is not UTF-8 cannot be one.
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

    /// The home directory, if it is known and absolute.
    pub fn home(&self) -> Option<&Path> {
        // git looks at HOME on Windows too, and its installer sets it.
        let home = self.raw("HOME").or_else(|| self.raw("USERPROFILE").filter(|_| cfg!(windows)));
        home.map(Path::new).filter(|home| home.is_absolute())
    }

    /// The directory for files that this user's processes share on this machine until the next start, such as lock
    /// files: `$XDG_RUNTIME_DIR/tix`, else `<temp>/tix-<user>`.
    ///
    /// It may not exist. Create it for the user alone, and do not trust one in `<temp>` that belongs to somebody else:
    /// its name can be guessed.
    pub fn runtime_dir(&self) -> PathBuf {
        // The XDG base directory specification says to ignore a relative path.
        match self.raw("XDG_RUNTIME_DIR").map(Path::new).filter(|dir| dir.is_absolute()) {
            Some(dir) => dir.join("tix"),
            None => self.temp_dir.join(format!("tix-{}", self.user())),
        }
    }

    /// The user's number rather than the name: `USER` is unset in many containers, and may contain a slash.
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

    /// Whether `CLICOLOR_FORCE` asks for colours also where no terminal is (<https://bixense.com/clicolors>).
    pub fn forces_color(&self) -> bool {
        self.raw("CLICOLOR_FORCE").is_some_and(|value| value != "0")
    }

    /// The pager that git alone is to use.
    pub fn git_pager(&self) -> Option<&str> {
        self.raw("GIT_PAGER")?.to_str()
    }

    /// The pager of every program.
    pub fn pager(&self) -> Option<&str> {
        self.raw("PAGER")?.to_str()
    }

    pub fn term(&self) -> Option<&OsStr> {
        self.raw("TERM")
    }

    /// Whether `CI` says that no person is watching; `CI=false` and `CI=0` say the opposite.
    pub fn is_ci(&self) -> bool {
        self.raw("CI").is_some_and(|value| value != "false" && value != "0")
    }

    /// The minimum for a child that must see nothing else of this environment.
    pub fn for_loader(&self) -> Vec<(OsString, OsString)> {
        let pair = |name: &str| Some((name.into(), self.raw(name)?.to_owned()));
        LOADER.into_iter().filter_map(pair).collect()
    }

    /// Whether a directory of `PATH` has a program of this name. Also true where that is not certain: outside Unix,
    /// where programs have extensions, and when `PATH` is unknown.
    pub fn finds_program(&self, name: &OsStr) -> bool {
        let Some(path) = self.raw("PATH").filter(|_| cfg!(unix)) else { return true };
        std::env::split_paths(path).any(|dir| dir.join(name).is_file())
    }

    /// The program that opens an address in a browser; `None` where there is no desktop to open it on.
    pub fn opener(&self) -> Option<&'static str> {
        if cfg!(target_os = "macos") {
            return Some("open");
        }
        let is_desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| self.raw(name).is_some());
        is_desktop.then_some("xdg-open")
    }

    /// Everything, for another tix that must act as if it had been started beside this one.
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
