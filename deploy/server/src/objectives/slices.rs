//! Counted minutes as rows of `slo_slices`.

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos};

use super::ledger::Settled;
use crate::rows::{batch, ints, texts, times};

/// The rows of minutes counted at `now`, which is their revision.
///
/// # Errors
///
/// When they are not of the table's schema, which is a bug.
pub(super) fn rows(settled: &[Settled], now: Nanos) -> Result<RecordBatch, ArrowError> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    batch(
        Judgement::SloSlices,
        vec![
            times(settled.iter().map(|slice| slice.minute.start())),
            texts(settled.iter().map(|slice| &slice.slo)),
            texts(settled.iter().map(|slice| &slice.service)),
            ints(settled.iter().map(|slice| slice.objective as i64)),
            texts(settled.iter().map(|slice| &slice.target)),
            texts(settled.iter().map(|slice| &slice.definition)),
            ints(settled.iter().map(|slice| i64::from(slice.period.get()))),
            ints(settled.iter().map(|slice| count(slice.counts.good()))),
            ints(settled.iter().map(|slice| count(slice.counts.total()))),
            ints(settled.iter().map(|_| now.0)),
        ],
    )
}
