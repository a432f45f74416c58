//! The addresses a process listens on.
//!
//! A door takes connections, with TLS or without, and serves HTTP/1.1 and HTTP/2 on each. Nobody is
//! waited for without end: [`connection`] has the limits.

mod connection;
mod tls;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use connection::{Connection, Limits};
pub(crate) use tls::{Tls, TlsFiles};

/// How long connections may take to finish what they have begun.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a door is left alone when the system has no connection to give, such as when there are
/// too many open files.
const PAUSE: Duration = Duration::from_millis(500);

/// Everything that is being served.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    tls: Option<Tls>,
    /// Asks connections to end when they have finished what they have begun.
    stop: CancellationToken,
    /// Ends them.
    end: CancellationToken,
    serving: TaskTracker,
}

/// Takes an address. Who connects waits until the door is opened.
///
/// # Errors
///
/// When the address cannot be had; the text names it and its flag.
pub(crate) async fn listen(flag: &str, address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let bound = TcpListener::bind(address).await;
    let remedy = match &bound {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            "is another slowburn running? choose another address with"
        }
        _ => "choose an address of this machine with",
    };
    let listener = bound.with_context(|| format!("cannot listen on {address}: {remedy} --{flag}"))?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

// === impl Doors ===

impl Doors {
    /// Doors that speak TLS, if there is any.
    pub(crate) fn new(tls: Option<Tls>) -> Self {
        Self { tls, ..Self::default() }
    }

    /// Serves HTTP/1.1 and HTTP/2.
    pub(crate) fn open(&mut self, listener: TcpListener, router: Router) {
        let door = Door {
            connection: Connection { router, limits: Limits::default(), stop: self.stop.clone() },
            tls: self.tls.clone(),
            end: self.end.clone(),
            serving: self.serving.clone(),
        };
        self.serving.spawn(door.serve(listener));
    }

    /// Serves a protocol that is not HTTP: `serve` has a connection until the other side leaves, or the token says stop.
    /// It does TLS itself.
    pub(crate) fn open_other<S, F>(&mut self, listener: TcpListener, serve: S)
    where
        S: Fn(TcpStream, CancellationToken) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (stop, end, serving) = (self.stop.clone(), self.end.clone(), self.serving.clone());
        self.serving.spawn(async move {
            accept(listener, &stop.clone(), |stream, _| {
                let (served, end) = (serve(stream, stop.clone()), end.clone());
                serving.spawn(async move { end.run_until_cancelled(served).await });
            })
            .await;
        });
    }

    /// TLS, if the doors speak it.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Takes no more connections, lets those it has finish what they have begun, and then ends
    /// them.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        self.serving.close();
        if tokio::time::timeout(PATIENCE, self.serving.wait()).await.is_err() {
            tracing::warn!(seconds = PATIENCE.as_secs(), "some connections did not finish in time");
            self.end.cancel();
            self.serving.wait().await;
        }
    }
}

/// One address that is served.
struct Door {
    connection: Connection,
    tls: Option<Tls>,
    end: CancellationToken,
    serving: TaskTracker,
}

// === impl Door ===

impl Door {
    async fn serve(self, listener: TcpListener) {
        let stop = self.connection.stop.clone();
        accept(listener, &stop, |stream, peer| self.take(stream, peer)).await;
    }

    fn take(&self, stream: TcpStream, peer: SocketAddr) {
        let (connection, tls, end) = (self.connection.clone(), self.tls.clone(), self.end.clone());
        self.serving.spawn(async move {
            let served = async {
                match tls {
                    None => connection.serve(stream, peer).await,
                    Some(tls) => {
                        if let Some(stream) = tls.shake_hands(stream).await {
                            connection.serve(stream, peer).await;
                        }
                    }
                }
            };
            end.run_until_cancelled(served).await;
        });
    }
}

/// Gives every connection to `take`, until `stop`.
async fn accept(listener: TcpListener, stop: &CancellationToken, take: impl Fn(TcpStream, SocketAddr)) {
    while let Some(accepted) = stop.run_until_cancelled(listener.accept()).await {
        match accepted {
            Ok((stream, peer)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection will answer late");
                }
                take(stream, peer);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken");
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
