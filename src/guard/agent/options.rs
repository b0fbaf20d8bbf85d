//! The options of git's subcommands, as far as they decide what a command moves.

use super::super::shell::ShellWord;

/// Which options of a subcommand take a value, and which long names may be abbreviated.
pub struct Grammar {
    /// Letters whose value is the rest of the word, or the next one.
    pub letters: &'static str,
    /// Letters whose value is the rest of the word, if there is one.
    pub attached: &'static str,
    /// Long options whose value may be the next word.
    pub valued: &'static str,
    /// The other long options that matter.
    pub flags: &'static str,
}

/// The arguments of a call, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Options {
    given: Vec<(String, Option<ShellWord>)>,
    pub operands: Vec<ShellWord>,
    /// What stands behind `--`, if that is there.
    pub paths: Option<Vec<ShellWord>>,
}

impl Options {
    /// Takes arguments apart.
    pub fn read(args: &[ShellWord], grammar: &Grammar) -> Options {
        let mut options = Options::default();
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let text = word.start();
            if word.is("--") {
                options.paths = Some(words.cloned().collect());
                break;
            }
            if text.starts_with("--") {
                options.long(word, &mut words, grammar);
            } else if text.starts_with('-') && text.len() > 1 {
                options.cluster(word, &mut words, grammar);
            } else {
                options.operands.push(word.clone());
            }
        }
        options
    }

    /// The same for a subcommand that takes no paths: what stands behind `--` are operands too.
    pub fn of_names(args: &[ShellWord], grammar: &Grammar) -> Options {
        let mut options = Options::read(args, grammar);
        options.operands.extend(options.paths.take().into_iter().flatten());
        options
    }

    fn long<'w>(
        &mut self,
        word: &ShellWord,
        words: &mut impl Iterator<Item = &'w ShellWord>,
        grammar: &Grammar,
    ) {
        let (name, value) = match word.split_assignment() {
            Some((name, value)) => (name, Some(value)),
            None => (word.start(), None),
        };
        let name = full_name(name, grammar);
        let value = match value {
            None if grammar.valued.split(' ').any(|known| known == name) => words.next().cloned(),
            value => value,
        };
        self.given.push((name.to_owned(), value));
    }

    fn cluster<'w>(
        &mut self,
        word: &ShellWord,
        words: &mut impl Iterator<Item = &'w ShellWord>,
        grammar: &Grammar,
    ) {
        let letters = word.start();
        for (place, letter) in letters.char_indices().skip(1) {
            let name = format!("-{letter}");
            if grammar.letters.contains(letter) {
                let rest = letters
                    .get(..place + letter.len_utf8())
                    .and_then(|head| word.strip_prefix(head));
                let value = rest.filter(|rest| !rest.is(""));
                self.given.push((name, value.or_else(|| words.next().cloned())));
                return;
            }
            self.given.push((name, None));
            if grammar.attached.contains(letter) {
                return;
            }
        }
    }

    pub fn has(&self, names: &[&str]) -> bool {
        self.given.iter().any(|(name, _)| names.contains(&name.as_str()))
    }

    /// The value of the last of these options.
    pub fn value(&self, names: &[&str]) -> Option<&ShellWord> {
        let found = self.given.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
        found.and_then(|(_, value)| value.as_ref())
    }

    /// The values of all of these options.
    pub fn values(&self, names: &[&str]) -> impl Iterator<Item = &ShellWord> {
        let found = self.given.iter().filter(move |(name, _)| names.contains(&name.as_str()));
        found.filter_map(|(_, value)| value.as_ref())
    }

    /// Operands and what stands behind `--`.
    pub fn everything(&self) -> Vec<ShellWord> {
        self.operands.iter().chain(self.paths.iter().flatten()).cloned().collect()
    }
}

/// git takes any beginning of a long option that belongs to one only.
fn full_name<'n>(name: &'n str, grammar: &Grammar) -> &'n str {
    let all = || {
        grammar.valued.split(' ').chain(grammar.flags.split(' ')).filter(|known| !known.is_empty())
    };
    if all().any(|known| known == name) {
        return name;
    }
    let mut fits = all().filter(|known| known.starts_with(name));
    match (fits.next(), fits.next()) {
        (Some(only), None) => only,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: Grammar = Grammar {
        letters: "mF",
        attached: "u",
        valued: "--message --file",
        flags: "--all --amend --allow-empty --no-verify",
    };

    fn read(line: &str) -> Options {
        let words: Vec<ShellWord> = line.split(' ').map(ShellWord::known).collect();
        Options::read(&words, &COMMIT)
    }

    #[test]
    fn clusters_values_and_abbreviations_are_read_as_git_does() {
        let options = read("-am text --no-ver x -- y z");
        assert!(options.has(&["-a"]) && options.has(&["--no-verify"]) && !options.has(&["-t"]));
        assert_eq!(options.value(&["-m", "--message"]), Some(&ShellWord::known("text")));
        assert_eq!(options.operands, [ShellWord::known("x")]);
        assert_eq!(options.paths.unwrap().len(), 2);
        assert_eq!(read("-mtext").value(&["-m"]), Some(&ShellWord::known("text")));
        assert_eq!(read("--mess=a b").value(&["--message"]), Some(&ShellWord::known("a")));
        assert!(read("-m --amend").operands.is_empty() && !read("-m --amend").has(&["--amend"]));
        assert!(!read("--a").has(&["--amend", "--all"]));
        let untracked = read("-uno x");
        assert!(untracked.has(&["-u"]) && !untracked.has(&["-n"]) && untracked.operands.len() == 1);
    }

    #[test]
    fn a_value_of_which_only_the_beginning_is_known_is_still_a_value() {
        let words = [ShellWord::begins("-m"), ShellWord::known("x")];
        let options = Options::read(&words, &COMMIT);
        assert_eq!(options.value(&["-m"]).map(ShellWord::start), Some(""));
        assert_eq!(options.operands.len(), 1);
    }
}
