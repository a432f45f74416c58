//! What a plan read, from its metrics.

use std::collections::HashSet;

use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::metrics::MetricsSet;
use ingest_store::is_cold;
use object_store::path::Path;

/// Parquet files opened, and bytes read of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scanned {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Those in the bucket.
    pub(crate) cold_files: u64,
    pub(crate) cold_bytes: u64,
}

// === impl Scanned ===

impl Scanned {
    /// What readers of files have counted.
    pub(crate) fn of(metrics: &MetricsSet) -> Self {
        let (mut scanned, mut files) = (Self::default(), HashSet::new());
        scanned.add(metrics, &mut files);
        scanned.of_files(&files)
    }

    /// Each file carries its name as a label on its counters.
    fn add(&mut self, metrics: &MetricsSet, files: &mut HashSet<String>) {
        for metric in metrics.iter().filter(|metric| metric.value().name() == "bytes_scanned") {
            let bytes = metric.value().as_usize() as u64;
            self.bytes += bytes;
            for label in metric.labels().iter().filter(|label| label.name() == "filename") {
                if is_cold(&Path::from(label.value())) {
                    self.cold_bytes += bytes;
                }
                files.insert(label.value().to_owned());
            }
        }
    }

    fn of_files(self, files: &HashSet<String>) -> Self {
        let cold = files.iter().filter(|file| is_cold(&Path::from(file.as_str()))).count();
        Self { files: files.len() as u64, cold_files: cold as u64, ..self }
    }
}

/// What a plan that ran has read.
pub(crate) fn scanned(plan: &dyn ExecutionPlan) -> Scanned {
    let (mut scanned, mut files) = (Scanned::default(), HashSet::new());
    collect(plan, &mut scanned, &mut files);
    scanned.of_files(&files)
}

/// What a plan that ran has written to disk.
pub(crate) fn spilled(plan: &dyn ExecutionPlan) -> u64 {
    let own = plan.metrics().and_then(|metrics| metrics.spilled_bytes()).unwrap_or(0) as u64;
    own + plan.children().iter().map(|child| spilled(child.as_ref())).sum::<u64>()
}

fn collect(plan: &dyn ExecutionPlan, scanned: &mut Scanned, files: &mut HashSet<String>) {
    scanned.add(&plan.metrics().unwrap_or_default(), files);
    plan.children().iter().for_each(|child| collect(child.as_ref(), scanned, files));
}
