//! Stored rows as the spans and log records of a trace.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::record_batch::RecordBatch;
use datafusion::common::{DFSchema, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::Expr;
use ingest_model::{Level, Nanos, SpanId};
use query_api::{LogRecord, Resource, Scope, Span};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::fold::{Folded, Kept};
use crate::attributes;
use crate::read::Columns;

/// The distinct resources and scopes of a trace, by what they are made of.
#[derive(Debug, Default)]
pub(super) struct Origins {
    pub(super) resources: Distinct<(String, String), Resource>,
    pub(super) scopes: Distinct<[String; 4], Scope>,
}

/// Values in the order they were first seen.
#[derive(Debug)]
pub(super) struct Distinct<K, V> {
    index: HashMap<K, usize>,
    values: Vec<V>,
}

/// A batch whose attribute columns are whole.
struct Whole<'a> {
    columns: Columns<'a>,
    attributes: Arc<dyn Array>,
    resource: Arc<dyn Array>,
}

// === impl Distinct ===

impl<K, V> Default for Distinct<K, V> {
    fn default() -> Self {
        Self { index: HashMap::new(), values: Vec::new() }
    }
}

impl<K: Hash + Eq, V> Distinct<K, V> {
    fn index_of(&mut self, key: K, value: impl FnOnce(&K) -> V) -> usize {
        if let Some(index) = self.index.get(&key) {
            return *index;
        }
        self.values.push(value(&key));
        self.index.insert(key, self.values.len() - 1);
        self.values.len() - 1
    }

    pub(super) fn into_values(self) -> Vec<V> {
        self.values
    }
}

/// The spans by start time.
///
/// # Errors
///
/// When a batch is not in the stored schema, which is a bug of the store.
pub(super) fn spans(state: &SessionState, folded: &Folded<'_>, origins: &mut Origins) -> Result<Vec<Span>> {
    let batches = whole(state, folded, Level::Span)?;
    let read = each(folded, &batches, |batch, kept| span(batch, kept, origins));
    let mut spans: Vec<Span> = read.into_iter().flatten().collect();
    spans.sort_by_key(|span| (span.start_time_unix_nano, span.span_id));
    Ok(spans)
}

/// The log records by time.
///
/// # Errors
///
/// When a batch is not in the stored schema, which is a bug of the store.
pub(super) fn logs(state: &SessionState, folded: &Folded<'_>, origins: &mut Origins) -> Result<Vec<LogRecord>> {
    let batches = whole(state, folded, Level::Log)?;
    let mut logs = each(folded, &batches, |batch, kept| log(batch, kept, origins));
    logs.sort_by_key(|log| log.time_unix_nano);
    Ok(logs)
}

fn each<T>(folded: &Folded<'_>, batches: &[Whole<'_>], mut read: impl FnMut(&Whole<'_>, Kept) -> T) -> Vec<T> {
    folded.rows.iter().map(|kept| read(&batches[kept.batch], *kept)).collect()
}

fn whole<'a>(state: &SessionState, folded: &Folded<'a>, level: Level) -> Result<Vec<Whole<'a>>> {
    let own = attributes::whole(level, "attributes_rest");
    let resource = attributes::whole(Level::Resource, "resource_attributes_rest");
    let whole = folded.batches.iter().map(|batch| {
        Ok(Whole {
            columns: Columns::new(batch),
            attributes: evaluate(state, batch, own.clone())?,
            resource: evaluate(state, batch, resource.clone())?,
        })
    });
    whole.collect()
}

fn evaluate(state: &SessionState, batch: &RecordBatch, expr: Expr) -> Result<Arc<dyn Array>> {
    let schema = DFSchema::try_from(batch.schema())?;
    let column = state.create_physical_expr(expr, &schema)?.evaluate(batch)?;
    column.into_array(batch.num_rows())
}

