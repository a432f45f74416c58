//! `…_over_time`: the samples of a range as one value.

use crate::error::Notes;
use crate::functions::{Window, Windowed};
use crate::histogram::{Histogram, ResetHint};
use crate::kahan::Kahan;
use crate::sample::Value;

type Apply = fn(&Window<'_>, &[f64], &mut Notes) -> Option<Value>;

pub(super) fn named(name: &str) -> Option<Windowed> {
    let keeps_name = matches!(name, "first_over_time" | "last_over_time");
    let apply: Apply = match name {
        "avg_over_time" => |window, _, notes| average(window, notes),
        "sum_over_time" => |window, _, notes| sum(window, notes),
        "count_over_time" => |window, _, _| Some(Value::Float(window.samples.len() as f64)),
        "first_over_time" => |window, _, _| window.samples.first().map(|sample| sample.value.clone()),
        "last_over_time" => |window, _, _| window.samples.last().map(|sample| sample.value.clone()),
        "present_over_time" => |_, _, _| Some(Value::Float(1.0)),
        "max_over_time" => |window, _, notes| of_floats(window, notes, greatest),
        "min_over_time" => |window, _, notes| of_floats(window, notes, least),
        "stddev_over_time" => |window, _, notes| of_floats(window, notes, |values| variance(values).sqrt()),
        "stdvar_over_time" => |window, _, notes| of_floats(window, notes, variance),
        "mad_over_time" => |window, _, notes| of_floats(window, notes, absolute_deviation),
        "quantile_over_time" => |window, args, notes| {
            let q = *args.first()?;
            note_quantile(q, notes);
            of_floats(window, notes, |values| quantile(q, values.to_vec()))
        },
        "ts_of_first_over_time" => |window, _, _| window.samples.first().map(|sample| seconds(sample.at)),
        "ts_of_last_over_time" => |window, _, _| window.samples.last().map(|sample| seconds(sample.at)),
        "ts_of_max_over_time" => |window, _, notes| time_of(window, notes, |value, best| value >= best),
        "ts_of_min_over_time" => |window, _, notes| time_of(window, notes, |value, best| value <= best),
        _ => return None,
    };
    Some(Windowed { apply, keeps_name })
}

fn seconds(millis: i64) -> Value {
    Value::Float(millis as f64 / 1_000.0)
}

pub(crate) fn note_quantile(q: f64, notes: &mut Notes) {
    if q.is_nan() || !(0.0..=1.0).contains(&q) {
        notes.warn(format!("quantile value should be between 0 and 1, got {}", crate::number::number(q)));
    }
}

fn of_floats(window: &Window<'_>, notes: &mut Notes, reduce: impl Fn(&[f64]) -> f64) -> Option<Value> {
    let values: Vec<f64> = window.floats().map(|(_, value)| value).collect();
    if values.is_empty() {
        return None;
    }
    window.note_ignored(notes);
    Some(Value::Float(reduce(&values)))
}

fn time_of(window: &Window<'_>, notes: &mut Notes, better: fn(f64, f64) -> bool) -> Option<Value> {
    let (mut found, mut best) = window.floats().next()?;
    window.note_ignored(notes);
    for (at, value) in window.floats() {
        if better(value, best) || best.is_nan() {
            (found, best) = (at, value);
        }
    }
    Some(seconds(found))
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, |best, value| if value > best || best.is_nan() { value } else { best })
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NAN, |best, value| if value < best || best.is_nan() { value } else { best })
}

/// By Welford's method.
fn variance(values: &[f64]) -> f64 {
    let (mut count, mut mean, mut squares) = (0.0, Kahan::default(), Kahan::default());
    for value in values {
        count += 1.0;
        let delta = value - mean.total();
        mean.add(delta / count);
        squares.add(delta * (value - mean.total()));
    }
    squares.total() / count
}

fn absolute_deviation(values: &[f64]) -> f64 {
    let median = quantile(0.5, values.to_vec());
    quantile(0.5, values.iter().map(|value| (value - median).abs()).collect())
}

