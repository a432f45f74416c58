//! The evaluation of an expression at a moment.

mod aggregate;
mod binary;
mod call;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use crate::error::{Notes, PromqlError};
use crate::functions::Window;
use crate::labels::Labels;
use crate::limits::Budget;
use crate::node::{At, Node, Selector, Shift, Subquery};
use crate::query::{DEFAULT_STEP, Gathered, LOOKBACK, Need, Source, Times};
use crate::sample::{Sample, Series, Value};

/// An element of a vector.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) labels: Labels,
    pub(crate) value: Value,
    /// When it was measured, in milliseconds since 1970; the moment of the evaluation for what was calculated.
    pub(crate) at: i64,
}

/// What an expression gives at a moment.
#[derive(Debug)]
pub(crate) enum Outcome {
    Scalar(f64),
    Text(String),
    Vector(Vec<Item>),
}

/// The samples of a series in a range.
#[derive(Debug)]
pub(crate) struct OwnedWindow {
    pub(crate) labels: Labels,
    pub(crate) samples: Vec<Sample>,
}

/// An evaluation at the moments of a question.
#[derive(Debug)]
pub(crate) struct Evaluation<'a> {
    times: Times,
    series: Vec<&'a [Series]>,
    budget: &'a Budget<'a>,
    notes: Notes,
    /// What subqueries gave, by subquery and moment: the next step needs most of it again.
    subqueries: HashMap<usize, BTreeMap<i64, Vec<Item>>>,
}

/// The moment a selector means at `at`.
pub(crate) fn at_of(shift: Shift, at: i64, times: Times) -> i64 {
    let moment = match shift.at {
        None => at,
        Some(At::Start) => times.start,
        Some(At::End) => times.end,
        Some(At::Moment(moment)) => moment,
    };
    moment.saturating_sub(shift.offset)
}

// === impl Evaluation ===

impl<'a> Evaluation<'a> {
    pub(crate) fn new(times: Times, needs: &[Need], source: &'a dyn Source, budget: &'a Budget<'a>) -> Self {
        let series = needs.iter().map(|need| source.series(need)).collect();
        Self { times, series, budget, notes: Notes::default(), subqueries: HashMap::new() }
    }

    pub(crate) fn into_notes(self) -> Notes {
        self.notes
    }

    pub(crate) fn evaluate(&mut self, node: &Node, at: i64) -> Result<Outcome, PromqlError> {
        match node {
            Node::Number(number) => Ok(Outcome::Scalar(*number)),
            Node::Text(text) => Ok(Outcome::Text(text.clone())),
            Node::Select(selector) => self.select(selector, at).map(Outcome::Vector),
            Node::Range { .. } | Node::Subquery(_) => {
                Err(PromqlError::Parse("parse error: a range stands where a vector is expected".to_owned()))
            }
            Node::Negate(inner) => self.negate(inner, at),
            Node::Binary(binary) => self.binary(binary, at),
            Node::Aggregate(aggregate) => self.aggregate(aggregate, at).map(Outcome::Vector),
            Node::Call { function, args } => self.call(*function, args, at),
        }
    }

    pub(crate) fn vector(&mut self, node: &Node, at: i64) -> Result<Vec<Item>, PromqlError> {
        match self.evaluate(node, at)? {
            Outcome::Vector(items) => Ok(items),
            Outcome::Scalar(_) | Outcome::Text(_) => {
                Err(PromqlError::Parse("parse error: an instant vector is expected".to_owned()))
            }
        }
    }

    pub(crate) fn scalar(&mut self, node: &Node, at: i64) -> Result<f64, PromqlError> {
        match self.evaluate(node, at)? {
            Outcome::Scalar(value) => Ok(value),
            Outcome::Vector(_) | Outcome::Text(_) => {
                Err(PromqlError::Parse("parse error: a scalar is expected".to_owned()))
            }
        }
    }

    fn negate(&mut self, inner: &Node, at: i64) -> Result<Outcome, PromqlError> {
        match self.evaluate(inner, at)? {
            Outcome::Scalar(value) => Ok(Outcome::Scalar(-value)),
            Outcome::Text(_) => Err(PromqlError::Parse("parse error: a text has no negative".to_owned())),
            Outcome::Vector(items) => {
                let negative = |item: Item| {
                    let value = match &item.value {
                        Value::Float(value) => Value::Float(-value),
                        Value::Histogram(histogram) => Value::from(histogram.scaled(-1.0)),
                    };
                    Item { labels: item.labels.unnamed(), value, at }
                };
                unique(items.into_iter().map(negative).collect()).map(Outcome::Vector)
            }
        }
    }

