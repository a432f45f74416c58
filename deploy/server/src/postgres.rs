//! Lets PostgreSQL's clients in: the same keys, engines and audit as at `POST /api/v1/sql`.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use ingest_otlp::Denied;
use query_api::{ErrorBody, ErrorKind};
use query_postgres::{Door, Entered, Gate};
use tokio::net::TcpListener;

use crate::doors::Doors;
use crate::engines::Engines;
use crate::guard::Guard;

/// What the protocol is called in TLS.
const PROTOCOL: &str = "postgresql";

/// Serves PostgreSQL's protocol.
pub(crate) fn open(doors: &mut Doors, listener: TcpListener, engines: &Arc<Engines>, guard: &Guard) {
    let gate = Arc::new(Guarded { engines: Arc::clone(engines), guard: guard.clone() });
    let door = Door::new(gate, doors.tls().map(|tls| tls.of_protocol(PROTOCOL)));
    doors.open_other(listener, move |stream, stop| {
        let door = door.clone();
        async move { door.serve(stream, stop).await }
    });
}

/// The gate before the engines.
#[derive(Debug)]
struct Guarded {
    engines: Arc<Engines>,
    guard: Guard,
}

#[async_trait]
impl Gate for Guarded {
    fn asks_for_key(&self) -> bool {
        self.guard.asks_for_key()
    }

    async fn enter(&self, key: Option<&str>, peer: SocketAddr) -> Result<Entered, ErrorBody> {
        let tenant = self.guard.admit_reader(key, peer, "pg").map_err(|denied| turned_away(&denied))?;
        let engine = self.engines.of(&tenant).await.map_err(|error| {
            tracing::error!("a PostgreSQL client could not be let in: {error:#}");
            told(ErrorKind::Internal, "slowburn has a fault", "try again; the server's log says what failed")
        })?;
        let engine = Arc::new(engine.asked_by(self.guard.asker(PROTOCOL, key)));
        Ok(Entered { tenant, engine })
    }
}

fn turned_away(denied: &Denied) -> ErrorBody {
    match denied {
        Denied::Key => told(
            ErrorKind::Unauthenticated,
            "a known key is needed",
            "give a key of role read or admin as the password",
        ),
        Denied::Role => told(ErrorKind::Forbidden, "this key is for other doors", "use one of role read or admin"),
    }
}

fn told(kind: ErrorKind, message: &str, hint: &str) -> ErrorBody {
    ErrorBody { kind, message: message.to_owned(), hint: hint.to_owned() }
}
