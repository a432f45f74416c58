use std::fmt::Write as _;

use arrow::array::Array as _;
use arrow::util::display::array_value_to_string;
use ingest_model::Signal;
use ingest_store::schema::table;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, EntityRef, KeyValueList};
use proptest::prelude::*;

use super::*;
use crate::samples::{any_request, attribute, logs, text_attribute, traces, with};

mod logs;
mod metrics;
mod spans;

const RECEIVED: Nanos = Nanos(1_800_000_000_000_000_000);

/// The rows of a request as it is sent in protobuf.
fn rows(request: &ExportRequest, received: Nanos, verdict: Verdict<'_>) -> Result<Rows, DecodeError> {
    super::rows(request.signal(), Encoding::Protobuf, &request.encode(), received, verdict)
}

fn decide(request: &ExportRequest) -> Rows {
    rows(request, RECEIVED, Verdict::Decide).expect("the schema is known")
}

/// The columns of a row that are not NULL, one a line.
fn row(batch: &RecordBatch, row: usize) -> String {
    let mut text = String::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        if column.is_valid(row) {
            let value = array_value_to_string(column, row).expect("every column can be shown");
            writeln!(text, "{} = {value}", field.name()).expect("a string takes all");
        }
    }
    text
}

/// One column of every row; NULL is the empty text.
fn column(batch: &RecordBatch, name: &str) -> Vec<String> {
    let column = batch.column_by_name(name).expect("the column is stored");
    (0..batch.num_rows()).map(|row| array_value_to_string(column, row).expect("it can be shown")).collect()
}

fn reasons(request: &ExportRequest) -> String {
    decide(request).rejected.message()
}

#[test]
fn otlp_021_an_empty_request_has_no_rows_and_no_refusals() {
    for signal in Signal::ALL {
        let request = ExportRequest::decode(signal, Encoding::Protobuf, b"").expect("empty is fine");
        let rows = decide(&request);
        assert_eq!(rows.batch.schema(), table(signal).schema);
        assert_eq!((rows.batch.num_rows(), rows.rejected.count(), rows.rejected.message()), (0, 0, String::new()));
    }
}

#[test]
fn otlp_050_entity_refs_are_kept() {
    let ExportRequest::Traces(mut request) = traces(vec![crate::samples::span(1)]) else {
        unreachable!("traces are traces");
    };
    let entity = EntityRef {
        schema_url: "u".to_owned(),
        r#type: "host".to_owned(),
        id_keys: vec!["host.id".to_owned()],
        description_keys: vec![],
    };
    if let Some(resource) = &mut request.resource_spans[0].resource {
        resource.entity_refs.push(entity);
    }
    let batch = decide(&ExportRequest::Traces(request)).batch;
    let expected = r#"[{"schema_url":"u","type":"host","id_keys":["host.id"],"description_keys":[]}]"#;
    assert_eq!(column(&batch, "resource_entity_refs"), [expected]);
}

#[test]
fn otlp_053_a_promoted_key_of_another_type_stays_in_the_json() {
    let mut first = crate::samples::span(1);
    first.attributes = vec![text_attribute("http.route", "/a"), attribute("http.status_code", 200)];
    let mut second = crate::samples::span(2);
    second.attributes = vec![attribute("http.route", 5), text_attribute("http.status_code", "200")];
    let batch = decide(&traces(vec![first, second])).batch;
    assert_eq!(column(&batch, "attr_http_route"), ["/a", ""]);
    assert_eq!(column(&batch, "attr_http_status_code"), ["200", ""]);
    assert_eq!(column(&batch, "attributes_rest"), ["", r#"{"http.route":5,"http.status_code":"200"}"#]);
}

#[test]
fn otlp_054_many_attributes_and_large_values_are_kept() {
    let mut span = crate::samples::span(1);
    span.attributes = (0..1_000).map(|number| attribute(&format!("key{number}"), number)).collect();
    span.attributes.push(text_attribute("large", &"x".repeat(1 << 20)));
    let batch = decide(&traces(vec![span])).batch;
    let read: serde_json::Value = serde_json::from_str(&column(&batch, "attributes_rest")[0]).expect("an object");
    assert_eq!(read.as_object().map(serde_json::Map::len), Some(1_001));
}

#[test]
fn a_recorded_verdict_is_followed_to_the_letter() {
    let mut invalid = crate::samples::span(2);
    invalid.span_id.clear();
    let request = traces(vec![crate::samples::span(1), invalid, crate::samples::span(3)]);
    let replayed = |ordinals: &[u32]| rows(&request, RECEIVED, Verdict::Recorded(ordinals));
    let names = |rows: Result<Rows, DecodeError>| rows.map(|rows| column(&rows.batch, "span_id")).ok();
    assert_eq!(decide(&request).rejected.ordinals(), [1]);
    assert_eq!(names(replayed(&[0])), Some(vec![String::new(), "03".repeat(8)]));
    assert_eq!(names(replayed(&[])).map(|all| all.len()), Some(3));
    assert!(matches!(replayed(&[7]), Err(DecodeError::Ordinal { ordinal: 7 })));
}

#[test]
fn a_recorded_verdict_cannot_let_pass_what_no_column_holds() {
    let mut late = crate::samples::span(1);
    late.end_time_unix_nano = u64::MAX;
    let request = traces(vec![late]);
    let replayed = rows(&request, RECEIVED, Verdict::Recorded(&[]));
    assert!(matches!(replayed, Err(DecodeError::Unstorable { ordinal: 0, reason: Reason::TimeRange })));
}

proptest! {
    #[test]
    fn every_item_is_a_row_or_counted_and_replay_makes_the_same_rows(request in any_request()) {
        let first = decide(&request);
        prop_assert_eq!(first.batch.num_rows() as u64, first.rejected.accepted());
        prop_assert_eq!(request.items() as u64, first.rejected.accepted() + first.rejected.count());
        let replayed = rows(&request, RECEIVED, Verdict::Recorded(first.rejected.ordinals()));
        prop_assert_eq!(replayed.map(|rows| rows.batch).map_err(|error| error.to_string()), Ok(first.batch));
    }

    #[test]
    fn hostile_protobuf_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for signal in Signal::ALL {
            drop(super::rows(signal, Encoding::Protobuf, &bytes, RECEIVED, Verdict::Decide));
        }
    }

    #[test]
    fn protobuf_changed_anywhere_never_panics(request in any_request(), at: prop::sample::Index, byte: u8) {
        let mut bytes = request.encode().to_vec();
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        for signal in Signal::ALL {
            drop(super::rows(signal, Encoding::Protobuf, &bytes, RECEIVED, Verdict::Decide));
        }
    }
}