    /// The newest sample of each series that is no older than the lookback.
    fn select(&self, selector: &Selector, at: i64) -> Result<Vec<Item>, PromqlError> {
        let moment = at_of(selector.shift, at, self.times);
        let series = self.series[selector.id];
        self.budget.check(series.len())?;
        let newest = |series: &Series| {
            let next = series.samples.partition_point(|sample| sample.at <= moment);
            let sample = series.samples[..next].last()?;
            let counts = sample.at > moment.saturating_sub(LOOKBACK) && !sample.value.is_stale();
            counts.then(|| Item { labels: series.labels.clone(), value: sample.value.clone(), at: sample.at })
        };
        let items: Vec<Item> = series.iter().filter_map(newest).collect();
        self.budget.take(items.len())?;
        Ok(items)
    }

    /// Calls `each` with the samples of each series in the range that `node` is; series without any are left out.
    pub(crate) fn each_window(
        &mut self,
        node: &Node,
        at: i64,
        each: &mut dyn FnMut(&Window<'_>, &mut Notes) -> Result<(), PromqlError>,
    ) -> Result<(), PromqlError> {
        match node {
            Node::Range { selector, range } => {
                let end = at_of(selector.shift, at, self.times);
                let start = end.saturating_sub(*range);
                let series = self.series[selector.id];
                self.budget.check(series.len())?;
                for series in series {
                    let from = series.samples.partition_point(|sample| sample.at <= start);
                    let samples = &series.samples[from..];
                    let samples = &samples[..samples.partition_point(|sample| sample.at <= end)];
                    self.budget.take(samples.len())?;
                    let live: Vec<Sample>;
                    let samples = if samples.iter().any(|sample| sample.value.is_stale()) {
                        live = samples.iter().filter(|sample| !sample.value.is_stale()).cloned().collect();
                        &live
                    } else {
                        samples
                    };
                    if !samples.is_empty() {
                        each(&Window { labels: &series.labels, samples, start, end, at }, &mut self.notes)?;
                    }
                }
                Ok(())
            }
            Node::Subquery(subquery) => {
                let end = at_of(subquery.shift, at, self.times);
                let start = end.saturating_sub(subquery.range);
                for series in self.subquery(subquery, start, end)? {
                    let window = Window { labels: &series.labels, samples: &series.samples, start, end, at };
                    each(&window, &mut self.notes)?;
                }
                Ok(())
            }
            _ => Err(PromqlError::Parse("parse error: a range vector is expected".to_owned())),
        }
    }

    /// The samples of each series in a range, kept.
    pub(crate) fn windows(&mut self, node: &Node, at: i64) -> Result<Vec<OwnedWindow>, PromqlError> {
        let mut windows = Vec::new();
        self.each_window(node, at, &mut |window, _| {
            windows.push(OwnedWindow { labels: window.labels.clone(), samples: window.samples.to_vec() });
            Ok(())
        })?;
        Ok(windows)
    }

    fn moment(&mut self, subquery: &Subquery, at: i64) -> Result<Vec<Item>, PromqlError> {
        self.budget.check(0)?;
        Ok(match self.evaluate(&subquery.inner, at)? {
            Outcome::Vector(items) => items,
            Outcome::Scalar(value) => vec![Item { labels: Labels::none(), value: value.into(), at }],
            Outcome::Text(_) => Vec::new(),
        })
    }

    /// The inner expression at every multiple of the step after `start` up to `end`.
    fn subquery(&mut self, subquery: &Subquery, start: i64, end: i64) -> Result<Vec<Series>, PromqlError> {
        let step = subquery.step.unwrap_or(DEFAULT_STEP);
        let mut moment = step * (start / step);
        if moment <= start {
            moment += step;
        }
        let key = std::ptr::from_ref(subquery) as usize;
        let mut past = self.subqueries.remove(&key).unwrap_or_default();
        let mut known = past.split_off(&moment);
        // Twice: what a moment gave, and the series that are made of it.
        past.values().for_each(|items| self.budget.release(2 * items.len()));
        let mut gathered = Gathered::default();
        while moment <= end {
            let items = match known.entry(moment) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let items = self.moment(subquery, moment)?;
                    self.budget.keep(2 * items.len())?;
                    unknown.insert(items)
                }
            };
            self.budget.take(items.len())?;
            items.iter().for_each(|item| gathered.add(item.labels.clone(), moment, item.value.clone()));
            moment += step;
        }
        self.subqueries.insert(key, known);
        Ok(gathered.series)
    }
}

/// Refuses elements with the same labels.
pub(crate) fn unique(items: Vec<Item>) -> Result<Vec<Item>, PromqlError> {
    let mut seen = HashSet::with_capacity(items.len());
    if items.iter().all(|item| seen.insert(&item.labels)) {
        return Ok(items);
    }
    Err(PromqlError::execution("vector cannot contain metrics with the same labelset"))
}
