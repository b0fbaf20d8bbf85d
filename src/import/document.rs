//! How an imported ticket is written.
//!
//! What tix knows stands where it always stands. The rest is kept: short values as keys below `imported:`, texts as sections of
//! the body, comments as entries of the changelog.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Imported, ImportedState, add_section, says_nothing};
use crate::text::{one_line, yaml};
use crate::ticket::{
    Document, DocumentError, Lane, Relation, SessionId, Status, TicketId, TicketTime,
};

/// The key that an import writes what it knows below.
pub const KEY: &str = "imported";

/// Below it, by what the text is known again.
const MARK: &str = "mark";

/// A longer text is a section of the body.
const LONGEST_VALUE: usize = 300;

/// A ticket to be written: where its relations lead is known.
pub struct Resolved<'a> {
    pub imported: &'a Imported,
    pub id: &'a TicketId,
    pub session: &'a SessionId,
    /// When the ticket was created: what the source says, else when it was first imported.
    pub created: &'a str,
    pub relations: BTreeMap<Relation, Vec<String>>,
    /// The relations whose tickets are not here, by the ids of the source.
    pub elsewhere: BTreeMap<Relation, Vec<String>>,
}

/// The lane and the status that a state gets.
pub fn place_of(state: ImportedState) -> (Lane, Status) {
    match state {
        ImportedState::Draft => (Lane::Queue, Status::Draft),
        ImportedState::Open => (Lane::Queue, Status::Open),
        ImportedState::Queued | ImportedState::InProgress => (Lane::Queue, Status::Queued),
        ImportedState::Done => (Lane::Completed, Status::Approved),
        ImportedState::Closed => (Lane::Archive, Status::Closed),
    }
}

/// The text of a ticket up to its changelog, and what is said of it in the source as entries of that.
pub struct TicketText {
    text: String,
    comments: Vec<String>,
}

impl TicketText {
    pub fn of(ticket: &Resolved<'_>) -> TicketText {
        let imported = ticket.imported;
        let mut body = imported.body.trim().replace("\r\n", "\n");
        let held = imported.state == ImportedState::InProgress;
        let holder = imported.holder.clone().filter(|_| held);
        let mut kept = vec![
            ("source".to_owned(), Value::from(imported.source)),
            ("project".to_owned(), Value::from(imported.project.clone())),
            ("id".to_owned(), Value::from(imported.id.as_str())),
            ("address".to_owned(), Value::from(imported.address.clone())),
            ("status".to_owned(), Value::from(imported.status.as_str())),
            ("holder".to_owned(), Value::from(holder)),
        ];
        for (name, value) in &imported.rest {
            let long =
                value.as_str().filter(|text| text.contains('\n') || text.len() > LONGEST_VALUE);
            match long {
                Some(text) => add_section(&mut body, &heading(name), text),
                None => kept.push((name.clone(), value.clone())),
            }
        }
        for (relation, names) in &ticket.elsewhere {
            kept.push((relation.key().to_owned(), Value::from(names.as_slice())));
        }
        let mut text = front(ticket);
        text.push_str(&format!("{KEY}:\n"));
        let mut names: Vec<String> = vec![MARK.to_owned()];
        for (name, value) in kept.into_iter().filter(|(_, value)| !says_nothing(value)) {
            // A source may use a name that is ours.
            let mut name = name;
            while names.contains(&name) {
                name.insert_str(0, "their_");
            }
            text.push_str(&format!("  {}: {}\n", yaml::item(&name), flow(&value)));
            names.push(name);
        }
        text.push_str(&format!("---\n\n{}\n", ending(&body)));
        TicketText { text, comments: imported.comments.iter().map(entry).collect() }
    }

    /// The mark of this text and its comments.
    fn mark(&self) -> String {
        format!("{}-{}", sum(&self.text), sum(&self.comments.concat()))
    }

    /// Whether a ticket was written from exactly this.
    pub fn is(&self, ticket: &Document) -> bool {
        mark_of(ticket).is_some_and(|mark| mark == self.mark())
    }

