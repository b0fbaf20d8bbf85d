//! The connections that are open at once. Whoever comes when all seats are taken gets that of whoever has said nothing for the longest
//! time: otherwise connections that only wait would keep everybody else out.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

pub(super) struct Seats {
    free: Arc<Semaphore>,
    idle: Mutex<Idle>,
    /// Told when a connection has nothing to do any more.
    became_idle: Notify,
}

/// The connections that have no request under way, the longest idle first.
#[derive(Default)]
struct Idle {
    next: u64,
    leave: BTreeMap<u64, Arc<Notify>>,
}

impl Seats {
    pub(super) fn new(number: usize) -> Arc<Seats> {
        let free = Arc::new(Semaphore::new(number));
        Arc::new(Seats { free, idle: Mutex::default(), became_idle: Notify::new() })
    }

    /// A seat, at the cost of an idle connection when none is free. While all have a request under way, this waits.
    pub(super) async fn take(self: &Arc<Seats>) -> io::Result<Arc<Seat>> {
        loop {
            let became_idle = self.became_idle.notified();
            if let Ok(slot) = Arc::clone(&self.free).try_acquire_owned() {
                return Ok(self.seat(slot));
            }
            let has_sent_one = self.send_away();
            tokio::select! {
                slot = Arc::clone(&self.free).acquire_owned() => {
                    return slot.map(|slot| self.seat(slot)).map_err(io::Error::other);
                }
                () = became_idle, if !has_sent_one => {}
            }
        }
    }

    /// Ends all connections that have no request under way.
    pub(super) fn clear(&self) {
        while self.send_away() {}
    }

    /// Ends the connection that has been idle for the longest time; `false` if none is.
    fn send_away(&self) -> bool {
        let longest = self.idle().leave.pop_first();
        longest.map(|(_, leave)| leave.notify_one()).is_some()
    }

    fn seat(self: &Arc<Seats>, slot: OwnedSemaphorePermit) -> Arc<Seat> {
        let seat = Seat {
            seats: Arc::clone(self),
            leave: Arc::default(),
            place: Mutex::default(),
            _slot: slot,
        };
        seat.rest();
        Arc::new(seat)
    }

    fn idle(&self) -> MutexGuard<'_, Idle> {
        locked(&self.idle)
    }
}

/// The seat of one connection, idle at first.
pub(super) struct Seat {
    seats: Arc<Seats>,
    leave: Arc<Notify>,
    /// The number under which it is idle.
    place: Mutex<Option<u64>>,
    _slot: OwnedSemaphorePermit,
}

impl Seat {
    /// Until another connection needs the seat.
    pub(super) async fn needed(&self) {
        self.leave.notified().await;
    }

    /// It has a request under way, and keeps its seat, while this value lives.
    pub(super) fn busy(self: &Arc<Seat>) -> Arc<Busy> {
        self.rise();
        Arc::new(Busy(Arc::clone(self)))
    }

    fn rest(&self) {
        let mut idle = self.seats.idle();
        let place = idle.next;
        idle.next += 1;
        idle.leave.insert(place, Arc::clone(&self.leave));
        *locked(&self.place) = Some(place);
        drop(idle);
        self.seats.became_idle.notify_waiters();
    }

    fn rise(&self) {
        if let Some(place) = locked(&self.place).take() {
            self.seats.idle().leave.remove(&place);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.rise();
    }
}

/// A request under way, or an answer that does not end by itself.
pub(super) struct Busy(Arc<Seat>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.rest();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn taken(seats: &Arc<Seats>) -> Arc<Seat> {
        let Poll::Ready(Ok(seat)) = poll(pin!(seats.take())) else { panic!("no seat is free") };
        seat
    }

    #[test]
    fn the_longest_idle_connection_makes_room() {
        let seats = Seats::new(3);
        let (first, second, third) = (taken(&seats), taken(&seats), taken(&seats));
        // The first was heard of since, the second never, the third is at work.
        drop(first.busy());
        let busy = third.busy();
        let mut next = pin!(seats.take());
        assert!(poll(next.as_mut()).is_pending());
        assert!(poll(pin!(second.needed())).is_ready());
        assert!(poll(pin!(first.needed())).is_pending() && poll(pin!(third.needed())).is_pending());
        drop(second);
        assert!(poll(next.as_mut()).is_ready());
        drop(busy);
    }

    #[test]
    fn a_request_under_way_is_not_cut_off() {
        let seats = Seats::new(1);
        let seat = taken(&seats);
        let busy = seat.busy();
        let mut next = pin!(seats.take());
        assert!(poll(next.as_mut()).is_pending() && poll(pin!(seat.needed())).is_pending());
        // Once it is answered, the seat is wanted.
        drop(busy);
        assert!(poll(next.as_mut()).is_pending() && poll(pin!(seat.needed())).is_ready());
        drop(seat);
        assert!(poll(next).is_ready());
    }
}
