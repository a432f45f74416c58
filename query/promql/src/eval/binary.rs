//! Operators between two operands.

use std::collections::{HashMap, HashSet};

use super::{Evaluation, Item, Outcome, unique};
use crate::error::{Notes, PromqlError};
use crate::histogram::Histogram;
use crate::labels::{Labels, METRIC_NAME};
use crate::node::{Binary, Many, Matching, Operator};
use crate::sample::Value;

// === impl Evaluation ===

impl Evaluation<'_> {
    pub(super) fn binary(&mut self, binary: &Binary, at: i64) -> Result<Outcome, PromqlError> {
        let (left, right) = (self.evaluate(&binary.left, at)?, self.evaluate(&binary.right, at)?);
        let items = match (left, right) {
            (Outcome::Scalar(left), Outcome::Scalar(right)) => {
                return Ok(Outcome::Scalar(calculated(binary.operator, left, right)));
            }
            (Outcome::Vector(items), Outcome::Scalar(scalar)) => self.with_scalar(binary, items, scalar, false, at),
            (Outcome::Scalar(scalar), Outcome::Vector(items)) => self.with_scalar(binary, items, scalar, true, at),
            (Outcome::Vector(left), Outcome::Vector(right)) => {
                self.budget.take(left.len() + right.len())?;
                if binary.operator.is_set() {
                    return Ok(Outcome::Vector(together(binary, left, right)));
                }
                self.matched(binary, left, right, at)?
            }
            _ => return Err(PromqlError::Parse("parse error: a text is no operand".to_owned())),
        };
        unique(items).map(Outcome::Vector)
    }

    fn with_scalar(&mut self, binary: &Binary, items: Vec<Item>, scalar: f64, scalar_left: bool, at: i64) -> Vec<Item> {
        let scalar = Value::Float(scalar);
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            let (left, right) = if scalar_left { (&scalar, &item.value) } else { (&item.value, &scalar) };
            let Some(result) = applied(binary.operator, left, right, &mut self.notes) else { continue };
            let value = match result {
                Applied::Calculated(value) => value,
                Applied::Compared(holds) if binary.as_bool => Value::Float(f64::from(u8::from(holds))),
                Applied::Compared(false) => continue,
                Applied::Compared(true) => item.value,
            };
            let unnamed = !binary.operator.compares() || binary.as_bool;
            let labels = if unnamed { item.labels.unnamed() } else { item.labels };
            results.push(Item { labels, value, at });
        }
        results
    }

    /// Elements of both sides, matched by their labels.
    fn matched(
        &mut self,
        binary: &Binary,
        left: Vec<Item>,
        right: Vec<Item>,
        at: i64,
    ) -> Result<Vec<Item>, PromqlError> {
        if (left.is_empty() && right.is_empty())
            || (left.is_empty() && binary.matching.fill.0.is_none())
            || (right.is_empty() && binary.matching.fill.1.is_none())
        {
            return Ok(Vec::new());
        }
        let Pairs { pairs, swapped } = pairs(&binary.matching, left, right, at)?;
        let (mut results, mut seen) = (Vec::with_capacity(pairs.len()), HashSet::new());
        for (signature, many, one) in pairs {
            let (left, right) = if swapped { (&one.value, &many.value) } else { (&many.value, &one.value) };
            let Some(result) = applied(binary.operator, left, right, &mut self.notes) else { continue };
            let value = match result {
                Applied::Calculated(value) => value,
                Applied::Compared(holds) if binary.as_bool => Value::Float(f64::from(u8::from(holds))),
                Applied::Compared(false) => continue,
                Applied::Compared(true) => left.clone(),
            };
            let labels = result_labels(binary, &many.labels, &one.labels);
            let key = if binary.matching.many == Many::Neither { signature } else { labels.clone() };
            if !seen.insert(key) {
                return Err(PromqlError::execution(match binary.matching.many {
                    Many::Neither => {
                        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
                    }
                    _ => "multiple matches for labels: grouping labels must ensure unique matches",
                }));
            }
            results.push(Item { labels, value, at });
        }
        Ok(results)
    }
}

/// Elements that met: by what, the one of the side with many, the one of the side with one.
struct Pairs {
    pairs: Vec<(Labels, Item, Item)>,
    /// Whether the side with many is the right one.
    swapped: bool,
}

fn pairs(matching: &Matching, left: Vec<Item>, right: Vec<Item>, at: i64) -> Result<Pairs, PromqlError> {
    let swapped = matching.many == Many::Right;
    let (many, one) = if swapped { (right, left) } else { (left, right) };
    let (fill_left, fill_right) = matching.fill;
    let (fill_many, fill_one) = if swapped { (fill_right, fill_left) } else { (fill_left, fill_right) };
    let side = if swapped { "left" } else { "right" };
    let mut ones: HashMap<Labels, (Item, bool)> = HashMap::with_capacity(one.len());
    let mut order = Vec::new();
    for item in one {
        let signature = signature(matching, &item.labels);
        if let Some((other, _)) = ones.get(&signature) {
            return Err(PromqlError::execution(format!(
                "found duplicate series for the match group {signature} on the {side} hand-side of the operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
                other.labels, item.labels
            )));
        }
        order.push(signature.clone());
        ones.insert(signature, (item, false));
    }
    let mut pairs = Vec::with_capacity(many.len());
    for item in many {
        let signature = signature(matching, &item.labels);
        let partner = match ones.get_mut(&signature) {
            Some((partner, met)) => {
                *met = true;
                partner.clone()
            }
            None => match fill_one {
                Some(value) => Item { labels: signature.clone(), value: Value::Float(value), at },
                None => continue,
            },
        };
        pairs.push((signature, item, partner));
    }
    if let Some(value) = fill_many {
        for signature in order {
            if let Some((item, false)) = ones.remove(&signature) {
                let missing = Item { labels: signature.clone(), value: Value::Float(value), at };
                pairs.push((signature, missing, item));
            }
        }
    }
    Ok(Pairs { pairs, swapped })
}