    /// The document with an entry about its import. The changelog of `before`, an earlier import, stays.
    pub fn document(
        &self,
        before: Option<&Document>,
        entry: &str,
    ) -> Result<Document, DocumentError> {
        let old =
            before.map(|before| before.without_changelog().1.into_owned()).unwrap_or_default();
        let mut changelog = old.trim().to_owned();
        let news = self.comments.iter().filter(|comment| !changelog_has(&old, comment));
        for part in news.map(String::as_str).chain([entry]) {
            if !changelog.is_empty() {
                changelog.push_str("\n\n");
            }
            changelog.push_str(part.trim());
        }
        let mark = format!("{KEY}:\n  {MARK}: {}\n", self.mark());
        let text = self.text.replacen(&format!("{KEY}:\n"), &mark, 1);
        Document::parse(format!("{text}\n# Changelog\n\n{changelog}\n").into_bytes())
    }
}

fn changelog_has(changelog: &str, entry: &str) -> bool {
    changelog.contains(entry.trim())
}

/// Where a ticket was imported from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TicketOrigin {
    pub source: String,
    pub project: Option<String>,
    pub id: String,
}

impl TicketOrigin {
    pub fn of(ticket: &Document) -> Option<TicketOrigin> {
        let mut inner = ticket.inner(KEY);
        let (source, id) = (inner.remove("source")?, inner.remove("id")?);
        Some(TicketOrigin { source, project: inner.remove("project"), id })
    }

    /// Where a ticket with this id, of the same source and project, comes from.
    pub fn beside(imported: &Imported, id: &str) -> TicketOrigin {
        let (source, project) = (imported.source.to_owned(), imported.project.clone());
        TicketOrigin { source, project, id: id.to_owned() }
    }
}

/// The ticket with what an earlier import knew of the fields that nobody asked for this time.
pub fn with_earlier(imported: &Imported, ticket: &Document) -> Imported {
    let mut imported = imported.clone();
    let Some(asked) = imported.asked.clone() else { return imported };
    if !imported.has_asked("labels") {
        imported.labels = ticket.list("labels");
    }
    if !imported.has_asked("body") {
        imported.body = ticket.without_changelog().0.into_owned();
    }
    let own = ["source", "project", "id", "address", "status", "holder", MARK];
    let relations = Relation::ALL.map(Relation::key);
    let Some(kept) = ticket.inner_keys(KEY) else { return imported };
    for (name, text) in kept.said() {
        if own.contains(&name.as_str())
            || relations.contains(&name.as_str())
            || asked.contains(&name)
        {
            continue;
        }
        let list = kept.list(&name);
        let value = if kept.text(&name).is_none() && !list.is_empty() {
            Value::from(list)
        } else {
            Value::from(text)
        };
        imported.keep(&name, value);
    }
    imported
}

/// The source that a ticket was imported from.
pub fn imported_from(ticket: &Document) -> Option<String> {
    TicketOrigin::of(ticket).map(|origin| origin.source)
}

fn mark_of(ticket: &Document) -> Option<String> {
    ticket.inner(KEY).remove(MARK)
}

/// Whether nothing but entries of the changelog was written since the import.
pub fn is_untouched(ticket: &Document) -> bool {
    let Some(mark) = mark_of(ticket) else { return false };
    let front = ticket.as_bytes().len() - ticket.body().len();
    let Some(front) = ticket.as_bytes().get(..front).and_then(|front| str::from_utf8(front).ok())
    else {
        return false;
    };
    let front = front.replacen(&format!("  {MARK}: {mark}\n"), "", 1);
    let body = ticket.without_changelog().0;
    mark.split('-').next() == Some(&sum(&format!("{front}\n{}\n", body.trim())))
}

/// Tells two texts apart; nobody gains anything by making them look alike.
fn sum(text: &str) -> String {
    format!("x{:08x}{:x}", crc32fast::hash(text.as_bytes()), text.len())
}

