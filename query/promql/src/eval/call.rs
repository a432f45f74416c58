//! Calls of functions.

use std::cmp::Ordering;

use super::{Evaluation, Item, Outcome, unique};
use crate::error::PromqlError;
use crate::functions::histogram;
use crate::functions::label::{self, Replace};
use crate::functions::{Function, Special, Windowed};
use crate::labels::{Labels, METRIC_NAME};
use crate::node::{Matcher, Node, Test};
use crate::sample::Value;

// === impl Evaluation ===

impl Evaluation<'_> {
    pub(super) fn call(&mut self, function: Function, args: &[Node], at: i64) -> Result<Outcome, PromqlError> {
        match function {
            Function::Math(apply) => {
                let items = self.vector(argument(args, 0)?, at)?;
                floats(items, at, |value| Some(apply(value))).map(Outcome::Vector)
            }
            Function::Calendar(apply) => {
                let Some(argument) = args.first() else {
                    let value = Value::Float(apply(at as f64 / 1_000.0));
                    return Ok(Outcome::Vector(vec![Item { labels: Labels::none(), value, at }]));
                };
                let items = self.vector(argument, at)?;
                floats(items, at, |value| Some(apply(value))).map(Outcome::Vector)
            }
            Function::Window(windowed) => self.windowed(windowed, args, at).map(Outcome::Vector),
            Function::Special(special) => self.special(special, args, at),
        }
    }

    fn windowed(&mut self, windowed: Windowed, args: &[Node], at: i64) -> Result<Vec<Item>, PromqlError> {
        let is_range = |node: &&Node| matches!(node, Node::Range { .. } | Node::Subquery(_));
        let range = args.iter().find(is_range).ok_or_else(missing)?;
        let mut numbers = Vec::new();
        for argument in args.iter().filter(|node| !is_range(node)) {
            numbers.push(self.scalar(argument, at)?);
        }
        let mut items = Vec::new();
        self.each_window(range, at, &mut |window, notes| {
            if let Some(value) = (windowed.apply)(window, &numbers, notes) {
                let labels = if windowed.keeps_name { window.labels.clone() } else { window.labels.unnamed() };
                items.push(Item { labels, value, at });
            }
            Ok(())
        })?;
        unique(items)
    }

    fn special(&mut self, special: Special, args: &[Node], at: i64) -> Result<Outcome, PromqlError> {
        let seconds = |millis: i64| Ok(Outcome::Scalar(millis as f64 / 1_000.0));
        match special {
            Special::Pi => Ok(Outcome::Scalar(std::f64::consts::PI)),
            Special::Time => seconds(at),
            Special::Start => seconds(self.times.start),
            Special::End => seconds(self.times.end),
            Special::Step => seconds(if self.times.start == self.times.end { 0 } else { self.times.step }),
            Special::Scalar => {
                let items = self.vector(argument(args, 0)?, at)?;
                let mut values = items.iter().filter_map(|item| item.value.float());
                let only = values.next().filter(|_| values.next().is_none());
                Ok(Outcome::Scalar(only.unwrap_or(f64::NAN)))
            }
            Special::Vector => {
                let value = Value::Float(self.scalar(argument(args, 0)?, at)?);
                Ok(Outcome::Vector(vec![Item { labels: Labels::none(), value, at }]))
            }
            Special::HistogramAvg
            | Special::HistogramCount
            | Special::HistogramFraction
            | Special::HistogramQuantile
            | Special::HistogramQuantiles
            | Special::HistogramStddev
            | Special::HistogramStdvar
            | Special::HistogramSum => self.histogram(special, args, at).and_then(unique).map(Outcome::Vector),
            _ => self.of_vector(special, args, at).map(Outcome::Vector),
        }
    }

    fn of_vector(&mut self, special: Special, args: &[Node], at: i64) -> Result<Vec<Item>, PromqlError> {
        if special == Special::AbsentOverTime {
            let mut present = false;
            self.each_window(argument(args, 0)?, at, &mut |_, _| {
                present = true;
                Ok(())
            })?;
            return Ok(if present { Vec::new() } else { vec![absent(argument(args, 0)?, at)] });
        }
        let mut items = self.vector(argument(args, 0)?, at)?;
        match special {
            Special::Absent if items.is_empty() => Ok(vec![absent(argument(args, 0)?, at)]),
            Special::Absent => Ok(Vec::new()),
            Special::Timestamp => {
                let stamp = |item: Item| Item {
                    labels: item.labels.unnamed(),
                    value: Value::Float(item.at as f64 / 1_000.0),
                    at,
                };
                unique(items.into_iter().map(stamp).collect())
            }
            Special::Clamp | Special::ClampMax | Special::ClampMin | Special::Round => {
                self.bounded(special, args, items, at)
            }
            Special::Sort | Special::SortDesc => {
                items.retain(|item| item.value.float().is_some());
                let value = |item: &Item| item.value.float().unwrap_or(f64::NAN);
                let descending = special == Special::SortDesc;
                items.sort_by(|one, other| by_value(value(one), value(other), descending));
                Ok(items)
            }
            Special::SortByLabel | Special::SortByLabelDesc => {
                let names = texts(&args[1..])?;
                items.sort_by(|one, other| {
                    let order = names
                        .iter()
                        .map(|name| label::natural(one.labels.get(name), other.labels.get(name)))
                        .find(|order| order.is_ne())
                        .unwrap_or_else(|| one.labels.cmp(&other.labels));
                    if special == Special::SortByLabelDesc { order.reverse() } else { order }
                });
                Ok(items)
            }
            _ => relabelled(special, args, items, at),
        }
    }

    fn bounded(
        &mut self,
        special: Special,
        args: &[Node],
        items: Vec<Item>,
        at: i64,
    ) -> Result<Vec<Item>, PromqlError> {
        let mut numbers = Vec::new();
        for argument in &args[1..] {
            numbers.push(self.scalar(argument, at)?);
        }
        let first = numbers.first().copied();
        match special {
            Special::Round => {
                let inverse = 1.0 / first.unwrap_or(1.0);
                floats(items, at, |value| Some((value * inverse + 0.5).floor() / inverse))
            }
            Special::ClampMax => {
                let most = first.unwrap_or(f64::NAN);
                floats(items, at, |value| Some(least(value, most)))
            }
            Special::ClampMin => {
                let fewest = first.unwrap_or(f64::NAN);
                floats(items, at, |value| Some(-least(-value, -fewest)))
            }
            _ => {
                let (low, high) = (first.unwrap_or(f64::NAN), numbers.get(1).copied().unwrap_or(f64::NAN));
                floats(items, at, |value| {
                    (low <= high || low.is_nan() || high.is_nan()).then(|| -least(-least(value, high), -low))
                })
            }
        }
    }

    fn histogram(&mut self, special: Special, args: &[Node], at: i64) -> Result<Vec<Item>, PromqlError> {
        let stamped = |mut items: Vec<Item>| {
            items.iter_mut().for_each(|item| item.at = at);
            items
        };
        Ok(match special {
            Special::HistogramQuantile => {
                let q = self.scalar(argument(args, 0)?, at)?;
                let items = self.vector(argument(args, 1)?, at)?;
                histogram::quantiles(q, items, at, &mut self.notes)
            }
            Special::HistogramQuantiles => {
                let items = self.vector(argument(args, 0)?, at)?;
                let label = texts(&args[1..2])?.concat();
                let mut qs = Vec::new();
                for argument in &args[2..] {
                    qs.push(self.scalar(argument, at)?);
                }
                histogram::labelled_quantiles(&label, &qs, &items, at, &mut self.notes)
            }
            Special::HistogramFraction => {
                let (lower, upper) = (self.scalar(argument(args, 0)?, at)?, self.scalar(argument(args, 1)?, at)?);
                let items = self.vector(argument(args, 2)?, at)?;
                histogram::fractions(lower, upper, items, at, &mut self.notes)
            }
            _ => {
                let items = self.vector(argument(args, 0)?, at)?;
                stamped(histogram::of_native(items, |histogram| match special {
                    Special::HistogramAvg => histogram.sum / histogram.count,
                    Special::HistogramCount => histogram.count,
                    Special::HistogramSum => histogram.sum,
                    Special::HistogramStdvar => histogram.variance(),
                    _ => histogram.variance().sqrt(),
                }))
            }
        })
    }
}

