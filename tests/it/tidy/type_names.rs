//! One word, one meaning: no public type has the name of another one, and none has a name that says nothing alone.

use std::collections::BTreeMap;

use super::source::{Kind, Source};
use super::{Findings, assert_none};

/// Words that only say something beside another one: `WorkerState`, `HookReport`.
const SAY_NOTHING_ALONE: [&str; 20] = [
    "Answer", "Args", "Data", "Entry", "Event", "Found", "Given", "Info", "Item", "Kind", "Line",
    "Mode", "Node", "Place", "Plan", "Report", "Seen", "State", "Step", "Word",
];

/// The public types of a source file, with their lines.
fn public_types(source: &Source) -> Vec<(usize, &str)> {
    let tokens: Vec<_> = source.tokens.iter().filter(|token| !token.scope.tests_only).collect();
    let mut found = Vec::new();
    for (index, pair) in tokens.windows(2).enumerate() {
        let defines =
            ["struct", "enum", "trait", "type", "union"].iter().any(|word| pair[0].is(word));
        if !defines || pair[0].kind != Kind::Word || pair[1].kind != Kind::Word {
            continue;
        }
        let before = &tokens[..index];
        let is_public = match before.last() {
            Some(last) if last.is("pub") => true,
            // `pub(crate)`, `pub(super)`
            Some(last) if last.is(")") => {
                before.iter().rev().nth(3).is_some_and(|token| token.is("pub"))
            }
            Some(_) | None => false,
        };
        if is_public {
            found.push((pair[1].line, pair[1].text.as_str()));
        }
    }
    found
}

fn names(sources: &[Source]) -> Findings {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for source in sources {
        for (line, name) in public_types(source) {
            places.entry(name).or_default().push(format!("{}:{line}", source.path));
        }
    }
    let twice = places.iter().filter(|(_, places)| places.len() > 1);
    let twice =
        twice.map(|(name, places)| format!("`{name}` is defined in {}", places.join(" and ")));
    let alone = places.iter().filter(|(name, _)| SAY_NOTHING_ALONE.contains(name));
    let alone = alone.map(|(name, places)| {
        format!("{}: `{name}` says nothing alone: say of what", places.join(" "))
    });
    twice.chain(alone).collect()
}

#[test]
fn no_public_type_name_is_defined_twice_or_says_nothing_alone() {
    assert_none(&names(&Source::below(&["src"])));
}

#[test]
fn a_name_that_is_taken_is_found() {
    let one = Source::parse(
        "src/a.rs",
        "pub struct Row { pub id: u32 }\npub(super) enum Cell { A }\nstruct Own;",
    );
    let two = Source::parse(
        "src/b.rs",
        "pub enum Row {}\nstruct Cell;\nstruct Own;\nimpl Iterator for Cell { type Item = u32; }\n#[cfg(test)]\nmod tests { pub struct Row; }",
    );
    let three = Source::parse("src/c.rs", "pub(crate) type Cell<T> = Vec<T>;\npub struct State;");
    let found = names(&[one, two, three]);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("`Cell`") && found[0].contains("src/c.rs:1"), "{found:#?}");
    assert!(found[1].contains("`Row`") && found[1].contains("src/b.rs:1"), "{found:#?}");
    assert!(found[2].contains("`State`"), "{found:#?}");
}
