use std::path::{Path, PathBuf};

use arrow::array::{
    AsArray, Float64Array, Int64Array, ListArray, StringViewArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int64Type};
use bytes::Bytes;
use ingest_model::Signal;
use proptest::prelude::*;

use super::*;
use crate::data_file::encode;
use crate::disk::{Disk, LocalDisk, Target, write_file};
use crate::schema::table;

/// 2023-01-29 08:00 UTC.
const MORNING: i64 = 1_674_979_200_000_000;

/// A data point: metric, service, seconds.
type Point = (Option<u8>, Option<u8>, u8);

/// Points told apart by their integer value; the first columns of each type are filled, the others have no value.
fn points(points: &[Point], first: i64) -> RecordBatch {
    let spec = table(Signal::Metrics);
    let values = || first..first + points.len() as i64;
    let texts = |text: fn(&Point) -> Option<u8>| -> ArrayRef {
        let text = |point| text(point).map(|text| format!("a name longer than a view {text}"));
        Arc::new(StringViewArray::from_iter(points.iter().map(text)))
    };
    let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
        match field.name().as_str() {
            "metric_name" => texts(|point| point.0),
            "service_name" => texts(|point| point.1),
            "time" => {
                let times = points.iter().map(|point| MORNING + i64::from(point.2) * 1_000_000);
                Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
            }
            "time_nanos" => Arc::new(Int64Array::from_iter_values(
                points.iter().map(|point| (MORNING + i64::from(point.2) * 1_000_000) * 1_000),
            )),
            "value_int" => Arc::new(Int64Array::from_iter_values(values())),
            "value" => Arc::new(Float64Array::from_iter(values().map(|value| (value % 3 > 0).then_some(value as f64)))),
            "bucket_counts" => {
                let counts = |value: i64| (value % 2 > 0).then(|| vec![Some(value), None, Some(value % 5)]);
                let lists = ListArray::from_iter_primitive::<Int64Type, _, _>(values().map(counts));
                cast_list(&lists, field)
            }
            "quantiles" => {
                let none = values().map(|_| Some(Vec::<Option<f64>>::new()));
                cast_list(&ListArray::from_iter_primitive::<Float64Type, _, _>(none), field)
            }
            _ => new_null_array(field.data_type(), points.len()),
        }
    };
    RecordBatch::try_new(Arc::clone(&spec.schema), spec.schema.fields().iter().map(column).collect()).unwrap()
}

fn cast_list(lists: &ListArray, field: &arrow::datatypes::FieldRef) -> ArrayRef {
    arrow::compute::cast(lists, field.data_type()).unwrap()
}

/// Writes each batch as a flush would and merges the files.
fn merged(batches: &[RecordBatch]) -> (RecordBatch, Bytes) {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path()).unwrap());
    let sources = batches.iter().enumerate().map(|(n, batch)| written(&disk, batch, n));
    let (out, rows) = merge(sources, table(Signal::Metrics), Vec::new()).unwrap();
    let out = Bytes::from(out);
    let read = read(&out);
    assert_eq!(read.num_rows() as u64, rows);
    (read, out)
}

fn written(disk: &Arc<dyn Disk>, batch: &RecordBatch, n: usize) -> io::Result<Chunks> {
    let mut files = encode(std::slice::from_ref(batch), table(Signal::Metrics)).unwrap();
    let file = files.next().unwrap().unwrap();
    assert!(files.next().is_none(), "all of one hour");
    let path = PathBuf::from(format!("{n}.parquet"));
    write_file(disk.as_ref(), &path, std::slice::from_ref(&file.bytes), Target::New).unwrap();
    Chunks::open(Arc::clone(disk), path, file.bytes.len() as u64)
}

fn read(file: &Bytes) -> RecordBatch {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    concat_batches(&table(Signal::Metrics).schema, &batches).unwrap()
}

/// What one flush of everything would have written.
fn at_once(batches: &[RecordBatch]) -> RecordBatch {
    let files = encode(batches, table(Signal::Metrics)).unwrap();
    read(&files.map(Result::unwrap).next().unwrap().bytes)
}

#[test]
fn merged_files_are_what_one_flush_would_have_written() {
    let many: Vec<Point> =
        (0..30_000_u32).map(|n| (Some((n % 7) as u8), Some((n % 3) as u8), (n % 60) as u8)).collect();
    let batches: Vec<RecordBatch> =
        many.chunks(7_000).enumerate().map(|(n, part)| points(part, n as i64 * 7_000)).collect();
    let (read, file) = merged(&batches);
    assert_eq!(read, at_once(&batches));
    let metadata = parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&file).unwrap();
    let sorting = metadata.row_group(0).sorting_columns().unwrap();
    assert_eq!(sorting.len(), table(Signal::Metrics).sort.len());
}

