//! How fast counters and gauges change: differences over a range, and of the last two samples.

use crate::error::Notes;
use crate::functions::Window;
use crate::histogram::{Histogram, ResetHint};
use crate::sample::Value;

type Apply = fn(&Window<'_>, &[f64], &mut Notes) -> Option<Value>;

pub(super) fn named(name: &str) -> Option<Apply> {
    Some(match name {
        "rate" => |window, _, notes| extrapolated(window, true, true, notes),
        "increase" => |window, _, notes| extrapolated(window, true, false, notes),
        "delta" => |window, _, notes| extrapolated(window, false, false, notes),
        "irate" => |window, _, notes| of_last_two(window, true, notes),
        "idelta" => |window, _, notes| of_last_two(window, false, notes),
        _ => return None,
    })
}

fn note_mixed(window: &Window<'_>, notes: &mut Notes) {
    notes.warn(format!("encountered a mix of histograms and floats for metric name {}", window.name()));
}

fn note_mixed_bounds(window: &Window<'_>, notes: &mut Notes) {
    let name = window.name();
    notes.warn(format!(
        "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {name}"
    ));
}

fn note_no_counter(window: &Window<'_>, notes: &mut Notes) {
    let name = window.labels.name();
    let counts = ["_total", "_sum", "_count", "_bucket"].iter().any(|suffix| name.ends_with(suffix));
    if !name.is_empty() && !counts {
        notes.inform(format!(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {name:?}"
        ));
    }
}

/// The difference between the first and the last sample, stretched to the whole range as Prometheus does: to its
/// ends where samples come close to them, by half of a usual gap otherwise, and never below zero for a counter.
fn extrapolated(window: &Window<'_>, counter: bool, per_second: bool, notes: &mut Notes) -> Option<Value> {
    let [first, .., last] = window.samples else { return None };
    if window.has_floats() && window.has_histograms() {
        note_mixed(window, notes);
        return None;
    }
    // The count or value at the beginning, and by how much it grew: a counter cannot have been below zero.
    let (difference, from_zero) = if window.has_histograms() {
        let grown = grown_histogram(window, counter, notes)?;
        let begin = first.value.histogram().map_or(0.0, |histogram| histogram.count);
        let from_zero = (grown.count > 0.0 && begin >= 0.0).then(|| begin / grown.count);
        (Value::from(grown), from_zero)
    } else {
        if counter {
            note_no_counter(window, notes);
        }
        let begin = first.value.float()?;
        let grown = grown_float(window, counter)?;
        let from_zero = (grown > 0.0 && begin >= 0.0).then(|| begin / grown);
        (Value::Float(grown), from_zero)
    };
    let sampled = (last.at - first.at) as f64 / 1_000.0;
    let gap = sampled / (window.samples.len() - 1) as f64;
    let mut to_start = (first.at - window.start) as f64 / 1_000.0;
    let mut to_end = (window.end - last.at) as f64 / 1_000.0;
    if to_start >= gap * 1.1 {
        to_start = gap / 2.0;
    }
    if counter && let Some(share) = from_zero {
        to_start = to_start.min(sampled * share);
    }
    if to_end >= gap * 1.1 {
        to_end = gap / 2.0;
    }
    let mut factor = (sampled + to_start + to_end) / sampled;
    if per_second {
        factor /= (window.end - window.start) as f64 / 1_000.0;
    }
    Some(match difference {
        Value::Float(grown) => Value::Float(grown * factor),
        Value::Histogram(grown) => Value::from(grown.scaled(factor)),
    })
}

fn grown_float(window: &Window<'_>, counter: bool) -> Option<f64> {
    let mut floats = window.floats().map(|(_, value)| value);
    let first = floats.next()?;
    let (mut before, mut resets) = (first, 0.0);
    for value in floats {
        if counter && value < before {
            resets += before;
        }
        before = value;
    }
    Some(before - first + resets)
}

fn grown_histogram(window: &Window<'_>, counter: bool, notes: &mut Notes) -> Option<Histogram> {
    let all: Vec<&Histogram> = window.samples.iter().filter_map(|sample| sample.value.histogram()).collect();
    // A first sample that the second one was reset from says nothing but when the counting began.
    let begins_anew = counter && all.get(1)?.was_reset_since(all[0]);
    let histograms = &all[usize::from(begins_anew)..];
    let (first, last) = (histograms.first()?, histograms.last()?);
    if histograms.iter().any(|histogram| histogram.has_custom_bounds() != first.has_custom_bounds()) {
        note_mixed_bounds(window, notes);
        return None;
    }
    let is_gauge = |histogram: &Histogram| histogram.hint == ResetHint::Gauge;
    if counter && all.iter().any(|histogram| is_gauge(histogram)) {
        notes.warn(format!("this native histogram metric is not a counter: {}", window.name()));
    }
    if !(counter || is_gauge(first) && is_gauge(last)) {
        notes.warn(format!("this native histogram metric is not a gauge: {}", window.name()));
    }
    let (mut grown, mut reconciled) = if begins_anew { ((*last).clone(), false) } else { last.minus(first).ok()? };
    if counter {
        for pair in histograms.windows(2) {
            if pair[1].was_reset_since(pair[0]) {
                let (sum, differs) = grown.plus(pair[0]).ok()?;
                grown = sum;
                reconciled |= differs;
            }
        }
    }
    if reconciled {
        notes.inform("mismatched custom buckets were reconciled during subtraction");
    }
    grown.hint = ResetHint::Gauge;
    Some(grown.compact())
}

fn of_last_two(window: &Window<'_>, rate: bool, notes: &mut Notes) -> Option<Value> {
    let [.., before, last] = window.samples else { return None };
    let seconds = (last.at - before.at) as f64 / 1_000.0;
    if seconds == 0.0 {
        return None;
    }
    match (&before.value, &last.value) {
        (Value::Float(before), Value::Float(last)) => {
            if rate {
                note_no_counter(window, notes);
            }
            let difference = if rate && last < before { *last } else { last - before };
            Some(Value::Float(if rate { difference / seconds } else { difference }))
        }
        (Value::Histogram(before), Value::Histogram(last)) => {
            let gauges = [before, last].iter().filter(|histogram| histogram.hint == ResetHint::Gauge).count();
            if rate && gauges > 0 {
                notes.warn(format!("this native histogram metric is not a counter: {}", window.name()));
            }
            if !rate && gauges < 2 {
                notes.warn(format!("this native histogram metric is not a gauge: {}", window.name()));
            }
            let reset = rate && last.was_reset_since(before);
            let difference = if reset { Ok(((**last).clone(), false)) } else { last.minus(before) };
            let Ok((mut difference, reconciled)) = difference else {
                note_mixed_bounds(window, notes);
                return None;
            };
            if reconciled {
                notes.inform("mismatched custom buckets were reconciled during subtraction");
            }
            difference.hint = ResetHint::Gauge;
            let difference = difference.compact();
            Some(Value::from(if rate { difference.divided(seconds) } else { difference }))
        }
        _ => {
            note_mixed(window, notes);
            None
        }
    }
}
