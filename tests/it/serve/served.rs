//! A page that is served for one test, and requests to it, byte by byte.

use std::fmt::Write as _;
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread::{self, JoinHandle};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use crate::harness::net::{DEADLINE, wait_until};
use crate::harness::{Place, Prepared};

/// Becomes the program, and beside it waits for the end of its input, which comes with the end of the value or of the test program,
/// however that ends. Then the whole process group is killed.
const GUARDED: &str = r#"exec 3<&0
(read -r nothing <&3; kill -KILL 0) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null"#;

/// A running `tix serve`. It ends with this value.
pub struct Served {
    child: Child,
    guard: Option<ChildStdin>,
    stdout: Option<BufReader<std::process::ChildStdout>>,
    stderr: Option<JoinHandle<String>>,
    /// The first line that it has printed.
    pub address: String,
    pub port: u16,
}

impl Served {
    pub fn at(place: &Place) -> Served {
        Served::start(&place.tix_command(&["serve"]))
    }

    #[track_caller]
    pub fn start(prepared: &Prepared) -> Served {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", GUARDED, "sh"]).arg(&prepared.program).args(&prepared.args);
        command.current_dir(&prepared.directory).env_clear().envs(&prepared.variables);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.process_group(0).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut pipe = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            pipe.read_to_string(&mut text).unwrap();
            text
        });
        let mut address = String::new();
        stdout.read_line(&mut address).unwrap();
        let guard = child.stdin.take();
        let Some(port) = port_of(&address) else {
            child.wait().unwrap();
            panic!("it does not serve: {}", stderr.join().unwrap());
        };
        let stdout = Some(stdout);
        let address = address.trim_end().to_owned();
        Served { child, guard, stdout, stderr: Some(stderr), address, port }
    }

    /// The token of the first address.
    pub fn token(&self) -> &str {
        self.address.split_once("/enter?token=").unwrap().1
    }

    /// How it is called, as a browser says it.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)));
        let stream = stream.unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        stream
    }

    /// Sends these bytes, and reads until the server closes the connection.
    pub fn send(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect();
        // A server that has heard enough closes while we still write.
        stream.write_all(bytes).ok();
        Reply::of(&mut stream)
    }

    pub fn ask(&self, ask: &Ask) -> Reply {
        self.send(&ask.bytes())
    }

    /// A request as a browser makes it when somebody follows a link or types an address.
    pub fn look(&self, session: &Session, path: &str) -> Ask {
        Ask::new("GET", path).with("Host", &self.host()).with("Cookie", &session.cookie)
    }

    /// A form as a browser sends it from our own page.
    pub fn form(&self, session: &Session, path: &str, fields: &[(&str, &str)]) -> Ask {
        let mut body = encoded(&[("csrf", session.csrf.as_str())]);
        if !fields.is_empty() {
            write!(body, "&{}", encoded(fields)).unwrap();
        }
        self.look(session, path)
            .method("POST")
            .with("Origin", &format!("http://{}", self.host()))
            .with("Sec-Fetch-Site", "same-origin")
            .with("Content-Type", "application/x-www-form-urlencoded")
            .with("Content-Length", &body.len().to_string())
            .body(&body)
    }

    /// Uses the token, as the first look at the page does.
    #[track_caller]
    pub fn enter(&self) -> Session {
        let path = format!("/enter?token={}", self.token());
        let reply = self.ask(&Ask::new("GET", &path).with("Host", &self.host()));
        reply.is(200);
        let line = reply.header("set-cookie").unwrap();
        let (cookie, rest) = line.split_once(';').unwrap();
        assert_eq!(rest, " HttpOnly; SameSite=Strict; Path=/");
        let mut session = Session { cookie: cookie.to_owned(), csrf: String::new() };
        // Without forms on a page that is only read.
        let page = self.ask(&self.look(&session, "/new")).body;
        if let Some((_, rest)) = page.split_once("name=\"csrf\" value=\"") {
            rest.split_once('"').unwrap().0.clone_into(&mut session.csrf);
        }
        session
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// As a terminal sends it: to the server and all that run in its process group.
    pub fn signal_group(&self, signal: Signal) {
        kill_process_group(Pid::from_child(&self.child), signal).unwrap();
    }

    /// The processes that it has started and that run, one a line.
    pub fn children(&self) -> String {
        let all = Command::new("ps").args(["-A", "-o", "pgid=,args="]).output().unwrap();
        let all = String::from_utf8_lossy(&all.stdout).into_owned();
        let group = self.child.id().to_string();
        let ours = all.lines().filter_map(|line| line.trim().split_once(' '));
        let ours = ours.filter(|(of, args)| *of == group && !args.contains("read -r nothing"));
        ours.map(|(_, args)| format!("{args}\n")).collect()
    }

    /// Until it has ended: its exit code, and all that it has said on stderr.
    #[track_caller]
    pub fn wait(&mut self) -> (Option<i32>, String) {
        let mut status = None;
        wait_until("tix serve ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        let words = self.stderr.take().unwrap().join().unwrap();
        (status.unwrap().code(), words)
    }

    /// Ends it as Ctrl-C does.
    #[track_caller]
    pub fn end(&mut self) -> String {
        self.signal(Signal::INT);
        self.wait().1
    }

    /// What it has printed besides its address; it must have ended.
    pub fn rest_of_stdout(&mut self) -> String {
        let mut text = String::new();
        self.stdout.take().unwrap().read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.guard.take());
        self.child.wait().ok();
    }
}

