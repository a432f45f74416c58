//! Functions of histograms, native and classic.

use std::collections::BTreeMap;

use crate::error::Notes;
use crate::eval::Item;
use crate::functions::over_time::note_quantile;
use crate::histogram::classic::{self, Cumulative};
use crate::histogram::{Histogram, Spread};
use crate::labels::Labels;
use crate::number::plain;
use crate::sample::Value;

/// The label that holds the upper bound of a classic bucket.
const BOUND: &str = "le";

/// Something of each native histogram; numbers are left out.
pub(crate) fn of_native(items: Vec<Item>, reduce: impl Fn(&Histogram) -> f64) -> Vec<Item> {
    let reduced = |item: Item| {
        let value = Value::Float(reduce(item.value.histogram()?));
        Some(Item { labels: item.labels.unnamed(), value, at: item.at })
    };
    items.into_iter().filter_map(reduced).collect()
}

/// Native histograms, and classic ones put together from their buckets, by their labels without the bound.
#[derive(Debug, Default)]
struct Sorted {
    native: Vec<Item>,
    classic: BTreeMap<Labels, Vec<Cumulative>>,
}

fn sorted(items: Vec<Item>, notes: &mut Notes) -> Sorted {
    let mut sorted = Sorted::default();
    for item in items {
        let Value::Float(count) = item.value else {
            sorted.native.push(item);
            continue;
        };
        let bound = item.labels.get(BOUND);
        let Ok(upper) = bound.parse::<f64>() else {
            let name = item.labels.name();
            notes.warn(format!(
                "bucket label \"le\" is missing or has a malformed value of {bound:?} for metric name {name:?}"
            ));
            continue;
        };
        sorted.classic.entry(item.labels.filtered(|name| name != BOUND)).or_default().push(Cumulative { upper, count });
    }
    let native = std::mem::take(&mut sorted.native);
    for item in native {
        if sorted.classic.remove(&item.labels).is_some() {
            let name = item.labels.name();
            notes.warn(format!("vector contains a mix of classic and native histograms for metric name {name:?}"));
        } else {
            sorted.native.push(item);
        }
    }
    sorted
}

fn note_fell(labels: &Labels, function: &str, notes: &mut Notes) {
    let name = labels.name();
    notes.inform(format!("input to {function} needed to be fixed for monotonicity for metric name {name:?}"));
}

/// `histogram_quantile`.
pub(crate) fn quantiles(q: f64, items: Vec<Item>, at: i64, notes: &mut Notes) -> Vec<Item> {
    note_quantile(q, notes);
    let sorted = sorted(items, notes);
    let mut results = Vec::with_capacity(sorted.native.len() + sorted.classic.len());
    for item in sorted.native {
        let Some(histogram) = item.value.histogram() else { continue };
        let (value, spread) = histogram.quantile(q);
        let name = item.labels.name();
        match spread {
            Spread::Known => {}
            Spread::Skewed => notes.inform(format!(
                "input to histogram_quantile has NaN observations, result is skewed higher for metric name {name:?}"
            )),
            Spread::NotANumber => notes.inform(format!(
                "input to histogram_quantile has NaN observations, result is NaN for metric name {name:?}"
            )),
        }
        results.push(Item { labels: item.labels.unnamed(), value: Value::Float(value), at });
    }
    for (labels, buckets) in sorted.classic {
        let (value, fell) = classic::quantile(q, buckets);
        if fell {
            note_fell(&labels, "histogram_quantile", notes);
        }
        results.push(Item { labels: labels.unnamed(), value: Value::Float(value), at });
    }
    results
}

/// `histogram_quantiles`: one element a quantile, told by a label.
pub(crate) fn labelled_quantiles(label: &str, qs: &[f64], items: &[Item], at: i64, notes: &mut Notes) -> Vec<Item> {
    let mut results = Vec::new();
    for q in qs {
        for item in quantiles(*q, items.to_vec(), at, notes) {
            results.push(Item { labels: item.labels.with(label, &plain(*q)), ..item });
        }
    }
    results
}

/// `histogram_fraction`.
pub(crate) fn fractions(lower: f64, upper: f64, items: Vec<Item>, at: i64, notes: &mut Notes) -> Vec<Item> {
    let sorted = sorted(items, notes);
    let mut results = Vec::with_capacity(sorted.native.len() + sorted.classic.len());
    for item in sorted.native {
        let Some(histogram) = item.value.histogram() else { continue };
        if histogram.sum.is_nan() {
            let name = item.labels.name();
            notes.inform(format!(
                "input to histogram_fraction has NaN observations, which are excluded from all fractions for metric name {name:?}"
            ));
        }
        let value = Value::Float(histogram.fraction(lower, upper));
        results.push(Item { labels: item.labels.unnamed(), value, at });
    }
    for (labels, buckets) in sorted.classic {
        let (value, fell) = classic::fraction(lower, upper, buckets);
        if fell {
            note_fell(&labels, "histogram_fraction", notes);
        }
        results.push(Item { labels: labels.unnamed(), value: Value::Float(value), at });
    }
    results
}
