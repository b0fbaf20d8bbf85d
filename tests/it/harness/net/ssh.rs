//! An `ssh` that runs the remote command on this machine: remotes of the forms `ssh://host/path` and `host:path`.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::server_git;

/// Arguments are those of ssh(1), as far as git and people's `GIT_SSH_COMMAND` use them: options, the host, the command. The
/// command gets an environment of its own, as it would on another machine, save for `GIT_PROTOCOL`, which git asks to send.
const SCRIPT: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
    case "$1" in
        -G) exit 0 ;;
        -[BbcDEeFIiJLlmOopQRSWw]) shift 2 ;;
        -*) shift ;;
        *) break ;;
    esac
done
host=$1
shift
printf '%s %s\n' "$host" "$*" >>@LOG@
if [ -e @REFUSAL@ ]; then
    cat @REFUSAL@ >&2
    exit 255
fi
cd @HOME@ || exit 255
exec env -i HOME=@HOME@ PATH=@PATH@ LC_ALL=C GIT_CONFIG_NOSYSTEM=1 \
    ${GIT_PROTOCOL:+GIT_PROTOCOL="$GIT_PROTOCOL"} sh -c "$*"
"#;

/// A directory with an `ssh` in it, and what became of the calls.
pub struct Ssh {
    bin: PathBuf,
    log: PathBuf,
    refusal: PathBuf,
}

impl Ssh {
    /// Writes the program to `bin`, which is made if absent and belongs first on the `PATH` of whoever calls git. The remote
    /// side runs the given `git` with `home` as its home and working directory: `host:repo.git` is `repo.git` in there.
    pub fn install(git: impl AsRef<OsStr>, bin: &Path, home: &Path) -> Self {
        fs::create_dir_all(bin).unwrap();
        let (log, refusal) = (bin.join("ssh.calls"), bin.join("ssh.refusal"));
        let exec_path = server_git(git.as_ref(), home)
            .arg("--exec-path")
            .stdout(Stdio::piped())
            .output()
            .unwrap();
        let exec_path = String::from_utf8(exec_path.stdout).unwrap();
        // The PATH of now, in which no shim of the test's comes first: the remote side is another machine.
        let path =
            format!("{}:{}", exec_path.trim_end(), std::env::var("PATH").unwrap_or_default());
        let script = SCRIPT
            .replace("@LOG@", &quote(log.to_str().unwrap()))
            .replace("@REFUSAL@", &quote(refusal.to_str().unwrap()))
            .replace("@HOME@", &quote(home.to_str().unwrap()))
            .replace("@PATH@", &quote(&path));
        write_program(&bin.join("ssh"), &script);
        Self { bin: bin.to_owned(), log, refusal }
    }

    /// The directory for the `PATH`.
    pub fn bin(&self) -> &Path {
        &self.bin
    }

    /// The calls so far, each a host and a command.
    pub fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// From now on every call fails with these words and 255, as ssh does for a host that it cannot reach or log in to.
    pub fn refuse(&self, words: &str) {
        fs::write(&self.refusal, format!("{words}\n")).unwrap();
    }

    /// Takes [`Ssh::refuse`] back.
    pub fn accept(&self) {
        fs::remove_file(&self.refusal).unwrap();
    }
}

/// Writes an executable file by the hand of another process. A thread of this one that starts a child in the meantime would
/// pass a writable descriptor on to it, and while that is open the file cannot be executed (`ETXTBSY`).
pub fn write_program(path: &Path, text: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"]).arg(path).stdin(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "cannot write {}", path.display());
}

/// One word for sh(1).
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
