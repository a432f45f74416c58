//! One query engine a tenant, made when the tenant first asks.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use ingest_model::Tenant;
use ingest_store::Store;
use query_engine::{Clock, Engine, EngineConfig};
use tokio::sync::Mutex;

/// The engines of a process. What questions may use is shared out evenly among its tenants.
#[derive(Debug)]
pub(crate) struct Engines {
    store: Arc<Store>,
    spill_dir: PathBuf,
    clock: fn() -> ingest_model::Nanos,
    tenants: usize,
    made: Mutex<HashMap<Tenant, Arc<Engine>>>,
}

// === impl Engines ===

impl Engines {
    /// Engines for up to `tenants` tenants that spill below `spill_dir`. What a former process
    /// left there is removed.
    ///
    /// # Errors
    ///
    /// When it cannot be removed.
    pub(crate) fn new(
        store: Arc<Store>,
        spill_dir: PathBuf,
        clock: fn() -> ingest_model::Nanos,
        tenants: usize,
    ) -> Result<Self> {
        match fs::remove_dir_all(&spill_dir) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot empty the spill folder {}", spill_dir.display()))
            }
            _ => Ok(Self { store, spill_dir, clock, tenants: tenants.max(1), made: Mutex::default() }),
        }
    }

    /// The engine of a tenant.
    ///
    /// # Errors
    ///
    /// When its tables cannot be opened or its spill folder cannot be made.
    pub(crate) async fn of(&self, tenant: &Tenant) -> Result<Arc<Engine>> {
        let mut made = self.made.lock().await;
        if let Some(engine) = made.get(tenant) {
            return Ok(Arc::clone(engine));
        }
        let tables = self.store.tables(tenant).await?;
        let clock: Clock = Arc::new(self.clock);
        let engine = Arc::new(Engine::new(self.config(tenant), tables, clock)?);
        made.insert(tenant.clone(), Arc::clone(&engine));
        Ok(engine)
    }

    fn config(&self, tenant: &Tenant) -> EngineConfig {
        let whole = EngineConfig::new(self.spill_dir.join(tenant.as_str()));
        EngineConfig {
            memory_limit_bytes: whole.memory_limit_bytes / self.tenants,
            spill_limit_bytes: whole.spill_limit_bytes / self.tenants as u64,
            metadata_cache_bytes: whole.metadata_cache_bytes / self.tenants,
            ..whole
        }
    }
}
