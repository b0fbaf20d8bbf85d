//! The rule over the tickets in a commit: where they may go, and that they can be read. Pure: it is handed the contents.
//!
//! A commit that somebody else made may stand for several steps, so it is held against what some chain of commands
//! could have done within one step between lanes (`machine::joins`), not against one verb.

use std::collections::BTreeMap;

use super::rule::{Breach, TicketDelta, Why};
use crate::lifecycle::machine::{joins, lane_of};
use crate::names::Oid;
use crate::ticket::{Document, Lane, StatusError};

/// Reads contents by their id; `None` when they are not there.
pub trait Texts {
    /// The contents.
    fn text(&self, oid: &Oid) -> Option<&[u8]>;
}

impl Texts for BTreeMap<Oid, Vec<u8>> {
    fn text(&self, oid: &Oid) -> Option<&[u8]> {
        self.get(oid).map(Vec::as_slice)
    }
}

/// All places of one ticket in a commit.
#[derive(Default)]
struct Story<'t> {
    old: Vec<&'t TicketDelta>,
    new: Vec<&'t TicketDelta>,
}

/// The contents that must be at hand before the tickets can be judged.
pub fn wanted(tickets: &[TicketDelta]) -> Vec<Oid> {
    let all = tickets.iter().flat_map(|t| t.old.iter().chain(std::iter::once(&t.new)).flatten());
    let mut wanted: Vec<Oid> = all.cloned().collect();
    wanted.sort();
    wanted.dedup();
    wanted
}

/// Judges the moves and the contents.
pub fn judge(tickets: &[TicketDelta], texts: &impl Texts) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for story in stories(tickets).values() {
        judge_moves(story, &mut breaches);
        for place in &story.new {
            if let Some(why) = judge_text(place, story, texts) {
                breaches.push(Breach { path: Some(place.path.clone()), why });
            }
        }
    }
    breaches
}

/// The places by ticket. A claim gives a ticket without a sequence its number, so `TICKET-foo` that goes and
/// `TICKET-foo-001` that comes are one.
fn stories(tickets: &[TicketDelta]) -> BTreeMap<&[u8], Story<'_>> {
    let mut stories: BTreeMap<&[u8], Story<'_>> = BTreeMap::new();
    for ticket in tickets {
        let story = stories.entry(&ticket.stem).or_default();
        if ticket.old.iter().any(Option::is_some) {
            story.old.push(ticket);
        }
        if ticket.new.is_some() {
            story.new.push(ticket);
        }
    }
    let is_gone = |story: &Story<'_>| story.new.is_empty();
    let gone: Vec<&[u8]> = stories.iter().filter(|(_, s)| is_gone(s)).map(|(k, _)| *k).collect();
    for stem in gone {
        let is_heir =
            |(key, story): (&&[u8], &Story<'_>)| story.old.is_empty() && is_numbered(key, stem);
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

fn judge_moves(story: &Story<'_>, breaches: &mut Vec<Breach>) {
    let mut refuse = |place: &TicketDelta, why| {
        breaches.push(Breach { path: Some(place.path.clone()), why });
    };
    let Some((first, others)) = story.new.split_first() else {
        for place in &story.old {
            refuse(place, Why::Vanished);
        }
        return;
    };
    for place in others {
        refuse(place, Why::Twice);
    }
    let from: Vec<Lane> = story.old.iter().map(|place| place.lane).collect();
    // A merge shows only what differs from all parents: where a ticket was may be equal to one of them.
    let is_merge = first.old.len() > 1;
    if from.is_empty() {
        if !is_merge && !joins(None, first.lane) {
            refuse(first, Why::Born(first.lane));
        }
    } else if let Some(lane) = from.iter().find(|lane| !joins(Some(**lane), first.lane)) {
        refuse(first, Why::Jump { from: *lane, to: first.lane });
    }
}

/// What is wrong with a ticket's text and was not wrong before: a file that was unreadable, or in the wrong lane for
/// its status, may still be edited there and be moved as it is.
fn judge_text(place: &TicketDelta, story: &Story<'_>, texts: &impl Texts) -> Option<Why> {
    let new = place.new.as_ref()?;
    let mut before =
        story.old.iter().flat_map(|old| old.old.iter().flatten().map(|oid| (old.lane, oid)));
    let Some(text) = texts.text(new) else { return Some(Why::Missing) };
    let document = match Document::parse(text.to_vec()) {
        Ok(document) => document,
        Err(_) if before.any(|(_, oid)| oid == new) => return None,
        Err(error) => return Some(Why::Unreadable(error)),
    };
    let why = match document.status() {
        Ok(reading) if lane_of(reading.status) == place.lane => return None,
        Ok(reading) => Why::Misplaced { status: reading.status, lane: place.lane },
        // Not every ticket in the wild says what it is, and where it lies says enough.
        Err(StatusError::Missing) => return None,
        Err(StatusError::Unknown { line, text }) => Why::UnknownStatus { line, text },
    };
    let same = |(lane, oid): (Lane, &Oid)| {
        let old = texts.text(oid).and_then(|text| Document::parse(text.to_vec()).ok());
        lane == place.lane && old.is_some_and(|old| old.text("status") == document.text("status"))
    };
    if before.any(same) { None } else { Some(why) }
}
