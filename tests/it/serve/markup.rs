//! Tickets that hold markup and scripts: a page shows them as the text that they are.

use std::collections::BTreeMap;

use regex::Regex;

use crate::activate::ID;
use crate::harness::{Sandbox, Ticket};

use super::Served;

const TEXTS: [&str; 9] = [
    "<script>alert(1)</script>",
    "\"onmouseover=\"alert(1)",
    "'><img src=x onerror=alert(1)>",
    "</title></textarea></style><svg onload=alert(1)>",
    "<!--><iframe srcdoc='<script>1</script>'>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "left \u{202e}thgir\u{202c} \u{2066}x",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "--help",
];

const BODY: &str = "\
# Requirements

<script>alert(1)</script> <img src=x onerror=alert(1)> <b onclick=alert(1)>b</b>

<style>*{display:none}</style>

<form action=/t/TICKET-foo-001/queue method=post><button>b</button></form>

[a](javascript:alert(1)) [b](JaVaScRiPt:alert(1)) [c](data:text/html,x) [d](vbscript:x) [e](/t/TICKET-foo-001)
<javascript:alert(1)> [f]( java\tscript:alert(1)) [g](//evil.example/) [h](https://evil.example/\"onclick=\"x)
![p](https://evil.example/p.png) ![q](x\"onerror=\"alert(1)) [r]: javascript:alert(1) \"t\"
[r] [s](https://evil.example \"\\\"onmouseover=alert(1)\")

```\"><script>alert(1)</script>
</code></pre><script>alert(1)</script>
```

| <script>1</script> | `<script>1</script>` |
| --- | --- |
| \u{202e}x | <base href=//evil.example> |

- [ ] <script>alert(1)</script>
- [ ] <meta http-equiv=refresh content='0;url=//evil.example'>
";

/// The tags of a page, with their attributes; what a browser would see of them.
fn tags(page: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut tags = Vec::new();
    let mut rest = page;
    while let Some((_, tail)) = rest.split_once('<') {
        let mut quote = None;
        let end = tail.char_indices().find(|(_, letter)| {
            if let Some(open) = quote {
                quote = (*letter != open).then_some(open);
                return false;
            }
            quote = matches!(letter, '"' | '\'').then_some(*letter);
            *letter == '>'
        });
        let (inside, after) = tail.split_at(end.unwrap_or_else(|| panic!("no end: {tail}")).0);
        rest = after;
        let (name, mut attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        let mut found = BTreeMap::new();
        while !attributes.trim().is_empty() {
            let (key, value) = match attributes.split_once("=\"") {
                Some((key, value)) if !key.trim().contains(' ') => (key, value),
                // Without a value.
                _ => {
                    let (key, rest) = attributes.trim().split_once(' ').unwrap_or((attributes, ""));
                    found.insert(key.trim().to_owned(), String::new());
                    attributes = rest;
                    continue;
                }
            };
            let (value, rest) = value.split_once('"').unwrap();
            found.insert(key.trim().to_owned(), value.to_owned());
            attributes = rest;
        }
        tags.push((name.to_owned(), found));
    }
    tags
}

#[track_caller]
fn assert_harmless(page: &str, path: &str) {
    const PAGES: [&str; 3] = ["/style.css", "/live.js", "#main"];
    for (name, attributes) in tags(page) {
        let said = format!("{path}: <{name} {attributes:?}>");
        let known = attributes.get("src").or_else(|| attributes.get("href"));
        let is_ours = known.is_some_and(|place| PAGES.contains(&place.as_str()));
        match name.as_str() {
            "script" | "link" => assert!(is_ours, "{said}"),
            "iframe" | "object" | "embed" | "img" | "base" | "frame" | "video" => panic!("{said}"),
            "meta" => {
                let is_plain = attributes.contains_key("charset")
                    || attributes.get("name").is_some_and(|name| name == "viewport")
                    || path == "/flow";
                assert!(is_plain, "{said}");
            }
            "style" | "svg" => assert_eq!(path, "/flow"),
            _ => {}
        }
        for (key, value) in &attributes {
            let runs = key.starts_with("on")
                || ["srcdoc", "formaction"].contains(&&**key)
                || (key == "style" && path != "/flow");
            assert!(!runs, "{said}");
            if ["href", "src", "action"].contains(&key.as_str()) {
                let away = value.starts_with("http://") || value.starts_with("https://");
                let here = value.starts_with(['/', '#', '?']) && !value.starts_with("//");
                assert!(away || here, "{said}");
                let rel = attributes.get("rel").map(String::as_str).unwrap_or_default();
                assert!(here || rel.contains("noopener") && rel.contains("noreferrer"), "{said}");
            }
        }
    }
    // A field holds the text that is to be changed, letter by letter, and nothing of it acts outside the field.
    let fields = Regex::new(r#"(?s)<textarea.*?</textarea>|(<input[^>]*) value="[^"]*""#).unwrap();
    let page = fields.replace_all(page, "$1");
    let turns = page.contains(['\u{202e}', '\u{202c}', '\u{2066}']);
    assert!(!turns, "{path}: letters that turn the text around");
}

#[test]
fn markup_in_a_ticket_is_text() {
    let sandbox = Sandbox::new();
    let mut files = vec![];
    for (at, text) in TEXTS.iter().enumerate() {
        let id = format!("TICKET-foo-{:03}", at + 1);
        let json = serde_json::to_string(text).unwrap();
        let ticket = Ticket::new(&id)
            .key("title", &json)
            .key("labels", &format!("[{json}]"))
            .key("priority", &json)
            .key("category", &json)
            .body(&format!("{BODY}\n# Changelog\n"));
        files.push((format!("tickets/queue/{id}.md"), ticket.text()));
    }
    sandbox.seed(&files);
    let clone = sandbox.clone_named("a");
    // The name of a holder, and of whoever wrote each line of the story.
    let person = clone.as_person("<script>alert(1)</script>' onclick=x", "<b>@example.org");
    person.tix(&["activate", ID, "--no-worktree"]).success();
    person.tix(&["note", ID, "<script>alert(1)</script> [x](javascript:alert(1))"]).success();
    let served = Served::at(&person);
    let session = served.enter();
    let hostile = "<script>alert(1)</script>\"onmouseover=\"x";
    let made =
        served.form(&session, "/new", &[("title", hostile), ("body", BODY), ("labels", hostile)]);
    served.ask(&made);
    let unread = served.form(&session, "/new", &[("title", "x"), ("parent", hostile)]);
    let refused = served.ask(&unread);
    assert_harmless(&refused.body, "the page of a failure");
    let query = super::served::encoded(&[("q", hostile), ("parent", hostile), ("lane", hostile)]);
    let mut paths: Vec<String> =
        ["/", "/workers", "/writes", "/writes/1", "/writes/2", "/doctor", "/doctor?plan", "/flow"]
            .map(str::to_owned)
            .into();
    paths.extend(["/", "/new", "/writes", "/%3Cscript%3E"].map(|path| format!("{path}?{query}")));
    for at in 1..=TEXTS.len() {
        let id = format!("TICKET-foo-{at:03}");
        paths.extend(["", "/edit", "/tick"].map(|view| format!("/t/{id}{view}")));
    }
    for path in paths {
        let reply = served.ask(&served.look(&session, &path));
        assert!(matches!(reply.status, 200 | 404), "{path}: {reply:?}");
        assert_harmless(&reply.body, &path);
    }
    let board = served.ask(&served.look(&session, "/")).body;
    assert!(board.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{board}");
}
