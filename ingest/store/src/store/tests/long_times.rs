//! An hour of flushes and months of hours, on a disk in memory and by a clock that is set: how many files there are, and how many a
//! lookup opens.

use std::cell::Cell;
use std::ops::Range;

use arrow::array::BinaryViewArray;
use tokio::sync::watch;

use super::*;
use crate::disk::sim::SimDisk;
use crate::{DataFile, Held, IndexKind};

/// Nothing is flushed or indexed unless the test says so; of the background only what is over is merged.
fn by_hand() -> StoreConfig {
    StoreConfig {
        flush_age: Duration::from_hours(1),
        compact_files: usize::MAX,
        settle_after: Duration::ZERO,
        replaced_grace: Duration::ZERO,
        orphan_grace: Duration::MAX,
        index_every: Duration::MAX,
        ..StoreConfig::default()
    }
}

const BY_CLOCK: Meaning<'static> = Meaning { clock: || CLOCK.get(), ..MEANING };

thread_local! {
    /// What the store takes the time to be. Everything that asks runs on the test's own thread.
    static CLOCK: Cell<Nanos> = const { Cell::new(NOW) };
}

fn seconds_later(seconds: i64) -> Nanos {
    Nanos(NOW.0 + seconds * 1_000_000_000)
}

fn in_hour(hour: u64) -> Nanos {
    seconds_later(3_600 * hour as i64)
}

async fn open_on(disk: &SimDisk) -> Store {
    Store::open_on(Arc::new(disk.clone()), by_hand(), BY_CLOCK).await.unwrap()
}

async fn files(store: &Store) -> Arc<[DataFile]> {
    store.tables(&Tenant::default()).await.unwrap().snapshot(Signal::Logs).files
}

fn rows(files: &[DataFile]) -> u64 {
    files.iter().map(|file| file.rows).sum()
}

/// The Parquet files of the logs that lie on the disk.
fn on_disk(disk: &SimDisk) -> usize {
    let days = disk.list(Path::new("default/logs")).unwrap().into_iter();
    let days = days.filter(|entry| entry.path.to_string_lossy().contains("date="));
    days.map(|day| disk.list(&day.path).unwrap().len()).sum()
}

