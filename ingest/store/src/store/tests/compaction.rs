//! Compaction changes how many files hold a derived table and nothing of what it says.

use serde_json::Value;
use tokio::sync::watch;

use super::derived::{DERIVED, distinct};
use super::faults::{Fault, Faults, FaultyDisk};
use super::*;
use crate::retention::Retention;

/// Files before the background compacts by itself: never.
pub(super) const BY_HAND: StoreConfig = StoreConfig {
    flush_bytes: 64 << 20,
    flush_age: Duration::from_mins(1),
    hot_limit_bytes: 256 << 20,
    patience: Duration::from_secs(5),
    compact_files: usize::MAX,
    settle_after: Duration::from_mins(10),
    replaced_grace: Duration::from_mins(10),
    orphan_grace: Duration::from_hours(24),
    retention: Retention { default_days: None, days: BTreeMap::new(), bytes: None },
    index_every: Duration::MAX,
    index_after: Duration::ZERO,
    move_every: Duration::MAX,
};

const FLUSHES: usize = 8;

/// A store that was dropped gives its folder back when its tasks have ended.
async fn open_by_hand(folder: &Path) -> Store {
    for _ in 0..1_000 {
        match Store::open(folder, BY_HAND, DERIVED).await {
            Err(StoreError::InUse { .. }) => tokio::time::sleep(Duration::from_millis(10)).await,
            opened => return opened.unwrap(),
        }
    }
    panic!("the folder stays in use");
}

async fn add(store: &Store, bodies: &str) {
    store.append(logs(bodies)).await.unwrap();
    store.flush().await.unwrap();
}

/// A folder with as many files of the derived table as flushes, each of a body of its own.
async fn folder_of_flushes(flushes: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = open_by_hand(folder.path()).await;
    for flush in 0..flushes {
        add(&store, &format!("b{flush}")).await;
    }
    store.close().await.unwrap();
    folder
}

async fn compact(store: &Store) {
    compactor::pass(&store.shared, FLUSHES, &watch::channel(false).1).await;
}

/// Compacts the derived table and its source.
async fn compact_all(store: &Store) {
    compactor::pass(&store.shared, FLUSHES / 2, &watch::channel(false).1).await;
}

/// The committed files of the source.
async fn source_files(store: &Store) -> Vec<crate::DataFile> {
    store.tables(&Tenant::default()).await.unwrap().snapshot(Signal::Logs).files.to_vec()
}

/// The committed files of the derived table, and the position they reach.
async fn files(store: &Store) -> (Vec<crate::DataFile>, u64) {
    let derived = store.tables(&Tenant::default()).await.unwrap().derived().remove(0);
    (derived.files.to_vec(), derived.position)
}

/// The Parquet files of the derived table that lie on disk.
fn on_disk(folder: &Path) -> usize {
    let dates = std::fs::read_dir(folder.join("default/golden_signals")).unwrap().map(Result::unwrap);
    let dates = dates.filter(|entry| entry.file_name().to_string_lossy().starts_with("date="));
    dates.map(|date| std::fs::read_dir(date.path()).unwrap().count()).sum()
}

