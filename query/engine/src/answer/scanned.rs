//! What a plan read, from its metrics.

use std::collections::HashSet;

use datafusion::physical_plan::ExecutionPlan;

/// Parquet files opened, and bytes read of them, by a plan that ran.
pub(crate) fn scanned(plan: &dyn ExecutionPlan) -> (u64, u64) {
    let mut files = HashSet::new();
    let bytes = collect(plan, &mut files);
    (u64::try_from(files.len()).unwrap_or(u64::MAX), u64::try_from(bytes).unwrap_or(u64::MAX))
}

/// Each file carries its name as a label on its counters.
fn collect(plan: &dyn ExecutionPlan, files: &mut HashSet<String>) -> usize {
    let metrics = plan.metrics().unwrap_or_default();
    let mut bytes = 0;
    for metric in metrics.iter().filter(|metric| metric.value().name() == "bytes_scanned") {
        bytes += metric.value().as_usize();
        files.extend(
            metric.labels().iter().filter(|label| label.name() == "filename").map(|label| label.value().to_owned()),
        );
    }
    bytes + plan.children().iter().map(|child| collect(child.as_ref(), files)).sum::<usize>()
}
