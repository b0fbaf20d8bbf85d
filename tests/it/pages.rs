//! Runs every command of README and guide, and holds what it prints against what the page shows.
//!
//! A block ```` ```console ```` is a session: `$ ` begins a command, `> ` continues it, the rest is output, in which a
//! line `...` stands for any lines. The sessions of a page are one shell. A comment `<!-- console` is a session that readers
//! do not see, where only failure counts; `ada` and `bob` go to their clones. The shell has a terminal of 100 columns.
//! What differs from run to run (hashes, ages, dates, the width of columns) is not
//! compared. A command fails exactly where its output shows an error.
//!
//! `TIX_UPDATE=1` writes what the commands print into the pages.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use crate::harness::{Sandbox, notes, scratch};

/// Two people with a clone each; the session begins in the first one's.
const WORLD: &str = r#"
ada() { cd "$WORLD/home/ada/shop"; }
bob() { cd "$WORLD/home/bob/shop"; }
mkdir -p "$WORLD/srv" "$WORLD/home/ada" "$WORLD/home/bob"
cd "$WORLD/srv" && git init -q --bare -b main shop.git
for person in ada bob; do
    cd "$WORLD/home/$person"
    git clone -q "$WORLD/srv/shop.git" shop 2>/dev/null
done
git -C "$WORLD/home/ada/shop" config user.name "Ada Example"
git -C "$WORLD/home/ada/shop" config user.email ada@example.org
git -C "$WORLD/home/bob/shop" config user.name "Bob Weaver"
git -C "$WORLD/home/bob/shop" config user.email bob@example.org
cd "$WORLD/home/ada/shop"
printf '#!/bin/sh\necho "Hello"\n' >hello && chmod +x hello
git add hello && git commit -qm "Say hello" && git push -q origin HEAD
git -C "$WORLD/home/bob/shop" pull -q
"#;

struct Step {
    command: String,
    /// The lines of the page that are its output, as a range of line numbers from 0.
    output: std::ops::Range<usize>,
    hidden: bool,
}

/// The commands of a page, in their order.
fn steps(lines: &[&str]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut session: Option<bool> = None;
    for (number, line) in lines.iter().enumerate() {
        match (session, *line) {
            (None, "```console") => session = Some(false),
            (None, "<!-- console") => session = Some(true),
            (None, _) => {}
            (Some(false), "```") | (Some(true), "-->") => session = None,
            (Some(hidden), line) => {
                if let Some(command) = line.strip_prefix("$ ") {
                    let output = number + 1..number + 1;
                    steps.push(Step { command: command.to_owned(), output, hidden });
                } else if let Some(step) = steps.last_mut() {
                    if let Some(more) = line.strip_prefix("> ").filter(|_| step.output.is_empty()) {
                        step.command += &format!("\n{more}");
                        step.output = number + 1..number + 1;
                    } else {
                        step.output.end = number + 1;
                    }
                }
            }
        }
    }
    steps
}

/// Runs the steps in one shell, in a world of their own; the output and the exit code of each. `None` where no `script` can make
/// a terminal.
fn run(page: &str, steps: &[Step]) -> Option<Vec<(String, i32)>> {
    let sandbox = Sandbox::new();
    let world = scratch::directory("tix-page-");
    let root = world.path().canonicalize().unwrap();
    let mut script = format!("set -e\n{WORLD}\nset +e\nexec 2>&1\n");
    for (number, step) in steps.iter().enumerate() {
        let quoted = step.command.replace('\'', r"'\''");
        writeln!(script, "printf '\\001'; eval '{quoted}'; printf '\\002%d' $?").unwrap();
        assert!(!step.command.contains('\u{1}'), "{page}: command {number}");
    }
    let mut path =
        PathBuf::from(env!("CARGO_BIN_EXE_tix")).parent().unwrap().as_os_str().to_owned();
    path.push(":");
    path.push(sandbox.shared().variables().get(std::ffi::OsStr::new("PATH")).unwrap());
    let place = sandbox.remote().at(&root);
    if !place.sh("script --version").run().stdout().contains("util-linux") {
        notes::skipped("script");
        return None;
    }
    fs::write(root.join("page"), script).unwrap();
    let terminal = "stty rows 60 cols 100 -echo -onlcr; exec bash \"$WORLD/page\"";
    let command = place.command(Path::new("script"), &["-qec", terminal, "/dev/null"]);
    let output = command
        .env("WORLD", &root)
        .env("HOME", root.join("home/ada"))
        .env("PATH", path)
        .without_env("LC_ALL")
        .env("LANG", "C.UTF-8")
        .env("TERM", "dumb")
        .env("CI", "1")
        .env("GIT_PAGER", "cat")
        .run();
    let text = output.success().stdout().replace(root.to_str().unwrap(), "");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let host = Regex::new(&format!(r"\b(from +|on ){}\b", regex::escape(&host))).unwrap();
    let text = host.replace_all(&text, "${1}laptop");
    let mut results = Vec::new();
    for part in text.split('\u{1}').skip(1) {
        let (said, code) = part.split_once('\u{2}').unwrap_or_else(|| panic!("{page}: {part}"));
        results.push((said.to_owned(), code.trim().parse().unwrap()));
    }
    assert_eq!(results.len(), steps.len(), "{page}: {text}");
    Some(results)
}

