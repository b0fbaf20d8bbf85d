//! todo.txt: a line for each task, with a priority, dates, projects and contexts.

use super::{
    Imported, ImportedState, Reading, RefusedRecord, SourceFile, SourceKind, SourcePlace, file_name,
};
use crate::ticket::{Priority, moment};

pub const TODOTXT: SourceKind = SourceKind {
    name: "todotxt",
    about: "the lines of todo.txt and done.txt",
    is_unique: |_| false,
    places: |_| ["todo.txt", "done.txt"].map(str::to_owned).to_vec(),
    wants: |path| ["todo.txt", "done.txt"].contains(&file_name(path)),
    is: |file| ["todo.txt", "done.txt"].contains(&file_name(&file.path)),
    read,
};

fn read(files: &[SourceFile]) -> Reading {
    let mut reading = Reading::default();
    for file in files {
        for (at, line) in file.text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
        {
            let place = SourcePlace { file: file.path.clone(), line: at + 1 };
            match task(line, place.clone()) {
                Ok(ticket) => reading.tickets.push(ticket),
                Err(why) => reading.refused.push(RefusedRecord { place, why }),
            }
        }
    }
    reading
}

fn task(line: &str, place: SourcePlace) -> Result<Imported, String> {
    let mut rest = line.trim();
    let mut ticket = Imported { source: TODOTXT.name, place, ..Imported::default() };
    if let Some(done) = rest.strip_prefix("x ") {
        ticket.state = ImportedState::Done;
        rest = done.trim_start();
    }
    "done".clone_into(&mut ticket.status);
    if ticket.state == ImportedState::Open {
        "open".clone_into(&mut ticket.status);
    }
    // In front stands a priority, and behind it the dates: that of the end first.
    if let Some((letter, behind)) = priority(rest) {
        ticket.priority = letter_priority(letter);
        if ticket.priority.is_none() {
            ticket.keep("priority", letter.to_string());
        }
        rest = behind;
    }
    let mut dates = Vec::new();
    while let Some((date, behind)) = date(rest) {
        dates.push(date);
        rest = behind;
    }
    let (ended, created) = match (ticket.state, dates.as_slice()) {
        (ImportedState::Done, [ended, created, ..]) => (Some(*ended), Some(*created)),
        (ImportedState::Done, [ended]) => (Some(*ended), None),
        (_, [created, ..]) => (None, Some(*created)),
        (_, []) => (None, None),
    };
    ticket.created = created.map(str::to_owned);
    ticket.ended = ended.map(str::to_owned);
    let mut words = Vec::new();
    for word in rest.split_whitespace() {
        match word.split_once(':') {
            Some(("pri", letter)) if ticket.priority.is_none() && letter.len() == 1 => {
                ticket.priority = letter.chars().next().and_then(letter_priority);
            }
            Some((key, value)) if is_key(key) && !value.is_empty() && !value.starts_with("//") => {
                ticket.keep(key, value);
            }
            _ if word.len() > 1 && word.starts_with(['+', '@']) => {
                ticket.labels.push(word.to_owned());
            }
            _ => words.push(word),
        }
    }
    // Without its labels the title is what people read, and with them it tells two tasks apart.
    ticket.title = words.join(" ");
    if ticket.title.is_empty() {
        return Err("it has no text".to_owned());
    }
    ticket.id = rest.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(ticket)
}

fn is_key(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// `(A)` and what is behind it.
fn priority(text: &str) -> Option<(char, &str)> {
    let (mark, rest) = text.split_once(' ')?;
    let letter = mark.strip_prefix('(')?.strip_suffix(')')?;
    let mut letters = letter.chars();
    let letter = letters.next().filter(char::is_ascii_uppercase)?;
    letters.next().is_none().then(|| (letter, rest.trim_start()))
}

/// A is P0; the letters behind J have no counterpart.
fn letter_priority(letter: char) -> Option<Priority> {
    let level = u32::from(letter.to_ascii_uppercase()).checked_sub(u32::from('A'))?;
    Priority::read(&format!("P{level}"))
}

fn date(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(' ')?;
    (word.len() == 10 && moment(word).is_some()).then(|| (word, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_the_format_says() {
        let text = "(A) 2026-01-02 Call mum +family @phone due:2026-02-01 see http://x.y/z at 10:30\n\n\
                    x 2026-01-05 2026-01-01 Pay bill pri:C\nx (B) Old\nxylophone lesson\n(Z) Later\n+only @these\n";
        let reading = read(&[SourceFile {
            path: "todo.txt".to_owned(),
            text: text.to_owned(),
            odd: vec![],
            refused: vec![],
        }]);
        let [call, pay, old, xylophone, later] = &reading.tickets[..] else {
            panic!("{reading:?}")
        };
        assert_eq!(call.title, "Call mum see http://x.y/z at 10:30");
        assert_eq!(
            (call.labels.join(" ").as_str(), call.created.as_deref()),
            ("+family @phone", Some("2026-01-02"))
        );
        assert_eq!(call.rest[0].0, "due");
        assert_eq!(
            (pay.state, pay.ended.as_deref(), pay.created.as_deref()),
            (ImportedState::Done, Some("2026-01-05"), Some("2026-01-01"))
        );
        assert_eq!(pay.priority.unwrap().to_string(), "P2");
        assert_eq!((old.title.as_str(), old.priority.unwrap().to_string().as_str()), ("Old", "P1"));
        assert_eq!(
            (xylophone.title.as_str(), xylophone.state),
            ("xylophone lesson", ImportedState::Open)
        );
        assert_eq!((later.priority, later.rest[0].0.as_str()), (None, "priority"));
        assert_eq!(reading.refused[0].place.line, 7);
    }
}
