//! The pages of `tix serve` and the report: pure functions from values to markup.
//!
//! The values are tix's own answers in JSON, and for the report the figures of `report/`, so this room knows no git, no network and no clock. What people write is text
//! wherever it stands: maud escapes it, and [`SeenText`] makes visible what a reader would not see.

mod ago;
mod board;
mod card;
#[cfg(test)]
mod contrast;
mod doctor;
mod form;
mod markdown;
mod notice;
mod report;
#[cfg(test)]
mod test;
mod ticket;
mod values;
mod workers;
mod writes;

use chrono::{DateTime, TimeDelta, Utc};
use maud::{DOCTYPE, Markup, Render, html};

pub use self::ago::Ago;
pub use self::board::{BoardPage, LanePage, SHOWN, board};
pub use self::card::{CardValues, card};
pub use self::doctor::{DoctorPage, REPAIR, doctor};
pub use self::form::{NewForm, edit_form, new_form};
pub use self::notice::{Moved, Notice, failure, moved, notice, outdated};
pub use self::report::{ReportPage, ReportedLane, report, report_view};
pub use self::ticket::{TickBox, TicketPage, action_again, boxes, required_field, ticket};
pub use self::values::*;
pub use self::workers::{WorkerRow, WorkersPage, workers};
pub use self::writes::{WritesPage, write, writes};
use crate::text::{duration, safe};

/// The style sheet of all pages. The colours of the lanes differ in lightness as well as in hue, so that colour-blind people
/// can tell them apart.
pub const STYLE: &str = concat!(include_str!("style.css"), include_str!("views.css"));

/// The part of it that the report has within itself.
const REPORT_STYLE: &str = include_str!("style.css");

/// What follows the queue while a page is open. Everything works without it.
pub const SCRIPT: &str = include_str!("live.js");

/// Text that tix did not write: characters that a reader would not see are made visible.
pub struct SeenText<'a>(pub &'a str);

impl Render for SeenText<'_> {
    fn render_to(&self, buffer: &mut String) {
        safe(self.0).render_to(buffer);
    }
}

/// The same with its line ends.
pub struct SeenLines<'a>(pub &'a str);

impl Render for SeenLines<'_> {
    fn render(&self) -> Markup {
        html! {
            @for (at, line) in self.0.lines().enumerate() {
                @if at > 0 { br; }
                (SeenText(line))
            }
        }
    }
}

/// The parts of the page that the navigation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    Board,
    Workers,
    Writes,
    Doctor,
    Flow,
}

impl Section {
    /// The section of a path, with its name.
    pub fn of_path(path: &str) -> Option<(Section, &'static str)> {
        let found = Section::ALL.into_iter().find(|(_, address, _)| *address == path);
        found.map(|(section, _, name)| (section, name))
    }

    const ALL: [(Section, &'static str, &'static str); 5] = [
        (Section::Board, "/", "Board"),
        (Section::Workers, "/workers", "Workers"),
        (Section::Writes, "/writes", "Diagnostics"),
        (Section::Doctor, "/doctor", "Doctor"),
        (Section::Flow, "/flow", "Flow"),
    ];
}

/// How old what is shown is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameAge {
    /// There is no remote: it is as it is.
    Local,
    /// The remote has not been asked yet.
    Unknown,
    Known(TimeDelta),
}

/// What stands around every view.
pub struct Frame<'a> {
    /// The name of the project.
    pub project: &'a str,
    /// The trunk, such as `origin/main`.
    pub trunk: &'a str,
    /// Its commit in full; empty if there is none.
    pub commit: &'a str,
    /// What tells this state of the clone from another.
    pub state: &'a str,
    /// When it was made.
    pub now: DateTime<Utc>,
    /// How old what is shown is.
    pub age: FrameAge,
    /// Why the remote cannot be asked; empty if it can.
    pub away: &'a str,
    pub here: Option<Section>,
    /// Whether it answers a form that was not done: it has no address of its own, so it cannot be drawn anew.
    pub answers_form: bool,
    /// What a form of this session must carry; `None` where nothing may be written.
    pub csrf: Option<&'a str>,
}

/// A whole page.
pub fn whole(frame: &Frame<'_>, title: &str, view: &Markup) -> String {
    let name = format!("{title} · {}", frame.project);
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&name, &html! { script src="/live.js" defer {} }))
            body .app data-state=(frame.state) data-now=(frame.now.to_rfc3339()) data-still[frame.answers_form] {
                a .skip href="#main" { "Skip to the content" }
                header {
                    p .project { a href="/" { bdi { (SeenText(frame.project)) } } }
                    nav aria-label="Views" {
                        @for (section, path, words) in Section::ALL {
                            a href=(path) aria-current=[(frame.here == Some(section)).then_some("page")] { (words) }
                        }
                    }
                    (as_of(frame))
                    @if frame.csrf.is_some() { a .button href="/new" { "New ticket" } }
                }
                main #main tabindex="-1" {
                    h1 { bdi { (SeenText(title)) } }
                    (view)
                }
                footer { p { "Only programs of this machine can reach this page." } }
            }
        }
    }
    .into_string()
}

