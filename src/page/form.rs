//! The forms that write.

use maud::{Markup, html};

use super::{SeenText, address_of, tokens};

/// The form for a new ticket, with what was typed before.
#[derive(Default)]
pub struct NewForm<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub priority: &'a str,
    pub labels: &'a str,
    pub parent: &'a str,
    pub depends_on: &'a str,
    /// The priorities that the project uses.
    pub priorities: &'a [String],
}

pub fn new_form(form: &NewForm<'_>, csrf: &str) -> Markup {
    html! {
        form .write method="post" action="/new" {
            (tokens(csrf, None))
            (line("title", "Title", form.title, true))
            (area("body", "Text", form.body, 14))
            label for="priority" { "Priority" }
            input #priority name="priority" value=(form.priority) list="priorities" autocomplete="off";
            datalist #priorities { @for priority in form.priorities { option value=(priority) {} } }
            (line("labels", "Labels, separated by commas", form.labels, false))
            (line("parent", "Part of: an id", form.parent, false))
            (line("depends_on", "Depends on: ids, separated by commas", form.depends_on, false))
            div .row { button { "Create" } a href="/" { "Back to the board" } }
        }
    }
}

/// The whole text of a ticket, to be changed.
pub fn edit_form(id: &str, text: &str, csrf: &str, blob: &str) -> Markup {
    html! {
        form .write method="post" action={ (address_of(id)) "/edit" } {
            (tokens(csrf, Some(blob)))
            (area("text", "Text", text, 24))
            div .row { button { "Save" } a href=(address_of(id)) { "Back to the ticket" } }
        }
    }
}

fn line(name: &str, words: &str, value: &str, required: bool) -> Markup {
    html! {
        label for=(name) { (words) }
        input id=(name) name=(name) value=(value) required[required] autocomplete="off";
    }
}

fn area(name: &str, words: &str, value: &str, rows: usize) -> Markup {
    html! {
        label for=(name) { (words) }
        // A browser drops the first line end.
        textarea id=(name) name=(name) rows=(rows) { "\n" (value) }
    }
}

/// A button that does something to a ticket, with an optional line of text.
pub(super) struct Action<'a> {
    pub verb: &'a str,
    pub words: &'a str,
    /// The name and words of a field that must be filled.
    pub field: Option<(&'a str, &'a str)>,
    /// A field that goes along as it is.
    pub fixed: Option<(&'a str, &'a str)>,
}

impl<'a> Action<'a> {
    /// A button alone.
    pub(super) const fn of(verb: &'a str, words: &'a str) -> Action<'a> {
        Action { verb, words, field: None, fixed: None }
    }
}

/// The form of an action, with what was typed into its field before.
pub(super) fn action(id: &str, action: &Action<'_>, typed: &str, csrf: &str, blob: &str) -> Markup {
    let field_id = |name: &str| format!("{}-{name}", action.verb);
    html! {
        form method="post" action={ (address_of(id)) "/" (action.verb) } {
            (tokens(csrf, Some(blob)))
            @if let Some((name, value)) = action.fixed { input type="hidden" name=(name) value=(value); }
            @if let Some((name, words)) = action.field {
                label for=(field_id(name)) { (words) }
                input id=(field_id(name)) name=(name) value=[(!typed.is_empty()).then_some(typed)] required autocomplete="off";
            }
            button .quiet { (SeenText(action.words)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::assert_holds;
    use super::*;

    #[test]
    fn a_form_carries_its_tokens_and_what_was_typed_before() {
        let priorities = ["P0".to_owned(), "\"x".to_owned()];
        let form = NewForm {
            title: "\"><script>",
            body: "\n first </textarea>\nsecond",
            priority: "P1",
            labels: "a, b",
            parent: "TICKET-a-001",
            depends_on: "",
            priorities: &priorities,
        };
        let page = new_form(&form, "secret").into_string();
        assert_holds(
            &page,
            &[
                "<form class=\"write\" method=\"post\" action=\"/new\">",
                "name=\"csrf\" value=\"secret\"",
                "<label for=\"title\">Title</label>",
                "value=\"&quot;&gt;&lt;script&gt;\" required",
                // A browser drops the first of the two line ends.
                ">\n\n first &lt;/textarea&gt;\nsecond</textarea>",
                "value=\"P1\" list=\"priorities\"",
                "<option value=\"&quot;x\">",
                "value=\"TICKET-a-001\"",
            ],
        );
        assert!(!page.contains("name=\"blob\""), "a new ticket has no text to be held against");
        let page = edit_form("TICKET-a-001", "one\n", "secret", "f00d").into_string();
        assert_holds(
            &page,
            &[
                "action=\"/t/TICKET-a-001/edit\"",
                "name=\"csrf\" value=\"secret\"",
                "name=\"blob\" value=\"f00d\"",
                ">\none\n</textarea>",
            ],
        );
    }

    /// Whoever hears a page, or clicks a word, finds the field by its label.
    #[test]
    fn every_field_has_a_label() {
        let forms = [
            new_form(&NewForm::default(), "c"),
            edit_form("TICKET-a-001", "", "c", "b"),
            action(
                "TICKET-a-001",
                &Action { field: Some(("reason", "Why")), ..Action::of("block", "Block") },
                "",
                "c",
                "b",
            ),
        ];
        for form in forms {
            let form = form.into_string();
            let fields = form.split(['<']).filter(|tag| {
                tag.starts_with("textarea")
                    || tag.starts_with("input") && !tag.contains("type=\"hidden\"")
            });
            for field in fields {
                let id = field.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
                assert!(form.contains(&format!("<label for=\"{id}\">")), "{field}\n{form}");
            }
        }
    }
}
