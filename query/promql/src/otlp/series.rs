//! Points as samples of series.

use std::collections::{BTreeMap, HashMap};

use super::{Kind, Metric, family};
use crate::histogram::Histogram;
use crate::labels::{Labels, METRIC_NAME};
use crate::number::number;
use crate::sample::{Sample, Series, Value, stale};

/// How far around zero the zero bucket reaches when the sender does not say.
pub const ZERO_THRESHOLD: f64 = 1e-128;

/// The scales Prometheus has.
const SCALES: std::ops::RangeInclusive<i32> = -4..=8;

/// What a point measured.
#[derive(Debug, Clone, PartialEq)]
pub enum Figures {
    /// The series ended.
    Gone,
    /// A number.
    Number(f64),
    /// Counts between told bounds; one count more than bounds.
    Histogram {
        /// Observations.
        count: f64,
        /// Their sum, where it is told.
        sum: Option<f64>,
        /// Upper bounds of all buckets but the last.
        bounds: Vec<f64>,
        /// Observations of each bucket.
        counts: Vec<f64>,
    },
    /// Counts between bounds that follow from a scale.
    Exponential(Exponential),
    /// Quantiles and their values.
    Summary {
        /// Observations.
        count: f64,
        /// Their sum.
        sum: f64,
        /// Which quantiles, and their values.
        quantiles: Vec<(f64, f64)>,
    },
}

/// An exponential histogram as OTLP sends it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exponential {
    /// The base is `2^(2^-scale)`.
    pub scale: i32,
    /// Observations.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// Observations around zero.
    pub zero_count: f64,
    /// How far around zero.
    pub zero_threshold: f64,
    /// The index of the first bucket above zero, and the counts from there on. Bucket `i` begins at `base^i`.
    pub positive: (i32, Vec<f64>),
    /// The same below zero.
    pub negative: (i32, Vec<f64>),
}

/// Series that grow point by point.
#[derive(Debug, Default)]
pub struct Points {
    series: HashMap<Labels, Growing>,
    samples: usize,
}

/// The samples of a series by time, and what a series of differences amounts to.
#[derive(Debug, Default)]
struct Growing {
    is_delta: bool,
    samples: BTreeMap<i64, Value>,
}

// === impl Points ===

impl Points {
    /// How many samples there are; a native histogram counts as several, see [`Value::cost`].
    #[must_use]
    pub const fn samples(&self) -> usize {
        self.samples
    }

    /// Adds a point, measured `at` milliseconds since 1970. Of two at the same time the last one counts. An exponential
    /// histogram whose scale is too coarse for Prometheus is left out.
    pub fn add(&mut self, metric: &Metric, labels: &Labels, at: i64, figures: Figures) {
        let family = family(metric);
        match figures {
            Figures::Gone => {
                for (name, of_name) in gone(metric, &family) {
                    self.put(metric, &of_name(labels), &name, at, Value::Float(stale()));
                }
            }
            Figures::Number(value) => self.put(metric, labels, &family, at, Value::Float(value)),
            Figures::Exponential(exponential) => {
                if let Some(histogram) = native(&exponential) {
                    self.put(metric, labels, &family, at, Value::from(histogram));
                }
            }
            Figures::Histogram { count, sum, bounds, counts } => {
                let mut cumulative = 0.0;
                for (bound, of_bucket) in bounds.iter().zip(&counts) {
                    cumulative += of_bucket;
                    let labels = labels.with("le", &number(*bound));
                    self.put(metric, &labels, &format!("{family}_bucket"), at, Value::Float(cumulative));
                }
                let last = labels.with("le", "+Inf");
                self.put(metric, &last, &format!("{family}_bucket"), at, Value::Float(count));
                self.put(metric, labels, &format!("{family}_count"), at, Value::Float(count));
                if let Some(sum) = sum {
                    self.put(metric, labels, &format!("{family}_sum"), at, Value::Float(sum));
                }
            }
            Figures::Summary { count, sum, quantiles } => {
                self.put(metric, labels, &format!("{family}_count"), at, Value::Float(count));
                self.put(metric, labels, &format!("{family}_sum"), at, Value::Float(sum));
                for (quantile, value) in quantiles {
                    self.put(metric, &labels.with("quantile", &number(quantile)), &family, at, Value::Float(value));
                }
            }
        }
    }

