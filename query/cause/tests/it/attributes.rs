//! Incidents whose cause is known: one attribute value makes events fail.
//!
//! Every event has 24 attributes and an id. Values are spread unevenly over 2 to 40 values per key; three keys copy
//! the planted key for some of the events, as a host does that runs a bad version. Background failures and events
//! of the planted value that succeed blur the picture.
//!
//! The incidents were made as hard as they are with seeds 1 to 300, where the planted value was first in 97.7 %; what
//! is asserted are the shares over seeds 10 001 to 10 300.

use std::collections::BTreeMap;

use query_cause::{AttributeCauses, AttributeCount, AttributeSettings, Populations, attributes};

use crate::random::Random;

const KEYS: usize = 24;
const EVENTS: usize = 1_500;
const REPORT: std::ops::Range<u64> = 10_001..10_301;

/// How an incident differs from the next.
struct Incident {
    key: usize,
    value: usize,
    /// Failures among events with the planted value, and among others.
    fails: (f64, f64),
    values: Vec<usize>,
    copies: Vec<(usize, f64)>,
}

fn incident(random: &mut Random) -> Incident {
    let values: Vec<usize> = (0..KEYS).map(|_| 2 + random.below(39)).collect();
    let key = random.below(KEYS);
    let copies = (1..=3).map(|step| ((key + step) % KEYS, random.between(0.2, 0.9))).collect();
    let value = random.below(values[key].min(6));
    let fails = (random.between(0.15, 0.9), random.between(0.002, 0.05));
    Incident { key, value, fails, values, copies }
}

/// The values of one event. Low numbers are frequent.
fn event(incident: &Incident, random: &mut Random) -> Vec<usize> {
    let mut event: Vec<usize> =
        incident.values.iter().map(|count| (random.unit().powi(2) * *count as f64) as usize).collect();
    for (key, share) in &incident.copies {
        if random.chance(*share) {
            event[*key] = event[incident.key] % incident.values[*key];
        }
    }
    event
}

/// Counts an incident; `None` when hardly anything failed.
fn counted(incident: &Incident, planted: bool, random: &mut Random) -> Option<AttributeCauses> {
    let mut counts: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
    let mut totals = Populations { failing: 0, baseline: 0 };
    for id in 0..EVENTS {
        let event = event(incident, random);
        let is_planted = planted && event[incident.key] == incident.value;
        let fails = random.chance(if is_planted { incident.fails.0 } else { incident.fails.1 });
        *(if fails { &mut totals.failing } else { &mut totals.baseline }) += 1;
        let named = event.iter().enumerate().map(|(key, value)| (format!("key{key:02}"), format!("v{value}")));
        for attribute in named.chain([("request.id".to_owned(), id.to_string())]) {
            let (failing, baseline) = counts.entry(attribute).or_default();
            *(if fails { failing } else { baseline }) += 1;
        }
    }
    let counts: Vec<AttributeCount> = counts
        .into_iter()
        .map(|((key, value), (failing, baseline))| AttributeCount { key, value, failing, baseline })
        .collect();
    let enough = totals.failing >= 20 && totals.baseline > 0;
    enough.then(|| attributes(&counts, totals, &AttributeSettings::default()).expect("the counts are fine"))
}

#[test]
fn the_planted_value_is_ranked_first() {
    let (mut cases, mut first, mut misses) = (0, 0, Vec::new());
    for seed in REPORT {
        let mut random = Random::seeded(seed);
        let incident = incident(&mut random);
        let Some(found) = counted(&incident, true, &mut random) else { continue };
        cases += 1;
        assert_eq!(found.left_out.len(), 1, "only the id is left out, seed {seed}");
        let wanted = (format!("key{:02}", incident.key), format!("v{}", incident.value));
        if found.causes.first().is_some_and(|cause| (&cause.key, &cause.value) == (&wanted.0, &wanted.1)) {
            first += 1;
        } else {
            misses.push(seed);
        }
    }
    let share = 100.0 * f64::from(first) / f64::from(cases);
    let told = format!("the planted value is first in {first} of {cases} incidents, {share:.1} %; not for {misses:?}");
    println!("{told}");
    assert!(cases >= 200 && share >= 95.0, "{told}");
}

#[test]
fn where_nothing_was_planted_hardly_anything_is_found() {
    let (mut cases, mut with_causes) = (0, 0);
    for seed in REPORT {
        let mut random = Random::seeded(seed);
        let incident = Incident { fails: (0.0, 0.1), ..incident(&mut random) };
        let Some(found) = counted(&incident, false, &mut random) else { continue };
        cases += 1;
        with_causes += i32::from(!found.causes.is_empty());
    }
    let share = 100.0 * f64::from(with_causes) / f64::from(cases);
    let told = format!("{with_causes} of {cases} incidents without a cause name one, {share:.1} %");
    println!("{told}");
    assert!(cases >= 200 && share <= 5.0, "{told}");
}
