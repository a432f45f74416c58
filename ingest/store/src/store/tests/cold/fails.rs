//! A move in which any operation of the disk or the bucket fails, or is the last of its process.

use super::*;
use crate::disk::sim::{End, SimDisk};

/// What is expected in the end, and in between: every row once.
async fn carries_on(store: &Store, what: &str) {
    assert_eq!(bodies(store).await, once(&ALL), "{what}");
    // Nothing that may be in both tables is merged.
    compactor::pass(&store.shared, 2, &watch::channel(false).1).await;
    assert_eq!(bodies(store).await, once(&ALL), "{what}, and a compaction");
    for _ in 0..4 {
        keeper::pass(&store.shared, true).await;
        move_due(store).await;
        assert_eq!(bodies(store).await, once(&ALL), "{what}, and a move");
    }
    assert_eq!(places(store).await, (1, 3), "{what}: all are cold in the end");
    assert_eq!(snapshot(store).await.unread, None, "{what}");
}

/// Moves with a fault after so many operations, then carries on; `false` when the move needs fewer operations.
async fn survives(template: &Path, after: usize, fault: Fault) -> bool {
    let (folder, bucket) = (tempfile::tempdir().unwrap(), Flaky::default());
    copy_folder(template, folder.path());
    let disk = FaultyDisk { disk: LocalDisk::open(folder.path()).unwrap(), faults: bucket.faults.clone() };
    let store = Store::open_with(Arc::new(disk), Some(cold(&bucket)), BY_HAND, LATER).await.unwrap();
    index(&store).await;
    bucket.faults.arm(after, fault);
    mover::pass(&store.shared, &watch::channel(false).1).await;
    let what = format!("{fault:?} after {after}");
    if fault == Fault::Dead {
        // What is there at this moment is what a kill would leave.
        let (killed, left) = (tempfile::tempdir().unwrap(), Flaky::of(bucket.objects.fork()));
        copy_folder(folder.path(), killed.path());
        starts_without_the_bucket(killed.path(), &left, &what).await;
        carries_on(&open_cold(killed.path(), &left).await, &what).await;
        return bucket.faults.disarm();
    }
    let struck = bucket.faults.disarm();
    carries_on(&store, &what).await;
    store.close().await.unwrap();
    drop(store);
    carries_on(&open_cold(folder.path(), &bucket).await, &format!("{what}, reopened")).await;
    struck
}

/// A process that cannot ask the bucket must not make of what may be there something that is counted again later.
async fn starts_without_the_bucket(folder: &Path, bucket: &Flaky, what: &str) {
    bucket.set_down(true);
    let store = open_cold(folder, bucket).await;
    assert!(bodies(&store).await.values().all(|count| *count == 1), "{what}");
    compactor::pass(&store.shared, 2, &watch::channel(false).1).await;
    move_due(&store).await;
    store.close().await.unwrap();
    drop(store);
    bucket.set_down(false);
}

async fn survives_everywhere(fault: Fault) {
    let template = folder_of_hours().await;
    let mut operations = 0;
    while survives(template.path(), operations, fault).await {
        operations += 1;
    }
    assert!(operations > 40, "a move took only {operations} operations");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_fails_in_a_move_harms_nothing() {
    survives_everywhere(Fault::Once).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_succeeds_unheard_in_a_move_harms_nothing() {
    survives_everywhere(Fault::Unheard).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r02_a_kill_in_a_move_loses_nothing_and_shows_nothing_twice() {
    survives_everywhere(Fault::Dead).await;
}

/// A power cut at every operation of the disk in a move; what was not synced is lost.
#[tokio::test(flavor = "multi_thread")]
async fn r03_a_power_cut_in_a_move_loses_nothing_and_shows_nothing_twice() {
    let template = SimDisk::new(7);
    let store = Store::open_on(Arc::new(template.clone()), BY_HAND, LATER).await.unwrap();
    for (hour, bodies) in [(0, "a,b"), (1, "c"), (2, "d,e"), (48, "now")] {
        add(&store, hour, bodies).await;
    }
    index(&store).await;
    store.close().await.unwrap();
    let (mut cut, mut after) = (true, 1);
    while cut {
        for end in [End::PowerCut, End::PowerCutAtWorst] {
            let (disk, bucket, what) = (template.copy(after), Flaky::default(), format!("{end:?} after {after}"));
            let store = Store::open_with(Arc::new(disk.clone()), Some(cold(&bucket)), BY_HAND, LATER).await.unwrap();
            index(&store).await;
            disk.end_after(after);
            mover::pass(&store.shared, &watch::channel(false).1).await;
            cut = disk.is_down();
            drop(store);
            let (left, objects) = (disk.restart(end), Flaky::of(bucket.objects.fork()));
            let next = Store::open_with(Arc::new(left), Some(cold(&objects)), BY_HAND, LATER).await.unwrap();
            carries_on(&next, &what).await;
        }
        after += 1;
    }
    assert!(after > 15, "a move took only {after} operations of the disk");
}
