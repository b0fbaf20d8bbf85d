//! Joins what two people have added to one place of a ticket, such as an entry each at the end of its changelog. git calls that a
//! conflict, because it cannot know that their order does not matter.

/// Where a line of a text with the markers of a conflict belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Both,
    Ours,
    Base,
    Theirs,
}

/// The text without its markers, where each conflict is of lines that both sides have added below the front matter: theirs come
/// first, because they are published. `None` if a side has changed or removed a line, or looks like a marker itself.
pub fn with_both(marked: &[u8]) -> Option<Vec<u8>> {
    let (mut part, mut fences) = (Part::Both, 0);
    let (mut text, mut ours): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
    let has_head = marked.starts_with(b"---");
    for line in marked.split_inclusive(|byte| *byte == b'\n') {
        let is = |marker: &[u8]| line.starts_with(marker);
        let next = match part {
            Part::Both if is(b"<<<<<<< ") => Part::Ours,
            Part::Ours if is(b"||||||| ") => Part::Base,
            Part::Base if is(b"=======") => Part::Theirs,
            Part::Theirs if is(b">>>>>>> ") => Part::Both,
            Part::Base => return None,
            _ if is(b"<<<<<<<") || is(b"|||||||") || is(b">>>>>>>") => return None,
            Part::Ours | Part::Theirs if is(b"=======") => return None,
            Part::Ours => {
                ours.extend_from_slice(line);
                continue;
            }
            Part::Both | Part::Theirs => {
                fences += usize::from(line.trim_ascii_end() == b"---");
                text.extend_from_slice(line);
                continue;
            }
        };
        if next == Part::Ours && has_head && fences < 2 {
            return None;
        }
        if next == Part::Both {
            text.append(&mut ours);
        }
        part = next;
    }
    (part == Part::Both).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::with_both;

    fn joined(body: &str) -> Option<String> {
        let text = format!("---\nstatus: in_progress\n---\n# Changelog\n{body}");
        let joined = with_both(text.as_bytes()).map(|text| String::from_utf8(text).unwrap())?;
        joined.split_once("# Changelog\n").map(|(_, body)| body.to_owned())
    }

    #[test]
    fn what_both_have_added_is_kept_and_nothing_else_is_decided() {
        let both = "<<<<<<< a\n\n## mine\n||||||| c\n=======\n\n## theirs\n>>>>>>> b\n";
        assert_eq!(joined(both).unwrap(), "\n## theirs\n\n## mine\n");
        assert_eq!(joined("Title\n=======\n").unwrap(), "Title\n=======\n");
        for kept in [
            // A line that was there has been changed, or looks like a marker.
            "<<<<<<< a\n- [x] a\n||||||| c\n- [ ] a\n=======\n>>>>>>> b\n",
            "<<<<<<< a\nTitle\n=======\n||||||| c\n=======\ntheirs\n>>>>>>> b\n",
            "<<<<<<< a\n<<<<<<< x\n||||||| c\n=======\ntheirs\n>>>>>>> b\n",
            "<<<<<<< a\nmine\n",
        ] {
            assert_eq!(joined(kept), None, "{kept}");
        }
        let head = "---\n<<<<<<< a\nx: 1\n||||||| c\n=======\ny: 2\n>>>>>>> b\n---\n";
        assert_eq!(with_both(head.as_bytes()), None);
    }
}