fn front(ticket: &Resolved<'_>) -> String {
    let imported = ticket.imported;
    let (_, status) = place_of(imported.state);
    let mut text = String::from("---\n# Metadata\n");
    let mut key =
        |name: &str, value: &str| text.push_str(&format!("{name}: {}\n", yaml::value(value)));
    key("ticket_id", ticket.id.as_str());
    key("session_id", ticket.session.as_str());
    if let Some(sequence) = ticket.id.sequence() {
        key("sequence", &format!("{sequence:03}"));
    }
    key("title", &one_line(&imported.title));
    key("status", status.as_str());
    if let Some(priority) = imported.priority {
        key("priority", &priority.to_string());
    }
    if let Some(why) = imported
        .blocked
        .as_deref()
        .filter(|_| status != Status::Approved && status != Status::Closed)
    {
        key("blocked", &one_line(why));
    }
    key("created", ticket.created);
    let ended = imported.ended.as_deref().unwrap_or_default();
    match imported.state {
        ImportedState::Done if !ended.is_empty() => key("completed_at", ended),
        ImportedState::Closed => {
            if !ended.is_empty() {
                key("closed_at", ended);
            }
            let original = ticket.relations.get(&Relation::DuplicateOf).and_then(|ids| ids.first());
            let duplicate = original.map(|id| format!("duplicate:{id}"));
            key("resolution", duplicate.as_deref().unwrap_or("wont_do"));
        }
        ImportedState::Draft
        | ImportedState::Open
        | ImportedState::Queued
        | ImportedState::InProgress
        | ImportedState::Done => {}
    }
    if !imported.labels.is_empty() {
        text.push_str(&format!("labels: {}\n", flow(&Value::from(imported.labels.as_slice()))));
    }
    for (relation, ids) in &ticket.relations {
        let value = if relation.is_list() {
            Value::from(ids.as_slice())
        } else {
            Value::from(ids.first().cloned())
        };
        text.push_str(&format!("{}: {}\n", relation.key(), flow(&value)));
    }
    text
}

