//! A page that is served, and the browser without scripts that has opened it: requests over plain sockets, as a form sends them.
#![allow(dead_code, reason = "the tests and the benchmark use a part of it each")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub struct Page {
    pub child: Child,
    pub port: u16,
    cookie: String,
}

impl Drop for Page {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What a request was answered.
pub struct Answered {
    pub status: u16,
    pub head: String,
    pub body: String,
    pub first_byte: Duration,
}

impl Answered {
    #[track_caller]
    pub fn expect(self, status: u16) -> Answered {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        self
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Answered {
        assert!(self.body.contains(words), "no `{words}` in\n{}", self.body);
        self
    }

    /// Where a write leads to.
    pub fn place(&self) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix("location: "));
        line.unwrap_or_default()
    }

    /// The value of the first hidden field of this name.
    #[track_caller]
    pub fn hidden(&self, name: &str) -> String {
        self.after(&format!("name=\"{name}\" value=\""))
    }

    /// The state that the page shows, as its events name it.
    #[track_caller]
    pub fn state(&self) -> String {
        self.after("data-state=\"")
    }

    #[track_caller]
    fn after(&self, words: &str) -> String {
        let value = self.body.split(words).nth(1).and_then(|rest| rest.split('"').next());
        value.unwrap_or_else(|| panic!("no `{words}` in\n{}", self.body)).to_owned()
    }
}

impl Page {
    /// Runs a `tix serve` and opens the address that it prints.
    #[track_caller]
    pub fn start(command: &mut Command) -> Page {
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let rest =
            line.trim().strip_prefix("http://127.0.0.1:").unwrap_or_else(|| panic!("{line}"));
        let (port, path) = rest.split_once('/').unwrap();
        let mut page = Page { child, port: port.parse().unwrap(), cookie: String::new() };
        let entered = page.get(&format!("/{path}")).expect(200);
        let cookie = entered.head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        cookie.unwrap().split(';').next().unwrap().clone_into(&mut page.cookie);
        page
    }

    /// Sends a request, and leaves the answer to be read.
    pub fn open(&self, request: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
        let (port, cookie) = (self.port, &self.cookie);
        let text = format!(
            "{request} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n{headers}\r\n{body}"
        );
        stream.write_all(text.as_bytes()).unwrap();
        stream
    }

    fn ask(&self, request: &str, headers: &str, body: &str) -> Answered {
        let began = Instant::now();
        let mut stream = self.open(request, &format!("Connection: close\r\n{headers}"), body);
        let mut first = [0];
        stream.read_exact(&mut first).unwrap();
        let first_byte = began.elapsed();
        let mut text = first.to_vec();
        stream.read_to_end(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{text}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answered { status, head: head.to_owned(), body: body.to_owned(), first_byte }
    }

    pub fn get(&self, path: &str) -> Answered {
        self.ask(&format!("GET {path}"), "", "")
    }

    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answered {
        let pairs = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        let headers = format!(
            "Origin: http://127.0.0.1:{}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            self.port,
            body.len()
        );
        self.ask(&format!("POST {path}"), &headers, &body)
    }

    /// The events for a page that shows this state.
    pub fn events(&self, state: &str) -> BufReader<TcpStream> {
        BufReader::new(self.open(&format!("GET /events?since={state}"), "", ""))
    }
}

fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |done, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {
            done + char::from(byte).encode_utf8(&mut [0; 4])
        }
        _ => format!("{done}%{byte:02X}"),
    })
}
