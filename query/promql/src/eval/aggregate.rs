//! Aggregations.

use std::collections::HashMap;

use super::call::by_value;
use super::{Evaluation, Item, unique};
use crate::error::{Notes, PromqlError};
use crate::functions::over_time::{mean, note_quantile, quantile, sum_histograms};
use crate::kahan::Kahan;
use crate::labels::{Labels, METRIC_NAME};
use crate::node::{Aggregate, Aggregator, Node};
use crate::number::plain;
use crate::sample::Value;

/// The elements of a group, in the order they came.
type Groups = Vec<(Labels, Vec<Item>)>;

// === impl Evaluation ===

impl Evaluation<'_> {
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate, at: i64) -> Result<Vec<Item>, PromqlError> {
        let parameter = match &aggregate.parameter {
            Some(Node::Text(text)) => return self.count_values(aggregate, text, at),
            Some(parameter) => self.scalar(parameter, at)?,
            None => f64::NAN,
        };
        let items = self.vector(&aggregate.inner, at)?;
        self.budget.take(items.len())?;
        let groups = groups(aggregate, items);
        match aggregate.aggregator {
            Aggregator::Topk | Aggregator::Bottomk | Aggregator::Limitk => {
                let most = whole(parameter)?;
                Ok(groups.into_iter().flat_map(|(_, items)| self.some(aggregate.aggregator, most, items)).collect())
            }
            Aggregator::Quantile => {
                note_quantile(parameter, &mut self.notes);
                Ok(self.reduced(aggregate.aggregator, parameter, groups, at))
            }
            aggregator => Ok(self.reduced(aggregator, parameter, groups, at)),
        }
    }

    fn reduced(&mut self, aggregator: Aggregator, parameter: f64, groups: Groups, at: i64) -> Vec<Item> {
        let reduce = |(labels, items): (Labels, Vec<Item>)| {
            Some(Item { labels, value: reduced(aggregator, parameter, &items, &mut self.notes)?, at })
        };
        groups.into_iter().filter_map(reduce).collect()
    }

    /// The first, the greatest or the least elements of a group.
    fn some(&mut self, aggregator: Aggregator, most: usize, mut items: Vec<Item>) -> Vec<Item> {
        if aggregator != Aggregator::Limitk {
            let before = items.len();
            items.retain(|item| item.value.float().is_some());
            if items.len() < before {
                note_ignored(aggregator, &mut self.notes);
            }
            let value = |item: &Item| item.value.float().unwrap_or(f64::NAN);
            let descending = aggregator == Aggregator::Topk;
            items.sort_by(|one, other| by_value(value(one), value(other), descending));
        }
        items.truncate(most);
        items
    }

    fn count_values(&mut self, aggregate: &Aggregate, label: &str, at: i64) -> Result<Vec<Item>, PromqlError> {
        if label.is_empty() {
            return Err(PromqlError::execution(format!("invalid label name {label:?}")));
        }
        let items = self.vector(&aggregate.inner, at)?;
        let (mut places, mut counts): (HashMap<Labels, usize>, Vec<(Labels, f64)>) = Default::default();
        for item in items {
            let text = match &item.value {
                Value::Float(value) => plain(*value),
                Value::Histogram(histogram) => histogram.to_string(),
            };
            let named = item.labels.with(label, &text);
            let labels = if aggregate.without {
                grouped(aggregate, &named)
            } else {
                named.filtered(|name| name == label || aggregate.labels.iter().any(|kept| kept == name))
            };
            let place = *places.entry(labels.clone()).or_insert_with(|| {
                counts.push((labels, 0.0));
                counts.len() - 1
            });
            counts[place].1 += 1.0;
        }
        let item = |(labels, count)| Item { labels, value: Value::Float(count), at };
        unique(counts.into_iter().map(item).collect())
    }
}

fn grouped(aggregate: &Aggregate, labels: &Labels) -> Labels {
    let named = |name: &str| aggregate.labels.iter().any(|label| label == name);
    if aggregate.without {
        labels.filtered(|name| name != METRIC_NAME && !named(name))
    } else if aggregate.labels.is_empty() {
        Labels::none()
    } else {
        labels.filtered(named)
    }
}

fn groups(aggregate: &Aggregate, items: Vec<Item>) -> Groups {
    let (mut places, mut groups): (HashMap<Labels, usize>, Groups) = Default::default();
    for item in items {
        let labels = grouped(aggregate, &item.labels);
        let place = *places.entry(labels.clone()).or_insert_with(|| {
            groups.push((labels, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(item);
    }
    groups
}

fn whole(parameter: f64) -> Result<usize, PromqlError> {
    if parameter.is_nan() {
        return Err(PromqlError::execution("Parameter value is NaN"));
    }
    if parameter >= i64::MAX as f64 || parameter <= i64::MIN as f64 {
        return Err(PromqlError::execution(format!("Scalar value {parameter} overflows int64")));
    }
    Ok(if parameter < 1.0 { 0 } else { parameter as usize })
}

fn note_ignored(aggregator: Aggregator, notes: &mut Notes) {
    notes.inform(format!("ignored histogram in {} aggregation", aggregator.name()));
}

fn reduced(aggregator: Aggregator, parameter: f64, items: &[Item], notes: &mut Notes) -> Option<Value> {
    match aggregator {
        Aggregator::Count => return Some(Value::Float(items.len() as f64)),
        Aggregator::Group => return Some(Value::Float(1.0)),
        _ => {}
    }
    let floats: Vec<f64> = items.iter().filter_map(|item| item.value.float()).collect();
    let histograms = items.iter().filter_map(|item| item.value.histogram());
    let mixed = !floats.is_empty() && floats.len() < items.len();
    if matches!(aggregator, Aggregator::Sum | Aggregator::Avg) {
        if mixed {
            notes.warn("encountered a mix of histograms and floats for aggregation");
            return None;
        }
        if floats.is_empty() {
            let sum = sum_histograms(histograms, "\"\"", notes)?;
            let average = aggregator == Aggregator::Avg;
            return Some(Value::from(if average { sum.divided(items.len() as f64) } else { sum }));
        }
    } else if floats.len() < items.len() {
        note_ignored(aggregator, notes);
    }
    if floats.is_empty() {
        return None;
    }
    Some(Value::Float(of_floats(aggregator, parameter, floats)))
}

fn of_floats(aggregator: Aggregator, parameter: f64, floats: Vec<f64>) -> f64 {
    match aggregator {
        Aggregator::Avg => mean(floats.into_iter()),
        Aggregator::Min => extreme(&floats, |value, best| value < best),
        Aggregator::Max => extreme(&floats, |value, best| value > best),
        Aggregator::Quantile => quantile(parameter, floats),
        Aggregator::Stddev => variance(&floats).sqrt(),
        Aggregator::Stdvar => variance(&floats),
        _ => {
            let mut sum = Kahan::default();
            floats.into_iter().for_each(|value| sum.add(value));
            sum.total()
        }
    }
}

fn extreme(values: &[f64], better: fn(f64, f64) -> bool) -> f64 {
    values.iter().copied().fold(f64::NAN, |best, value| if best.is_nan() || better(value, best) { value } else { best })
}

/// By Welford's method.
fn variance(values: &[f64]) -> f64 {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        let delta = value - mean;
        mean += delta / count;
        squares += delta * (value - mean);
    }
    squares / count
}
