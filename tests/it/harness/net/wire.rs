//! Just enough of git's protocols to tell where a push begins and ends in what a client sends.
//!
//! Over `git://` that is a request line, then, if something is pushed, a list of commands and a pack (gitprotocol-pack(5)).
//! Over HTTP a connection carries one request, because [`super::HttpServer`] closes it after each; the push is the `POST` to
//! `git-receive-pack` (gitprotocol-http(5)).

use super::sha1::sha1;

/// What the bytes that a client has sent so far say about a push.
#[derive(Debug, PartialEq, Eq)]
pub enum Opening {
    /// Too few to tell. The first `safe` bytes do not belong to a push.
    Unclear { safe: usize },
    /// No push will come.
    NoPush,
    /// A push begins at `start`; its first command is at `body`.
    Push { start: usize, body: usize },
}

/// Reads `sent`, which begins with a connection's first byte.
pub fn opening(sent: &[u8]) -> Opening {
    let Some(unit) = first_unit(sent) else {
        return Opening::Unclear { safe: 0 };
    };
    let body = unit.len();
    if !is_push_request(unit) {
        return Opening::NoPush;
    }
    if is_http(unit) {
        return Opening::Push { start: 0, body };
    }
    match sent.get(body..body + 4) {
        None => Opening::Unclear { safe: body },
        Some(b"0000") => Opening::NoPush,
        Some(_) => Opening::Push { start: body, body },
    }
}

/// The request line (`git://`) or head (HTTP) that `sent` begins with, if it is there to the end.
pub fn first_unit(sent: &[u8]) -> Option<&[u8]> {
    let length = if is_http(sent) { find(sent, b"\r\n\r\n")? + 4 } else { pkt_length(sent)? };
    sent.get(..length)
}

/// Whether a [`first_unit`] asks for the service that takes pushes, in the request that carries the push.
pub fn is_push_request(unit: &[u8]) -> bool {
    if !is_http(unit) {
        return unit.get(4..).is_some_and(|line| line.starts_with(b"git-receive-pack "));
    }
    // Before a pack of unknown length git sends a request with nothing but a flush packet, to have the authentication done.
    let is_probe = content_length(unit) == Some(4);
    unit.starts_with(b"POST ") && contains(unit, b"/git-receive-pack HTTP/1.") && !is_probe
}

/// Whether `push`, which begins at [`Opening::Push`]'s `start`, has arrived to its last byte. Knows SHA-1 packs only.
pub fn is_whole(push: &[u8]) -> bool {
    if !is_http(push) {
        return commands_and_pack_are_whole(push).unwrap_or(false);
    }
    let Some(head) = first_unit(push) else {
        return false;
    };
    let body = &push[head.len()..];
    content_length(head).map_or_else(|| body.ends_with(b"0\r\n\r\n"), |length| body.len() >= length)
}

/// `None` when not even the commands are there.
fn commands_and_pack_are_whole(push: &[u8]) -> Option<bool> {
    let (commands, mut rest) = section(push)?;
    if commands.first().is_some_and(|first| contains(first, b" push-options")) {
        rest = section(rest)?.1;
    }
    let has_pack = commands.iter().any(|line| {
        let mut words = line.split(|&byte| byte == b' ');
        let new = words.nth(1).unwrap_or_default();
        words.next().is_some() && new.iter().any(|&digit| digit != b'0')
    });
    if !has_pack {
        return Some(true);
    }
    let (content, checksum) = rest.split_at_checked(rest.len().checked_sub(20)?)?;
    Some(content.starts_with(b"PACK") && sha1(content) == checksum)
}

/// The packet lines up to a flush packet, and what follows it.
fn section(mut bytes: &[u8]) -> Option<(Vec<&[u8]>, &[u8])> {
    let mut lines = Vec::new();
    loop {
        let length = pkt_length(bytes)?;
        if length == 0 {
            return Some((lines, &bytes[4..]));
        }
        lines.push(bytes.get(4..length)?);
        bytes = &bytes[length..];
    }
}

fn pkt_length(bytes: &[u8]) -> Option<usize> {
    let digits = std::str::from_utf8(bytes.get(..4)?).expect("a packet line");
    Some(usize::from_str_radix(digits, 16).expect("a packet line"))
}

/// A packet line begins with hexadecimal digits, which git writes in lower case.
fn is_http(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_uppercase)
}

fn content_length(head: &[u8]) -> Option<usize> {
    let head = std::str::from_utf8(head).ok()?.to_ascii_lowercase();
    let (_, value) = head.split_once("\r\ncontent-length:")?;
    value.lines().next()?.trim().parse().ok()
}

/// Whether `needle` occurs in `bytes`.
pub fn contains(bytes: &[u8], needle: &[u8]) -> bool {
    find(bytes, needle).is_some()
}

fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: &str = "0000000000000000000000000000000000000000";
    const ONE: &str = "1111111111111111111111111111111111111111";

    fn pkt(line: &str) -> Vec<u8> {
        format!("{:04x}{line}", line.len() + 4).into_bytes()
    }

    #[test]
    fn a_push_over_git_begins_after_the_request_line() {
        let request = pkt("git-receive-pack /r\0host=h\0");
        let body = request.len();
        assert_eq!(opening(&request[..body - 1]), Opening::Unclear { safe: 0 });
        assert_eq!(opening(&request), Opening::Unclear { safe: body });
        assert_eq!(opening(&[&request[..], b"0000"].concat()), Opening::NoPush);
        assert_eq!(opening(&[&request[..], b"0068"].concat()), Opening::Push { start: body, body });
        assert_eq!(opening(&pkt("git-upload-pack /r\0host=h\0")), Opening::NoPush);
    }

    #[test]
    fn a_push_over_http_is_a_post_with_more_than_a_flush() {
        let post = |length: usize| {
            format!("POST /r/git-receive-pack HTTP/1.1\r\nContent-Length: {length}\r\n\r\n")
        };
        let head = post(200);
        assert_eq!(opening(head.as_bytes()), Opening::Push { start: 0, body: head.len() });
        assert_eq!(opening(post(4).as_bytes()), Opening::NoPush);
        assert_eq!(
            opening(b"GET /r/info/refs?service=git-receive-pack HTTP/1.1\r\n\r\n"),
            Opening::NoPush
        );
        assert!(!is_whole(format!("{head}{}", "x".repeat(199)).as_bytes()));
        assert!(is_whole(format!("{head}{}", "x".repeat(200)).as_bytes()));
        let chunked =
            "POST /r/git-receive-pack HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";
        assert!(!is_whole(chunked.as_bytes()));
        assert!(is_whole(format!("{chunked}0\r\n\r\n").as_bytes()));
    }

    #[test]
    fn a_push_over_git_ends_with_the_checksum_of_its_pack() {
        let update = pkt(&format!("{ZERO} {ONE} refs/heads/a\0 report-status"));
        let pack = b"PACK and more".to_vec();
        let push = [update, b"0000".to_vec(), pack.clone(), sha1(&pack).to_vec()].concat();
        assert!((0..push.len()).all(|length| !is_whole(&push[..length])));
        assert!(is_whole(&push));
        let delete =
            [pkt(&format!("{ONE} {ZERO} refs/heads/a\0 report-status")), b"0000".to_vec()].concat();
        assert!(is_whole(&delete), "a deletion has no pack");
    }
}
