use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Decimal128Array, Float64Array, Int64Array, ListArray, StringViewArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::Int64Type;
use arrow::ipc::reader::StreamReader;
use query_api::SqlAnswer;
use serde_json::{Value, json};

use super::*;

fn encoded(format: Format, batch: &RecordBatch, limit: usize) -> Result<Bytes, QueryError> {
    let mut encoder = Encoder::new(format, &batch.schema(), limit)?;
    encoder.push(batch)?;
    encoder.finish(false, &[], SqlStats::default())
}

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter(columns).unwrap_or_else(|_| RecordBatch::new_empty(Arc::new(Schema::empty())))
}

fn json_rows(columns: Vec<(&str, ArrayRef)>) -> Vec<Vec<Value>> {
    let body = encoded(Format::Json, &batch(columns), usize::MAX).unwrap_or_default();
    serde_json::from_slice::<SqlAnswer>(&body).unwrap_or_default().rows
}

fn csv(columns: Vec<(&str, ArrayRef)>) -> String {
    let body = encoded(Format::Csv, &batch(columns), usize::MAX).unwrap_or_default();
    String::from_utf8_lossy(&body).into_owned()
}

#[test]
fn json_keeps_every_digit_and_every_kind_of_number() {
    let rows = json_rows(vec![
        ("int", Arc::new(Int64Array::from(vec![i64::MAX, i64::MIN, 0]))),
        ("double", Arc::new(Float64Array::from(vec![f64::NAN, f64::NEG_INFINITY, 0.1]))),
    ]);
    let expected = [json!([i64::MAX, "NaN"]), json!([i64::MIN, "-Infinity"]), json!([0, 0.1])];
    assert_eq!(rows.into_iter().map(Value::from).collect::<Vec<_>>(), expected);
}

#[test]
fn json_writes_times_binary_decimals_and_lists() -> Result<(), arrow::error::ArrowError> {
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>([Some([Some(1), None])]);
    let rows = json_rows(vec![
        ("time", Arc::new(TimestampMicrosecondArray::from(vec![1_674_982_200_000_001]).with_timezone("+08:00"))),
        ("id", Arc::new(BinaryArray::from(vec![b"\x00\xff".as_slice()]))),
        ("decimal", Arc::new(Decimal128Array::from(vec![12_345]).with_precision_and_scale(20, 2)?)),
        ("list", Arc::new(list)),
    ]);
    assert_eq!(rows, [[json!("2023-01-29T08:50:00.000001Z"), json!("00ff"), json!("123.45"), json!([1, null])]]);
    Ok(())
}

#[test]
fn csv_quotes_what_needs_it_and_runs_no_formula() {
    let texts = StringViewArray::from(vec![Some("a,\"b\""), None, Some(""), Some("=1+1"), Some("plain")]);
    assert_eq!(csv(vec![("t", Arc::new(texts))]), "t\r\n\"a,\"\"b\"\"\"\r\n\r\n\"\"\r\n'=1+1\r\nplain\r\n");
    assert_eq!(csv(vec![("n", Arc::new(Int64Array::from(vec![-5])))]), "n\r\n-5\r\n");
}

#[test]
fn an_arrow_stream_reads_back_without_views() -> Result<(), arrow::error::ArrowError> {
    let rows = batch(vec![("t", Arc::new(StringViewArray::from(vec!["a text longer than twelve bytes"])))]);
    let body = encoded(Format::ArrowStream, &rows, usize::MAX).unwrap_or_default();
    let read = StreamReader::try_new(body.as_ref(), None)?.collect::<Result<Vec<_>, _>>()?;
    assert_eq!(read[0].column(0).data_type(), &DataType::Utf8);
    assert_eq!(cast(read[0].column(0), &DataType::Utf8View)?.as_ref(), rows.column(0).as_ref());
    Ok(())
}

#[test]
fn an_answer_over_its_limit_is_refused_in_every_format() {
    let rows = batch(vec![("t", Arc::new(StringViewArray::from(vec!["x".repeat(10_000)])))]);
    for format in [Format::Json, Format::Csv, Format::ArrowStream] {
        let error = encoded(format, &rows, 5_000).err();
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::ResourceLimit), "{format:?}");
    }
}