/// `None` where the stored id is no span id, which no receiver lets in.
fn span(batch: &Whole<'_>, kept: Kept, origins: &mut Origins) -> Option<Span> {
    let Kept { row, repeats, .. } = kept;
    let columns = &batch.columns;
    Some(Span {
        span_id: SpanId::from_bytes(columns.bytes("span_id", row))?,
        parent_span_id: SpanId::from_bytes(columns.bytes("parent_span_id", row)),
        name: columns.text("name", row),
        kind: columns.text("kind", row),
        service_name: columns.text("service_name", row),
        start_time_unix_nano: nanos(columns.micros("start_time", row), columns.int("start_time_nanos", row)),
        duration_ns: columns.int("duration_ns", row),
        status_code: columns.text("status_code", row),
        status_message: columns.text("status_message", row),
        trace_state: columns.text("trace_state", row),
        flags: columns.int("flags", row),
        attributes: object(batch.attributes.as_string_view().value(row)),
        dropped_attributes_count: columns.int("dropped_attributes_count", row),
        events: array(&columns.text("events", row)),
        dropped_events_count: columns.int("dropped_events_count", row),
        links: array(&columns.text("links", row)),
        dropped_links_count: columns.int("dropped_links_count", row),
        resource: resource(batch, row, origins),
        scope: scope(columns, row, origins),
        repeats,
        is_orphan: false,
        is_skewed: false,
        outside_parent_ns: 0,
    })
}

fn log(batch: &Whole<'_>, kept: Kept, origins: &mut Origins) -> LogRecord {
    let Kept { row, repeats, .. } = kept;
    let columns = &batch.columns;
    LogRecord {
        time_unix_nano: log_time(columns, row),
        span_id: SpanId::from_bytes(columns.bytes("span_id", row)),
        severity_number: columns.int("severity_number", row),
        severity_text: columns.text("severity_text", row),
        body: columns.text("body", row),
        event_name: columns.text("event_name", row),
        service_name: columns.text("service_name", row),
        attributes: object(batch.attributes.as_string_view().value(row)),
        resource: resource(batch, row, origins),
        scope: scope(columns, row, origins),
        repeats,
    }
}

/// What the sender gave, to the nanosecond, unless the store had to take another time in its place.
fn log_time(columns: &Columns<'_>, row: usize) -> Nanos {
    let past = Some(columns.int("time_nanos", row)).filter(|past| (0..Nanos::PER_MICRO).contains(past));
    nanos(columns.micros("time", row), past.unwrap_or(0))
}

fn nanos(micros: i64, past: i64) -> Nanos {
    Nanos(micros.saturating_mul(Nanos::PER_MICRO).saturating_add(past))
}

fn resource(batch: &Whole<'_>, row: usize, origins: &mut Origins) -> usize {
    let key = (batch.resource.as_string_view().value(row).to_owned(), batch.columns.text("resource_schema_url", row));
    origins.resources.index_of(key, |(attributes, schema_url)| Resource {
        attributes: object(attributes),
        schema_url: schema_url.clone(),
    })
}

fn scope(columns: &Columns<'_>, row: usize, origins: &mut Origins) -> usize {
    let key =
        ["scope_name", "scope_version", "scope_attributes", "scope_schema_url"].map(|name| columns.text(name, row));
    origins.scopes.index_of(key, |[name, version, attributes, schema_url]| Scope {
        name: name.clone(),
        version: version.clone(),
        attributes: object(attributes),
        schema_url: schema_url.clone(),
    })
}

/// A stored JSON object; an empty one where nothing is stored.
fn object(text: &str) -> Value {
    parsed(text).unwrap_or_else(|| Value::Object(Map::new()))
}

/// A stored JSON array; empty where nothing is stored.
fn array<T: DeserializeOwned>(text: &str) -> Vec<T> {
    parsed(text).unwrap_or_default()
}

/// What cannot be read is left out of the trace and told to the operator, because the rest of
/// the trace is worth seeing.
fn parsed<T: DeserializeOwned>(text: &str) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    serde_json::from_str(text).inspect_err(|error| tracing::warn!(%error, "stored JSON of a trace is damaged")).ok()
}
