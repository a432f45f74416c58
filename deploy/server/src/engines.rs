//! One query engine a tenant, made when the tenant first asks.

use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use ingest_model::Tenant;
use ingest_store::Store;
use query_engine::{Asker, Clock, Engine, EngineConfig};
use tokio::sync::Mutex;

use crate::limits::Questions;

/// The engines of a process. What questions may use is shared out evenly among its tenants.
#[derive(Debug)]
pub(crate) struct Engines {
    store: Arc<Store>,
    spill_dir: PathBuf,
    clock: fn() -> ingest_model::Nanos,
    tenants: usize,
    slow: Duration,
    made: Mutex<Made>,
}

/// The engines there are, and what questions may use.
#[derive(Debug, Default)]
struct Made {
    engines: HashMap<Tenant, Engine>,
    limits: Questions,
}

tokio::task_local! {
    /// Who asks, while a request is answered: the guard knows, and the engine remembers.
    static ASKER: Asker;
}

/// Answers a request as one of somebody's.
pub(crate) async fn asked_by<T>(asker: Asker, answer: impl Future<Output = T>) -> T {
    ASKER.scope(asker, answer).await
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
            _ => {
                let slow = EngineConfig::new(PathBuf::new()).slow;
                Ok(Self { store, spill_dir, clock, tenants: tenants.max(1), slow, made: Mutex::default() })
            }
        }
    }

    /// The same, whose questions are told in the log when they take so long.
    pub(crate) fn with_slow(self, slow: Duration) -> Self {
        Self { slow, ..self }
    }

    /// Sets what questions may use from now on.
    pub(crate) async fn set_limits(&self, limits: Questions) {
        let mut made = self.made.lock().await;
        made.engines.iter().for_each(|(tenant, engine)| engine.set_limits(limits.of(tenant)));
        made.limits = limits;
    }

    /// The engine of a tenant, asked by whoever sends the request that is answered, or else by the process itself.
    ///
    /// # Errors
    ///
    /// When its tables cannot be opened or its spill folder cannot be made.
    pub(crate) async fn of(&self, tenant: &Tenant) -> Result<Arc<Engine>> {
        let asker = ASKER.try_with(Asker::clone).unwrap_or_default();
        let mut made = self.made.lock().await;
        if let Some(engine) = made.engines.get(tenant) {
            return Ok(Arc::new(engine.asked_by(asker)));
        }
        let tables = self.store.tables(tenant).await?;
        let clock: Clock = Arc::new(self.clock);
        let engine = Engine::new(&self.config(tenant), tables, clock)?;
        engine.set_limits(made.limits.of(tenant));
        let asked = engine.asked_by(asker);
        made.engines.insert(tenant.clone(), engine);
        Ok(Arc::new(asked))
    }

    fn config(&self, tenant: &Tenant) -> EngineConfig {
        let whole = EngineConfig::new(self.spill_dir.join(tenant.as_str()));
        EngineConfig {
            tenant: tenant.to_string(),
            memory_limit_bytes: whole.memory_limit_bytes / self.tenants,
            spill_limit_bytes: whole.spill_limit_bytes / self.tenants as u64,
            metadata_cache_bytes: whole.metadata_cache_bytes / self.tenants,
            answer_cache_bytes: whole.answer_cache_bytes / self.tenants,
            slow: self.slow,
            ..whole
        }
    }
}