/// The labels by which elements meet.
fn signature(matching: &Matching, labels: &Labels) -> Labels {
    let named = |name: &str| matching.labels.iter().any(|label| label == name);
    if matching.on { labels.filtered(named) } else { labels.filtered(|name| name != METRIC_NAME && !named(name)) }
}

fn result_labels(binary: &Binary, many: &Labels, one: &Labels) -> Labels {
    let matching = &binary.matching;
    let mut labels = if !binary.operator.compares() || binary.as_bool { many.unnamed() } else { many.clone() };
    if matching.many == Many::Neither {
        let named = |name: &str| matching.labels.iter().any(|label| label == name);
        labels = labels.filtered(|name| named(name) == matching.on);
    }
    for name in &matching.include {
        labels = labels.with(name, one.get(name));
    }
    labels
}

/// `and`, `or` and `unless`.
fn together(binary: &Binary, left: Vec<Item>, right: Vec<Item>) -> Vec<Item> {
    let signature = |item: &Item| signature(&binary.matching, &item.labels);
    let signatures = |items: &[Item]| items.iter().map(signature).collect::<HashSet<_>>();
    match binary.operator {
        Operator::And => {
            let right = signatures(&right);
            left.into_iter().filter(|item| right.contains(&signature(item))).collect()
        }
        Operator::Unless => {
            let right = signatures(&right);
            left.into_iter().filter(|item| !right.contains(&signature(item))).collect()
        }
        _ => {
            let known = signatures(&left);
            left.into_iter().chain(right.into_iter().filter(|item| !known.contains(&signature(item)))).collect()
        }
    }
}

enum Applied {
    Calculated(Value),
    Compared(bool),
}

/// An operator between two values. `None`, and a note, when they do not fit.
fn applied(operator: Operator, left: &Value, right: &Value, notes: &mut Notes) -> Option<Applied> {
    match (left, right) {
        (Value::Float(left), Value::Float(right)) if operator.compares() => {
            Some(Applied::Compared(compared(operator, *left, *right)))
        }
        (Value::Float(left), Value::Float(right)) => {
            Some(Applied::Calculated(Value::Float(calculated(operator, *left, *right))))
        }
        (Value::Histogram(histogram), Value::Float(factor)) | (Value::Float(factor), Value::Histogram(histogram))
            if operator == Operator::Mul =>
        {
            Some(Applied::Calculated(Value::from(histogram.scaled(*factor))))
        }
        (Value::Histogram(histogram), Value::Float(divisor)) if operator == Operator::Div => {
            Some(Applied::Calculated(Value::from(histogram.divided(*divisor))))
        }
        (Value::Histogram(left), Value::Histogram(right)) => of_histograms(operator, left, right, notes),
        _ => {
            note_types(operator, left, right, notes);
            None
        }
    }
}

fn of_histograms(operator: Operator, left: &Histogram, right: &Histogram, notes: &mut Notes) -> Option<Applied> {
    let result = match operator {
        Operator::Equal => return Some(Applied::Compared(left.clone_compact() == right.clone_compact())),
        Operator::NotEqual => return Some(Applied::Compared(left.clone_compact() != right.clone_compact())),
        Operator::Add => left.plus(right),
        Operator::Sub => left.minus(right),
        _ => {
            let symbol = operator.symbol();
            notes.inform(format!(
                "incompatible sample types encountered for binary operator \"{symbol}\": histogram {symbol} histogram"
            ));
            return None;
        }
    };
    let Ok((histogram, reconciled)) = result else {
        notes.warn(format!("incompatible bucket layout encountered for binary operator {}", operator.symbol()));
        return None;
    };
    if reconciled {
        let what = if operator == Operator::Add { "addition" } else { "subtraction" };
        notes.inform(format!("mismatched custom buckets were reconciled during {what}"));
    }
    Some(Applied::Calculated(Value::from(histogram.compact())))
}

fn note_types(operator: Operator, left: &Value, right: &Value, notes: &mut Notes) {
    let sort = |value: &Value| if value.float().is_some() { "float" } else { "histogram" };
    let (symbol, left, right) = (operator.symbol(), sort(left), sort(right));
    notes.inform(format!(
        "incompatible sample types encountered for binary operator \"{symbol}\": {left} {symbol} {right}"
    ));
}

fn compared(operator: Operator, left: f64, right: f64) -> bool {
    match operator {
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        Operator::Greater => left > right,
        Operator::Less => left < right,
        Operator::GreaterEqual => left >= right,
        _ => left <= right,
    }
}

fn calculated(operator: Operator, left: f64, right: f64) -> f64 {
    match operator {
        Operator::Add => left + right,
        Operator::Sub => left - right,
        Operator::Mul => left * right,
        Operator::Div => left / right,
        Operator::Mod => left % right,
        Operator::Pow => left.powf(right),
        Operator::Atan2 => left.atan2(right),
        _ => f64::from(u8::from(compared(operator, left, right))),
    }
}