#[test]
fn a_file_that_is_cut_short_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path()).unwrap());
    let rows = points(&[(Some(1), None, 1); 100], 0);
    let good = written(&disk, &rows, 0);
    disk.create(Path::new("cut")).unwrap().append(&mut [io::IoSlice::new(b"PAR1")]).unwrap();
    let cut = Chunks::open(Arc::clone(&disk), PathBuf::from("cut"), 500_000);
    let failed = merge([good, cut].into_iter(), table(Signal::Metrics), Vec::new()).unwrap_err();
    assert!(matches!(failed, MergeError::Source(1, _)), "{failed:?}");
}

#[test]
fn a_file_of_other_columns_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path()).unwrap());
    let metrics = written(&disk, &points(&[(None, None, 1)], 0), 0);
    let failed = merge([metrics].into_iter(), table(Signal::Logs), Vec::new()).unwrap_err();
    assert!(matches!(failed, MergeError::Source(0, ArrowError::SchemaError(_))), "{failed:?}");
}

/// The points with attributes: one that repeats, and one that does not.
fn with_attributes(rows: &RecordBatch) -> RecordBatch {
    let index = rows.schema_ref().index_of("attributes_rest").unwrap();
    let attributes = |row| format!(r#"{{"shard":{},"request":"r{row}"}}"#, row % 5);
    let mut columns = rows.columns().to_vec();
    columns[index] = Arc::new(StringViewArray::from_iter_values((0..rows.num_rows()).map(attributes)));
    RecordBatch::try_new(rows.schema(), columns).unwrap()
}

#[test]
fn merged_files_have_columns_of_dense_keys_however_often_they_are_merged() {
    let rows = with_attributes(&points(&[(Some(1), None, 1); 500], 0));
    let folder = tempfile::tempdir().unwrap();
    let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path()).unwrap());
    let spec = table(Signal::Metrics);
    let flushed = |n: usize| written(&disk, &rows.slice(n * 100, 100), n);
    let (first, _) = merge((0..3).map(flushed), spec, Vec::new()).unwrap();
    let path = PathBuf::from("first.parquet");
    let size = first.len() as u64;
    write_file(disk.as_ref(), &path, std::slice::from_ref(&Bytes::from(first)), Target::New).unwrap();
    let again = [Chunks::open(Arc::clone(&disk), path, size), flushed(3), flushed(4)];
    let (out, count) = merge(again.into_iter(), spec, Vec::new()).unwrap();
    assert_eq!(count, 500);
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(out)).unwrap();
    let named = |field: &arrow::datatypes::FieldRef| field.name().clone();
    let dense: Vec<String> = reader.schema().fields()[spec.schema.fields().len()..].iter().map(named).collect();
    assert_eq!(dense, ["attributes_rest:shard"]);
    for batch in reader.build().unwrap().map(Result::unwrap) {
        let text = |name| batch.column_by_name(name).unwrap().as_string_view().iter();
        for (object, shard) in text("attributes_rest").zip(text("attributes_rest:shard")) {
            let object: serde_json::Value = serde_json::from_str(object.unwrap()).unwrap();
            assert_eq!(object["shard"].to_string(), shard.unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Equal sort keys may change places, so rows are compared as a set and the keys in order.
    #[test]
    fn merging_sorts_and_keeps_every_row_once(
        files in prop::collection::vec(
            prop::collection::vec((prop::option::of(0_u8..3), prop::option::of(0_u8..3), 0_u8..10), 1..60),
            1..20,
        )
    ) {
        let mut first = 0;
        let batches: Vec<RecordBatch> = files.iter().map(|file| {
            let batch = points(file, first);
            first += file.len() as i64;
            batch
        }).collect();
        let (read, _) = merged(&batches);
        let at_once = at_once(&batches);
        for column in table(Signal::Metrics).sort {
            prop_assert_eq!(read.column_by_name(column), at_once.column_by_name(column));
        }
        prop_assert_eq!(by_value(&read), by_value(&at_once));
    }
}

/// The rows in the order of their values, which are all different.
fn by_value(batch: &RecordBatch) -> RecordBatch {
    let order = arrow::compute::sort_to_indices(batch.column_by_name("value_int").unwrap(), None, None).unwrap();
    arrow::compute::take_record_batch(batch, &order).unwrap()
}
