use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryViewArray, StringViewArray, TimestampMicrosecondArray, new_null_array};
use arrow::compute::concat_batches;
use arrow::record_batch::RecordBatch;
use ingest_model::Signal;
use ingest_store::schema;

use super::*;

/// What tells a span from others.
#[derive(Debug, Clone, Copy)]
struct Told {
    ids: [u8; 2],
    start_ns: Option<i64>,
    duration_ns: Option<i64>,
    service: Option<&'static str>,
    name: Option<&'static str>,
    kind: Option<&'static str>,
    status: Option<&'static str>,
}

const TOLD: Told = Told {
    ids: [1, 1],
    start_ns: Some(5),
    duration_ns: Some(7),
    service: Some("cart"),
    name: Some("GET /carts/{id}/items"),
    kind: Some("SERVER"),
    status: None,
};

fn batch(told: &[Told], trace_state: &str) -> RecordBatch {
    let schema = Arc::clone(&schema::table(Signal::Traces).schema);
    let texts = |text: fn(&Told) -> Option<&'static str>| -> ArrayRef {
        Arc::new(told.iter().map(text).collect::<StringViewArray>())
    };
    let ints = |int: fn(&Told) -> Option<i64>| -> ArrayRef { Arc::new(told.iter().map(int).collect::<Int64Array>()) };
    let ids = |which: usize, length: usize| -> ArrayRef {
        Arc::new(BinaryViewArray::from_iter_values(told.iter().map(|span| vec![span.ids[which]; length])))
    };
    let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
        match field.name().as_str() {
            "start_time" => Arc::new(TimestampMicrosecondArray::from(vec![0; told.len()]).with_timezone("UTC")),
            "start_time_nanos" => ints(|span| span.start_ns),
            "duration_ns" => ints(|span| span.duration_ns),
            "trace_id" => ids(0, 16),
            "span_id" => ids(1, 8),
            "service_name" => texts(|span| span.service),
            "name" => texts(|span| span.name),
            "kind" => texts(|span| span.kind),
            "status_code" => texts(|span| span.status),
            "trace_state" => Arc::new(StringViewArray::from_iter_values(told.iter().map(|_| trace_state))),
            _ => new_null_array(field.data_type(), told.len()),
        }
    };
    RecordBatch::try_new(Arc::clone(&schema), schema.fields().iter().map(column).collect()).unwrap()
}

fn of(fingerprints: &Fingerprints, batch: &RecordBatch) -> Vec<u64> {
    fingerprints.of_all(&[Spans::of(batch).unwrap()])
}

#[test]
fn every_part_of_what_tells_a_span_makes_another_fingerprint() {
    let others = [
        Told { ids: [2, 1], ..TOLD },
        Told { ids: [1, 2], ..TOLD },
        Told { start_ns: Some(6), ..TOLD },
        Told { start_ns: Some(7), duration_ns: Some(5), ..TOLD },
        Told { duration_ns: None, ..TOLD },
        Told { service: None, ..TOLD },
        Told { service: Some(""), ..TOLD },
        Told { service: Some("a service of a longer name"), ..TOLD },
        Told { service: TOLD.name, name: TOLD.service, ..TOLD },
        Told { name: Some("GET /carts/{id}/item"), ..TOLD },
        Told { name: None, ..TOLD },
        Told { kind: Some("CLIENT"), ..TOLD },
        Told { kind: TOLD.status, status: TOLD.kind, ..TOLD },
        Told { status: Some("ERROR"), ..TOLD },
    ];
    let told: Vec<Told> = others.into_iter().chain([TOLD]).collect();
    let distinct: HashSet<u64> = of(&Fingerprints::new(), &batch(&told, "")).into_iter().collect();
    assert_eq!(distinct.len(), told.len());
}

#[test]
fn a_span_has_the_same_fingerprint_wherever_it_lies() {
    let fingerprints = Fingerprints::new();
    let other = Told { ids: [9, 9], service: Some("another service, of a long name"), ..TOLD };
    let (alone, behind) = (batch(&[TOLD], ""), batch(&[other, TOLD], "vendor=state"));
    let joined = concat_batches(&alone.schema(), [&behind, &alone]).unwrap();
    let expected = of(&fingerprints, &alone)[0];
    assert_eq!(of(&fingerprints, &joined)[1..], [expected, expected], "and the trace state does not tell spans apart");
    assert_eq!(of(&fingerprints, &joined.slice(1, 1)), [expected]);
}
