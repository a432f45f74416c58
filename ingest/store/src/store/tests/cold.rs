//! Older files move to a bucket, and whatever fails there or here, every row is read once.

mod fails;
mod flaky;

use std::sync::atomic::AtomicU64;

use ingest_model::Judgement;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use tokio::sync::watch;

use super::compaction::BY_HAND;
use super::faults::{Fault, Faults, FaultyDisk};
use super::*;
use crate::cold::{Bucket, Cold, put};
use crate::delta::DeltaLog;
use crate::disk::Disk;
use crate::retention::{HOLDS, Retention};
use crate::{DataFile, Held, IndexKind};

use flaky::Flaky;

const HOUR: i64 = 3_600_000_000_000;

/// Two days after the first rows.
const LATER: Meaning<'static> = Meaning { clock: || Nanos(NOW.0 + 48 * HOUR), ..MEANING };

const URL: &str = "s3://lake/telemetry";

fn cold(bucket: &Flaky) -> Cold {
    Cold { bucket: Bucket::of(Arc::new(bucket.clone()), URL), after: Duration::ZERO, local_bytes: None }
}

async fn open_cold(folder: &Path, bucket: &Flaky) -> Store {
    open_as(folder, Some(cold(bucket)), BY_HAND).await
}

/// A store that was dropped gives its folder back when its tasks have ended.
async fn open_as(folder: &Path, cold: Option<Cold>, config: StoreConfig) -> Store {
    for _ in 0..1_000 {
        match LocalDisk::open(folder) {
            Err(StoreError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            disk => return Store::open_with(Arc::new(disk.unwrap()), cold, config, LATER).await.unwrap(),
        }
    }
    panic!("the folder stays in use");
}

/// Log records of an hour, counted from the first, in a file of their own.
async fn add(store: &Store, hour: i64, bodies: &str) {
    let Append { request, rows } = logs(bodies);
    let time = NOW.micros() + hour * HOUR / 1_000;
    let times = TimestampMicrosecondArray::from(vec![time; rows.num_rows()]).with_timezone("UTC");
    let mut columns = rows.columns().to_vec();
    columns[rows.schema_ref().index_of("time").unwrap()] = Arc::new(times);
    let rows = RecordBatch::try_new(rows.schema(), columns).unwrap();
    store.append(Append { request, rows }).await.unwrap();
    store.flush().await.unwrap();
}

/// Three hours that are long over, and one that is not.
async fn folder_of_hours() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open_as(folder.path(), None, BY_HAND).await;
    for (hour, bodies) in [(0, "a,b"), (1, "c"), (2, "d,e"), (48, "now")] {
        add(&store, hour, bodies).await;
    }
    index(&store).await;
    store.close().await.unwrap();
    folder
}

const ALL: [&str; 6] = ["a", "b", "c", "d", "e", "now"];

async fn index(store: &Store) {
    indexer::pass(&store.shared, std::collections::HashSet::new(), &watch::channel(false).1).await;
}

async fn move_due(store: &Store) {
    index(store).await;
    mover::pass(&store.shared, &watch::channel(false).1).await;
}

async fn snapshot(store: &Store) -> crate::TableSnapshot {
    store.tables(&Tenant::default()).await.unwrap().snapshot(Signal::Logs)
}

/// Local files, and cold ones.
async fn places(store: &Store) -> (usize, usize) {
    let files = snapshot(store).await.files;
    let cold = files.iter().filter(|file| file.is_cold).count();
    (files.len() - cold, cold)
}

fn objects_of(folder: &Path) -> Arc<dyn ObjectStore> {
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder).unwrap());
    Arc::new(crate::disk::DiskObjects::new(disk))
}

/// Rows that a Delta log lists.
async fn listed(objects: Arc<dyn ObjectStore>) -> u64 {
    let folder = ObjectPath::from("default/logs");
    let log = DeltaLog::open_if_there(objects, folder, schema::table(Signal::Logs)).await.unwrap();
    let Some(log) = log else { return 0 };
    log.files().await.unwrap().iter().map(|file| file.rows).sum()
}

