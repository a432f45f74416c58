//! Lines and curves through the samples of a range.

use crate::error::Notes;
use crate::functions::Window;
use crate::kahan::Kahan;
use crate::sample::Value;

type Apply = fn(&Window<'_>, &[f64], &mut Notes) -> Option<Value>;

pub(super) fn named(name: &str) -> Option<Apply> {
    Some(match name {
        "deriv" => |window, _, notes| {
            let (first, _) = enough(window, notes)?;
            Some(Value::Float(line(window, first).0))
        },
        "predict_linear" => |window, args, notes| {
            enough(window, notes)?;
            let (slope, intercept) = line(window, window.at);
            Some(Value::Float(slope * args.first()? + intercept))
        },
        "double_exponential_smoothing" => |window, args, notes| smoothed(window, *args.first()?, *args.get(1)?, notes),
        "changes" => |window, _, _| Some(Value::Float(changes(window))),
        "resets" => |window, _, _| Some(Value::Float(resets(window))),
        _ => return None,
    })
}

/// The time of the first number and how many there are, if they make a line.
fn enough(window: &Window<'_>, notes: &mut Notes) -> Option<(i64, usize)> {
    let count = window.floats().count();
    if count < 2 {
        if count == 1 {
            window.note_ignored(notes);
        }
        return None;
    }
    window.note_ignored(notes);
    Some((window.floats().next()?.0, count))
}

/// Slope per second and the value at `origin` of the line with the least squares.
fn line(window: &Window<'_>, origin: i64) -> (f64, f64) {
    let mut floats = window.floats();
    let Some((_, first)) = floats.next() else { return (f64::NAN, f64::NAN) };
    if floats.all(|(_, value)| value == first) {
        return if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) };
    }
    let (mut n, mut x, mut y, mut xy, mut xx) =
        (0.0, Kahan::default(), Kahan::default(), Kahan::default(), Kahan::default());
    for (at, value) in window.floats() {
        let seconds = (at - origin) as f64 / 1_000.0;
        n += 1.0;
        x.add(seconds);
        y.add(value);
        xy.add(seconds * value);
        xx.add(seconds * seconds);
    }
    let (x, y, xy, xx) = (x.total(), y.total(), xy.total(), xx.total());
    let slope = (xy - x * y / n) / (xx - x * x / n);
    (slope, y / n - slope * x / n)
}

/// Holt's method: `smoothing` weighs samples against what was expected, `trend` slopes.
fn smoothed(window: &Window<'_>, smoothing: f64, trend: f64, notes: &mut Notes) -> Option<Value> {
    enough(window, notes)?;
    let values: Vec<f64> = window.floats().map(|(_, value)| value).collect();
    let (mut before, mut level, mut slope) = (0.0, values[0], values[1] - values[0]);
    for (at, value) in values.iter().enumerate().skip(1) {
        if at > 1 {
            slope = trend * (level - before) + (1.0 - trend) * slope;
        }
        let expected = (1.0 - smoothing) * (level + slope);
        before = level;
        level = smoothing * value + expected;
    }
    Some(Value::Float(level))
}

fn changes(window: &Window<'_>) -> f64 {
    let changed = |pair: &&[crate::sample::Sample]| match (&pair[0].value, &pair[1].value) {
        (Value::Float(before), Value::Float(now)) => now != before && !(now.is_nan() && before.is_nan()),
        (Value::Histogram(before), Value::Histogram(now)) => before.clone_compact() != now.clone_compact(),
        _ => true,
    };
    window.samples.windows(2).filter(changed).count() as f64
}

fn resets(window: &Window<'_>) -> f64 {
    let reset = |pair: &&[crate::sample::Sample]| match (&pair[0].value, &pair[1].value) {
        (Value::Float(before), Value::Float(now)) => now < before,
        (Value::Histogram(before), Value::Histogram(now)) => now.was_reset_since(before),
        _ => true,
    };
    window.samples.windows(2).filter(reset).count() as f64
}