fn missing() -> PromqlError {
    PromqlError::Parse("parse error: an argument is missing".to_owned())
}

fn argument(args: &[Node], place: usize) -> Result<&Node, PromqlError> {
    args.get(place).ok_or_else(missing)
}

fn texts(args: &[Node]) -> Result<Vec<String>, PromqlError> {
    let text = |node: &Node| match node {
        Node::Text(text) => Ok(text.clone()),
        _ => Err(PromqlError::Parse("parse error: a string is expected".to_owned())),
    };
    args.iter().map(text).collect()
}

/// Each number changed, or left out; without the metric's name. Histograms are left out.
fn floats(items: Vec<Item>, at: i64, change: impl Fn(f64) -> Option<f64>) -> Result<Vec<Item>, PromqlError> {
    let changed = |item: Item| {
        let value = Value::Float(change(item.value.float()?)?);
        Some(Item { labels: item.labels.unnamed(), value, at })
    };
    unique(items.into_iter().filter_map(changed).collect())
}

/// The lesser number; none when one is none.
fn least(one: f64, other: f64) -> f64 {
    if one.is_nan() || other.is_nan() { f64::NAN } else { one.min(other) }
}

/// The order of values, what is no number last.
pub(super) fn by_value(one: f64, other: f64, descending: bool) -> Ordering {
    match (one.is_nan(), other.is_nan()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => {
            let order = one.partial_cmp(&other).unwrap_or(Ordering::Equal);
            if descending { order.reverse() } else { order }
        }
    }
}

