//! Plans: several tickets that name each other, in one file, as YAML or as Markdown with a heading for each.

use std::collections::HashMap;

use serde_yaml::Value;

use super::relations::circles;
use super::{
    Imported, ImportedState, Reading, RefusedRecord, SourceFile, SourceKind, SourcePlace, is_kind,
    words,
};
use crate::lifecycle::{Edge, RelationOrder};
use crate::text::count;
use crate::ticket::{Priority, Relation, SessionId, Status, TicketId};

pub const PLAN: SourceKind = SourceKind {
    name: "plan",
    about: "a plan, as tix new --plan takes it and tix export --format plan writes it",
    is_unique: |_| false,
    places: |_| Vec::new(),
    wants: |path| ["md", "yaml", "yml"].iter().any(|kind| is_kind(path, kind)),
    is: |file| is_yaml(file) && file.text.lines().any(|line| line.starts_with("tickets:")),
    read: |files| {
        let mut reading = Reading::default();
        for file in files {
            let plan = parse(file);
            reading.tickets.extend(plan.tickets.into_iter().map(|planned| planned.ticket));
            reading.refused.extend(plan.refused);
            reading.warnings.extend(plan.warnings);
        }
        reading
    },
};

#[derive(Debug, Default)]
pub struct PlannedTicket {
    /// Its id is the key by which others name it.
    pub ticket: Imported,
    /// The line of each of its relations.
    pub lines: Vec<usize>,
}

/// What a plan says.
#[derive(Debug, Default)]
pub struct TicketPlan {
    pub tickets: Vec<PlannedTicket>,
    pub refused: Vec<RefusedRecord>,
    pub warnings: Vec<String>,
}

/// A relation as a plan spells it.
const RELATIONS: [(&str, Relation); 5] = [
    ("depends_on", Relation::DependsOn),
    ("blocks", Relation::Blocks),
    ("parent", Relation::Parent),
    ("related", Relation::Related),
    ("duplicate_of", Relation::DuplicateOf),
];

fn is_yaml(file: &SourceFile) -> bool {
    is_kind(&file.path, "yaml") || is_kind(&file.path, "yml")
}

/// Reads a plan. A second ticket of one key, and a circle, are refused with their lines.
pub fn read(file: &SourceFile) -> TicketPlan {
    let mut plan = parse(file);
    let found = find_circles(&plan.tickets, &[], &HashMap::new());
    plan.refused.extend(found);
    plan
}

/// The same, with the circles left in.
fn parse(file: &SourceFile) -> TicketPlan {
    let named = is_yaml(file) || is_kind(&file.path, "md");
    // A comment of YAML and a heading of Markdown look alike, so the list decides.
    let first = file.text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let list =
        first.starts_with("- ") || file.text.lines().any(|line| line.starts_with("tickets:"));
    let yaml = if named { is_yaml(file) } else { list };
    let mut plan = TicketPlan::default();
    if yaml {
        read_yaml(file, &mut plan);
    } else {
        read_markdown(file, &mut plan);
    }
    if plan.tickets.is_empty() && plan.refused.is_empty() {
        let place = SourcePlace { file: file.path.clone(), line: 1 };
        plan.refused.push(RefusedRecord { place, why: "there is no ticket in it".to_owned() });
    }
    refuse_doubles(&mut plan);
    plan
}

fn refuse_doubles(plan: &mut TicketPlan) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for planned in std::mem::take(&mut plan.tickets) {
        let (key, place) = (planned.ticket.id.clone(), planned.ticket.place.clone());
        if let Some(line) = seen.get(&key) {
            let why = format!("the key `{key}` is that of the ticket in line {line} too");
            plan.refused.push(RefusedRecord { place, why });
        } else {
            seen.insert(key, place.line);
            plan.tickets.push(planned);
        }
    }
}

