//! The rule over the tickets in a commit: where they may go, and that they can be read. Pure: it is handed the contents.
//!
//! A commit that somebody else made may stand for several steps, so it is held against what some chain of commands
//! could have done within one step between lanes (`machine::joins`), not against one verb.

use std::collections::BTreeMap;

use super::rule::{Breach, BreachReason, TicketDelta};
use crate::lifecycle::machine::{joins, lane_of};
use crate::names::Oid;
use crate::ticket::{Document, Lane, StatusError};

/// Reads contents by their id.
pub trait Texts {
    /// Why they cannot be read.
    type Error;

    /// The contents; `None` when they are not there.
    fn text(&mut self, oid: &Oid) -> Result<Option<Vec<u8>>, Self::Error>;
}

/// All places of one ticket in a commit.
#[derive(Default)]
struct TicketPlaces<'t> {
    old: Vec<&'t TicketDelta>,
    new: Vec<&'t TicketDelta>,
}

pub fn judge<T: Texts>(tickets: &[TicketDelta], texts: &mut T) -> Result<Vec<Breach>, T::Error> {
    let mut breaches = Vec::new();
    for story in stories(tickets).values() {
        judge_moves(story, &mut breaches);
        for place in &story.new {
            if let Some(why) = judge_text(place, story, texts)? {
                breaches.push(Breach { path: Some(place.path.clone()), why });
            }
        }
    }
    Ok(breaches)
}

/// The places by ticket. A claim gives a ticket without a sequence its number, so `TICKET-foo` that goes and
/// `TICKET-foo-001` that comes are one.
fn stories(tickets: &[TicketDelta]) -> BTreeMap<&[u8], TicketPlaces<'_>> {
    let mut stories: BTreeMap<&[u8], TicketPlaces<'_>> = BTreeMap::new();
    for ticket in tickets {
        let story = stories.entry(&ticket.stem).or_default();
        if ticket.old.iter().any(Option::is_some) {
            story.old.push(ticket);
        }
        if ticket.new.is_some() {
            story.new.push(ticket);
        }
    }
    let is_gone = |story: &TicketPlaces<'_>| story.new.is_empty();
    let gone: Vec<&[u8]> = stories.iter().filter(|(_, s)| is_gone(s)).map(|(k, _)| *k).collect();
    for stem in gone {
        let is_heir = |(key, story): (&&[u8], &TicketPlaces<'_>)| {
            story.old.is_empty() && is_numbered(key, stem)
        };
        let heir = stories.iter().find(|(key, story)| is_heir((key, story))).map(|(key, _)| *key);
        if let Some(heir) = heir
            && let Some(before) = stories.remove(stem)
        {
            stories.entry(heir).or_default().old.extend(before.old);
        }
    }
    stories
}

/// Whether `name` is `stem` with a sequence behind it.
fn is_numbered(name: &[u8], stem: &[u8]) -> bool {
    let sequence = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix(b"-"));
    sequence.is_some_and(|s| s.len() >= 3 && s.iter().all(u8::is_ascii_digit))
}

fn judge_moves(story: &TicketPlaces<'_>, breaches: &mut Vec<Breach>) {
    let mut refuse = |place: &TicketDelta, why| {
        breaches.push(Breach { path: Some(place.path.clone()), why });
    };
    let Some((first, others)) = story.new.split_first() else {
        for place in &story.old {
            refuse(place, BreachReason::Vanished);
        }
        return;
    };
    for place in others {
        refuse(place, BreachReason::Twice);
    }
    let from: Vec<Lane> = story.old.iter().map(|place| place.lane).collect();
    // A merge shows only what differs from all parents: where a ticket was may be equal to one of them.
    let is_merge = first.old.len() > 1;
    if from.is_empty() {
        if !is_merge && !joins(None, first.lane) {
            refuse(first, BreachReason::Born(first.lane));
        }
    } else if let Some(lane) = from.iter().find(|lane| !joins(Some(**lane), first.lane)) {
        refuse(first, BreachReason::Jump { from: *lane, to: first.lane });
    }
}

