//! How many different services and series a tenant may send in an hour.
//!
//! What is new beyond a limit is left out, item by item, as what OTLP calls invalid is; what is known goes on
//! coming in. So one broken deployment that puts an id into a name cannot drown what is judged and shown, and
//! takes nothing from those that were there before it.
//!
//! Known names are held as 64-bit hashes, never more than the limit. Two that share one count as one. An hour is
//! one of the clock; with the next, nothing is known. Without limits nothing is held.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hash as _, Hasher};

use ahash::RandomState;
use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Signal};

use crate::rows::{Reason, Rows};

const HOUR_NS: i64 = 3_600 * 1_000_000_000;

const SERVICE: &str = "service_name";

/// What tells a series from others beside its attributes, those of its resource and scope (OpenTelemetry metrics
/// data model, "Timeseries Model").
const IDENTITY: [&str; 5] = ["metric_name", "unit", "metric_type", "temporality", "is_monotonic"];

/// The column of the metrics table that attributes come after.
const LAST_OF_POINT: &str = "quantile_values";

/// The limits of a tenant; `None` is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Variety {
    /// Names of services, of all signals together.
    pub services: Option<u64>,
    /// Series of metrics.
    pub series: Option<u64>,
}

/// What a tenant has sent in this hour.
#[derive(Debug, Default)]
pub(crate) struct Known {
    hour: i64,
    services: HashSet<u64, RandomState>,
    series: HashSet<u64, RandomState>,
}

// === impl Known ===

impl Known {
    /// Leaves out what is beyond the limits.
    ///
    /// # Errors
    ///
    /// When the rows cannot be told apart, which no schema makes possible.
    pub(crate) fn within(
        &mut self,
        limits: Variety,
        signal: Signal,
        rows: Rows,
        now: Nanos,
    ) -> Result<Rows, ArrowError> {
        let hour = now.0.div_euclid(HOUR_NS);
        if hour != self.hour {
            *self = Self { hour, ..Self::default() };
        }
        let mut refused = vec![None; rows.batch.num_rows()];
        if let (Some(limit), Some(column)) = (limits.services, rows.batch.column_by_name(SERVICE)) {
            let hashes = hashes(&[column], rows.batch.num_rows());
            let named = hashes.into_iter().enumerate().map(|(row, hash)| column.is_valid(row).then_some(hash));
            refuse(&mut refused, &mut self.services, named, limit, Reason::Services(limit));
        }
        if let (Some(limit), Signal::Metrics) = (limits.series, signal) {
            let hashes = hashes(&identity(&rows.batch), rows.batch.num_rows());
            refuse(&mut refused, &mut self.series, hashes.into_iter().map(Some), limit, Reason::Series(limit));
        }
        leave_out(rows, &refused)
    }
}

/// Refuses the rows of what is not known when as many are known as may be.
fn refuse(
    refused: &mut [Option<Reason>],
    known: &mut HashSet<u64, RandomState>,
    hashes: impl Iterator<Item = Option<u64>>,
    limit: u64,
    reason: Reason,
) {
    for (refused, hash) in refused.iter_mut().zip(hashes) {
        let Some(hash) = hash.filter(|_| refused.is_none()) else { continue };
        if (known.len() as u64) < limit {
            known.insert(hash);
        } else if !known.contains(&hash) {
            *refused = Some(reason);
        }
    }
}

fn leave_out(rows: Rows, refused: &[Option<Reason>]) -> Result<Rows, ArrowError> {
    if refused.iter().all(Option::is_none) {
        return Ok(rows);
    }
    let kept: BooleanArray = refused.iter().map(|reason| Some(reason.is_none())).collect();
    let batch = filter_record_batch(&rows.batch, &kept)?;
    Ok(Rows { batch, rejected: rows.rejected.with_rows(refused) })
}

/// The columns that tell a series from others.
fn identity(batch: &RecordBatch) -> Vec<&ArrayRef> {
    let schema = batch.schema_ref();
    let attributes = schema.index_of(LAST_OF_POINT).map_or(0, |index| index + 1);
    let own = IDENTITY.iter().filter_map(|name| batch.column_by_name(name));
    own.chain(&batch.columns()[attributes..]).collect()
}

/// A hash for each row over all columns.
fn hashes(columns: &[&ArrayRef], rows: usize) -> Vec<u64> {
    // The same keys always: what is known is of one process, and hashes of two requests are compared.
    let state = RandomState::with_seeds(1, 2, 3, 4);
    let mut hashers = vec![state.build_hasher(); rows];
    for (index, column) in columns.iter().enumerate().filter(|(_, column)| column.null_count() < rows) {
        for (row, hasher) in hashers.iter_mut().enumerate().filter(|(row, _)| column.is_valid(*row)) {
            // Which column it is keeps the same text under two names apart.
            index.hash(hasher);
            value(column, row, hasher);
        }
    }
    hashers.into_iter().map(|hasher| hasher.finish()).collect()
}

fn value(column: &ArrayRef, row: usize, hasher: &mut impl Hasher) {
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().value(row).hash(hasher),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).hash(hasher),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_bits().hash(hasher),
        DataType::Boolean => column.as_boolean().value(row).hash(hasher),
        // Attributes have no other types.
        _ => {}
    }
}

#[cfg(test)]
mod tests;
