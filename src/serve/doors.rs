//! The sockets of the server: the loopback addresses of both families, bound before anything is promised.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};

/// How many free ports are tried until one is free in both families.
const TRIES: usize = 16;

/// The sockets, bound to one port.
pub struct Doors {
    listeners: Vec<TcpListener>,
    at: SocketAddr,
}

impl Doors {
    /// Binds the loopback addresses of both families at this port, or at one that is free in both for 0. A machine without one of
    /// the families has one address.
    pub fn bind(port: u16) -> io::Result<Doors> {
        let doors = with(port, TcpListener::bind)?;
        for listener in &doors.listeners {
            listener.set_nonblocking(true)?;
        }
        Ok(doors)
    }

    pub fn port(&self) -> u16 {
        self.at.port()
    }

    /// Where the pages are, with a slash at the end.
    pub fn address(&self) -> String {
        format!("http://{}/", self.at)
    }

    pub(super) fn into_listeners(self) -> Vec<TcpListener> {
        self.listeners
    }
}

fn with(port: u16, bind: impl Fn(SocketAddr) -> io::Result<TcpListener>) -> io::Result<Doors> {
    let mut tries = if port == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        match both(port, &bind) {
            // The port that one family gave is somebody else's in the other one.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 0 => {}
            bound => return bound,
        }
    }
}

fn both(port: u16, bind: impl Fn(SocketAddr) -> io::Result<TcpListener>) -> io::Result<Doors> {
    let (mut listeners, mut at, mut missing) = (Vec::new(), None, None);
    for family in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
        let port = at.as_ref().map_or(port, SocketAddr::port);
        match bind(SocketAddr::from((family, port))) {
            Ok(listener) => {
                at = at.or(Some(listener.local_addr()?));
                listeners.push(listener);
            }
            // Somebody else's: a browser that was sent to `localhost` would ask them.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            Err(error) => missing = missing.or(Some(error)),
        }
    }
    match (at, missing) {
        (Some(at), _) => Ok(Doors { listeners, at }),
        (None, missing) => Err(missing.unwrap_or(io::ErrorKind::AddrNotAvailable.into())),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    /// A machine that has only one family, whatever this one has.
    fn only(four: bool) -> impl Fn(SocketAddr) -> io::Result<TcpListener> {
        move |at| {
            if at.is_ipv4() == four {
                TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, at.port())))
            } else {
                Err(io::ErrorKind::AddrNotAvailable.into())
            }
        }
    }

    #[test]
    fn a_machine_with_one_family_has_one_address() {
        for four in [true, false] {
            let doors = with(0, only(four)).unwrap();
            assert_eq!(doors.listeners.len(), 1);
            assert_eq!(doors.address(), format!("http://127.0.0.1:{}/", doors.port()));
        }
        let none = with(0, |_| Err(io::ErrorKind::PermissionDenied.into()));
        assert_eq!(none.err().unwrap().kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_free_port_is_free_in_both_families_and_a_named_one_is_no_other() {
        let asked = RefCell::new(Vec::new());
        let taken_twice = |at: SocketAddr| {
            asked.borrow_mut().push(at);
            let seconds = asked.borrow().iter().filter(|at| at.is_ipv6()).count();
            match at {
                SocketAddr::V4(at) => TcpListener::bind(at),
                SocketAddr::V6(_) if seconds < 3 => Err(io::ErrorKind::AddrInUse.into()),
                SocketAddr::V6(_) => TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            }
        };
        let doors = with(0, taken_twice).unwrap();
        assert_eq!(doors.listeners.len(), 2);
        assert_eq!(asked.borrow().len(), 6);
        assert_eq!(asked.borrow().last().unwrap().port(), doors.port());
        let port = doors.port();
        assert_eq!(with(port, only(true)).err().unwrap().kind(), io::ErrorKind::AddrInUse);
    }
}