/// Whether the compactor in the background gets that far within ten seconds.
async fn eventually(done: impl AsyncFn() -> bool) -> bool {
    for _ in 0..1_000 {
        if done().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn many_flushes_become_one_file_that_says_the_same() {
    let folder = folder_of_flushes(FLUSHES - 1).await;
    let store = open_by_hand(folder.path()).await;
    compact(&store).await;
    assert_eq!(files(&store).await.0.len(), FLUSHES - 1, "one too few to be worth it");
    add(&store, "b7,b0").await;
    let (before, position) = files(&store).await;
    compact(&store).await;
    let (after, still) = files(&store).await;
    assert_eq!((before.len(), after.len(), after[0].rows), (FLUSHES, 1, 1));
    assert_eq!((distinct(&store).await, still), (8.0, position));
    let objects = store.tables(&Tenant::default()).await.unwrap().objects();
    for file in &before {
        objects.get(&file.path).await.unwrap_or_else(|_| panic!("{} is still being read", file.path));
    }
    drop(objects);
    add(&store, "b0,b8").await;
    store.close().await.unwrap();
    drop(store);

    let reopened = open_by_hand(folder.path()).await;
    assert_eq!((distinct(&reopened).await, files(&reopened).await.0.len()), (9.0, 2));
    add(&reopened, "b8,b9").await;
    assert_eq!(distinct(&reopened).await, 10.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn replaced_files_go_when_nobody_can_read_them_any_more() {
    let folder = folder_of_flushes(FLUSHES).await;
    let store = open_by_hand(folder.path()).await;
    compact(&store).await;
    assert_eq!(on_disk(folder.path()), FLUSHES + 1);
    store.close().await.unwrap();
    drop(store);
    // What a process leaves, the next one finds in the log.
    let config = StoreConfig { replaced_grace: Duration::ZERO, ..BY_HAND };
    let reopened = Store::open(folder.path(), config, DERIVED).await.unwrap();
    assert!(eventually(async || on_disk(folder.path()) == 1).await);
    assert_eq!(distinct(&reopened).await, 8.0);
    for flush in 0..FLUSHES {
        add(&reopened, &format!("c{flush}")).await;
    }
    compact(&reopened).await;
    assert!(eventually(async || on_disk(folder.path()) == 1).await);
    assert_eq!(distinct(&reopened).await, 16.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn compaction_is_an_optimize_commit_without_a_watermark() {
    let folder = folder_of_flushes(FLUSHES).await;
    let store = open_by_hand(folder.path()).await;
    compact(&store).await;
    // The table was made by commit 0.
    let log = folder.path().join("default/golden_signals/_delta_log");
    let commit = std::fs::read_to_string(log.join(format!("{:020}.json", FLUSHES + 1))).unwrap();
    let actions: Vec<Value> = commit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| actions.iter().filter_map(|action| action.get(kind)).collect::<Vec<_>>();
    assert_eq!(of("commitInfo")[0]["operation"], "OPTIMIZE");
    assert_eq!((of("remove").len(), of("add").len(), of("txn").len()), (FLUSHES, 1, 1));
    assert!(of("remove").iter().chain(&of("add")).all(|action| action["dataChange"] == false));
    assert_eq!(of("add")[0]["partitionValues"]["date"], "2023-01-29");
    assert!(of("remove").iter().all(|remove| remove["partitionValues"]["date"] == "2023-01-29"));
    assert_eq!(of("txn")[0]["appId"], "slowburn-maintenance");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_compacts_by_itself_and_readers_see_no_difference() {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig { compact_files: 3, ..BY_HAND };
    let store = Store::open(folder.path(), config, DERIVED).await.unwrap();
    // More than a checkpoint and a maintenance of the log.
    for flush in 0..70_u32 {
        add(&store, &format!("b{flush},b0")).await;
        assert_eq!(distinct(&store).await, f64::from(flush + 1));
    }
    assert!(eventually(async || files(&store).await.0.len() < 3).await);
    let position = files(&store).await.1;
    store.close().await.unwrap();
    drop(store);
    let reopened = open_by_hand(folder.path()).await;
    assert_eq!((distinct(&reopened).await, files(&reopened).await.1), (70.0, position));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_many_flushes_become_one_file_of_the_same_rows() {
    let folder = folder_of_flushes(FLUSHES - 1).await;
    let store = open_by_hand(folder.path()).await;
    compact_all(&store).await;
    assert_eq!(source_files(&store).await.len(), FLUSHES - 1, "one too few to be worth it");
    add(&store, "b7,b0").await;
    let before = bodies(&store).await;
    compact_all(&store).await;
    let files = source_files(&store).await;
    assert_eq!((files.len(), files[0].rows), (1, 9));
    assert_eq!((files[0].min_time_us, files[0].max_time_us), (NOW.micros(), NOW.micros()));
    assert_eq!((bodies(&store).await, before["b0"]), (before.clone(), 2), "nothing is left out as a repeat");
    add(&store, "c").await;
    store.close().await.unwrap();
    drop(store);
    let reopened = open_by_hand(folder.path()).await;
    assert_eq!(bodies(&reopened).await.len(), 9);
    assert_eq!(source_files(&reopened).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_that_is_over_and_calm_becomes_one_file() {
    let folder = folder_of_flushes(3).await;
    let config = StoreConfig { settle_after: Duration::ZERO, ..BY_HAND };
    let later = Meaning { clock: || Nanos(NOW.0 + 3_600_000_000_000), ..DERIVED };
    let store = Store::open(folder.path(), config, later).await.unwrap();
    let settled = async || (files(&store).await.0.len(), source_files(&store).await.len()) == (1, 1);
    assert!(eventually(settled).await);
    assert_eq!((bodies(&store).await, distinct(&store).await), (once(&["b0", "b1", "b2"]), 3.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_does_not_keep_the_others_from_being_merged() {
    let folder = folder_of_flushes(FLUSHES + 1).await;
    let store = open_by_hand(folder.path()).await;
    let damaged = source_files(&store).await.remove(3);
    std::fs::write(folder.path().join(damaged.path.as_ref()), vec![0; damaged.size_bytes as usize]).unwrap();
    for _ in 0..3 {
        compact_all(&store).await;
        assert_eq!(source_files(&store).await.len(), FLUSHES + 1);
    }
    compact_all(&store).await;
    let files = source_files(&store).await;
    assert_eq!(files.len(), 2);
    assert!(files.contains(&damaged), "it stays where it is");
}

/// Compacts with a fault after so many operations of the disk, then carries on; `false` when the
/// compaction needs fewer operations.
async fn survives(template: &Path, after: usize, fault: Fault) -> bool {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(template, folder.path());
    let faults = Faults::default();
    let disk = FaultyDisk { disk: LocalDisk::open(folder.path()).unwrap(), faults: faults.clone() };
    let store = Store::open_on(Arc::new(disk), BY_HAND, DERIVED).await.unwrap();
    faults.arm(after, fault);
    compact_all(&store).await;
    if fault == Fault::Dead {
        // What is on disk at this moment is what a kill would leave.
        let killed = tempfile::tempdir().unwrap();
        copy_folder(folder.path(), killed.path());
        carries_on(&open_by_hand(killed.path()).await, after).await;
        return faults.disarm();
    }
    let struck = faults.disarm();
    carries_on(&store, after).await;
    store.close().await.unwrap();
    drop(store);
    assert_eq!(distinct(&open_by_hand(folder.path()).await).await, 9.0, "after {after}, reopened");
    struck
}

async fn carries_on(store: &Store, after: usize) {
    assert_eq!(distinct(store).await, 8.0, "after {after}");
    add(store, "b0,b8").await;
    assert_eq!(distinct(store).await, 9.0, "after {after} and a flush");
    // The first finds out what became of the one that failed.
    compact_all(store).await;
    compact_all(store).await;
    assert_eq!(distinct(store).await, 9.0, "after {after} and a compaction");
    let rows = (0..=FLUSHES).map(|body| (format!("b{body}"), if body == 0 { 2 } else { 1 })).collect();
    assert_eq!(bodies(store).await, rows, "after {after} and a compaction");
    let files = (files(store).await.0.len(), source_files(store).await.len());
    assert!(files.0 <= 2 && files.1 <= 2, "{files:?} files after {after}");
}

/// Tries the fault at every operation of a compaction.
async fn survives_everywhere(fault: Fault) {
    let template = folder_of_flushes(FLUSHES).await;
    let mut operations = 0;
    while survives(template.path(), operations, fault).await {
        operations += 1;
    }
    assert!(operations > 4 * FLUSHES, "a compaction took only {operations} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_fails_in_a_compaction_harms_nothing() {
    survives_everywhere(Fault::Once).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_succeeds_unheard_in_a_compaction_harms_nothing() {
    survives_everywhere(Fault::Unheard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_in_a_compaction_loses_nothing_and_shows_nothing_twice() {
    survives_everywhere(Fault::Dead).await;
}
