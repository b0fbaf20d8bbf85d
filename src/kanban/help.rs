//! The keys of the board: one table for the line at the bottom and for the page that `?` shows.

use crate::text::width;

/// A key, with its text for the line at the bottom and for the page.
pub(super) struct KeyHelp {
    pub(super) key: &'static str,
    /// For the line at the bottom, with its rank: if there is no room for all, the highest numbers are dropped first, so
    /// the exit key is dropped last. `None` is only on the page.
    hint: Option<(u8, &'static str)>,
    /// On the page, which fits 40 columns.
    pub(super) says: &'static str,
}

const fn key(key: &'static str, hint: Option<(u8, &'static str)>, says: &'static str) -> KeyHelp {
    KeyHelp { key, hint, says }
}

pub(super) const BROWSING: &[KeyHelp] = &[
    key("←↓↑→", Some((7, "move")), "move (or h j k l, home, end)"),
    key("enter", Some((2, "open")), "open it, or click it twice"),
    key("n", Some((5, "new")), "write a new ticket"),
    key("e", None, "edit it in your editor"),
    key("a", Some((3, "activate")), "claim it, with a workspace"),
    key("w", None, "leave for its workspace"),
    key("r", None, "release it for others"),
    key("c", None, "complete it"),
    key("o", None, "open its pull request"),
    key("y", None, "copy its id"),
    key("/", Some((4, "filter")), "show tickets with a text"),
    key("esc", None, "show all tickets again"),
    key("f", Some((6, "fetch")), "fetch from the remote now"),
    key("?", Some((1, "help")), "show the keys"),
    key("q", Some((0, "quit")), "quit"),
];

pub(super) const FILTERING: &[KeyHelp] = &[
    key("type", Some((3, "to filter")), ""),
    key("←↓↑→", Some((2, "move")), ""),
    key("enter", Some((1, "keep")), ""),
    key("esc", Some((0, "all")), ""),
];

pub(super) const READING: &[KeyHelp] = &[
    key("↓↑", Some((1, "scroll")), ""),
    key("w", Some((2, "go to the workspace")), ""),
    key("esc", Some((0, "back")), ""),
];

/// The same where the ticket has no workspace.
pub(super) const READING_ALONE: &[KeyHelp] =
    &[key("↓↑", Some((1, "scroll")), ""), key("esc", Some((0, "back")), "")];

pub(super) const WRITING: &[KeyHelp] =
    &[key("enter", Some((1, "create the ticket")), ""), key("esc", Some((0, "cancel")), "")];

pub(super) const ASKING: &[KeyHelp] =
    &[key("y", Some((0, "yes")), ""), key("n", Some((0, "no")), "")];

pub(super) const HELPING: &[KeyHelp] = &[key("esc", Some((0, "back")), "")];

/// As many of the hints as fit.
pub(super) fn hints(keys: &[KeyHelp], room: u16) -> String {
    let hints = || keys.iter().filter_map(|key| Some((key.key, key.hint?)));
    let upto = |most: u8| {
        let named = hints().filter(|(_, (rank, _))| *rank <= most);
        named.map(|(key, (_, words))| format!("{key} {words}")).collect::<Vec<_>>().join("   ")
    };
    let most = hints().map(|(_, (rank, _))| rank).max().unwrap_or(0);
    let fits = |line: &String| width(line) <= room.into();
    (0..=most).rev().map(upto).find(fits).unwrap_or_else(|| upto(0))
}
