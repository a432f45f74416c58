//! The addresses a process listens on.

use std::io::ErrorKind;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_cannot_be_had_comes_with_the_remedy() {
        let (_taken, address) = listen("http", "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let mistake = listen("http", address).await.unwrap_err().to_string();
        assert!(mistake.contains("another slowburn running") && mistake.contains("--http"), "{mistake}");
        // An address for documentation, which no machine has.
        let mistake = listen("http", "192.0.2.1:0".parse().unwrap()).await.unwrap_err().to_string();
        assert!(mistake.ends_with("choose an address of this machine with --http"), "{mistake}");
    }
}
