use super::*;
use crate::disk::{DiskObjects, LocalDisk};
use crate::schema;

const NOW: Nanos = Nanos(1_674_979_200_000_000_000);

/// A log that lists some files, without the files.
async fn log(objects: &Arc<dyn ObjectStore>) -> DeltaLog {
    let folder = Path::from("default/golden_signals");
    DeltaLog::open(Arc::clone(objects), folder, schema::golden_signals()).await.unwrap()
}

fn new_file(name: &str) -> NewFile {
    let path = Path::from(format!("default/golden_signals/date=2023-01-29/{name}.parquet"));
    let (min_time_us, max_time_us) = (NOW.micros(), NOW.micros());
    let file = DataFile { path, is_cold: false, size_bytes: 10, rows: 1, min_time_us, max_time_us };
    NewFile { file, date: "2023-01-29".to_owned(), written_ms: NOW.0 / 1_000_000 }
}

async fn names(log: &DeltaLog) -> Vec<String> {
    let files = log.files().await.unwrap();
    let mut names: Vec<_> = files.iter().filter_map(|file| file.path.filename().map(str::to_owned)).collect();
    names.sort();
    names
}

async fn of_two_files(folder: &std::path::Path) -> (Arc<dyn ObjectStore>, DeltaLog, Vec<DataFile>) {
    let disk = Arc::new(LocalDisk::open(folder).unwrap());
    let objects: Arc<dyn ObjectStore> = Arc::new(DiskObjects::new(disk));
    let mut first = log(&objects).await;
    first.append(&[new_file("a"), new_file("b")], 7).await.unwrap();
    let files = first.files().await.unwrap();
    (objects, first, files)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_changes_the_files_and_leaves_the_watermark() {
    let folder = tempfile::tempdir().unwrap();
    let (objects, mut log_of_two, files) = of_two_files(folder.path()).await;
    log_of_two.replace(&files, &[new_file("c")], NOW).await.unwrap();
    for log in [&log_of_two, &log(&objects).await] {
        assert_eq!((names(log).await, log.watermark().await.unwrap()), (vec!["c.parquet".to_owned()], 7));
        let removed: HashSet<Path> = files.iter().map(|file| file.path.clone()).collect();
        assert_eq!(log.removed().await.unwrap(), removed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_replacements_of_the_same_files_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (objects, mut first, files) = of_two_files(folder.path()).await;
    let mut second = log(&objects).await;
    first.replace(&files, &[new_file("c")], NOW).await.unwrap();
    // It does not know of the first and would make every row twice.
    assert!(matches!(second.replace(&files, &[new_file("d")], NOW).await, Err(StoreError::Table { .. })));
    second.reload().await.unwrap();
    assert_eq!(names(&second).await, ["c.parquet"]);
    assert!(matches!(second.replace(&files, &[new_file("d")], NOW).await, Err(StoreError::Damaged { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_and_a_flush_that_do_not_know_of_each_other_both_stand() {
    let folder = tempfile::tempdir().unwrap();
    let (objects, mut first, files) = of_two_files(folder.path()).await;
    let mut second = log(&objects).await;
    first.append(&[new_file("c")], 8).await.unwrap();
    second.replace(&files, &[new_file("d")], NOW).await.unwrap();
    let log = log(&objects).await;
    assert_eq!(names(&log).await, ["c.parquet", "d.parquet"]);
    assert_eq!(log.watermark().await.unwrap(), 8);
}

/// Commits actions as the library does, with or without the transaction that every maintenance commit names.
async fn commit(log: &DeltaLog, actions: Vec<Action>, guarded: bool) -> Result<(), DeltaTableError> {
    let properties = CommitProperties::default().with_cleanup_expired_logs(Some(false));
    let properties = if guarded {
        properties.with_application_transaction(Transaction::new(MAINTENANCE, NOW.0))
    } else {
        properties
    };
    let state = log.table.snapshot().unwrap().clone();
    let operation = DeltaOperation::Optimize { predicate: None, target_size: 1 };
    let commit = CommitBuilder::from(properties).with_actions(actions);
    commit.build(Some(&state as &dyn TableReference), log.table.log_store(), operation).await.map(|_| ())
}

fn swap(log: &DeltaLog, old: &[DataFile], new: &str) -> Vec<Action> {
    let removed = old.iter().map(|file| Action::Remove(log.remove(file, false, 1)));
    removed.chain([Action::Add(log.add(&new_file(new), false))]).collect()
}

/// What happens when two rewrites of the same files, or a rewrite and a removal, do not know of each other.
async fn race(guarded: bool, second_removes: bool) -> (bool, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let (objects, first, files) = of_two_files(folder.path()).await;
    let second = log(&objects).await;
    let compaction = swap(&first, &files, "c");
    let other = if second_removes {
        files.iter().map(|file| Action::Remove(second.remove(file, true, 1))).collect()
    } else {
        swap(&second, &files, "d")
    };
    commit(&first, compaction, guarded).await.unwrap();
    let committed = commit(&second, other, guarded).await.is_ok();
    (committed, names(&log(&objects).await).await)
}

/// The library's own check lets the second one through. Should that ever change, the guard is no longer needed.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_guard_the_library_lets_rows_be_doubled_and_come_back() {
    assert_eq!(race(false, false).await, (true, vec!["c.parquet".to_owned(), "d.parquet".to_owned()]));
    assert_eq!(race(false, true).await, (true, vec!["c.parquet".to_owned()]), "removed rows are there again");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_guard_only_one_of_two_maintenance_commits_stands() {
    for second_removes in [false, true] {
        assert_eq!(race(true, second_removes).await, (false, vec!["c.parquet".to_owned()]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_takes_files_out_and_leaves_the_watermark() {
    let folder = tempfile::tempdir().unwrap();
    let (objects, mut first, files) = of_two_files(folder.path()).await;
    let mut second = log(&objects).await;
    first.replace(&files[..1], &[], NOW).await.unwrap();
    assert!(second.replace(&files, &[new_file("c")], NOW).await.is_err(), "it does not know of the removal");
    let log = log(&objects).await;
    assert_eq!((names(&log).await.len(), log.watermark().await.unwrap()), (1, 7));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_other_columns_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (objects, ..) = of_two_files(folder.path()).await;
    let (place, spec) = (Path::from("default/golden_signals"), schema::table(ingest_model::Signal::Logs));
    let opened = DeltaLog::open(Arc::clone(&objects), place.clone(), spec).await;
    let found = DeltaLog::open_if_there(objects, place, spec).await;
    for refused in [opened.unwrap_err(), found.unwrap_err()] {
        let text = refused.to_string();
        assert!(text.contains("golden_signals") && text.contains("other columns"), "{text}");
    }
}
