//! SLOs in the words of other tools, read as OpenSLO's: what they mean is taken over, what has no
//! word here is kept as an annotation, and what cannot be kept is noted.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::field::{Field, Fields};
use super::indicator::{Indicator, Metric};
use super::metadata::{Annotations, Labels, check_name, is_key};
use super::mistake::{Place, Report};
use super::objective::Objective;
use super::slo::Slo;
use super::source::Source;
use super::tree::Node;
use crate::method::Method;
use crate::target::Target;
use crate::window::Window;

mod pyrra;
mod sloth;

/// The tool whose words a document is written in, if it is not OpenSLO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tool {
    /// `prometheus/v1` of Sloth.
    Sloth,
    /// `pyrra.dev/v1alpha1` of Pyrra.
    Pyrra,
}

/// An SLO that was taken over.
#[derive(Debug)]
pub(super) struct Imported {
    pub(super) slo: Slo,
    /// Where its name stands.
    pub(super) place: Place,
}

/// What is the same in both tools.
struct Taken<'a> {
    name: String,
    place: Place,
    service: &'a str,
    description: Option<String>,
    marks: Marks,
    target: Target,
    window: Window,
    metric: Metric,
}

/// Labels, and annotations of what has no other place.
#[derive(Debug, Default, Clone)]
struct Marks {
    labels: Labels,
    annotations: Annotations,
}

// === impl Tool ===

impl Tool {
    /// The tool of a document; `None` for OpenSLO.
    pub(super) fn of(node: &Node) -> Option<Self> {
        let root = Field::root(node);
        if root.has("version") && !root.has("apiVersion") {
            return Some(Self::Sloth);
        }
        root.has_text("apiVersion", "pyrra.dev/v1alpha1").then_some(Self::Pyrra)
    }

    /// Reads a document.
    pub(super) fn read(self, node: &Node, report: &mut Report) -> Vec<Imported> {
        match self {
            Self::Sloth => sloth::read(node, report),
            Self::Pyrra => pyrra::read(node, report).into_iter().collect(),
        }
    }
}

// === impl Marks ===

impl Marks {
    /// Keeps a label; one whose key OpenSLO does not allow as an annotation.
    fn label(&mut self, key: &str, value: &str) {
        match key.split_once('/') {
            None if is_key(key) => _ = self.labels.insert(key.to_owned(), vec![value.to_owned()]),
            Some((_, name)) if is_key(name) => _ = self.annotations.insert(key.to_owned(), value.to_owned()),
            None | Some(_) => _ = self.annotations.insert(allowed(key), value.to_owned()),
        }
    }

    /// Keeps every label of a field.
    fn labels(&mut self, field: Option<Field<'_>>, report: &mut Report) {
        for (key, value) in texts(field, report) {
            self.label(&key, &value);
        }
    }

    /// Keeps a value that has no other place below a key such as `sloth.slok.dev/alerting.name`.
    fn annotation(&mut self, prefix: &str, path: &str, value: &str) {
        self.annotations.insert(format!("{prefix}/{}", allowed(path)), value.to_owned());
    }
}

/// The end of a text as a key, with `_` for what a key may not have.
fn allowed(text: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() || ".-".contains(letter) { letter } else { '_' };
    let letters: Vec<char> = text.chars().map(letter).collect();
    let end: String = letters.iter().skip(letters.len().saturating_sub(63)).collect();
    end.trim_matches(|letter: char| !letter.is_ascii_alphanumeric()).to_owned()
}

// === impl Taken ===

impl Taken<'_> {
    fn finish(self, report: &Report) -> Imported {
        let Self { name, place, service, description, marks, target, window, metric } = self;
        let indicator = Indicator {
            name: None,
            display_name: None,
            labels: Labels::new(),
            annotations: Annotations::new(),
            description: None,
            metric,
            counter: None,
            is_shared: false,
        };
        let method = Method::Occurrences;
        let objective =
            Objective { display_name: None, target, threshold: None, method, indicator: None, weight: None };
        let slo = Slo {
            name,
            display_name: None,
            service: service.to_owned(),
            description,
            labels: marks.labels,
            annotations: marks.annotations,
            indicator: Some(indicator),
            window,
            objectives: vec![objective],
            alert_policies: Vec::new(),
            position: report.position(place),
        };
        Imported { slo, place }
    }
}

/// The texts of a mapping whose keys are free.
fn texts(field: Option<Field<'_>>, report: &mut Report) -> BTreeMap<String, String> {
    let entries = field.and_then(|field| field.fields(report)).map(Fields::free).unwrap_or_default();
    let text =
        |(entry, field): (&super::tree::Entry, Field<'_>)| Some((entry.key.clone(), field.scalar(report)?.to_owned()));
    entries.into_iter().filter_map(text).collect()
}

/// A percentage as a target.
fn percent(field: &Field<'_>, percent: Option<Decimal>, report: &mut Report) -> Option<Target> {
    let target = Target::from_percent(percent?);
    target.map_err(|error| field.wrong(&error.to_string(), "write a percentage such as 99.9", report)).ok()
}

/// A name that OpenSLO allows.
fn name(field: &Field<'_>, name: String, report: &mut Report) -> String {
    check_name(field, &name, report);
    name
}

fn promql(text: impl Into<String>) -> Source {
    Source::Promql(text.into())
}

#[cfg(test)]
mod tests;
