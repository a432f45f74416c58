//! Functions that change labels or order by them.

use std::cmp::Ordering;

use regex::Regex;

use crate::error::PromqlError;
use crate::labels::Labels;

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

    pub(crate) fn apply(&self, labels: &Labels) -> Labels {
        let Some(found) = self.pattern.captures(labels.get(&self.source)) else { return labels.clone() };
        let mut value = String::new();
        found.expand(&self.replacement, &mut value);
        labels.with(&self.target, &value)
    }
}

/// The values of `sources`, put together.
pub(crate) fn join(labels: &Labels, target: &str, separator: &str, sources: &[String]) -> Labels {
    let values: Vec<&str> = sources.iter().map(|source| labels.get(source)).collect();
    labels.with(target, &values.join(separator))
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