/// What is the same in every run.
fn lasting(text: &str) -> Vec<String> {
    static CHANGING: LazyLock<[(Regex, &str); 5]> = LazyLock::new(|| {
        [
            (r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?Z?)?", "<time>"),
            (r"\b[0-9a-f]{7,40}\b", "<hash>"),
            (r"\b\d+(\.\d+)? (ms|s|min|h|d)\b", "<age>"),
            (r"\bpid \d+", "<pid>"),
            (r" {2,}", "  "),
        ]
        .map(|(pattern, name)| (Regex::new(pattern).unwrap(), name))
    });
    let mut text = text.to_owned();
    for (pattern, name) in CHANGING.iter() {
        text = pattern.replace_all(&text, *name).into_owned();
    }
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Whether the shown lines are those that were printed, `...` standing for any.
fn fits(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=printed.len()).any(|skipped| fits(rest, &printed[skipped..]))
        }
        Some((first, rest)) => printed.first() == Some(first) && fits(rest, &printed[1..]),
    }
}

/// README and the pages of the guide.
fn pages() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_dir(root.join("docs/guide")).unwrap();
    let mut pages: Vec<PathBuf> = guide.map(|entry| entry.unwrap().path()).collect();
    pages.push(root.join("README.md"));
    pages
}

#[allow(
    clippy::disallowed_methods,
    reason = "the switch of a test, which the product does not have"
)]
fn check(page: &Path) -> Vec<String> {
    let name = page.file_name().unwrap().to_str().unwrap();
    let text = fs::read_to_string(page).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let steps = steps(&lines);
    if steps.is_empty() {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    let mut updated: Vec<String> = Vec::new();
    let mut written = 0;
    let Some(results) = run(name, &steps) else { return Vec::new() };
    for (step, (printed, code)) in steps.iter().zip(results) {
        let shown = lines[step.output.clone()].join("\n");
        let to_fail = lasting(&shown).iter().any(|line| line.starts_with("error: "));
        let command = &step.command;
        if step.hidden && code != 0 {
            wrong.push(format!("{name}: `{command}` ended with {code}:\n{printed}"));
        }
        if step.hidden {
            continue;
        }
        if to_fail != (code != 0) {
            wrong.push(format!("{name}: `{command}` ended with {code}:\n{printed}"));
        }
        if !fits(&lasting(&shown), &lasting(&printed)) {
            wrong.push(format!(
                "{name}: `{command}` prints\n{printed}\nbut the page shows\n{shown}\n"
            ));
            updated.extend(lines[written..step.output.start].iter().map(|&line| line.to_owned()));
            updated.extend(printed.lines().map(|line| line.trim_end().to_owned()));
            written = step.output.end;
        }
    }
    if std::env::var_os("TIX_UPDATE").is_some() && written > 0 {
        updated.extend(lines[written..].iter().map(|&line| line.to_owned()));
        fs::write(page, updated.join("\n") + "\n").unwrap();
    }
    wrong
}

#[test]
fn every_command_prints_what_its_page_shows() {
    let pages = pages();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = pages.iter().map(|page| scope.spawn(|| check(page))).collect();
        running.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "TIX_UPDATE=1 writes the pages anew\n\n{}", wrong.join("\n"));
}

/// What stands in another kind of block is not run, so no command of tix may stand there.
#[test]
fn every_command_of_tix_stands_where_it_is_run() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        let mut kind = None;
        for line in text.lines() {
            match (kind, line.strip_prefix("```")) {
                (None, Some(opened)) => kind = Some(opened),
                (Some(_), Some("")) => kind = None,
                (Some(kind), _) => {
                    let is_ours = line.trim_start_matches("$ ").starts_with("tix ");
                    assert!(!is_ours || kind == "console", "{}: {line}", page.display());
                }
                (None, None) => {}
            }
        }
    }
}

#[test]
fn the_readme_is_read_in_a_minute() {
    let readme = fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.len() <= 8192, "{} bytes", readme.len());
}

/// The picture is drawn from a run (docs/images/draw.py). Who won, hashes and figures differ, so lines are compared without
/// them and without their order.
#[test]
fn the_picture_shows_what_the_demo_prints() {
    static TEXT: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^<text [^>]*>(.*)</text>$").unwrap());
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[^>]*>").unwrap());
    static FIGURE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b([0-9a-f]{7}|\d+(\.\d+)?) (pushes|push|ms|s|claim: )|\d+").unwrap()
    });
    let without_figures = |line: &str| FIGURE.replace_all(line, "#").into_owned();
    let sandbox = Sandbox::new();
    let demo = sandbox.remote().at(sandbox.fresh_directory("demo"));
    let printed = demo.tix(&["demo", "--racers", "4"]).success().stdout().to_owned();
    let mut printed: Vec<String> =
        printed.lines().filter(|line| !line.is_empty()).map(without_figures).collect();
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/images/demo.svg");
    let picture = fs::read_to_string(picture).unwrap();
    let lines = TEXT.captures_iter(&picture).map(|line| TAG.replace_all(&line[1], "").into_owned());
    let (command, shown): (Vec<String>, Vec<String>) =
        lines.partition(|line| line.starts_with("$ "));
    let mut shown: Vec<String> = shown.iter().map(|line| without_figures(line)).collect();
    printed.sort_unstable();
    shown.sort_unstable();
    assert_eq!(command, ["$ tix demo --racers 4"]);
    assert_eq!(shown, printed, "draw it anew: docs/images/draw.py >docs/images/demo.svg");
}