fn on_disk(folder: &Path) -> usize {
    let dates = std::fs::read_dir(folder.join("default/logs")).unwrap().map(Result::unwrap);
    let dates = dates.filter(|entry| entry.file_name().to_string_lossy().starts_with("date="));
    dates.map(|date| std::fs::read_dir(date.path()).unwrap().count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn hours_that_are_over_move_and_readers_see_the_same() {
    let (folder, bucket) = (folder_of_hours().await, Flaky::default());
    let store =
        open_as(folder.path(), Some(cold(&bucket)), StoreConfig { replaced_grace: Duration::ZERO, ..BY_HAND }).await;
    let before = snapshot(&store).await;
    move_due(&store).await;
    assert_eq!((places(&store).await, bodies(&store).await), ((1, 3), once(&ALL)));
    // Files keep their names, so who began before goes on, and indexes know them.
    let mut names: Vec<_> = snapshot(&store).await.files.iter().map(|file| file.path.clone()).collect();
    let mut before: Vec<_> = before.files.iter().map(|file| file.path.clone()).collect();
    names.sort();
    before.sort();
    assert_eq!(names, before);
    index(&store).await;
    let tables = store.tables(&Tenant::default()).await.unwrap();
    let (files, words) = (tables.snapshot(Signal::Logs).files, tables.index(Signal::Logs, IndexKind::Words).unwrap());
    let held = words.find(&[b"c"], &files.iter().collect::<Vec<_>>()).held;
    let found: Vec<&DataFile> =
        files.iter().zip(&held).filter(|(_, held)| **held != Held::Nowhere).map(|(file, _)| file).collect();
    assert!(found.len() == 1 && found[0].is_cold, "{held:?}");
    compactor::pass(&store.shared, 8, &watch::channel(false).1).await;
    assert_eq!(on_disk(folder.path()), 1);
    move_due(&store).await;
    assert_eq!(places(&store).await, (1, 3), "nothing is left to do");
    drop((tables, words));
    store.close().await.unwrap();
    drop(store);

    let reopened = open_cold(folder.path(), &bucket).await;
    assert_eq!((places(&reopened).await, bodies(&reopened).await), ((1, 3), once(&ALL)));
    reopened.close().await.unwrap();
    drop(reopened);
    // Each of the two tables is whole for other readers.
    assert_eq!(listed(Arc::<InMemory>::clone(&bucket.objects)).await, 5);
    assert_eq!(listed(objects_of(folder.path())).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_moves_when_it_is_indexed_and_will_not_be_merged() {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Flaky::default());
    let store = open_cold(folder.path(), &bucket).await;
    let stop = watch::channel(false).1;
    add(&store, 0, "a").await;
    mover::pass(&store.shared, &stop).await;
    assert_eq!(places(&store).await, (1, 0), "not indexed");
    add(&store, 0, "b").await;
    move_due(&store).await;
    assert_eq!(places(&store).await, (2, 0), "they become one first");
    compactor::pass(&store.shared, 1, &stop).await;
    move_due(&store).await;
    assert_eq!((places(&store).await, bodies(&store).await), ((0, 1), once(&["a", "b"])));
    // What comes late is another file; cold ones are not merged.
    for late in ["c", "d"] {
        add(&store, 0, late).await;
    }
    compactor::pass(&store.shared, 1, &stop).await;
    move_due(&store).await;
    assert_eq!((places(&store).await, bodies(&store).await), ((0, 2), once(&["a", "b", "c", "d"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_limit_of_local_bytes_the_oldest_move_first() {
    let (folder, bucket) = (folder_of_hours().await, Flaky::default());
    let store = open_cold(folder.path(), &bucket).await;
    let whole: u64 = snapshot(&store).await.files.iter().map(|file| file.size_bytes).sum();
    store.close().await.unwrap();
    drop(store);
    for (limit, expected) in [(whole, (4, 0)), (whole - 1, (3, 1)), (1, (1, 3))] {
        let cold = Cold { after: Duration::from_hours(10_000), local_bytes: Some(limit), ..cold(&bucket) };
        let store = open_as(folder.path(), Some(cold), StoreConfig { settle_after: Duration::ZERO, ..BY_HAND }).await;
        move_due(&store).await;
        assert_eq!((places(&store).await, bodies(&store).await), (expected, once(&ALL)), "{limit}");
        let cold = snapshot(&store).await.files.iter().filter(|file| file.is_cold).map(|file| file.max_time_us).max();
        let local = snapshot(&store).await.files.iter().filter(|file| !file.is_cold).map(|file| file.min_time_us).min();
        assert!(cold < local);
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_bucket_is_away_everything_else_goes_on() {
    let (folder, bucket) = (folder_of_hours().await, Flaky::default());
    let store = open_cold(folder.path(), &bucket).await;
    move_due(&store).await;
    store.close().await.unwrap();
    drop(store);
    bucket.set_down(true);
    let store = open_cold(folder.path(), &bucket).await;
    let unread = snapshot(&store).await.unread.map(|path| path.to_string());
    assert_eq!((unread.as_deref(), places(&store).await), (Some("cold/default/logs"), (1, 0)));
    add(&store, 3, "meanwhile").await;
    move_due(&store).await;
    assert_eq!(bodies(&store).await, once(&["now", "meanwhile"]));
    assert!(store.shared.cold.as_ref().unwrap().bucket.outage().lasts());
    let asked = bucket.asked.load(Ordering::SeqCst);
    bucket.set_down(false);
    keeper::pass(&store.shared, false).await;
    assert_eq!(bucket.asked.load(Ordering::SeqCst), asked, "nobody asks a bucket that is away");
    keeper::pass(&store.shared, true).await;
    let all = once(&["a", "b", "c", "d", "e", "now", "meanwhile"]);
    assert_eq!((snapshot(&store).await.unread, bodies(&store).await), (None, all.clone()));
    move_due(&store).await;
    assert_eq!((places(&store).await, bodies(&store).await), ((1, 4), all));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_another_or_is_not_named_is_told() {
    let (folder, bucket) = (folder_of_hours().await, Flaky::default());
    let store = open_cold(folder.path(), &bucket).await;
    move_due(&store).await;
    store.close().await.unwrap();
    drop(store);
    let store = open_as(folder.path(), None, BY_HAND).await;
    assert_eq!(snapshot(&store).await.unread.map(|path| path.to_string()).as_deref(), Some("cold/default/logs"));
    assert_eq!(bodies(&store).await, once(&["now"]));
    store.close().await.unwrap();
    drop(store);
    let other = Cold { bucket: Bucket::of(Arc::new(Flaky::default()), "s3://other"), ..cold(&bucket) };
    let disk = Arc::new(LocalDisk::open(folder.path()).unwrap());
    let refused = Store::open_with(disk, Some(other), BY_HAND, LATER).await.unwrap_err().to_string();
    assert!(refused.contains(URL) && refused.contains("s3://other"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn cold_files_are_kept_and_held_as_local_ones() {
    let (folder, bucket) = (folder_of_hours().await, Flaky::default());
    let keep = |days| StoreConfig {
        retention: Retention { default_days: days, bytes: Some(1 << 30), ..Retention::default() },
        replaced_grace: Duration::ZERO,
        ..BY_HAND
    };
    let hold = "[[hold]]\nname = \"case\"\ntable = \"logs\"\nto = \"2023-01-29T08:30:00Z\"\n";
    std::fs::write(folder.path().join(HOLDS), hold).unwrap();
    let store = open_as(folder.path(), Some(cold(&bucket)), keep(None)).await;
    move_due(&store).await;
    assert_eq!(bucket.data_files().await, 3);
    store.close().await.unwrap();
    drop(store);
    let store = open_as(folder.path(), Some(cold(&bucket)), keep(Some(1))).await;
    // The task of the store looks as well; who comes second reads the log anew.
    for _ in 0..1_000 {
        maintenance::pass(&store.shared, &store.queue.clone()).await;
        if bucket.data_files().await == 1 {
            break;
        }
        keeper::pass(&store.shared, true).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!((bodies(&store).await, places(&store).await), (once(&["a", "b", "now"]), (1, 1)));
    assert_eq!((bucket.data_files().await, listed(Arc::<InMemory>::clone(&bucket.objects)).await), (1, 2));
    let told = store.tables(&Tenant::default()).await.unwrap().judgement(Judgement::Audit).hot;
    let details =
        |batch: &RecordBatch| batch["details"].as_string_view().iter().flatten().map(str::to_owned).collect::<Vec<_>>();
    let told: Vec<String> = told.iter().flat_map(details).collect();
    assert!(told.iter().any(|event| event.contains("\"place\":\"cold\"") && event.contains("\"rows\":3")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_no_log_names_go_when_they_are_old() {
    let (folder, bucket) = (folder_of_hours().await, Flaky::default());
    let store = open_cold(folder.path(), &bucket).await;
    move_due(&store).await;
    store.close().await.unwrap();
    drop(store);
    for name in ["default/logs/date=2023-01-29/orphan.parquet", "default/logs/notes.txt"] {
        bucket.objects.put(&ObjectPath::from(name), "x".into()).await.unwrap();
    }
    for (grace, clock, files) in [(Duration::from_hours(24), NOW, 4), (Duration::ZERO, Nanos(i64::MAX), 3)] {
        let store = open_cold(folder.path(), &bucket).await;
        let tables = store.shared.tenants.with_cold();
        for (table, _) in &tables {
            table.sweep_cold(grace, grace, clock).await.unwrap();
        }
        assert_eq!(bucket.data_files().await, files);
        assert!(bucket.names().await.contains(&"default/logs/notes.txt".to_owned()));
        assert_eq!(bodies(&store).await, once(&ALL));
        drop(tables);
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_put_piece_by_piece_and_only_once() {
    let (folder, flaky) = (tempfile::tempdir().unwrap(), Flaky::default());
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path()).unwrap());
    let bucket = Bucket::of(Arc::new(flaky.clone()), URL);
    for (name, size) in [("small", 10_usize), ("piece", 8 << 20), ("large", (20 << 20) + 7)] {
        let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        std::fs::write(folder.path().join(name), &bytes).unwrap();
        let path = ObjectPath::from(name);
        // What a process before left of it is no obstacle.
        flaky.objects.put(&path, "half".into()).await.unwrap();
        let file = DataFile { path, is_cold: false, size_bytes: size as u64, rows: 1, min_time_us: 0, max_time_us: 0 };
        put(&bucket, &disk, &file, &|| false).await.unwrap();
        let stored = flaky.objects.get(&file.path).await.unwrap().bytes().await.unwrap();
        assert!(stored == bytes, "{name}");
        let asked = flaky.asked.load(Ordering::SeqCst);
        put(&bucket, &disk, &file, &|| false).await.unwrap();
        assert_eq!(flaky.asked.load(Ordering::SeqCst), asked + 1, "one look");
        let longer = DataFile { size_bytes: file.size_bytes + 1, ..file };
        assert!(matches!(put(&bucket, &disk, &longer, &|| false).await, Err(StoreError::Damaged { .. })));
    }
    let large = DataFile {
        path: ObjectPath::from("large"),
        is_cold: false,
        size_bytes: 20 << 20,
        rows: 1,
        min_time_us: 0,
        max_time_us: 0,
    };
    assert!(matches!(put(&bucket, &disk, &large, &|| true).await, Err(StoreError::Closed)));
}
