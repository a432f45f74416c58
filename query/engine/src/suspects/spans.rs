//! Spans of a window.

use std::sync::Arc;

use ingest_model::Nanos;
use query_cause::SeenSpan;

use super::{Ends, Texts};
use crate::error::QueryError;
use crate::failure::{FAILED, SERVICE, START_NS, micros};
use crate::read::{self, Columns};
use crate::session::Session;

/// A span as it is compared.
#[derive(Debug)]
pub(super) struct Span {
    trace: u128,
    id: u64,
    parent: Option<u64>,
    service: Arc<str>,
    name: Arc<str>,
    calls: bool,
    peer: Arc<str>,
    start_ns: i64,
    end_ns: i64,
    failed: bool,
}

// === impl Span ===

impl Span {
    pub(super) fn seen(&self) -> SeenSpan<'_> {
        SeenSpan {
            trace: self.trace,
            id: self.id,
            parent: self.parent,
            service: &self.service,
            name: &self.name,
            calls: self.calls,
            peer: &self.peer,
            start_ns: self.start_ns,
            end_ns: self.end_ns,
            failed: self.failed,
        }
    }
}

/// The spans of some traces that start from one time to another.
pub(super) async fn read(
    session: &Session,
    (from, to): (Nanos, Nanos),
    ends: Ends,
    texts: &mut Texts,
) -> Result<Vec<Span>, QueryError> {
    let query = format!(
        "SELECT trace_id, span_id, parent_span_id, {SERVICE} AS service, coalesce(name, '') AS name,
                coalesce(kind, '') IN ('CLIENT', 'PRODUCER') AS calls,
                coalesce(attr_peer_service, attr_server_address, attributes_rest ->> 'net.peer.name', '') AS peer,
                {START_NS} AS start_ns, {START_NS} + duration_ns AS end_ns, {FAILED} AS failed
         FROM stored.spans WHERE start_time >= $1 AND start_time < $2 AND {}",
        ends.condition()
    );
    let mut spans = Vec::new();
    read::each(session, &query, [from, to].map(micros).to_vec(), |batch| {
        let columns = Columns::new(&batch);
        spans.extend((0..batch.num_rows()).filter_map(|row| span(&columns, row, texts)));
        Ok(())
    })
    .await?;
    Ok(spans)
}

/// `None` where an id is none, which no receiver lets in.
fn span(columns: &Columns<'_>, row: usize, texts: &mut Texts) -> Option<Span> {
    let id = |name: &str| columns.bytes(name, row).try_into().ok().map(u64::from_be_bytes);
    Some(Span {
        trace: columns.bytes("trace_id", row).try_into().ok().map(u128::from_be_bytes)?,
        id: id("span_id")?,
        parent: id("parent_span_id"),
        service: texts.of(&columns.text("service", row)),
        name: texts.of(&columns.text("name", row)),
        calls: columns.boolean("calls", row),
        peer: texts.of(&columns.text("peer", row)),
        start_ns: columns.int("start_ns", row),
        end_ns: columns.int("end_ns", row),
        failed: columns.boolean("failed", row),
    })
}
