//! Counts of attribute values that a scan feeds batch by batch, and that add up.
//!
//! A scan keeps one [`Tally`] for each of its threads, gives it the columns of every batch, and merges the tallies at the
//! end: the result does not depend on how the events were cut into batches. Dictionary columns are counted by their
//! codes, one addition for each event, and their texts are looked at once for each batch.

mod measure;

use std::collections::BTreeMap;

use ahash::AHashMap;

use crate::attribute::{
    AttributeCauses, AttributeCount, AttributeSettings, Candidate, CountError, LeftOut, Populations, compare, ids,
};
use measure::Histogram;

/// Which population an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Population {
    /// It went well, and is compared with.
    Baseline = 0,
    /// It failed or was slow.
    Failing = 1,
    /// It is not looked at.
    Neither = 2,
}

/// Counts by population; the fourth place makes them a power of two wide.
type Lanes = [u32; 4];

/// Events of both populations: baseline, failing.
type Both = [u64; 2];

/// How often each value of each key occurs in both populations, and how the values of measures are spread.
#[derive(Debug, Clone)]
pub struct Tally {
    max_values: usize,
    totals: Both,
    /// By key, ascending.
    keys: Vec<(String, Values)>,
    /// Of each key, the place of the one that was asked for next: events have their keys in the same order.
    next: Vec<usize>,
    /// The place of the key that was asked for last.
    last: usize,
    measures: BTreeMap<String, Histogram>,
    /// Room for the counts of one batch, kept between batches.
    lanes: Vec<Lanes>,
}

/// The values of a key.
#[derive(Debug, Clone, Default)]
struct Values {
    counts: AHashMap<Box<str>, Both>,
    /// Events that have the key.
    events: u64,
    /// Bytes of the texts.
    bytes: usize,
    /// Whether there were more values than are counted.
    overflown: bool,
}

// === impl Tally ===

impl Tally {
    /// An empty tally, which gives up a key with more than so many values; take
    /// [`AttributeSettings::max_values`].
    #[must_use]
    pub fn new(max_values: usize) -> Self {
        let (keys, next, measures) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { max_values, totals: [0; 2], keys, next, last: 0, measures, lanes: Vec::new() }
    }

    /// Counts the events of a batch; once for each batch, however many columns it has.
    pub fn events(&mut self, populations: &[Population]) {
        let of = |wanted: Population| populations.iter().filter(|population| **population == wanted).count() as u64;
        self.totals[0] += of(Population::Baseline);
        self.totals[1] += of(Population::Failing);
    }

    /// Counts a dictionary column of a batch. `codes` has a place in `values` for each event; any place beyond stands for an event without
    /// the key. Values may occur twice in the dictionary. Events beyond the shorter of `codes` and
    /// `populations` are not counted.
    pub fn dictionary<T: AsRef<str>>(&mut self, key: &str, values: &[T], codes: &[u32], populations: &[Population]) {
        let mut lanes = std::mem::take(&mut self.lanes);
        lanes.clear();
        lanes.resize(values.len(), Lanes::default());
        count(codes, populations, &mut lanes);
        let max_values = self.max_values;
        let of_key = self.key(key);
        for (value, [baseline, failing, ..]) in values.iter().zip(&lanes) {
            if baseline + failing > 0 {
                of_key.add(value.as_ref(), [u64::from(*baseline), u64::from(*failing)], max_values);
            }
        }
        self.lanes = lanes;
    }

    /// Counts one value of one event, for attributes that have no column. An event that has a value of a key twice is
    /// given once by its caller.
    pub fn value(&mut self, key: &str, value: &str, population: Population) {
        let both = match population {
            Population::Baseline => [1, 0],
            Population::Failing => [0, 1],
            Population::Neither => return,
        };
        let max_values = self.max_values;
        self.key(key).add(value, both, max_values);
    }

    /// Counts a value of so many events of each population: baseline, failing.
    pub fn values(&mut self, key: &str, value: &str, both: [u64; 2]) {
        let max_values = self.max_values;
        self.key(key).add(value, both, max_values);
    }

    /// Counts a number that so many events of each population have: baseline, failing. What is no number counts as missing.
    pub fn measured(&mut self, key: &str, value: f64, both: [u64; 2]) {
        match self.measures.get_mut(key) {
            Some(histogram) => histogram.add_many(value, both),
            None => self.measures.entry(key.to_owned()).or_default().add_many(value, both),
        }
    }

