//! The same line in Codex's configuration, which is TOML: a table of its own at the end of the file.

use std::ops::Range;

use toml_edit::{Document, Item, TableLike};

use super::server::{NAME, own_server, starts_tix};
use super::{AgentFileEdit, FileRemark};

/// The table that holds the servers.
const SERVERS: &str = "mcp_servers";

const ENTRY: &str = "[mcp_servers.tix]\ncommand = \"tix\"\nargs = [\"mcp\"]\n";

pub fn install(text: Option<&str>) -> Result<AgentFileEdit, FileRemark> {
    let text = text.unwrap_or_default();
    let document = parse(text)?;
    let servers = servers(&document);
    if servers.is_some_and(|servers| servers.iter().any(|(_, server)| is_ours(server))) {
        return Ok(AgentFileEdit::Keep);
    }
    if let Some(other) = servers.and_then(|servers| servers.get(NAME)) {
        return Err(bad(text, other, "is not `tix mcp`, but another server"));
    }
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut new = text.to_owned();
    if !new.is_empty() {
        new.push_str(&end.repeat(if new.ends_with('\n') { 1 } else { 2 }));
    }
    new.push_str(&ENTRY.replace('\n', end));
    // Where the servers stand in braces, or are no table, none can be added below them.
    match uninstall(&new) {
        Ok(AgentFileEdit::Write(_)) => Ok(AgentFileEdit::Write(new)),
        Ok(AgentFileEdit::Keep | AgentFileEdit::Delete) | Err(_) => Err(FileRemark {
            line: line_of(text, document.get(SERVERS).and_then(Item::span)),
            why: format!("{SERVERS} is written so that no table can be added to it"),
        }),
    }
}

/// Takes out what `install` would have written, and nothing else.
pub fn uninstall(text: &str) -> Result<AgentFileEdit, FileRemark> {
    let document = parse(text)?;
    let server = servers(&document).and_then(|servers| servers.get(NAME));
    let Some(span) = server.and_then(|server| written(text, server)) else {
        return Ok(AgentFileEdit::Keep);
    };
    let rest = text.get(span.end..).unwrap_or_default();
    let newline = rest.find('\n').map_or(rest.len(), |at| at + 1);
    // The empty line that stands before it.
    let before = text.get(..span.start).unwrap_or_default();
    let blank = ["\r\n", "\n"].iter().find(|end| before.ends_with(&end.repeat(2)));
    let start = span.start - blank.map_or(0, |end| end.len());
    let mut new = text.to_owned();
    new.replace_range(start..span.end + newline, "");
    Ok(AgentFileEdit::Write(new))
}

/// The first server that starts `tix mcp` in another form than ours.
pub fn own(text: &str) -> Result<Option<FileRemark>, FileRemark> {
    let document = parse(text)?;
    let mut servers = servers(&document).into_iter().flat_map(TableLike::iter);
    let own = servers.find(|(name, server)| {
        is_ours(server) && (*name != NAME || written(text, server).is_none())
    });
    Ok(own.map(|(name, server)| own_server(line_of(text, server.span()), name)))
}

/// Whether Codex's user configuration says that somebody has trusted the hooks of this file. The hash of what was trusted is
/// Codex's own affair, so that hooks which changed since count as trusted here.
pub fn codex_trusts(text: &str, hooks: &str) -> bool {
    let Ok(document) = parse(text) else { return false };
    let states = document.get("hooks").and_then(|hooks| hooks.get("state"));
    let states = states.and_then(Item::as_table_like);
    let before = format!("{hooks}:pre_tool_use:");
    states.iter().flat_map(|states| states.iter()).any(|(key, state)| {
        key.starts_with(&before)
            && state.get("trusted_hash").is_some()
            && state.get("enabled").and_then(Item::as_bool) != Some(false)
    })
}

fn parse(text: &str) -> Result<Document<&str>, FileRemark> {
    Document::parse(text).map_err(|error| FileRemark {
        line: line_of(text, error.span()),
        why: error.message().lines().next().unwrap_or_default().to_owned(),
    })
}

fn servers<'d>(document: &'d Document<&str>) -> Option<&'d dyn TableLike> {
    document.get(SERVERS)?.as_table_like()
}

fn is_ours(server: &Item) -> bool {
    let command = server.get("command").and_then(Item::as_str);
    let args = server.get("args").and_then(Item::as_array);
    let args = args.iter().flat_map(|args| args.iter()).filter_map(toml_edit::Value::as_str);
    starts_tix(command.into_iter().chain(args))
}

/// Where our entry stands, if it stands there as `install` writes it.
fn written(text: &str, server: &Item) -> Option<Range<usize>> {
    let table = server.as_table()?;
    // The span of a table is that of its header.
    let end = table.iter().filter_map(|(_, value)| value.span()).map(|span| span.end).max()?;
    let span = table.span()?.start..end;
    let rest = text.get(end..)?.lines().next().unwrap_or_default();
    let is_whole = table.len() == 2 && rest.trim().is_empty();
    let lines = text.get(span.clone())?.lines();
    (is_whole && lines.eq(ENTRY.lines())).then_some(span)
}

