//! Requests that mean harm. Each is refused with the status that stands beside it, and nothing is written.

use std::thread;

use crate::harness::{Place, Sandbox, Untouched};

use super::entry::ready;
use super::{Ask, Served, Session};

/// What a request is, what it is answered, and its bytes. 0 is a connection that is closed without a word.
type Row = (String, u16, Vec<u8>);

/// All that a write would change.
struct Unwritten {
    clone: Untouched,
    audit: Option<Vec<u8>>,
    remote: String,
}

impl Unwritten {
    fn of(sandbox: &Sandbox, clone: &Place) -> Unwritten {
        let audit = clone.exists(".git/tix/audit.jsonl");
        Unwritten {
            clone: Untouched::of(clone),
            audit: audit.then(|| clone.read_bytes(".git/tix/audit.jsonl")),
            remote: sandbox.remote().git(&["for-each-ref"]),
        }
    }

    #[track_caller]
    fn assert_same(&self, sandbox: &Sandbox, clone: &Place) {
        self.clone.assert_same(clone);
        let now = Unwritten::of(sandbox, clone);
        assert_eq!((&now.audit, &now.remote), (&self.audit, &self.remote));
    }
}

/// A form that our own page would send, and a look that it would take.
struct Good {
    form: Ask,
    look: Ask,
    session: Session,
    host: String,
    token: String,
    port: u16,
}

impl Good {
    fn of(served: &Served, session: &Session) -> Good {
        let fields = [("title", "Written"), ("body", "from a form")];
        Good {
            form: served.form(session, "/new", &fields),
            look: served.look(session, "/"),
            session: session.clone(),
            host: served.host(),
            token: served.token().to_owned(),
            port: served.port,
        }
    }

    /// The form with this in place of its csrf field.
    fn forged(&self, csrf: &[(&str, &str)]) -> Ask {
        self.form.clone().fields(&[csrf, &[("title", "Written")]].concat())
    }
}

fn row(what: &str, status: u16, ask: &Ask) -> Row {
    (what.to_owned(), status, ask.bytes())
}

/// Under another name: what a page does whose name was made to lead here.
fn names(good: &Good) -> Vec<Row> {
    let (form, host) = (&good.form, good.host.as_str());
    let evil = form.clone().with("Host", "evil.example");
    vec![
        row("no Host", 421, &form.clone().without("Host")),
        row("a foreign Host", 421, &evil),
        row(
            "a foreign Host with our port",
            421,
            &form.clone().with("Host", &format!("evil.example:{}", good.port)),
        ),
        row(
            "a Host that begins like ours",
            421,
            &form.clone().with("Host", &format!("{host}.evil.example")),
        ),
        row("the Host of another port", 421, &form.clone().with("Host", "127.0.0.1:1")),
        row("two Hosts", 421, &form.clone().and("Host", "evil.example")),
        row("our Host twice", 421, &form.clone().and("Host", host)),
        row("an absolute address", 421, &form.clone().path(&format!("http://{host}/new"))),
        row("a foreign absolute address", 421, &form.clone().path("http://evil.example/new")),
        row("our Host as forwarded", 421, &evil.clone().with("X-Forwarded-Host", host)),
        row("a look under a foreign Host", 421, &good.look.clone().with("Host", "evil.example")),
    ]
}

/// From another page in the same browser.
fn origins(good: &Good) -> Vec<Row> {
    let form = &good.form;
    let from = |origin: &str| form.clone().with("Origin", origin);
    let site = |site: &str| form.clone().with("Sec-Fetch-Site", site);
    let loaded = good.look.clone().with("Sec-Fetch-Mode", "no-cors");
    vec![
        row("a foreign Origin", 403, &from("http://evil.example")),
        row("no Origin", 403, &form.clone().without("Origin")),
        row("Origin: null", 403, &from("null")),
        row("two Origins", 403, &form.clone().and("Origin", "http://evil.example")),
        row("the Origin of another port", 403, &from("http://127.0.0.1:1")),
        row(
            "the Origin of another name of ours",
            403,
            &from(&format!("http://localhost:{}", good.port)),
        ),
        row("the Origin of another scheme", 403, &from(&format!("https://{}", good.host))),
        row("another site", 403, &site("cross-site")),
        row("another port of this machine", 403, &site("same-site")),
        row("nobody's site", 403, &site("none")),
        row("a page that is loaded as a script", 403, &loaded.with("Sec-Fetch-Site", "cross-site")),
    ]
}

