//! What everybody would do: straight lines.

use query_detect::exhaustion::Sample;

use crate::world::LIMIT;

/// Nanoseconds of an hour.
const HOUR_NS: f64 = 3.6e12;

/// Hours until the straight line through the first and last sample of the last day reaches the limit.
pub(crate) fn last_day(past: &[Sample]) -> Option<f64> {
    let recent = newest(past, 24.0);
    let (first, last) = (recent.first()?, recent.last()?);
    let rate = (last.value - first.value) / (last.at.since(first.at) as f64 / HOUR_NS);
    until(last.value, rate)
}

/// Hours until the line of least squares through the last week reaches the limit.
pub(crate) fn last_week(past: &[Sample]) -> Option<f64> {
    let recent = newest(past, 168.0);
    let last = recent.last()?;
    let count = recent.len() as f64;
    let hours = |sample: &Sample| sample.at.since(last.at) as f64 / HOUR_NS;
    let time = recent.iter().map(hours).sum::<f64>() / count;
    let level = recent.iter().map(|sample| sample.value).sum::<f64>() / count;
    let (mut up, mut along) = (0.0, 0.0);
    for sample in recent {
        let apart = hours(sample) - time;
        up += apart * (sample.value - level);
        along += apart * apart;
    }
    until(level - up / along * time, up / along)
}

fn newest(past: &[Sample], hours: f64) -> &[Sample] {
    let Some(last) = past.last() else { return past };
    &past[past.partition_point(|sample| (last.at.since(sample.at) as f64) > hours * HOUR_NS)..]
}

fn until(level: f64, rate: f64) -> Option<f64> {
    (rate > 0.0).then(|| ((LIMIT - level) / rate).max(0.0))
}
