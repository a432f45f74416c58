//! What is kept no longer goes, what is held stays, and nothing else is touched.

use arrow::array::StringViewArray;
use ingest_model::Judgement;

use super::derived::{DERIVED, distinct};
use super::*;
use crate::retention::{HOLDS, Retention};

/// 40 days after the rows' time.
const LATER: Meaning<'static> = Meaning { clock: || Nanos(NOW.0 + 40 * 86_400_000_000_000), ..DERIVED };

fn keep(days: Option<u32>, bytes: Option<u64>) -> StoreConfig {
    let retention = Retention { default_days: days, bytes, ..Retention::default() };
    StoreConfig { retention, compact_files: usize::MAX, replaced_grace: Duration::ZERO, ..StoreConfig::default() }
}

async fn folder_of(bodies: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig { compact_files: usize::MAX, ..StoreConfig::default() };
    let store = Store::open(folder.path(), config, DERIVED).await.unwrap();
    for body in bodies {
        store.append(logs(body)).await.unwrap();
        store.flush().await.unwrap();
    }
    store.close().await.unwrap();
    folder
}

async fn eventually(done: impl AsyncFn() -> bool) -> bool {
    for _ in 0..3_000 {
        if done().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// The Parquet files of a table on disk.
fn on_disk(folder: &Path, table: &str) -> usize {
    let Ok(dates) = std::fs::read_dir(folder.join("default").join(table)) else { return 0 };
    let dates = dates.map(Result::unwrap).filter(|entry| entry.file_name().to_string_lossy().starts_with("date="));
    dates.map(|date| std::fs::read_dir(date.path()).unwrap().count()).sum()
}

/// The details of the events of the audit table.
async fn audited(store: &Store) -> Vec<String> {
    let snapshot = store.tables(&Tenant::default()).await.unwrap().judgement(Judgement::Audit);
    let details = |batch: &RecordBatch| -> Vec<String> {
        let details: &StringViewArray = batch["details"].as_string_view();
        details.iter().flatten().map(str::to_owned).collect()
    };
    snapshot.hot.iter().flat_map(details).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_goes_from_the_table_then_from_the_disk_and_is_told() {
    let folder = folder_of(&["a", "b"]).await;
    let store = Store::open(folder.path(), keep(Some(30), None), LATER).await.unwrap();
    assert!(eventually(async || bodies(&store).await.is_empty()).await);
    assert!(eventually(async || distinct(&store).await == 0.0).await);
    let events = audited(&store).await;
    assert!(
        events.iter().any(|event| event.contains("\"why\":\"age\"") && event.contains("\"files\":2")),
        "{events:?}"
    );
    store.append(logs("c")).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    // What a process leaves on disk the next one removes.
    let store = Store::open(folder.path(), keep(None, None), LATER).await.unwrap();
    assert!(eventually(async || on_disk(folder.path(), "logs") == 1).await);
    assert_eq!(bodies(&store).await, once(&["c"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn old_data_stays_unless_days_are_set() {
    let folder = folder_of(&["a"]).await;
    let store = Store::open(folder.path(), keep(Some(41), Some(1 << 40)), LATER).await.unwrap();
    let queue = store.queue.clone();
    maintenance::pass(&store.shared, &queue).await;
    assert_eq!(bodies(&store).await, once(&["a"]));
    assert!(audited(&store).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn above_the_limit_of_bytes_what_was_sent_goes_and_what_was_derived_stays() {
    let folder = folder_of(&["a", "b"]).await;
    let store = Store::open(folder.path(), keep(None, Some(1)), DERIVED).await.unwrap();
    assert!(eventually(async || bodies(&store).await.is_empty()).await);
    assert_eq!(distinct(&store).await, 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_keeps_its_files_and_a_mistake_in_the_holds_keeps_everything() {
    let folder = folder_of(&["a", "b"]).await;
    for holds in ["[[hold]]\nname = \"case-17\"\ntable = \"logs\"\nfrom = \"2023-01-29T00:00:00Z\"\n", "[[hold]]\nnam"]
    {
        std::fs::write(folder.path().join(HOLDS), holds).unwrap();
        let store = Store::open(folder.path(), keep(Some(1), Some(1)), LATER).await.unwrap();
        let queue = store.queue.clone();
        maintenance::pass(&store.shared, &queue).await;
        assert_eq!(bodies(&store).await, once(&["a", "b"]), "{holds}");
        drop(queue);
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_never_committed_go_when_they_are_old_and_nothing_else_does() {
    let folder = folder_of(&["a"]).await;
    let date = folder.path().join("default/logs/date=2023-01-29");
    std::fs::write(date.join("orphan.parquet"), b"half").unwrap();
    std::fs::write(date.join("notes.txt"), b"of a person").unwrap();
    std::fs::create_dir_all(folder.path().join("default/logs/_index")).unwrap();
    std::fs::write(folder.path().join("default/logs/_index/a.parquet"), b"of others").unwrap();
    // The clock of the tests stands far before the files were written.
    let young = open(folder.path()).await;
    maintenance::remove_orphans(&young.shared, Duration::ZERO).await;
    assert_eq!(on_disk(folder.path(), "logs"), 3);
    young.close().await.unwrap();
    drop(young);
    let in_2100 = Meaning { clock: || Nanos(4_102_444_800_000_000_000), ..MEANING };
    let store = Store::open(folder.path(), StoreConfig::default(), in_2100).await.unwrap();
    assert!(eventually(async || on_disk(folder.path(), "logs") == 2).await);
    assert!(date.join("notes.txt").exists() && folder.path().join("default/logs/_index/a.parquet").exists());
    assert_eq!(bodies(&store).await, once(&["a"]));
}
