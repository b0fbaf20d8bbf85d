//! Issues of GitHub as JSON: what `gh issue list --json …` prints, and the arrays of its REST API.

use serde_json::Value;

use super::json::{Members, Placed, reason, word};
use super::{
    Comment, Imported, ImportedState, Reading, RefusedRecord, SourceFile, SourceKind, SourcePlace,
    is_kind, says_nothing, words,
};
use crate::ticket::Relation;

pub const GITHUB: SourceKind = SourceKind {
    name: "github",
    about: "issues of GitHub in a file: gh issue list --json number,title,body,… > issues.json",
    is_unique: |id| !id.starts_with('#'),
    places: |_| Vec::new(),
    wants: |path| is_kind(path, "json"),
    is: |file| {
        let start: String = file.text.chars().take(4000).collect();
        is_kind(&file.path, "json") && start.contains("\"number\"") && start.contains("\"title\"")
    },
    read,
};

/// What the REST API repeats in each issue and says nothing about it.
const NOISE: [&str; 7] = [
    "author_association",
    "performed_via_github_app",
    "reactions",
    "sub_issues_summary",
    "issue_dependencies_summary",
    "timeline",
    "score",
];

/// What a milestone or a type says beside its name.
const MORE: [&str; 4] = ["description", "dueOn", "due_on", "closedAt"];

fn read(files: &[SourceFile]) -> Reading {
    let mut reading = Reading::default();
    let mut children = Vec::new();
    let mut requests = 0;
    for file in files {
        let (items, trouble) = issues(&file.text);
        let place = |line| SourcePlace { file: file.path.clone(), line };
        let refused = trouble.map(|(line, why)| RefusedRecord { place: place(line), why });
        reading.refused.extend(refused);
        for item in items {
            let members = match item.value() {
                Ok(Value::Object(members)) => Members(members),
                Ok(_) => {
                    reading.refused.push(RefusedRecord {
                        place: place(item.line()),
                        why: "this is no object".to_owned(),
                    });
                    continue;
                }
                Err(error) => {
                    reading
                        .refused
                        .push(RefusedRecord { place: place(item.line()), why: reason(&error) });
                    continue;
                }
            };
            if members.0.get("pull_request").is_some_and(|value| !value.is_null()) {
                requests += 1;
                continue;
            }
            match issue(members, &mut children) {
                Ok(ticket) => {
                    reading.tickets.push(Imported { place: place(item.line()), ..ticket });
                }
                Err(why) => reading.refused.push(RefusedRecord { place: place(item.line()), why }),
            }
        }
    }
    for (parent, child) in children {
        let child = reading.tickets.iter_mut().find(|ticket| ticket.id == child);
        let child = child.filter(|child| {
            child.relations.iter().all(|(relation, _)| *relation != Relation::Parent)
        });
        if let Some(child) = child {
            child.relations.push((Relation::Parent, parent));
            child.asked.iter_mut().for_each(|asked| asked.push(Relation::Parent.key().to_owned()));
        }
    }
    if requests > 0 {
        reading.warnings.push(format!("{requests} pull requests are left out: they are no issues"));
    }
    reading
}

/// The issues of a file: lists one behind the other, as `gh api --paginate` prints them, or the answer of a search.
fn issues(text: &str) -> (Vec<Placed<'_>>, Option<(usize, String)>) {
    let mut all = Vec::new();
    let mut at = Placed::of(text).at;
    while at < text.len() {
        let here = Placed { text, at };
        let mut values = serde_json::Deserializer::from_str(text.get(at..).unwrap_or_default())
            .into_iter::<serde::de::IgnoredAny>();
        let whole = values.next().is_some_and(|value| value.is_ok());
        let length = values.byte_offset();
        let (members, _) = here.members();
        let inner =
            members.into_iter().find(|(name, _)| ["items", "issues"].contains(&name.as_str()));
        let list = inner.map_or(Placed { text, at }, |(_, list)| list);
        if whole && text.get(list.at..).is_some_and(|text| text.starts_with('{')) {
            all.push(list);
        } else {
            let (items, trouble) = list.items();
            all.extend(items);
            if trouble.is_some() {
                return (all, trouble);
            }
        }
        at += length;
        at += text.get(at..).map_or(0, |rest| rest.len() - rest.trim_start().len());
    }
    (all, None)
}

