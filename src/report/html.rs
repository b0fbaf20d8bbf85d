//! Builds HTML. Everything from tickets goes through [`Html::text`], which escapes it; no other function accepts it.

use crate::text::safe;

#[derive(Clone, Debug, Default)]
pub struct Html(String);

impl Html {
    /// The page's own markup.
    pub fn raw(&mut self, markup: &str) -> &mut Html {
        self.0.push_str(markup);
        self
    }

    /// Untrusted text, escaped.
    pub fn text(&mut self, text: &str) -> &mut Html {
        // What a reader would not see, and what turns the text around it, is made visible.
        for c in safe(text).chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                c => self.0.push(c),
            }
        }
        self
    }

    /// An element with only text in it. `open` is its tag with all attributes, such as `p class="x"`.
    pub fn element(&mut self, open: &str, text: &str) -> &mut Html {
        let name = open.split(' ').next().unwrap_or(open);
        self.raw("<").raw(open).raw(">").text(text).raw("</").raw(name).raw(">")
    }

    pub fn piece(&mut self, piece: &Html) -> &mut Html {
        self.0.push_str(&piece.0);
        self
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_stays_text() {
        let mut html = Html::default();
        html.element("p class=\"a\"", "<script>\"x\" & 'y'\u{202e}\n");
        let expected =
            "<p class=\"a\">&lt;script&gt;&quot;x&quot; &amp; &#39;y&#39;\\u{202e}\\n</p>";
        assert_eq!(html.into_string(), expected);
    }

    proptest! {
        #[test]
        fn no_text_makes_markup(text: String) {
            let mut html = Html::default();
            html.text(&text);
            let made = html.into_string();
            prop_assert!(!made.contains(['<', '>', '"', '\'']));
        }
    }
}
