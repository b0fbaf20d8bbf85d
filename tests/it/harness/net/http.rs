//! Smart HTTP: `git http-backend` behind the smallest server that can run it.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;

use super::guarded_git;
use super::host::{Connection, Host, Life, Spawned};
use super::request::{Request, basic};

/// Which requests are answered with a status instead of being served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forced {
    Nothing,
    /// Every request.
    Everything(u16),
    /// Whatever belongs to a push; with 403, a remote that may be read only.
    Pushes(u16),
    /// Only the pack; the look at the refs before it succeeds.
    Packs(u16),
}

/// Serves every repository below a directory, for pushes too.
pub struct HttpServer {
    host: Host,
    policy: Arc<Mutex<Policy>>,
}

struct Policy {
    forced: Forced,
    /// The `Authorization` header that a request must have.
    authorization: Option<String>,
    /// The `Date` of each answer.
    date: Option<String>,
    log: Vec<String>,
}

struct Site {
    git: std::ffi::OsString,
    base: PathBuf,
    policy: Arc<Mutex<Policy>>,
}

impl HttpServer {
    /// Serves `base` with the given `git`. A connection carries one request, so that a proxy can tell them apart.
    pub fn start(git: impl AsRef<OsStr>, base: &Path) -> Self {
        let policy =
            Policy { forced: Forced::Nothing, authorization: None, date: None, log: Vec::new() };
        let policy = Arc::new(Mutex::new(policy));
        let site = Site {
            git: git.as_ref().to_owned(),
            base: base.to_owned(),
            policy: Arc::clone(&policy),
        };
        let host = Host::start(move |connection| {
            // An error here is a client that left, or the end of the server.
            site.serve(&connection).ok();
        });
        Self { host, policy }
    }

    pub fn addr(&self) -> SocketAddr {
        self.host.addr()
    }

    /// The address of the repository `repo`, a path relative to the base.
    pub fn url(&self, repo: &str) -> String {
        url(self.addr(), repo)
    }

    /// The same, with credentials in it.
    pub fn url_for(&self, user: &str, password: &str, repo: &str) -> String {
        format!("http://{user}:{password}@{}/{repo}", self.addr())
    }

    /// From now on a request without these credentials is answered with 401.
    pub fn require_login(&self, user: &str, password: &str) {
        self.policy.lock().unwrap().authorization = Some(basic(user, password));
    }

    /// From now on these requests are answered with a status of the test's choice.
    /// Says with every answer that it is so late.
    pub fn tell_time(&self, date: &str) {
        self.policy.lock().unwrap().date = Some(date.to_owned());
    }

    pub fn force(&self, forced: Forced) {
        self.policy.lock().unwrap().forced = forced;
    }

    /// The requests in the order of their answers, each with its status: `GET /r.git/info/refs 200`.
    pub fn log(&self) -> Vec<String> {
        self.policy.lock().unwrap().log.clone()
    }
}

/// The address of `repo` on an HTTP server, or on a proxy in front of one.
pub fn url(addr: SocketAddr, repo: &str) -> String {
    format!("http://{addr}/{repo}")
}