/// A value on one line, as YAML 1.1 and 1.2 both read it.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => yaml::item(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", "))
        }
        Value::Object(members) => {
            let member =
                |(name, value): (&String, &Value)| format!("{}: {}", yaml::item(name), flow(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
    }
}

/// `acceptance_criteria` as people write it.
fn heading(name: &str) -> String {
    let words = name.replace(['_', '-'], " ");
    let mut signs = words.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}

/// The body in a form that a changelog can stand behind. A section `Changelog` of the source gets one level more, and a text
/// with a comment or a block of code that does not end is quoted as a whole, because it would swallow what follows.
fn ending(body: &str) -> String {
    let deeper = || {
        let deeper = |line: &str| {
            let is_heading =
                line.strip_prefix("# ").is_some_and(|t| t.trim().eq_ignore_ascii_case("changelog"));
            if is_heading { format!("#{line}") } else { line.to_owned() }
        };
        body.lines().map(deeper).collect::<Vec<_>>().join("\n")
    };
    let forms: [&dyn Fn() -> String; 2] = [&|| body.to_owned(), &deeper];
    let fitting = forms.iter().map(|form| form()).find(|form| can_end(form));
    fitting.unwrap_or_else(|| quoted(body))
}

/// Whether a changelog behind this text is one, and the only one.
fn can_end(body: &str) -> bool {
    let document = Document::parse(format!("---\n---\n{body}\n\n# Changelog\n").into_bytes());
    document.is_ok_and(|document| {
        document.has_changelog() && document.without_changelog().0.trim_end() == body.trim_end()
    }) && !Document::parse(format!("---\n---\n{body}\n").into_bytes())
        .is_ok_and(|d| d.has_changelog())
}

pub fn quoted(text: &str) -> String {
    let line = |line: &str| if line.is_empty() { ">".to_owned() } else { format!("> {line}") };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A comment as an entry of the changelog. Its text is quoted, so that a heading or a box in it is none of the ticket's.
fn entry(comment: &super::Comment) -> String {
    let by = comment.by.as_deref().map_or_else(|| "Somebody".to_owned(), one_line);
    let time = comment.at.as_deref().and_then(TicketTime::read);
    let minute =
        time.map(|time| format!("[{}] - ", time.at.format("%Y-%m-%d %H:%M"))).unwrap_or_default();
    let exact =
        comment.at.as_deref().map(|at| format!("- At: {}\n", one_line(at))).unwrap_or_default();
    format!("## {minute}{by}: commented\n{exact}\n{}", quoted(comment.text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::Comment;

    fn written(imported: &Imported) -> Document {
        let (id, session) =
            (TicketId::parse("TICKET-x-001").unwrap(), SessionId::parse("x").unwrap());
        let (relations, elsewhere) = (BTreeMap::new(), BTreeMap::new());
        let created = "2026-01-01T00:00:00Z";
        let ticket =
            Resolved { imported, id: &id, session: &session, created, relations, elsewhere };
        TicketText::of(&ticket)
            .document(None, "## [2026-01-01 00:00] - A: imported\n- x\n")
            .unwrap()
    }

    fn of(body: &str) -> Imported {
        Imported {
            source: "s",
            id: "1".to_owned(),
            title: "T".to_owned(),
            body: body.to_owned(),
            ..Imported::default()
        }
    }

    #[test]
    fn whatever_the_text_the_changelog_behind_it_is_one_and_the_ticket_is_untouched() {
        for body in [
            "",
            "text",
            "# Changelog\n\nold",
            "Changelog\n===\n",
            "```\nno end",
            "<!-- no end",
            "# A\n# CHANGELOG #\n",
            "- [ ] a\n\n    code",
            "---\nstatus: x\n---",
            "a\r\nb",
            "<div>\n# Changelog",
        ] {
            let document = written(&of(body));
            let (rest, changelog) = document.without_changelog();
            assert_eq!(changelog.trim(), "## [2026-01-01 00:00] - A: imported\n- x", "{body}");
            let words = |text: &str| {
                text.replace(['>', '#', '\r'], "").split_whitespace().collect::<String>()
            };
            assert_eq!(words(&rest), words(body), "{body}");
            assert!(is_untouched(&document), "{body}");
            assert_eq!(TicketOrigin::of(&document), Some(TicketOrigin::beside(&of(""), "1")));
        }
    }

    #[test]
    fn what_has_no_place_is_kept_whatever_its_name_and_kind() {
        let mut imported = of("text");
        for (name, value) in [
            ("id", serde_json::json!("other")),
            ("mark", serde_json::json!(1.5)),
            ("a: b", serde_json::json!({"x": [true, null, "y: z"]})),
            ("long_text", serde_json::json!("two\nlines")),
            ("nothing", serde_json::json!([])),
        ] {
            imported.keep(name, value);
        }
        imported
            .comments
            .push(Comment { text: "# Changelog\n- [ ] box".to_owned(), ..Comment::default() });
        let document = written(&imported);
        let text = String::from_utf8(document.as_bytes().to_vec()).unwrap();
        for line in [
            "  their_id: other\n",
            "  their_mark: 1.5\n",
            "  \"a: b\": {x: [true, null, \"y: z\"]}\n",
            "# Long text\n\ntwo\nlines\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(
            text.contains("## Somebody: commented\n\n> # Changelog\n> - [ ] box\n\n## ["),
            "{text}"
        );
        assert_eq!(document.boxes().unwrap(), []);
        assert!(!text.contains("nothing"));
    }

    #[test]
    fn a_ticket_that_somebody_has_changed_is_known() {
        let mut document = written(&of("text"));
        document.set("priority", crate::ticket::Value::Text("P1")).unwrap();
        assert!(!is_untouched(&document));
        assert!(!is_untouched(&written(&of("text")).with_more(b"more").unwrap()));
    }
}