/// Kinds that a page of somewhere else can send without being asked, or that no form of ours has.
fn kinds(good: &Good) -> Vec<Row> {
    let form = &good.form;
    let kind = |kind: &str| form.clone().with("Content-Type", kind);
    vec![
        row("text/plain", 415, &kind("text/plain")),
        row("multipart", 415, &kind("multipart/form-data; boundary=x")),
        row("JSON", 415, &kind("application/json")),
        row("no kind", 415, &form.clone().without("Content-Type")),
        row("two kinds", 415, &form.clone().and("Content-Type", "text/plain")),
        row(
            "bytes that are no text",
            400,
            &form.clone().with("Content-Length", "2").body(b"\xff\xfe"),
        ),
    ]
}

fn sizes(good: &Good) -> Vec<Row> {
    let many = (0..65).fold(good.look.clone(), |ask, at| ask.with(&format!("X-{at}"), "1"));
    let long = format!("csrf={}&title=", good.session.csrf) + &"x".repeat(1 << 20);
    let long = good.form.clone().with("Content-Length", &long.len().to_string()).body(long);
    vec![
        row("a header of 20 KiB", 431, &good.look.clone().with("X-Long", &"x".repeat(20 << 10))),
        row("65 headers", 431, &many),
        row(
            "an address of 60 KiB",
            431,
            &good.look.clone().path(&format!("/{}", "x".repeat(60 << 10))),
        ),
        row("a form of a megabyte", 413, &long),
        row(
            "a form of three gigabytes",
            413,
            &good.form.clone().with("Content-Length", "3000000000").body(""),
        ),
        row(
            "the same, which waits to be asked for",
            413,
            &good
                .form
                .clone()
                .with("Content-Length", "3000000000")
                .with("Expect", "100-continue")
                .body(""),
        ),
    ]
}