/// The relations by which tickets would wait for themselves. `standing` are those of the tickets that are there, and `there`
/// says which of them a name means.
pub fn find_circles(
    tickets: &[PlannedTicket],
    standing: &[Edge<'_>],
    there: &HashMap<&str, TicketId>,
) -> Vec<RefusedRecord> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let ends = standing.iter().filter_map(Edge::step).flat_map(|(who, whom)| [who, whom]);
    for id in ends.chain(there.values()) {
        let next = tickets.len() + numbers.len();
        numbers.entry(id.as_str()).or_insert(next);
    }
    let count = tickets.len() + numbers.len();
    let keys: HashMap<&str, usize> =
        tickets.iter().enumerate().map(|(at, planned)| (planned.ticket.id.as_str(), at)).collect();
    let number = |name: &str| {
        let there = || numbers.get(there.get(name)?.as_str());
        keys.get(name).or_else(there).copied()
    };
    let mut found = Vec::new();
    for order in RelationOrder::ALL {
        let is_of = |relation: Relation| RelationOrder::of(relation) == Some(order);
        let stays = standing.iter().filter(|edge| is_of(edge.relation)).filter_map(Edge::step);
        let of_id = |id: &TicketId| numbers.get(id.as_str()).copied();
        let stays = stays.filter_map(|(who, whom)| Some((of_id(who)?, of_id(whom)?)));
        let mut steps: Vec<(usize, usize)> = stays.collect();
        let first = steps.len();
        let mut names = Vec::new();
        for (at, planned) in tickets.iter().enumerate() {
            for ((relation, name), line) in planned.ticket.relations.iter().zip(&planned.lines) {
                let Some(other) = number(name).filter(|_| is_of(*relation)) else { continue };
                let step = if *relation == Relation::Blocks { (other, at) } else { (at, other) };
                steps.push(step);
                let file = planned.ticket.place.file.clone();
                names.push((SourcePlace { file, line: *line }, name));
            }
        }
        let closing = circles(count, &steps, first).into_iter().skip(first);
        let closing = names.into_iter().zip(closing).filter(|(_, closes)| *closes);
        found.extend(closing.map(|((place, name), _)| {
            let why = format!("with `{name}` the tickets would wait for themselves");
            RefusedRecord { place, why }
        }));
    }
    found
}

fn read_yaml(file: &SourceFile, plan: &mut TicketPlan) {
    let place = |line| SourcePlace { file: file.path.clone(), line };
    let value: Value = match serde_yaml::from_str(&file.text) {
        Ok(value) => value,
        Err(error) => {
            let line = error.location().map_or(1, |location| location.line());
            plan.refused.push(RefusedRecord { place: place(line), why: error.to_string() });
            return;
        }
    };
    let list = value.get("tickets").unwrap_or(&value);
    let Some(items) = list.as_sequence() else {
        let why = "a plan is a list `tickets:`".to_owned();
        plan.refused.push(RefusedRecord { place: place(1), why });
        return;
    };
    let starts = starts(&file.text);
    let lines: Vec<&str> = file.text.lines().collect();
    for (at, item) in items.iter().enumerate() {
        // A list in brackets has no lines of its own.
        let whole = starts.len() == items.len();
        let start = starts.get(at).copied().filter(|_| whole).unwrap_or(1);
        let end = starts.get(at + 1).copied().filter(|_| whole).unwrap_or(lines.len() + 1);
        let own = lines.get(start - 1..end - 1).unwrap_or_default();
        match planned(item, own, &place(start), &mut plan.warnings) {
            Ok(planned) => plan.tickets.push(planned),
            Err((line, why)) => plan.refused.push(RefusedRecord { place: place(line), why }),
        }
    }
}

/// The lines at which the items of the list begin. Whatever is within an item is indented further.
fn starts(text: &str) -> Vec<usize> {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_item = |line: &str| line.trim_start_matches(' ').starts_with("- ") || line.trim() == "-";
    let first = text.lines().find(|line| is_item(line)).map(indent);
    let lines =
        text.lines().enumerate().filter(|(_, line)| is_item(line) && Some(indent(line)) == first);
    lines.map(|(at, _)| at + 1).collect()
}

/// The line of a key, and behind it of a name in its value.
fn line_of(own: &[&str], start: usize, key: &str, name: &str) -> usize {
    let of_key = |line: &&str| {
        let line = line.trim_start_matches([' ', '-', '*']);
        line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'))
    };
    let at = own.iter().position(of_key).unwrap_or(0);
    let within = own.iter().skip(at).position(|line| line.contains(name)).unwrap_or(0);
    start + at + within
}

/// The line and the reason.
type PlanMistake = (usize, String);

/// A ticket from the keys that a plan has.
fn planned(
    item: &Value,
    own: &[&str],
    place: &SourcePlace,
    warnings: &mut Vec<String>,
) -> Result<PlannedTicket, PlanMistake> {
    let Some(keys) = item.as_mapping() else {
        return Err((place.line, "a ticket has keys, such as `title:`".to_owned()));
    };
    let mut texts: Vec<(&str, Vec<String>)> = Vec::new();
    for (key, value) in keys {
        let key = key.as_str().unwrap_or_default();
        let line = line_of(own, place.line, key, "");
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(_)
            | Value::Null
            | Value::Sequence(_)
            | Value::Mapping(_)
            | Value::Tagged(_) => None,
        };
        let values = match value {
            Value::Null => Vec::new(),
            Value::Sequence(items) => {
                let texts: Option<Vec<String>> = items.iter().map(text).collect();
                texts.ok_or_else(|| (line, format!("`{key}` is a list of texts")))?
            }
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Mapping(_)
            | Value::Tagged(_) => {
                vec![text(value).ok_or_else(|| (line, format!("`{key}` is a text")))?]
            }
        };
        texts.push((key, values));
    }
    ticket(texts, own, place, warnings)
}

