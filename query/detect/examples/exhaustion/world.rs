//! Bounded resources of several kinds, from a seed: sixty days of ten minutes, with gaps. All end at 100.

use std::f64::consts::TAU;

use ingest_model::Nanos;
use query_detect::exhaustion::Sample;

/// Where every resource ends.
pub(crate) const LIMIT: f64 = 100.0;

/// Samples of a day.
pub(crate) const DAY: usize = 144;

/// Days of a series.
const DAYS: usize = 60;

/// Nanoseconds of ten minutes.
const STEP_NS: i64 = 600_000_000_000;

/// Monday, 2026-11-02 00:00 UTC.
const EPOCH: i64 = 1_793_577_600_000_000_000;

/// Kinds of resources.
pub(crate) const KINDS: [&str; 12] = [
    "linear fill",
    "fill with daily season",
    "accelerating",
    "backups of each night",
    "idle, then fill",
    "step, then growth",
    "rising sawtooth",
    "noisy pool that grows",
    "noisy pool, steady",
    "sawtooth with rotation",
    "levels off",
    "random walk",
];

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

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
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

/// A series of a kind, every point of it, and the first point after which nothing new happens.
pub(crate) fn whole(kind: usize, random: &mut Random) -> (Vec<Sample>, usize) {
    let mut since = 0;
    let values = match kind {
        0 => linear(random, 0.0),
        1 => {
            let height = random.between(2.0, 10.0);
            linear(random, height)
        }
        2 => accelerating(random),
        3 => backups(random),
        4 => idle(random, &mut since),
        5 => step(random, &mut since),
        6 => rising(random),
        7 => pool(random, true),
        8 => pool(random, false),
        9 => rotated(random),
        10 => levels_off(random),
        _ => walk(random),
    };
    let sample = |(point, value)| Sample { at: at(point), value };
    (values.into_iter().enumerate().map(sample).collect(), since)
}

/// What of a series was measured: a sample in fifty is missing, and some hours now and then.
pub(crate) fn measured(whole: &[Sample], random: &mut Random) -> Vec<Sample> {
    let mut gap = 0;
    let mut here = |_: &&Sample| {
        if random.share() < 0.002 {
            gap = random.between(6.0, 60.0) as usize;
        }
        gap = gap.saturating_sub(1);
        gap == 0 && random.share() > 0.02
    };
    whole.iter().filter(|sample| here(sample)).copied().collect()
}

/// Growth of each day as a factor of the usual: lognormal, and like that of the day before.
fn factors(random: &mut Random) -> Vec<f64> {
    let spread = random.between(0.1, 0.5);
    let mut now = random.normal();
    let mut factor = |_| {
        now = 0.6 * now + 0.8 * random.normal();
        (spread * now - spread * spread / 2.0).exp()
    };
    (0..DAYS).map(&mut factor).collect()
}

/// A sum of growths, one for each point: `growth` says how much a day would grow, from the point and the level.
fn grown(start: f64, mut growth: impl FnMut(usize, f64) -> f64) -> Vec<f64> {
    let mut level = start;
    let mut next = |point: usize| {
        level += growth(point, level) / DAY as f64;
        level
    };
    (0..DAYS * DAY).map(&mut next).collect()
}

fn noisy(mut values: Vec<f64>, noise: f64, random: &mut Random) -> Vec<f64> {
    values.iter_mut().for_each(|value| *value += noise * random.normal());
    values
}

fn linear(random: &mut Random, height: f64) -> Vec<f64> {
    let (start, full) = (random.between(10.0, 30.0), random.between(10.0, 50.0));
    let (rate, factors) = ((LIMIT - start) / full, factors(random));
    let (peak, second) = (random.share(), random.between(0.0, 0.5));
    let mut values = grown(start, |point, _| rate * factors[point / DAY]);
    for (point, value) in values.iter_mut().enumerate() {
        let day = TAU * (point as f64 / DAY as f64 - peak);
        *value += height * (day.cos() + second * (2.0 * day).cos());
    }
    noisy(values, 0.2 + 0.05 * height, random)
}

fn accelerating(random: &mut Random) -> Vec<f64> {
    let (start, full) = (random.between(3.0, 15.0), random.between(12.0, 45.0));
    let (pace, factors) = ((LIMIT / start).ln() / full, factors(random));
    let values = grown(start, |point, level| pace * level.min(4.0 * LIMIT) * factors[point / DAY]);
    noisy(values, 0.2, random)
}

