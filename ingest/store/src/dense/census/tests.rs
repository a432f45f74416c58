use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};

use super::*;

fn batch(objects: impl Iterator<Item = String>) -> RecordBatch {
    let objects: ArrayRef = Arc::new(StringViewArray::from_iter_values(objects));
    let schema = Schema::new(vec![Field::new(OBJECTS[0], DataType::Utf8View, true)]);
    RecordBatch::try_new(Arc::new(schema), vec![objects]).unwrap()
}

/// A census of rows that come in batches of 100.
fn census(rows: usize, object: impl Fn(usize) -> String) -> Census {
    let mut taking = Census::take(rows as u64);
    for start in (0..rows).step_by(100) {
        taking.look(&batch((start..rows.min(start + 100)).map(&object)));
    }
    taking.finish()
}

fn dense(parts: &[Census], rows: u64) -> Vec<String> {
    Census::dense(parts, rows).iter().map(|dense| dense.field().name().clone()).collect()
}

#[test]
fn a_key_of_one_row_in_a_hundred_gets_a_column_when_its_values_repeat() {
    let census = census(10_000, |row| match row % 50 {
        0..25 => format!(r#"{{"tier":"gold","id":"{row}","gone":null}}"#),
        25 => r#"{"rare":1}"#.to_owned(),
        _ => format!(r#"{{"shard":{}}}"#, row % 7),
    });
    assert_eq!(census.looked_at, 1000);
    let all = ["attributes_rest:tier", "attributes_rest:shard"];
    assert_eq!(dense(std::slice::from_ref(&census), 10_000), all);
    assert!(census.keys.contains_key("attributes_rest:id"), "told, though no column is made of it");
    assert_eq!(Census::read(&census.footer().unwrap()), census);
}

#[test]
fn rows_without_keys_say_nothing() {
    let census = census(500, |_| "{}".to_owned());
    assert_eq!((census.rows, census.footer()), (500, None));
    assert_eq!(Census::read("no census"), Census::default());
}

#[test]
fn a_key_must_be_dense_among_all_rows_that_are_merged() {
    let some = census(1000, |_| r#"{"tier":"gold"}"#.to_owned());
    assert_eq!(dense(&[some.clone(), Census::default()], 99_000), ["attributes_rest:tier"]);
    assert!(dense(&[some.clone(), Census::default()], 101_000).is_empty());
    assert_eq!(dense(&[some.clone(), some], 101_000), ["attributes_rest:tier"]);
}

#[test]
fn the_densest_keys_get_the_columns_there_are() {
    let keys = census(400, |row| {
        let members: Vec<String> =
            (0..40).filter(|key| row % 40 >= *key).map(|key| format!(r#""k{key:02}":1"#)).collect();
        format!("{{{}}}", members.join(","))
    });
    let columns = dense(&[keys], 400);
    let expected: Vec<String> = (0..COLUMNS).map(|key| format!("attributes_rest:k{key:02}")).collect();
    assert_eq!(columns, expected);
}

#[test]
fn keys_that_cannot_be_named_stay_out() {
    let long = "k".repeat(KEY_BYTES + 1);
    let census = census(10, |_| format!(r#"{{"a\"b":1,"{long}":1,"a:b":1}}"#));
    assert_eq!(dense(&[census], 10), ["attributes_rest:a:b"]);
}