/// Whether it comes to pass within ten seconds.
async fn eventually(done: impl AsyncFn() -> bool) -> bool {
    for _ in 0..1_000 {
        if done().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// Log records, one of each trace.
async fn add(store: &Store, traces: Range<u64>, time: impl Fn(u64) -> Nanos) {
    let bodies: Vec<String> = traces.clone().map(|trace| trace.to_string()).collect();
    let Append { request, rows } = logs(&bodies.join(","));
    let mut columns = rows.columns().to_vec();
    let micros: Vec<_> = traces.clone().map(|trace| time(trace).micros()).collect();
    let mut put = |name: &str, column: ArrayRef| columns[rows.schema_ref().index_of(name).unwrap()] = column;
    put("time", Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC")));
    put("trace_id", Arc::new(BinaryViewArray::from_iter_values(traces.map(id))));
    let rows = RecordBatch::try_new(rows.schema(), columns).unwrap();
    store.append(Append { request, rows }).await.unwrap();
    store.flush().await.unwrap();
}

fn id(trace: u64) -> [u8; 16] {
    // As random ones would, they lie all over the range of ids.
    u128::from(trace).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes()
}

/// Decision 0018 counts 31 files at most once due ones are merged; one more has just been flushed.
#[tokio::test]
async fn an_hour_of_a_flush_each_five_seconds_never_has_more_files_than_promised() {
    const ROWS: u64 = 3;
    let disk = SimDisk::new(18);
    let (store, mut most, mut most_left) = (open_on(&disk).await, 0, 0);
    for flush in 0..720 {
        CLOCK.set(seconds_later(5 * flush));
        let sent = ROWS * (flush as u64 + 1);
        add(&store, sent - ROWS..sent, |_| CLOCK.get()).await;
        loop {
            let now = files(&store).await;
            assert_eq!(rows(&now), sent, "flush {flush}");
            most = most.max(now.len());
            if !compactor::pass(&store.shared, 8, &watch::channel(false).1).await {
                break;
            }
        }
        most_left = most_left.max(files(&store).await.len());
        // The background may be about to remove what was replaced.
        assert!(eventually(async || on_disk(&disk) == files(&store).await.len()).await, "flush {flush}");
    }
    println!("720 flushes: at most {most} files, {most_left} once due ones were merged, {} at the end", on_disk(&disk));
    assert!(most <= 32 && most_left <= 31, "{most} {most_left}");
    store.close().await.unwrap();

    CLOCK.set(seconds_later(2 * 3_600));
    let reopened = open_on(&disk).await;
    assert!(eventually(async || files(&reopened).await.len() == 1).await, "an hour that is over becomes one file");
    let all: BTreeMap<_, _> = (0..720 * ROWS).map(|trace| (trace.to_string(), 1)).collect();
    assert_eq!(bodies(&reopened).await, all);
}

/// What a lookup by id takes after so many hours.
#[derive(Debug, Default)]
struct Looked {
    files: usize,
    runs: usize,
    reads: u64,
    bytes: u64,
}

/// Looks for a trace of each tenth of what is stored, and for one that is nowhere; says what the dearest took.
async fn look(store: &Store, hours: u64) -> Looked {
    let tables = store.tables(&Tenant::default()).await.unwrap();
    let (files, index) = (files(store).await, tables.index(Signal::Logs, IndexKind::Traces).unwrap());
    let files: Vec<_> = files.iter().collect();
    let (covered, runs) = index.covered();
    assert_eq!((covered, files.len() as u64), (files.len(), hours), "a file an hour");
    let mut most = Looked { runs, ..Looked::default() };
    for tenth in 0..10 {
        let hour = hours * tenth / 10;
        let found = index.find(&[&id(hour * TRACES + tenth)], &files);
        let opened: Vec<_> = (0..files.len()).filter(|file| found.held[*file] != Held::Nowhere).collect();
        assert_eq!(opened.iter().map(|file| files[*file].min_time_us).collect::<Vec<_>>(), [in_hour(hour).micros()]);
        most.files = most.files.max(opened.len());
        most.reads = most.reads.max(found.reads);
        most.bytes = most.bytes.max(found.bytes);
    }
    let nowhere = index.find(&[&id(u64::MAX)], &files);
    assert!(nowhere.held.iter().all(|held| *held == Held::Nowhere));
    most
}

/// Traces an hour.
const TRACES: u64 = 200;

/// Hours that are flushed and indexed at once, each to a file of its own.
const TOGETHER: u64 = 8;

/// A file is opened whatever the number of days; the index is read at most three times for each size of its runs,
/// of which there is one more for four times the rows.
#[tokio::test]
async fn a_trace_by_id_opens_one_file_after_a_day_and_after_ninety() {
    let disk = SimDisk::new(19);
    let (store, mut hour) = (open_on(&disk).await, 0);
    for hours in [24, 240, 2_160] {
        while hour < hours {
            add(&store, hour * TRACES..(hour + TOGETHER) * TRACES, |trace| in_hour(trace / TRACES)).await;
            indexer::pass(&store.shared, std::collections::HashSet::new(), &watch::channel(false).1).await;
            hour += TOGETHER;
            CLOCK.set(in_hour(hour));
        }
        let looked = look(&store, hours).await;
        println!("{} days, {hours} files, {} traces: {looked:?}", hours / 24, hours * TRACES);
        let sizes = (hours * TRACES / 4_096).checked_ilog(4).map_or(1, |steps| u64::from(steps) + 2);
        assert_eq!(looked.files, 1);
        assert!(looked.reads <= 3 * sizes && looked.reads == looked.runs as u64, "{looked:?}");
        assert!(looked.bytes <= looked.reads * 4_200, "{looked:?}");
    }
}
