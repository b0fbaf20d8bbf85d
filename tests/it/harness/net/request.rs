//! HTTP/1.1 requests, as far as git sends them.

use std::io::{self, BufRead, Read, Write};

/// A request up to its body.
pub struct Request {
    pub method: String,
    /// With percent signs decoded.
    pub path: String,
    pub query: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// Reads a head; `None` when the client leaves before its end.
    pub fn read(from: &mut impl BufRead) -> Option<Self> {
        let mut lines = from.lines().map_while(Result::ok);
        let first = lines.next()?;
        let mut words = first.split(' ');
        let (method, target) = (words.next()?.to_owned(), words.next()?);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let (path, query) = (decode_percent(path), query.to_owned());
        let mut headers = Vec::new();
        loop {
            let line = lines.next()?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        Some(Self { method, path, query, headers })
    }

    /// The value of the header with this lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it belongs to a push: the look at the refs, or the pack itself.
    pub fn is_push(&self) -> bool {
        self.is_pack() || self.query == "service=git-receive-pack"
    }

    /// Whether it carries a push.
    pub fn is_pack(&self) -> bool {
        self.path.ends_with("/git-receive-pack")
    }

    /// Whether the client waits for a word before it sends the body.
    pub fn expects_continue(&self) -> bool {
        self.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue"))
    }

    fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
    }

    /// The length that the client announced.
    pub fn content_length(&self) -> Option<u64> {
        self.header("content-length")
            .filter(|_| !self.is_chunked())
            .map(|value| value.parse().unwrap())
    }

    /// Copies the body, or as much of it as the client sends. What `to` does not take is read all the same: a connection
    /// closed with bytes unread is reset, and the client never sees the answer. A body that breaks off is an error.
    pub fn copy_body(&self, from: &mut impl BufRead, to: impl Write) -> io::Result<()> {
        let mut to = Lenient { inner: Some(to) };
        if !self.is_chunked() {
            return copy_all(from, self.content_length().unwrap_or(0), &mut to);
        }
        loop {
            let mut size = String::new();
            from.read_line(&mut size)?;
            let size = u64::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            copy_all(from, size, &mut to)?;
            from.read_line(&mut String::new())?;
            if size == 0 {
                return Ok(());
            }
        }
    }
}

fn copy_all(from: &mut impl BufRead, size: u64, to: &mut impl Write) -> io::Result<()> {
    let copied = io::copy(&mut from.take(size), to)?;
    if copied < size { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Takes everything, and passes it on for as long as that works.
struct Lenient<W> {
    inner: Option<W>,
}

impl<W: Write> Write for Lenient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.inner.as_mut().is_some_and(|inner| inner.write_all(bytes).is_err()) {
            self.inner = None;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn decode_percent(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits after a percent sign"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("a UTF-8 path")
}

/// The value of an `Authorization` header for these credentials.
pub fn basic(user: &str, password: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut value = "Basic ".to_owned();
    for bytes in format!("{user}:{password}").as_bytes().chunks(3) {
        let padded = [0, bytes[0], *bytes.get(1).unwrap_or(&0), *bytes.get(2).unwrap_or(&0)];
        let bits = u32::from_be_bytes(padded);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
            value.push(if place > bytes.len() { '=' } else { digit.into() });
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_is_joined() {
        let text = "POST /a%20b/x?q=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n";
        let mut input = text.as_bytes();
        let request = Request::read(&mut input).unwrap();
        let mut body = Vec::new();
        request.copy_body(&mut input, &mut body).unwrap();
        assert_eq!((request.path.as_str(), request.query.as_str()), ("/a b/x", "q=1"));
        assert_eq!(body, b"abc0123456789");
        assert!(input.is_empty());
    }

    #[test]
    fn credentials_are_padded_base64() {
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("a", "bcd"), "Basic YTpiY2Q=");
        assert_eq!(basic("a", "b"), "Basic YTpi");
    }
}
