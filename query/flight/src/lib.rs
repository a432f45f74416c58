//! The Arrow Flight SQL door: the questions of `POST /api/v1/sql`, answered as Arrow batches over gRPC.
//!
//! # The life of a question
//!
//! 1. The caller's guard has found the tenant by the key and put it into the request's extensions.
//! 2. `GetFlightInfo` with a statement gives a ticket: the text of the question itself. Nothing is kept between calls, so any
//!    connection may redeem it, and nothing has to be cleaned up.
//! 3. `DoGet` with the ticket asks the engine of the tenant, under the same fence and limits as every other door, and
//!    sends schema and batches. An answer is complete before its first batch is sent.
//!
//! A prepared statement is a question that was given a handle, which is its text again. What can be listed (catalogs, schemas,
//! tables, types) comes from the engine's schema. There are no transactions, updates, Substrait plans or parameters; asking for them is
//! answered `UNIMPLEMENTED`.

mod answer;
mod catalog;
mod failure;
mod service;

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;
use async_trait::async_trait;
use axum::Router;
use ingest_model::Tenant;
use query_engine::Engine;

use service::FlightSql;

/// The engines of the tenants.
#[async_trait]
pub trait Engines: Send + Sync + 'static {
    /// The engine of a tenant; or why it cannot be had, for the server's log.
    async fn of(&self, tenant: &Tenant) -> Result<Arc<Engine>, String>;
}

/// The routes of the door. Every request must carry its [`Tenant`] in its extensions; one without is refused.
#[must_use = "routes are there to be served"]
pub fn router(engines: Arc<dyn Engines>) -> Router {
    let service = FlightServiceServer::new(FlightSql::new(engines));
    tonic::service::Routes::new(service).into_axum_router()
}
