//! The past of a series, turned so that its limit lies above, and thinned to a bounded number of medians.

use ingest_model::Nanos;

use super::slope::median;
use super::{HOUR_NS, Limit, Rate, Sample};

/// Bins that a course has at most.
pub(super) const BINS: usize = 256;

/// A value, and its hours from now; negative, because it is past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: f64,
    pub(super) value: f64,
}

/// Points of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bin {
    /// The middle of their times.
    pub(super) at: f64,
    /// Their median.
    pub(super) value: f64,
    /// The highest of them.
    pub(super) top: f64,
}

/// On which side of the values the limit lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    sign: f64,
    limit: f64,
}

// === impl Side ===

impl Side {
    pub(super) const fn of(limit: Limit) -> Self {
        match limit {
            Limit::Upper(limit) => Self { sign: 1.0, limit },
            Limit::Lower(limit) => Self { sign: -1.0, limit: -limit },
        }
    }

    /// The limit that turned values grow to.
    pub(super) const fn limit(self) -> f64 {
        self.limit
    }

    /// A value turned, or turned back.
    pub(super) fn value(self, value: f64) -> f64 {
        self.sign * value
    }

    /// A rate turned back.
    pub(super) fn rate(self, rate: Rate) -> Rate {
        if self.sign > 0.0 {
            return rate;
        }
        Rate { lower: -rate.upper, expected: -rate.expected, upper: -rate.lower }
    }
}

/// The finite samples of the last `history` hours up to `now`, oldest first; of those of one moment the highest.
pub(super) fn points(samples: &[Sample], side: Side, now: Nanos, history: f64) -> Vec<Point> {
    let point = |sample: &Sample| Point { at: sample.at.since(now) as f64 / HOUR_NS, value: side.value(sample.value) };
    let counts = |point: &Point| point.value.is_finite() && point.at <= 0.0 && point.at >= -history;
    let mut points: Vec<Point> = samples.iter().map(point).filter(counts).collect();
    points.sort_by(|one, other| one.at.total_cmp(&other.at).then(other.value.total_cmp(&one.value)));
    points.dedup_by(|one, before| one.at == before.at);
    points
}

/// Medians of stretches of one length. Stretches without a point have no bin.
pub(super) fn bins(points: &[Point]) -> Vec<Bin> {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let length = (last.at - first.at) / BINS as f64;
    if points.len() <= BINS || length <= 0.0 {
        return points.iter().map(|point| Bin { at: point.at, value: point.value, top: point.value }).collect();
    }
    // Counted back from now, so that the newest bin is whole.
    let number = |point: &Point| ((last.at - point.at) / length) as usize;
    points.chunk_by(|one, next| number(one) == number(next)).filter_map(bin).collect()
}

fn bin(points: &[Point]) -> Option<Bin> {
    let value = median(&mut points.iter().map(|point| point.value).collect::<Vec<_>>())?;
    let top = points.iter().map(|point| point.value).fold(value, f64::max);
    let at = points.iter().map(|point| point.at).sum::<f64>() / points.len() as f64;
    Some(Bin { at, value, top })
}
