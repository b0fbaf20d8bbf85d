use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::*;

/// Counts what is run, and keeps what nobody could read.
#[derive(Default)]
struct Recorder {
    calls: usize,
    troubles: Vec<String>,
}

impl Machine for Recorder {
    type State = ();

    fn command(&mut self, _: &ShellCall, (): &()) -> WorldStep<()> {
        self.calls += 1;
        WorldStep::nothing(&())
    }

    fn write(&mut self, _: &ShellWord, _: &str, _: &Dir, (): &mut ()) {}

    fn is_directory(&self, _: &Path, (): &()) -> bool {
        false
    }

    fn prints(&mut self, _: &ShellCall, (): &()) -> Option<String> {
        None
    }

    fn trouble(&mut self, trouble: &Trouble, _: &Dir, (): &()) {
        self.troubles.push(trouble.text.clone());
    }
}

fn recorded(text: &str) -> Recorder {
    let mut recorder = Recorder::default();
    let start = World::at(Dir::At(PathBuf::from("/w")), Variables::new(), ());
    walk(text, start, &mut recorder);
    recorder
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
        let is_told = recorded(&line).troubles.iter().any(|text| text.contains(&line));
        assert_eq!(is_told, is_nameless, "{open:?}");
    }
}

#[test]
fn a_line_with_too_many_ways_ends() {
    let many = "cd a; cd b; cd c; cd d; cd e; cd f; ".repeat(200) + "git c";
    assert!(!recorded(&many).troubles.is_empty());
    assert!(recorded("f() { f; f; }; f; git c").calls < 100);
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
