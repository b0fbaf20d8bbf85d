//! A TCP proxy that breaks chosen connections at a chosen moment of a push.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::host::{Connection, Host, Life, cut};
use super::long_line::LongLine;
use super::wire::{self, Opening};
use super::{DEADLINE, Gate, daemon, http, wait_until};

/// What happens to a connection. A fault that concerns a push leaves fetches, and pushes with nothing to send, alone.
#[derive(Clone)]
pub enum Fault {
    /// The connection works.
    None,
    /// It is accepted and closed; the server sees nothing of it.
    CutBeforeRequest,
    /// It is cut both ways when the server has got this many bytes of the push, counted from its first command. The commands
    /// take 100 to 300 bytes; a push that is shorter in all is not touched.
    CutDuringPack(usize),
    /// The server does everything, hooks included, and then the connection is cut without a byte of the answer.
    CutAfterPush,
    /// It is accepted and left open; the server sees nothing of it.
    Stall,
    /// The server does everything; the client gets no answer and no end either.
    StallAnswer,
    /// Every byte, in either direction, is this much late, and none waits for another.
    Slow(Duration),
    /// The push waits at the gate and then goes on to the server, even if the client has long gone.
    DelayRequest(Gate),
}

/// Which connections a fault is for. Connections are counted from 1 since the rules were set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    Always,
    /// Only the nth.
    Nth(usize),
    /// The nth and all later ones.
    From(usize),
    /// Those that carry a push. Over HTTP this is the `POST`, not the look at the refs before it.
    Push,
    /// Only the nth that carries a push.
    NthPush(usize),
    /// Those whose request line (`git://`) or head (HTTP) contains these words.
    Opening(&'static str),
}

/// Forwards to one server until it is dropped.
pub struct Proxy {
    host: Host,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: SocketAddr,
    rules: Mutex<Rules>,
    faulted: Mutex<Vec<usize>>,
}

#[derive(Default)]
struct Rules {
    list: Vec<(When, Fault)>,
    /// How many connections were accepted before the rules were set.
    before: usize,
    pushes: usize,
}

impl Proxy {
    pub fn start(upstream: SocketAddr) -> Self {
        let shared =
            Arc::new(Shared { upstream, rules: Mutex::default(), faulted: Mutex::default() });
        let host = Host::start({
            let shared = Arc::clone(&shared);
            move |connection| shared.serve(&connection)
        });
        Self { host, shared }
    }

    pub fn addr(&self) -> SocketAddr {
        self.host.addr()
    }

    /// The address of `repo` behind this proxy, when a [`super::Daemon`] is.
    pub fn git_url(&self, repo: &str) -> String {
        daemon::url(self.addr(), repo)
    }

    /// The address of `repo` behind this proxy, when a [`super::HttpServer`] is.
    pub fn http_url(&self, repo: &str) -> String {
        http::url(self.addr(), repo)
    }

    /// From now on every connection has this fault.
    pub fn set(&self, fault: Fault) {
        self.set_rules([(When::Always, fault)]);
    }

    /// From now on a connection has the fault of the first rule that is for it, and none without such a rule.
    pub fn set_rules(&self, rules: impl IntoIterator<Item = (When, Fault)>) {
        let list = rules.into_iter().collect();
        *self.shared.rules.lock().unwrap() = Rules { list, before: self.connections(), pushes: 0 };
    }

    /// How many connections were accepted since the start.
    pub fn connections(&self) -> usize {
        self.host.connections()
    }

    /// How many of those since the rules were set carried a push, or were made for one that had nothing to send. Counted where a
    /// rule asks for pushes.
    pub fn pushes(&self) -> usize {
        self.shared.rules.lock().unwrap().pushes
    }

    /// The connections whose fault has happened, in that order; numbers count from 1 since the start. A connection whose
    /// fault is for pushes, and that was none, does not appear.
    pub fn faulted(&self) -> Vec<usize> {
        self.shared.faulted.lock().unwrap().clone()
    }

