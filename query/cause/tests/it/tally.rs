//! Incidents whose cause is known, counted as a scan counts them: in batches, in two tallies that are merged.
//!
//! Every event has 24 attributes in dictionary columns, an id, two attributes without columns and three measures. In two of
//! three incidents a value makes events fail, in one a range of a measure: above a bound between its 70th and 95th percentile. Three keys copy the
//! planted key (a measure: one key marks every eighth of it) for some of the events.
//!
//! Nothing was tuned on seeds. What is asserted are the shares over seeds 20 001 to 20 200.

use query_cause::{AttributeCause, AttributeCauses, AttributeSettings, Population, Tally};

use crate::random::Random;

const KEYS: usize = 24;
const MEASURES: usize = 3;
const EVENTS: usize = 2_000;
const BATCH: usize = 500;
const SEEDS: std::ops::Range<u64> = 20_001..20_201;

enum Cause {
    Value { key: usize, value: usize },
    Above { measure: usize, bound: f64 },
}

struct Incident {
    cause: Cause,
    fails: (f64, f64),
    values: Vec<usize>,
    copies: Vec<(usize, f64)>,
}

struct Event {
    values: Vec<usize>,
    measures: Vec<f64>,
    population: Population,
}

fn incident(seed: u64, random: &mut Random) -> Incident {
    let values: Vec<usize> = (0..KEYS).map(|_| 2 + random.below(39)).collect();
    let key = random.below(KEYS);
    let cause = if seed.is_multiple_of(3) {
        Cause::Above { measure: random.below(MEASURES), bound: (random.between(0.5, 1.6) * 1.5).exp() }
    } else {
        Cause::Value { key, value: random.below(values[key].min(6)) }
    };
    let copies = (1..=3).map(|step| ((key + step) % KEYS, random.between(0.2, 0.9))).collect();
    Incident { cause, fails: (random.between(0.15, 0.9), random.between(0.002, 0.05)), values, copies }
}

fn event(incident: &Incident, planted: bool, random: &mut Random) -> Event {
    let low = |count: &usize, random: &mut Random| (random.unit().powi(2) * *count as f64) as usize;
    let mut values: Vec<usize> = incident.values.iter().map(|count| low(count, random)).collect();
    // Lognormal, as durations and sizes are.
    let measures: Vec<f64> = (0..MEASURES).map(|_| (1.5 * random.normal()).exp()).collect();
    let (source, is_planted) = match incident.cause {
        Cause::Value { key, value } => (values[key], values[key] == value),
        Cause::Above { measure, bound } => (measures[measure] as usize, measures[measure] >= bound),
    };
    for (key, share) in &incident.copies {
        if random.chance(*share) {
            values[*key] = source % incident.values[*key];
        }
    }
    let fails = random.chance(if planted && is_planted { incident.fails.0 } else { incident.fails.1 });
    Event { values, measures, population: if fails { Population::Failing } else { Population::Baseline } }
}

fn count(tally: &mut Tally, incident: &Incident, events: &[Event], first: usize) {
    let populations: Vec<Population> = events.iter().map(|event| event.population).collect();
    tally.events(&populations);
    for (key, count) in incident.values.iter().enumerate() {
        let values: Vec<String> = (0..*count).map(|value| format!("v{value}")).collect();
        if key < KEYS - 2 {
            let codes: Vec<u32> = events.iter().map(|event| event.values[key] as u32).collect();
            tally.dictionary(&format!("key{key:02}"), &values, &codes, &populations);
        } else {
            for event in events {
                tally.value(&format!("key{key:02}"), &values[event.values[key]], event.population);
            }
        }
    }
    for measure in 0..MEASURES {
        let numbers: Vec<f64> = events.iter().map(|event| event.measures[measure]).collect();
        tally.measure(&format!("measure{measure}"), &numbers, &populations);
    }
    let ids: Vec<String> = (first..first + events.len()).map(|id| id.to_string()).collect();
    let codes: Vec<u32> = (0..events.len() as u32).collect();
    tally.dictionary("request.id", &ids, &codes, &populations);
}

/// What an incident's causes are; `None` when hardly anything failed.
fn counted(incident: &Incident, planted: bool, random: &mut Random) -> Option<AttributeCauses> {
    let settings = AttributeSettings::default();
    let events: Vec<Event> = (0..EVENTS).map(|_| event(incident, planted, random)).collect();
    let mut tallies = [Tally::new(settings.max_values), Tally::new(settings.max_values)];
    for (number, batch) in events.chunks(BATCH).enumerate() {
        count(&mut tallies[number % 2], incident, batch, number * BATCH);
    }
    let [mut all, other] = tallies;
    all.merge(other);
    let enough = all.populations().failing >= 20;
    enough.then(|| all.causes(&settings).expect("the counts are fine"))
}

/// Whether a cause is the planted one; a range is if its bound is the planted one within a bucket.
fn is_planted(cause: &AttributeCause, incident: &Incident) -> bool {
    match incident.cause {
        Cause::Value { key, value } => cause.key == format!("key{key:02}") && cause.value == format!("v{value}"),
        Cause::Above { measure, bound } => {
            let told = cause.value.strip_prefix("≥ ").and_then(|told| told.parse::<f64>().ok());
            let near = told.is_some_and(|told| (bound / 1.25..=bound * 1.25).contains(&told));
            cause.key == format!("measure{measure}") && near
        }
    }
}

#[test]
fn the_planted_value_or_range_is_ranked_first() {
    let (mut cases, mut first, mut misses) = (0, 0, Vec::new());
    for seed in SEEDS {
        let mut random = Random::seeded(seed);
        let incident = incident(seed, &mut random);
        let Some(found) = counted(&incident, true, &mut random) else { continue };
        cases += 1;
        assert_eq!(found.left_out.len(), 1, "only the id is left out, seed {seed}");
        if found.causes.first().is_some_and(|cause| is_planted(cause, &incident)) {
            first += 1;
        } else {
            misses.push(seed);
        }
    }
    let share = 100.0 * f64::from(first) / f64::from(cases);
    let told = format!("the planted cause is first in {first} of {cases} incidents, {share:.1} %; not for {misses:?}");
    println!("{told}");
    assert!(cases >= 190 && share >= 95.0, "{told}");
}

#[test]
fn without_a_cause_hardly_anything_is_found() {
    let (mut cases, mut with_causes) = (0, 0);
    for seed in SEEDS {
        let mut random = Random::seeded(seed);
        let incident = Incident { fails: (0.0, 0.1), ..incident(seed, &mut random) };
        let Some(found) = counted(&incident, false, &mut random) else { continue };
        cases += 1;
        with_causes += i32::from(!found.causes.is_empty());
    }
    let told = format!("{with_causes} of {cases} incidents without a cause name one");
    println!("{told}");
    // One in twenty is what `false_discoveries` allows on average; one in ten would be three standard errors more.
    assert!(cases >= 190 && with_causes * 10 <= cases, "{told}");
}
