//! What `load_with_nhcb` loads beside its series: each classic histogram once more, as a native one with the same bounds.

use std::collections::BTreeMap;

use query_promql::{CUSTOM_BOUNDS, Histogram, Labels, METRIC_NAME, Value};

use crate::notation::Line;

/// What the series of a classic histogram say at one moment.
#[derive(Debug, Default)]
struct Moment {
    /// Upper bounds, and how many observations are at most as large.
    buckets: Vec<(f64, f64)>,
    count: Option<f64>,
    sum: f64,
}

/// The native histograms of the classic ones among `lines`.
pub(crate) fn native(lines: &[Line]) -> Vec<Line> {
    let mut moments: BTreeMap<Vec<(String, String)>, BTreeMap<usize, Moment>> = BTreeMap::new();
    for line in lines {
        let labels = line.labels.as_ref().expect("a series has labels");
        let Some((name, part)) = labels.get(METRIC_NAME).rsplit_once('_') else { continue };
        let bound = labels.get("le").parse::<f64>().ok();
        let others = labels.iter().filter(|(key, _)| *key != "le" && *key != METRIC_NAME);
        let mut key: Vec<_> = others.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        key.push((METRIC_NAME.to_owned(), name.to_owned()));
        for (at, value) in line.values.iter().enumerate() {
            let Some(Value::Float(value)) = value else { continue };
            match (part, bound) {
                ("bucket", Some(bound)) => moment(&mut moments, &key, at).buckets.push((bound, *value)),
                ("count", None) => moment(&mut moments, &key, at).count = Some(*value),
                ("sum", None) => moment(&mut moments, &key, at).sum = *value,
                _ => {}
            }
        }
    }
    moments.retain(|_, moments| moments.values().any(|moment| !moment.buckets.is_empty()));
    moments.into_iter().map(|(key, moments)| line(key, moments)).collect()
}

fn moment<'a>(
    moments: &'a mut BTreeMap<Vec<(String, String)>, BTreeMap<usize, Moment>>,
    key: &[(String, String)],
    at: usize,
) -> &'a mut Moment {
    moments.entry(key.to_vec()).or_default().entry(at).or_default()
}

fn line(labels: Vec<(String, String)>, mut moments: BTreeMap<usize, Moment>) -> Line {
    let last = moments.keys().next_back().copied().unwrap_or(0);
    let values = (0..=last).map(|at| moments.remove(&at).map(|moment| Value::from(histogram(moment)))).collect();
    Line { labels: Some(Labels::new(labels)), values }
}

fn histogram(mut moment: Moment) -> Histogram {
    moment.buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut below = 0.0;
    let counts = moment.buckets.iter().map(|(_, count)| {
        let own = count - below;
        below = *count;
        own
    });
    let positive = (0..).zip(counts.collect::<Vec<_>>()).collect();
    let bounds = moment.buckets.iter().map(|(bound, _)| *bound).filter(|bound| bound.is_finite());
    Histogram {
        custom_bounds: bounds.collect::<Vec<_>>().into(),
        positive,
        count: moment.count.unwrap_or(below),
        sum: moment.sum,
        ..Histogram::empty(CUSTOM_BOUNDS)
    }
}
