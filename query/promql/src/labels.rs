//! Labels of a series.

use std::fmt;
use std::sync::Arc;

/// The label that holds a metric's name.
pub const METRIC_NAME: &str = "__name__";

/// Names and values, sorted by name, without empty values. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Labels(Arc<[(Arc<str>, Arc<str>)]>);

// === impl Labels ===

impl Labels {
    /// Labels of these pairs. Of a name that comes twice the last value counts; an empty value is no label.
    pub fn new<N: Into<Arc<str>>, V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut sorted: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (name.into(), value.into());
            match sorted.binary_search_by(|(other, _)| other.cmp(&name)) {
                Ok(at) => sorted[at].1 = value,
                Err(at) => sorted.insert(at, (name, value)),
            }
        }
        sorted.retain(|(_, value)| !value.is_empty());
        Self(sorted.into())
    }

    /// No labels.
    #[must_use]
    pub fn none() -> Self {
        Self(Arc::from([]))
    }

    /// The value of a label; empty when there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(other, _)| &**other == name).map_or("", |(_, value)| value)
    }

    /// The metric's name; empty when there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.get(METRIC_NAME)
    }

    /// Names and values in the order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Without the metric's name.
    #[must_use]
    pub fn unnamed(&self) -> Self {
        if self.name().is_empty() { self.clone() } else { self.filtered(|name| name != METRIC_NAME) }
    }

    /// With this value; an empty one takes the label away.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> Self {
        let own = self.0.iter().map(|(name, value)| (Arc::clone(name), Arc::clone(value)));
        Self::new(own.chain([(Arc::from(name), Arc::from(value))]))
    }

    /// Only the labels whose name is kept.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|(name, _)| keep(name)).cloned().collect())
    }
}

/// As people write a series: `name{label="value"}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        f.write_str(name)?;
        let others: Vec<String> = self
            .iter()
            .filter(|(label, _)| *label != METRIC_NAME)
            .map(|(label, value)| format!("{label}={value:?}"))
            .collect();
        if others.is_empty() && !name.is_empty() { Ok(()) } else { write!(f, "{{{}}}", others.join(", ")) }
    }
}
