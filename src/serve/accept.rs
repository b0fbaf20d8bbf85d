//! Takes connections in, a limited number at once, each with a limit on what it may send and how slowly.
//!
//! hyper's own loop is not enough: `axum::serve` waits for a head as long as it takes, takes heads of any size, and any number of
//! connections.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::seats::{Seat, Seats};

/// Connections at once.
const MOST_CONNECTIONS: usize = 192;

/// How long a head may take, and a kept-alive connection say nothing.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

const MOST_HEADERS: usize = 64;

const LONGEST_HEAD: usize = 16 << 10;

/// How long readers of answers have at the end.
const LAST_BYTES: Duration = Duration::from_millis(300);

/// How long requests that are under way have at the end.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// After `EMFILE` and its like: time for a connection to end.
const BREATH: Duration = Duration::from_millis(50);

pub(super) async fn run(
    listeners: Vec<TcpListener>,
    router: Router,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let seats = Seats::new(MOST_CONNECTIONS);
    let mut loops = JoinSet::new();
    for listener in listeners {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loops.spawn(accept(listener, router.clone(), Arc::clone(&seats), stop.clone()));
    }
    while loops.join_next().await.is_some() {}
    Ok(())
}

async fn accept(
    listener: tokio::net::TcpListener,
    router: Router,
    seats: Arc<Seats>,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    let mut stopped = std::pin::pin!(stopped);
    loop {
        // A connection first: a seat that is taken for nobody would send somebody away. The end is waited for around both, also
        // while no seat can be had.
        let seated = async {
            let (stream, _) = listener.accept().await?;
            io::Result::Ok((stream, seats.take().await?))
        };
        let seated = tokio::select! {
            () = &mut stopped => break,
            seated = seated => seated,
        };
        while connections.try_join_next().is_some() {}
        match seated {
            Ok((stream, seat)) => {
                connections.spawn(attend(stream, router.clone(), seat, graceful.watcher()));
            }
            Err(error) => {
                tracing::debug!(%error, "accept");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    let mut ended = std::pin::pin!(graceful.shutdown());
    if tokio::time::timeout(LAST_BYTES, &mut ended).await.is_err() {
        // hyper waits for a head that was begun.
        seats.clear();
        drop(tokio::time::timeout(LAST_ANSWERS, ended).await);
    }
}

/// One connection, until its end.
async fn attend(stream: TcpStream, router: Router, seat: Arc<Seat>, watcher: Watcher) {
    // A small answer at once, instead of with the next.
    stream.set_nodelay(true).ok();
    let router = TowerToHyperService::new(router);
    let service = service_fn(|mut request: Request<Incoming>| {
        let busy = seat.busy();
        request.extensions_mut().insert(Arc::clone(&busy));
        let answer = router.call(request);
        async move {
            let _busy = busy;
            answer.await
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(MOST_HEADERS)
        .max_header_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // Looked at first, so that nothing is begun on a connection whose seat is given away.
        biased;
        () = seat.needed() => {}
        // Whoever breaks off has their reasons.
        _ = watcher.watch(connection) => {}
    }
}
