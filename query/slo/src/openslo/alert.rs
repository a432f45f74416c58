//! The documents about alerting: read as far as their schema goes.
//!
//! They have no effect here beyond being checked. Burn alerts follow the workbook's pairs, which
//! OpenSLO cannot write, as one of its policies holds one condition.

use super::document::inline;
use super::field::{Field, Fields};
use super::kind::Kind;
use super::metadata;
use super::mistake::Report;
use super::names::Names;
use super::objective::Op;

/// Checks the `spec` of a document of one of the four kinds; the others are read elsewhere.
pub(crate) fn check(kind: Kind, spec: &Field<'_>, names: &mut Names, report: &mut Report) {
    let Some(mut fields) = spec.fields(report) else { return };
    metadata::description(&mut fields, report);
    match kind {
        Kind::DataSource => data_source(&mut fields, report),
        Kind::AlertPolicy => policy(&mut fields, names, report),
        Kind::AlertCondition => condition(&mut fields, report),
        Kind::AlertNotificationTarget => _ = fields.required("target", report).map(|field| field.text(report)),
        Kind::Service | Kind::Sli | Kind::Slo => {}
    }
    fields.close(report);
}

/// An item of a list that names a document or holds one; returns its name.
pub(crate) fn reference_or_inline(
    item: &Field<'_>,
    (field, kind): (&'static str, Kind),
    names: &mut Names,
    report: &mut Report,
) -> Option<String> {
    let mut fields = item.fields(report)?;
    if let Some(reference) = fields.optional(field) {
        fields.close(report);
        return names.refer(kind, &reference, report);
    }
    let (metadata, spec) = inline(item, kind, report)?;
    if let Some(spec) = spec {
        check(kind, &spec, names, report);
    }
    metadata.into_name()
}

fn data_source(fields: &mut Fields<'_>, report: &mut Report) {
    fields.required("type", report).and_then(|field| field.text(report));
    // OpenSLO: "everything that is valid YAML can be put here".
    fields.optional("connectionDetails");
}

fn policy(fields: &mut Fields<'_>, names: &mut Names, report: &mut Report) {
    for name in ["alertWhenNoData", "alertWhenResolved", "alertWhenBreaching"] {
        fields.optional(name).and_then(|field| field.boolean(report));
    }
    if let Some(field) = fields.required("conditions", report)
        && let Some(items) = field.items(report)
    {
        if items.len() != 1 {
            field.wrong("a policy has exactly one condition", "write one condition per policy", report);
        }
        for item in items {
            reference_or_inline(&item, ("conditionRef", Kind::AlertCondition), names, report);
        }
    }
    let targets = fields.required("notificationTargets", report).and_then(|field| field.items(report));
    for item in targets.unwrap_or_default() {
        reference_or_inline(&item, ("targetRef", Kind::AlertNotificationTarget), names, report);
    }
}

fn condition(fields: &mut Fields<'_>, report: &mut Report) {
    fields.required("severity", report).and_then(|field| field.text(report));
    let condition = fields.required("condition", report).and_then(|field| field.fields(report));
    let Some(mut fields) = condition else { return };
    fields.optional("kind").and_then(|field| field.one_of(&[("burnrate", ())], report));
    fields.optional("op").and_then(|field| field.one_of(&Op::WORDS, report));
    fields.required("threshold", report).and_then(|field| field.number(report));
    fields.required("lookbackWindow", report).and_then(|field| field.minutes(report));
    // No time at all is the default.
    if let Some(field) = fields.optional("alertAfter").filter(|field| !field.is("0m")) {
        field.minutes(report);
    }
    fields.close(report);
}
