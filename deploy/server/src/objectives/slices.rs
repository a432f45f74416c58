//! Counted minutes as rows of `slo_slices`.

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos};
use query_slo::Group;

use super::ledger::{Definition, Settled};
use crate::rows::{batch, ints, texts, times};

/// The rows of minutes counted at `now`, which is their revision.
///
/// # Errors
///
/// When they are not of the table's schema, which is a bug.
pub(super) fn rows(of: &Definition, settled: &[Settled], now: Nanos) -> Result<RecordBatch, ArrowError> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let text = |text: &str| texts(settled.iter().map(|_| text));
    let int = |number: i64| ints(settled.iter().map(|_| number));
    let promise = &of.promise;
    batch(
        Judgement::SloSlices,
        vec![
            times(settled.iter().map(|slice| slice.minute.start())),
            text(&of.slo),
            text(&of.service),
            int(of.objective as i64),
            texts(settled.iter().map(|slice| group_text(&slice.group))),
            text(&promise.target.to_string()),
            text(&of.id),
            text(&promise.window.to_string()),
            text(&promise.method.to_string()),
            int(i64::from(promise.window.longest().get())),
            ints(settled.iter().map(|slice| count(slice.counts.good()))),
            ints(settled.iter().map(|slice| count(slice.counts.total()))),
            int(now.0),
        ],
    )
}

/// A group as a JSON list; empty where there are no groups.
fn group_text(group: &Group) -> String {
    if group.is_empty() { String::new() } else { serde_json::to_string(group).unwrap_or_default() }
}
