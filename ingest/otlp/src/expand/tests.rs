use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::SummaryDataPoint;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::request::ExportRequest;
use crate::samples;

/// A request of `count` spans without fields.
fn empty_spans(count: usize) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { spans: vec![Span::default(); count], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

#[test]
fn a_span_without_fields_is_counted_with_what_it_takes() {
    let message = empty_spans(1000);
    assert!(message.len() < 2100);
    let spans = 1000 * size_of::<Span>();
    assert!((spans..spans + 1000).contains(&decoded_bytes(Signal::Traces, &message)));
}

#[test]
fn nesting_beyond_what_is_decoded_ends_the_walk() {
    let mut value = Vec::new();
    for _ in 0..20_000 {
        // AnyValue.array_value of ArrayValue.values, from the inside out.
        for tag in [0x0a, 0x2a] {
            let mut outer = vec![tag];
            prost::encoding::encode_varint(value.len() as u64, &mut outer);
            outer.extend_from_slice(&value[..value.len().min(64)]);
            value = outer;
        }
    }
    decoded_bytes(Signal::Logs, &value);
}

proptest! {
    #[test]
    fn any_bytes_are_walked(bytes: Vec<u8>) {
        for signal in Signal::ALL {
            decoded_bytes(signal, &bytes);
        }
    }

    #[test]
    fn no_item_goes_uncounted(request in samples::any_request()) {
        let (signal, smallest) = match request {
            ExportRequest::Traces(_) => (Signal::Traces, size_of::<Span>()),
            ExportRequest::Logs(_) => (Signal::Logs, size_of::<LogRecord>()),
            ExportRequest::Metrics(_) => (Signal::Metrics, size_of::<SummaryDataPoint>()),
        };
        prop_assert!(decoded_bytes(signal, &request.encode()) >= request.items() * smallest);
    }
}
