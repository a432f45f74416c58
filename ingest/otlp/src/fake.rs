//! A store in memory, for tests.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ingest_model::Nanos;
use ingest_store::{Append, Sink, StoreError};
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::receive::Receiver;

pub(crate) const NOW: Nanos = Nanos(1_800_000_000_000_000_000);

/// Keeps what is appended, or fails as it is told.
#[derive(Debug)]
pub(crate) struct FakeSink {
    appended: Mutex<Vec<Append>>,
    fail: Option<fn() -> StoreError>,
    /// Each append takes one and keeps it.
    pub(crate) gate: Semaphore,
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
