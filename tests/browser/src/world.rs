//! A remote, and clones with people's unfinished work in them.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub struct World {
    root: tempfile::TempDir,
    tix: PathBuf,
}

impl World {
    /// With this many tickets in the queue: one for each agent's clone, and one more.
    pub fn new(tix: &str, tickets: usize) -> World {
        let world = World { root: tempfile::tempdir().unwrap(), tix: PathBuf::from(tix) };
        fs::create_dir_all(world.root().join("home")).unwrap();
        world.git("", &["init", "--quiet", "--bare", "-b", "main", "origin.git"]);
        world.git("", &["clone", "--quiet", "origin.git", "me"]);
        for number in 0..tickets {
            let id = world.ticket(number);
            let text = format!(
                "---\nticket_id: {id}\ntitle: Number {number}\nstatus: open\npriority: P2\n---\n\n# Number {number}\n\n- [ ] done\n\n# Changelog\n\n## [2026-01-01 10:00] - Creator\n- made\n"
            );
            world.write("me", &format!("tickets/queue/{id}.md"), &text);
        }
        for lane in ["active", "completed"] {
            world.write("me", &format!("tickets/{lane}/.gitkeep"), "");
        }
        world.write("me", "work.txt", "1\n");
        world.git("me", &["add", "."]);
        world.git("me", &["commit", "--quiet", "-m", "Begin"]);
        world.git("me", &["push", "--quiet", "origin", "HEAD:main"]);
        world.git("me", &["remote", "set-head", "origin", "main"]);
        let agents = (0..tickets.saturating_sub(1)).map(|agent| format!("agent{agent}"));
        for name in agents.chain(["b", "c"].map(str::to_owned)) {
            world.git("", &["clone", "--quiet", "origin.git", &name]);
        }
        for clone in ["me", "b", "c"] {
            world.write(clone, "work.txt", "stashed\n");
            world.git(clone, &["stash", "push", "--quiet"]);
            world.write(clone, "work.txt", "staged\n");
            world.git(clone, &["add", "work.txt"]);
            world.write(clone, "work.txt", "not staged\n");
            world.write(clone, "new.txt", "not known to git\n");
        }
        world
    }

    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn ticket(&self, number: usize) -> String {
        format!("TICKET-try-{number:03}")
    }

    pub fn tix(&self, clone: &str, args: &[&str]) -> Command {
        self.command(&self.tix, clone, args)
    }

    fn command(&self, program: &Path, dir: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        let home = self.root().join("home");
        command
            .args(args)
            .current_dir(self.root().join(dir))
            .stdin(Stdio::null())
            .env("HOME", &home);
        command.env("XDG_RUNTIME_DIR", &home).env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C");
        for (who, value) in [("NAME", "Ada Example"), ("EMAIL", "ada@example.org")] {
            command
                .env(format!("GIT_AUTHOR_{who}"), value)
                .env(format!("GIT_COMMITTER_{who}"), value);
        }
        command
    }

    /// A desktop whose opener of addresses does nothing: the test looks at them itself.
    pub fn with_desktop(&self, command: &mut Command) {
        use std::os::unix::fs::PermissionsExt as _;
        let bin = self.root().join("bin");
        fs::create_dir_all(&bin).unwrap();
        let opener = bin.join("xdg-open");
        fs::write(&opener, "#!/bin/sh\nexit 0\n").unwrap();
        fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(bin).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(paths).unwrap()).env("DISPLAY", ":0");
    }

    pub fn git(&self, dir: &str, args: &[&str]) -> String {
        let output = self.command(Path::new("git"), dir, args).stderr(Stdio::inherit()).output();
        let output = output.unwrap();
        assert!(output.status.success(), "git {args:?} in {dir}: {}", output.status);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn remote(&self, args: &[&str]) -> String {
        self.git("origin.git", args)
    }

    fn write(&self, clone: &str, path: &str, text: &str) {
        let path = self.root().join(clone).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The remote lets nothing in any more, or everything again.
    pub fn refuse_pushes(&self, refuse: bool) {
        use std::os::unix::fs::PermissionsExt as _;
        let hook = self.root().join("origin.git/hooks/pre-receive");
        if refuse {
            fs::create_dir_all(hook.parent().unwrap()).unwrap();
            fs::write(&hook, "#!/bin/sh\necho this branch is protected >&2\nexit 1\n").unwrap();
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        } else {
            fs::remove_file(hook).unwrap();
        }
    }

    pub fn hide_remote(&self, hide: bool) {
        let (here, away) = (self.root().join("origin.git"), self.root().join("away.git"));
        let (from, to) = if hide { (here, away) } else { (away, here) };
        fs::rename(from, to).unwrap();
    }

    /// All of a checkout that is its user's, byte by byte: files, index, HEAD, branches, stash.
    pub fn seen(&self, clone: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let root = self.root().join(clone);
        let mut seen = BTreeMap::new();
        let mut directories = vec![root.clone()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path == root.join(".git") {
                    directories.push(path.join("refs/heads"));
                    for name in ["HEAD", "index", "refs/stash", "logs/refs/stash", "logs/HEAD"] {
                        seen.insert(PathBuf::from(name), fs::read(path.join(name)).unwrap());
                    }
                } else if path.is_dir() {
                    directories.push(path);
                } else {
                    seen.insert(path.clone(), fs::read(&path).unwrap());
                }
            }
        }
        seen
    }
}

/// The next line of what a program says.
pub fn first_line(child: &mut Child) -> String {
    let pipe = child.stdout.as_mut().unwrap();
    let (mut line, mut byte) = (Vec::new(), [0]);
    while pipe.read(&mut byte).unwrap() == 1 && byte != *b"\n" {
        line.extend(byte);
    }
    assert!(!line.is_empty(), "a program ended and said nothing");
    String::from_utf8(line).unwrap()
}
