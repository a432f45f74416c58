//! The door behind `--http` while the log of the process before is replayed: whoever asks learns that
//! the process lives and is not ready yet.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::Router;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use query_api::ErrorKind;
use tokio::net::TcpListener;

use crate::api::Failure;
use crate::doors::{Doors, Tls};

/// The door, until it is closed.
#[derive(Debug)]
pub(crate) struct Starting(Doors);

// === impl Starting ===

impl Starting {
    /// Answers at an address that is opened for good later.
    ///
    /// # Errors
    ///
    /// When the system does not give the address twice.
    pub(crate) fn open(
        (listener, address): (TcpListener, SocketAddr),
        tls: Option<Tls>,
    ) -> Result<(Self, (TcpListener, SocketAddr))> {
        let twice = || -> std::io::Result<[TcpListener; 2]> {
            let listener = listener.into_std()?;
            Ok([TcpListener::from_std(listener.try_clone()?)?, TcpListener::from_std(listener)?])
        };
        let [early, listener] = twice().with_context(|| format!("cannot listen on {address} while starting"))?;
        let mut doors = Doors::new(tls);
        doors.open(early, router());
        Ok((Self(doors), (listener, address)))
    }

    /// Takes no more connections; those it has finish what they have begun.
    pub(crate) fn close(self) {
        tokio::spawn(self.0.close());
    }
}

fn router() -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(|| async { (StatusCode::SERVICE_UNAVAILABLE, "starting\n") }))
        .fallback(|| async { later() })
}

fn later() -> Response {
    let failure = Failure::new(ErrorKind::Unavailable, "slowburn is starting: it replays its log", "ask again soon");
    let mut response = failure.into_response();
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}
