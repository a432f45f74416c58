//! Starts on a disk that is full, or on which something is missing or damaged.

use std::io::IoSlice;

use super::derived::{DERIVED, distinct};
use super::*;
use crate::disk::sim::{End, SimDisk};

async fn start(disk: &SimDisk) -> Result<Store, StoreError> {
    Store::open_on(Arc::new(disk.clone()), StoreConfig::default(), DERIVED).await
}

fn segments(disk: &SimDisk) -> Vec<std::path::PathBuf> {
    let entries = disk.list(Path::new("wal")).unwrap().into_iter().filter(|entry| !entry.is_dir);
    entries.map(|entry| entry.path).collect()
}

/// A process that is killed at any operation of a request and its flush; the next one, which counts on
/// what it finds; then a power cut that leaves what was synced.
#[tokio::test]
async fn r03_what_a_start_counts_on_survives_a_power_cut() {
    counted_on_survives(&[], SimDisk::end_after).await;
}

/// A derived table that has no share at all is made anew by a start; one that has some is believed.
#[tokio::test]
async fn r03_a_share_that_a_start_counts_on_survives_a_power_cut() {
    counted_on_survives(&["z"], SimDisk::end_having_done).await;
}

async fn counted_on_survives(before: &[&str], end: impl Fn(&SimDisk, u64)) {
    let template = SimDisk::new(3);
    let store = start(&template).await.unwrap();
    for body in before {
        store.append(logs(body)).await.unwrap();
    }
    store.close().await.unwrap();
    for after in 1.. {
        let mut disk = template.restart(End::PowerCutAtWorst);
        let store = start(&disk).await.unwrap();
        end(&disk, after);
        let acknowledged = store.append(logs("a")).await.is_ok();
        store.flush().await.ok();
        if !disk.is_down() {
            assert!(after > 20, "a request and its flush take more operations");
            return;
        }
        disk = disk.restart(End::Kill);
        let store = start(&disk).await.unwrap();
        let seen = bodies(&store).await;
        let (kept, whole) = (once(before), once(&[before, &["a"]].concat()));
        assert!(seen == whole || !acknowledged && seen == kept, "operation {after}");
        store.flush().await.unwrap();
        // The segment it begins makes the removal of the former one durable.
        store.append(logs("b")).await.unwrap();
        disk = disk.restart(End::PowerCutAtWorst);
        let store = start(&disk).await.unwrap();
        let expected: BTreeMap<_, _> = seen.into_iter().chain(once(&["b"])).collect();
        assert_eq!(bodies(&store).await, expected, "operation {after}");
        assert_eq!(distinct(&store).await, expected.len() as f64, "operation {after}");
    }
}

#[tokio::test]
async fn r03_what_a_start_shows_survives_a_power_cut() {
    for after in 1..10 {
        let mut disk = SimDisk::new(3);
        let store = start(&disk).await.unwrap();
        disk.end_after(after);
        store.append(logs("a")).await.ok();
        disk = disk.restart(End::Kill);
        let seen = bodies(&start(&disk).await.unwrap()).await;
        disk = disk.restart(End::PowerCutAtWorst);
        assert_eq!(bodies(&start(&disk).await.unwrap()).await, seen, "operation {after}");
    }
}

#[tokio::test]
async fn r05_a_full_disk_is_started_on_and_recovered_from_without_help() {
    let mut disk = SimDisk::new(5);
    let store = start(&disk).await.unwrap();
    store.append(logs("flushed")).await.unwrap();
    store.flush().await.unwrap();
    store.append(logs("hot")).await.unwrap();
    disk.set_full(true);
    assert!(store.flush().await.is_err());
    // The last bytes that fitted are of a request that was refused, and the process is killed before
    // it could cut them off.
    disk.end_after(2);
    assert!(store.append(logs("refused")).await.is_err());
    for _ in 0..2 {
        disk = disk.restart(End::Kill);
        disk.set_full(true);
        let store = start(&disk).await.unwrap();
        assert_eq!(bodies(&store).await, once(&["flushed", "hot"]));
        assert_eq!(distinct(&store).await, 2.0);
        assert_eq!(store.append(logs("refused")).await.unwrap_err().kind(), crate::ErrorKind::Retry);
        assert!(store.flush().await.is_err());
    }
    disk = disk.restart(End::Kill);
    disk.set_full(true);
    let store = start(&disk).await.unwrap();
    disk.set_full(false);
    store.append(logs("after")).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(bodies(&store).await, once(&["after", "flushed", "hot"]));
    assert_eq!(distinct(&store).await, 3.0);
    assert!(segments(&disk).is_empty(), "nothing is left to replay");
}

#[tokio::test]
async fn r05_while_flushes_fail_nobody_waits_for_room() {
    let disk = SimDisk::new(5);
    let patience = Duration::from_hours(1);
    let config = StoreConfig { hot_limit_bytes: 1, patience, ..StoreConfig::default() };
    let store = Store::open_on(Arc::new(disk.clone()), config, DERIVED).await.unwrap();
    store.append(logs("hot")).await.unwrap();
    disk.set_full(true);
    assert!(store.flush().await.is_err());
    assert!(matches!(store.append(logs("refused")).await, Err(StoreError::QueueFull)));
    disk.set_full(false);
    store.flush().await.unwrap();
    store.append(logs("after")).await.unwrap();
}

#[tokio::test]
async fn r06_a_log_that_is_lost_costs_no_rows_that_come_later() {
    // Ends a flush between the commit of the derived table and that of its source.
    let mut after = 1;
    let disk = loop {
        let disk = SimDisk::new(6);
        let store = start(&disk).await.unwrap();
        store.append(logs("lost")).await.unwrap();
        disk.end_after(after);
        store.flush().await.unwrap_err();
        let disk = disk.restart(End::Kill);
        let files = |table: &str| disk.list(&Path::new("default").join(table).join("_delta_log")).unwrap().len();
        if files("golden_signals") > files("logs") {
            break disk;
        }
        after += 1;
    };
    segments(&disk).iter().for_each(|segment| disk.remove(segment).unwrap());
    let store = start(&disk).await.unwrap();
    store.append(logs("later")).await.unwrap();
    assert_eq!(distinct(&store).await, 2.0);
    store.flush().await.unwrap();
    assert_eq!(distinct(&store).await, 2.0);
    assert_eq!(bodies(&store).await, once(&["later"]));
}

#[tokio::test]
async fn r07_a_damaged_delta_log_is_an_error_that_names_the_table() {
    let disk = SimDisk::new(7);
    let store = start(&disk).await.unwrap();
    store.append(logs("a")).await.unwrap();
    store.close().await.unwrap();
    let commit = Path::new("default/logs/_delta_log/00000000000000000001.json");
    disk.remove(commit).unwrap();
    let mut file = disk.create(commit).unwrap();
    file.append(&mut [IoSlice::new(b"{\"add\":{\"path\":\"x")]).unwrap();
    let error = start(&disk).await.unwrap_err().to_string();
    assert!(error.contains("default/logs"), "{error}");
}