    fn put(&mut self, metric: &Metric, labels: &Labels, name: &str, at: i64, value: Value) {
        let growing = self.series.entry(labels.with(METRIC_NAME, name)).or_default();
        growing.is_delta = metric.is_delta;
        let cost = value.cost();
        if growing.samples.insert(at, value).is_none() {
            self.samples += cost;
        }
    }

    /// The series, sorted by their labels. Differences are summed up from the first one on.
    #[must_use]
    pub fn into_series(self) -> Vec<Series> {
        let series = |(labels, growing): (Labels, Growing)| {
            let samples = growing.samples.into_iter().map(|(at, value)| Sample { at, value });
            let samples: Vec<Sample> = if growing.is_delta { summed(samples) } else { samples.collect() };
            Series { labels, samples }
        };
        let mut all: Vec<Series> = self.series.into_iter().map(series).collect();
        all.sort_by(|one, other| one.labels.cmp(&other.labels));
        all
    }
}

fn summed(samples: impl Iterator<Item = Sample>) -> Vec<Sample> {
    let mut sum: Option<Value> = None;
    let add = |sample: Sample| {
        if sample.value.is_stale() {
            return sample;
        }
        let next = match (&sum, &sample.value) {
            (Some(Value::Float(sum)), Value::Float(value)) => Value::Float(sum + value),
            (Some(Value::Histogram(sum)), Value::Histogram(value)) => {
                sum.plus(value).map_or_else(|_| sample.value.clone(), |(sum, _)| Value::from(sum))
            }
            (_, value) => value.clone(),
        };
        sum = Some(next.clone());
        Sample { at: sample.at, value: next }
    };
    samples.map(add).collect()
}

type Relabel = fn(&Labels) -> Labels;

/// The series of a metric that end when it does, as far as they are known without its figures.
fn gone(metric: &Metric, family: &str) -> Vec<(String, Relabel)> {
    let same: Relabel = Labels::clone;
    match metric.kind {
        Kind::Gauge | Kind::Counter | Kind::Exponential => vec![(family.to_owned(), same)],
        Kind::Histogram => vec![
            (format!("{family}_bucket"), |labels| labels.with("le", "+Inf")),
            (format!("{family}_count"), same),
            (format!("{family}_sum"), same),
        ],
        Kind::Summary => vec![(format!("{family}_count"), same), (format!("{family}_sum"), same)],
    }
}

/// An exponential histogram as a native one; `None` for a scale too coarse for Prometheus. Bucket `i` of OTLP ends where bucket `i + 1` of Prometheus does.
#[must_use]
pub fn native(exponential: &Exponential) -> Option<Histogram> {
    if exponential.scale < *SCALES.start() {
        return None;
    }
    let schema = exponential.scale.min(*SCALES.end());
    let shift = (exponential.scale - schema).min(31);
    let side = |(offset, counts): &(i32, Vec<f64>)| {
        let mut buckets: BTreeMap<i32, f64> = BTreeMap::new();
        for (index, count) in (*offset..).zip(counts).filter(|(_, count)| **count != 0.0) {
            *buckets.entry((index >> shift).saturating_add(1)).or_default() += count;
        }
        buckets.into_iter().collect()
    };
    let threshold = exponential.zero_threshold;
    Some(Histogram {
        zero_threshold: if threshold > 0.0 { threshold } else { ZERO_THRESHOLD },
        zero_count: exponential.zero_count,
        count: exponential.count,
        sum: exponential.sum,
        positive: side(&exponential.positive),
        negative: side(&exponential.negative),
        ..Histogram::empty(schema)
    })
}