    /// Returns when `count` faults have happened. For a fault after the push, the server is done with it by then.
    pub fn wait_faulted(&self, count: usize) {
        wait_until("the fault happened", || self.faulted().len() >= count);
    }
}

impl Rules {
    fn need_opening(&self) -> bool {
        self.list
            .iter()
            .any(|(when, _)| matches!(when, When::Push | When::NthPush(_) | When::Opening(_)))
    }

    /// The fault for the connection with this number, of which `unit` is the request line or head if any rule asks for it.
    fn decide(&mut self, number: usize, unit: &[u8]) -> Fault {
        let number = number.saturating_sub(self.before);
        let is_push = wire::is_push_request(unit);
        self.pushes += usize::from(is_push);
        let rule = self.list.iter().find(|(when, _)| match *when {
            When::Always => true,
            When::Nth(nth) => number == nth,
            When::From(nth) => number >= nth,
            When::Push => is_push,
            When::NthPush(nth) => is_push && self.pushes == nth,
            When::Opening(words) => wire::contains(unit, words.as_bytes()),
        });
        rule.map_or(Fault::None, |(_, fault)| fault.clone())
    }
}

impl Shared {
    fn serve(&self, connection: &Connection) {
        let client = &connection.stream;
        let mut sent = Vec::new();
        if self.rules.lock().unwrap().need_opening() {
            while wire::first_unit(&sent).is_none() && read_more(client, &mut sent) {}
        }
        let unit = wire::first_unit(&sent).unwrap_or_default();
        let fault = self.rules.lock().unwrap().decide(connection.number, unit);
        if matches!(fault, Fault::Stall) {
            connection.life.keep(Arc::clone(client));
        }
        if matches!(fault, Fault::Stall | Fault::CutBeforeRequest) {
            return self.strike(connection.number);
        }
        let Ok(server) = TcpStream::connect_timeout(&self.upstream, DEADLINE) else {
            return;
        };
        let server = connection.life.adopt(server);
        if let Fault::Slow(delay) = fault {
            return LongLine { life: &connection.life, delay }.join(client, &server, sent);
        }
        let link = Link {
            shared: self,
            number: connection.number,
            life: &connection.life,
            fault,
            client: Arc::clone(client),
            server,
            pushing: AtomicBool::new(false),
        };
        thread::scope(|scope| {
            scope.spawn(|| link.carry_answers());
            link.carry_requests(sent);
            // The client has said all it will say. What it said is on its way, and the answers still are too.
            link.server.shutdown(Shutdown::Write).ok();
        });
    }

    fn strike(&self, number: usize) {
        self.faulted.lock().unwrap().push(number);
    }
}

/// A connection that goes through to the server.
struct Link<'a> {
    shared: &'a Shared,
    number: usize,
    life: &'a Life,
    fault: Fault,
    client: Arc<TcpStream>,
    server: Arc<TcpStream>,
    /// Set before the first byte of a push reaches the server, hence before any answer to it.
    pushing: AtomicBool,
}

