//! Functions that change labels or order by them.

use std::cmp::Ordering;

use regex::Regex;

use crate::error::PromqlError;
use crate::labels::Labels;

/// Bytes a label may have that is made.
const LONGEST: usize = 64 * 1024;

/// What `label_replace` does.
#[derive(Debug)]
pub(crate) struct Replace {
    target: String,
    replacement: String,
    source: String,
    pattern: Regex,
}

// === impl Replace ===

impl Replace {
    pub(crate) fn new(target: &str, replacement: &str, source: &str, pattern: &str) -> Result<Self, PromqlError> {
        let pattern = Regex::new(&format!("^(?s:{pattern})$"))
            .map_err(|_| PromqlError::execution(format!("invalid regular expression in label_replace(): {pattern}")))?;
        if target.is_empty() {
            return Err(PromqlError::execution(format!("invalid destination label name in label_replace(): {target}")));
        }
        Ok(Self { target: target.to_owned(), replacement: replacement.to_owned(), source: source.to_owned(), pattern })
    }

    pub(crate) fn apply(&self, labels: &Labels) -> Result<Labels, PromqlError> {
        let source = labels.get(&self.source);
        let Some(found) = self.pattern.captures(source) else { return Ok(labels.clone()) };
        // A reference takes two letters at least and stands for no more than the whole.
        bounded((self.replacement.len() / 2).saturating_mul(source.len()))?;
        let mut value = String::new();
        found.expand(&self.replacement, &mut value);
        Ok(labels.with(&self.target, &value))
    }
}

/// The values of `sources`, put together.
pub(crate) fn join(labels: &Labels, target: &str, separator: &str, sources: &[String]) -> Result<Labels, PromqlError> {
    let values: Vec<&str> = sources.iter().map(|source| labels.get(source)).collect();
    bounded(values.iter().map(|value| value.len() + separator.len()).sum())?;
    Ok(labels.with(target, &values.join(separator)))
}

/// Refuses to make a label longer than [`LONGEST`]: functions in functions could make it grow without end.
fn bounded(length: usize) -> Result<(), PromqlError> {
    if length <= LONGEST {
        return Ok(());
    }
    Err(PromqlError::TooMuch(format!("a label would have more than {LONGEST} bytes")))
}

/// The order people expect: runs of digits by what they count.
pub(crate) fn natural(one: &str, other: &str) -> Ordering {
    let (mut one, mut other) = (one, other);
    loop {
        let (left, right) = (head(one), head(other));
        match (left.is_empty(), right.is_empty()) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) => {}
        }
        let order = match (left.parse::<u128>(), right.parse::<u128>()) {
            (Ok(one), Ok(other)) => one.cmp(&other).then_with(|| left.len().cmp(&right.len())),
            _ => left.cmp(right),
        };
        if order != Ordering::Equal {
            return order;
        }
        (one, other) = (&one[left.len()..], &other[right.len()..]);
    }
}

/// The digits or the other characters a text begins with.
fn head(text: &str) -> &str {
    let digits = text.starts_with(|first: char| first.is_ascii_digit());
    let end = text.find(|other: char| other.is_ascii_digit() != digits).unwrap_or(text.len());
    &text[..end]
}
