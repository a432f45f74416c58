//! Whether an answer is what a test expects.

use std::collections::BTreeMap;

use query_promql::{Answer, Data, Histogram, Labels, PromqlError, ResetHint, Sample, Series, Times, Value};

use crate::notation::{Expected, Line, Text, When};

/// Two numbers may differ by this share.
const NEAR: f64 = 1e-6;

pub(crate) fn check(expected: &Expected, when: &When, answer: Result<Answer, PromqlError>) -> Result<(), String> {
    let answer = match (&expected.fail, answer) {
        (None, Ok(answer)) => answer,
        (None, Err(error)) => return Err(format!("failed: {error}")),
        (Some(_), Ok(answer)) => return Err(format!("did not fail: {:?}", answer.data)),
        (Some(_), Err(PromqlError::NotSupported(what))) => return Err(format!("not supported: {what}")),
        (Some(text), Err(error)) => {
            let error = error.to_string();
            let fits = match text {
                Text::Any => true,
                Text::Contains(message) => error.contains(message.as_str()),
                Text::Matches(pattern) => pattern.is_match(&error),
            };
            return if fits { Ok(()) } else { Err(format!("failed otherwise: {error}")) };
        }
    };
    for (what, wanted, found) in
        [("warnings", expected.warn, &answer.notes.warnings), ("infos", expected.info, &answer.notes.infos)]
    {
        if wanted.is_some_and(|wanted| wanted == found.is_empty()) {
            return Err(format!("{what}: {found:?}"));
        }
    }
    data(expected, when, answer.data)
}

fn data(expected: &Expected, when: &When, data: Data) -> Result<(), String> {
    match data {
        Data::Text(text) if expected.text.as_ref() == Some(&text) => Ok(()),
        Data::Text(text) => Err(format!("text {text:?}")),
        Data::Scalar(value) => match expected.lines.as_slice() {
            [Line { labels: None, values }] if same(values.first().and_then(Option::as_ref), Some(&value.into())) => {
                Ok(())
            }
            _ => Err(format!("scalar {value}")),
        },
        Data::Vector(elements) => {
            let found: Vec<(Labels, Value)> =
                elements.into_iter().map(|element| (element.labels, element.value)).collect();
            vector(expected, &found)
        }
        Data::Matrix(series) => {
            let times = match (expected.times, when) {
                (Some(times), _) => times,
                (None, When::Range(times)) => *times,
                (None, When::At(at)) => Times { start: *at, end: *at, step: 1 },
            };
            matrix(expected, times, &series)
        }
    }
}

fn vector(expected: &Expected, found: &[(Labels, Value)]) -> Result<(), String> {
    let told = || format!("found {found:?}");
    if found.len() != expected.lines.len() {
        return Err(told());
    }
    for (place, line) in expected.lines.iter().enumerate() {
        let labels = line.labels.clone().unwrap_or_else(Labels::none);
        let value = line.values.first().and_then(Option::as_ref);
        let fits = |(other, found): &(Labels, Value)| *other == labels && same(value, Some(found));
        let met = if expected.ordered { fits(&found[place]) } else { found.iter().any(fits) };
        if !met {
            return Err(format!("{labels} is not as expected: {}", told()));
        }
    }
    Ok(())
}

fn matrix(expected: &Expected, times: Times, found: &[Series]) -> Result<(), String> {
    let told = || format!("found {found:?}");
    let found: BTreeMap<&Labels, &[Sample]> =
        found.iter().map(|series| (&series.labels, series.samples.as_slice())).collect();
    let lines: Vec<&Line> = expected.lines.iter().filter(|line| line.values.iter().any(Option::is_some)).collect();
    if found.len() != lines.len() {
        return Err(told());
    }
    for line in lines {
        let labels = line.labels.clone().unwrap_or_else(Labels::none);
        let Some(samples) = found.get(&labels) else { return Err(format!("no {labels}: {}", told())) };
        let moments = (0..).map(|step| times.start + step * times.step);
        let wanted: Vec<(i64, &Value)> =
            moments.zip(&line.values).filter_map(|(at, value)| Some((at, value.as_ref()?))).collect();
        let fits = wanted.len() == samples.len()
            && wanted
                .iter()
                .zip(*samples)
                .all(|((at, value), sample)| *at == sample.at && same(Some(value), Some(&sample.value)));
        if !fits {
            return Err(format!("{labels} is not as expected: {}", told()));
        }
    }
    Ok(())
}

fn same(expected: Option<&Value>, found: Option<&Value>) -> bool {
    match (expected, found) {
        (Some(Value::Float(expected)), Some(Value::Float(found))) => near(*expected, *found),
        (Some(Value::Histogram(expected)), Some(Value::Histogram(found))) => same_histogram(expected, found),
        _ => false,
    }
}

fn near(one: f64, other: f64) -> bool {
    if one == other || (one.is_nan() && other.is_nan()) {
        return true;
    }
    let (sum, difference) = (one.abs() + other.abs(), (one - other).abs());
    if one == 0.0 || other == 0.0 || sum < f64::MIN_POSITIVE {
        return difference < NEAR * f64::MIN_POSITIVE;
    }
    difference / sum.min(f64::MAX) < NEAR
}

fn same_histogram(expected: &Histogram, found: &Histogram) -> bool {
    let (one, other) = (expected.clone().compact(), found.clone().compact());
    let side = |one: &[(i32, f64)], other: &[(i32, f64)]| {
        one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && near(one.1, other.1))
    };
    let hint = one.hint == ResetHint::Unknown || one.hint == other.hint;
    hint && one.schema == other.schema
        && one.custom_bounds == other.custom_bounds
        && near(one.zero_threshold, other.zero_threshold)
        && near(one.zero_count, other.zero_count)
        && near(one.count, other.count)
        && near(one.sum, other.sum)
        && side(&one.positive, &other.positive)
        && side(&one.negative, &other.negative)
}
