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

fn measure(signal: Signal) {
    let folder = std::env::var("SLOWBURN_CORPUS").expect("SLOWBURN_CORPUS names the folder of the corpus");
    let (mut items, mut prost, mut whole, mut held, mut bytes) = (0, 0, 0, 0, 0);
    for body in bodies(&Path::new(&folder).join(format!("{signal}.corpus"))) {
        let started = cpu_ns();
        let request = ExportRequest::decode(signal, Encoding::Protobuf, &body).expect("a request");
        items += request.items();
        drop(request);
        let between = cpu_ns();
        let rows = rows(signal, Encoding::Protobuf, &body, RECEIVED, Verdict::Decide).expect("rows");
        whole += cpu_ns() - between;
        prost += between - started;
        held += memory_bytes(&rows.batch);
        bytes += body.len();
    }
    let each = |total: u64| total as f64 / 1e3 / items as f64;
    println!(
        "{signal}: {items} items of {} bytes; CPU s a million: prost's messages alone {:.3}, rows {:.3}; rows take {} bytes each",
        bytes / items,
        each(prost),
        each(whole),
        held / items
    );
}

#[test]
#[ignore = "a measurement"]
fn cpu_seconds_a_million_spans() {
    measure(Signal::Traces);
}

#[test]
#[ignore = "a measurement"]
fn cpu_seconds_a_million_logs() {
    measure(Signal::Logs);
}
