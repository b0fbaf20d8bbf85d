//! Words in a row: arguments, arrays, lists in braces, and what a loop goes over.

use super::word::{OpenWord, ShellWord, Variables};

/// A loop over more words than these is not gone through word by word.
const TURNS: usize = 5;

/// With one of these a word stands for the names of files.
pub const PATTERN: [char; 3] = ['*', '?', '['];

/// What the names of the elements of an array begin with, among the variables.
pub fn in_array(name: &str) -> String {
    format!("{name}[")
}

/// The arguments of a function or a shell, where they are known.
pub fn positional(variables: &Variables) -> Option<Vec<ShellWord>> {
    listed(variables, "")
}

/// Gives a function or a shell arguments: without any they are not known.
pub fn set_positional(variables: &mut Variables, arguments: Option<Vec<ShellWord>>) {
    set_listed(variables, "", arguments);
}

/// The words that stand in a row under this beginning of names, where they are known.
pub fn listed(variables: &Variables, prefix: &str) -> Option<Vec<ShellWord>> {
    let count: usize = variables.get(&format!("{prefix}#"))?.text()?.parse().ok()?;
    (1..=count).map(|number| variables.get(&format!("{prefix}{number}")).cloned()).collect()
}

/// Puts words in a row under this beginning of names.
pub fn set_listed(variables: &mut Variables, prefix: &str, words: Option<Vec<ShellWord>>) {
    let is_of_row =
        |name: &str| name == "#" || name.starts_with(|first: char| first.is_ascii_digit());
    variables.retain(|name, _| !name.strip_prefix(prefix).is_some_and(is_of_row));
    let Some(words) = words.filter(|all| !all.iter().any(ShellWord::is_list)) else {
        return;
    };
    variables.insert(format!("{prefix}#"), ShellWord::known(words.len().to_string()));
    let numbered = words.into_iter().enumerate();
    variables.extend(numbered.map(|(at, word)| (format!("{prefix}{}", at + 1), word)));
}

/// How many words the braces of one may make.
const MOST_BRACES: usize = 64;
/// How long a word with braces may be.
const LONGEST_BRACES: usize = 1024;

/// The words that lists in braces make of one. `None` for what is more than lists, or too much.
pub fn braces(text: &str) -> Option<Vec<String>> {
    if text.len() > LONGEST_BRACES {
        return None;
    }
    let Some(open) = text.find('{') else { return Some(vec![text.to_owned()]) };
    let (before, rest) = text.split_at(open);
    let (mut depth, mut commas, mut close) = (0_usize, vec![open], None);
    for (at, sign) in rest.char_indices() {
        match sign {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => commas.push(open + at),
            '\\' => return None,
            _ => {}
        }
        if depth == 0 {
            close = Some(open + at);
            break;
        }
    }
    let close = close.filter(|_| commas.len() > 1)?;
    commas.push(close);
    let behind = braces(text.get(close + 1..)?)?;
    let mut words = Vec::new();
    for ends in commas.windows(2) {
        let [start, end] = ends else { continue };
        for inner in braces(text.get(start + 1..*end)?)? {
            words.extend(behind.iter().map(|behind| format!("{before}{inner}{behind}")));
        }
    }
    (words.len() <= MOST_BRACES).then_some(words)
}

/// What the variable of a loop over these words stands for, turn by turn. Of a word that may be several there are two, because
/// the second turn may begin where the first one ended.
pub fn turns(words: &[ShellWord]) -> Vec<ShellWord> {
    let of_word = |word: &ShellWord| match word.text() {
        Some(text) if text.contains(PATTERN) => {
            let start = text.split(PATTERN).next().unwrap_or_default().to_owned();
            let any = OpenWord { start, written: text.to_owned(), ..OpenWord::default() };
            vec![ShellWord::Open(any); 2]
        }
        Some(_) => vec![word.clone()],
        None => vec![word.clone(); 2],
    };
    if (1..=TURNS).contains(&words.len()) {
        return words.iter().flat_map(of_word).collect();
    }
    let all = words.iter().map(ShellWord::written).collect::<Vec<_>>().join(",");
    vec![ShellWord::Open(OpenWord { written: format!("{{{all}}}"), ..OpenWord::default() }); 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_braces_make_words() {
        let words = |text| braces(text).map(|words| words.join(" "));
        assert_eq!(words("a{b,c}d"), Some("abd acd".to_owned()));
        assert_eq!(words("{a,b{c,d}}{e,}"), Some("ae a bce bc bde bd".to_owned()));
        assert_eq!(words("plain"), Some("plain".to_owned()));
        for text in ["{a}", "{1..3}", "{a,b", "a}{", &"{a,b}".repeat(9)] {
            assert_eq!(words(text), None, "{text}");
        }
    }
}