fn head(name: &str, more: &Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (SeenText(name)) }
            link rel="stylesheet" href="/style.css";
            (more)
        }
    }
}

/// A page for somebody without a session, or before they have used it: it tells nothing of the project.
fn outside(title: &str, more: &Markup, view: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(&format!("{title} · tix"), more))
            body .app.outside { main #main { h1 { (SeenText(title)) } (view) } }
        }
    }
    .into_string()
}

/// The page for a request that was not let in. It leads nowhere: most of what is refused has no session, and would be refused again.
pub fn refused(status: u16, words: &str) -> String {
    outside("Not served", &Markup::default(), &failure(&format!("Refused ({status})"), words, &[]))
}

/// The page that leads a new session to the board.
pub fn welcome() -> String {
    leading_to("/")
}

/// A page that leads to another one.
pub fn leading_to(address: &str) -> String {
    let refresh = html! { meta http-equiv="refresh" content={ "0; url=" (address) }; };
    outside("Welcome", &refresh, &html! { p { a href=(address) { "To the board" } } })
}

/// How old what is shown is: red when the remote does not answer.
fn as_of(frame: &Frame<'_>) -> Markup {
    let commit = frame.commit.get(..9).unwrap_or(frame.commit);
    html! {
        p #as-of .as-of.away[!frame.away.is_empty()] {
            bdi { (SeenText(frame.trunk)) } " at " code { (commit) }
            @match frame.age {
                FrameAge::Local => {}
                FrameAge::Unknown => { ", " span #age { "the remote has not answered yet" } }
                FrameAge::Known(age) => {
                    ", " span #age data-seconds=(age.num_seconds()) { "as of " (duration::rough(age)) " ago" }
                }
            }
            // Both are there from the beginning: what is said in them later is read out.
            span #away role="status" { @if !frame.away.is_empty() { (SeenText(frame.away)) } }
            span #news role="status" {}
        }
    }
}

/// The hidden fields of a form that writes.
fn tokens(csrf: &str, blob: Option<&str>) -> Markup {
    html! {
        input type="hidden" name="csrf" value=(csrf);
        @if let Some(blob) = blob { input type="hidden" name="blob" value=(blob); }
    }
}

/// The address of a ticket's page. An id has no character that an address must escape.
fn address_of(id: &str) -> String {
    format!("/t/{id}")
}

/// The fields of a query, as an address takes them; those without a value are left out.
pub fn query(fields: &[(&str, &str)]) -> String {
    let given = fields.iter().filter(|(_, value)| !value.is_empty());
    serde_urlencoded::to_string(given.collect::<Vec<_>>()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_stays_text() {
        let text = "<script>\"x\" & 'y'\u{202e}\n";
        let made = html! { p title=(SeenText(text)) { (SeenText(text)) } }.into_string();
        let shown = "&lt;script&gt;&quot;x&quot; &amp; 'y'\\u{202e}\\n";
        assert_eq!(made, format!("<p title=\"{shown}\">{shown}</p>"));
        let lines = html! { (SeenLines("<one>\ntwo\u{202e}\n")) }.into_string();
        assert_eq!(lines, "&lt;one&gt;<br>two\\u{202e}");
    }

    fn framed(age: FrameAge, away: &str) -> String {
        let now = test::NOW;
        let frame = Frame {
            project: "loom",
            trunk: "origin/main",
            commit: "f62a821697759991",
            state: "s",
            now,
            age,
            away,
            here: None,
            answers_form: false,
            csrf: None,
        };
        whole(&frame, "Board", &Markup::default())
    }

    #[test]
    fn the_head_says_how_old_everything_is_or_that_nobody_knows() {
        let known = framed(FrameAge::Known(TimeDelta::seconds(3)), "");
        assert!(
            known.contains("<span id=\"age\" data-seconds=\"3\">as of 3 s ago</span>"),
            "{known}"
        );
        // The script fills it in when the remote has answered.
        let unknown = framed(FrameAge::Unknown, "");
        assert!(unknown.contains("<span id=\"age\">the remote has not answered yet"), "{unknown}");
        assert!(!framed(FrameAge::Local, "").contains("id=\"age\""));
        assert!(known.contains("data-now=\"2026-11-30T12:00:00+00:00\""), "{known}");
    }

    /// A region is read out when its text changes, so it must be there before.
    #[test]
    fn what_is_said_later_has_its_regions_from_the_beginning() {
        for away in ["", "origin does not answer"] {
            let page = framed(FrameAge::Unknown, away);
            assert!(page.contains(&format!("<span id=\"away\" role=\"status\">{away}</span>")));
            assert!(page.contains("<span id=\"news\" role=\"status\"></span>"), "{page}");
        }
    }

    #[test]
    fn the_page_of_a_refusal_has_no_link_that_is_refused_too() {
        let page = refused(403, "no <session>");
        assert!(page.contains("Refused (403)") && page.contains("no &lt;session&gt;"), "{page}");
        assert!(!page.contains("<a "), "{page}");
    }

    proptest! {
        /// maud puts every attribute between double quotes.
        #[test]
        fn no_text_makes_markup(text: String) {
            let made = html! { (SeenText(&text)) }.into_string();
            prop_assert!(!made.contains(['<', '>', '"']));
        }
    }
}
