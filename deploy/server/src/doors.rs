//! The addresses a process listens on.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long connections may take to finish what they have begun.
const PATIENCE: Duration = Duration::from_secs(10);

/// Everything that is being served.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    stop: CancellationToken,
    serving: JoinSet<std::io::Result<()>>,
}

/// Takes an address. Who connects waits until the door is opened.
///
/// # Errors
///
/// When the address cannot be had; the text names it and its flag.
pub(crate) async fn listen(flag: &str, address: SocketAddr) -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is another slowburn running? choose another address with --{flag}")
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

// === impl Doors ===

impl Doors {
    /// Serves HTTP/1.1 and HTTP/2 in plain text.
    pub(crate) fn open(&mut self, listener: TcpListener, router: Router) {
        let listener = listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection will answer late");
            }
        });
        let stopped = self.stop.clone().cancelled_owned();
        self.serving.spawn(axum::serve(listener, router).with_graceful_shutdown(stopped).into_future());
    }

    /// Takes no more connections, lets those it has finish what they have begun, and then ends
    /// them.
    pub(crate) async fn close(mut self) {
        self.stop.cancel();
        let finish = async { while self.serving.join_next().await.is_some() {} };
        if tokio::time::timeout(PATIENCE, finish).await.is_err() {
            tracing::warn!(seconds = PATIENCE.as_secs(), "some connections did not finish in time");
        }
    }
}
