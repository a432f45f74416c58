//! Clean series of several kinds, from a seed: four weeks of 5 minutes to learn, and as many that nobody has seen.

use std::f64::consts::TAU;

use ingest_model::Nanos;
use query_baseline::series::Sample;

/// Points of four weeks of 5 minutes.
pub(crate) const POINTS: usize = 8_064;

/// Nanoseconds of 5 minutes.
const STEP_NS: i64 = 300_000_000_000;

/// Monday, 2026-11-02 00:00 UTC.
const EPOCH: i64 = 1_793_577_600_000_000_000;

/// Kinds of series.
pub(crate) const KINDS: [&str; 7] = ["normal", "heavy tail", "autocorrelated", "daily", "counts", "weekly", "steps"];

/// Numbers that look like chance (Knuth's MMIX generator, the upper bits).
#[derive(Debug)]
pub(crate) struct Random(u64);

// === impl Random ===

impl Random {
    pub(crate) fn seeded(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        random.share();
        random.share();
        random
    }

    /// 0 to 1, without both.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// Box and Muller, 1958.
    fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (TAU * self.share()).cos()
    }
}

/// When a point is measured.
pub(crate) const fn at(point: usize) -> Nanos {
    Nanos(EPOCH + point as i64 * STEP_NS)
}

/// A clean series of twice four weeks.
pub(crate) fn series(kind: usize, random: &mut Random) -> Vec<Sample> {
    let mut before = 0.0;
    let point = |point: usize| {
        let day = (TAU * point as f64 / 288.0).sin();
        let weekend = point % 2_016 >= 1_440;
        let value = match kind {
            0 => 50.0 + random.normal(),
            1 => 50.0 + random.normal() / ((0..3).map(|_| random.normal().powi(2)).sum::<f64>() / 3.0).sqrt(),
            2 => {
                before = 0.9 * before + random.normal();
                before
            }
            3 => 100.0 + 30.0 * day + 3.0 * random.normal(),
            4 => (20.0 + 10.0 * day + (20.0 + 10.0 * day).sqrt() * random.normal()).round().max(0.0),
            5 => (if weekend { 0.4 } else { 1.0 }) * (100.0 + 40.0 * day) + 3.0 * random.normal(),
            _ => (10.0 + 3.0 * random.share()).floor(),
        };
        Sample { at: at(point), value }
    };
    (0..2 * POINTS).map(point).collect()
}
