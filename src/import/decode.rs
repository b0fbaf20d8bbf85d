//! The text of a source's file, whatever its encoding.

use super::{RefusedRecord, SourcePlace, is_kind};

/// A file of a source, as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the directory that is imported.
    pub path: String,
    pub text: String,
    /// What was odd about its encoding.
    pub odd: Vec<String>,
    /// The records that are not in the text, because they are not UTF-8.
    pub refused: Vec<RefusedRecord>,
}

impl SourceFile {
    /// Reads UTF-8, with or without a mark in front, and UTF-16 with one. Any other encoding is refused: which one it is
    /// can only be guessed. Line breaks become `\n`.
    pub fn decode(path: &str, bytes: &[u8]) -> Result<SourceFile, RefusedRecord> {
        let refuse = |line, why: &str| {
            let place = SourcePlace { file: path.to_owned(), line };
            RefusedRecord { place, why: why.to_owned() }
        };
        let mut odd = Vec::new();
        let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
            let (pairs, left) = rest.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().copied().map(unit).collect();
            String::from_utf16(&units).ok().filter(|_| left.is_empty())
        };
        let text = match bytes {
            [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
            [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
            [0xef, 0xbb, 0xbf, rest @ ..] | rest => {
                if is_made_of_records(path) && str::from_utf8(rest).is_err() {
                    let (text, lines) = good_records(rest, is_kind(path, "csv"));
                    let refused = lines.into_iter().map(|line| refuse(line, "this is not UTF-8"));
                    let refused = refused.collect();
                    return Ok(SourceFile { refused, ..SourceFile::of(path, &text, odd) });
                }
                let text = str::from_utf8(rest).map_err(|error| {
                    let good = rest.get(..error.valid_up_to()).unwrap_or_default();
                    let line = good.split(|byte| *byte == b'\n').count();
                    refuse(line, "this is not UTF-8: save the file as UTF-8")
                })?;
                return Ok(SourceFile::of(path, text, odd));
            }
        };
        let text = text.ok_or_else(|| refuse(1, "this is not UTF-16, as its first bytes say"))?;
        odd.push(format!("{path} is UTF-16"));
        Ok(SourceFile::of(path, &text, odd))
    }

    fn of(path: &str, text: &str, mut odd: Vec<String>) -> SourceFile {
        // A cell of a table may hold a file, byte for byte.
        let text = if is_kind(path, "csv") { text.to_owned() } else { text.replace("\r\n", "\n") };
        if let Some(line) = text.lines().position(is_doubled) {
            odd.push(format!(
                "{path}:{}: this looks like UTF-8 that was encoded twice; it is kept as it is",
                line + 1
            ));
        }
        SourceFile { path: path.to_owned(), text, odd, refused: Vec::new() }
    }
}

/// Whether one record of such a file can be read without the others.
fn is_made_of_records(path: &str) -> bool {
    ["jsonl", "txt", "csv"].iter().any(|kind| is_kind(path, kind))
}

/// The text with nothing but the line breaks of each record that is not UTF-8, and the lines at which these are wrong. A record
/// of a table goes on while a quote is open.
fn good_records(bytes: &[u8], is_table: bool) -> (String, Vec<usize>) {
    let (mut text, mut wrong, mut line) = (String::new(), Vec::new(), 1);
    let (mut start, mut at) = (0, 0);
    let mut quoted = false;
    for part in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += part.len();
        quoted ^= is_table && number_of(b'"', part) % 2 == 1;
        if quoted && at < bytes.len() {
            continue;
        }
        let record = bytes.get(start..at).unwrap_or_default();
        let breaks = |bytes: &[u8]| number_of(b'\n', bytes);
        match str::from_utf8(record) {
            Ok(good) => text.push_str(good),
            Err(error) => {
                let before = record.get(..error.valid_up_to()).unwrap_or_default();
                wrong.push(line + breaks(before));
                text.push_str(&"\n".repeat(breaks(record)));
            }
        }
        line += breaks(record);
        start = at;
    }
    (text, wrong)
}

fn number_of(sign: u8, bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == sign).count() - 1
}

/// Whether characters stand there that are the bytes of another one: a letter and signs after it, as `é` becomes `Ã©`.
fn is_doubled(line: &str) -> bool {
    let codes: Vec<u32> = line.chars().map(u32::from).collect();
    codes.iter().enumerate().any(|(at, code)| {
        let more = match code {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => return false,
        };
        let behind = codes.get(at + 1..=at + more);
        behind.is_some_and(|behind| behind.iter().all(|code| (0x80..0xc0).contains(code)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart_by_their_marks_and_what_has_none_is_utf_8_or_refused() {
        let read = |bytes: &[u8]| SourceFile::decode("a", bytes);
        for bytes in
            [&b"\xef\xbb\xbfa\r\nb"[..], b"a\nb", b"\xff\xfea\0\r\0\n\0b\0", b"\xfe\xff\0a\0\n\0b"]
        {
            assert_eq!(read(bytes).unwrap().text, "a\nb");
        }
        assert_eq!(read(b"\xff\xfea\0").unwrap().odd, ["a is UTF-16"]);
        assert_eq!(read(b"one\ncaf\xe9\n").unwrap_err().place.line, 2);
        assert_eq!(read(b"\xff\xfea").unwrap_err().place.line, 1);
    }

    #[test]
    fn a_record_that_is_not_utf_8_is_refused_alone() {
        let read = |path: &str, bytes: &[u8]| {
            let file = SourceFile::decode(path, bytes).unwrap();
            let lines: Vec<usize> = file.refused.iter().map(|one| one.place.line).collect();
            (file.text, lines)
        };
        let lines = b"\xef\xbb\xbfone\r\ncaf\xe9\ntwo";
        for path in [".beads/issues.jsonl", "todo.txt"] {
            assert_eq!(read(path, lines), ("one\n\ntwo".to_owned(), vec![2]));
        }
        let table = b"a,b\n1,\"x\n\xe9\"\"\n\"\n2,y\n";
        assert_eq!(read("a.csv", table), ("a,b\n\n\n\n2,y\n".to_owned(), vec![3]));
        assert!(SourceFile::decode("a.json", lines).is_err());
    }

    #[test]
    fn a_text_that_was_encoded_twice_is_named_and_one_in_french_is_not() {
        let odd = |text: &str| SourceFile::decode("a", text.as_bytes()).unwrap().odd.len();
        assert_eq!(odd("plain\nun caf\u{c3}\u{a9}"), 1);
        assert_eq!(odd("\u{e3}\u{81}\u{82}"), 1);
        assert_eq!(odd("un café à la crème, ÂGE, Ãœ 日本語"), 0);
    }
}
