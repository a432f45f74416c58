//! Keys that have columns in files: those that many rows of a merged file have.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::FileScanConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::physical_plan::ExecutionPlan;
use ingest_store::dense_key;

use super::{Dimension, LEVELS, name_of};
use crate::logical::COUNTED;
use crate::session::Session;

/// What to ask for each key that some file of a plan has a column of: where a file has none, its objects are read instead.
pub(super) async fn dimensions(session: &Session, plan: &Arc<dyn ExecutionPlan>) -> Vec<Dimension> {
    let mut found: BTreeSet<(&'static str, String)> = BTreeSet::new();
    for file in files(plan.as_ref()) {
        // A file that cannot be read is told by the scan.
        for column in session.files().columns_of(file).await.unwrap_or_default() {
            found.extend(dense_key(&column).map(|(object, key)| (object, key.to_owned())));
        }
    }
    found.into_iter().enumerate().filter_map(|(number, (object, key))| dimension(number, object, &key)).collect()
}

fn dimension(number: usize, object: &str, key: &str) -> Option<Dimension> {
    let ((_, stored), level) = COUNTED.into_iter().zip(LEVELS).find(|((known, _), _)| *known == object)?;
    let asked = format!("arrow_cast({stored} ->> '{}', 'Utf8View')", key.replace('\'', "''"));
    Some(Dimension { column: format!("dense_{number}"), asked, name: name_of(level, key).into() })
}

/// The files that a plan reads.
fn files(plan: &dyn ExecutionPlan) -> Vec<PartitionedFile> {
    let of_children = plan.children().into_iter().flat_map(|child| files(child.as_ref()));
    let scan = plan.downcast_ref::<DataSourceExec>();
    let config = scan.and_then(|scan| scan.data_source().downcast_ref::<FileScanConfig>());
    let own = config.into_iter().flat_map(|config| &config.file_groups).flat_map(|group| group.files().iter().cloned());
    own.chain(of_children).collect()
}
