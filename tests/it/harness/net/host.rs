//! What the servers and the proxy share: a listener, a thread for each connection, and an end that waits for all of them.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// A connection as it was accepted.
pub struct Connection {
    /// The socket; it closes when the last clone of the `Arc` is dropped.
    pub stream: Arc<TcpStream>,
    /// Counts from 1, in the order of acceptance.
    pub number: usize,
    /// What the connection's thread needs to end with its host.
    pub life: Arc<Life>,
}

/// A listener with its connections' threads, sockets and child processes. All have ended when its drop returns.
pub struct Host {
    addr: SocketAddr,
    life: Arc<Life>,
    accepting: Option<JoinHandle<()>>,
}

impl Host {
    /// Listens on a free port of the loopback interface and calls `serve` in a new thread for each connection.
    pub fn start(serve: impl Fn(Connection) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .expect("a free port on the loopback interface");
        let addr = listener.local_addr().unwrap();
        let life = Arc::new(Life::default());
        let accepting = thread::spawn({
            let life = Arc::clone(&life);
            move || accept(&listener, &life, &Arc::new(serve))
        });
        Self { addr, life, accepting: Some(accepting) }
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> usize {
        self.life.state().accepted
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.life.stop();
        // `accept` has no time limit and cannot be interrupted: a last connection wakes it. Without one the thread is left
        // behind, which is better than a test that never ends.
        let woken = TcpStream::connect(self.addr).is_ok();
        let mut ended = Vec::new();
        if let Some(accepting) = self.accepting.take().filter(|_| woken) {
            ended.push(accepting.join());
        }
        let threads = std::mem::take(&mut self.life.state().threads);
        ended.extend(threads.into_iter().map(JoinHandle::join));
        let broken = ended.iter().any(Result::is_err);
        assert!(!broken || thread::panicking(), "a thread of the network harness panicked");
    }
}

fn accept<F: Fn(Connection) + Send + Sync + 'static>(
    listener: &TcpListener,
    life: &Arc<Life>,
    serve: &Arc<F>,
) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let stream = life.adopt(stream);
        let mut state = life.state();
        if state.stopping {
            return;
        }
        state.reap();
        state.accepted += 1;
        let connection = Connection { stream, number: state.accepted, life: Arc::clone(life) };
        let serve = Arc::clone(serve);
        state.threads.push(thread::spawn(move || serve(connection)));
    }
}

/// A process that was started, and the pipes asked for.
pub struct Spawned {
    pub id: u32,
    pub stdin: Option<ChildStdin>,
    pub stdout: Option<ChildStdout>,
}

/// Everything that must end with a [`Host`].
#[derive(Default)]
pub struct Life {
    state: Mutex<State>,
    stopped: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    accepted: usize,
    /// Open as long as a connection's thread uses them, so that a thread can close one by forgetting it.
    streams: Vec<Weak<TcpStream>>,
    /// Open until the end, though no thread uses them.
    kept: Vec<Arc<TcpStream>>,
    children: Vec<Guarded>,
    threads: Vec<JoinHandle<()>>,
}

impl Life {
    /// Shuts `stream` down at the end, or now when the end has come.
    pub fn adopt(&self, stream: TcpStream) -> Arc<TcpStream> {
        let stream = Arc::new(stream);
        let mut state = self.state();
        if state.stopping {
            cut(&stream);
        }
        state.streams.push(Arc::downgrade(&stream));
        stream
    }

    /// Leaves `stream` open until the end.
    pub fn keep(&self, stream: Arc<TcpStream>) {
        self.state().kept.push(stream);
    }

    /// Starts what [`super::guarded_git`] made, which is killed at the end together with all its descendants, and gives the
    /// pipes asked for.
    pub fn spawn(&self, command: &mut Command) -> io::Result<Spawned> {
        let mut state = self.state();
        if state.stopping {
            return Err(io::ErrorKind::Interrupted.into());
        }
        // A group of its own: `git daemon` and `git http-backend` leave the work to children, which a kill of the one process
        // that we started would orphan.
        let (ended, alive) = io::pipe()?;
        let mut child = command.stderr(ended).process_group(0).spawn()?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let spawned = Spawned { id: child.id(), stdin, stdout };
        state.children.push(Guarded { child, _alive: alive });
        Ok(spawned)
    }

    /// Kills a process that was started here, and not its descendants, if it has not ended.
    pub fn kill(&self, id: u32) -> io::Result<()> {
        let mut state = self.state();
        let guarded = state.children.iter_mut().find(|guarded| guarded.child.id() == id);
        guarded.map_or(Ok(()), |guarded| guarded.child.kill())
    }

    pub fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    /// Sleeps for `time`, or until the end.
    pub fn pause(&self, time: Duration) {
        drop(self.stopped.wait_timeout_while(self.state(), time, |state| !state.stopping).unwrap());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn stop(&self) {
        let mut state = self.state();
        state.stopping = true;
        state.streams.iter().filter_map(Weak::upgrade).for_each(|stream| cut(&stream));
        state.kept.clear();
        state.reap();
        for Guarded { mut child, .. } in state.children.drain(..) {
            // Not reaped yet, so the id cannot have passed to a stranger.
            kill_process_group(Pid::from_child(&child), Signal::KILL).ok();
            child.wait().ok();
        }
        self.stopped.notify_all();
    }
}

/// A process that the kernel sees killed when its guard hears nothing of us any more.
struct Guarded {
    child: Child,
    _alive: io::PipeWriter,
}

impl State {
    /// Forgets what has ended by itself.
    fn reap(&mut self) {
        self.children.retain_mut(|guarded| matches!(guarded.child.try_wait(), Ok(None)));
        self.streams.retain(|stream| stream.strong_count() > 0);
    }
}

/// Ends a connection both ways, for all who hold it.
pub fn cut(stream: &TcpStream) {
    // It fails when the other side was faster, and then there is nothing left to do.
    stream.shutdown(Shutdown::Both).ok();
}