fn issue(mut members: Members, children: &mut Vec<(String, String)>) -> Result<Imported, String> {
    let asked = Some(asked(&members));
    let number = members.text("number");
    let title = members.text("title").ok_or("it has no title")?;
    // The `url` of the REST API is one for programs.
    let address = members.first_text(&["html_url", "url"]);
    let id = address.as_deref().and_then(id_of).or_else(|| Some(format!("#{}", number?)));
    let id = id.ok_or("it has neither a number nor an address")?;
    let mut ticket =
        Imported { source: GITHUB.name, id, title, address, asked, ..Imported::default() };
    ticket.body = members.text("body").unwrap_or_default();
    let state = members.text("state").unwrap_or_else(|| "open".to_owned()).to_lowercase();
    let why =
        members.first_text(&["stateReason", "state_reason"]).unwrap_or_default().to_lowercase();
    ticket.state = match (state.as_str(), why.as_str()) {
        ("open", _) => ImportedState::Open,
        ("closed", "not_planned" | "duplicate") => ImportedState::Closed,
        ("closed", _) => ImportedState::Done,
        _ => return Err(format!("its state `{state}` is unknown")),
    };
    // An export of tix says more than the two states of an issue.
    let (said, mut unknown) = (members.text("status"), Vec::new());
    if let Some(said) = said.filter(|_| state == "open") {
        ticket.status = said;
        ticket.state = words::state(&mut ticket, &mut unknown);
    }
    ticket.blocked = members.text("blocked");
    if let Some(priority) = members.text("priority") {
        ticket.set_priority(&priority);
    }
    ticket.status = if why.is_empty() { state } else { format!("{state} ({why})") };
    let labels = members.list("labels");
    ticket.labels = names(&labels, "name");
    let described = labels.iter().filter_map(|label| {
        let text = label.get("description").and_then(word)?;
        Some((named(label, "name")?, Value::from(text)))
    });
    ticket.keep("label_descriptions", described.collect::<serde_json::Map<_, _>>());
    let assignees = names(&members.list("assignees"), "login");
    ticket.keep("assignees", assignees);
    let author = ["author", "user"].iter().find_map(|name| members.0.remove(*name));
    ticket.keep("author", author.and_then(|author| named(&author, "login")));
    if let Some(at) = members.first_text(&["createdAt", "created_at"]) {
        ticket.set_created(&at);
    }
    if let Some(at) = members.first_text(&["closedAt", "closed_at"]) {
        ticket.set_ended(&at);
    }
    for (names, title) in [(["milestone", "milestone"], "title"), (["issueType", "type"], "name")] {
        let value = names.iter().find_map(|name| members.0.remove(*name));
        // More than its name goes along as it is.
        let more = |value: &Value| {
            let members = value.as_object().into_iter().flatten();
            let mut texts = members.filter(|(name, _)| MORE.contains(&name.as_str()));
            texts.any(|(_, value)| !says_nothing(value))
        };
        ticket.keep(
            names[0],
            match value {
                Some(value) if more(&value) => value,
                value => Value::from(value.and_then(|value| named(&value, title))),
            },
        );
    }
    // In the REST API a number.
    if members.0.get("comments").is_some_and(Value::is_array) {
        ticket.comments = members.list("comments").iter().filter_map(comment).collect();
    }
    relate(&mut ticket, &mut members, children);
    for (name, value) in members.0 {
        let is_noise =
            NOISE.contains(&name.as_str()) || name.ends_with("url") || name.ends_with("node_id");
        let says_no = value == Value::Bool(false) || value.as_u64() == Some(0);
        if !is_noise && !says_no && !["id", "assignee"].contains(&name.as_str()) {
            ticket.keep(&name, value);
        }
    }
    Ok(ticket)
}

