//! Spans, added up by minute, service, operation and kind.

use std::sync::{Arc, PoisonError, RwLock};

use ahash::AHashMap;
use arrow::array::{
    ArrayRef, Float64Array, Float64Builder, Int64Array, ListBuilder, StringViewArray, TimestampMicrosecondArray,
};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use ingest_store::schema::{self, TableSpec, element_field};
use ingest_store::{Derive, Recall, Share};

use crate::columns::{Span, Spans};
use crate::fingerprint::{FingerprintSet, Fingerprints};
use crate::merge::merge;
use crate::seen::{GENERATION, Seen};
use crate::sketch::Sketch;
use crate::weight::weight;

const MINUTE_US: i64 = 60_000_000;

/// What the rows say they were measured from.
const SOURCE: &str = "spans";

/// The service of spans without a `service.name`, and of those whose SDK made one up from the name
/// of the executable (`unknown_service:java`; semantic conventions, "Service").
const UNKNOWN_SERVICE: &str = "unknown_service";

/// Adds up spans, each once. One per tenant.
#[derive(Debug)]
pub struct GoldenSignals {
    seen: RwLock<Seen>,
    fingerprints: Fingerprints,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Key<'a> {
    minute_us: i64,
    service: &'a str,
    operation: Option<&'a str>,
    kind: Option<&'a str>,
}

/// What a row says.
#[derive(Debug, Default)]
struct Sums {
    requests: f64,
    errors: f64,
    spans: i64,
    duration_sum_ns: i64,
    duration_max_ns: i64,
    latency: Sketch,
}

// === impl GoldenSignals ===

impl GoldenSignals {
    /// Signals of a tenant of which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self { seen: RwLock::new(Seen::new(GENERATION)), fingerprints: Fingerprints::new() }
    }

    /// Which spans neither a flush up to `position` counted nor one further up in the same rows.
    /// Nothing else happens here, so that the processor has several look-ups under way at once.
    fn first_seen(&self, fingerprints: &[u64], position: u64) -> Vec<bool> {
        let mut counted = FingerprintSet::with_capacity_and_hasher(fingerprints.len(), Default::default());
        let seen = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        let is_new = |fingerprint: &u64| counted.insert(*fingerprint) && !seen.by(position, *fingerprint);
        fingerprints.iter().map(is_new).collect()
    }
}

impl Default for GoldenSignals {
    fn default() -> Self {
        Self::new()
    }
}

impl Derive for GoldenSignals {
    fn spec(&self) -> &'static TableSpec {
        schema::golden_signals()
    }

    fn recall(&self) -> Recall {
        Recall { rows: 2 * GENERATION as u64, columns: &Spans::COLUMNS }
    }

    fn share(&self, source: &[RecordBatch], position: u64) -> Result<Share, String> {
        let batches = source.iter().map(Spans::of).collect::<Result<Vec<_>, _>>()?;
        let fingerprints = self.fingerprints.of_all(&batches);
        let is_new = self.first_seen(&fingerprints, position);
        let mut sums: AHashMap<Key<'_>, Sums> = AHashMap::new();
        let rows = batches.iter().flat_map(|batch| (0..batch.len()).map(move |row| (batch, row)));
        for ((batch, row), _) in rows.zip(&is_new).filter(|(_, is_new)| **is_new) {
            let span = batch.span(row);
            sums.entry(key(&span)).or_default().add(&span);
        }
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_unstable_by_key(|(key, _)| *key);
        let counted = fingerprints.iter().zip(&is_new).filter(|(_, is_new)| **is_new);
        Ok(Share { rows: batch(&sums)?, counted: counted.map(|(fingerprint, _)| *fingerprint).collect() })
    }

    fn fingerprints(&self, source: &[RecordBatch]) -> Result<Vec<u64>, String> {
        let batches = source.iter().map(Spans::of).collect::<Result<Vec<_>, _>>()?;
        Ok(self.fingerprints.of_all(&batches))
    }

    fn committed(&self, fingerprints: &[u64], position: u64) {
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        fingerprints.iter().for_each(|fingerprint| seen.insert(position, *fingerprint));
    }

    fn merge(&self, rows: &[RecordBatch]) -> Result<RecordBatch, String> {
        merge(rows)
    }
}

// === impl Sums ===

impl Sums {
    fn add(&mut self, span: &Span<'_>) {
        let weight = weight(span.trace_state);
        let duration_ns = span.duration_ns.max(0);
        self.requests += weight;
        self.errors += if span.outcome.is_error() { weight } else { 0.0 };
        self.spans += 1;
        self.duration_sum_ns = self.duration_sum_ns.saturating_add(duration_ns);
        self.duration_max_ns = self.duration_max_ns.max(duration_ns);
        self.latency.record(duration_ns.unsigned_abs(), weight);
    }
}

fn key<'a>(span: &Span<'a>) -> Key<'a> {
    let named = span.service.filter(|name| {
        let after = name.strip_prefix(UNKNOWN_SERVICE);
        !name.is_empty() && !after.is_some_and(|after| after.is_empty() || after.starts_with(':'))
    });
    Key {
        minute_us: span.start_us.div_euclid(MINUTE_US) * MINUTE_US,
        service: named.unwrap_or(UNKNOWN_SERVICE),
        operation: span.name,
        kind: span.outcome.kind,
    }
}

fn batch(sums: &[(Key<'_>, Sums)]) -> Result<RecordBatch, String> {
    let spec = schema::golden_signals();
    let ints = |value: fn(&Sums) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(sums.iter().map(|(_, sums)| value(sums))))
    };
    let doubles = |value: fn(&Sums) -> f64| -> ArrayRef {
        Arc::new(Float64Array::from_iter_values(sums.iter().map(|(_, sums)| value(sums))))
    };
    let minutes = TimestampMicrosecondArray::from_iter_values(sums.iter().map(|(key, _)| key.minute_us));
    let columns: Vec<ArrayRef> = vec![
        Arc::new(minutes.with_timezone("UTC")),
        Arc::new(StringViewArray::from_iter_values(sums.iter().map(|(key, _)| key.service))),
        Arc::new(sums.iter().map(|(key, _)| key.operation).collect::<StringViewArray>()),
        Arc::new(sums.iter().map(|(key, _)| key.kind).collect::<StringViewArray>()),
        Arc::new(StringViewArray::from_iter_values(sums.iter().map(|_| SOURCE))),
        doubles(|sums| sums.requests),
        doubles(|sums| sums.errors),
        ints(|sums| sums.spans),
        ints(|sums| sums.duration_sum_ns),
        ints(|sums| sums.duration_max_ns),
        ints(|sums| sums.latency.offset()),
        counts(sums),
    ];
    RecordBatch::try_new(Arc::clone(&spec.schema), columns).map_err(|error| error.to_string())
}

fn counts(sums: &[(Key<'_>, Sums)]) -> ArrayRef {
    let mut lists = ListBuilder::new(Float64Builder::new()).with_field(element_field(DataType::Float64));
    for (_, sums) in sums {
        lists.values().append_slice(sums.latency.counts());
        lists.append(true);
    }
    Arc::new(lists.finish())
}

#[cfg(test)]
mod tests;