    /// Whether something was counted by a key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.keys.binary_search_by(|(known, _)| known.as_str().cmp(key)).is_ok() || self.measures.contains_key(key)
    }

    /// How many keys have values, how many are measures, and how many bytes the texts of all values take.
    #[must_use]
    pub fn size(&self) -> (usize, usize, usize) {
        (self.keys.len(), self.measures.len(), self.keys.iter().map(|(_, values)| values.bytes).sum())
    }

    /// Counts a column of numbers of a batch; what is no number counts as missing.
    pub fn measure(&mut self, key: &str, values: &[f64], populations: &[Population]) {
        match self.measures.get_mut(key) {
            Some(histogram) => histogram.add(values, populations),
            None => self.measures.entry(key.to_owned()).or_default().add(values, populations),
        }
    }

    /// Adds what another tally counted.
    pub fn merge(&mut self, other: Self) {
        self.totals = add(self.totals, other.totals);
        let max_values = self.max_values;
        for (key, values) in other.keys {
            let own = self.key(&key);
            let events = own.events + values.events;
            own.overflown |= values.overflown;
            for (value, both) in values.counts {
                own.add(&value, both, max_values);
            }
            own.events = events;
            own.forget_if_overflown();
        }
        for (key, histogram) in other.measures {
            self.measures.entry(key).or_default().merge(&histogram);
        }
    }

    /// How many events were counted.
    #[must_use]
    pub const fn populations(&self) -> Populations {
        Populations { failing: self.totals[1], baseline: self.totals[0] }
    }

    /// Ranks values and ranges of measures together, as [`crate::attributes`] does. A measure is told as the one range,
    /// `≥` or `<` a bound, in which the populations differ most; its chance is multiplied by the number of ranges tried
    /// (Bonferroni).
    ///
    /// # Errors
    ///
    /// [`CountError::Empty`] when a population is empty; [`CountError::MoreThanAll`] when a value was counted for more events than
    /// [`Self::events`] was told of.
    pub fn causes(&self, settings: &AttributeSettings) -> Result<AttributeCauses, CountError> {
        let totals = self.populations();
        let mut left_out: Vec<LeftOut> = Vec::new();
        let mut counts: Vec<AttributeCount> = Vec::new();
        for (key, values) in &self.keys {
            if values.overflown {
                left_out.push(LeftOut { key: key.clone(), values: self.max_values + 1, events: values.events });
            }
            counts.extend(values.counts.iter().map(|(value, [baseline, failing])| AttributeCount {
                key: key.clone(),
                value: value.to_string(),
                failing: *failing,
                baseline: *baseline,
            }));
        }
        counts.sort_unstable_by(|left, right| (&left.key, &left.value).cmp(&(&right.key, &right.value)));
        left_out.extend(ids(&counts, settings));
        left_out.sort_by(|left, right| left.key.cmp(&right.key));
        let is_left_out = |key: &str| left_out.binary_search_by(|left_out| left_out.key.as_str().cmp(key)).is_ok();
        counts.retain(|count| !is_left_out(&count.key));
        let values = counts.into_iter().map(|count| Candidate { count, trials: 1 });
        let ranges = self.measures.iter().filter_map(|(key, histogram)| histogram.best(key, totals, settings));
        let candidates: Vec<Candidate> = values.chain(ranges).collect();
        compare(&candidates, totals, left_out, settings)
    }

    /// The values of a key. Keys are few, so they lie in a row: finding one takes no copy of its name and no hash, and mostly one look.
    fn key(&mut self, key: &str) -> &mut Values {
        let expected = self.next.get(self.last).copied();
        let is_expected = |place: &usize| self.keys.get(*place).is_some_and(|(known, _)| known == key);
        let place = expected.filter(is_expected).unwrap_or_else(|| self.place(key));
        if let Some(next) = self.next.get_mut(self.last) {
            *next = place;
        }
        self.last = place;
        &mut self.keys[place].1
    }

    fn place(&mut self, key: &str) -> usize {
        self.keys.binary_search_by(|(known, _)| known.as_str().cmp(key)).unwrap_or_else(|place| {
            self.keys.insert(place, (key.to_owned(), Values::default()));
            // The places behind it are others now.
            self.next = vec![0; self.keys.len()];
            place
        })
    }
}

// === impl Values ===

impl Values {
    fn add(&mut self, value: &str, both: Both, max_values: usize) {
        self.events += both[0] + both[1];
        if self.overflown {
            return;
        }
        if let Some(counted) = self.counts.get_mut(value) {
            *counted = add(*counted, both);
            return;
        }
        self.counts.insert(value.into(), both);
        self.bytes += value.len();
        self.overflown = self.counts.len() > max_values;
        self.forget_if_overflown();
    }

    /// Frees the counts of a key that is given up.
    fn forget_if_overflown(&mut self) {
        if self.overflown {
            self.counts = AHashMap::new();
            self.bytes = 0;
        }
    }
}

/// The kernel: one addition for each event.
fn count(codes: &[u32], populations: &[Population], lanes: &mut [Lanes]) {
    for (code, population) in codes.iter().zip(populations) {
        if let Some(counts) = lanes.get_mut(*code as usize) {
            counts[*population as usize] += 1;
        }
    }
}

const fn add(left: Both, right: Both) -> Both {
    [left[0] + right[0], left[1] + right[1]]
}

#[cfg(test)]
mod tests;
