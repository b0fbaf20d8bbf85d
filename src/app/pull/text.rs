//! The part of a pull request's description that tix writes: the ticket and its boxes, between two marks. The rest belongs to
//! people, and stays as it is.

use std::fmt::Write as _;

use crate::names::RepoPath;
use crate::text::one_line;
use crate::ticket::{CheckBox, TicketId};

const BEGIN: &str = "<!-- tix: begin -->";
const END: &str = "<!-- tix: end -->";

/// GitHub takes 65,536 characters, and people need some of them.
const LONGEST: usize = 50_000;

/// The longest title that every forge takes.
const LONGEST_TITLE: usize = 250;

/// The title of a new pull request.
pub fn title(id: &TicketId, title: Option<&str>) -> String {
    let title = title.map(one_line).filter(|title| !title.is_empty());
    let title = title.unwrap_or_else(|| id.to_string());
    if title.chars().count() <= LONGEST_TITLE {
        return title;
    }
    title.chars().take(LONGEST_TITLE - 1).chain(['…']).collect()
}

/// The marked part: which ticket this is, and its boxes.
pub fn section(id: &TicketId, path: &RepoPath, boxes: &[CheckBox]) -> String {
    let mut text = format!("{BEGIN}\nTicket: `{id}` (`{path}`)\n");
    if !boxes.is_empty() {
        text.push('\n');
    }
    for (at, one) in boxes.iter().enumerate() {
        if text.len() > LONGEST {
            // Writing to a string cannot fail.
            writeln!(text, "\n… and {} more", boxes.len() - at).ok();
            break;
        }
        let sign = if one.ticked { 'x' } else { ' ' };
        // A mark in the text of a box would end the part early.
        let words = one_line(&one.text).replace("<!--", "&lt;!--");
        writeln!(text, "- [{sign}] {words}").ok();
    }
    text + END
}

/// The description with this part in the place of the old one; `None` if it has it already, or if people have taken the part
/// out.
pub fn with_section(body: &str, section: &str) -> Option<String> {
    let begin = body.find(BEGIN)?;
    let end = begin + body.get(begin..)?.find(END)? + END.len();
    let (before, rest) = body.split_at_checked(begin)?;
    let (old, after) = rest.split_at_checked(end - begin)?;
    // A forge's editor writes the line ends of the web.
    (old.replace("\r\n", "\n") != section).then(|| format!("{before}{section}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Document;

    fn of(body: &str) -> String {
        let document = Document::parse(format!("---\ntitle: x\n---\n{body}").into_bytes()).unwrap();
        let path = RepoPath::parse(b"tickets/active/TICKET-a-001.md".to_vec()).unwrap();
        section(&TicketId::parse("TICKET-a-001").unwrap(), &path, &document.boxes().unwrap())
    }

    #[test]
    fn the_part_names_the_ticket_and_its_boxes_and_no_text_ends_it() {
        insta::assert_snapshot!(of("- [x] It works\n- [ ] a <!-- tix: end --> b\n"), @r"
        <!-- tix: begin -->
        Ticket: `TICKET-a-001` (`tickets/active/TICKET-a-001.md`)

        - [x] It works
        - [ ] a &lt;!-- tix: end --> b
        <!-- tix: end -->
        ");
    }

    #[test]
    fn what_people_write_around_the_part_stays() {
        let (old, new) = (of("- [ ] It works\n"), of("- [x] It works\n"));
        let body = format!("Hello\r\n\r\n{}\r\n\r\nBye", old.replace('\n', "\r\n"));
        assert_eq!(with_section(&body, &old), None);
        assert_eq!(with_section(&body, &new), Some(format!("Hello\r\n\r\n{new}\r\n\r\nBye")));
        assert_eq!(with_section("They took it out.", &new), None);
    }

    #[test]
    fn a_long_title_is_cut_and_a_long_list_counted() {
        let id = TicketId::parse("TICKET-a-001").unwrap();
        assert_eq!(title(&id, Some("a\nb")), "a b");
        assert_eq!(title(&id, None), "TICKET-a-001");
        assert_eq!(title(&id, Some(&"é".repeat(300))).chars().count(), LONGEST_TITLE);
        let many = of(&"- [ ] something to do\n".repeat(3000));
        assert!(many.len() < LONGEST + 100 && many.contains(" more\n<!-- tix: end -->"));
    }
}
