//! A derived table stays in step with its source, whatever is interrupted.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Mutex;

use arrow::array::new_null_array;
use arrow::datatypes::Float64Type;

use super::*;
use crate::derive::{Derive, Recall, Share};
use crate::schema::TableSpec;

/// Counts bodies: one row of golden signals a flush, whose requests are the distinct bodies it saw
/// first.
#[derive(Debug, Default)]
struct Distinct(Mutex<BTreeMap<u64, u64>>);

impl Derive for Distinct {
    fn spec(&self) -> &'static TableSpec {
        schema::golden_signals()
    }

    fn recall(&self) -> Recall {
        Recall { rows: u64::MAX, columns: &["body"] }
    }

    fn share(&self, source: &[RecordBatch], position: u64) -> Result<Share, String> {
        let seen = self.0.lock().unwrap();
        let mut counted = self.fingerprints(source)?;
        counted.retain(|body| seen.get(body).is_none_or(|at| *at > position));
        let new = counted.len();
        Ok(Share { rows: self.row(new as f64, usize::from(new > 0))?, counted })
    }

    fn fingerprints(&self, source: &[RecordBatch]) -> Result<Vec<u64>, String> {
        let hash = |body| BuildHasherDefault::<DefaultHasher>::default().hash_one::<String>(body);
        let mut bodies: Vec<u64> = source.iter().flat_map(column).map(hash).collect();
        bodies.sort_unstable();
        bodies.dedup();
        Ok(bodies)
    }

    fn committed(&self, fingerprints: &[u64], position: u64) {
        let mut seen = self.0.lock().unwrap();
        for body in fingerprints {
            seen.entry(*body).or_insert(position);
        }
    }

    fn merge(&self, rows: &[RecordBatch]) -> Result<RecordBatch, String> {
        let requests =
            rows.iter().map(|rows| rows["requests"].as_primitive::<Float64Type>().values().iter().sum::<f64>());
        self.row(requests.sum(), 1)
    }
}

impl Distinct {
    /// `rows` rows that count so many requests each.
    fn row(&self, requests: f64, rows: usize) -> Result<RecordBatch, String> {
        let spec = self.spec();
        let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
            match field.name().as_str() {
                "minute" => Arc::new(TimestampMicrosecondArray::from(vec![NOW.micros(); rows]).with_timezone("UTC")),
                "requests" => Arc::new(arrow::array::Float64Array::from(vec![requests; rows])),
                _ => new_null_array(field.data_type(), rows),
            }
        };
        let columns = spec.schema.fields().iter().map(column).collect();
        RecordBatch::try_new(Arc::clone(&spec.schema), columns).map_err(|error| error.to_string())
    }
}

pub(super) const DERIVED: Meaning<'static> = Meaning {
    decode: &Commas,
    derivations: |signal| if signal == Signal::Logs { vec![Arc::<Distinct>::default()] } else { Vec::new() },
    clock: || NOW,
};

/// The distinct bodies by the derived table, committed and hot.
pub(super) async fn distinct(store: &Store) -> f64 {
    let tables = store.tables(&Tenant::default()).await.unwrap();
    let snapshot = tables.derived().remove(0).into_table().unwrap();
    let mut batches = snapshot.hot;
    for file in snapshot.files.iter() {
        let bytes = tables.objects().get(&file.path).await.unwrap().bytes().await.unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
        batches.extend(reader.map(Result::unwrap));
    }
    batches.iter().map(|batch| batch["requests"].as_primitive::<Float64Type>().values().iter().sum::<f64>()).sum()
}

async fn open_derived(folder: &Path) -> Store {
    Store::open(folder, StoreConfig::default(), DERIVED).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn shares_are_whole_before_and_after_a_flush_and_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_derived(folder.path()).await;
    store.append(logs("a,b,b")).await.unwrap();
    assert_eq!(distinct(&store).await, 2.0);
    store.flush().await.unwrap();
    store.append(logs("b,c")).await.unwrap();
    assert_eq!(distinct(&store).await, 3.0, "b was counted by the flush before");
    store.flush().await.unwrap();
    assert_eq!(distinct(&store).await, 3.0);
    store.close().await.unwrap();
    drop(store);

    let restarted = open_derived(folder.path()).await;
    restarted.append(logs("a,d")).await.unwrap();
    assert_eq!(distinct(&restarted).await, 4.0, "a start remembers what is stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_that_repeats_everything_leaves_the_shares_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_derived(folder.path()).await;
    for _ in 0..3 {
        store.append(logs("a,b")).await.unwrap();
        store.flush().await.unwrap();
        assert_eq!(distinct(&store).await, 2.0);
    }
    store.close().await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("wal")).unwrap().count(), 0, "the log was cut");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_between_the_two_commits_counts_nothing_twice_and_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_derived(folder.path()).await;
    store.append(logs("a")).await.unwrap();
    store.flush().await.unwrap();
    store.append(logs("b,c")).await.unwrap();
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder.path(), copy.path());
    store.flush().await.unwrap();
    // The share was committed and the rows were not: what a kill between the commits leaves.
    let signals = "default/golden_signals";
    std::fs::remove_dir_all(copy.path().join(signals)).unwrap();
    std::fs::create_dir_all(copy.path().join(signals)).unwrap();
    copy_folder(&folder.path().join(signals), &copy.path().join(signals));

    let restarted = open_derived(copy.path()).await;
    assert_eq!(distinct(&restarted).await, 3.0);
    assert_eq!(bodies(&restarted).await, once(&["a", "b", "c"]));
    restarted.append(logs("d,a")).await.unwrap();
    assert_eq!(distinct(&restarted).await, 4.0);
    restarted.flush().await.unwrap();
    assert_eq!(distinct(&restarted).await, 4.0);
    restarted.close().await.unwrap();
    drop(restarted);
    assert_eq!(distinct(&open_derived(copy.path()).await).await, 4.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_from_before_the_derived_table_is_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let before = open(folder.path()).await;
    before.append(logs("a,b")).await.unwrap();
    before.flush().await.unwrap();
    before.append(logs("b,c")).await.unwrap();
    before.close().await.unwrap();
    drop(before);
    let store = open_derived(folder.path()).await;
    assert_eq!(distinct(&store).await, 3.0);
    store.append(logs("c,d")).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    assert_eq!(distinct(&open_derived(folder.path()).await).await, 4.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_leaves_the_shares_in_step() {
    let folder = tempfile::tempdir().unwrap();
    let full = Arc::new(AtomicBool::new(false));
    let disk = FullDisk { disk: LocalDisk::open(folder.path()).unwrap(), full: Arc::clone(&full) };
    let store = Store::open_on(Arc::new(disk), StoreConfig::default(), DERIVED).await.unwrap();
    store.append(logs("a,b")).await.unwrap();
    full.store(true, Ordering::Relaxed);
    assert!(store.flush().await.is_err());
    assert_eq!(distinct(&store).await, 2.0);
    full.store(false, Ordering::Relaxed);
    store.append(logs("b,c")).await.unwrap();
    store.flush().await.unwrap();
    store.flush().await.unwrap();
    assert_eq!((distinct(&store).await, bodies(&store).await.len()), (3.0, 3));
}
