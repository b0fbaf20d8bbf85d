//! What git runs: a few lines of sh that find tix and become it.
//!
//! A script and not a link to tix: git passes over a link that leads nowhere and lets the commit through, while a script
//! can still say no. The same text serves as a file of the hooks directory and as `hook.<name>.command` of the
//! configuration (git 2.54), where git adds `"$@"` behind the last word itself.
//!
//! The second line names us, the version of the text and a sum over the rest of it, so that a later tix knows what it may
//! replace and what somebody has changed by hand.

use super::hook::{Hook, Judges, Strictness};
use crate::names::RefName;
use crate::text::shell_quoted;

/// The version of the text: raised with every change of it.
pub const VERSION: u32 = 1;

/// What a hook that was there before is called while ours is in its place.
pub const SET_ASIDE: &str = ".tix-prev";

const SHEBANG: &str = "#!/bin/sh\n";
const MARK: &str = "# tix-hook v";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptReach {
    Own,
    /// One that other repositories use too, most of which know nothing of tickets.
    Shared,
}

#[derive(Clone, Debug)]
pub struct Recipe {
    /// The path of tix; `None` leaves it to the PATH. A script that is put in place by hand asks the PATH first: it is mostly
    /// for another machine.
    pub tix: Option<String>,
    /// The branches to be guarded even when there is no tix.
    pub guarded: Vec<RefName>,
    pub reach: ScriptReach,
}

/// What is known of a text that a tix has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptMark {
    pub version: u32,
    /// The tix that it looks for before it asks the PATH.
    pub tix: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptAuthor {
    /// A tix, and nobody has changed it since.
    Tix(ScriptMark),
    /// A tix, and somebody has changed it since.
    Edited,
    Foreign,
}

impl Recipe {
    /// A file of the hooks directory. It first runs what was set aside for it.
    pub fn file(&self, hook: Hook) -> String {
        let body = format!("{NOTICE}{}{}guard \"$@\"\n", self.guard(hook), chain(hook));
        format!("{SHEBANG}{}{body}", mark(hook, &body))
    }

    /// The value of `hook.<name>.command`. git runs the hooks directory's file by itself.
    pub fn command(&self, hook: Hook) -> String {
        let body = format!("{}guard", self.guard(hook));
        format!("{}{body}", mark(hook, &body))
    }

    /// A file that is put in its place by hand, as on a server.
    pub fn by_hand(&self, hook: Hook) -> String {
        let name = hook.name();
        let notice = if hook.is_of_servers() {
            format!(
                "# The authority over the protected branches: nobody gets round it from a clone.\n\
                 # Put it into the bare repository as hooks/{name}, make it executable (chmod 755), and see that whoever\n\
                 # receives the pushes finds tix on the PATH, or at the path below. If there is a hooks/{name} already,\n\
                 # call this file from it, with the same arguments and input.\n"
            )
        } else {
            format!(
                "# `tix hook install` puts this in its place by itself. By hand: as {name} into the directory that\n\
                 # `git rev-parse --git-path hooks` prints, executable (chmod 755).\n"
            )
        };
        let path = shell_quoted(self.tix.as_deref().unwrap_or("tix"));
        // A web server may have no PATH for its programs. What the shell takes instead is exported, because tix looks for
        // git there.
        let search = format!(
            "    PATH=${{PATH:-/usr/local/bin:/usr/bin:/bin}}\n\
             \x20   export PATH\n\
             \x20   command -v \"$tix\" >/dev/null 2>&1 || tix={path}\n"
        );
        let body = format!("{notice}{}guard \"$@\"\n", self.guard_of("tix", &search, hook));
        format!("{SHEBANG}{}{body}", mark(hook, &body))
    }

    fn guard(&self, hook: Hook) -> String {
        let tix = self.tix.as_deref().unwrap_or("tix");
        self.guard_of(tix, "    [ -x \"$tix\" ] || tix=tix\n", hook)
    }

    /// `search` puts another tix in the place of the first where that is not there.
    fn guard_of(&self, tix: &str, search: &str, hook: Hook) -> String {
        let tix = shell_quoted(tix);
        let name = hook.name();
        // Of the three states of a transaction only the first can still be refused.
        let early = match hook.judges() {
            Judges::Movements => "    [ \"$1\" = prepared ] || exit 0\n",
            Judges::Head | Judges::Lines | Judges::Argument => "",
        };
        let without = self.without_tix(hook);
        format!(
            "tix={tix}\n\
             guard() {{\n\
             {early}{search}\
             \x20   command -v \"$tix\" >/dev/null 2>&1 && exec \"$tix\" hook git {name} \"$@\"\n\
             {without}}}\n"
        )
    }

