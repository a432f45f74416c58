//! Alerting as OpenSLO has it: policies, conditions and targets.
//!
//! A policy holds one condition, so that two windows cannot be asked for in one. Burn alerts follow
//! the workbook's pairs; a condition tells whether it holds ([`AlertCondition::holds`]), and one
//! that never can is a mistake of the SLO that uses it.

use rust_decimal::Decimal;

use super::document::inline;
use super::field::{Field, Fields};
use super::kind::Kind;
use super::metadata::{self, Annotations, Labels, Metadata};
use super::mistake::Report;
use super::names::Names;
use super::objective::Op;
use crate::burn::max_burn_rate;
use crate::minutes::Minutes;
use crate::ratio::Ratio;
use crate::target::Target;

/// A document by its name, or written where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<T> {
    /// By its name.
    Named(String),
    /// Here.
    Here(T),
}

/// What a document about alerting says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// The name; `None` inside another document that gives none.
    pub name: Option<String>,
    /// The name people read.
    pub display_name: Option<String>,
    /// Its labels.
    pub labels: Labels,
    /// Its annotations.
    pub annotations: Annotations,
    /// What it is for.
    pub description: Option<String>,
}

/// When somebody is told, and who (OpenSLO `AlertPolicy`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertPolicy {
    /// What it says about itself.
    pub about: About,
    /// Whether they are told when nothing is known.
    pub when_no_data: Option<bool>,
    /// Whether they are told when the condition no longer holds.
    pub when_resolved: Option<bool>,
    /// Whether they are told when the condition holds.
    pub when_breaching: Option<bool>,
    /// The condition.
    pub condition: Given<AlertCondition>,
    /// Who is told.
    pub targets: Vec<Given<AlertTarget>>,
}

/// How fast a budget must burn, and for how long (OpenSLO `AlertCondition`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertCondition {
    /// What it says about itself.
    pub about: About,
    /// How urgent it is, in the words of whoever wrote it.
    pub severity: String,
    /// The comparison; `gt` if it is left out.
    pub op: Option<Op>,
    /// The burn rate it compares with.
    pub threshold: Decimal,
    /// The window of the burn rate.
    pub lookback: Minutes,
    /// How long it must hold; at once if it is left out.
    pub after: Option<Minutes>,
}

/// Who is told (OpenSLO `AlertNotificationTarget`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertTarget {
    /// What it says about itself.
    pub about: About,
    /// By which means, in the words of whoever wrote it.
    pub target: String,
}

/// What can be read from a spec of a kind.
pub(crate) trait Spec: Sized {
    const KIND: Kind;

    /// Reads the fields; `about` has the description already.
    fn read(about: About, fields: &mut Fields<'_>, names: &mut Names, report: &mut Report) -> Option<Self>;
}

/// A document, or one inside another.
pub(crate) fn read<T: Spec>(metadata: Metadata, spec: &Field<'_>, names: &mut Names, report: &mut Report) -> Option<T> {
    let mut fields = spec.fields(report)?;
    let description = metadata::description(&mut fields, report);
    let Metadata { name, display_name, labels, annotations } = metadata;
    let about = About { name: name.map(|(name, _)| name), display_name, labels, annotations, description };
    let read = T::read(about, &mut fields, names, report);
    fields.close(report);
    read
}

/// An item of a list that names a document or holds one.
pub(crate) fn given<T: Spec>(
    item: &Field<'_>,
    field: &'static str,
    names: &mut Names,
    report: &mut Report,
) -> Option<Given<T>> {
    let mut fields = item.fields(report)?;
    if let Some(reference) = fields.optional(field) {
        fields.close(report);
        return names.refer(T::KIND, &reference, report).map(Given::Named);
    }
    let (metadata, spec) = inline(item, T::KIND, report)?;
    read(metadata, &spec?, names, report).map(Given::Here)
}

// === impl AlertPolicy ===

impl Spec for AlertPolicy {
    const KIND: Kind = Kind::AlertPolicy;

    fn read(about: About, fields: &mut Fields<'_>, names: &mut Names, report: &mut Report) -> Option<Self> {
        let mut when = |name| fields.optional(name).and_then(|field| field.boolean(report));
        let (when_no_data, when_resolved) = (when("alertWhenNoData"), when("alertWhenResolved"));
        let when_breaching = when("alertWhenBreaching");
        let mut condition = None;
        if let Some(field) = fields.required("conditions", report)
            && let Some(items) = field.items(report)
        {
            if items.len() != 1 {
                field.wrong("a policy has exactly one condition", "write one condition per policy", report);
            }
            for item in items {
                condition = given(&item, "conditionRef", names, report);
            }
        }
        let targets = fields.required("notificationTargets", report).and_then(|field| field.items(report));
        let targets = targets.unwrap_or_default();
        let targets = targets.iter().filter_map(|item| given(item, "targetRef", names, report)).collect();
        condition.map(|condition| Self { about, when_no_data, when_resolved, when_breaching, condition, targets })
    }
}

// === impl AlertCondition ===

impl Spec for AlertCondition {
    const KIND: Kind = Kind::AlertCondition;

    fn read(about: About, fields: &mut Fields<'_>, _: &mut Names, report: &mut Report) -> Option<Self> {
        let severity = fields.required("severity", report).and_then(|field| field.text(report));
        let condition = fields.required("condition", report).and_then(|field| field.fields(report));
        let mut fields = condition?;
        fields.optional("kind").and_then(|field| field.one_of(&[("burnrate", ())], report));
        let op = fields.optional("op").and_then(|field| field.one_of(&Op::WORDS, report));
        let threshold = fields.required("threshold", report).and_then(|field| field.number(report));
        let lookback = fields.required("lookbackWindow", report).and_then(|field| field.minutes(report));
        // No time at all is the default.
        let after = fields.optional("alertAfter").filter(|field| !field.is("0m"));
        let after = after.and_then(|field| field.minutes(report));
        fields.close(report);
        let threshold = threshold?.normalize();
        Some(Self { about, severity: severity?.to_owned(), op, threshold, lookback: lookback?, after })
    }
}

impl AlertCondition {
    /// Whether it holds at the burn rate of its window; `None` without events.
    #[must_use]
    pub fn holds(&self, burn_rate: Option<Ratio>) -> Option<bool> {
        let threshold = Ratio::from(self.threshold);
        burn_rate.map(|burn| self.op.unwrap_or(Op::Gt).holds(burn, threshold))
    }

    /// Whether it ever can hold for a target: whether it does in a total outage, or without any
    /// errors.
    #[must_use]
    pub fn can_hold(&self, target: Target) -> bool {
        let at = |burn| self.holds(Some(burn)) == Some(true);
        at(max_burn_rate(target)) || at(Ratio::ZERO)
    }
}

// === impl AlertTarget ===

impl Spec for AlertTarget {
    const KIND: Kind = Kind::AlertNotificationTarget;

    fn read(about: About, fields: &mut Fields<'_>, _: &mut Names, report: &mut Report) -> Option<Self> {
        let target = fields.required("target", report).and_then(|field| field.text(report));
        target.map(|target| Self { about, target: target.to_owned() })
    }
}