/// The fields that the issue has, by the keys that they become. `gh` prints each field that it was asked for, also an empty one.
fn asked(members: &Members) -> Vec<String> {
    let of = |name: &str| {
        match name {
            "blockedBy" => Relation::DependsOn.key(),
            "blocking" => Relation::Blocks.key(),
            "parent" | "parent_issue_url" => Relation::Parent.key(),
            "duplicateOf" => Relation::DuplicateOf.key(),
            "user" => "author",
            "type" => "issueType",
            name => name,
        }
        .to_owned()
    };
    let mut asked: Vec<String> = members.0.keys().map(|name| of(name)).collect();
    if members.0.contains_key("labels") {
        asked.push("label_descriptions".to_owned());
    }
    asked
}

fn relate(ticket: &mut Imported, members: &mut Members, children: &mut Vec<(String, String)>) {
    let own = ticket.id.clone();
    let other = |value: &Value| {
        let address =
            ["html_url", "url"].iter().find_map(|name| id_of(value.get(*name)?.as_str()?));
        address.or_else(|| Some(format!("#{}", word(value.get("number")?)?)))
    };
    let mut several = |name: &str| -> Vec<String> {
        let value = members.0.remove(name).unwrap_or_default();
        let list = value.get("nodes").unwrap_or(&value).as_array().cloned().unwrap_or_default();
        list.iter().filter_map(other).collect()
    };
    for (name, relation) in [("blockedBy", Relation::DependsOn), ("blocking", Relation::Blocks)] {
        ticket.relations.extend(several(name).into_iter().map(|id| (relation, id)));
    }
    ticket.relations.extend(several("related").into_iter().map(|id| (Relation::Related, id)));
    children.extend(several("subIssues").into_iter().map(|child| (own.clone(), child)));
    let parent = members.0.remove("parent").as_ref().and_then(other);
    let parent = parent.or_else(|| id_of(&members.text("parent_issue_url")?));
    ticket.relations.extend(parent.map(|parent| (Relation::Parent, parent)));
    let original = members.0.remove("duplicateOf").as_ref().and_then(other);
    ticket.relations.extend(original.map(|original| (Relation::DuplicateOf, original)));
}

/// `owner/name#7`, from the address of an issue.
fn id_of(address: &str) -> Option<String> {
    let mut parts = address.trim_end_matches('/').rsplit('/');
    let number = parts.next()?;
    let is_issue = parts.next()? == "issues" && number.parse::<u64>().is_ok();
    let (name, owner) = (parts.next()?, parts.next()?);
    is_issue.then(|| format!("{owner}/{name}#{number}"))
}

fn named(value: &Value, part: &str) -> Option<String> {
    word(value).or_else(|| word(value.get(part)?))
}

fn names(values: &[Value], part: &str) -> Vec<String> {
    values.iter().filter_map(|value| named(value, part)).collect()
}

