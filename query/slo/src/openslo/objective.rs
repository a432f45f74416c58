//! Objectives: what is promised about an indicator.

use std::fmt;

use rust_decimal::Decimal;

use super::field::{Field, Fields};
use super::metadata;
use super::mistake::Report;
use crate::target::{Target, TargetError};

/// One promise of an SLO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objective {
    /// The name people read.
    pub display_name: Option<String>,
    /// The share of events that is to be good.
    pub target: Target,
    /// What makes an event good; only and always with a threshold metric.
    pub threshold: Option<Threshold>,
}

/// What a value is compared with: `value op threshold` makes an event good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Threshold {
    /// The comparison.
    pub op: Op,
    /// The exact number on its right side, in the unit of the metric's value.
    pub value: Decimal,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// At most.
    Lte,
    /// At least.
    Gte,
    /// Below.
    Lt,
    /// Above.
    Gt,
}

// === impl Op ===

impl Op {
    /// Every comparison by OpenSLO's word for it.
    pub(crate) const WORDS: [(&'static str, Self); 4] =
        [("lte", Self::Lte), ("gte", Self::Gte), ("lt", Self::Lt), ("gt", Self::Gt)];

    /// The operator in SQL.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        match self {
            Self::Lte => "<=",
            Self::Gte => ">=",
            Self::Lt => "<",
            Self::Gt => ">",
        }
    }
}

// === impl Threshold ===

impl fmt::Display for Threshold {
    /// As SQL continues the value: `<= 500`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.op.sql(), self.value)
    }
}

// === impl Objective ===

impl Objective {
    /// Reads an objective of an indicator with or without a threshold; with `None` the indicator is
    /// not known, so that nothing can be said about the threshold.
    pub(crate) fn read(field: &Field<'_>, has_threshold: Option<bool>, report: &mut Report) -> Option<Self> {
        let mut fields = field.fields(report)?;
        let display_name = metadata::display_name(&mut fields, report);
        let target = target(&mut fields, report);
        let threshold = threshold(&mut fields, has_threshold, report);
        unsupported(&mut fields, report);
        fields.close(report);
        Some(Self { display_name, target: target?, threshold })
    }
}

/// Whether an objective has an indicator of its own, which makes its SLO a composite.
pub(crate) fn is_composite(objective: &Field<'_>) -> bool {
    objective.has("indicator") || objective.has("indicatorRef")
}

/// Exactly one of `target` and `targetPercent`.
fn target(fields: &mut Fields<'_>, report: &mut Report) -> Option<Target> {
    let (ratio, percent) = (fields.optional("target"), fields.optional("targetPercent"));
    match (&ratio, &percent) {
        (Some(_), Some(percent)) => percent.conflicts("target", report),
        (None, None) => fields.missing("target", "add `target`, such as 0.999, or `targetPercent: 99.9`", report),
        (Some(_), None) | (None, Some(_)) => {}
    }
    let remedy = "write a ratio such as 0.999, or use targetPercent";
    let ratio = ratio.and_then(|field| target_of(&field, Target::from_ratio, remedy, report));
    let remedy = "write a percentage such as 99.9";
    let percent = percent.and_then(|field| target_of(&field, Target::from_percent, remedy, report));
    ratio.or(percent)
}

fn target_of(
    field: &Field<'_>,
    read: fn(Decimal) -> Result<Target, TargetError>,
    remedy: &str,
    report: &mut Report,
) -> Option<Target> {
    let target = read(field.number(report)?);
    target.map_err(|error| field.wrong(&error.to_string(), remedy, report)).ok()
}

/// `op` and `value`, which belong to a threshold metric.
fn threshold(fields: &mut Fields<'_>, wanted: Option<bool>, report: &mut Report) -> Option<Threshold> {
    let given = [fields.optional("op"), fields.optional("value")];
    if wanted == Some(false) {
        for field in given.iter().flatten() {
            field.wrong("a ratioMetric has no threshold", "remove it, or use thresholdMetric", report);
        }
    }
    for (name, field) in ["op", "value"].iter().zip(&given) {
        if wanted == Some(true) && field.is_none() {
            fields.missing(name, "add `op` and `value`: a thresholdMetric compares with them", report);
        }
    }
    let [op, value] = given;
    let op = op.and_then(|field| field.one_of(&Op::WORDS, report));
    let value = value.and_then(|field| field.number(report));
    Some(Threshold { op: op?, value: value?.normalize() })
}

/// What OpenSLO allows in an objective and is not read yet.
fn unsupported(fields: &mut Fields<'_>, report: &mut Report) {
    for (names, what) in [
        (["timeSliceTarget", "timeSliceWindow"].as_slice(), "time slices are"),
        (["indicator", "indicatorRef", "compositeWeight"].as_slice(), "composite SLOs are"),
    ] {
        for field in names.iter().filter_map(|name| fields.optional(name)) {
            field.unsupported(what, "remove it", report);
        }
    }
}