/// What two servers in a row would read in two ways.
fn smuggled(good: &Good) -> Vec<Row> {
    let form = &good.form;
    let raw = |what: &str, status: u16, from: &str, to: &str| {
        let bytes = String::from_utf8(form.bytes()).unwrap();
        assert!(bytes.contains(from), "{what}");
        (what.to_owned(), status, bytes.replacen(from, to, 1).into_bytes())
    };
    let chunked = form.clone().without("Content-Length").with("Transfer-Encoding", "chunked");
    let length = "Content-Length: ";
    vec![
        row(
            "a length and chunks",
            501,
            &form.clone().and("Transfer-Encoding", "chunked").body("0\r\n\r\n"),
        ),
        row("chunks", 501, &chunked.clone().body("5\r\nhello\r\n0\r\n\r\n")),
        row("chunks that are none", 400, &chunked.with("Transfer-Encoding", "xchunked")),
        row("two lengths", 400, &form.clone().and("Content-Length", "3")),
        raw("a length with a sign", 400, length, "Content-Length: +"),
        raw("a blank before the colon", 400, "Host:", "Host :"),
        raw("a header on two lines", 400, "Host:", "X: y\r\n z\r\nHost:"),
        raw("NUL in a header", 400, "Host: ", "X: \0\r\nHost: "),
        raw("TLS", 400, "POST /new HTTP/1.1", "\u{16}\u{3}\u{1}"),
        raw("HTTP/2", 0, "POST /new HTTP/1.1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ]
}

fn paths(good: &Good) -> Vec<Row> {
    let look = |path: &str| row(path, 404, &good.look.clone().path(path));
    let write = |path: &str| row(path, 404, &good.form.clone().path(path));
    let paths = [
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "//evil.example/",
        "/t/..%2f..%2f.git%2fconfig",
        "/t/%00",
        "/t/--help",
        "/t/../writes/1",
        "/writes/-1",
        "/writes/18446744073709551616",
        "/.git/config",
        "/style.css/..%2fserve",
    ];
    let writes = [
        "/t/TICKET-foo-001/activate",
        "/t/TICKET-foo-001/set",
        "/t/TICKET-foo-001/close",
        "/t/TICKET-foo-001/",
        "/t/TICKET-foo-001/queue/",
        "/t/--all/queue",
        "/t/..%2f/queue",
        "/t//queue",
        "/new/",
        "/config",
        "/hook/install",
        "/trust",
    ];
    // A link writes nothing, whatever it leads to.
    let links = ["/t/TICKET-foo-001/draft", "/t/TICKET-foo-001/block?reason=x", "/doctor/fix"];
    let all = paths.iter().chain(&links).copied().map(look);
    all.chain(writes.iter().copied().map(write)).collect()
}

fn tokens(good: &Good) -> Vec<Row> {
    let (session, form) = (&good.session, &good.form);
    let (name, value) = session.cookie.split_once('=').unwrap();
    let cookie = |pair: &str| form.clone().with("Cookie", pair);
    let zeros = "0".repeat(64);
    let enter =
        |token: &str| good.look.clone().without("Cookie").path(&format!("/enter?token={token}"));
    vec![
        row("no cookie", 403, &form.clone().without("Cookie")),
        row("a forged cookie", 403, &cookie(&format!("{name}={zeros}"))),
        row("a shortened cookie", 403, &cookie(&format!("{name}={}", &value[1..]))),
        row("an empty cookie", 403, &cookie(&format!("{name}="))),
        row("the cookie of another port", 403, &cookie(&format!("tix-1={value}"))),
        row("the csrf token as cookie", 403, &cookie(&format!("{name}={}", session.csrf))),
        row("a look without a cookie", 403, &good.look.clone().without("Cookie")),
        row("events without a cookie", 403, &good.look.clone().without("Cookie").path("/events")),
        row("the token a second time", 403, &enter(&good.token)),
        row("a forged token", 403, &enter(&zeros)),
        row("a shortened token", 403, &enter(&good.token[1..])),
        row("an empty token", 403, &enter("")),
        row("no csrf token", 403, &good.forged(&[])),
        row("an empty csrf token", 403, &good.forged(&[("csrf", "")])),
        row("a forged csrf token", 403, &good.forged(&[("csrf", &zeros)])),
        row("a shortened csrf token", 403, &good.forged(&[("csrf", &session.csrf[1..])])),
        row("the cookie as csrf token", 403, &good.forged(&[("csrf", value)])),
        row(
            "the csrf token behind a forged one",
            403,
            &good.forged(&[("csrf", &zeros), ("csrf", &session.csrf)]),
        ),
        row(
            "the csrf token in the address",
            403,
            &good.forged(&[]).path(&format!("/new?csrf={}", session.csrf)),
        ),
    ]
}

fn methods(good: &Good) -> Vec<Row> {
    let row_of = |method: &&str| row(method, 405, &good.form.clone().method(method));
    ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "NEW"].iter().map(row_of).collect()
}

/// Heads and forms that do not come to their end.
fn slow(good: &Good) -> Vec<Row> {
    let bytes = good.form.bytes();
    let waits = good.form.clone().with("Expect", "100-continue").with("Content-Length", "9000");
    vec![
        ("nothing".to_owned(), 0, Vec::new()),
        ("half a head".to_owned(), 0, bytes[..40].to_vec()),
        ("half a form".to_owned(), 408, bytes[..bytes.len() - 5].to_vec()),
        // Asked to go on, it does not.
        ("a form that is waited for".to_owned(), 100, waits.body("").bytes()),
    ]
}

#[test]
fn each_hostile_request_is_refused_and_nothing_is_written() {
    let (sandbox, clone) = ready();
    let served = Served::at(&clone);
    let session = served.enter();
    let good = Good::of(&served, &session);
    served.ask(&good.look).is(200);
    let before = Unwritten::of(&sandbox, &clone);
    let rows = [names, origins, kinds, sizes, smuggled, paths, tokens, methods];
    let rows: Vec<Row> = rows.iter().flat_map(|rows| rows(&good)).collect();
    assert!(rows.len() >= 40);
    let (slow, mut wrong) = (slow(&good), Vec::new());
    thread::scope(|scope| {
        let slow = slow.iter().map(|row| (row, scope.spawn(|| served.send(&row.2))));
        let slow: Vec<_> = slow.collect();
        let quick: Vec<_> = rows.iter().map(|row| (row, served.send(&row.2))).collect();
        let slow = slow.into_iter().map(|(row, reply)| (row, reply.join().unwrap()));
        for ((what, status, _), reply) in quick.into_iter().chain(slow) {
            if reply.status != *status {
                wrong.push(format!("{what}: {status} was to come, not {reply:?}"));
            }
            assert!(!reply.body.contains(&good.session.csrf), "{what} tells the token");
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    before.assert_same(&sandbox, &clone);
    // The form that all of these were made from writes.
    let done = served.ask(&good.form);
    assert!(done.is(303).header("location").unwrap().starts_with("/writes/"), "{done:?}");
    assert_ne!(sandbox.remote().git(&["for-each-ref"]), before.remote);
}
