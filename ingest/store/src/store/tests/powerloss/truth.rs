//! What must be there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use arrow::record_batch::RecordBatch;
use ingest_model::{Signal, Tenant};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::super::Store;
use super::texts::texts;
use crate::disk::Disk;
use crate::disk::sim::SimDisk;
use crate::snapshot::DataFile;

/// A batch that was sent, by its number.
#[derive(Debug, Clone, Copy)]
struct Sent {
    rows: usize,
    acknowledged: bool,
    /// It was readable after a start.
    seen: bool,
}

/// Everything that was sent.
#[derive(Debug, Default)]
pub(super) struct Truth {
    batches: BTreeMap<(Tenant, usize), BTreeMap<usize, Sent>>,
}

/// How many batches of each kind were found.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Found {
    pub(super) acknowledged: u64,
    pub(super) others: u64,
}

// === impl Truth ===

impl Truth {
    /// A batch is about to be sent.
    pub(super) fn send(&mut self, tenant: &Tenant, signal: Signal, batch: usize, rows: usize) {
        let of = self.batches.entry((tenant.clone(), signal as usize)).or_default();
        of.insert(batch, Sent { rows, acknowledged: false, seen: false });
    }

    /// A batch was acknowledged.
    pub(super) fn acknowledge(&mut self, tenant: &Tenant, signal: Signal, batch: usize) {
        let of = self.batches.get_mut(&(tenant.clone(), signal as usize)).unwrap();
        of.get_mut(&batch).unwrap().acknowledged = true;
    }

    /// Compares with what can be read.
    pub(super) async fn check(&mut self, store: &Store, disk: &SimDisk) -> Result<Found, String> {
        let mut found = Found::default();
        for ((tenant, signal), batches) in &mut self.batches {
            let signal = Signal::ALL[*signal];
            let tables = store.tables(tenant).await.map_err(|error| error.to_string())?;
            let snapshot = tables.snapshot(signal);
            let rows = [snapshot.hot, read(disk, &snapshot.files)?].concat();
            let stored = count(rows.iter().flat_map(|rows| texts(signal, rows)))?;
            compare(batches, &stored, &mut found).map_err(|broken| format!("{tenant} {}: {broken}", signal.table()))?;
            if signal == Signal::Logs {
                let derived = tables.derived().remove(0);
                let derived = derived.into_table().map_err(|error| error.to_string())?;
                let said = requests(&[derived.hot, read(disk, &derived.files)?].concat());
                let counted: usize = stored.values().map(Vec::len).sum();
                if said as usize != counted {
                    return Err(format!("{tenant}: the derived table says {said} of {counted} rows"));
                }
            }
        }
        Ok(found)
    }
}

fn read(disk: &SimDisk, files: &[DataFile]) -> Result<Vec<RecordBatch>, String> {
    let mut batches = Vec::new();
    for file in files {
        let path = PathBuf::from(file.path.as_ref());
        let bytes = disk.read(&path, None).map_err(|error| format!("{}: {error}", file.path))?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).and_then(|builder| builder.build());
        let reader = reader.map_err(|error| format!("{}: {error}", file.path))?;
        for batch in reader {
            batches.push(batch.map_err(|error| format!("{}: {error}", file.path))?);
        }
    }
    Ok(batches)
}

/// The rows of each batch; a text is `batch/row` and what fills it up.
fn count(texts: impl Iterator<Item = String>) -> Result<BTreeMap<usize, Vec<usize>>, String> {
    let mut stored: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for text in texts {
        let mut parts = text.split('/').map(str::parse::<usize>);
        let (Some(Ok(batch)), Some(Ok(row))) = (parts.next(), parts.next()) else {
            return Err(format!("a row nobody sent: {text}"));
        };
        stored.entry(batch).or_default().push(row);
    }
    stored.values_mut().for_each(|rows| rows.sort_unstable());
    Ok(stored)
}

fn compare(
    batches: &mut BTreeMap<usize, Sent>,
    stored: &BTreeMap<usize, Vec<usize>>,
    found: &mut Found,
) -> Result<(), String> {
    if let Some(batch) = stored.keys().find(|batch| !batches.contains_key(batch)) {
        return Err(format!("batch {batch} was never sent"));
    }
    for (batch, sent) in batches {
        match stored.get(batch) {
            Some(rows) if *rows == (0..sent.rows).collect::<Vec<_>>() => {
                sent.seen = true;
                found.acknowledged += u64::from(sent.acknowledged);
                found.others += u64::from(!sent.acknowledged);
            }
            Some(rows) => return Err(format!("batch {batch} has the rows {rows:?} of {}", sent.rows)),
            None if sent.acknowledged => return Err(format!("batch {batch} was acknowledged and is gone")),
            None if sent.seen => return Err(format!("batch {batch} was readable and is gone")),
            None => {}
        }
    }
    Ok(())
}

fn requests(batches: &[RecordBatch]) -> f64 {
    batches.iter().map(|batch| batch["requests"].as_primitive::<Float64Type>().values().iter().sum::<f64>()).sum()
}
