//! The pages, one a route.

mod not_found;
mod sql;
mod start;
mod trace;
mod traces;

pub(crate) use not_found::NotFound;
pub(crate) use sql::Sql;
pub(crate) use start::Start;
pub(crate) use trace::TracePage;
pub(crate) use traces::Traces;
