//! The door: what all connections share.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use ingest_model::Tenant;
use pgwire::api::{ConnectionManager, RandomPidSecretKeyGenerator};
use query_api::ErrorBody;
use query_engine::{Dialect, Engine, QueryError};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::held::Holder;
use crate::startup::Startup;
use crate::{catalogue, connection};

/// Connections at a time.
const CONNECTIONS: usize = 200;

/// Who may come in.
#[async_trait]
pub trait Gate: fmt::Debug + Send + Sync {
    /// Whether a key is asked for.
    fn asks_for_key(&self) -> bool;

    /// Lets in whoever connects from `peer` with that key.
    ///
    /// # Errors
    ///
    /// Why the client may not come in, in words for it.
    async fn enter(&self, key: Option<&str>, peer: SocketAddr) -> Result<Entered, ErrorBody>;
}

/// Somebody who has come in.
#[derive(Debug, Clone)]
pub struct Entered {
    /// Whose data the client may ask.
    pub tenant: Tenant,
    /// The engine of that tenant.
    pub engine: Arc<Engine>,
}

/// The PostgreSQL door. Cheap to clone; clones are the same door.
#[derive(Clone)]
pub struct Door(Arc<Shared>);

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) gate: Arc<dyn Gate>,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) cancels: Arc<ConnectionManager>,
    pub(crate) pids: RandomPidSecretKeyGenerator,
    pub(crate) holder: Holder,
    pub(crate) places: Arc<Semaphore>,
    dialects: Mutex<HashMap<Tenant, Dialect>>,
}

// === impl Door ===

impl Door {
    /// A door behind that gate. With `tls`, nobody comes in without it.
    #[must_use]
    pub fn new(gate: Arc<dyn Gate>, tls: Option<TlsAcceptor>) -> Self {
        Self(Arc::new(Shared {
            gate,
            tls,
            cancels: Arc::default(),
            pids: RandomPidSecretKeyGenerator::default(),
            holder: Holder::default(),
            places: Arc::new(Semaphore::new(CONNECTIONS)),
            dialects: Mutex::default(),
        }))
    }

    /// Serves a connection until the client leaves, or `stop`: what is in hand then is finished.
    pub async fn serve(&self, stream: TcpStream, stop: CancellationToken) {
        if let Err(error) = connection::serve(&self.0, stream, stop).await {
            tracing::debug!(%error, "a PostgreSQL connection broke off");
        }
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Door").field("gate", &self.0.gate).finish_non_exhaustive()
    }
}

// === impl Shared ===

impl Shared {
    /// How a client of a connection comes in.
    pub(crate) fn startup(self: &Arc<Self>) -> Arc<Startup> {
        Arc::new(Startup::new(Arc::clone(self)))
    }

    /// The dialect of a tenant, made when it first asks.
    ///
    /// # Errors
    ///
    /// When it cannot be made, which is a bug.
    pub(crate) async fn dialect(&self, entered: &Entered) -> Result<Dialect, QueryError> {
        let mut dialects = self.dialects.lock().await;
        if let Some(dialect) = dialects.get(&entered.tenant) {
            return Ok(dialect.clone());
        }
        let dialect = entered.engine.dialect(|state, tables| catalogue::dialect(state, &tables)).await?;
        dialects.insert(entered.tenant.clone(), dialect.clone());
        Ok(dialect)
    }
}
