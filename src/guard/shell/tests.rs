use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

/// Writes down what is run and where. Only directories called `there` exist; `fails` and `works` end one way only, and
/// `switch` leaves a mark.
#[derive(Default)]
struct Recorder {
    calls: Vec<String>,
    troubles: Vec<String>,
}

impl Machine for Recorder {
    type State = Vec<String>;

    fn run(&mut self, call: &ShellCall, state: &Vec<String>) -> WorldStep<Vec<String>> {
        let words = call.words.iter().map(|word| match word {
            ShellWord::Known(text) => text.clone(),
            ShellWord::Open(word) => format!("{}…{}", word.start, word.end),
        });
        let env = call.env.iter().map(|(name, value)| format!("{name}={}", value.start()));
        let line = env.chain(words).collect::<Vec<_>>().join(" ");
        let dir = match &call.dir {
            Dir::At(path) => path.display().to_string(),
            Dir::Computed(_) => "?".to_owned(),
        };
        let after =
            if state.is_empty() { String::new() } else { format!(" after {}", state.join(",")) };
        let sure = match call.certainty {
            Certainty::Sure => "",
            Certainty::Maybe => "maybe ",
        };
        let call = format!("{dir}: {sure}{line}{after}");
        if !self.calls.contains(&call) {
            self.calls.push(call);
        }
        match line.as_str() {
            "works" => WorldStep { ok: Some(state.clone()), failed: None },
            "fails" => WorldStep { ok: None, failed: Some(state.clone()) },
            "switch" => {
                let mut on = state.clone();
                on.push("switch".to_owned());
                WorldStep { ok: Some(on), failed: Some(state.clone()) }
            }
            _ => WorldStep::nothing(state),
        }
    }

    fn write(&mut self, file: &ShellWord, _: &str, dir: &Dir, _: &mut Vec<String>) {
        self.calls.push(format!("write {:?}", dir.join(file)));
    }

    fn is_directory(&self, path: &Path, _: &Vec<String>) -> bool {
        path.ends_with("there")
    }

    fn prints(&mut self, call: &ShellCall, _: &Vec<String>) -> Option<String> {
        let is_asked = call.words.iter().map(ShellWord::start).eq(["prints"]);
        is_asked.then(|| "printed\n".to_owned())
    }

    fn trouble(&mut self, trouble: &Trouble, _: &Dir, _: &Vec<String>) {
        self.troubles.push(trouble.text.clone());
    }
}

fn recorded(text: &str) -> Recorder {
    let variables = [("HOME".to_owned(), ShellWord::known("/home"))].into();
    let start = World::at(Dir::At(PathBuf::from("/w")), variables, Vec::new());
    let mut recorder = Recorder::default();
    walk(text, start, &mut recorder);
    recorder
}

/// The calls of git, however sure they are.
fn gits(text: &str) -> Vec<String> {
    let calls = recorded(text).calls.into_iter().map(|call| call.replace("maybe ", ""));
    calls.filter(|call| call.contains(" git") || call.contains("git ")).collect()
}

#[test]
fn words_keep_what_is_known_of_them() {
    for (line, call) in [
        ("git -C \"/a b\" c", "/w: git -C /a b c"),
        ("git -C /a\\ b c", "/w: git -C /a b c"),
        ("git -C ~/r c", "/w: git -C /home/r c"),
        ("git c -m \"it's $x\"", "/w: git c -m it's …"),
        ("git c \"$(date)\"", "/w: git c …"),
        ("git push o {a,b}", "/w: git push o …"),
        ("git log HEAD~2..@{u}", "/w: git log HEAD~2..@{u}"),
        ("A=1 git c", "/w: A=1 git c"),
        ("env -i A=1 B=2 git c", "/w: A=1 B=2 git c"),
        ("export GIT_DIR=/x; git c", "/w: GIT_DIR=/x git c"),
        ("for b in x; do git push o $b; done", "/w: git push o x"),
        ("for b in x* y; do git push o $b; done", "/w: git push o …"),
        ("for b in d/x d/*; do git push o $b; done", "/w: git push o d/…"),
        ("for b in x y; do a; done; git push o $b", "/w: git push o …"),
        ("W=$(tix path x); cd $W/ && git c", "?: git c"),
        ("W=$(prints); cd \"${W}\"/there; git c", "/w/printed/there: git c"),
        ("cd $(mktemp -d -p .) && git c", "?: git c"),
        ("ls | xargs -n 1 git add", "/w: git add …"),
        ("xargs -0I {} git c -m {} < f", "/w: git c -m …"),
        ("xargs --replace={} git c a{}:b < f", "/w: git c a…:b"),
        ("find . -execdir git c -m x {} +", "?: git c -m x …"),
        ("git push o \"$(y):main\"", "/w: git push o …:main"),
        ("V=$(y)z; git push o $V:main", "/w: git push o …z:main"),
        ("git c $(prints)-x", "/w: git c printed-x"),
        ("X=a; X=$(b); git c $X", "/w: git c …"),
    ] {
        assert_eq!(gits(line), [call], "{line}");
    }
    let turns = gits("for b in x y; do git push o $b; done");
    assert_eq!(turns, ["/w: git push o x", "/w: git push o y"]);
}

