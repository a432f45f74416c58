use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{ArrayRef, AsArray, Int64Array, StringViewArray, TimestampMicrosecondArray, new_null_array};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use ingest_model::Signal;
use object_store::ObjectStoreExt;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::append::{Encoding, RecordedRequest};
use crate::schema;

mod cold;
mod compaction;
mod damage;
mod derived;
mod faults;
mod indexes;
mod judgements;
mod long_times;
mod powerloss;
mod retention;

/// A stand-in for OTLP: a body is the bodies of log records, comma separated.
#[derive(Debug)]
struct Commas;

impl Decode for Commas {
    fn rows(&self, request: &RecordedRequest) -> Result<RecordBatch, String> {
        let text = std::str::from_utf8(&request.body).map_err(|error| error.to_string())?;
        let bodies: Vec<&str> = text.split(',').collect();
        let spec = schema::table(request.signal);
        let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
            match field.name().as_str() {
                "time" => {
                    Arc::new(TimestampMicrosecondArray::from(vec![NOW.micros(); bodies.len()]).with_timezone("UTC"))
                }
                "time_nanos" => Arc::new(Int64Array::from(vec![NOW.0 % 1_000; bodies.len()])),
                "body" => Arc::new(StringViewArray::from_iter_values(&bodies)),
                _ => new_null_array(field.data_type(), bodies.len()),
            }
        };
        let columns = spec.schema.fields().iter().map(column).collect();
        RecordBatch::try_new(Arc::clone(&spec.schema), columns).map_err(|error| error.to_string())
    }
}

const NOW: Nanos = Nanos(1_674_979_200_000_000_000);

const MEANING: Meaning<'static> = Meaning { decode: &Commas, derivations: |_| Vec::new(), clock: || NOW };

fn logs(bodies: &str) -> Append {
    let request = RecordedRequest {
        tenant: Tenant::default(),
        signal: Signal::Logs,
        encoding: Encoding::Protobuf,
        received: NOW,
        rejected: Vec::new(),
        body: Bytes::copy_from_slice(bodies.as_bytes()),
    };
    let rows = Commas.rows(&request).unwrap();
    Append { request, rows }
}

async fn open(folder: &Path) -> Store {
    Store::open(folder, StoreConfig::default(), MEANING).await.unwrap()
}

fn column(batch: &RecordBatch) -> Vec<String> {
    let bodies = batch.column_by_name("body").unwrap();
    bodies.as_string_view().iter().flatten().map(str::to_owned).collect()
}

/// Every readable body with how often it is readable, hot and stored.
async fn bodies(store: &Store) -> BTreeMap<String, usize> {
    let tables = store.tables(&Tenant::default()).await.unwrap();
    let snapshot = tables.snapshot(Signal::Logs);
    let mut batches = snapshot.hot;
    for file in snapshot.files.iter() {
        let bytes = tables.objects().get(&file.location()).await.unwrap().bytes().await.unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
        batches.extend(reader.map(Result::unwrap));
    }
    let mut counts = BTreeMap::new();
    batches.iter().flat_map(column).for_each(|body| *counts.entry(body).or_default() += 1);
    counts
}