fn relabelled(special: Special, args: &[Node], items: Vec<Item>, at: i64) -> Result<Vec<Item>, PromqlError> {
    let texts = texts(&args[1..])?;
    let changed: Vec<Item> = match (special, texts.as_slice()) {
        (Special::LabelReplace, [target, replacement, source, pattern]) => {
            let replace = Replace::new(target, replacement, source, pattern)?;
            let replaced = |item: Item| Ok(Item { labels: replace.apply(&item.labels)?, at, ..item });
            items.into_iter().map(replaced).collect::<Result<_, PromqlError>>()?
        }
        (Special::LabelJoin, [target, separator, sources @ ..]) => {
            if target.is_empty() {
                return Err(PromqlError::execution("invalid destination label name in label_join(): "));
            }
            let joined = |item: Item| {
                let labels = label::join(&item.labels, target, separator, sources)?;
                Ok(Item { labels, at, ..item })
            };
            items.into_iter().map(joined).collect::<Result<_, PromqlError>>()?
        }
        _ => return Err(missing()),
    };
    unique(changed)
}

/// The element that says that nothing is there, with the labels that are known for sure.
fn absent(node: &Node, at: i64) -> Item {
    let matchers: &[Matcher] = match node {
        Node::Select(selector) | Node::Range { selector, .. } => &selector.matchers,
        _ => &[],
    };
    let once = |matcher: &&Matcher| matchers.iter().filter(|other| other.name == matcher.name).count() == 1;
    let known = matchers.iter().filter(|matcher| matcher.name != METRIC_NAME).filter(once);
    let labels = known.filter_map(|matcher| match &matcher.test {
        Test::Equal(value) => Some((matcher.name.as_str(), value.as_str())),
        _ => None,
    });
    Item { labels: Labels::new(labels), value: Value::Float(1.0), at }
}
