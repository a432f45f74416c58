//! A fuzzer of the decoders: requests of all kinds, changed at random, against what has to hold for any bytes.
//!
//! One target a signal and encoding. As a test each takes a few thousand inputs; `cargo xtask fuzz` gives as many as
//! one likes by `SLOWBURN_FUZZ_INPUTS`. The same seed makes the same inputs (`SLOWBURN_FUZZ_SEED`). For every input:
//!
//! * nothing panics, and it takes less than a second of CPU;
//! * every item is a row or refused, and a replay of the verdict makes the same rows;
//! * what is read of protobuf is what `prost` decodes, and what `prost` refuses is refused;
//! * it takes no more memory than was counted before.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use ingest_model::{Nanos, Signal};
use ingest_store::Encoding;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};

use crate::proto::tests::agree::{Taken, agree};
use crate::proto::{self, LogRecord, NESTING, Point, Span};
use crate::request::{ExportRequest, request_from_json};
use crate::rows::{Rows, Verdict, rows};
use crate::{expand, json, samples};

mod mutate;

use mutate::{Random, mutated};

/// Inputs of a target in an ordinary test run.
const INPUTS: u64 = 3_000;

/// Requests that inputs are made from.
const SEEDS: usize = 256;

/// No input may take longer.
const MOST_TIME: Duration = Duration::from_secs(1);

/// What the first elements of vectors take beside what is counted.
const SLACK_BYTES: usize = 16 << 10;

const RECEIVED: Nanos = Nanos(1_800_000_000_000_000_000);

/// What is fuzzed.
#[derive(Debug, Clone, Copy)]
struct Target {
    signal: Signal,
    encoding: Encoding,
}

/// What became of the inputs.
#[derive(Debug, Default)]
struct Tally {
    inputs: u64,
    by_outcome: BTreeMap<&'static str, u64>,
    largest_bytes: usize,
    slowest: Duration,
}

// === impl Target ===

impl Target {
    /// Runs the target and prints what became of the inputs.
    fn run(self) {
        let setting = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
        let inputs = setting("SLOWBURN_FUZZ_INPUTS").unwrap_or(INPUTS);
        let seed = setting("SLOWBURN_FUZZ_SEED").unwrap_or(1);
        let (seeds, mut random, started) = (self.seeds(seed), Random::new(seed), Instant::now());
        let mut tally = Tally::default();
        for number in 0..inputs {
            let input = mutated(&mut random, &seeds, self.encoding);
            let outcome = catch_unwind(AssertUnwindSafe(|| self.take(&input, number)));
            let (outcome, time) = outcome.unwrap_or_else(|cause| {
                eprintln!("{self:?} seed {seed} input {number}: {input:02x?}");
                resume_unwind(cause)
            });
            tally.add(outcome, time, input.len());
        }
        println!("{self:?} seed {seed}: {tally:?} in {} s", started.elapsed().as_secs());
    }

