//! Replays injected faults of a real system, and says how often the service at fault comes first.
//!
//! ```sh
//! SLOWBURN_FAULTS=folder cargo run --release -p query-cause --example replay
//! ```
//!
//! The folder holds `faults.json` (a list of `{"inject_time_utc", "service", "fault"}`), `traces`, `logs` and `metrics` as
//! OTLP/JSON, one request a line, `.jsonl` or `.jsonl.zst` (read through the command `zstd`), and a folder `normal` with
//! `traces` and `logs` of a time without faults. A fault window is the three minutes from its injection; its baseline is
//! `normal`, for metrics the hour before. Nothing else of the recording is looked at. Arguments:
//!
//! * `-v` tells the first three suspects of every fault with their words;
//! * `--late 60` begins the fault windows so many seconds late;
//! * `--without logs`, `traces` or `metrics` does as if there were none; may be given twice.
#![expect(clippy::print_stdout, reason = "a program that prints a table")]

mod floor;
mod otlp;
mod table;

use std::error::Error;
use std::path::PathBuf;

use query_cause::{ResourceSeries, Seen, SeenRecord, SeenSpan, Suspects, suspects};
use serde::Deserialize;

use otlp::{Reading, Recording};

/// Length of a fault window.
const WINDOW_NS: i64 = 180_000_000_000;

/// Length of the baseline of metrics.
const BEFORE_NS: i64 = 3_600_000_000_000;

/// An injected fault.
#[derive(Debug, Deserialize)]
struct Fault {
    inject_time_utc: String,
    service: String,
    fault: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder =
        PathBuf::from(std::env::var("SLOWBURN_FAULTS").map_err(|_| "set SLOWBURN_FAULTS to the folder of faults")?);
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let told = arguments.iter().any(|argument| argument == "-v");
    let after =
        |name: &'static str| arguments.windows(2).filter(move |pair| pair[0] == name).map(|pair| pair[1].as_str());
    let without: Vec<&str> = after("--without").collect();
    let late: i64 = after("--late").next().map_or(Ok(0), str::parse)?;
    let faults: Vec<Fault> = serde_json::from_str(&std::fs::read_to_string(folder.join("faults.json"))?)?;
    let recording = Recording::read(&folder, &without)?;
    let normal = Recording::read(&folder.join("normal"), &without)?;
    let baseline = seen(&normal, i64::MIN, i64::MAX);
    let mut outcomes = Vec::new();
    for fault in &faults {
        let from =
            otlp::time_ns(&fault.inject_time_utc).ok_or("inject_time_utc is no time such as 2023-01-29T08:43:04Z")?;
        let (from, to) = (from + late * 1_000_000_000, from + WINDOW_NS);
        let resources = resources(&recording.readings, from, to);
        let found = suspects(&baseline, &seen(&recording, from, to), &resources);
        if told {
            tell(fault, &found);
        }
        outcomes.push(table::Outcome {
            kind: fault.fault.clone(),
            rank: rank(found.services.iter().map(|one| one.service.as_str()), &fault.service),
            floor: floor::rank_by_farthest(&recording.readings, from, to, &fault.service),
            candidates: found.services.len(),
        });
    }
    table::print(&outcomes);
    Ok(())
}

/// The place of the service at fault, from 1.
fn rank<'a>(mut services: impl Iterator<Item = &'a str>, wanted: &str) -> Option<usize> {
    services.position(|service| service == wanted).map(|place| place + 1)
}

/// What a recording shows from one time to another.
fn seen(recording: &Recording, from: i64, to: i64) -> Seen<'_> {
    let within = |time: i64| from <= time && time < to;
    let span = |span: &'_ otlp::Span| within(span.start_ns);
    let spans = recording.spans.iter().filter(|one| span(one)).map(|span| SeenSpan {
        trace: span.trace,
        id: span.id,
        parent: span.parent,
        service: &span.service,
        name: &span.name,
        calls: span.calls,
        peer: &span.peer,
        start_ns: span.start_ns,
        end_ns: span.end_ns,
        failed: span.failed,
    });
    let records = recording.records.iter().filter(|record| within(record.time_ns)).map(|record| SeenRecord {
        trace: record.trace,
        span: record.span,
        service: &record.service,
        time_ns: record.time_ns,
        severity: record.severity,
        exception: record.exception,
        text: &record.text,
    });
    Seen { spans: spans.collect(), records: records.collect() }
}

/// Processor and memory of processes, containers and pods, by OTel's names; the host's are shared by all on it.
fn resources(readings: &[Reading], from: i64, to: i64) -> Vec<ResourceSeries> {
    let own = |name: &str| {
        let of_process =
            ["process.", "container.", "k8s.container.", "k8s.pod."].iter().any(|start| name.starts_with(start));
        of_process && (name.contains("cpu") || name.contains("memory"))
    };
    let series = |reading: &Reading| ResourceSeries {
        service: reading.service.to_string(),
        instance: reading.instance.to_string(),
        name: reading.name.to_string(),
        is_share: reading.unit == "1",
        baseline: reading.between(from - BEFORE_NS, from),
        fault: reading.between(from, to),
    };
    readings.iter().filter(|reading| own(&reading.name)).map(series).collect()
}

/// The first suspects in words.
fn tell(fault: &Fault, found: &Suspects) {
    println!("{} {} {}", fault.inject_time_utc, fault.fault, fault.service);
    for (place, suspect) in found.services.iter().take(3).enumerate() {
        println!("  {}. {} {:.2}", place + 1, suspect.service, suspect.score);
        for finding in suspect.findings.iter().take(3) {
            println!("     {:.2} {}", finding.score, finding.words);
        }
        let (impact, first) = (&suspect.impact, &suspect.first_failing);
        println!("     {} of {} traces, called by {}", impact.traces, impact.traces_total, impact.callers.join(", "));
        if let Some(first) = first {
            println!("     first in {:032x}, span {:016x} {}", first.trace, first.span, first.name);
        }
    }
}