/// What is wrong with a ticket's text and was not wrong before: a file that was unreadable, or in the wrong lane for
/// its status, may still be edited there and be moved as it is.
fn judge_text<T: Texts>(
    place: &TicketDelta,
    story: &TicketPlaces<'_>,
    texts: &mut T,
) -> Result<Option<BreachReason>, T::Error> {
    let Some(new) = &place.new else { return Ok(None) };
    let before = || story.old.iter().flat_map(|o| o.old.iter().flatten().map(|oid| (o.lane, oid)));
    let Some(text) = texts.text(new)? else { return Ok(Some(BreachReason::Missing)) };
    let document = match Document::parse(text) {
        Ok(document) => document,
        Err(_) if before().any(|(_, oid)| oid == new) => return Ok(None),
        Err(error) => return Ok(Some(BreachReason::Unreadable(error))),
    };
    let why = match document.status() {
        Ok(reading) if lane_of(reading.status) == place.lane => return Ok(None),
        Ok(reading) => BreachReason::Misplaced { status: reading.status, lane: place.lane },
        // Not every ticket in the wild says what it is, and where it lies says enough.
        Err(StatusError::Missing) => return Ok(None),
        Err(StatusError::Unknown { line, text }) => BreachReason::UnknownStatus { line, text },
    };
    for (_, oid) in before().filter(|(lane, _)| *lane == place.lane) {
        let old = texts.text(oid)?.and_then(|text| Document::parse(text).ok());
        if old.is_some_and(|old| old.text("status") == document.text("status")) {
            return Ok(None);
        }
    }
    Ok(Some(why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::RepoPath;
    use crate::ticket::Status;

    /// Contents that are their own id, as far as a test needs it.
    #[derive(Default)]
    struct Scene {
        texts: BTreeMap<Oid, Vec<u8>>,
        tickets: Vec<TicketDelta>,
    }

    impl Scene {
        fn text(&mut self, text: &str) -> Oid {
            let known = self.texts.iter().find(|(_, known)| *known == text.as_bytes());
            if let Some((oid, _)) = known {
                return oid.clone();
            }
            let oid = Oid::parse(&format!("{:040x}", self.texts.len() + 1)).unwrap();
            self.texts.insert(oid.clone(), text.into());
            oid
        }

        /// A path below the tickets, with its contents before and after.
        fn with(mut self, path: &str, old: Option<&str>, new: Option<&str>) -> Scene {
            let (lane, name) = (path.split('/').next().unwrap(), path.rsplit('/').next().unwrap());
            let old = old.map(|text| self.text(text));
            let new = new.map(|text| self.text(text));
            self.tickets.push(TicketDelta {
                stem: name.strip_suffix(".md").unwrap().into(),
                lane: Lane::from_dir_name(lane.as_bytes()).unwrap(),
                path: RepoPath::parse(format!("tickets/{path}")).unwrap(),
                old: vec![old],
                new,
            });
            self
        }

        fn whys(&self) -> Vec<BreachReason> {
            let Ok(breaches) = judge(&self.tickets, &mut self.texts.clone());
            breaches.into_iter().map(|breach| breach.why).collect()
        }
    }

    impl Texts for BTreeMap<Oid, Vec<u8>> {
        type Error = std::convert::Infallible;

        fn text(&mut self, oid: &Oid) -> Result<Option<Vec<u8>>, Self::Error> {
            Ok(self.get(oid).cloned())
        }
    }

    fn status(word: &str) -> String {
        format!("---\nstatus: {word}\n---\n")
    }

    fn moved(from: &str, old: &str, to: &str, new: &str) -> Vec<BreachReason> {
        let (from, to) = (format!("{from}/T.md"), format!("{to}/x/T.md"));
        let (old, new) = (status(old), status(new));
        Scene::default().with(&from, Some(&old), None).with(&to, None, Some(&new)).whys()
    }

    #[test]
    fn a_ticket_goes_where_some_command_would_take_it() {
        assert_eq!(moved("queue", "open", "active", "claimed"), []);
        assert_eq!(moved("active", "in_progress", "queue", "open"), []);
        assert_eq!(moved("active", "in_progress", "completed", "approved"), []);
        assert_eq!(moved("queue", "open", "archive", "closed"), []);
        let jump = BreachReason::Jump { from: Lane::Queue, to: Lane::Completed };
        assert_eq!(moved("queue", "open", "completed", "approved"), [jump]);
        assert_eq!(moved("completed", "approved", "active", "in_progress"), []);
        let jump = BreachReason::Jump { from: Lane::Archive, to: Lane::Active };
        assert_eq!(moved("archive", "closed", "active", "in_progress"), [jump]);
    }

    #[test]
    fn a_status_belongs_into_its_lane() {
        let misplaced = BreachReason::Misplaced { status: Status::Open, lane: Lane::Active };
        assert_eq!(moved("queue", "open", "active", "open"), [misplaced]);
        assert_eq!(moved("queue", "open", "active", ""), []);
        let unknown = BreachReason::UnknownStatus { line: 2, text: "soon".to_owned() };
        assert_eq!(moved("queue", "open", "active", "soon"), [unknown]);
        assert_eq!(moved("queue", "open", "active", "in_progress"), []);
    }

    #[test]
    fn a_ticket_that_goes_must_come_back_and_a_new_one_begins_in_the_queue() {
        let open = status("open");
        let gone = Scene::default().with("queue/T.md", Some(&open), None);
        assert_eq!(gone.whys(), [BreachReason::Vanished]);
        let born = |path| Scene::default().with(path, None, Some(&open));
        assert_eq!(born("queue/T.md").whys(), []);
        let active = status("in_progress");
        let born = Scene::default().with("active/T/T.md", None, Some(&active));
        assert_eq!(born.whys(), [BreachReason::Born(Lane::Active)]);
        let both = Scene::default().with("queue/T.md", None, Some(&open)).with(
            "queue/x/T.md",
            None,
            Some(&open),
        );
        assert_eq!(both.whys(), [BreachReason::Twice]);
    }

    #[test]
    fn a_claim_that_numbers_a_ticket_is_a_move() {
        let (open, claimed) = (status("open"), status("claimed"));
        let numbered = |name: &str| {
            Scene::default()
                .with("queue/TICKET-foo.md", Some(&open), None)
                .with(&format!("active/x/{name}.md"), None, Some(&claimed))
                .whys()
        };
        assert_eq!(numbered("TICKET-foo-001"), []);
        for other in ["TICKET-foo-1", "TICKET-foox-001", "TICKET-foo-001x", "TICKET-bar-001"] {
            assert_eq!(numbered(other).len(), 2, "{other}");
        }
    }

    #[test]
    fn what_was_wrong_before_may_stay_and_nothing_else_may_become_wrong() {
        let (bad, worse) = ("no front matter\n", "no front matter at all\n");
        let edit = |old, new| Scene::default().with("queue/T.md", Some(old), Some(new)).whys();
        assert!(matches!(edit(bad, worse)[..], [BreachReason::Unreadable(_)]));
        let as_it_is = Scene::default().with("queue/T.md", Some(bad), None).with(
            "archive/T.md",
            None,
            Some(bad),
        );
        assert_eq!(as_it_is.whys(), []);
        // The wrong status for its lane, and somebody adds a note.
        let (old, new) = (status("in_progress"), status("in_progress") + "a note\n");
        assert_eq!(edit(&old, &new), []);
        assert_eq!(edit(&status("open"), &new).len(), 1);
    }

    #[test]
    fn a_merge_may_show_only_a_part_of_a_move() {
        let claimed = status("claimed");
        let mut scene = Scene::default().with("active/T/T.md", None, Some(&claimed));
        scene.tickets[0].old.push(None);
        assert_eq!(scene.whys(), []);
    }

    #[test]
    fn contents_that_are_not_there_are_no_ticket() {
        let open = status("open");
        let mut scene = Scene::default().with("queue/T.md", None, Some(&open));
        scene.texts.clear();
        assert_eq!(scene.whys(), [BreachReason::Missing]);
    }
}
