//! Service level indicators: which events are looked at, and which of them are good.

use super::document::inline;
use super::field::{Field, Fields};
use super::kind::Kind;
use super::metadata::{self, Metadata};
use super::mistake::Report;

/// The `type` of a metric source of ours.
const SLOWBURN: &str = "slowburn";

/// Characters of a predicate or expression.
const SQL: usize = 4_096;

/// A service level indicator (OpenSLO `SLI`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// The name; `None` inside an SLO that gives none.
    pub name: Option<String>,
    /// The name people read.
    pub display_name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What is counted.
    pub metric: Metric,
}

/// How events are counted. All texts are SQL over one row of the table `spans`, not looked into
/// here; a predicate that is NULL does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metric {
    /// `ratioMetric` with `good` and `total`: an event counts where `total` holds, and is good
    /// where `good` holds as well.
    Good {
        /// Predicate of good events.
        good: String,
        /// Predicate of all events.
        total: String,
    },
    /// `ratioMetric` with `bad` and `total`: an event counts where `total` holds, and is good
    /// unless `bad` holds.
    Bad {
        /// Predicate of bad events.
        bad: String,
        /// Predicate of all events.
        total: String,
    },
    /// `thresholdMetric`: an event counts where `events` holds, and is good where its value meets
    /// the threshold of the objective.
    Threshold {
        /// Predicate of all events.
        events: String,
        /// Numeric expression that is compared.
        value: String,
    },
}

/// A `metricSource` of ours.
struct Source {
    events: String,
    value: Option<String>,
}

// === impl Metric ===

impl Metric {
    /// Whether objectives need a threshold.
    #[must_use]
    pub const fn has_threshold(&self) -> bool {
        matches!(self, Self::Threshold { .. })
    }
}

// === impl Indicator ===

impl Indicator {
    /// The `spec` of an `SLI` document, or of an `indicator` inside an SLO.
    pub(crate) fn read(metadata: Metadata, spec: &Field<'_>, report: &mut Report) -> Option<Self> {
        let mut fields = spec.fields(report)?;
        let description = metadata::description(&mut fields, report);
        let metric = metric(&mut fields, report);
        fields.close(report);
        let display_name = metadata.display_name.clone();
        Some(Self { name: metadata.into_name(), display_name, description, metric: metric? })
    }

    /// The `indicator` of an SLO.
    pub(crate) fn inline(field: &Field<'_>, report: &mut Report) -> Option<Self> {
        let (metadata, spec) = inline(field, Kind::Sli, report)?;
        Self::read(metadata, &spec?, report)
    }
}

/// Exactly one of `ratioMetric` and `thresholdMetric`.
fn metric(fields: &mut Fields<'_>, report: &mut Report) -> Option<Metric> {
    match (fields.optional("ratioMetric"), fields.optional("thresholdMetric")) {
        (Some(ratio), None) => ratio_metric(&ratio, report),
        (None, Some(threshold)) => threshold_metric(&threshold, report),
        (Some(ratio), Some(threshold)) => {
            threshold.conflicts("ratioMetric", report);
            ratio_metric(&ratio, report);
            threshold_metric(&threshold, report)
        }
        (None, None) => {
            fields.missing("ratioMetric", "add `ratioMetric` or `thresholdMetric`", report);
            None
        }
    }
}

fn ratio_metric(field: &Field<'_>, report: &mut Report) -> Option<Metric> {
    let mut fields = field.fields(report)?;
    if let Some(counter) = fields.optional("counter") {
        counter.boolean(report);
    }
    let raw = [fields.optional("raw"), fields.optional("rawType")];
    let (good, bad) = (fields.optional("good"), fields.optional("bad"));
    let is_raw = raw.iter().any(Option::is_some);
    for raw in raw.iter().flatten() {
        raw.unsupported("ratios computed elsewhere are", "write `total` with `good` or `bad`", report);
    }
    let total = if is_raw { fields.optional("total") } else { fields.required("total", report) };
    let total = total.and_then(|field| source(&field, false, report));
    let good_events = good.as_ref().and_then(|field| source(field, false, report));
    let bad_events = bad.as_ref().and_then(|field| source(field, false, report));
    match (&good, &bad) {
        (Some(_), Some(bad)) => bad.conflicts("good", report),
        (None, None) if !is_raw => fields.missing("good", "add `good` or `bad`", report),
        (None, None) | (Some(_), None) | (None, Some(_)) => {}
    }
    fields.close(report);
    match (good_events, bad_events, total?.events) {
        (Some(good), None, total) => Some(Metric::Good { good: good.events, total }),
        (None, Some(bad), total) => Some(Metric::Bad { bad: bad.events, total }),
        _ => None,
    }
}

fn threshold_metric(field: &Field<'_>, report: &mut Report) -> Option<Metric> {
    let Source { events, value } = source(field, true, report)?;
    Some(Metric::Threshold { events, value: value? })
}

/// The `metricSource` below a metric.
fn source(field: &Field<'_>, with_value: bool, report: &mut Report) -> Option<Source> {
    let mut fields = field.fields(report)?;
    let source = fields.required("metricSource", report);
    fields.close(report);
    let mut fields = source?.fields(report)?;
    let reference = fields.optional("metricSourceRef");
    if let Some(reference) = &reference {
        reference.unsupported("data sources are", "write `type: slowburn` instead", report);
    }
    let kind = if reference.is_some() { fields.optional("type") } else { fields.required("type", report) };
    let is_ours = kind.is_some_and(|kind| is_ours(&kind, report));
    let spec = fields.required("spec", report);
    fields.close(report);
    // The spec of another system has fields of its own.
    if is_ours { source_spec(&spec?, with_value, report) } else { None }
}

fn is_ours(kind: &Field<'_>, report: &mut Report) -> bool {
    let text = kind.text(report);
    if text.is_some_and(|text| text != SLOWBURN) {
        kind.wrong("only spans stored here can be read", "write `type: slowburn`", report);
    }
    text == Some(SLOWBURN)
}

/// The `spec` of a metric source of ours.
fn source_spec(field: &Field<'_>, with_value: bool, report: &mut Report) -> Option<Source> {
    let mut fields = field.fields(report)?;
    let events = fields.required("where", report).and_then(|field| sql(&field, report));
    let value = match with_value {
        true => fields.required("value", report).and_then(|field| sql(&field, report)),
        false => None,
    };
    if !with_value && let Some(value) = fields.optional("value") {
        value.wrong("a ratio counts events", "remove it, or use thresholdMetric", report);
    }
    fields.close(report);
    Some(Source { events: events?, value })
}

fn sql(field: &Field<'_>, report: &mut Report) -> Option<String> {
    field.text_up_to(SQL, report).map(|text| text.trim().to_owned())
}
