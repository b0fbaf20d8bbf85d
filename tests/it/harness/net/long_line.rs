//! A line to far away: every byte takes its time, in order, and none waits until another has arrived.
//!
//! A proxy that sleeps before it hands a piece on adds up the sleeps of an answer that comes in many pieces; a long line does not.
//! What it leaves out is the handshake of TCP, which the loopback interface has done before the first byte.

use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::host::{Life, cut};
use super::proxy::read_some;

/// One line, each way of which takes `delay`.
pub struct LongLine<'a> {
    pub life: &'a Life,
    pub delay: Duration,
}

impl LongLine<'_> {
    /// Carries both ways till either has ended. `sent` has been read from the client already.
    pub fn join(&self, client: &TcpStream, server: &TcpStream, sent: Vec<u8>) {
        thread::scope(|scope| {
            scope.spawn(|| self.carry(server, client, Vec::new()));
            self.carry(client, server, sent);
        });
    }

    fn carry(&self, from: &TcpStream, to: &TcpStream, first: Vec<u8>) {
        let (start, end) = mpsc::channel::<(Instant, Vec<u8>)>();
        let put = |bytes: Vec<u8>| start.send((Instant::now() + self.delay, bytes)).is_ok();
        thread::scope(|scope| {
            scope.spawn(move || self.deliver(end, from, to));
            let mut buffer = vec![0; 16 * 1024];
            let mut open = first.is_empty() || put(first);
            while open && let Some(count) = read_some(from, &mut buffer) {
                open = count == 0 || put(buffer[..count].to_vec());
            }
            // The end of a stream is as late as its bytes are, and is a piece without any.
            put(Vec::new());
        });
    }

    fn deliver(
        &self,
        pieces: mpsc::Receiver<(Instant, Vec<u8>)>,
        from: &TcpStream,
        mut to: &TcpStream,
    ) {
        for (at, bytes) in pieces {
            self.life.pause(at.saturating_duration_since(Instant::now()));
            if bytes.is_empty() {
                to.shutdown(Shutdown::Write).ok();
                return;
            }
            if to.write_all(&bytes).is_err() {
                return cut(from);
            }
        }
    }
}