fn ticket(
    keys: Vec<(&str, Vec<String>)>,
    own: &[&str],
    place: &SourcePlace,
    warnings: &mut Vec<String>,
) -> Result<PlannedTicket, PlanMistake> {
    let mut planned = PlannedTicket::default();
    let ticket = &mut planned.ticket;
    (ticket.source, ticket.place) = (PLAN.name, place.clone());
    for (key, values) in keys {
        let line = line_of(own, place.line, key, "");
        if let Some((_, relation)) = RELATIONS.iter().find(|(name, _)| *name == key) {
            if !relation.is_list() && values.len() > 1 {
                return Err((line, format!("`{key}` is one ticket")));
            }
            for name in values {
                planned.lines.push(line_of(own, place.line, key, &name));
                ticket.relations.push((*relation, name));
            }
            continue;
        }
        if key == "labels" {
            ticket.labels = values;
            continue;
        }
        if values.len() > 1 {
            return Err((line, format!("`{key}` is one text")));
        }
        let Some(text) = values.into_iter().next() else { continue };
        match key {
            "key" => ticket.id = text,
            "title" => ticket.title = text,
            "body" => ticket.body = text,
            "status" => ticket.status = text,
            "blocked" => ticket.blocked = Some(text),
            "created" => ticket.set_created(&text),
            "ended" => ticket.set_ended(&text),
            "priority" => match Priority::read(&text) {
                Some(priority) => ticket.priority = Some(priority),
                None => {
                    return Err((
                        line,
                        format!("`{text}` is no priority: P0 to P9, or urgent, high, medium, low"),
                    ));
                }
            },
            _ => return Err((line, format!("a plan has no key `{key}`"))),
        }
    }
    if ticket.title.trim().is_empty() {
        return Err((place.line, "it has no title".to_owned()));
    }
    if ticket.id.is_empty() {
        SessionId::slug_from_title(&ticket.title).as_str().clone_into(&mut ticket.id);
    }
    if !ticket.status.is_empty() {
        // The words are those of tix, where what is closed was not done.
        let closed = Status::read(&ticket.status).is_some_and(|read| read.status == Status::Closed);
        ticket.state = if closed { ImportedState::Closed } else { words::state(ticket, warnings) };
    }
    Ok(planned)
}

fn read_markdown(file: &SourceFile, plan: &mut TicketPlan) {
    let place = |line| SourcePlace { file: file.path.clone(), line };
    let lines: Vec<&str> = file.text.lines().collect();
    let heads = headings(&lines);
    let before = lines.iter().take(heads.first().copied().unwrap_or(lines.len()));
    if let Some(at) = before.clone().position(|line| !line.trim().is_empty()) {
        let why = "this is above the first heading, so it belongs to no ticket".to_owned();
        plan.refused.push(RefusedRecord { place: place(at + 1), why });
    }
    for (at, start) in heads.iter().enumerate() {
        let end = heads.get(at + 1).copied().unwrap_or(lines.len());
        let own = lines.get(*start..end).unwrap_or_default();
        let title = own.first().and_then(|line| line.strip_prefix("# ")).unwrap_or_default().trim();
        let (mut keys, mut body) = (vec![("title", vec![title.to_owned()])], 1);
        // The list right below the heading, up to the first line that is no key.
        for (below, line) in own.iter().enumerate().skip(1) {
            let pair = line.strip_prefix("- ").and_then(|line| line.split_once(':'));
            let pair = pair.filter(|(key, _)| is_key(key));
            if let Some((key, value)) = pair {
                let is_list = key == "labels" || RELATIONS.iter().any(|(name, _)| *name == key);
                let value = value.trim();
                let values: Vec<String> = if is_list {
                    let inner = value.trim_start_matches('[').trim_end_matches(']').split(',');
                    inner
                        .map(|item| item.trim().to_owned())
                        .filter(|item| !item.is_empty())
                        .collect()
                } else {
                    vec![value.to_owned()]
                };
                keys.push((key, values));
                body = below + 1;
            } else if !line.trim().is_empty() {
                break;
            }
        }
        let text = own.get(body..).unwrap_or_default().join("\n");
        keys.push(("body", vec![text.trim().to_owned()]));
        match ticket(keys, own, &place(start + 1), &mut plan.warnings) {
            Ok(planned) => plan.tickets.push(planned),
            Err((line, why)) => plan.refused.push(RefusedRecord { place: place(line), why }),
        }
    }
}

fn is_key(word: &str) -> bool {
    let others = ["key", "status", "priority", "labels", "blocked", "created"];
    others.contains(&word) || RELATIONS.iter().any(|(name, _)| *name == word)
}