fn comment(value: &Value) -> Option<Comment> {
    let by = value.get("author").or_else(|| value.get("user")).and_then(|by| named(by, "login"));
    let at = ["createdAt", "created_at"].iter().find_map(|name| word(value.get(*name)?));
    Some(Comment { by, at, text: word(value.get("body")?)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Reading {
        read(&[SourceFile {
            path: "issues.json".to_owned(),
            text: text.to_owned(),
            odd: vec![],
            refused: vec![],
        }])
    }

    fn relations(ticket: &Imported) -> Vec<(&str, &str)> {
        ticket.relations.iter().map(|(relation, id)| (relation.key(), id.as_str())).collect()
    }

    #[test]
    fn what_gh_prints_brings_parents_blockers_and_comments() {
        let reading = of(
            r#"[{"number":7,"title":"Cut","body":"What.","state":"OPEN","stateReason":"","url":"https://github.com/o/r/issues/7",
          "labels":[{"id":"x","name":"bug","description":"It is wrong"}],"assignees":[{"login":"ann"}],"author":{"login":"bob","is_bot":false},
          "createdAt":"2026-01-01T00:00:00Z","closedAt":null,"milestone":{"title":"1.0","dueOn":"2026-05-05T00:00:00Z"},"comments":[{"author":{"login":"eve"},"body":"No.","createdAt":"2026-01-02T00:00:00Z"}],
          "parent":{"number":1,"url":"https://github.com/o/r/issues/1"},"blockedBy":{"nodes":[{"number":2,"url":"https://github.com/o/r/issues/2"}],"totalCount":1},"blocking":[{"number":9}]},
         {"number":8,"title":"Sew","state":"CLOSED","stateReason":"NOT_PLANNED","url":"https://github.com/o/r/issues/8","subIssues":[{"number":7,"url":"https://github.com/o/r/issues/7"}]}]"#,
        );
        assert_eq!(reading.refused, []);
        let ticket = &reading.tickets[0];
        assert_eq!(
            (ticket.id.as_str(), ticket.labels.as_slice()),
            ("o/r#7", &["bug".to_owned()][..])
        );
        let expected = [("depends_on", "o/r#2"), ("blocks", "#9"), ("parent_ticket", "o/r#1")];
        assert_eq!(relations(ticket), expected);
        assert_eq!(ticket.comments[0].by.as_deref(), Some("eve"));
        let rest: Vec<&str> = ticket.rest.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(rest, ["label_descriptions", "assignees", "author", "milestone"]);
        assert_eq!(ticket.rest[3].1["dueOn"], "2026-05-05T00:00:00Z");
        assert_eq!(reading.tickets[1].state, ImportedState::Closed);
    }

    #[test]
    fn pages_of_the_rest_api_one_behind_the_other_are_read_without_pull_requests() {
        let reading = of(
            r#"[{"number":1,"title":"A","state":"closed","state_reason":"completed","body":null,"comments":3,"locked":false,
          "html_url":"https://github.com/o/r/issues/1","url":"https://api.github.com/repos/o/r/issues/1","user":{"login":"bob"}}]
          [{"number":2,"title":"B","state":"open","html_url":"https://github.com/o/r/issues/2","parent_issue_url":"https://api.github.com/repos/o/r/issues/1"},
           {"number":3,"title":"C","state":"open","pull_request":{"url":"x"}},
           {"number":4,"title":"","state":"open"}]"#,
        );
        let ids: Vec<&str> = reading.tickets.iter().map(|ticket| ticket.id.as_str()).collect();
        assert_eq!(ids, ["o/r#1", "o/r#2"]);
        assert_eq!(relations(&reading.tickets[1]), [("parent_ticket", "o/r#1")]);
        assert_eq!(reading.tickets[0].rest.len(), 2);
        assert_eq!(reading.refused[0].why, "it has no title");
        assert_eq!(reading.refused[0].place.line, 5);
        assert_eq!(reading.warnings, ["1 pull requests are left out: they are no issues"]);
        assert_eq!(
            of("{\"total_count\":1,\"items\":[{\"number\":1,\"title\":\"A\"}]}").tickets.len(),
            1
        );
        assert_eq!(of("{\"number\":1,\"title\":\"A\"}").tickets.len(), 1);
        assert_eq!(
            of("{\"url\":\"https://github.com/o/r/issues/5\",\"title\":\"A\"}").tickets[0].id,
            "o/r#5"
        );
        assert_eq!(
            of("{\"title\":\"A\"}").refused[0].why,
            "it has neither a number nor an address"
        );
        assert_eq!(of("[{\"number\":1,\"title\":\"A\"},").refused.len(), 1);
    }
}
