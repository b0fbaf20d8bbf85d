//! Finds the person that a part of a name means, among all who have left a trace here.

use super::context::Context;
use crate::error::{Exit, Failure};
use crate::git::GitError;
use crate::lifecycle::trailer;
use crate::names::Oid;
use crate::ticket::{Lane, name_of};
use crate::trunk::{Run, View};

/// How many commits are searched for authors: somebody who made none of them is rarely meant.
const COMMITS: usize = 10_000;

/// How many people an error lists.
const LISTED: usize = 12;

/// The person that is meant: among those who committed, who hold a ticket, and the roles of the team. First from what was
/// last fetched, then, if nobody is found, after a fetch.
pub fn find_person(ctx: &Context<'_>, query: &str) -> Result<String, Failure> {
    if is_whole(query) {
        return Ok(query.to_owned());
    }
    if let Ok(view) = ctx.last_seen()
        && let PersonMatch::One(person) = resolve(query, &known_people(ctx, &view)?)
    {
        return Ok(person);
    }
    let run = Run::begin(&ctx.repo)?;
    let silent = |_| {};
    let engine = ctx.engine(&run, &silent);
    let people = known_people(ctx, &engine.fetch_view()?)?;
    let (message, people) = match resolve(query, &people) {
        PersonMatch::One(person) => return Ok(person),
        PersonMatch::Several(several) => {
            (format!("`{query}` is {} people", several.len()), several)
        }
        PersonMatch::Nobody => (format!("nobody here is called `{query}`"), people),
    };
    let more = people.len().saturating_sub(LISTED);
    let mut listed: Vec<String> = people.into_iter().take(LISTED).collect();
    listed.extend((more > 0).then(|| format!("and {more} more")));
    Err(Failure::new(Exit::Usage, message)
        .fact("people", listed.join("\n"))
        .hint("name one of them by part of the name or by address")
        .hint("for somebody new, give `Name <address>`, or add --new-person"))
}

/// Whether it is a name with an address, as git writes both. That identifies anybody, also somebody new: git-commit(1)
/// reads the value of `--author` in the same way, and anything else as a part of one.
fn is_whole(query: &str) -> bool {
    let address = query.split_once(" <").and_then(|(_, rest)| rest.strip_suffix('>'));
    address.is_some_and(|address| address.contains('@') && !address.contains(['<', '>']))
}

/// Everybody who has left a trace here, each once.
fn known_people(ctx: &Context<'_>, view: &View<'_>) -> Result<Vec<String>, GitError> {
    let base = ctx.objects.resolve(ctx.seen_ref(&ctx.base).as_str())?;
    let tips: Vec<Oid> = view.commit().cloned().into_iter().chain(base).collect();
    let mut people = ctx.repo.people(&tips, trailer::ACTOR, COMMITS)?;
    let held: Vec<_> =
        view.snapshot.entries.iter().filter(|entry| entry.lane == Lane::Active).collect();
    view.heads(&ctx.repo, &held, |_, head| {
        people.extend(head.into_iter().filter_map(|head| head.claimed_by));
    })?;
    people.extend(ctx.config.roles.keys().cloned());
    let mut all: Vec<String> = Vec::new();
    for person in people {
        if !all.contains(&person) {
            all.push(person);
        }
    }
    Ok(all)
}

#[derive(Debug, PartialEq, Eq)]
enum PersonMatch {
    One(String),
    Several(Vec<String>),
    Nobody,
}

/// The whole text wins over a whole name or address, and that over a part of one; case never counts. Somebody who has
/// committed under several names, and one address, is one person, by the newest name.
fn resolve(query: &str, people: &[String]) -> PersonMatch {
    let query = query.trim().to_lowercase();
    let address = |person: &str| {
        let inner = person.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
        inner.map(str::to_lowercase)
    };
    let tests: [&dyn Fn(&str) -> bool; 3] = [
        &|person| person.to_lowercase() == query,
        &|person| {
            name_of(person).to_lowercase() == query || address(person).as_ref() == Some(&query)
        },
        &|person| !query.is_empty() && person.to_lowercase().contains(&query),
    ];
    for test in tests {
        let mut found: Vec<&String> = Vec::new();
        for person in people.iter().filter(|person| test(person)) {
            let is_same = |other: &&String| {
                address(person).is_some_and(|mail| address(other).as_ref() == Some(&mail))
            };
            if !found.iter().any(is_same) {
                found.push(person);
            }
        }
        match found.as_slice() {
            [] => {}
            [one] => return PersonMatch::One((*one).clone()),
            several => return PersonMatch::Several(several.iter().copied().cloned().collect()),
        }
    }
    PersonMatch::Nobody
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_an_address_says_who_is_meant() {
        assert!(is_whole("Eve <eve@example.org>"));
        for part in ["eve", "eve@example.org", "Eve <eve", "Eve <eve>", "Eve <a@b> <c@d>"] {
            assert!(!is_whole(part), "{part}");
        }
    }

    #[test]
    fn a_person_is_found_by_a_part_of_the_name_or_by_the_address() {
        let people = [
            "Ada Example <ada@example.org>",
            "Bob <bob@example.org>",
            "Bobby Tables <bobby@example.net>",
            "B. Tables <BOBBY@example.net>",
            "agent-2",
            "reviewer",
        ];
        let people = people.map(str::to_owned);
        let find = |query: &str| match resolve(query, &people) {
            PersonMatch::One(person) => person,
            PersonMatch::Several(all) => format!("{}: {}", all.len(), all.join(", ")),
            PersonMatch::Nobody => "nobody".to_owned(),
        };
        for (query, found) in [
            ("Bob <bob@example.org>", "Bob <bob@example.org>"),
            ("bob", "Bob <bob@example.org>"),
            ("bob@example.org", "Bob <bob@example.org>"),
            (" ADA ", "Ada Example <ada@example.org>"),
            ("tables", "Bobby Tables <bobby@example.net>"),
            ("agent", "agent-2"),
            ("Reviewer", "reviewer"),
            ("example.org", "2: Ada Example <ada@example.org>, Bob <bob@example.org>"),
            ("two", "nobody"),
            (" ", "nobody"),
        ] {
            assert_eq!(find(query), found, "{query}");
        }
    }
}
