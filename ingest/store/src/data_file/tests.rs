use arrow::array::{ArrayRef, Float64Array, StringViewArray, TimestampMicrosecondArray, new_null_array};
use ingest_model::Signal;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;
use crate::schema::table;

/// Log records at the given times, told apart by their body.
fn logs(times: &[i64]) -> RecordBatch {
    let spec = table(Signal::Logs);
    let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
        match field.name().as_str() {
            "time" => Arc::new(TimestampMicrosecondArray::from(times.to_vec()).with_timezone("UTC")),
            "time_nanos" => Arc::new(Int64Array::from_iter_values(times.iter().map(|time| time * 1_000))),
            "body" => Arc::new(StringViewArray::from_iter_values(times.iter().map(i64::to_string))),
            _ => new_null_array(field.data_type(), times.len()),
        }
    };
    RecordBatch::try_new(Arc::clone(&spec.schema), spec.schema.fields().iter().map(column).collect()).unwrap()
}

fn encoded(batches: &[RecordBatch]) -> Vec<Encoded> {
    encode(batches, table(Signal::Logs)).unwrap().map(Result::unwrap).collect()
}

fn bodies(file: &Encoded) -> Vec<String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.bytes.clone()).unwrap().build().unwrap();
    let batches: Vec<RecordBatch> = reader.map(Result::unwrap).collect();
    let column = |batch: &RecordBatch| batch.column_by_name("body").unwrap().as_string_view().clone();
    batches.iter().flat_map(|batch| column(batch).iter().flatten().map(str::to_owned).collect::<Vec<_>>()).collect()
}

const HOUR: i64 = WINDOW_US;
/// 2023-01-29 08:00 UTC.
const MORNING: i64 = 1_674_979_200_000_000;

#[test]
fn a_file_holds_one_window_in_sort_order() {
    let files = encoded(&[logs(&[MORNING + 5, MORNING + HOUR]), logs(&[MORNING, MORNING + 3])]);
    assert_eq!(files.len(), 2);
    assert_eq!(bodies(&files[0]), [MORNING, MORNING + 3, MORNING + 5].map(|time| time.to_string()));
    assert_eq!((files[0].min_time_us, files[0].max_time_us, files[0].rows), (MORNING, MORNING + 5, 3));
    assert_eq!(files[1].date, "2023-01-29");
}

#[test]
fn times_no_clock_should_tell_share_one_odd_partition() {
    let files = encoded(&[logs(&[i64::MAX / 1_000, MORNING, -1, 0])]);
    let dates: Vec<_> = files.iter().map(|file| (file.date.as_str(), file.rows)).collect();
    assert_eq!(dates, [("1970-01-01", 3), ("2023-01-29", 1)]);
}

#[test]
fn rows_of_very_many_hours_make_a_file_a_day() {
    let times: Vec<i64> = (0..24 * 7).map(|hour| MORNING + hour * HOUR).collect();
    let files = encoded(&[logs(&times)]);
    assert_eq!(files.len(), 8, "seven days that begin in the morning touch eight dates");
    assert_eq!(files.iter().map(|file| file.rows).sum::<u64>(), 24 * 7);
    assert!(files.windows(2).all(|pair| pair[0].date < pair[1].date && pair[0].max_time_us < pair[1].min_time_us));
}

#[test]
fn rows_of_days_beyond_the_fullest_share_the_odd_partition() {
    let day = |day: i64| MORNING + day * 24 * HOUR;
    let mut times: Vec<i64> = (0..1_000).map(day).collect();
    times.push(day(3) + 1);
    let files = encoded(&[logs(&times)]);
    assert_eq!(files.len(), MAX_DAYS + 1);
    assert_eq!(files.iter().map(|file| file.rows).sum::<u64>(), 1_001);
    assert_eq!((files[0].date.as_str(), files[0].rows), ("1970-01-01", 600));
    assert_eq!((files[1].date.as_str(), files[1].rows), ("2023-02-01", 2), "the fullest day keeps its file");
    assert_eq!(files[2].min_time_us, day(601), "of equals the latest are kept");
}

#[test]
fn doubles_have_no_bounds_that_would_hide_what_is_no_number() {
    let spec = table(Signal::Metrics);
    let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
        match field.name().as_str() {
            "time" => Arc::new(TimestampMicrosecondArray::from(vec![MORNING; 2]).with_timezone("UTC")),
            "value" => Arc::new(Float64Array::from(vec![1.0, f64::NAN])),
            _ => new_null_array(field.data_type(), 2),
        }
    };
    let rows =
        RecordBatch::try_new(Arc::clone(&spec.schema), spec.schema.fields().iter().map(column).collect()).unwrap();
    let file = encode(&[rows], spec).unwrap().next().unwrap().unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file.bytes).unwrap();
    let bounds = |name: &str| {
        let columns = reader.metadata().row_group(0).columns();
        let of_name = columns.iter().find(|column| column.column_path().string() == name).unwrap();
        of_name.statistics().is_some_and(|statistics| statistics.max_bytes_opt().is_some())
    };
    assert!(bounds("time"));
    assert!(!bounds("value"));
}
