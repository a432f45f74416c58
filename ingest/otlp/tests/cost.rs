//! What decoding costs. A measurement, to be run by hand in a release build over files of request bodies, each a
//! u32 little-endian length and then protobuf:
//! `SLOWBURN_CORPUS=FOLDER cargo test --release --package deploy-server --package ingest-otlp --test cost -- --ignored --nocapture`

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{BufReader, Read as _};
use std::path::Path;

use arrow::array::Array as _;
use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Signal};
use ingest_otlp::{ExportRequest, Verdict, rows};
use ingest_store::Encoding;

/// Requests of each file that are decoded.
const REQUESTS: usize = 1_000;

const RECEIVED: Nanos = Nanos(1_800_000_000_000_000_000);

/// CPU nanoseconds of this thread (Linux, Documentation/scheduler/sched-stats.rst).
fn cpu_ns() -> u64 {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    stat.split(' ').next().and_then(|text| text.parse().ok()).expect("a number of nanoseconds")
}

/// The bodies of a file, or the first of them.
fn bodies(file: &Path) -> impl Iterator<Item = Vec<u8>> {
    let mut from = BufReader::new(File::open(file).expect("the corpus is there"));
    let body = move || {
        let mut length = [0; 4];
        from.read_exact(&mut length).ok()?;
        let mut body = vec![0; u32::from_le_bytes(length) as usize];
        from.read_exact(&mut body).expect("a whole body");
        Some(body)
    };
    std::iter::from_fn(body).take(REQUESTS)
}

/// Memory of a batch in bytes; columns that are one array count once.
fn memory_bytes(batch: &RecordBatch) -> usize {
    let mut seen = HashSet::new();
    let new = batch.columns().iter().filter(|column| seen.insert(std::sync::Arc::as_ptr(column).cast::<()>()));
    new.map(|column| column.get_array_memory_size()).sum()
}

/// Tells what a million items cost that `work` is given the bodies of.
fn measure(signal: Signal, name: &str, mut work: impl FnMut(&[u8]) -> (usize, usize)) -> String {
    let folder = std::env::var("SLOWBURN_CORPUS").expect("SLOWBURN_CORPUS names the folder of the corpus");
    let (mut items, mut cpu, mut held, mut bytes) = (0, 0, 0, 0);
    for body in bodies(&Path::new(&folder).join(format!("{signal}.corpus"))) {
        let started = cpu_ns();
        let (made, takes) = work(&body);
        cpu += cpu_ns() - started;
        items += made;
        held += takes;
        bytes += body.len();
    }
    let (seconds, bytes, held) = (cpu as f64 / 1e3 / items as f64, bytes / items, held / items);
    format!("{signal}, {name}: {items} items of {bytes} bytes; {seconds:.3} CPU s a million; {held} bytes an item")
}

fn rows_of(signal: Signal) -> String {
    measure(signal, "rows", |body| {
        let rows = rows(signal, Encoding::Protobuf, body, RECEIVED, Verdict::Decide).expect("rows");
        (rows.batch.num_rows(), memory_bytes(&rows.batch))
    })
}

/// What the messages of `prost` cost, to compare with.
fn messages_of(signal: Signal) -> String {
    measure(signal, "messages of prost", |body| {
        let request = ExportRequest::decode(signal, Encoding::Protobuf, body).expect("a request");
        (request.items(), 0)
    })
}

#[test]
#[ignore = "a measurement"]
fn rows_of_spans() {
    println!("{}", rows_of(Signal::Traces));
}

#[test]
#[ignore = "a measurement"]
fn rows_of_logs() {
    println!("{}", rows_of(Signal::Logs));
}

#[test]
#[ignore = "a measurement"]
fn messages_of_spans() {
    println!("{}", messages_of(Signal::Traces));
}

#[test]
#[ignore = "a measurement"]
fn messages_of_logs() {
    println!("{}", messages_of(Signal::Logs));
}
