//! Who may look: the token of the first address, exchanged once for a cookie.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use subtle::ConstantTimeEq as _;

/// Random bytes as text: what a token is made of.
pub type Randomness = fn() -> String;

/// The sessions of one server. All tokens have 256 bits.
#[derive(Clone)]
pub struct Sessions {
    state: Arc<Mutex<State>>,
    random: Randomness,
    port: u16,
}

struct State {
    /// What opens a session, until it was used.
    entry: Option<String>,
    /// By the cookie what a form of the session must carry.
    open: BTreeMap<String, String>,
}

impl Sessions {
    /// Sessions for the server at this port; `random` gives 256 bits at each call.
    pub fn new(port: u16, random: Randomness) -> Sessions {
        let state = State { entry: Some(random()), open: BTreeMap::new() };
        Sessions { state: Arc::new(Mutex::new(state)), random, port }
    }

    /// The token of the first address; `None` when it was used.
    pub fn entry(&self) -> Option<String> {
        self.lock().entry.clone()
    }

    /// Exchanges the token for a session: the line that sets its cookie. A token opens one session.
    pub(super) fn enter(&self, token: &str) -> Option<String> {
        let mut state = self.lock();
        if !state.entry.as_deref().is_some_and(|entry| same(entry, token)) {
            return None;
        }
        state.entry = None;
        let (cookie, csrf) = ((self.random)(), (self.random)());
        let line = format!("{}={cookie}; HttpOnly; SameSite=Strict; Path=/", self.name());
        state.open.insert(cookie, csrf);
        Some(line)
    }

    /// What a form of the session must carry, for the lines of cookies of a request.
    pub(super) fn csrf_of<'c>(&self, cookies: impl Iterator<Item = &'c str>) -> Option<String> {
        let name = self.name();
        let state = self.lock();
        let values = cookies.flat_map(|line| line.split(';')).filter_map(|pair| {
            let (key, value) = pair.split_once('=')?;
            (key.trim() == name).then_some(value.trim())
        });
        // Every open session is compared, so that no time tells how much of one is right.
        values.into_iter().find_map(|value| {
            state
                .open
                .iter()
                .fold(
                    None,
                    |found, (cookie, csrf)| if same(cookie, value) { Some(csrf) } else { found },
                )
                .cloned()
        })
    }

    /// Cookies do not tell ports apart, so the name does: two servers of one machine keep theirs.
    fn name(&self) -> String {
        format!("tix-{}", self.port)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Compares in a time that tells nothing of where two tokens differ.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn count() -> String {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        format!("{:064}", NEXT.fetch_add(1, Ordering::Relaxed))
    }

    #[test]
    fn a_token_opens_one_session() {
        let sessions = Sessions::new(7, count);
        let token = sessions.entry().unwrap();
        assert_eq!(sessions.enter("nothing"), None);
        assert_eq!(sessions.enter(&token[1..]), None);
        let line = sessions.enter(&token).unwrap();
        assert!(
            line.starts_with("tix-7=") && line.ends_with("; HttpOnly; SameSite=Strict; Path=/")
        );
        assert_eq!((sessions.enter(&token), sessions.entry()), (None, None));
        let pair = line.split(';').next().unwrap();
        let csrf = sessions.csrf_of([pair].into_iter()).unwrap();
        assert_ne!(pair.split_once('=').unwrap().1, csrf);
        let beside = format!("a=b; {pair}; c");
        assert_eq!(sessions.csrf_of([beside.as_str()].into_iter()), Some(csrf));
        for other in
            ["tix-7=", "tix-7", "tix-8=x", &pair.replace("tix-7", "tix-8"), &pair[..pair.len() - 1]]
        {
            assert_eq!(sessions.csrf_of([other].into_iter()), None, "{other}");
        }
    }
}
