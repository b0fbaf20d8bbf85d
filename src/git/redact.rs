//! Removes credentials from text before anybody sees it.

/// The text with `user:password@` removed from every URL, and known token shapes masked.
///
/// A server hook may print a credential in any sentence, so besides URLs this covers the published token prefixes:
/// GitHub (`ghp_ gho_ ghu_ ghs_ ghr_ github_pat_`), GitLab (`glpat-`), and assignments like `Authorization:` and
/// `token=`.
pub fn redact(text: &str) -> String {
    let without_urls = redact_urls(text);
    redact_tokens(&without_urls)
}

fn redact_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        out.push_str(head);
        // A password may contain an unescaped `@`, so the last one before the path counts.
        let end = tail
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '/' | '\'' | '"' | '<' | '>' | '?' | '#')
            })
            .unwrap_or(tail.len());
        let (authority, after) = tail.split_at(end);
        match authority.rfind('@') {
            // `ssh://git@host` names an account, not a secret; anything with a colon may hold one.
            Some(i)
                if head.ends_with("ssh://") && !authority.get(..i).unwrap_or("").contains(':') =>
            {
                out.push_str(authority);
            }
            Some(i) => {
                out.push_str("***");
                out.push_str(authority.get(i..).unwrap_or(""));
            }
            None => out.push_str(authority),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

const TOKEN_PREFIXES: [&str; 8] =
    ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxb-"];
const ASSIGNMENTS: [&str; 5] = ["password=", "token=", "secret=", "bearer ", "basic "];

fn redact_tokens(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let is_secret =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '=' | '+' | '/' | '~');
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let low = lower.get(at..).unwrap_or("");
        let keep = TOKEN_PREFIXES
            .iter()
            .find(|p| rest.starts_with(**p))
            .or_else(|| ASSIGNMENTS.iter().find(|p| low.starts_with(**p)))
            .map(|p| p.len());
        let secret = keep.map(|keep| {
            let tail = rest.get(keep..).unwrap_or("");
            (keep, tail.find(|c| !is_secret(c)).unwrap_or(tail.len()))
        });
        match secret {
            // A short word after "basic " or a bare prefix is prose, not a secret.
            Some((keep, len)) if len >= 8 => {
                out.push_str(rest.get(..keep).unwrap_or(""));
                out.push_str("***");
                at += keep + len;
            }
            _ => {
                let step = rest.chars().next().map_or(1, char::len_utf8);
                out.push_str(rest.get(..step).unwrap_or(""));
                at += step;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn credentials_leave_urls_and_the_rest_stays() {
        assert_eq!(
            redact("fatal: 'https://ada:ghp_0123456789@example.org/x.git/' denied"),
            "fatal: 'https://***@example.org/x.git/' denied"
        );
        assert_eq!(redact("https://tok@en@h/x http://h/y"), "https://***@h/x http://h/y");
        assert_eq!(redact("ssh://git@host/x"), "ssh://git@host/x");
        assert_eq!(redact("ssh://git:pw@host/x"), "ssh://***@host/x");
        assert_eq!(redact("nothing here"), "nothing here");
    }

    #[test]
    fn tokens_in_prose_are_taken_out() {
        assert_eq!(
            redact("remote: your token ghp_abcdefghij is bad"),
            "remote: your token ghp_*** is bad"
        );
        assert_eq!(redact("Authorization: Bearer abc.def-ghi0"), "Authorization: Bearer ***");
        assert_eq!(redact("basic rules 日本"), "basic rules 日本");
        assert_eq!(redact("TOKEN=0123456789"), "TOKEN=***");
    }
}
