//! How it ends: at once, with pages open, and with nothing left behind.

use std::io::{Read as _, Write as _};

use std::thread;

use rustix::process::Signal;

use crate::harness::{On, Shim, no_leftovers};

use super::Served;
use super::entry::ready;

#[test]
fn a_signal_ends_it_with_pages_open_and_leaves_nothing() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (_sandbox, clone) = ready();
        let mut served = Served::at(&clone);
        let session = served.enter();
        let mut stream = served.connect();
        let events = served.look(&session, "/events").without("Connection");
        stream.write_all(&events.bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 200");
        // One that says nothing, one that never ends its head, one whose form never comes.
        let silent = served.connect();
        let mut begun = served.connect();
        begun.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
        let mut kept = served.connect();
        kept.write_all(&served.look(&session, "/").without("Connection").bytes()).unwrap();
        kept.read_exact(&mut first).unwrap();
        served.signal(signal);
        let (code, said) = served.wait();
        assert_eq!(code, Some(0), "{said}");
        assert_eq!(served.children(), "");
        assert!(!clone.exists(".git/tix/serve"), "the record of a server that ended");
        no_leftovers(&clone);
        drop((silent, begun, kept, stream));
    }
}

/// What a form has begun is not cut short: the server ends when it has been written, and the form is answered.
#[test]
fn a_write_that_is_under_way_comes_to_its_end() {
    for signal in [Signal::INT, Signal::TERM] {
        let (sandbox, clone) = ready();
        let shim = Shim::new(&sandbox);
        let mut gate = shim.gate(On::command("push").nth(1));
        let mut served = Served::start(&clone.tix_command(&["serve"]).through(&shim));
        let session = served.enter();
        let form = served.form(&session, "/new", &[("title", "Written at the end")]);
        let mut stream = served.connect();
        stream.write_all(&form.bytes()).unwrap();
        gate.wait_for(1);
        // As Ctrl-C on a terminal does.
        served.signal_group(signal);
        let answer = thread::spawn(move || super::served::Reply::of(&mut stream));
        gate.open();
        let answer = answer.join().unwrap();
        assert!(answer.is(303).header("location").unwrap().starts_with("/writes/"), "{answer:?}");
        let (code, said) = served.wait();
        assert_eq!(code, Some(0), "{said}");
        let files = sandbox.remote().files("main");
        assert!(files.iter().any(|file| file.contains("written-at-the-end")), "{files:?}");
        no_leftovers(&clone);
    }
}
