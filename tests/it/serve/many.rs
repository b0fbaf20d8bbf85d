//! Many connections: none of them keeps the one person out whom the page is for.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::harness::net::wait_until;

use super::entry::ready;
use super::{Ask, Served, Session};

/// Room for a thousand sockets, here and in what is started from here.
fn allow_many_files() {
    let now = getrlimit(Resource::Nofile);
    let wanted = now.maximum.unwrap_or(4096).min(4096);
    if now.current.is_some_and(|current| current < wanted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: now.maximum })
            .unwrap();
    }
}

fn ask_on(stream: &mut TcpStream, ask: &Ask) {
    stream.write_all(&ask.bytes()).unwrap();
}

/// Reads the head of an answer.
fn head_of(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1, "it ended after {}", head.escape_ascii());
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn can_work(served: &Served, session: &Session) {
    served.ask(&served.look(session, "/")).is(200);
    served.ask(&served.form(session, "/nowhere", &[])).is(404);
}

#[test]
fn a_thousand_connections_that_say_nothing_keep_nobody_out() {
    allow_many_files();
    let (_sandbox, clone) = ready();
    let served = Served::at(&clone);
    let session = served.enter();
    let silent: Vec<TcpStream> = (0..1000).map(|_| served.connect()).collect();
    can_work(&served, &session);
    drop(silent);
    // Some say half a head.
    let halves = (0..300).map(|_| {
        let mut stream = served.connect();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: ").ok();
        stream
    });
    let halves: Vec<TcpStream> = halves.collect();
    can_work(&served, &session);
    drop(halves);
}

#[test]
fn connections_kept_alive_and_readers_that_do_not_read_keep_nobody_out() {
    allow_many_files();
    let (_sandbox, clone) = ready();
    let served = Served::at(&clone);
    let session = served.enter();
    let stranger = Ask::new("GET", "/").without("Connection").with("Host", &served.host());
    let kept = (0..300).map(|_| {
        let mut stream = served.connect();
        ask_on(&mut stream, &stranger);
        assert!(head_of(&mut stream).starts_with("HTTP/1.1 403 "));
        stream
    });
    let kept: Vec<TcpStream> = kept.collect();
    can_work(&served, &session);
    drop(kept);
    let page = served.look(&session, "/").without("Connection");
    let deaf = (0..300).map(|_| {
        let mut stream = served.connect();
        (0..20).for_each(|_| ask_on(&mut stream, &page));
        stream
    });
    let deaf: Vec<TcpStream> = deaf.collect();
    can_work(&served, &session);
    drop(deaf);
}

#[test]
fn open_pages_leave_room_for_another_look() {
    allow_many_files();
    let (_sandbox, clone) = ready();
    let mut served = Served::at(&clone);
    let session = served.enter();
    let events = served.look(&session, "/events").without("Connection");
    let mut streams: Vec<TcpStream> = Vec::new();
    for _ in 0..128 {
        let mut stream = served.connect();
        ask_on(&mut stream, &events);
        let head = head_of(&mut stream);
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("text/event-stream"), "{head}");
        streams.push(stream);
    }
    served.ask(&events.clone().with("Connection", "close")).is(503);
    can_work(&served, &session);
    // They are not among those that make room.
    let silent: Vec<TcpStream> = (0..300).map(|_| served.connect()).collect();
    can_work(&served, &session);
    drop(silent);
    streams.pop();
    wait_until("the place of a closed page is free", || {
        let mut stream = served.connect();
        ask_on(&mut stream, &events);
        let is_in = head_of(&mut stream).starts_with("HTTP/1.1 200 ");
        if is_in {
            streams.push(stream);
        }
        is_in
    });
    served.end();
    for mut stream in streams {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert!(rest.ends_with(b"0\r\n\r\n"), "cut off: {}", rest.escape_ascii());
    }
}
