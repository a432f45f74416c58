//! Latency sketches as PromQL's histograms.

use ingest_signals::SCALE;
use query_promql::{Histogram, number, otlp};

/// Milliseconds of a minute.
pub(super) const MINUTE: i64 = 60_000;

/// The unit of a histogram.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    /// UCUM.
    pub(super) code: &'static str,
    /// Nanoseconds of one.
    pub(super) nanos: f64,
}

pub(super) const MILLISECONDS: Unit = Unit { code: "ms", nanos: 1e6 };
pub(super) const SECONDS: Unit = Unit { code: "s", nanos: 1e9 };

/// Bounds of classic buckets in nanoseconds: those both connectors have by default.
const BOUNDS: [f64; 16] =
    [2e6, 4e6, 6e6, 8e6, 10e6, 50e6, 100e6, 200e6, 400e6, 800e6, 1e9, 1.4e9, 2e9, 5e9, 10e9, 15e9];

/// Buckets a power of two.
const PER_OCTAVE: f64 = (1_u32 << SCALE) as f64;

/// The sketch of a row and the sum of what it holds.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Latency<'a> {
    /// The bucket of the first count.
    pub(super) offset: i64,
    pub(super) counts: &'a [f64],
    /// Nanoseconds.
    pub(super) sum_ns: f64,
}

/// The bound of the classic bucket that holds a duration, as a label.
pub(super) fn bucket(unit: Unit, nanos: f64) -> String {
    let bound = BOUNDS.iter().find(|bound| nanos <= **bound);
    bound.map_or_else(|| "+Inf".to_owned(), |bound| number(bound / unit.nanos))
}

// === impl Latency ===

impl Latency<'_> {
    pub(super) fn count(&self) -> f64 {
        self.counts.iter().sum()
    }

    fn buckets(&self) -> impl Iterator<Item = (i64, f64)> {
        (self.offset..).zip(self.counts.iter().copied()).filter(|(_, count)| *count != 0.0)
    }

    /// A native histogram of the sketch's schema. Bounds in nanoseconds are none in other units: buckets move by a whole
    /// number of places, which is next to right: 0.4 % less in milliseconds, 0.6 % more in seconds.
    pub(super) fn native(&self, unit: Unit) -> Histogram {
        let shift = (PER_OCTAVE * unit.nanos.log2()).round() as i64;
        // Bucket `i` of a sketch ends where bucket `i + 1` of a histogram does.
        let place = |bucket: i64| i32::try_from(bucket + 1 - shift).unwrap_or(i32::MAX);
        Histogram {
            zero_threshold: otlp::ZERO_THRESHOLD,
            count: self.count(),
            sum: self.sum_ns / unit.nanos,
            positive: self.buckets().map(|(bucket, count)| (place(bucket), count)).collect(),
            ..Histogram::empty(SCALE.cast_signed())
        }
    }

    /// Counts up to each bound, whose bucket counts where its middle is not above it; as labels and counts.
    pub(super) fn classic(&self, unit: Unit) -> Vec<(String, f64)> {
        let up_to = |bound: f64| {
            let last = (PER_OCTAVE * bound.log2() - 0.5).floor() as i64;
            self.buckets().filter(|(bucket, _)| *bucket <= last).map(|(_, count)| count).sum::<f64>()
        };
        let mut told: Vec<_> = BOUNDS.iter().map(|bound| (number(bound / unit.nanos), up_to(*bound))).collect();
        told.push(("+Inf".to_owned(), self.count()));
        told
    }
}

#[cfg(test)]
mod tests {
    use ingest_signals::Sketch;

    use super::*;

    fn sketch(durations_ns: impl IntoIterator<Item = u64>) -> Sketch {
        let mut sketch = Sketch::default();
        durations_ns.into_iter().for_each(|duration| sketch.record(duration, 1.0));
        sketch
    }

    fn latency(sketch: &Sketch) -> Latency<'_> {
        Latency { offset: sketch.offset(), counts: sketch.counts(), sum_ns: 5e9 }
    }

    #[test]
    fn a_duration_lies_within_its_bucket_or_next_to_it() {
        for nanos in [1_000_u64, 999_999, 1_000_000, 1_000_001, 123_456_789, 3_600_000_000_000] {
            let sketch = sketch([nanos]);
            for unit in [MILLISECONDS, SECONDS] {
                let native = latency(&sketch).native(unit);
                let (index, count) = native.positive[0];
                let upper = (f64::from(index) / PER_OCTAVE).exp2();
                let value = nanos as f64 / unit.nanos;
                assert!((upper / value).log2().abs() < 1.3 / PER_OCTAVE, "{nanos} ns end at {upper} {}", unit.code);
                assert_eq!((count, native.count, native.sum), (1.0, 1.0, 5e9 / unit.nanos));
            }
        }
    }

    #[test]
    fn classic_buckets_count_up() {
        let sketch = sketch([1_000_000, 3_000_000, 3_000_000, 20_000_000_000]);
        let told = latency(&sketch).classic(SECONDS);
        let told: Vec<_> = told.iter().map(|(le, count)| (le.as_str(), *count)).collect();
        assert_eq!(told[..3], [("0.002", 1.0), ("0.004", 3.0), ("0.006", 3.0)]);
        assert_eq!(told[14..], [("10", 3.0), ("15", 3.0), ("+Inf", 4.0)]);
    }
}
