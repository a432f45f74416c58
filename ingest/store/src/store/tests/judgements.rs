//! Rows of our own.

use arrow::array::{Int64Array, new_null_array};
use ingest_model::Judgement;

use super::*;

fn slices(good: i64) -> RecordBatch {
    let spec = schema::judgement(Judgement::SloSlices);
    let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
        match field.name().as_str() {
            "minute" => Arc::new(TimestampMicrosecondArray::from(vec![NOW.micros()]).with_timezone("UTC")),
            "slo" => Arc::new(StringViewArray::from(vec!["checkout"])),
            "good" => Arc::new(Int64Array::from(vec![good])),
            _ => new_null_array(field.data_type(), 1),
        }
    };
    let columns = spec.schema.fields().iter().map(column).collect();
    RecordBatch::try_new(Arc::clone(&spec.schema), columns).unwrap()
}

/// Good events of every slice, hot and stored, in order.
async fn good(store: &Store) -> Vec<i64> {
    let tables = store.tables(&Tenant::default()).await.unwrap();
    let snapshot = tables.judgement(Judgement::SloSlices);
    let mut batches = snapshot.hot;
    for file in snapshot.files.iter() {
        let bytes = tables.objects().get(&file.path).await.unwrap().bytes().await.unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
        batches.extend(reader.map(Result::unwrap));
    }
    let of_batch = |batch: &RecordBatch| {
        let good = batch.column_by_name("good").unwrap().as_primitive::<arrow::datatypes::Int64Type>();
        good.values().to_vec()
    };
    let mut good: Vec<i64> = batches.iter().flat_map(of_batch).collect();
    good.sort_unstable();
    good
}

/// What a kill at this moment would leave, opened again.
async fn killed(folder: &Path) -> (tempfile::TempDir, Store) {
    let copy = tempfile::tempdir().unwrap();
    copy_folder(folder, copy.path());
    let store = open(copy.path()).await;
    (copy, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_our_own_survive_a_kill_and_a_flush() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.record(&Tenant::default(), Judgement::SloSlices, slices(1)).await.unwrap();
    store.append(logs("a,b")).await.unwrap();
    store.record(&Tenant::default(), Judgement::SloSlices, slices(2)).await.unwrap();
    assert_eq!(good(&store).await, [1, 2]);

    let (folder, store) = killed(folder.path()).await;
    assert_eq!(good(&store).await, [1, 2], "replayed from the log");
    store.flush().await.unwrap();
    store.record(&Tenant::default(), Judgement::SloSlices, slices(3)).await.unwrap();

    let (_folder, store) = killed(folder.path()).await;
    assert_eq!(good(&store).await, [1, 2, 3], "stored rows are not replayed again");
    assert_eq!(bodies(&store).await.len(), 2);
}

#[tokio::test]
async fn rows_of_another_schema_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let refused = store.record(&Tenant::default(), Judgement::Anomalies, slices(1)).await;
    assert!(matches!(refused, Err(StoreError::Rows { table: "anomalies", .. })), "{refused:?}");
}
