//! The keys in a stored file, hashed.

use std::sync::Arc;

use arrow::array::AsArray;
use arrow::record_batch::RecordBatch;

use super::layout::Layout;
use super::{IndexKind, columns, hash, texts};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::snapshot::DataFile;

/// Hashes that are gathered before repetitions are left out for the first time.
const FIRST_LOOK: usize = 64 * 1024;

/// What a file has of keys.
#[derive(Debug)]
pub(super) struct Keys {
    /// The parts it has.
    pub(super) layout: Layout,
    /// The hash of each key with the parts it is in.
    pub(super) places: Vec<(u64, u32)>,
}

/// The keys of a file, each once a part.
///
/// # Errors
///
/// [`StoreError::Io`] when the file cannot be read, [`StoreError::Damaged`] when it is no Parquet file.
pub(super) fn keys(kind: IndexKind, disk: &Arc<dyn Disk>, file: &DataFile) -> Result<Keys, StoreError> {
    match kind {
        IndexKind::Traces => traces(disk, file),
        IndexKind::Words => texts::words(disk, file),
    }
}

fn traces(disk: &Arc<dyn Disk>, file: &DataFile) -> Result<Keys, StoreError> {
    let column = IndexKind::Traces.column();
    let (mut hashes, mut look_at) = (Vec::new(), FIRST_LOOK);
    let take = |_, batch: &RecordBatch| {
        let ids = batch.column_by_name(column).and_then(|column| column.as_binary_view_opt());
        let Some(ids) = ids else {
            let reason = format!("{column} is no column of binary views");
            return Err(StoreError::Damaged { path: file.path.to_string(), reason });
        };
        hashes.extend(ids.iter().flatten().map(hash::hash));
        if hashes.len() >= look_at {
            distinct(&mut hashes);
            look_at = FIRST_LOOK.max(hashes.len() * 2);
        }
        Ok(())
    };
    columns::read(disk, file, &[column], take)?;
    distinct(&mut hashes);
    Ok(Keys { layout: Layout::whole(), places: hashes.into_iter().map(|hash| (hash, 0)).collect() })
}

fn distinct(hashes: &mut Vec<u64>) {
    hashes.sort_unstable();
    hashes.dedup();
}
