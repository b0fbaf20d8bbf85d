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

use chrono::TimeDelta;
use maud::{DOCTYPE, Markup, Render, html};

pub use self::ago::Ago;
pub use self::board::{BoardPage, LanePage, SHOWN, board};
pub use self::card::{CardValues, card};
pub use self::doctor::{DoctorPage, doctor};
pub use self::form::{NewForm, edit_form, new_form};
pub use self::notice::{Moved, Notice, moved, notice, typed};
pub use self::report::{ReportPage, ReportedLane, report, report_view};
pub use self::ticket::{TicketPage, boxes, ticket};
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
    const ALL: [(Section, &'static str, &'static str); 5] = [
        (Section::Board, "/", "Board"),
        (Section::Workers, "/workers", "Workers"),
        (Section::Writes, "/writes", "Diagnostics"),
        (Section::Doctor, "/doctor", "Doctor"),
        (Section::Flow, "/flow", "Flow"),
    ];
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
    /// How old what is shown is; `None` without a remote.
    pub age: Option<TimeDelta>,
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
            body .app data-state=(frame.state) data-still[frame.answers_form] {
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
                footer { p { "Served by tix to this machine alone." } }
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

/// The page for a request that was not let in.
pub fn refused(status: u16, words: &str) -> String {
    let name = format!("Refused ({status})");
    let notice = Notice { name: &name, message: words, hints: &[], on: ("/", "To the board") };
    outside("Not served", &Markup::default(), &notice::notice(&notice))
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
            @if let Some(age) = frame.age {
                ", as of " span #age data-seconds=(age.num_seconds()) { (duration::rough(age)) " ago" }
            }
            span #away { @if !frame.away.is_empty() { (SeenText(frame.away)) } }
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
