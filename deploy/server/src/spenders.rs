//! Who spent an error budget: its bad events by service, route, version and every other attribute of their traces.

use std::collections::BTreeMap;

use anyhow::Result;
use ingest_model::Nanos;
use query_api::{Spender, Spenders, SpentBy};
use query_engine::{AttributeCount, AttributeCounts, AttributeQuestion, Engine, Selection, Windows};

/// What everybody asks for first.
const FIRST: [&str; 3] = ["service.name", "http.route", "service.version"];

/// Keys that are told, and values of each.
const KEYS: usize = 20;
const VALUES: usize = 10;

/// The bad events from `from` to `to`, by the attributes of their traces; `allowed` is how many the whole budget has.
///
/// # Errors
///
/// When they cannot be read.
pub(crate) async fn spenders(
    engine: &Engine,
    slo: &str,
    events: Selection,
    (from, to): (Nanos, Nanos),
    allowed: Option<f64>,
) -> Result<Spenders> {
    let windows = Windows { from, to, baseline_from: from, baseline_to: to };
    let counts = engine.attribute_counts(&AttributeQuestion { events, windows }).await?;
    let share = |events: f64| allowed.filter(|allowed| *allowed > 0.0).map(|allowed| events / allowed);
    Ok(Spenders {
        slo: slo.to_owned(),
        from,
        to,
        bad: counts.failing_total,
        budget: share(counts.failing_total as f64),
        by: by_key(&counts, share),
        left_out: counts.left_out,
    })
}

/// The keys: first those everybody asks for, then those of which one value spent most more than it has of the good events.
fn by_key(counts: &AttributeCounts, share: impl Fn(f64) -> Option<f64>) -> Vec<SpentBy> {
    let mut keys: BTreeMap<&str, Vec<&AttributeCount>> = BTreeMap::new();
    for count in counts.counts.iter().filter(|count| count.failing > 0) {
        keys.entry(&count.key).or_default().push(count);
    }
    let mut keys: Vec<(&str, Vec<&AttributeCount>)> = keys.into_iter().collect();
    let place = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    let excess =
        |values: &[&AttributeCount]| values.iter().map(|count| excess(count, counts)).fold(f64::NEG_INFINITY, f64::max);
    keys.sort_by(|(one, ones), (other, others)| {
        let by_excess = || excess(others).total_cmp(&excess(ones));
        place(one).cmp(&place(other)).then_with(by_excess).then_with(|| one.cmp(other))
    });
    let spent_by = |(key, mut values): (&str, Vec<&AttributeCount>)| {
        values.sort_by(|one, other| other.failing.cmp(&one.failing).then_with(|| one.value.cmp(&other.value)));
        let values_total = values.len();
        let spenders = values.into_iter().take(VALUES).map(|count| spender(count, counts, &share)).collect();
        SpentBy { key: key.to_owned(), spenders, values_total }
    };
    keys.into_iter().take(KEYS).map(spent_by).collect()
}

/// By how much a value's share of the bad events is above its share of the good ones.
fn excess(count: &AttributeCount, counts: &AttributeCounts) -> f64 {
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    share(count.failing, counts.failing) - share(count.baseline, counts.baseline)
}

/// Where not all bad events were looked at, those that were stand for all.
fn spender(count: &AttributeCount, counts: &AttributeCounts, share: impl Fn(f64) -> Option<f64>) -> Spender {
    let of_bad = count.failing as f64 / counts.failing.max(1) as f64;
    let bad = of_bad * counts.failing_total as f64;
    Spender {
        value: count.value.clone(),
        bad: bad.round() as u64,
        share: of_bad,
        budget: share(bad),
        share_of_good: count.baseline as f64 / counts.baseline.max(1) as f64,
        trace_ids: count.trace_ids.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(key: &str, value: &str, failing: u64, baseline: u64) -> AttributeCount {
        AttributeCount { key: key.to_owned(), value: value.to_owned(), failing, baseline, trace_ids: Vec::new() }
    }

    #[test]
    fn a_budget_is_spent_by_who_has_the_bad_events() {
        let counts = AttributeCounts {
            failing: 100,
            failing_total: 1_000,
            baseline: 1_000,
            baseline_total: 50_000,
            counts: vec![
                count("app.region", "north", 50, 500),
                count("app.region", "south", 50, 500),
                count("app.provider", "one", 90, 100),
                count("app.provider", "two", 10, 900),
                count("service.name", "pay", 100, 1_000),
                count("app.idle", "never", 0, 10),
            ],
            ..AttributeCounts::default()
        };
        let by = by_key(&counts, |events| Some(events / 2_000.0));
        let keys: Vec<&str> = by.iter().map(|by| by.key.as_str()).collect();
        assert_eq!(keys, ["service.name", "app.provider", "app.region"]);
        let first = &by[1].spenders[0];
        assert_eq!((first.value.as_str(), first.bad, first.share, first.budget), ("one", 900, 0.9, Some(0.45)));
        assert_eq!(by[1].spenders.iter().map(|spender| spender.bad).sum::<u64>(), 1_000);
    }
}
