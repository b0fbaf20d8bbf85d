//! Ticket files as people write them: a `# Metadata` comment, a sequence with leading zeros, a body with criteria.

/// A ticket that waits in the queue. The session and the sequence follow from the id, as they do in real ones.
pub fn queue_ticket(id: &str) -> String {
    Ticket::new(id).text()
}

/// A ticket file in the making.
pub struct Ticket {
    keys: Vec<(String, String)>,
    body: String,
    line_end: &'static str,
}

impl Ticket {
    pub fn new(id: &str) -> Self {
        let stem = id.strip_prefix("TICKET-").unwrap_or(id);
        let (session, sequence) = match stem.rsplit_once('-') {
            Some((session, sequence)) if sequence.bytes().all(|byte| byte.is_ascii_digit()) => {
                (session, sequence)
            }
            _ => (stem, "null"),
        };
        let keys = [
            ("ticket_id", id),
            ("session_id", session),
            ("sequence", sequence),
            ("title", "Make it work"),
            ("status", "open"),
            ("created", "2025-12-03 19:30"),
            ("worktree_path", "null"),
        ];
        Self {
            keys: keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            body: "# Requirements\n\n- [ ] It works\n- [ ] It is tested\n\n# Changelog\n\n\
                   ## [2025-12-03 19:30] - Creator: created\n- Ticket created in queue/\n"
                .to_owned(),
            line_end: "\n",
        }
    }

    /// Sets one key; the value is written as given, so that a test can write anything at all. A new key comes last.
    pub fn key(mut self, key: &str, value: &str) -> Self {
        match self.keys.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => value.clone_into(old),
            None => self.keys.push((key.to_owned(), value.to_owned())),
        }
        self
    }

    pub fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }

    pub fn crlf(mut self) -> Self {
        self.line_end = "\r\n";
        self
    }

    pub fn text(&self) -> String {
        let keys = self.keys.iter().map(|(key, value)| format!("{key}: {value}"));
        let keys = keys.collect::<Vec<_>>().join("\n");
        format!("---\n# Metadata\n{keys}\n---\n\n{}", self.body).replace('\n', self.line_end)
    }
}
