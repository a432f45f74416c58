use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::*;
use crate::samples::TIME;

fn record() -> LogRecord {
    LogRecord { time_unix_nano: TIME, observed_time_unix_nano: TIME + 1_000, ..LogRecord::default() }
}

fn body(value: Value) -> LogRecord {
    LogRecord { body: Some(AnyValue { value: Some(value) }), ..record() }
}

#[test]
fn otlp_068_a_whole_record_becomes_a_whole_row() {
    let whole = LogRecord {
        severity_number: 17,
        severity_text: "ERROR".to_owned(),
        attributes: vec![text_attribute("exception.type", "Oops"), attribute("n", 1)],
        dropped_attributes_count: 3,
        flags: 0x1_01,
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        event_name: "checkout".to_owned(),
        ..body(Value::StringValue("it \"broke\"".to_owned()))
    };
    let expected = r#"time = 2026-01-01T00:00:00Z
time_nanos = 0
observed_delay_ns = 1000
trace_id = 01010101010101010101010101010101
span_id = 0202020202020202
severity_number = 17
severity_text = ERROR
body = it "broke"
body_type = string
event_name = checkout
flags = 257
attr_exception_type = Oops
attributes_rest = {"n":1}
dropped_attributes_count = 3
service_name = shop
resource_attributes_rest = {"host.name":7}
resource_dropped_attributes_count = 1
scope_name = tracer
scope_version = 1.2
scope_attributes = {"a":1}
scope_dropped_attributes_count = 2
"#;
    assert_eq!(row(&decide(&logs(vec![whole])).batch, 0), expected);
}

#[test]
fn otlp_065_without_a_time_the_observed_one_counts_and_then_the_received_one() {
    let unknown = LogRecord { time_unix_nano: 0, observed_time_unix_nano: TIME + 1_007, ..record() };
    let batch = decide(&logs(vec![unknown.clone(), LogRecord { observed_time_unix_nano: 0, ..unknown }])).batch;
    assert_eq!(column(&batch, "time"), ["2026-01-01T00:00:00.000001Z", "2027-01-15T08:00:00Z"]);
    assert_eq!(column(&batch, "time_nanos"), ["", ""]);
    assert_eq!(column(&batch, "observed_delay_ns"), ["7", ""]);
}

#[test]
fn otlp_067_a_body_of_any_kind_is_kept_with_its_kind() {
    let list = KeyValueList { values: vec![attribute("a", 1)] };
    let records = vec![
        body(Value::KvlistValue(list)),
        body(Value::IntValue(5)),
        body(Value::DoubleValue(5.0)),
        body(Value::BytesValue(vec![0])),
        body(Value::BoolValue(false)),
        record(),
    ];
    let batch = decide(&logs(records)).batch;
    assert_eq!(column(&batch, "body"), [r#"{"a":1}"#, "5", "5.0", r#"{"$bytes":"AA=="}"#, "false", ""]);
    assert_eq!(column(&batch, "body_type"), ["kvlist", "int", "double", "bytes", "bool", ""]);
}

#[test]
fn otlp_069_a_record_with_an_invalid_id_is_kept_without_it() {
    let invalid = LogRecord { trace_id: vec![1; 3], span_id: vec![0; 8], ..record() };
    let rows = decide(&logs(vec![invalid]));
    assert_eq!(
        (column(&rows.batch, "trace_id"), column(&rows.batch, "span_id")),
        (vec![String::new()], vec![String::new()])
    );
    assert_eq!(rows.rejected.count(), 0);
}

#[test]
fn otlp_071_records_that_are_alike_are_all_kept() {
    assert_eq!(decide(&logs(vec![record(); 3])).batch.num_rows(), 3);
}

#[test]
fn a_record_whose_time_is_impossible_is_kept_at_the_next_best_time() {
    let late = LogRecord { time_unix_nano: u64::MAX - 6, ..record() };
    let batch = decide(&logs(vec![late.clone(), LogRecord { observed_time_unix_nano: u64::MAX, ..late }])).batch;
    assert_eq!(column(&batch, "time"), ["2026-01-01T00:00:00.000001Z", "2027-01-15T08:00:00Z"]);
    // Given is what `time` and this make: -7, as a signed number.
    let past = |given: i64, time: u64| given.wrapping_sub(time.cast_signed()).to_string();
    assert_eq!(column(&batch, "time_nanos"), [past(-7, TIME + 1_000), past(-7, 1_800_000_000_000_000_000)]);
    assert_eq!(column(&batch, "observed_delay_ns"), [(TIME + 1_007).to_string(), "6".to_owned()]);
}
