//! The pages, one a route.

mod alert;
mod alerts;
mod catcher;
mod not_found;
mod service;
mod slo;
mod slos;
mod sql;
mod start;
mod trace;
mod traces;

pub(crate) use alert::AlertPage;
pub(crate) use alerts::AlertsPage;
pub(crate) use catcher::Catcher;
pub(crate) use not_found::NotFound;
pub(crate) use service::ServicePage;
pub(crate) use slo::SloPage;
pub(crate) use slos::Slos;
pub(crate) use sql::Sql;
pub(crate) use start::Start;
pub(crate) use trace::TracePage;
pub(crate) use traces::Traces;