impl Link<'_> {
    /// From the client to the server, till either ends. `sent` has been read already.
    fn carry_requests(&self, mut sent: Vec<u8>) {
        let mut forwarded = 0;
        let (start, body) = loop {
            match wire::opening(&sent) {
                Opening::Push { start, body } => break (start, body),
                Opening::NoPush => {
                    self.forward(&sent[forwarded..]);
                    return self.pump();
                }
                Opening::Unclear { safe } => {
                    self.forward(&sent[forwarded..safe]);
                    forwarded = safe;
                }
            }
            if !read_more(&self.client, &mut sent) {
                self.forward(&sent[forwarded..]);
                return;
            }
        };
        self.pushing.store(true, Ordering::SeqCst);
        match &self.fault {
            Fault::CutDuringPack(after) => self.cut_after(body + after, sent, forwarded),
            Fault::DelayRequest(gate) => {
                self.forward(&sent[forwarded..start]);
                self.hold(gate, sent.split_off(start));
            }
            Fault::None | Fault::CutAfterPush | Fault::StallAnswer => {
                self.forward(&sent[forwarded..]);
                self.pump();
            }
            Fault::CutBeforeRequest | Fault::Stall | Fault::Slow(_) => {
                unreachable!("these connections have no link to the server")
            }
        }
    }

    /// Forwards the client's first `limit` bytes and cuts.
    fn cut_after(&self, limit: usize, mut sent: Vec<u8>, mut forwarded: usize) {
        loop {
            let until = sent.len().min(limit);
            self.forward(&sent[forwarded..until]);
            forwarded = until;
            if forwarded == limit {
                break;
            }
            if !read_more(&self.client, &mut sent) {
                return;
            }
        }
        self.shared.strike(self.number);
        cut(&self.server);
        cut(&self.client);
    }

    /// Takes the push off the client, whether or not it stays, and sends it on when the gate opens.
    fn hold(&self, gate: &Gate, mut push: Vec<u8>) {
        // A gate can open while the client says nothing, so neither is waited for without an end.
        let moment = Duration::from_millis(5);
        self.client.set_read_timeout(Some(moment)).unwrap();
        let mut whole = false;
        let mut client_stays = true;
        while !gate.opens_within(Duration::ZERO) {
            if self.life.is_stopping() {
                return;
            }
            if !whole && wire::is_whole(&push) {
                whole = true;
                self.shared.strike(self.number);
                gate.note_held();
            }
            if client_stays {
                client_stays = read_more(&self.client, &mut push);
            } else {
                gate.opens_within(moment);
            }
        }
        self.client.set_read_timeout(None).unwrap();
        self.forward(&push);
        if client_stays {
            self.pump();
        }
    }

    fn pump(&self) {
        let mut buffer = vec![0; 16 * 1024];
        while let Some(count) = read_some(&self.client, &mut buffer)
            && self.forward(&buffer[..count])
        {}
    }

    /// False when the server takes no more.
    fn forward(&self, bytes: &[u8]) -> bool {
        if bytes.is_empty() {
            return true;
        }
        (&*self.server).write_all(bytes).is_ok()
    }

    /// From the server to the client, till the server is done.
    fn carry_answers(&self) {
        let mut buffer = vec![0; 16 * 1024];
        let mut client_stays = true;
        while let Some(count) = read_some(&self.server, &mut buffer) {
            if self.is_answer_lost() || !client_stays {
                continue;
            }
            client_stays = (&*self.client).write_all(&buffer[..count]).is_ok();
            // A server that cannot answer may give the push up, and a push held at a gate must land without its client.
            if !client_stays && !matches!(self.fault, Fault::DelayRequest(_)) {
                return cut(&self.server);
            }
        }
        if self.is_answer_lost() {
            self.shared.strike(self.number);
            if matches!(self.fault, Fault::StallAnswer) {
                self.life.keep(Arc::clone(&self.client));
            } else {
                cut(&self.client);
            }
        } else {
            self.client.shutdown(Shutdown::Write).ok();
        }
        if let Fault::DelayRequest(gate) = &self.fault
            && self.pushing.load(Ordering::SeqCst)
        {
            gate.note_answered();
        }
    }

    fn is_answer_lost(&self) -> bool {
        matches!(self.fault, Fault::CutAfterPush | Fault::StallAnswer)
            && self.pushing.load(Ordering::SeqCst)
    }
}

/// Appends what comes next; false at the end. A time limit that passes with nothing is not the end.
fn read_more(stream: &TcpStream, bytes: &mut Vec<u8>) -> bool {
    let mut buffer = vec![0; 16 * 1024];
    let count = read_some(stream, &mut buffer);
    bytes.extend_from_slice(&buffer[..count.unwrap_or(0)]);
    count.is_some()
}

/// How many bytes came, `None` at the end. A cut connection is at its end too.
pub fn read_some(mut stream: &TcpStream, buffer: &mut [u8]) -> Option<usize> {
    match stream.read(buffer) {
        Ok(0) => None,
        Ok(count) => Some(count),
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
            ) =>
        {
            Some(0)
        }
        Err(_) => None,
    }
}
