//! What a request could not do, and what to do now.

use maud::{Markup, html};

use super::{SeenLines, SeenText};

pub struct Notice<'a> {
    /// What failed, such as the name of an exit code.
    pub name: &'a str,
    pub message: &'a str,
    pub hints: &'a [String],
    /// Where to go on: an address and its words.
    pub on: (&'a str, &'a str),
}

pub fn notice(notice: &Notice<'_>) -> Markup {
    let (address, words) = notice.on;
    html! {
        (failure(notice.name, notice.message, notice.hints))
        p { a href=(address) { (words) } }
    }
}

/// What failed, in a region that has the focus when the page comes, so that it is read first.
pub fn failure(name: &str, message: &str, hints: &[String]) -> Markup {
    html! {
        section .error role="alert" tabindex="-1" autofocus {
            h2 { (SeenText(name)) }
            @for line in message.lines() { p { (SeenText(line)) } }
            @for hint in hints { p .hint { (SeenLines(hint)) } }
        }
    }
}

/// A failure above what could be read before it.
pub fn outdated(failure: &Markup) -> Markup {
    html! {
        (failure)
        p .none { "Below is what could be read before." }
    }
}

/// A ticket that has moved since the form was shown.
pub struct Moved<'a> {
    pub id: &'a str,
    /// The text that the form carried, if it was a text.
    pub yours: Option<&'a str>,
    /// The text that the ticket has now.
    pub now: &'a str,
}

/// Both texts, so that nothing typed is lost.
pub fn moved(moved: &Moved<'_>) -> Markup {
    html! {
        (failure("Not written", &format!("{} has changed since this form was shown, perhaps by another form of yours.", moved.id), &[]))
        (typed(moved.yours.as_slice()))
        section { h2 { "What it says now" } pre tabindex="0" { (text(moved.now)) } }
        p { a href={ "/t/" (moved.id) } { "Open the ticket as it is now" } }
    }
}

/// The texts that a form carried and that were not written.
fn typed(texts: &[&str]) -> Markup {
    html! {
        @for yours in texts.iter().filter(|text| !text.trim().is_empty()) {
            section { h2 { "What you wrote" } pre tabindex="0" { (text(yours)) } }
        }
    }
}

fn text(text: &str) -> Markup {
    html! { @for line in text.lines() { (SeenText(line)) "\n" } }
}

#[cfg(test)]
mod tests {
    use super::super::test::assert_holds;
    use super::*;

    #[test]
    fn a_notice_says_what_failed_and_where_to_go_on() {
        let hints = ["tix show <x>".to_owned()];
        let on = ("/t/TICKET-a-001", "Back");
        let page =
            Notice { name: "remote refused", message: "one\ntwo <b>\u{1b}", hints: &hints, on };
        assert_holds(
            &notice(&page).into_string(),
            &[
                "role=\"alert\" tabindex=\"-1\" autofocus><h2>remote refused</h2>",
                "<p>one</p><p>two &lt;b&gt;\\u{1b}</p>",
                "<p class=\"hint\">tix show &lt;x&gt;</p>",
                "<a href=\"/t/TICKET-a-001\">Back</a>",
            ],
        );
    }

    #[test]
    fn a_ticket_that_has_moved_shows_both_texts() {
        let page = Moved { id: "TICKET-a-001", yours: Some("my <words>"), now: "their\nwords" };
        assert_holds(
            &moved(&page).into_string(),
            &[
                "<h2>Not written</h2><p>TICKET-a-001 has changed since this form was shown",
                ">my &lt;words&gt;\n</pre>",
                ">their\nwords\n</pre>",
                "href=\"/t/TICKET-a-001\"",
            ],
        );
        let nothing_typed = moved(&Moved { yours: None, ..page }).into_string();
        assert!(!nothing_typed.contains("What you wrote"), "{nothing_typed}");
    }
}
