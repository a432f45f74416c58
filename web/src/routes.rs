//! The pages, one a route.

mod not_found;
mod service;
mod slo;
mod slos;
mod sql;
mod start;
mod trace;
mod traces;

pub(crate) use not_found::NotFound;
pub(crate) use service::ServicePage;
pub(crate) use slo::SloPage;
pub(crate) use slos::Slos;
pub(crate) use sql::Sql;
pub(crate) use start::Start;
pub(crate) use trace::TracePage;
pub(crate) use traces::Traces;
