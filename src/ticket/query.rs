//! Which ticket a query means.

use super::id::{PREFIX, TicketId};
use crate::text::near;

/// How many ids are suggested when nothing matches.
const SUGGESTIONS: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryMatch<'a> {
    One(&'a TicketId),
    /// All of these, in the order of the list.
    Many(Vec<&'a TicketId>),
    None {
        /// The ids most similar to the query, best first; at most three.
        nearest: Vec<&'a TicketId>,
    },
}

/// Why a text cannot name a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The text has only blanks.
    #[error("a ticket is named by its id, a part of its id or its file; this name is empty")]
    Empty,
    /// The text contains a control character.
    #[error("the name of a ticket cannot contain control characters")]
    Unprintable,
}

/// Finds the ticket that a person means: by its id, the id without `TICKET-`, the id without its sequence, a part of
/// the id, or a path to its file. An earlier rule wins over a later one, and case matters only for an exact id.
///
/// Of several that match by the same rule, those are meant that are `likely`, and of these the ones that are `likelier`:
/// tickets that a verb cannot act on do not get in the way. What a verb can act on never outweighs a whole name, or a
/// command that is repeated would do to another ticket what it has done to this one.
///
/// Only the last component of a path counts, so the path may lead anywhere. A path names a whole ticket, never a part
/// of an id.
pub fn resolve<'a>(
    query: &str,
    ids: &'a [TicketId],
    prefer: &Preference<'_>,
) -> Result<QueryMatch<'a>, QueryError> {
    let query = query.trim();
    if query.is_empty() {
        return Err(QueryError::Empty);
    }
    if query.contains(char::is_control) {
        return Err(QueryError::Unprintable);
    }
    let path = query.trim_end_matches(['/', '\\']);
    let file = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = file.strip_suffix(".md").unwrap_or(file);
    let is_path = name.len() < query.len();

    let is_name =
        |text: &str| text.eq_ignore_ascii_case(name) || short(text).eq_ignore_ascii_case(name);
    let tests: [&dyn Fn(&TicketId) -> bool; 4] = [
        &|id| id.as_str() == name,
        &|id| is_name(id.as_str()),
        &|id| is_name(id.without_sequence()),
        &|id| !is_path && has_part(id.as_str(), name),
    ];
    for test in tests {
        let mut found: Vec<&TicketId> = ids.iter().filter(|id| test(id)).collect();
        for likelier in [prefer.likely, prefer.likelier] {
            if found.len() > 1 && found.iter().any(|id| likelier(id)) {
                found.retain(|id| likelier(id));
            }
        }
        match found.as_slice() {
            [] => {}
            [one] => return Ok(QueryMatch::One(one)),
            _ => return Ok(QueryMatch::Many(found)),
        }
    }
    Ok(QueryMatch::None { nearest: nearest(name, ids) })
}

/// Which tickets a command probably means.
pub struct Preference<'p> {
    /// Those that the verb can act on.
    pub likely: &'p dyn Fn(&TicketId) -> bool,
    /// Of those, the ones to prefer if there are several.
    pub likelier: &'p dyn Fn(&TicketId) -> bool,
}

#[cfg(test)]
impl Preference<'_> {
    pub const NONE: Preference<'static> = Preference { likely: &|_| true, likelier: &|_| true };
}

/// The id without `TICKET-`, in any case.
fn short(id: &str) -> &str {
    match id.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => id,
    }
}

