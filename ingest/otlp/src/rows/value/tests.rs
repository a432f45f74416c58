use opentelemetry_proto::tonic::common::v1::any_value::Value as Sent;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue as Entry};
use opentelemetry_proto::tonic::logs::v1::LogRecord as Record;
use proptest::prelude::*;

use super::*;
use crate::proto::{LogRecord, NESTING, Request};
use crate::samples::{any_value, attribute, logs};

/// What is written of a log record.
fn write(record: Record, write: impl Fn(&mut String, &Request<'_, LogRecord<'_>>)) -> String {
    let (bytes, mut out) = (logs(vec![record]).encode(), String::new());
    write(&mut out, &Request::read(&bytes, NESTING).expect("it is plain"));
    out
}

fn written(value: &Sent) -> String {
    let body = Some(AnyValue { value: Some(value.clone()) });
    write(Record { body, ..Record::default() }, |out, read| {
        write_value(out, read.items[0].body.expect("it was sent"));
    })
}

fn object(entries: &[Entry]) -> String {
    let attributes = entries.to_vec();
    write(Record { attributes, ..Record::default() }, |out, read| {
        write_object(out, read.items[0].attributes.of(&read.lists.attributes));
    })
}

#[test]
fn otlp_047_every_kind_of_value_has_its_own_form() {
    let list = AnyValue { value: Some(Sent::IntValue(1)) };
    let array = ArrayValue { values: vec![list, AnyValue { value: None }] };
    let cases = [
        (Sent::StringValue("a\"\\\n\u{1}é".to_owned()), r#""a\"\\\n\u0001é""#),
        (Sent::IntValue(1), "1"),
        (Sent::IntValue(i64::MIN), "-9223372036854775808"),
        (Sent::DoubleValue(1.0), "1.0"),
        (Sent::DoubleValue(1e21), "1e21"),
        (Sent::DoubleValue(0.1 + 0.2), "0.30000000000000004"),
        (Sent::DoubleValue(f64::NAN), r#"{"$double":"NaN"}"#),
        (Sent::DoubleValue(f64::INFINITY), r#"{"$double":"Infinity"}"#),
        (Sent::DoubleValue(f64::NEG_INFINITY), r#"{"$double":"-Infinity"}"#),
        (Sent::BoolValue(true), "true"),
        (Sent::BytesValue(vec![0xfb, 0xff]), r#"{"$bytes":"+/8="}"#),
        (Sent::ArrayValue(array), "[1,null]"),
    ];
    for (value, json) in cases {
        assert_eq!(written(&value), json);
    }
}

#[test]
fn otlp_051_references_into_a_string_table_are_absent() {
    assert_eq!(written(&Sent::StringValueStrindex(7)), "null");
}

#[test]
fn otlp_052_the_first_of_several_entries_with_one_key_wins() {
    let entries = [attribute("a", 1), attribute("b", 2), attribute("a", 3)];
    assert_eq!(object(&entries), r#"{"a":1,"b":2}"#);
    let many: Vec<_> = (0..100).map(|number| attribute(&format!("key{}", number % 50), number)).collect();
    let read: serde_json::Value = serde_json::from_str(&object(&many)).expect("an object");
    assert_eq!((read["key0"].clone(), read["key49"].clone()), (0.into(), 49.into()));
}

#[test]
fn a_key_cannot_pass_for_a_form() {
    assert_eq!(object(&[attribute("$bytes", 1)]), r#"{"$$bytes":1}"#);
    assert_eq!(object(&[]), "{}");
}

proptest! {
    #[test]
    fn every_value_is_json_and_doubles_keep_their_bits(value in any_value()) {
        let out = value.value.as_ref().map_or_else(|| "null".to_owned(), written);
        prop_assert!(serde_json::from_str::<serde::de::IgnoredAny>(&out).is_ok(), "{}", out);
        if let Some(Sent::DoubleValue(number)) = value.value && number.is_finite() {
            prop_assert_eq!(out.parse::<f64>().map(f64::to_bits), Ok(number.to_bits()));
            prop_assert!(out.contains(['.', 'e']));
        }
    }
}
