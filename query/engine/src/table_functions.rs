//! Table functions over what a session sees. `fence` admits them by name, at every door.

mod trace;

use std::sync::Arc;

use ingest_model::Signal;

use crate::session::Session;

/// Lets a session call them.
pub(crate) fn register(session: &mut Session) {
    let [spans, logs] = [Signal::Traces, Signal::Logs].map(|signal| Arc::new(session.table_of(signal)));
    session.state.register_udtf("trace", Arc::new(trace::TraceFunction { spans, logs }));
}