/// The lines of the headings of level 1 that are in no block of code.
fn headings(lines: &[&str]) -> Vec<usize> {
    let mut fence: Option<&str> = None;
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let trimmed = line.trim_start();
        match fence {
            Some(sign) if trimmed.starts_with(sign) => fence = None,
            Some(_) => {}
            None if line.starts_with("# ") => found.push(at),
            None => fence = ["```", "~~~"].into_iter().find(|sign| trimmed.starts_with(sign)),
        }
    }
    found
}

/// What a state of a plan keeps a new ticket from being.
pub fn cannot_be_new(ticket: &Imported) -> Option<String> {
    match ticket.state {
        ImportedState::Draft | ImportedState::Open | ImportedState::Queued => None,
        ImportedState::InProgress | ImportedState::Done | ImportedState::Closed => {
            Some(format!("a new ticket is draft, open or queued, not `{}`", ticket.status))
        }
    }
}

/// The first of several mistakes in one line, and how many there are besides.
pub fn summary(refused: &[RefusedRecord]) -> String {
    let first = refused
        .first()
        .map(|RefusedRecord { place, why }| format!("{}:{}: {why}", place.file, place.line));
    match refused.len() {
        0 | 1 => first.unwrap_or_default(),
        more => {
            let more = count(more - 1, "mistake", "mistakes");
            format!("{} (and {more} more)", first.unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str, text: &str) -> TicketPlan {
        read(&SourceFile {
            path: path.to_owned(),
            text: text.to_owned(),
            odd: vec![],
            refused: vec![],
        })
    }

    fn refused(plan: &TicketPlan) -> Vec<(usize, &str)> {
        plan.refused.iter().map(|one| (one.place.line, one.why.as_str())).collect()
    }

    const YAML: &str = "# What we do\ntickets:\n  - key: schema\n    title: Make the schema\n    priority: P1\n    labels: [db]\n    body: |\n      - no item\n      text\n  - title: \"Fill: it\"\n    depends_on:\n      - schema\n      - TICKET-old-001\n    status: draft\n";

    #[test]
    fn a_plan_as_yaml_and_one_as_markdown_say_the_same() {
        let yaml = of("plan.yaml", YAML);
        let markdown = of(
            "-",
            "# Make the schema\n\n- key: schema\n- priority: P1\n- labels: db\n\n- no item\ntext\n\n```sh\n# no heading\n```\n\n# Fill: it\n- depends_on: schema, TICKET-old-001\n- status: draft\n",
        );
        for plan in [&yaml, &markdown] {
            assert_eq!(refused(plan), []);
            let [schema, fill] = &plan.tickets[..] else { panic!("{plan:?}") };
            assert_eq!(
                (schema.ticket.id.as_str(), schema.ticket.title.as_str()),
                ("schema", "Make the schema")
            );
            assert_eq!(
                (schema.ticket.labels.len(), schema.ticket.priority.unwrap().to_string().as_str()),
                (1, "P1")
            );
            assert!(schema.ticket.body.starts_with("- no item\ntext"));
            assert_eq!(
                (fill.ticket.id.as_str(), fill.ticket.state),
                ("fill-it", ImportedState::Draft)
            );
            assert_eq!(fill.ticket.relations.len(), 2);
        }
        assert_eq!(yaml.tickets[1].lines, [12, 13]);
        assert_eq!(markdown.tickets[1].lines, [15, 15]);
        assert_eq!(of("-", YAML).tickets.len(), 2);
    }

    #[test]
    fn mistakes_have_their_lines() {
        let plan = of(
            "p.yaml",
            "- title: A\n  depends_on: b\n- key: b\n  title: B\n  blocks: [x, b]\n  depends_on: [a]\n- title: a\n- title: C\n  colour: red\n- priority: soon\n  title: D\n- title:\n- x\n",
        );
        let expected = [
            (9, "a plan has no key `colour`"),
            (10, "`soon` is no priority: P0 to P9, or urgent, high, medium, low"),
            (12, "it has no title"),
            (13, "a ticket has keys, such as `title:`"),
            (7, "the key `a` is that of the ticket in line 1 too"),
            (5, "with `b` the tickets would wait for themselves"),
            (6, "with `a` the tickets would wait for themselves"),
        ];
        assert_eq!(refused(&plan), expected);
        assert_eq!(of("p.yaml", "tickets: [\n").refused.len(), 1);
        assert_eq!(refused(&of("p.yaml", "a: b\n")), [(1, "a plan is a list `tickets:`")]);
        assert_eq!(
            refused(&of("p.md", "\nHello\n# A\n")),
            [(2, "this is above the first heading, so it belongs to no ticket")]
        );
        assert_eq!(refused(&of("p.md", "")), [(1, "there is no ticket in it")]);
    }
}
