//! A store in memory, for tests.

use std::sync::{Arc, Mutex};

use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use ingest_model::{Nanos, Signal, Tenant};
use ingest_store::{Append, Encoding, Sink, StoreError};
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::receive::{Delivery, Receiver};
use crate::refuse::Refusal;
use crate::request::ExportRequest;
use crate::rows::Rejected;

pub(crate) const NOW: Nanos = Nanos(1_800_000_000_000_000_000);

/// Keeps what is appended, or fails as it is told.
#[derive(Debug)]
pub(crate) struct FakeSink {
    appended: Mutex<Vec<Append>>,
    fail: Option<fn() -> StoreError>,
    /// Each append takes one and keeps it.
    pub(crate) gate: Semaphore,
}

/// Hands a request of a tenant to a receiver as a transport does.
pub(crate) async fn deliver(
    receiver: &Receiver,
    tenant: &str,
    request: &ExportRequest,
    patience: Duration,
) -> Result<Rejected, Refusal> {
    let signal = match request {
        ExportRequest::Traces(_) => Signal::Traces,
        ExportRequest::Logs(_) => Signal::Logs,
        ExportRequest::Metrics(_) => Signal::Metrics,
    };
    let tenant: Tenant = tenant.parse().expect("a name");
    let admitted = receiver.admission.read(Body::from(request.encode()), 0, |_| None, patience).await?;
    receiver.receive(Delivery { tenant, signal, encoding: Encoding::Protobuf, admitted, patience }).await
}

// === impl FakeSink ===

impl FakeSink {
    pub(crate) fn new(fail: Option<fn() -> StoreError>) -> Arc<Self> {
        Arc::new(Self { appended: Mutex::default(), fail, gate: Semaphore::new(1_000) })
    }

    pub(crate) fn appended(&self) -> Vec<Append> {
        self.appended.lock().map(|all| all.clone()).unwrap_or_default()
    }

    pub(crate) fn receiver(self: &Arc<Self>, config: Config) -> Receiver {
        Receiver::new(config, Arc::clone(self) as Arc<dyn Sink>, || NOW)
    }
}

#[async_trait]
impl Sink for FakeSink {
    async fn append(&self, append: Append) -> Result<(), StoreError> {
        self.gate.acquire().await.map_err(|_| StoreError::Closed)?.forget();
        if let Some(fail) = self.fail {
            return Err(fail());
        }
        self.appended.lock().map_err(|_| StoreError::Closed)?.push(append);
        Ok(())
    }
}
