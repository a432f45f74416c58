//! Objectives: what is promised about an indicator.

use std::fmt;

use rust_decimal::Decimal;

use super::field::{Field, Fields};
use super::indicator::Indicator;
use super::metadata;
use super::mistake::Report;
use crate::composite::Weight;
use crate::method::{Method, SliceTarget};
use crate::ratio::Ratio;
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
    /// What its budget is made of.
    pub method: Method,
    /// An indicator of its own, which all objectives of a composite have.
    pub indicator: Option<Indicator>,
    /// How much it burns the composite; 1 if it is left out.
    pub weight: Option<Weight>,
}

/// What the rest of an SLO says about its objectives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    /// Whether its indicator has a threshold; `None` where that is not known.
    pub(super) has_threshold: Option<bool>,
    /// Its `budgetingMethod`; `None` where that is not known.
    pub(super) method: Option<MethodWord>,
    /// Whether its objectives have indicators of their own.
    pub(super) is_composite: bool,
}

/// A `budgetingMethod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MethodWord {
    Occurrences,
    Timeslices,
    RatioTimeslices,
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

    /// OpenSLO's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, op)| *op == self).map_or("", |(word, _)| word)
    }

    /// Whether `left` compares so with `right`; exact.
    #[must_use]
    pub fn holds(self, left: Ratio, right: Ratio) -> bool {
        match self {
            Self::Lte => left <= right,
            Self::Gte => left >= right,
            Self::Lt => left < right,
            Self::Gt => left > right,
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

// === impl MethodWord ===

impl MethodWord {
    pub(super) const WORDS: [(&'static str, Self); 3] = [
        ("Occurrences", Self::Occurrences),
        ("Timeslices", Self::Timeslices),
        ("RatioTimeslices", Self::RatioTimeslices),
    ];

    /// The word of a method.
    pub(super) const fn of(method: Method) -> &'static str {
        match method {
            Method::Occurrences => "Occurrences",
            Method::Timeslices { .. } => "Timeslices",
            Method::RatioTimeslices { .. } => "RatioTimeslices",
        }
    }
}

// === impl Objective ===

impl Objective {
    /// Reads an objective; for a composite with its own indicator, which is read already.
    pub(super) fn read(
        field: &Field<'_>,
        own: Option<Option<Indicator>>,
        setting: Setting,
        report: &mut Report,
    ) -> Option<Self> {
        let mut fields = field.fields(report)?;
        let display_name = metadata::display_name(&mut fields, report);
        let target = target(&mut fields, report);
        let own_threshold = own.as_ref().map(|own| own.as_ref().map(|own| own.metric.has_threshold()));
        let threshold = threshold(&mut fields, own_threshold.unwrap_or(setting.has_threshold), report);
        let method = method(&mut fields, setting.method, report);
        fields.optional("indicator");
        fields.optional("indicatorRef");
        if setting.is_composite && own.is_none() {
            fields.missing(
                "indicator",
                "all objectives of a composite have one: add `indicator` or `indicatorRef`",
                report,
            );
        }
        let weight = weight(&mut fields, setting.is_composite, report);
        fields.close(report);
        let indicator = match own {
            Some(own) => Some(own?),
            None => None,
        };
        Some(Self { display_name, target: target?, threshold, method: method?, indicator, weight })
    }
}

/// `timeSliceWindow` and `timeSliceTarget`, which belong to budgets of time slices.
fn method(fields: &mut Fields<'_>, word: Option<MethodWord>, report: &mut Report) -> Option<Method> {
    let (window, target) = (fields.optional("timeSliceWindow"), fields.optional("timeSliceTarget"));
    let slice = window.as_ref().and_then(|field| field.minutes_or_number(report));
    let slice_target = target.as_ref().and_then(|field| {
        let target = SliceTarget::from_ratio(field.number(report)?);
        if target.is_none() {
            field.wrong("a slice target is above 0 and at most 1", "write a ratio such as 0.95", report);
        }
        target
    });
    let word = word?;
    if let Some(window) = window.as_ref().filter(|_| word == MethodWord::Occurrences) {
        window.wrong("events have no slices", "remove it, or budget by Timeslices or RatioTimeslices", report);
    }
    if let Some(target) = target.as_ref().filter(|_| word != MethodWord::Timeslices) {
        target.wrong(
            "only Timeslices have a slice target",
            "remove it, or write `budgetingMethod: Timeslices`",
            report,
        );
    }
    if window.is_none() && word != MethodWord::Occurrences {
        fields.missing("timeSliceWindow", "add the length of a slice, such as `timeSliceWindow: 1m`", report);
    }
    if target.is_none() && word == MethodWord::Timeslices {
        fields.missing("timeSliceTarget", "add the share that makes a slice good, such as 0.95", report);
    }
    Some(match word {
        MethodWord::Occurrences => Method::Occurrences,
        MethodWord::Timeslices => Method::Timeslices { slice: slice?, target: slice_target? },
        MethodWord::RatioTimeslices => Method::RatioTimeslices { slice: slice? },
    })
}

fn weight(fields: &mut Fields<'_>, is_composite: bool, report: &mut Report) -> Option<Weight> {
    let field = fields.optional("compositeWeight")?;
    if !is_composite {
        field.wrong("only objectives with indicators of their own have a weight", "remove it", report);
    }
    let weight = Weight::new(field.number(report)?);
    if weight.is_none() {
        let remedy = "write a number above 0 and at most 1000000, with at most 6 digits after the point";
        field.wrong("that is no weight", remedy, report);
    }
    weight
}

/// Whether an objective has an indicator of its own, which makes its SLO a composite.
pub(super) fn is_composite(objective: &Field<'_>) -> bool {
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
