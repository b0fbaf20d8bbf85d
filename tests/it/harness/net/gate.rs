//! A gate at which a push waits, long after its sender has given up if need be.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use super::DEADLINE;

/// Closed at first; clones are the same gate.
#[derive(Clone, Default)]
pub struct Gate {
    shared: Arc<(Mutex<Passage>, Condvar)>,
}

#[derive(Default)]
struct Passage {
    open: bool,
    held: usize,
    answered: usize,
}

impl Gate {
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets every push that waits, and every later one, go on to the server.
    pub fn open(&self) {
        self.change(|passage| passage.open = true);
    }

    /// Returns when the gate holds a push to its last byte, so that the sender may be killed and the push still lands. Over
    /// `git://` that is only seen of a push between SHA-1 repositories; over HTTP, of any.
    pub fn wait_held(&self) {
        self.wait("a whole push was held at the gate", |passage| passage.held > 0);
    }

    /// Returns when the server has done all it does for a push that went through the gate, whether it moved a ref or refused.
    pub fn wait_answered(&self) {
        self.wait("the server answered a push that was held at the gate", |passage| {
            passage.answered > 0
        });
    }

    pub(super) fn note_held(&self) {
        self.change(|passage| passage.held += 1);
    }

    pub(super) fn note_answered(&self) {
        self.change(|passage| passage.answered += 1);
    }

    /// Whether the gate is open, after waiting `time` for it at most.
    pub(super) fn opens_within(&self, time: Duration) -> bool {
        let (_, changed) = &*self.shared;
        changed.wait_timeout_while(self.passage(), time, |passage| !passage.open).unwrap().0.open
    }

    fn wait(&self, what: &str, holds: impl Fn(&Passage) -> bool) {
        let (_, changed) = &*self.shared;
        let (passage, _) = changed
            .wait_timeout_while(self.passage(), DEADLINE, |passage| !holds(passage))
            .unwrap();
        let held = holds(&passage);
        // Released first: a panic would poison the lock for the proxy's threads.
        drop(passage);
        assert!(held, "waited in vain until {what}");
    }

    fn change(&self, make: impl FnOnce(&mut Passage)) {
        make(&mut self.passage());
        self.shared.1.notify_all();
    }

    fn passage(&self) -> MutexGuard<'_, Passage> {
        self.shared.0.lock().unwrap()
    }
}