    /// Requests of the signal: any at all, and for every eighth the whole one that all tests send.
    fn seeds(self, seed: u64) -> Vec<Vec<u8>> {
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[u8::try_from(seed % 251).unwrap_or(0); 32]);
        let config = Config { rng_seed: RngSeed::Fixed(seed), ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, rng);
        let any = samples::any_request();
        let requests = std::iter::repeat_with(|| any.new_tree(&mut runner).expect("a request").current());
        let of_signal = requests.filter(|request| request.signal() == self.signal);
        let whole = request_from_json(self.signal, self.whole()).expect("a request");
        let whole = std::iter::repeat_n(self.encode(&whole), SEEDS / 8);
        of_signal.take(SEEDS).map(|request| self.encode(&request)).chain(whole).collect()
    }

    /// A request with every field.
    const fn whole(self) -> &'static [u8] {
        match self.signal {
            Signal::Traces => include_bytes!("../../../fixtures/otlp/traces.json"),
            Signal::Logs => include_bytes!("../../../fixtures/otlp/logs.json"),
            Signal::Metrics => include_bytes!("../../../fixtures/otlp/metrics.json"),
        }
    }

    fn encode(self, request: &ExportRequest) -> Vec<u8> {
        match self.encoding {
            Encoding::Protobuf => request.encode().to_vec(),
            Encoding::Json => json::tests::writer::request(request).to_string().into_bytes(),
        }
    }

    /// Decodes an input and checks what has to hold.
    fn take(self, input: &[u8], number: u64) -> (&'static str, Duration) {
        let started = cpu_time();
        let made = rows(self.signal, self.encoding, input, RECEIVED, Verdict::Decide);
        let time = cpu_time() - started;
        assert!(time < MOST_TIME, "it took {time:?}");
        let request = ExportRequest::decode(self.signal, self.encoding, input);
        assert_eq!(made.is_ok(), request.is_ok(), "one decoder takes what the other refuses");
        if let (Ok(made), Ok(request)) = (&made, &request) {
            assert_eq!(request.items() as u64, made.rejected.accepted() + made.rejected.count());
            assert_eq!(made.batch.num_rows() as u64, made.rejected.accepted());
            if number.is_multiple_of(16) {
                self.replay(input, made);
            }
        }
        let outcome = match self.encoding {
            Encoding::Json if made.is_ok() => "read",
            Encoding::Json => "refused",
            Encoding::Protobuf => self.compare(input),
        };
        (outcome, time)
    }

    fn replay(self, input: &[u8], made: &Rows) {
        let recorded = Verdict::Recorded(made.rejected.ordinals());
        let again = rows(self.signal, self.encoding, input, RECEIVED, recorded).expect("it was taken before");
        assert_eq!(again.batch, made.batch);
    }

    fn compare(self, input: &[u8]) -> &'static str {
        let held = match self.signal {
            Signal::Traces => proto::Request::<Span<'_>>::read(input, NESTING).map(|read| read.held_bytes()),
            Signal::Logs => proto::Request::<LogRecord<'_>>::read(input, NESTING).map(|read| read.held_bytes()),
            Signal::Metrics => proto::Request::<Point<'_>>::read(input, NESTING).map(|read| read.held_bytes()),
        };
        // A vector that grew one by one has room for twice its elements.
        let counted = 2 * expand::decoded_bytes(self.signal, input) + SLACK_BYTES;
        assert!(held.is_ok_and(|held| held <= counted) || held.is_err(), "{held:?} of {counted} bytes");
        match agree(self.signal, input) {
            Taken::Plain => "plain",
            Taken::Merged => "merged",
            Taken::Refused => "refused",
        }
    }
}

/// CPU time of this thread, which other processes do not lengthen (Linux, Documentation/scheduler/sched-stats.rst).
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(stat.split(' ').next().and_then(|text| text.parse().ok()).expect("a number of nanoseconds"))
}

// === impl Tally ===

impl Tally {
    fn add(&mut self, outcome: &'static str, time: Duration, bytes: usize) {
        self.inputs += 1;
        *self.by_outcome.entry(outcome).or_default() += 1;
        self.slowest = self.slowest.max(time);
        self.largest_bytes = self.largest_bytes.max(bytes);
    }
}

#[test]
fn traces_protobuf() {
    Target { signal: Signal::Traces, encoding: Encoding::Protobuf }.run();
}

#[test]
fn logs_protobuf() {
    Target { signal: Signal::Logs, encoding: Encoding::Protobuf }.run();
}

#[test]
fn metrics_protobuf() {
    Target { signal: Signal::Metrics, encoding: Encoding::Protobuf }.run();
}

#[test]
fn traces_json() {
    Target { signal: Signal::Traces, encoding: Encoding::Json }.run();
}

#[test]
fn logs_json() {
    Target { signal: Signal::Logs, encoding: Encoding::Json }.run();
}

#[test]
fn metrics_json() {
    Target { signal: Signal::Metrics, encoding: Encoding::Json }.run();
}