#[test]
fn the_directory_is_followed() {
    for (line, calls) in [
        ("cd x && git c", &["/w/x: git c"][..]),
        ("cd there; git c", &["/w/there: git c"]),
        // It may not be there, and then git runs here.
        ("cd x; git c", &["/w/x: git c", "/w: git c"]),
        ("cd x || exit 1; git c", &["/w/x: git c"]),
        ("cd x || { echo no; exit 1; }; git c", &["/w/x: git c"]),
        ("(cd x && git c); git d", &["/w/x: git c", "/w: git d"]),
        ("cd /a && cd b && git c", &["/a/b: git c"]),
        ("cd \"$D\" && git c", &["?: git c"]),
        ("cd && git c", &["/home: git c"]),
        ("cd there && cd - && git c", &["/w: git c"]),
        ("cd there && cd $OLDPWD && git c", &["/w: git c"]),
        ("cd there; git -C $PWD/x c", &["/w/there: git -C /w/there/x c"]),
        ("cd - && git c", &["?: git c"]),
        ("pushd there && git c; popd; git d", &["/w/there: git c", "/w: git d", "/w/there: git d"]),
        ("D=/a; cd $D/b && git c", &["/a/b: git c"]),
        ("env -C there git c", &["/w/there: git c"]),
        ("bash -c 'cd there; git c'; git d", &["/w/there: git c", "/w: git d"]),
        ("eval 'cd there'; git c", &["/w/there: git c"]),
        ("cd there | git c", &["/w: git c"]),
        ("f() { cd there; }; f; git c", &["/w/there: git c"]),
        ("if a; then cd there; fi; git c", &["/w/there: git c", "/w: git c"]),
        ("cd \"$(prints)\" && git c", &["/w/printed: git c"]),
        ("CDPATH=..; cd there; git c", &["?: git c", "/w: git c"]),
        ("pushd -n there && popd && git c", &["?: git c"]),
        ("builtin cd -- there && git c", &["/w/there: git c"]),
    ] {
        assert_eq!(gits(line), calls, "{line}");
    }
}

#[test]
fn what_a_command_changes_is_seen_by_the_ones_behind_it() {
    for (line, calls) in [
        ("switch && git c", &["/w: git c after switch"][..]),
        ("switch; git c", &["/w: git c after switch", "/w: git c"]),
        ("switch || exit; git c", &["/w: git c after switch"]),
        ("switch || git c", &["/w: git c"]),
        ("(switch) && git c", &["/w: git c after switch"]),
        ("! switch && git c", &["/w: git c"]),
        ("set -e; switch; git c", &["/w: git c after switch"]),
        ("set -euo pipefail\nswitch\ngit c", &["/w: git c after switch"]),
        ("set -e; set +e; switch; git c", &["/w: git c after switch", "/w: git c"]),
        ("if switch; then git c; else git d; fi", &["/w: git c after switch", "/w: git d"]),
    ] {
        assert_eq!(gits(line), calls, "{line}");
    }
}

#[test]
fn a_text_that_cannot_be_read_is_reported() {
    for line in ["git c (", "eval \"git $x\"", "echo ${x:-$(git c}", "bash -c 'git c ('"] {
        assert!(recorded(line).troubles.iter().any(|text| text.contains("git")), "{line}");
    }
    assert!(recorded(&format!("{}git c", "a && ".repeat(5000))).troubles.len() == 1);
    assert!(recorded("git c; ls -la").troubles.is_empty());
}

#[test]
fn a_line_that_is_nested_too_deeply_is_reported_before_it_is_parsed() {
    for (open, close) in [
        ("time ", ""),
        ("coproc ", ""),
        ("! time ", ""),
        ("( ", " )"),
        ("{ ", "; }"),
        ("if ", "; then x; fi"),
        ("a && ", ""),
        ("f() ", ""),
        ("${x:-", "}"),
    ] {
        for times in [400, 2000] {
            let line = format!("{}git c{}", open.repeat(times), close.repeat(times));
            assert_eq!(recorded(&line).troubles.len(), 1, "{times} times {open:?}");
        }
        let line = format!("{}git c{}", open.repeat(8), close.repeat(8));
        // What it stands for is run, and nothing says what that is.
        let is_nameless = open.starts_with('$');
        assert_eq!(recorded(&line).troubles.contains(&line), is_nameless, "{open:?}");
    }
}

#[test]
fn a_line_with_too_many_ways_ends() {
    let many = "cd a; cd b; cd c; cd d; cd e; cd f; ".repeat(200) + "git c";
    assert!(!recorded(&many).troubles.is_empty());
    assert!(recorded("f() { f; f; }; f; git c").calls.len() < 100);
    assert!(!recorded(&("eval ".repeat(20) + "git c")).troubles.is_empty());
}

proptest! {
    #[test]
    fn no_line_makes_it_panic(text in r#"([a-z$(){}\[\]`'"\\;&|<> \n=~*#!-]|git |cd |\$\(|<<E\n|if |then |fi |for |do |done |case |esac |\(\(){0,60}"#) {
        recorded(&text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}") {
        recorded(&text);
    }
}
