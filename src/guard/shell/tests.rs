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
            ShellWord::Place(place) => format!("{place:?}"),
        });
        let env = call.env.iter().map(|(name, value)| format!("{name}={}", value.start()));
        let line = env.chain(words).collect::<Vec<_>>().join(" ");
        let dir = match &call.dir {
            Dir::At(path) => path.display().to_string(),
            Dir::Aside(_) => "aside".to_owned(),
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

    fn write(&mut self, file: &ShellWord, dir: &Dir, _: &mut Vec<String>) {
        self.calls.push(format!("write {:?}", dir.join(file)));
    }

    fn objected(&self) -> Objected {
        Objected { times: 0, refusals: 0 }
    }

    fn doubt(&mut self, _: Objected) {}

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

fn gits(text: &str) -> Vec<String> {
    let calls = recorded(text).calls;
    calls.into_iter().filter(|call| call.contains(" git") || call.contains("git ")).collect()
}

#[test]
fn every_command_of_a_line_is_found_however_it_is_put_there() {
    for line in [
        "git x",
        "a && git x",
        "a || git x",
        "a; git x &",
        "a | git x",
        "! git x",
        "time git x",
        "(git x)",
        "{ git x; }",
        "echo $(git x)",
        "echo `git x`",
        "echo \"a $(git x) b\"",
        "cat <(git x)",
        "cat > \"$(git x)\"",
        "cat <<E\n$(git x)\nE",
        "if a; then git x; fi",
        "if a; then b; else git x; fi",
        "if git x; then b; fi",
        "while a; do git x; done",
        "until git x; do b; done",
        "for i in a b; do git x; done",
        "for i in $(git x); do b; done",
        "for ((i=0; i<2; i++)); do git x; done",
        "case $a in b) git x;; esac",
        "f() { git x; }; f",
        "f() { g; }; g() { git x; }; f",
        "A=$(git x)",
        "export A=$(git x)",
        "git \\\n x",
        "\\git x",
        "'git' \"x\"",
        "g\"i\"'t' x",
        "$'\\x67it' x",
        "G=git; $G x",
        "G=git; ${G} x",
        "C='git x'; $C",
        "coproc git x",
        "2>&1 git x >/dev/null",
        "bash -c 'git x'",
        "bash -lc 'git x'",
        "bash -e -o pipefail -c 'git x' arg",
        "sh -c \"sh -c 'git x'\"",
        "/bin/zsh -c 'git x'",
        "env bash -c 'git x'",
        "bash <<'E'\ngit x\nE",
        "bash -s <<< 'git x'",
        "echo 'git x' | sh",
        "cat <<E | bash\ngit x\nE",
        "eval git x",
        "eval 'git x'",
        "trap 'git x' EXIT",
        "command git x",
        "builtin command git x",
        "exec git x",
        "exec -a foo git x",
        "echo ${y:-$(git x)}",
        "[[ -n $(git x) ]] && a",
        "(( $(git x) ))",
        "C=(git x); \"${C[@]}\"",
        "declare -a C=(git x); \"${C[@]}\"",
        "git() { command git \"$@\"; }; git x",
        "set -- git x; \"$@\"",
        "set -- a git x; shift; \"$@\"",
        "f() { local c=$1; shift; $c \"$@\"; }; f git x",
        "C=git; C+=' x'; $C",
        "read -r c <<< 'git x'; $c",
        "git $(echo x)",
        "V=$(echo x); git $V",
        "eval \"$(echo git x)\"",
    ] {
        assert_found(line);
    }
}

#[test]
fn however_a_shell_is_told_its_script_it_is_found() {
    for line in [
        "bash -euo pipefail -c 'git x'",
        "bash -O extglob -o pipefail -c 'git x'",
        "bash -ce 'git x'",
        "sh -cx 'git x'",
        "bash --norc --rcfile /f -ic 'git x'",
        "bash -c '\"$@\"' name git x",
        "bash -s -- a <<'E'\ngit x\nE",
        "printf 'a\\ngit x\\n' | sh",
        "printf '%s\\n' a 'git x' | bash",
        "echo -e 'a\\ngit x' | bash",
        "at now <<< 'git x'",
        "fish --command='git x'",
    ] {
        assert_found(line);
    }
}

#[test]
fn a_program_that_nobody_knows_may_run_what_is_among_its_words() {
    for line in [
        "proxychains -q git x",
        "op run -- git x",
        "direnv exec . git x",
        "foo git x",
        "foo -v --opt 3 run -- git x",
        "foo run bash -c 'git x'",
        "foo -c 'true; git x'",
        "foo --run='true; git x'",
        "foo bar --exec 'true && git x' baz",
        "foo -p git --run 'true; git x'",
        "$SUDO git x",
        "foo 'git x'",
        "foo -w 3 'git x' other",
        "foo -c'true; git x'",
    ] {
        let calls = recorded(line).calls;
        assert!(calls.iter().any(|call| call == "/w: maybe git x"), "{line}: {calls:?}");
    }
    for line in ["foo --title 'git x'", "foo --title 'true; git x'", "grep git x"] {
        let Recorder { calls, troubles } = recorded(line);
        assert!(
            !calls.iter().any(|call| call.ends_with("git x")) || calls.len() == 1,
            "{line}: {calls:?}"
        );
        assert!(!calls.iter().any(|call| call.contains("maybe")), "{line}: {calls:?}");
        assert_eq!(troubles, [""; 0], "{line}");
    }
}

#[test]
fn it_is_found_behind_the_programs_that_run_others() {
    for line in [
        "nohup git x",
        "time -p git x",
        "sudo git x",
        "sudo -u me -E git x",
        "sudo -iu me git x",
        "env -iS'git x'",
        "flock -x -w 10 l git x",
        "timeout -vk 5 30 git x",
        "strace -fo /f git x",
        "watch -dn 5 git x",
        "exec -a name git x",
        "nice -n 5 git x",
        "timeout -k 1 5s git x",
        "stdbuf -oL git x",
        "find . -name y -exec git x \\;",
        "find . -exec sh -c 'git x' \\;",
        "noglob git x",
        "rtk git x",
        "=git x",
        "fish -c 'git x'",
        "cmd /c git x",
        "cmd.exe /d /C 'git x'",
        "pwsh -NoProfile -Command 'git x'",
        "powershell.exe -c git x",
        "iex 'git x'",
        "env -S git x",
        "parallel ::: 'git x'",
        "watch -n 1 git x",
        "alias g=git; g x",
        ". /dev/stdin <<< 'git x'",
    ] {
        assert_found(line);
    }
}

#[track_caller]
fn assert_found(line: &str) {
    let recorder = recorded(line);
    let is_call = |call: &String| ["/w: git x", "/w: maybe git x"].contains(&call.as_str());
    // Or its text is handed over, because the guard does not look into it.
    let found = recorder.calls.iter().any(is_call)
        || recorder.troubles.iter().any(|text| text.contains("git x"));
    assert!(found, "{line:?}: {:?} {:?}", recorder.calls, recorder.troubles);
}

#[test]
fn what_the_line_itself_writes_is_known_by_its_place() {
    let written = |line: &str| {
        let calls = recorded(line).calls;
        calls.into_iter().filter(|call| call.starts_with("write")).collect::<Vec<_>>()
    };
    let at = |path: &str| vec![format!("write {:?}", Dir::At(PathBuf::from(path)))];
    for line in ["a > f", "a >> f", "a >| f", "a &> f", "F=f; a > $F", "(a) > f", "> f"] {
        assert_eq!(written(line), at("/w/f"), "{line}");
    }
    assert_eq!(written("cd there; a > f"), at("/w/there/f"));
    assert_eq!(written("a > $F"), [format!("write {:?}", Dir::Computed("/w/${F}".into()))]);
    for line in ["a < f", "a <<< f", "a <<E\nf\nE", "a 2>&1 | b"] {
        let all = written(line);
        assert!(all.iter().all(|call| !call.contains("/w/f")), "{line}: {all:?}");
    }
}

#[test]
fn a_text_for_a_shell_that_nobody_knows_is_told_with_what_it_is_made_of() {
    for line in [
        "eval \"$(cat f; echo git x)\"",
        "bash -c \"$(cat <<'E'\ngit x\nE\n)\"",
        "source <(echo git x)",
        "bash <(echo git x)",
        "sed s/a/b/ <<'E' | sh\ngit x\nE",
        "echo git x | tee f | sh",
    ] {
        let troubles = recorded(line).troubles;
        assert!(troubles.iter().any(|text| text.contains("git x")), "{line}: {troubles:?}");
    }
    for line in ["eval \"$(ssh-agent)\"; git x", "curl y | sh; git x", "git x; bash \"$F\""] {
        let troubles = recorded(line).troubles;
        assert!(!troubles.iter().any(|text| text.contains("git x")), "{line}: {troubles:?}");
    }
}

#[test]
fn what_is_only_text_is_no_command() {
    for line in [
        "echo git x",
        "echo 'git x'",
        "# git x",
        "cat <<'E'\n$(git x)\nE",
        "cat > f <<E\ngit x\nE",
        "f() { git x; }",
        "command -v git",
        "exit; git x",
        "fails && git x",
        "works || git x",
        "bash script.sh git x",
        "grep 'git x' y",
    ] {
        let calls = recorded(line).calls;
        assert!(!calls.iter().any(|call| call == "/w: git x"), "{line:?}: {calls:?}");
    }
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
        ("W=$(tix path x); cd \"${W}\"; cd a/..; git c", "aside: git c"),
        ("cd $(mktemp -d) && cd .. && git c", "?: git c"),
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
        ("cd \"$(tix path x)\" && git c", &["aside: git c"]),
        (
            "cd $(git rev-parse --show-toplevel) && git c",
            &["/w: git rev-parse --show-toplevel", "/w: git c"],
        ),
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
