//! HAL: `docs/tickets/NNNN-slug.md`, with a list of bullets where others have front matter.

use super::front::{FrontFile, each};
use super::{
    Imported, ImportedState, Reading, SourceFile, SourceKind, SourcePlace, file_name, is_kind,
};
use crate::ticket::Relation;

pub const HAL: SourceKind = SourceKind {
    name: "hal",
    about: "the tickets of HAL: docs/tickets/NNNN-*.md",
    is_unique: |_| false,
    places: |_| vec!["docs/tickets".to_owned()],
    wants: |path| is_kind(path, "md") && number(path).is_some(),
    is: |file| number(&file.path).is_some() && file.text.contains("- **Title**:"),
    read,
};

/// The number that a file begins with.
fn number(path: &str) -> Option<&str> {
    let number = file_name(path).trim_end_matches(".md").split('-').next()?;
    (number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}

fn read(files: &[SourceFile]) -> Reading {
    each(files, ticket)
}

fn ticket(file: &SourceFile, warnings: &mut Vec<String>) -> Result<Imported, (usize, String)> {
    // The place on the board stands in front, in half of them.
    let front = FrontFile::parse(file).ok();
    let column = front.as_ref().and_then(|front| front.document.text("kanbanColumnId"));
    let text = front.as_ref().map_or(file.text.as_str(), |front| front.body);
    let (bullets, body) = bullets(text);
    let bullet = |name: &str| {
        bullets.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    // The file is the only place where each has it.
    let id = number(&file.path)
        .map(str::to_owned)
        .or_else(|| bullet("ID"))
        .ok_or((1, "it has no id".to_owned()))?;
    let title = bullet("Title").or_else(|| {
        let heading =
            text.lines().find_map(|line| line.trim_start_matches('#').strip_prefix(' '))?;
        Some(heading.trim().to_owned()).filter(|heading| heading != "Ticket")
    });
    let title = title.ok_or((1, "it has no title".to_owned()))?;
    let place = SourcePlace { file: file.path.clone(), line: 1 };
    let mut ticket = Imported { source: HAL.name, id, title, place, body, ..Imported::default() };
    ticket.status = column.clone().unwrap_or_else(|| "open".to_owned());
    ticket.state = match column.as_deref() {
        None | Some("col-todo") => ImportedState::Open,
        Some("col-unassigned") => ImportedState::Draft,
        Some("col-doing" | "col-qa" | "col-human-in-the-loop") => ImportedState::InProgress,
        Some("col-done") => ImportedState::Done,
        Some("col-wont-implement") => ImportedState::Closed,
        Some(other) => {
            warnings
                .push(format!("{}: its column `{other}` is unknown, so it is a draft", ticket.id));
            ImportedState::Draft
        }
    };
    for (name, value) in bullets {
        match name.as_str() {
            "Title" => {}
            // The file is what others name, whatever stands in it.
            "ID" if value == ticket.id => {}
            "Priority" => ticket.set_priority(&value),
            "Owner" => {
                ticket.holder = Some(value.clone());
                ticket.keep("owner", value);
            }
            "Fixes" => {
                let fixed = value.split([',', ' ']).map(|word| word.trim_matches(['`', '#']));
                let fixed = fixed
                    .filter(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()));
                ticket.relations.extend(fixed.map(|id| (Relation::Related, id.to_owned())));
                ticket.keep("fixes", value);
            }
            name => ticket.keep(&name.to_lowercase(), value),
        }
    }
    if let Some(front) = &front {
        front.keep_rest(&mut ticket, &["kanbanColumnId"]);
        let moved = front.document.text("kanbanMovedAt");
        if let Some(at) = moved.filter(|_| ticket.state == ImportedState::Done) {
            ticket.set_ended(&at);
        }
    }
    Ok(ticket)
}

/// The bullets `- **Name**: value` above the first section of the text proper, and that text.
fn bullets(text: &str) -> (Vec<(String, String)>, String) {
    let mut found = Vec::new();
    let mut body = String::new();
    // The heads of the two lists of bullets; other sections begin the text.
    let mut in_head = true;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix('#').map(|line| line.trim_start_matches('#').trim())
        {
            in_head = in_head
                && (title == "Ticket"
                    || title == "Title"
                    || title.starts_with("Linkage")
                    || found.is_empty());
            if in_head {
                continue;
            }
        }
        let bullet = line.strip_prefix("- **").and_then(|line| line.split_once("**:"));
        if let Some((name, value)) = bullet.filter(|_| in_head) {
            found.push((name.to_owned(), value.trim().trim_matches('`').to_owned()));
            continue;
        }
        body.push_str(line);
        body.push('\n');
    }
    (found, body.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Reading {
        let path = format!("docs/tickets/{name}");
        read(&[SourceFile { path, text: text.to_owned(), odd: vec![], refused: vec![] }])
    }

    #[test]
    fn bullets_are_the_front_matter_with_or_without_signs_and_a_place_on_the_board() {
        let reading = of(
            "0022-harden.md",
            "---\nkanbanColumnId: col-doing\nkanbanPosition: 0\n---\n## Ticket\n\n- **ID**: `0022`\n- **Title**: PM `create`: retry (a/b)\n\
             - **Owner**: Implementation agent\n- **Type**: Process\n- **Priority**: P0\n\n## Linkage (for tracking)\n\n- **Fixes**: `0011`, 0012\n- **Category**: Process\n\n\
             ## Goal\n\n- **Not**: one of them\n- [ ] So",
        );
        let ticket = &reading.tickets[0];
        assert_eq!((ticket.id.as_str(), ticket.state), ("0022", ImportedState::InProgress));
        assert_eq!(ticket.title, "PM `create`: retry (a/b)");
        assert_eq!(ticket.body, "## Goal\n\n- **Not**: one of them\n- [ ] So");
        assert_eq!(ticket.relations.len(), 2);
        let rest: Vec<&str> = ticket.rest.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(rest, ["owner", "type", "fixes", "category", "kanbanPosition"]);
    }

    #[test]
    fn an_id_in_the_name_alone_will_do_and_a_file_without_a_title_is_refused() {
        let reading = of("0028-x.md", "## Enforce: no changes\n\ntext");
        assert_eq!(
            (reading.tickets[0].id.as_str(), reading.tickets[0].title.as_str()),
            ("0028", "Enforce: no changes")
        );
        let reading = of("0003.md", "- **ID**: `0004`\n- **Title**: Both\n");
        let ticket = &reading.tickets[0];
        assert_eq!((ticket.id.as_str(), ticket.rest[0].0.as_str()), ("0003", "id"));
        assert!((HAL.wants)("docs/tickets/0003.md"));
        assert_eq!(of("0029-x.md", "## Ticket\n\ntext").refused.len(), 1);
        assert!(!(HAL.wants)("docs/tickets/README.md"));
    }
}