impl Site {
    fn serve(&self, connection: &Connection) -> io::Result<()> {
        let stream = &*connection.stream;
        let mut input = BufReader::new(stream);
        let Some(request) = Request::read(&mut input) else {
            return Ok(());
        };
        if let Some(status) = self.refusal(&request) {
            // A client that waits for the word to go on gets the refusal for it and keeps its body.
            if !request.expects_continue() {
                request.copy_body(&mut input, io::sink())?;
            }
            let login =
                if status == 401 { "WWW-Authenticate: Basic realm=\"tickets\"\r\n" } else { "" };
            self.note(&request, &status.to_string());
            let head = format!(
                "HTTP/1.1 {status} Refused\r\n{login}Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
            { stream }.write_all(head.as_bytes())?;
        } else {
            if request.expects_continue() {
                { stream }.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
            }
            self.run_backend(&request, &mut input, stream, &connection.life)?;
        }
        stream.shutdown(Shutdown::Write)
    }

    fn refusal(&self, request: &Request) -> Option<u16> {
        let policy = self.policy.lock().unwrap();
        if let Some(expected) = &policy.authorization
            && request.header("authorization") != Some(expected)
        {
            return Some(401);
        }
        match policy.forced {
            Forced::Everything(status) => Some(status),
            Forced::Pushes(status) if request.is_push() => Some(status),
            Forced::Packs(status) if request.is_pack() => Some(status),
            Forced::Nothing | Forced::Pushes(_) | Forced::Packs(_) => None,
        }
    }

    /// Runs the CGI program of git-http-backend(1) and passes its answer on.
    fn run_backend(
        &self,
        request: &Request,
        input: &mut (impl BufRead + Send),
        stream: &TcpStream,
        life: &Life,
    ) -> io::Result<()> {
        let mut command = guarded_git(&self.git, &self.base);
        command.arg("http-backend").stdin(Stdio::piped()).stdout(Stdio::piped());
        command.env("GIT_PROJECT_ROOT", &self.base).env("GIT_HTTP_EXPORT_ALL", "1");
        // A known user is what allows pushes to a repository that does not say `http.receivepack`.
        command.env("REMOTE_USER", "tester").env("REMOTE_ADDR", "127.0.0.1");
        command
            .env("REQUEST_METHOD", &request.method)
            .env("PATH_INFO", &request.path)
            .env("QUERY_STRING", &request.query);
        let passed = [
            ("CONTENT_TYPE", "content-type"),
            ("HTTP_CONTENT_ENCODING", "content-encoding"),
            ("HTTP_GIT_PROTOCOL", "git-protocol"),
            ("GIT_PROTOCOL", "git-protocol"),
        ];
        for (variable, header) in passed {
            if let Some(value) = request.header(header) {
                command.env(variable, value);
            }
        }
        // Without a length the program reads to the end of its input, which is how a chunked body ends here.
        if let Some(length) = request.content_length() {
            command.env("CONTENT_LENGTH", length.to_string());
        }
        let Spawned { id, stdin: Some(stdin), stdout: Some(stdout) } = life.spawn(&mut command)?
        else {
            return Ok(());
        };
        thread::scope(|scope| {
            // Of a body that breaks off the program would read the end for ever; who works for it sees that it is gone.
            scope.spawn(move || request.copy_body(input, stdin).or_else(|_| life.kill(id)).ok());
            self.pass_answer(request, stdout, stream)
        })
    }

    fn pass_answer(
        &self,
        request: &Request,
        stdout: impl Read,
        mut stream: &TcpStream,
    ) -> io::Result<()> {
        let mut answer = BufReader::new(stdout);
        let mut status = None;
        let mut headers = String::new();
        for line in answer.by_ref().lines() {
            let line = line?;
            if line.is_empty() {
                status.get_or_insert("200 OK".to_owned());
                break;
            }
            if let Some(given) = line.strip_prefix("Status: ") {
                status = Some(given.to_owned());
            } else {
                headers.extend([&line, "\r\n"]);
            }
        }
        let status = status.unwrap_or_else(|| "500 No answer from the program".to_owned());
        self.note(request, &status);
        if let Some(date) = &self.policy.lock().unwrap().date {
            headers.push_str(&format!("Date: {date}\r\n"));
        }
        let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n");
        let sent =
            stream.write_all(head.as_bytes()).and_then(|()| io::copy(&mut answer, &mut stream));
        // A client that left does not stop the push that it sent: the program is heard to its end.
        io::copy(&mut answer, &mut io::sink())?;
        sent.map(drop)
    }

    fn note(&self, request: &Request, status: &str) {
        let code = status.split(' ').next().unwrap_or_default();
        self.policy.lock().unwrap().log.push(format!("{} {} {code}", request.method, request.path));
    }
}