/// The `q`-quantile of numbers, between the two nearest in proportion. NaN counts as the least.
pub(crate) fn quantile(q: f64, mut values: Vec<f64>) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if q < 0.0 {
        return f64::NEG_INFINITY;
    }
    if q > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(|one, other| match (one.is_nan(), other.is_nan()) {
        (true, true) => std::cmp::Ordering::Equal,
        (true, false) => std::cmp::Ordering::Less,
        (false, true) => std::cmp::Ordering::Greater,
        (false, false) => one.total_cmp(other),
    });
    let rank = q * (values.len() - 1) as f64;
    let (lower, weight) = (rank.floor() as usize, rank - rank.floor());
    let upper = (lower + 1).min(values.len() - 1);
    values[lower] * (1.0 - weight) + values[upper] * weight
}

/// The mean: the sum by the count while it is a number, step by step when it is too large.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut mean, mut count, mut stepwise) = (Kahan::default(), Kahan::default(), 0.0, false);
    for value in values {
        count += 1.0;
        if !stepwise {
            let mut next = sum;
            next.add(value);
            if count == 1.0 || !next.rough().is_infinite() {
                sum = next;
                continue;
            }
            stepwise = true;
            let before: f64 = count - 1.0;
            mean = Kahan::of(sum.total() / before);
        }
        let rough = mean.rough();
        if rough.is_infinite() && (value.is_infinite() && rough.is_sign_positive() == value.is_sign_positive()) {
            continue;
        }
        if rough.is_infinite() && value.is_finite() {
            continue;
        }
        mean.add(value / count - mean.total() / count);
    }
    if stepwise { mean.total() } else { sum.total() / count }
}

/// The sum of histograms; a note when they do not fit together, and then nothing.
pub(crate) fn sum_histograms<'a>(
    histograms: impl Iterator<Item = &'a Histogram>,
    name: &str,
    notes: &mut Notes,
) -> Option<Histogram> {
    let (mut total, mut reconciled): (Option<Histogram>, bool) = (None, false);
    for histogram in histograms {
        total = Some(match total {
            None => histogram.clone(),
            Some(total) => {
                let Ok((sum, differs)) = total.plus(histogram) else {
                    notes.warn(format!(
                        "vector contains a mix of histograms with exponential and custom buckets schemas for metric name {name}"
                    ));
                    return None;
                };
                reconciled |= differs;
                sum
            }
        });
    }
    if reconciled {
        notes.inform("mismatched custom buckets were reconciled during aggregation");
    }
    total.map(Histogram::compact)
}

/// Whether the window is of one sort; otherwise a note says that it is not.
fn is_uniform(window: &Window<'_>, notes: &mut Notes) -> bool {
    let mixed = window.has_floats() && window.has_histograms();
    if mixed {
        notes.warn(format!("encountered a mix of histograms and floats for metric name {}", window.name()));
    }
    !mixed
}

fn histogram_sum(window: &Window<'_>, notes: &mut Notes) -> Option<Histogram> {
    let histograms = window.samples.iter().filter_map(|sample| sample.value.histogram());
    sum_histograms(histograms, &window.name(), notes)
}

fn sum(window: &Window<'_>, notes: &mut Notes) -> Option<Value> {
    if !is_uniform(window, notes) {
        return None;
    }
    if window.has_histograms() {
        return histogram_sum(window, notes).map(Value::from);
    }
    let mut sum = Kahan::default();
    window.floats().for_each(|(_, value)| sum.add(value));
    Some(Value::Float(sum.total()))
}

fn average(window: &Window<'_>, notes: &mut Notes) -> Option<Value> {
    if !is_uniform(window, notes) {
        return None;
    }
    if window.has_histograms() {
        let mut average = histogram_sum(window, notes)?.divided(window.samples.len() as f64);
        if window.samples.len() > 1 {
            average.hint = ResetHint::Gauge;
        }
        return Some(Value::from(average));
    }
    Some(Value::Float(mean(window.floats().map(|(_, value)| value))))
}
