//! Service level indicators: which events are looked at, and which of them are good.

use super::document::inline;
use super::field::{Field, Fields};
use super::kind::Kind;
use super::metadata::{self, Annotations, Labels, Metadata};
use super::mistake::Report;
use super::names::Names;
use super::source::{Role, Source};

/// A service level indicator (OpenSLO `SLI`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// The name; `None` inside an SLO that gives none.
    pub name: Option<String>,
    /// The name people read.
    pub display_name: Option<String>,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Annotations,
    /// What it is for.
    pub description: Option<String>,
    /// What is counted.
    pub metric: Metric,
    /// `ratioMetric.counter`: whether the metric only rises, which sources of ours know themselves.
    pub counter: Option<bool>,
    /// Whether it is a document of its own, to which SLOs refer by its name.
    pub is_shared: bool,
}

/// How events are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metric {
    /// `ratioMetric` with `good` and `total`: an event counts where `total` holds, and is good
    /// where `good` holds as well.
    Good {
        /// Good events.
        good: Source,
        /// All events.
        total: Source,
    },
    /// `ratioMetric` with `bad` and `total`: an event counts where `total` holds, and is good
    /// unless `bad` holds.
    Bad {
        /// Bad events.
        bad: Source,
        /// All events.
        total: Source,
    },
    /// `ratioMetric` with `raw`: each value is the ratio of a moment, and all weigh the same.
    Raw {
        /// The ratios.
        ratio: Source,
        /// What they are the share of.
        of: Share,
    },
    /// `thresholdMetric`: an event is good where its value meets the threshold of the objective.
    Threshold(Source),
}

/// What a ratio is the share of (OpenSLO `rawType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Share {
    /// Of good events.
    Success,
    /// Of bad events.
    Failure,
}

// === impl Share ===

impl Share {
    pub(super) const WORDS: [(&'static str, Self); 2] = [("success", Self::Success), ("failure", Self::Failure)];
}

// === impl Metric ===

impl Metric {
    /// Whether objectives need a threshold.
    #[must_use]
    pub const fn has_threshold(&self) -> bool {
        matches!(self, Self::Threshold(_))
    }

    /// The sources, that of all events last.
    #[must_use]
    pub fn sources(&self) -> Vec<&Source> {
        match self {
            Self::Good { good: part, total } | Self::Bad { bad: part, total } => vec![part, total],
            Self::Raw { ratio: source, .. } | Self::Threshold(source) => vec![source],
        }
    }

    /// Whether it can be counted from what is stored here.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.sources().into_iter().all(Source::is_ours)
    }
}

// === impl Indicator ===

impl Indicator {
    /// The `spec` of an `SLI` document, or of an `indicator` inside an SLO.
    pub(crate) fn read(
        metadata: Metadata,
        spec: &Field<'_>,
        is_shared: bool,
        names: &mut Names,
        report: &mut Report,
    ) -> Option<Self> {
        let mut fields = spec.fields(report)?;
        let description = metadata::description(&mut fields, report);
        let metric = metric(&mut fields, names, report);
        fields.close(report);
        let Metadata { name, display_name, labels, annotations } = metadata;
        let (metric, counter) = metric?;
        let name = name.map(|(name, _)| name);
        Some(Self { name, display_name, labels, annotations, description, metric, counter, is_shared })
    }

    /// The `indicator` of an SLO.
    pub(crate) fn inline(field: &Field<'_>, names: &mut Names, report: &mut Report) -> Option<Self> {
        let (metadata, spec) = inline(field, Kind::Sli, report)?;
        Self::read(metadata, &spec?, false, names, report)
    }
}

/// Exactly one of `ratioMetric` and `thresholdMetric`; of the former also whether it is a counter.
fn metric(fields: &mut Fields<'_>, names: &mut Names, report: &mut Report) -> Option<(Metric, Option<bool>)> {
    match (fields.optional("ratioMetric"), fields.optional("thresholdMetric")) {
        (Some(ratio), None) => ratio_metric(&ratio, names, report),
        (None, Some(threshold)) => threshold_metric(&threshold, names, report),
        (Some(ratio), Some(threshold)) => {
            threshold.conflicts("ratioMetric", report);
            ratio_metric(&ratio, names, report);
            threshold_metric(&threshold, names, report)
        }
        (None, None) => {
            fields.missing("ratioMetric", "add `ratioMetric` or `thresholdMetric`", report);
            None
        }
    }
}

fn threshold_metric(field: &Field<'_>, names: &mut Names, report: &mut Report) -> Option<(Metric, Option<bool>)> {
    Source::read(field, Role::Values, names, report).map(|source| (Metric::Threshold(source), None))
}

fn ratio_metric(field: &Field<'_>, names: &mut Names, report: &mut Report) -> Option<(Metric, Option<bool>)> {
    let mut fields = field.fields(report)?;
    let counter = fields.optional("counter").and_then(|counter| counter.boolean(report));
    let [raw, raw_type] = [fields.optional("raw"), fields.optional("rawType")];
    let metric = if raw.is_some() || raw_type.is_some() {
        raw_metric(&mut fields, raw.as_ref(), raw_type.as_ref(), names, report)
    } else {
        counted_metric(&mut fields, names, report)
    };
    fields.close(report);
    metric.map(|metric| (metric, counter))
}

/// `raw` and `rawType`, and nothing else.
fn raw_metric(
    fields: &mut Fields<'_>,
    raw: Option<&Field<'_>>,
    raw_type: Option<&Field<'_>>,
    names: &mut Names,
    report: &mut Report,
) -> Option<Metric> {
    for name in ["good", "bad", "total"] {
        if let Some(other) = fields.optional(name) {
            other.conflicts("raw", report);
        }
    }
    for (name, field) in [("raw", raw), ("rawType", raw_type)] {
        if field.is_none() {
            fields.missing(name, "`raw` needs `rawType`: write both", report);
        }
    }
    let of = raw_type.and_then(|field| field.one_of(&Share::WORDS, report));
    let ratio = raw.and_then(|field| Source::read(field, Role::Values, names, report));
    Some(Metric::Raw { ratio: ratio?, of: of? })
}

/// `total` with `good` or `bad`.
fn counted_metric(fields: &mut Fields<'_>, names: &mut Names, report: &mut Report) -> Option<Metric> {
    let (good, bad) = (fields.optional("good"), fields.optional("bad"));
    let total = fields.required("total", report);
    let total = total.and_then(|field| Source::read(&field, Role::Total, names, report));
    match (&good, &bad) {
        (Some(_), Some(bad)) => bad.conflicts("good", report),
        (None, None) => fields.missing("good", "add `good` or `bad`", report),
        (Some(_), None) | (None, Some(_)) => {}
    }
    let mut part = |field: Option<&Field<'_>>| {
        let source = Source::read(field?, Role::Part, names, report)?;
        if let (Some(total), Some(field)) = (&total, field)
            && !source.goes_with(total)
        {
            field.wrong(
                "it is not read as `total` is",
                "read both from one table, or by queries of one language",
                report,
            );
        }
        Some(source)
    };
    match (part(good.as_ref()), part(bad.as_ref()), total.clone()?) {
        (Some(good), None, total) => Some(Metric::Good { good, total }),
        (None, Some(bad), total) => Some(Metric::Bad { bad, total }),
        _ => None,
    }
}