    /// What is done when tix is nowhere to be found: a protected branch takes nothing, the others everything.
    fn without_tix(&self, hook: Hook) -> String {
        let judge = match hook.judges() {
            // It would refuse pulls and fetches too, and commits and pushes have hooks of their own.
            Judges::Movements => return "    exit 0\n".to_owned(),
            Judges::Head => self.case("    ", "$(git symbolic-ref -q HEAD)", hook),
            Judges::Argument => self.case("    ", "$1", hook),
            Judges::Lines => format!(
                "    while read -r first second ref rest; do\n{}    done\n",
                self.case("        ", "$ref", hook)
            ),
        };
        let steps_aside = match self.reach {
            ScriptReach::Own => "",
            ScriptReach::Shared => {
                "    git cat-file -e HEAD:.tix.yaml 2>/dev/null || git cat-file -e HEAD:tickets 2>/dev/null || exit 0\n"
            }
        };
        let off = if hook.is_of_servers() {
            // Whoever pushes has no say there.
            String::new()
        } else {
            let says = say("tix-hook: TIX_GUARD=off, so nothing was checked");
            format!("    [ \"${{TIX_GUARD-}}\" != off ] || {{ {says}; exit 0; }}\n")
        };
        let says = match hook.strictness() {
            Strictness::Usual => {
                format!(
                    "    {}\n",
                    say("tix-hook: warning: tix is not installed, so nothing was checked")
                )
            }
            // pre-commit has said it.
            Strictness::Strict => String::new(),
        };
        format!("{off}{steps_aside}{judge}{says}    exit 0\n")
    }

    fn case(&self, indent: &str, word: &str, hook: Hook) -> String {
        let names: Vec<String> =
            self.guarded.iter().map(|name| shell_quoted(name.as_str())).collect();
        let names = names.join(" | ");
        let (what, hint) = match (hook.judges(), hook.is_of_servers()) {
            (Judges::Head, _) => (
                "tix-hook: this branch takes tickets only, and tix, which would look, is not installed",
                "hint: install tix, or commit on a branch of your own: git switch -c <branch>",
            ),
            (_, false) => (
                "tix-hook: that branch takes tickets only, and tix, which would look, is not installed",
                "hint: install tix, or push to a branch of your own",
            ),
            (_, true) => (
                "tix-hook: that branch takes tickets only, and this server has no tix that would look",
                "hint: ask whoever runs the server to install tix, or push to a branch of your own",
            ),
        };
        let (what, hint) = (say(what), say(hint));
        format!(
            "{indent}case {word} in\n\
             {indent}{names})\n\
             {indent}    {what}\n\
             {indent}    {hint}\n\
             {indent}    exit 1\n\
             {indent}    ;;\n\
             {indent}esac\n"
        )
    }
}

const NOTICE: &str = "\
# Written by `tix hook install`. `tix hook uninstall` takes it away and puts back what was here before.
# Both leave a changed file alone: what you want to run besides belongs in the file with .tix-prev in its name.
";

/// Runs the hook that was there before, as git would: not if it is no program. Its failure is the answer.
///
/// It is found by the name of the hook and not by that of this file, because other programs rename hooks too:
/// pre-commit runs ours as `pre-commit.legacy`. The variable ends the circle when such a program, set aside by us, calls us
/// again; the guard itself runs all the same, because what is being committed may be something else by then.
fn chain(hook: Hook) -> String {
    let name = hook.name();
    let run = format!("TIX_HOOK_RUNS=\"{name} $PWD\" \"$prev\" \"$@\" || exit");
    let run = if hook.reads_stdin() {
        // Both are told the same on stdin. The dot keeps the line ends that `$(…)` would take away.
        format!(
            "    input=$(cat && echo .)\n\
             \x20   input=${{input%.}}\n\
             \x20   printf %s \"$input\" 2>/dev/null | {run}\n\
             \x20   printf %s \"$input\" 2>/dev/null | guard \"$@\"\n\
             \x20   exit\n"
        )
    } else {
        format!("    {run}\n")
    };
    format!(
        "case $0 in */*) prev=${{0%/*}}/{name}{SET_ASIDE} ;; *) prev=./{name}{SET_ASIDE} ;; esac\n\
         if [ -x \"$prev\" ] && [ ! -d \"$prev\" ] && [ \"${{TIX_HOOK_RUNS-}}\" != \"{name} $PWD\" ]; then\n\
         {run}\
         fi\n"
    )
}

fn say(text: &str) -> String {
    format!("echo {} >&2", shell_quoted(text))
}

fn mark(hook: Hook, body: &str) -> String {
    format!("{MARK}{VERSION} {} {}\n", hook.name(), sum(body))
}

/// Tells a changed file from an unchanged one; nobody is to be kept from forging it.
pub fn sum(body: &str) -> String {
    format!("{:08x}", crc32fast::hash(body.as_bytes()))
}

/// FNV-1a, which stands in the scripts of earlier builds: they are ours too, and those among them that somebody has changed
/// must not be overwritten.
fn earlier_sum(body: &str) -> String {
    let sum = body.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{sum:016x}")
}

