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
    let file = DataFile { path, size_bytes: 10, rows: 1, min_time_us, max_time_us };
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
