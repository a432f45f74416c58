//! The Flight SQL door: engines by tenant, behind the guard.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::middleware::from_fn_with_state;
use ingest_model::Tenant;
use query_engine::Engine;

use crate::engines::Engines;
use crate::guard::{self, Guard};

/// The routes of the door.
pub(crate) fn router(engines: &Arc<Engines>, guard: &Guard) -> Router {
    let engines = Arc::new(OfTenants(Arc::clone(engines)));
    query_flight::router(engines).layer(from_fn_with_state(guard.clone(), guard::flight))
}

struct OfTenants(Arc<Engines>);

// === impl OfTenants ===

#[async_trait]
impl query_flight::Engines for OfTenants {
    async fn of(&self, tenant: &Tenant) -> Result<Arc<Engine>, String> {
        self.0.of(tenant).await.map_err(|error| format!("{error:#}"))
    }
}
