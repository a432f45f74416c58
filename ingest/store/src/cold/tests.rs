use std::sync::Arc;

use super::*;
use crate::disk::LocalDisk;

#[test]
fn a_location_in_the_bucket_is_no_path_of_the_data_folder() {
    let path = Path::from("default/spans/date=2023-01-29/a.parquet");
    let location = location(&path);
    assert_eq!(location.as_ref(), "cold/default/spans/date=2023-01-29/a.parquet");
    assert!(is_cold(&location) && !is_cold(&path));
    assert_eq!(in_bucket(&location), Some(path));
    assert!("cold".parse::<ingest_model::Tenant>().is_err());
}

#[test]
fn a_folder_knows_where_its_older_files_went() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path()).unwrap());
    assert_eq!(known(disk.as_ref()).unwrap(), None);
    remember(disk.as_ref(), "s3://lake/a \"b\"").unwrap();
    assert_eq!(known(disk.as_ref()).unwrap().as_deref(), Some("s3://lake/a \"b\""));
    std::fs::write(folder.path().join(KNOWN), "url = 5").unwrap();
    assert!(matches!(known(disk.as_ref()), Err(StoreError::Damaged { .. })));
}