fn port_of(address: &str) -> Option<u16> {
    address.strip_prefix("http://127.0.0.1:")?.split_once('/')?.0.parse().ok()
}

/// What a browser keeps of a session, and what our forms carry.
#[derive(Clone)]
pub struct Session {
    pub cookie: String,
    pub csrf: String,
}

/// A request in the making, sent as it is written here.
#[derive(Clone)]
pub struct Ask {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask {
    pub fn new(method: &str, path: &str) -> Ask {
        let headers = vec![("Connection".to_owned(), "close".to_owned())];
        Ask { method: method.to_owned(), path: path.to_owned(), headers, body: Vec::new() }
    }

    pub fn method(mut self, method: &str) -> Ask {
        method.clone_into(&mut self.method);
        self
    }

    pub fn path(mut self, path: &str) -> Ask {
        path.clone_into(&mut self.path);
        self
    }

    /// In place of the header of this name, if there is one.
    pub fn with(self, name: &str, value: &str) -> Ask {
        self.without(name).and(name, value)
    }

    /// Beside other headers of this name.
    pub fn and(mut self, name: &str, value: &str) -> Ask {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Ask {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    pub fn body(mut self, body: impl AsRef<[u8]>) -> Ask {
        body.as_ref().clone_into(&mut self.body);
        self
    }

    /// The same with the length that it has.
    pub fn fields(self, fields: &[(&str, &str)]) -> Ask {
        let body = encoded(fields);
        self.with("Content-Length", &body.len().to_string()).body(body)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// Fields as a browser sends them.
pub fn encoded(fields: &[(&str, &str)]) -> String {
    let escaped = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// What the server said until it closed the connection.
#[derive(Debug)]
pub struct Reply {
    /// 0 when it closed without a word.
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    #[track_caller]
    pub fn of(stream: &mut TcpStream) -> Reply {
        let mut bytes = Vec::new();
        match stream.read_to_end(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                panic!("the server leaves the connection open after {}", bytes.escape_ascii())
            }
            // A reset: it closed before it had read all that we sent.
            _ => {}
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Reply { status: status.unwrap_or_default(), head: head.to_owned(), body: body.to_owned() }
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Reply {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// The one value of a header.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = lines.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        let value = values.next()?.1;
        assert!(values.next().is_none(), "{name} twice: {}", self.head);
        Some(value)
    }
}