fn bad(text: &str, item: &Item, why: &str) -> FileRemark {
    FileRemark { line: line_of(text, item.span()), why: format!("{SERVERS}.{NAME} {why}") }
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    before.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: Option<&str>) -> String {
        match install(text) {
            Ok(AgentFileEdit::Write(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_table_is_added_and_taken_out_again_to_the_last_byte() {
        for before in [
            "# mine\n",
            "model = \"x\"",
            "model = \"x\"\n\n[mcp_servers.other]\ncommand = \"y\" # z\n",
            "a = 1\r\n[b]\r\n",
            "[mcp_servers]\n",
        ] {
            let after = written(Some(before));
            assert!(after.starts_with(before), "{after}");
            assert_eq!(install(Some(&after)), Ok(AgentFileEdit::Keep));
            let back =
                if before.ends_with('\n') { before.to_owned() } else { format!("{before}\n") };
            assert_eq!(uninstall(&after), Ok(AgentFileEdit::Write(back)), "{after}");
            assert_eq!(uninstall(before), Ok(AgentFileEdit::Keep));
        }
        assert_eq!(written(None), ENTRY);
    }

    #[test]
    fn what_stands_around_our_table_stays() {
        for end in ["\n", "\r\n"] {
            let text =
                "# one\n\n[mcp_servers.tix]\ncommand = \"tix\"\nargs = [\"mcp\"]\n\n# four\n[z]\n";
            let text = text.replace('\n', end);
            assert_eq!(install(Some(&text)), Ok(AgentFileEdit::Keep));
            let left = "# one\n\n# four\n[z]\n".replace('\n', end);
            assert_eq!(uninstall(&text), Ok(AgentFileEdit::Write(left)));
            assert_eq!(own(&text), Ok(None));
        }
    }

    /// Options, variables and remarks make it somebody's own.
    #[test]
    fn a_table_of_somebodys_own_stays_and_is_named() {
        for (text, line) in [
            ("[mcp_servers.tix] # two\ncommand = \"tix\"\nargs = [\"mcp\"]\n", 1),
            ("[mcp_servers.tix]\ncommand = \"tix\"\nargs = [\"mcp\"] # three\n", 1),
            ("[mcp_servers.tix]\ncommand = \"/opt/tix\"\nargs = [\"mcp\"]\n", 1),
            (
                "a = 1\n[mcp_servers.tix]\ncommand = \"tix\"\nargs = [\"mcp\"]\n[mcp_servers.tix.env]\nA = \"1\"\n",
                2,
            ),
            ("\n[mcp_servers.mine]\ncommand = \"tix\"\nargs = [\"--role=coder\", \"mcp\"]\n", 2),
            ("\nmcp_servers = { tix = { command = \"tix\", args = [\"mcp\"] } }\n", 2),
        ] {
            assert_eq!(install(Some(text)), Ok(AgentFileEdit::Keep), "{text}");
            assert_eq!(uninstall(text), Ok(AgentFileEdit::Keep), "{text}");
            assert_eq!(own(text).unwrap().unwrap().line, line, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_edited_is_told_with_its_line() {
        for (text, line) in [
            ("a = 1\nb = \n", 2),
            ("\n[mcp_servers.tix]\ncommand = \"other\"\n", 2),
            ("a = 1\nmcp_servers = { x = { command = \"y\" } }\n", 2),
            ("mcp_servers = 1\n", 1),
            ("[[mcp_servers]]\na = 1\n", 1),
        ] {
            assert_eq!(install(Some(text)).unwrap_err().line, line, "{text}");
        }
    }

    #[test]
    fn what_codex_trusts_is_read_from_its_configuration() {
        let config = |key: &str, more: &str| {
            format!("a = 1\n[hooks.state.\"{key}\"]\ntrusted_hash = \"sha256:00\"\n{more}")
        };
        let key = "/w/.codex/hooks.json:pre_tool_use:1:0";
        assert!(codex_trusts(&config(key, ""), "/w/.codex/hooks.json"));
        assert!(codex_trusts(&config(key, "enabled = true\n"), "/w/.codex/hooks.json"));
        for config in [
            config(key, "enabled = false\n"),
            config("/v/.codex/hooks.json:pre_tool_use:1:0", ""),
            config("/w/.codex/hooks.json:session_start:0:0", ""),
            "[hooks]\nstate = 1\n".to_owned(),
            "[".to_owned(),
            String::new(),
        ] {
            assert!(!codex_trusts(&config, "/w/.codex/hooks.json"), "{config}");
        }
    }
}