/// Who wrote this text, which stands where `hook` is looked for.
pub fn author(hook: Hook, text: &[u8]) -> ScriptAuthor {
    let marked = || {
        let text = std::str::from_utf8(text).ok()?;
        let text = text.strip_prefix(SHEBANG).unwrap_or(text);
        let (line, body) = text.strip_prefix(MARK)?.split_once('\n')?;
        Some((line.split(' ').collect::<Vec<_>>(), body))
    };
    let Some((words, body)) = marked() else {
        return if is_marked_within(text) { ScriptAuthor::Edited } else { ScriptAuthor::Foreign };
    };
    let [version, name, sum_of_body] = words.as_slice() else { return ScriptAuthor::Edited };
    let intact = [sum(body), earlier_sum(body)].iter().any(|sum| sum == sum_of_body);
    match version.parse() {
        Ok(version) if intact && *name == hook.name() => {
            ScriptAuthor::Tix(ScriptMark { version, tix: tix_in(body) })
        }
        Ok(_) | Err(_) => ScriptAuthor::Edited,
    }
}

/// Whether our mark stands further down: somebody has put lines before it, which may end the script.
fn is_marked_within(text: &[u8]) -> bool {
    let text = String::from_utf8(text.to_vec()).unwrap_or_default();
    let marks = text.lines().filter_map(|line| line.strip_prefix(MARK));
    marks.map(|mark| mark.split(' ').count()).any(|words| words == 3)
}

/// The path that a text of ours looks for first, where it is one.
fn tix_in(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("tix='")?;
    let (word, _) = rest.split_once("'\n")?;
    let path = word.replace("'\\''", "'");
    path.contains('/').then_some(path)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    fn recipe(tix: &str) -> Recipe {
        let guarded = ["main", "it's"].map(|name| RefName::branch(name).unwrap()).into();
        Recipe { tix: Some(tix.to_owned()), guarded, reach: ScriptReach::Own }
    }

    #[test]
    fn a_text_of_ours_is_recognised_until_a_byte_of_it_is_changed() {
        for hook in Hook::value_variants().iter().copied() {
            let tix = Some("/bin/tix".to_owned());
            for (text, tix) in [
                (recipe("/bin/tix").file(hook), tix.clone()),
                (recipe("/bin/tix").command(hook), tix),
                (recipe("/bin/tix").by_hand(hook), None),
            ] {
                let mark = ScriptMark { version: VERSION, tix };
                assert_eq!(author(hook, text.as_bytes()), ScriptAuthor::Tix(mark));
                assert_eq!(author(hook, format!("{text}#").as_bytes()), ScriptAuthor::Edited);
                let before = text.replacen('\n', "\nexit 0\n", 1);
                let is_file = text.starts_with(SHEBANG);
                assert!(!is_file || author(hook, before.as_bytes()) == ScriptAuthor::Edited);
                let other = text.replace("/bin/tix", "/bin/tax");
                assert_eq!(author(hook, other.as_bytes()), ScriptAuthor::Edited);
            }
        }
        let text = recipe("/bin/tix").file(Hook::PrePush);
        assert_eq!(author(Hook::PreCommit, text.as_bytes()), ScriptAuthor::Edited);
    }

    #[test]
    fn what_somebody_else_wrote_is_foreign() {
        for text in
            ["", "#!/bin/sh\nexec tix hook git pre-commit\n", "#!/bin/sh\n\n# tix-hook v1\n"]
        {
            assert_eq!(author(Hook::PreCommit, text.as_bytes()), ScriptAuthor::Foreign, "{text:?}");
        }
        assert_eq!(author(Hook::PreCommit, b"\xff\xfe"), ScriptAuthor::Foreign);
    }

    #[test]
    fn an_older_or_newer_version_is_known_by_its_number_with_either_sum() {
        let body = "tix='/old/it'\\''s tix'\nrest\n";
        for (version, sum) in [(0, "e8debcb641ed4d22"), (1, "e8debcb641ed4d22"), (7, "1c0311d2")] {
            let text = format!("{SHEBANG}{MARK}{version} pre-push {sum}\n{body}");
            let mark = ScriptMark { version, tix: Some("/old/it's tix".to_owned()) };
            assert_eq!(author(Hook::PrePush, text.as_bytes()), ScriptAuthor::Tix(mark));
            let changed = format!("{text}exit 0\n");
            assert_eq!(author(Hook::PrePush, changed.as_bytes()), ScriptAuthor::Edited);
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_taken_for_ours_by_chance_and_none_panics(text: Vec<u8>, tail in ".*") {
            let marked = format!("{SHEBANG}{MARK}{tail}");
            for text in [text.as_slice(), marked.as_bytes()] {
                proptest::prop_assert!(!matches!(author(Hook::PrePush, text), ScriptAuthor::Tix(_)));
            }
        }

        #[test]
        fn any_path_is_one_word_of_the_script(path in "/[^\0]*") {
            let text = recipe(&path).file(Hook::PreCommit);
            let word = format!("\ntix={}\n", shell_quoted(&path));
            proptest::prop_assert!(text.contains(&word));
        }
    }
}