fn once(names: &[&str]) -> BTreeMap<String, usize> {
    names.iter().map(|name| ((*name).to_owned(), 1)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_readable_before_and_after_a_flush() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.append(logs("a,b")).await.unwrap();
    assert_eq!(bodies(&store).await, once(&["a", "b"]));
    store.flush().await.unwrap();
    store.append(logs("c")).await.unwrap();
    assert_eq!(bodies(&store).await, once(&["a", "b", "c"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_just_stops_loses_nothing_and_shows_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.append(logs("flushed")).await.unwrap();
    store.flush().await.unwrap();
    store.append(logs("hot")).await.unwrap();
    // The log is copied while the store is open: what a kill at this moment would leave.
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());

    let restarted = open(copy.path()).await;
    assert_eq!(bodies(&restarted).await, once(&["flushed", "hot"]));
    restarted.flush().await.unwrap();
    assert_eq!(bodies(&restarted).await, once(&["flushed", "hot"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_must_flush_on_the_way_still_replays_every_segment() {
    let mut folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..6).map(|n| format!("n{n}")).collect();
    for name in &names {
        // Every start begins a segment, and none of these processes flushes before it is gone.
        open(folder.path()).await.append(logs(name)).await.unwrap();
        let copy = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), copy.path());
        folder = copy;
    }
    let config = StoreConfig { hot_limit_bytes: 100, ..StoreConfig::default() };
    let restarted = Store::open(folder.path(), config, MEANING).await.unwrap();
    assert_eq!(bodies(&restarted).await, names.iter().map(|name| (name.clone(), 1)).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_empties_the_log_into_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.append(logs("a")).await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.append(logs("late")).await, Err(StoreError::Closed)));
    let left = std::fs::read_dir(folder.path().join("wal")).unwrap().count();
    assert_eq!(left, 0);
    drop(store);

    let reopened = open(folder.path()).await;
    reopened.append(logs("b")).await.unwrap();
    assert_eq!(bodies(&reopened).await, once(&["a", "b"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_many_senders_are_each_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()).await);
    let senders = (0..16).map(|sender| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for request in 0..20 {
                store.append(logs(&format!("{sender}-{request}"))).await.unwrap();
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    store.flush().await.unwrap();
    for sender in senders {
        sender.await.unwrap();
    }
    store.flush().await.unwrap();
    let counts = bodies(&store).await;
    assert_eq!(counts.len(), 320);
    assert!(counts.values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_is_told_who_holds_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _store = open(folder.path()).await;
    let second = Store::open(folder.path(), StoreConfig::default(), MEANING).await;
    assert!(matches!(second, Err(StoreError::InUse { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_commits_keep_every_file_through_checkpoints_and_maintenance() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let names: Vec<String> = (0..65).map(|n| format!("n{n}")).collect();
    for name in &names {
        store.append(logs(name)).await.unwrap();
        store.flush().await.unwrap();
    }
    let expected = names.iter().map(|name| (name.clone(), 1)).collect::<BTreeMap<_, _>>();
    assert_eq!(bodies(&store).await, expected);
    store.close().await.unwrap();
    drop(store);
    let reopened = open(folder.path()).await;
    assert_eq!(bodies(&reopened).await, expected);
    let tables = reopened.tables(&Tenant::default()).await.unwrap();
    let snapshot = tables.snapshot(Signal::Logs);
    assert!(snapshot.files.iter().all(|file| file.min_time_us == NOW.micros() && file.max_time_us == NOW.micros()));
}

/// A disk whose files cannot be written while `full` is set.
#[derive(Debug)]
struct FullDisk {
    disk: LocalDisk,
    full: Arc<AtomicBool>,
}

impl FullDisk {
    fn check(&self) -> std::io::Result<()> {
        if self.full.load(Ordering::Relaxed) { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }
}

#[derive(Debug)]
struct FullFile(Box<dyn crate::disk::DiskFile>, Arc<AtomicBool>);

impl crate::disk::DiskFile for FullFile {
    fn append(&mut self, parts: &mut [std::io::IoSlice<'_>]) -> std::io::Result<()> {
        if self.1.load(Ordering::Relaxed) {
            // Half of it still fits, as on a real disk.
            let half: Vec<u8> = parts.iter().flat_map(|part| part.to_vec()).collect();
            self.0.append(&mut [std::io::IoSlice::new(&half[..half.len() / 2])])?;
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.append(parts)
    }

    fn sync(&mut self) -> std::io::Result<()> {
        self.0.sync()
    }

    fn truncate(&mut self, len: u64) -> std::io::Result<()> {
        self.0.truncate(len)
    }
}

impl Disk for FullDisk {
    fn create(&self, path: &Path) -> std::io::Result<Box<dyn crate::disk::DiskFile>> {
        self.check()?;
        Ok(Box::new(FullFile(self.disk.create(path)?, Arc::clone(&self.full))))
    }

    fn read(&self, path: &Path, range: Option<std::ops::Range<u64>>) -> std::io::Result<Bytes> {
        self.disk.read(path, range)
    }

    fn stat(&self, path: &Path) -> std::io::Result<crate::disk::DiskEntry> {
        self.disk.stat(path)
    }

    fn list(&self, dir: &Path) -> std::io::Result<Vec<crate::disk::DiskEntry>> {
        self.disk.list(dir)
    }

    fn publish(&self, from: &Path, to: &Path, target: crate::disk::Target) -> std::io::Result<()> {
        self.disk.publish(from, to, target)
    }

    fn remove(&self, path: &Path) -> std::io::Result<()> {
        self.disk.remove(path)
    }

    fn create_dir(&self, dir: &Path) -> std::io::Result<()> {
        self.disk.create_dir(dir)
    }

    fn sync_dir(&self, dir: &Path) -> std::io::Result<()> {
        self.disk.sync_dir(dir)
    }

    fn sync_file(&self, path: &Path) -> std::io::Result<()> {
        self.disk.sync_file(path)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_recovers_without_help() {
    let folder = tempfile::tempdir().unwrap();
    let full = Arc::new(AtomicBool::new(false));
    let disk = FullDisk { disk: LocalDisk::open(folder.path()).unwrap(), full: Arc::clone(&full) };
    let store = Store::open_on(Arc::new(disk), StoreConfig::default(), MEANING).await.unwrap();
    store.append(logs("before")).await.unwrap();
    full.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        let refused = store.append(logs("refused")).await.unwrap_err();
        assert_eq!(refused.kind(), crate::ErrorKind::Retry);
        assert!(store.flush().await.is_err());
        assert_eq!(bodies(&store).await, once(&["before"]));
    }
    let segments = std::fs::read_dir(folder.path().join("wal")).unwrap().count();
    assert!(segments <= 2, "{segments} log segments: refused requests left some behind");
    full.store(false, Ordering::Relaxed);
    store.append(logs("after")).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    assert_eq!(bodies(&open(folder.path()).await).await, once(&["after", "before"]));
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
