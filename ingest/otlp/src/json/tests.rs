use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::Span;
use proptest::prelude::*;

use super::*;
use crate::error::DecodeError;
use crate::request::{ExportRequest, request_from_json};
use crate::samples::any_request;

pub(crate) mod writer;

fn spans(text: &str) -> Result<Vec<Span>, String> {
    match request_from_json(Signal::Traces, text.as_bytes()).map_err(|error| error.to_string())? {
        ExportRequest::Traces(mut request) => Ok(request.resource_spans.remove(0).scope_spans.remove(0).spans),
        _ => Err("another signal".to_owned()),
    }
}

/// Reads the one span `fields` describes.
fn span(fields: &str) -> Result<Span, String> {
    spans(&format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#))
        .map(|mut all| all.remove(0))
}

/// Reads the one attribute value `text` describes.
fn value(text: &str) -> Result<Option<Any>, String> {
    let span = span(&format!(r#""attributes":[{{"key":"a","value":{text}}}]"#))?;
    Ok(span.attributes[0].value.clone().and_then(|value| value.value))
}

fn metric(text: &str) -> Result<Option<Data>, String> {
    let text = format!(r#"{{"resourceMetrics":[{{"scopeMetrics":[{{"metrics":[{text}]}}]}}]}}"#);
    match request_from_json(Signal::Metrics, text.as_bytes()).map_err(|error| error.to_string())? {
        ExportRequest::Metrics(mut request) => {
            Ok(request.resource_metrics.remove(0).scope_metrics.remove(0).metrics.remove(0).data)
        }
        _ => Err("another signal".to_owned()),
    }
}

#[test]
fn otlp_036_ids_are_hex_in_any_case() {
    let span = span(r#""traceId":"0A0b","spanId":"FF","parentSpanId":"","links":[{"traceId":"0c","spanId":"0D"}]"#)
        .expect("a span");
    assert_eq!((span.trace_id, span.span_id, span.parent_span_id), (vec![10, 11], vec![255], vec![]));
    assert_eq!((span.links[0].trace_id.clone(), span.links[0].span_id.clone()), (vec![12], vec![13]));
}

#[test]
fn otlp_037_snake_case_is_an_unknown_field() {
    assert_eq!(
        span(r#""trace_id":"0a","name":"n""#).map(|span| (span.trace_id, span.name)),
        Ok((vec![], "n".to_owned()))
    );
}

#[test]
fn otlp_038_enums_are_integers_and_unknown_ones_are_kept() {
    assert_eq!(span(r#""kind":99"#).map(|span| span.kind), Ok(99));
    assert_eq!(span(r#""kind":"3""#).map(|span| span.kind), Ok(3));
    assert!(span(r#""kind":"SPAN_KIND_SERVER""#).is_err());
}

#[test]
fn otlp_039_unknown_fields_are_ignored_at_every_depth() {
    let read = value(r#"{"new":{"deep":[1,{"x":null}]},"stringValue":"s","newer":1}"#);
    assert_eq!(read, Ok(Some(Any::StringValue("s".to_owned()))));
    assert_eq!(
        span(r#""status":{"code":2,"new":[]},"new":{}"#).map(|span| span.status.map(|one| one.code)),
        Ok(Some(2))
    );
}

#[test]
fn otlp_040_integers_are_numbers_or_strings() {
    for text in ["18446744073709551615", r#""18446744073709551615""#] {
        assert_eq!(span(&format!(r#""endTimeUnixNano":{text}"#)).map(|span| span.end_time_unix_nano), Ok(u64::MAX));
    }
    assert_eq!(
        span(r#""flags":"257","droppedLinksCount":1.0"#).map(|one| (one.flags, one.dropped_links_count)),
        Ok((257, 1))
    );
    for wrong in ["-1", "1.5", r#""""#, r#""x""#, "4294967296", "true", "[]", "1e99"] {
        assert!(span(&format!(r#""flags":{wrong}"#)).is_err(), "{wrong}");
    }
}

#[test]
fn a_negative_time_is_taken_bit_for_bit() {
    let read = span(r#""startTimeUnixNano":"-6795364578871345152","endTimeUnixNano":-1"#);
    let times = read.map(|span| (span.start_time_unix_nano.cast_signed(), span.end_time_unix_nano));
    assert_eq!(times, Ok((-6_795_364_578_871_345_152, u64::MAX)));
}

#[test]
fn otlp_041_null_is_the_default_everywhere() {
    let nulls = r#""traceId":null,"name":null,"kind":null,"startTimeUnixNano":null,"attributes":null,"events":[null],"status":null"#;
    assert_eq!(span(nulls).map(|span| (span.events.len(), span.name)), Ok((1, String::new())));
    assert_eq!(value("null"), Ok(None));
    assert_eq!(value(r#"{"stringValue":null}"#), Ok(None));
    assert_eq!(
        spans(r#"{"resourceSpans":[{"resource":null,"scopeSpans":[{"scope":null,"spans":null}]}]}"#),
        Ok(vec![])
    );
}

#[test]
fn otlp_041_doubles_have_names_for_what_is_no_number() {
    let double = |text: &str| match value(&format!(r#"{{"doubleValue":{text}}}"#)) {
        Ok(Some(Any::DoubleValue(number))) => Some(number),
        _ => None,
    };
    assert!(double(r#""NaN""#).is_some_and(f64::is_nan));
    assert_eq!(double(r#""-Infinity""#), Some(f64::NEG_INFINITY));
    assert_eq!(double(r#""1.5e3""#), Some(1500.0));
    assert_eq!(double("0.30000000000000004"), Some(0.1 + 0.2));
    assert_eq!(double("7"), Some(7.0));
    for wrong in [r#""inf""#, r#""nan""#, r#""""#, "true", "{}", "1e999", r#""1e999""#] {
        assert_eq!(double(wrong), None, "{wrong}");
    }
}

#[test]
fn otlp_041_a_histogram_with_infinities_keeps_its_data() {
    let text =
        r#"{"histogram":{"dataPoints":[{"sum":"Infinity","explicitBounds":[1,"Infinity"],"bucketCounts":["1",2]}]}}"#;
    let Ok(Some(Data::Histogram(histogram))) = metric(text) else {
        unreachable!("the histogram is there");
    };
    let point = &histogram.data_points[0];
    assert_eq!((point.sum, point.min, point.bucket_counts.clone()), (Some(f64::INFINITY), None, vec![1, 2]));
}

#[test]
fn otlp_041_empty_lists_are_values() {
    assert!(matches!(value(r#"{"arrayValue":{}}"#), Ok(Some(Any::ArrayValue(array))) if array.values.is_empty()));
    assert!(matches!(value(r#"{"kvlistValue":{}}"#), Ok(Some(Any::KvlistValue(list))) if list.values.is_empty()));
}

#[test]
fn otlp_042_a_null_figure_is_a_point_without_a_value() {
    let read = metric(r#"{"gauge":{"dataPoints":[{"timeUnixNano":"1","asDouble":null}]}}"#);
    assert!(matches!(read, Ok(Some(Data::Gauge(gauge))) if gauge.data_points[0].value.is_none()));
}

#[test]
fn otlp_043_bytes_are_base64_of_either_alphabet_padded_or_not() {
    for text in ["+/8=", "+/8", "-_8=", "-_8"] {
        assert_eq!(
            value(&format!(r#"{{"bytesValue":"{text}"}}"#)),
            Ok(Some(Any::BytesValue(vec![0xfb, 0xff]))),
            "{text}"
        );
    }
    assert!(value(r#"{"bytesValue":"+_8="}"#).is_err());
}

#[test]
fn otlp_044_nesting_is_bounded_and_what_is_read_can_be_sent_as_protobuf() {
    let nested = |depth: usize| {
        let (open, close) = (r#"{"kvlistValue":{"values":[{"value":"#.repeat(depth), "}]}}".repeat(depth));
        format!(
            r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{"attributes":[{{"value":{open}{{}}{close}}}]}}]}}]}}]}}"#
        )
    };
    let deepest = (1..200).take_while(|depth| spans(&nested(*depth)).is_ok()).last().expect("some nesting is fine");
    assert!((20..50).contains(&deepest), "{deepest}");
    let request = request_from_json(Signal::Traces, nested(deepest).as_bytes()).expect("readable");
    let sent = ExportRequest::decode(Signal::Traces, ingest_store::Encoding::Protobuf, &request.encode());
    assert_eq!(sent.ok(), Some(request));
    assert!(spans(&"[".repeat(1 << 20)).is_err());
}

#[test]
fn otlp_045_later_keys_win_and_damaged_texts_are_refused() {
    assert_eq!(span(r#""name":"a","name":"b""#).map(|span| span.name), Ok("b".to_owned()));
    assert_eq!(value(r#"{"stringValue":"a","intValue":"1"}"#), Ok(Some(Any::IntValue(1))));
    assert_eq!(span(r#""na\u006de":"escaped""#).map(|span| span.name), Ok("escaped".to_owned()));
    let with_mark = request_from_json(Signal::Traces, b"\xef\xbb\xbf{}").map_err(|error| error.to_string());
    assert!(with_mark.is_err_and(|text| text.contains("byte order mark")));
    for damaged in [&b"{\"resourceSpans\":[{\"schemaUrl\":\"\xff\"}]}"[..], b"", b"{} x", b"[]", b"null"] {
        assert!(request_from_json(Signal::Traces, damaged).is_err(), "{damaged:?}");
    }
}

fn path(signal: Signal, text: &str) -> String {
    match request_from_json(signal, text.as_bytes()) {
        Err(DecodeError::Json { path, .. }) => path,
        other => unreachable!("a mistake is wanted, not {other:?}"),
    }
}

#[test]
fn a_mistake_names_its_path() {
    let spans = |fields: &str| {
        let before = r#"{"resourceSpans":[{},{"scopeSpans":[{"spans":[{"name":"a,]}"},"#;
        path(Signal::Traces, &format!("{before}\n {{{fields}}} ]}}]}}]}}"))
    };
    let span = "resourceSpans[1].scopeSpans[0].spans[1]";
    assert_eq!(spans(r#""name":"b","traceId":"xyz""#), format!("{span}.traceId"));
    assert_eq!(spans(r#""traceId":"xyz","name":"b""#), format!("{span}.traceId"));
    assert_eq!(spans(r#""kind":{},"name":"b""#), format!("{span}.kind"));
    assert_eq!(spans(r#""events":[{},{"name":7}]"#), format!("{span}.events[1].name"));
    assert_eq!(
        spans(r#""attributes":[{"value":{"doubleValue":"x"}}]"#),
        format!("{span}.attributes[0].value.doubleValue")
    );
    let histogram = r#"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"explicitBounds":[1,"x"]}]}}]}]}]}"#;
    let bounds = "resourceMetrics[0].scopeMetrics[0].metrics[0].histogram.dataPoints[0].explicitBounds[1]";
    assert_eq!(path(Signal::Metrics, histogram), bounds);
    assert_eq!(path(Signal::Traces, "[]"), "the top level");
}

#[test]
fn the_signal_is_told_by_the_first_key_that_names_one() {
    assert_eq!(signal_of_json(br#"{"resourceSpans":[{"#), Some(Signal::Traces));
    assert_eq!(signal_of_json(br#" {"x":{"resourceSpans":[]},"resourceLogs":[]}"#), Some(Signal::Logs));
    assert_eq!(signal_of_json(br#"{"resourceMetrics":null}"#), Some(Signal::Metrics));
    assert_eq!((signal_of_json(b"{}"), signal_of_json(b"[1]"), signal_of_json(b"")), (None, None, None));
}

#[test]
fn a_request_at_another_signals_path_is_refused_and_shown_the_way() {
    let logs = br#"{"new":1,"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]}"#;
    for wrong in [Signal::Traces, Signal::Metrics] {
        assert!(matches!(
            request_from_json(wrong, logs),
            Err(DecodeError::Json { path, reason, .. })
                if path == "resourceLogs" && reason == "this is a request for logs; send it to /v1/logs"
        ));
    }
    assert_eq!(request_from_json(Signal::Logs, logs).map(|request| request.items()).ok(), Some(1));
    assert_eq!(path(Signal::Logs, r#"{"resourceSpans":[]}"#), "resourceSpans");
    for fine in [
        r"{}",
        r#"{"new":{"resourceLogs":[]}}"#,
        r#"{"resourceSpans":[],"resourceLogs":[]}"#,
        r#"{"resourceLogs":[],"resourceSpans":[{}]}"#,
    ] {
        assert!(request_from_json(Signal::Traces, fine.as_bytes()).is_ok(), "{fine}");
    }
}

fn signal_of(request: &ExportRequest) -> Signal {
    match request {
        ExportRequest::Traces(_) => Signal::Traces,
        ExportRequest::Logs(_) => Signal::Logs,
        ExportRequest::Metrics(_) => Signal::Metrics,
    }
}

proptest! {
    #[test]
    fn every_request_reads_back_from_json_as_it_was(request in any_request()) {
        let text = writer::request(&request).to_string();
        let read = request_from_json(signal_of(&request), text.as_bytes()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read.encode(), request.encode());
    }

    #[test]
    fn otlp_045_hostile_texts_never_panic(text in r#"(\{|\}|\[|\]|,|:|null|1|"a"|"resourceSpans"|"scopeSpans"|"spans"|"name"|"\\u12"){0,40}"#) {
        for signal in Signal::ALL {
            drop(request_from_json(signal, text.as_bytes()));
        }
        let _ = signal_of_json(text.as_bytes());
    }

    #[test]
    fn otlp_045_texts_cut_or_changed_anywhere_never_panic(request in any_request(), at: prop::sample::Index, byte: u8) {
        let mut text = writer::request(&request).to_string().into_bytes();
        let at = at.index(text.len());
        drop(request_from_json(signal_of(&request), &text[..at]));
        text[at] = byte;
        drop(request_from_json(signal_of(&request), &text));
    }
}
