//! Answers as Prometheus' HTTP API writes them.

use query_promql::{Labels, PromqlError, Times, Value, json};
use serde_json::{Value as Json, json};

use crate::histograms::histogram;
use crate::world::World;

fn world() -> World {
    let mut world = World::default();
    let series = Labels::new([("__name__", "m"), ("job", "a")]);
    world.add(series.clone(), 0, Value::Float(1.5));
    world.add(series, 15_500, Value::Float(f64::INFINITY));
    let buckets = histogram("{{schema:0 sum:5 count:4 z_bucket:1 z_bucket_w:0.5 buckets:[1 2] offset:1}}");
    world.add(Labels::new([("__name__", "h")]), 0, Value::from(buckets));
    world
}

fn instant(query: &str, at: i64) -> Json {
    let answer = world().instant(query, at).expect("an answer");
    serde_json::to_value(json::success(answer, at)).expect("JSON")
}

#[test]
fn numbers_texts_and_vectors() {
    let scalar = json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "2e-07"]}});
    assert_eq!(instant("2e-7", 1_000), scalar);
    let text = json!({"status": "success", "data": {"resultType": "string", "result": [1, "a"]}});
    assert_eq!(instant("\"a\"", 1_000), text);
    let vector = json!({"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"__name__": "m", "job": "a"}, "value": [15.5, "+Inf"]}
    ]}});
    assert_eq!(instant("m", 15_500), vector);
}

#[test]
fn a_range_is_a_matrix() {
    let answer = world().range("m", Times { start: 0, end: 30_000, step: 15_000 }).expect("an answer");
    let body = serde_json::to_value(json::success(answer, 0)).expect("JSON");
    let matrix = json!({"status": "success", "data": {"resultType": "matrix", "result": [
        {"metric": {"__name__": "m", "job": "a"}, "values": [[0, "1.5"], [15, "1.5"], [30, "+Inf"]]}
    ]}});
    assert_eq!(body, matrix);
}

#[test]
fn native_histograms_have_buckets_with_their_bounds() {
    let vector = json!({"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"__name__": "h"}, "histogram": [0, {"count": "4", "sum": "5", "buckets": [
            [3, "-0.5", "0.5", "1"], [0, "1", "2", "1"], [0, "2", "4", "2"]
        ]}]}
    ]}});
    assert_eq!(instant("h", 0), vector);
}

#[test]
fn what_is_said_beside_an_answer_is_listed() {
    let body = instant("rate(m[1m])", 15_500);
    let info = body["infos"][0].as_str().expect("an info");
    assert!(info.contains("might not be a counter"), "{info}");
    assert_eq!(body.get("warnings"), None);
}

#[test]
fn errors_have_a_type() {
    let error = world().instant("sum(", 0).expect_err("no PromQL");
    let body = serde_json::to_value(json::Failure::of(&error)).expect("JSON");
    assert_eq!((&body["status"], &body["errorType"]), (&json!("error"), &json!("bad_data")));
    let body = serde_json::to_value(json::Failure::of(&PromqlError::Canceled)).expect("JSON");
    assert_eq!(body["errorType"], json!("canceled"));
}
