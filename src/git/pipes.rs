//! Reads what a child writes as it arrives, and never waits longer than asked.

#[cfg(not(unix))]
pub(super) use elsewhere::ThreadedPipes as Pipes;
#[cfg(unix)]
pub(super) use on_unix::PolledPipes as Pipes;

#[cfg(unix)]
mod on_unix {
    use std::fs::File;
    use std::io::{self, ErrorKind, Read};
    use std::os::fd::OwnedFd;
    use std::process::Child;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    /// The two outputs of a child.
    pub struct PolledPipes {
        pipes: [Pipe; 2],
        chunk: Vec<u8>,
    }

    struct Pipe {
        /// `None` once the end was read.
        open: Option<File>,
        bytes: Vec<u8>,
    }

    impl PolledPipes {
        pub fn of(child: &mut Child) -> PolledPipes {
            let pipe = |fd: Option<OwnedFd>| Pipe { open: fd.map(File::from), bytes: Vec::new() };
            let stdout = pipe(child.stdout.take().map(OwnedFd::from));
            let stderr = pipe(child.stderr.take().map(OwnedFd::from));
            // As much as a pipe holds on Linux.
            PolledPipes { pipes: [stdout, stderr], chunk: vec![0; 64 * 1024] }
        }

        pub fn are_closed(&self) -> bool {
            self.pipes.iter().all(|pipe| pipe.open.is_none())
        }

        /// Reads what is there, or arrives within this time. Returns whether anything did, even the end.
        pub fn read(&mut self, within: Duration) -> io::Result<bool> {
            let open = self.pipes.iter_mut().filter(|pipe| pipe.open.is_some());
            let mut open: Vec<&mut Pipe> = open.collect();
            let files = open.iter().filter_map(|pipe| pipe.open.as_ref());
            let mut asked: Vec<_> = files.map(|file| PollFd::new(file, PollFlags::IN)).collect();
            let within = Timespec::try_from(within).map_err(io::Error::other)?;
            match poll(&mut asked, Some(&within)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(false),
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            let is_ready: Vec<bool> = asked.iter().map(|fd| !fd.revents().is_empty()).collect();
            let ready = open.iter_mut().zip(is_ready).filter(|(_, is_ready)| *is_ready);
            ready.for_each(|(pipe, _)| pipe.read(&mut self.chunk));
            Ok(true)
        }

        /// What was read of stdout and not yet taken.
        pub fn stdout(&mut self) -> &mut Vec<u8> {
            let [stdout, _] = &mut self.pipes;
            &mut stdout.bytes
        }

        pub fn into_bytes(self) -> [Vec<u8>; 2] {
            self.pipes.map(|pipe| pipe.bytes)
        }
    }

    impl Pipe {
        fn read(&mut self, chunk: &mut [u8]) {
            let Some(open) = &mut self.open else { return };
            match open.read(chunk) {
                Ok(more) if more > 0 => self.bytes.extend(chunk.get(..more).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What was read before an error is still what git said.
                Ok(_) | Err(_) => self.open = None,
            }
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::io::{self, Read};
    use std::process::Child;
    use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
    use std::thread;
    use std::time::Duration;

    type Chunk = (usize, Vec<u8>);

    /// The two outputs of a child, each read by a thread that ends with the output.
    pub struct ThreadedPipes {
        hear: Receiver<Chunk>,
        bytes: [Vec<u8>; 2],
        closed: bool,
    }

    impl ThreadedPipes {
        pub fn of(child: &mut Child) -> ThreadedPipes {
            let (tell, hear) = mpsc::channel();
            pass_on(child.stdout.take(), 0, tell.clone());
            pass_on(child.stderr.take(), 1, tell);
            ThreadedPipes { hear, bytes: [Vec::new(), Vec::new()], closed: false }
        }

        pub fn are_closed(&self) -> bool {
            self.closed
        }

        pub fn read(&mut self, within: Duration) -> io::Result<bool> {
            // What a thread has read but not passed on yet cannot be queried, only waited for.
            match self.hear.recv_timeout(within.max(Duration::from_millis(20))) {
                Ok((place, chunk)) => {
                    if let Some(bytes) = self.bytes.get_mut(place) {
                        bytes.extend(chunk);
                    }
                    Ok(true)
                }
                Err(RecvTimeoutError::Timeout) => Ok(false),
                Err(RecvTimeoutError::Disconnected) => {
                    Ok(!std::mem::replace(&mut self.closed, true))
                }
            }
        }

        pub fn stdout(&mut self) -> &mut Vec<u8> {
            let [stdout, _] = &mut self.bytes;
            stdout
        }

        pub fn into_bytes(self) -> [Vec<u8>; 2] {
            self.bytes
        }
    }

    fn pass_on(pipe: Option<impl Read + Send + 'static>, place: usize, tell: Sender<Chunk>) {
        thread::spawn(move || {
            let (Some(mut pipe), mut chunk) = (pipe, [0; 8192]) else { return };
            while let Ok(more @ 1..) = pipe.read(&mut chunk) {
                tell.send((place, chunk.get(..more).unwrap_or_default().to_vec())).ok();
            }
        });
    }
}