/// Whether an id contains this part, in any case. `TICKET-`, which is the same in all ids, only counts for a part that begins
/// with it.
fn has_part(id: &str, part: &str) -> bool {
    let text = if short(part).len() < part.len() { id } else { short(id) };
    !part.is_empty()
        && text
            .as_bytes()
            .windows(part.len())
            .any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// The ids that differ from `name` by typing mistakes.
///
/// The comparison leaves out the sequence if that helps, and always `TICKET-`: it is the same in all ids and would make
/// any two of them look alike.
fn nearest<'a>(name: &str, ids: &'a [TicketId]) -> Vec<&'a TicketId> {
    // Words of the same number stand for a part of an id, as in a query that finds it.
    let length = name.split('-').count();
    let names = |id: &'a TicketId| {
        let whole = short(id.as_str()).to_ascii_lowercase();
        let family = short(id.without_sequence()).to_ascii_lowercase();
        let words: Vec<&str> = family.split('-').collect();
        let parts: Vec<String> = words.windows(length).map(|part| part.join("-")).collect();
        parts.into_iter().chain([whole, family.clone()]).map(move |name| (id, name))
    };
    let mut nearest = Vec::new();
    for id in near(&short(name).to_ascii_lowercase(), ids.iter().flat_map(names)) {
        if !nearest.contains(&id) {
            nearest.push(id);
        }
    }
    nearest.truncate(SUGGESTIONS);
    nearest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(texts: &[&str]) -> Vec<TicketId> {
        texts.iter().map(|text| TicketId::parse(text).unwrap()).collect()
    }

    /// The result of a query, as text: one id, `several`, or the suggestions after a question mark.
    fn find(query: &str, texts: &[&str]) -> String {
        let ids = ids(texts);
        let join =
            |ids: &[&TicketId]| ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(" ");
        match resolve(query, &ids, &Preference::NONE).unwrap() {
            QueryMatch::One(id) => id.to_string(),
            QueryMatch::Many(ids) => format!("several: {}", join(&ids)),
            QueryMatch::None { nearest } => format!("? {}", join(&nearest)),
        }
    }

    #[test]
    fn a_part_of_an_id_that_is_mistyped_is_near_it() {
        let ids = ["TICKET-nothing-done-001", "TICKET-y-001"];
        assert_eq!(find("nothng", &ids), "? TICKET-nothing-done-001");
        assert_eq!(find("nothing-dome", &ids), "? TICKET-nothing-done-001");
        assert_eq!(find("TICKET-say", &ids), "? ");
    }

    #[test]
    fn an_exact_id_wins_over_everything_that_contains_it() {
        let ids = ["TICKET-foo", "foo", "TICKET-foo-001", "TICKET-foo-bar"];
        assert_eq!(find("TICKET-foo", &ids), "TICKET-foo");
        assert_eq!(find("foo", &ids), "foo");
    }

    #[test]
    fn the_prefix_may_be_left_out() {
        assert_eq!(find("foo-001", &["TICKET-foo-001", "TICKET-xfoo-001"]), "TICKET-foo-001");
        assert_eq!(
            find("ticket-FOO-001", &["TICKET-foo-001", "TICKET-xfoo-001"]),
            "TICKET-foo-001"
        );
    }

    #[test]
    fn an_id_that_has_got_a_sequence_is_found_by_its_old_name() {
        let ids = ["TICKET-foo-001", "TICKET-foo-bar-001", "TICKET-foobar"];
        assert_eq!(find("TICKET-foo", &ids), "TICKET-foo-001");
        assert_eq!(find("foo", &ids), "TICKET-foo-001");
    }

    #[test]
    fn an_id_with_several_sequences_is_ambiguous() {
        let ids = ["TICKET-foo-001", "TICKET-foo-002", "TICKET-foobar"];
        assert_eq!(find("foo", &ids), "several: TICKET-foo-001 TICKET-foo-002");
    }

    #[test]
    fn a_part_is_enough_when_only_one_id_has_it() {
        let ids = ["TICKET-login-page-001", "TICKET-logout-001"];
        assert_eq!(find("page", &ids), "TICKET-login-page-001");
        assert_eq!(find("LOGOUT", &ids), "TICKET-logout-001");
        assert_eq!(find("log", &ids), "several: TICKET-login-page-001 TICKET-logout-001");
    }

    #[test]
    fn the_prefix_of_all_ids_is_a_part_of_none() {
        let ids = ["TICKET-alpha-001", "TICKET-ticket-sales-001"];
        assert_eq!(find("ticket", &ids), "TICKET-ticket-sales-001");
        assert_eq!(find("ket-a", &ids), "? ");
        assert_eq!(find("k", &["TICKET-alpha-001"]), "? ");
        assert_eq!(find("ticket-al", &ids), "TICKET-alpha-001");
    }

    #[test]
    fn what_cannot_be_meant_is_in_nobodys_way() {
        let all = ids(&[
            "TICKET-fix-login-001",
            "TICKET-fix-login-002",
            "TICKET-login-003",
            "TICKET-out",
        ]);
        let find = |query: &str, likely: &[&str], likelier: &[&str]| {
            let is =
                |some: &[&str], id: &TicketId| some.iter().any(|end| id.as_str().ends_with(end));
            let prefer =
                Preference { likely: &|id| is(likely, id), likelier: &|id| is(likelier, id) };
            match resolve(query, &all, &prefer).unwrap() {
                QueryMatch::One(id) => id.as_str().replace("TICKET-", ""),
                QueryMatch::Many(ids) => format!("{} tickets", ids.len()),
                QueryMatch::None { .. } => "none".to_owned(),
            }
        };
        assert_eq!(find("fix-login", &["002"], &[]), "fix-login-002");
        assert_eq!(find("fix-login", &[], &[]), "2 tickets");
        assert_eq!(find("fix-login", &["001", "002"], &["001"]), "fix-login-001");
        // A whole name means its ticket, whatever can be done with it.
        assert_eq!(find("login", &["002"], &[]), "login-003");
        assert_eq!(find("login", &["002", "003"], &[]), "login-003");
        // Somebody who types a full id means it.
        assert_eq!(find("fix-login-001", &["002"], &[]), "fix-login-001");
        assert_eq!(find("out", &["002"], &[]), "out");
    }

    #[test]
    fn a_path_names_the_ticket_by_its_file() {
        let ids = ["TICKET-foo-001", "TICKET-bar"];
        for path in [
            "tickets/queue/TICKET-foo-001.md",
            "/srv/a b/TICKET-foo-001.md",
            "..\\TICKET-foo-001.md",
            "TICKET-foo-001.md",
            "tickets/active/TICKET-foo-001/",
            "./tickets/queue/TICKET-foo.md",
        ] {
            assert_eq!(find(path, &ids), "TICKET-foo-001", "{path}");
        }
    }

    #[test]
    fn a_path_is_never_a_part_of_an_id() {
        assert_eq!(find("tickets/queue/TICKET-foo.md", &["TICKET-foobar-001"]), "? ");
    }

    #[test]
    fn a_dash_and_dots_name_nothing_else() {
        let ids = ["TICKET-foo-001"];
        assert_eq!(find("--force", &ids), "? ");
        assert_eq!(find("../..", &ids), "? ");
        assert_eq!(find("/", &ids), "? ");
        assert_eq!(find("*", &ids), "? ");
    }

    #[test]
    fn a_typing_mistake_gets_suggestions() {
        let ids = ["TICKET-login-001", "TICKET-logout-001", "TICKET-unrelated"];
        assert_eq!(find("TICKET-lgoin-001", &ids), "? TICKET-login-001 TICKET-logout-001");
        assert_eq!(find("lgoin", &ids), "? TICKET-login-001");
        assert_eq!(find("zzzzzz", &ids), "? ");
        assert_eq!(find("zz", &["TICKET-ab"]), "? ");
    }

    #[test]
    fn at_most_three_suggestions_are_made_best_first() {
        let ids =
            ["TICKET-alpha5", "TICKET-alpha4", "TICKET-alpha3", "TICKET-alphx1", "TICKET-alpha2"];
        assert_eq!(find("alpah2", &ids), "? TICKET-alpha2 TICKET-alpha3 TICKET-alpha4");
    }

    #[test]
    fn nothing_and_control_characters_are_no_query() {
        assert_eq!(resolve("", &[], &Preference::NONE), Err(QueryError::Empty));
        assert_eq!(resolve(" \t", &[], &Preference::NONE), Err(QueryError::Empty));
        assert_eq!(resolve("foo\u{1b}[31m", &[], &Preference::NONE), Err(QueryError::Unprintable));
        assert_eq!(resolve("a\nb", &[], &Preference::NONE), Err(QueryError::Unprintable));
    }

    proptest! {
        #[test]
        fn no_query_panics(
            query in any::<String>(),
            stems in proptest::collection::vec("[A-Za-z0-9][a-zA-Z0-9-]{0,9}", 0..9),
        ) {
            let parsed = stems.iter().map(|stem| TicketId::parse(stem));
            let ids: Vec<TicketId> = parsed.filter_map(Result::ok).collect();
            if let Ok(QueryMatch::Many(found)) = resolve(&query, &ids, &Preference::NONE) {
                prop_assert!(found.len() > 1);
            }
            for id in &ids {
                let same = ids.iter().filter(|other| *other == id).count();
                let found = resolve(id.as_str(), &ids, &Preference::NONE).unwrap();
                prop_assert!(same > 1 || found == QueryMatch::One(id));
            }
        }
    }
}
