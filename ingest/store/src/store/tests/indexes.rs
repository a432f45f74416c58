//! The index of traces follows what is stored, whatever fails meanwhile.

use std::collections::HashSet;

use arrow::array::BinaryViewArray;
use tokio::sync::watch;

use super::faults::{Fault, Faults, FaultyDisk};
use super::*;
use crate::{Held, IndexKind};

const BY_HAND: fn() -> StoreConfig = || StoreConfig { index_every: Duration::MAX, ..StoreConfig::default() };

fn id(trace: u8) -> [u8; 16] {
    [trace; 16]
}

/// Log records of one trace, flushed to a file of their own.
async fn add(store: &Store, trace: u8) {
    let Append { request, rows } = logs("a,b");
    let ids = BinaryViewArray::from_iter_values(vec![id(trace); rows.num_rows()]);
    let mut columns = rows.columns().to_vec();
    columns[rows.schema_ref().index_of("trace_id").unwrap()] = Arc::new(ids);
    let rows = RecordBatch::try_new(rows.schema(), columns).unwrap();
    store.append(Append { request, rows }).await.unwrap();
    store.flush().await.unwrap();
}

async fn index(store: &Store) {
    indexer::pass(&store.shared, HashSet::new(), &watch::channel(false).1).await;
}

/// For each trace, how many files may hold it.
async fn asked(store: &Store, traces: &[u8]) -> Vec<usize> {
    let tables = store.tables(&Tenant::default()).await.unwrap();
    let (files, index) = (tables.snapshot(Signal::Logs).files, tables.index(Signal::Logs, IndexKind::Traces).unwrap());
    let files: Vec<_> = files.iter().collect();
    let count = |trace: &u8| {
        let held = index.find(&[&id(*trace)], &files).held;
        held.iter().filter(|held| **held != Held::Nowhere).count()
    };
    traces.iter().map(count).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn stored_traces_are_indexed_and_stay_so_over_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), BY_HAND(), MEANING).await.unwrap();
    for trace in 1..4 {
        add(&store, trace).await;
    }
    assert_eq!(asked(&store, &[1, 9]).await, [3, 3]);
    index(&store).await;
    assert_eq!(asked(&store, &[1, 2, 9]).await, [1, 1, 0]);
    store.close().await.unwrap();
    drop(store);

    let reopened = Store::open(folder.path(), BY_HAND(), MEANING).await.unwrap();
    index(&reopened).await;
    assert_eq!(asked(&reopened, &[1, 2, 9]).await, [1, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_indexer_works_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let config =
        StoreConfig { index_every: Duration::from_millis(5), index_after: Duration::ZERO, ..StoreConfig::default() };
    let store = Store::open(folder.path(), config, MEANING).await.unwrap();
    add(&store, 1).await;
    for _ in 0..1_000 {
        if asked(&store, &[1, 9]).await == [1, 0] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not indexed within ten seconds");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_whose_making_fails_anywhere_hides_nothing() {
    let mut strikes = 0;
    for after in (0..40).step_by(4) {
        for fault in [Fault::Once, Fault::Unheard, Fault::Dead] {
            let folder = tempfile::tempdir().unwrap();
            let faults = Faults::default();
            let disk = FaultyDisk { disk: LocalDisk::open(folder.path()).unwrap(), faults: faults.clone() };
            let store = Store::open_on(Arc::new(disk), BY_HAND(), MEANING).await.unwrap();
            for trace in 1..4 {
                add(&store, trace).await;
                index(&store).await;
            }
            add(&store, 4).await;
            faults.arm(after, fault);
            // Four runs are there now: the round writes one and merges them.
            index(&store).await;
            strikes += usize::from(faults.disarm());
            let told = asked(&store, &[1, 2, 3, 4]).await;
            assert!(told.iter().all(|files| *files >= 1), "{after} {fault:?} {told:?}");
            store.close().await.unwrap();
            drop(store);

            let reopened = Store::open(folder.path(), BY_HAND(), MEANING).await.unwrap();
            index(&reopened).await;
            index(&reopened).await;
            assert_eq!(asked(&reopened, &[1, 2, 3, 4, 9]).await, [1, 1, 1, 1, 0], "{after} {fault:?}");
        }
    }
    assert!(strikes > 10, "{strikes} of 30 strike");
}