fn backups(random: &mut Random) -> Vec<f64> {
    let (start, full) = (random.between(10.0, 30.0), random.between(10.0, 50.0));
    let (rate, factors, hour) = ((LIMIT - start) / full, factors(random), random.between(0.0, 20.0) as usize);
    let nightly = |point: usize| (hour * 6..hour * 6 + 9).contains(&(point % DAY));
    let values = grown(start, |point, _| if nightly(point) { 16.0 * rate * factors[point / DAY] } else { 0.0 });
    noisy(values, 0.1, random)
}

fn idle(random: &mut Random, since: &mut usize) -> Vec<f64> {
    let (start, begins) = (random.between(10.0, 60.0), random.between(4.0, 22.0));
    let rate = (LIMIT - start) / random.between(3.0, 28.0);
    let factors = factors(random);
    let begin = (begins * DAY as f64) as usize;
    *since = begin;
    let begun = |point: usize| point > begin;
    let values = grown(start, |point, _| if begun(point) { rate * factors[point / DAY] } else { 0.0 });
    noisy(values, 0.3, random)
}

fn step(random: &mut Random, since: &mut usize) -> Vec<f64> {
    let (start, at) = (random.between(20.0, 50.0), (random.between(3.0, 20.0) * DAY as f64) as usize);
    let height = random.between(10.0, 20.0) * if random.share() < 0.5 { 1.0 } else { -1.0 };
    let before = random.between(-0.2, 0.8);
    let rate = (LIMIT - start - height) / random.between(5.0, 30.0);
    let factors = factors(random);
    *since = at;
    let growth = |point: usize, _| match point.cmp(&at) {
        std::cmp::Ordering::Less => before * factors[point / DAY],
        std::cmp::Ordering::Equal => height * DAY as f64,
        std::cmp::Ordering::Greater => rate * factors[point / DAY],
    };
    noisy(grown(start, growth), 0.3, random)
}

fn rising(random: &mut Random) -> Vec<f64> {
    let (start, tooth, lasts) = (random.between(5.0, 30.0), random.between(10.0, 30.0), random.between(0.5, 2.5));
    let rate = (LIMIT - start - tooth) / random.between(10.0, 50.0);
    let factors = factors(random);
    let mut values = grown(start, |point, _| rate * factors[point / DAY]);
    let (mut since, mut length) = (0.0, lasts);
    for value in &mut values {
        since += 1.0 / DAY as f64;
        if since > length {
            (since, length) = (0.0, lasts * random.between(0.85, 1.15));
        }
        *value += tooth * since / lasts;
    }
    noisy(values, 0.3, random)
}

fn pool(random: &mut Random, grows: bool) -> Vec<f64> {
    let start = random.between(20.0, 45.0);
    let rate = if grows { (LIMIT - start) / random.between(10.0, 50.0) } else { 0.0 };
    let (spread, height, factors) = (random.between(2.0, 6.0), random.between(0.0, 8.0), factors(random));
    let mut off = 0.0;
    let mut values = grown(start, |point, _| rate * factors[point / DAY]);
    for (point, value) in values.iter_mut().enumerate() {
        off = 0.8 * off + 0.6 * spread * random.normal();
        *value = (*value + off - height * (TAU * point as f64 / DAY as f64).cos()).round().max(0.0);
    }
    values
}

fn rotated(random: &mut Random) -> Vec<f64> {
    let (full, rate, floor) = (random.between(45.0, 85.0), random.between(10.0, 60.0), random.between(0.0, 10.0));
    let factors = factors(random);
    let mut ends = full;
    let growth = |point: usize, level: f64| {
        if level < ends {
            return rate * factors[point / DAY];
        }
        ends = full * random.between(0.95, 1.05);
        (floor - level) * DAY as f64
    };
    let values = grown(floor, growth);
    noisy(values, 0.2, random)
}

fn levels_off(random: &mut Random) -> Vec<f64> {
    let (end, days, factors) = (random.between(60.0, 95.0), random.between(3.0, 12.0), factors(random));
    noisy(grown(5.0, |point, level| (end - level) / days * factors[point / DAY]), 0.3, random)
}

fn walk(random: &mut Random) -> Vec<f64> {
    let (start, spread) = (random.between(30.0, 70.0), random.between(1.0, 4.0));
    grown(start, |_, level| {
        let change = spread * (DAY as f64).sqrt() * random.normal();
        // Turned around at the floor.
        if level + change / (DAY as f64) < 5.0 { change.abs() } else { change }
    })
}
