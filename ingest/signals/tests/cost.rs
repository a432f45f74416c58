//! What deriving costs. A measurement, to be run by hand in a release build:
//! `cargo test --release --package deploy-server --package ingest-signals --test cost -- --ignored --nocapture`

use std::fs;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryViewArray, Int64Array, RecordBatch, StringViewArray, TimestampMicrosecondArray, new_null_array,
};
use ingest_model::Signal;
use ingest_signals::GoldenSignals;
use ingest_store::{Derive, schema};

const FLUSHES: u64 = 40;
const BATCHES: u64 = 20;
const ROWS: u64 = 8_192;

/// Spans of 50 services with 20 operations each, in the order an exporter sends them: a service at
/// a time; all of one minute.
fn spans(first: u64) -> RecordBatch {
    let numbers: Vec<u64> = (first..first + ROWS).collect();
    // SplitMix64's finalizer: ids and durations without an order.
    let mixed = |number: u64| {
        let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    };
    let schema = Arc::clone(&schema::table(Signal::Traces).schema);
    let times = |scale: i64| numbers.iter().map(move |number| ((number / 4_000) as i64) * scale);
    let texts = |text: fn(u64) -> String| -> ArrayRef {
        Arc::new(StringViewArray::from_iter_values(numbers.iter().map(|number| text(*number))))
    };
    let ids = |from: u64, length: usize| -> ArrayRef {
        let id =
            |number: &u64| [mixed(number + from), mixed(*number)].map(u64::to_le_bytes).concat()[..length].to_vec();
        Arc::new(BinaryViewArray::from_iter_values(numbers.iter().map(id)))
    };
    let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
        match field.name().as_str() {
            "start_time" => {
                Arc::new(TimestampMicrosecondArray::from_iter_values(times(1_000_000)).with_timezone("UTC"))
            }
            "start_time_nanos" => Arc::new(Int64Array::from_iter_values(times(0))),
            "duration_ns" => Arc::new(Int64Array::from_iter_values(
                numbers.iter().map(|number| (mixed(*number) % 50_000_000) as i64),
            )),
            "trace_id" => ids(1 << 40, 16),
            "span_id" => ids(1 << 50, 8),
            "service_name" => texts(|number| format!("ts-service-{:02}", number / 160 % 50)),
            "name" => texts(|number| format!("GET /api/v1/resource/{}", number % 20)),
            "kind" => texts(|number| if number % 2 == 0 { "SERVER" } else { "INTERNAL" }.to_owned()),
            "status_code" => texts(|_| "UNSET".to_owned()),
            _ => new_null_array(field.data_type(), numbers.len()),
        }
    };
    RecordBatch::try_new(Arc::clone(&schema), schema.fields().iter().map(column).collect()).expect("rows of the schema")
}

/// CPU nanoseconds of this thread (Linux, Documentation/scheduler/sched-stats.rst).
fn cpu_ns() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    stat.split(' ').next().and_then(|text| text.parse().ok()).expect("a number of nanoseconds")
}

#[test]
#[ignore = "a measurement"]
fn cpu_seconds_a_million_spans() {
    let golden = GoldenSignals::new();
    let (mut derived, mut remembered) = (0, 0);
    for flush in 0..FLUSHES {
        let source: Vec<RecordBatch> = (0..BATCHES).map(|batch| spans((flush * BATCHES + batch) * ROWS)).collect();
        let started = cpu_ns();
        let share = golden.share(&source, flush).unwrap();
        let between = cpu_ns();
        golden.committed(&share.counted, flush + 1);
        derived += between - started;
        remembered += cpu_ns() - between;
        assert_eq!(share.counted.len() as u64, BATCHES * ROWS);
    }
    let millions = (FLUSHES * BATCHES * ROWS) as f64 / 1e6;
    let seconds = |ns: u64| ns as f64 / 1e9 / millions;
    println!("CPU s a million spans: derive {:.3}, remember {:.3}", seconds(derived), seconds(remembered));
}
