//! Pyrra's `ServiceLevelObjective`: an object of Kubernetes with selectors of Prometheus.
//!
//! Source: `kubernetes/api/v1alpha1` of pyrra-dev/pyrra.

use super::{Imported, Marks, Taken, name, percent, promql};
use crate::openslo::field::{Field, Fields};
use crate::openslo::indicator::Metric;
use crate::openslo::metadata;
use crate::openslo::mistake::Report;
use crate::openslo::tree::Node;
use crate::window::Window;

const PREFIX: &str = "pyrra.dev";

/// What Kubernetes says about an object for itself.
const KEPT_BY_KUBERNETES: [&str; 7] =
    ["creationTimestamp", "finalizers", "generation", "managedFields", "ownerReferences", "resourceVersion", "uid"];

/// The SLO of a document.
pub(super) fn read(node: &Node, report: &mut Report) -> Option<Imported> {
    let mut fields = Field::root(node).fields(report)?;
    fields.required("apiVersion", report);
    if let Some(kind) = fields.required("kind", report) {
        kind.one_of(&[("ServiceLevelObjective", ())], report);
    }
    let metadata = fields.required("metadata", report);
    let spec = fields.required("spec", report);
    if let Some(status) = fields.optional("status") {
        status.unsupported("the status of an object is", "it is left out", report);
    }
    fields.close(report);
    let mut marks = Marks::default();
    let about = metadata.and_then(|metadata| about(&metadata, &mut marks, report));
    let promise = spec.and_then(|spec| self::spec(&spec, &mut marks, report));
    let (named, service) = about?;
    let (description, target, window, metric) = promise?;
    let name = name(&named, named.text(report)?.to_owned(), report);
    let place = named.node.place;
    Some(Taken { name, place, service, description, marks, target, window, metric }.finish(report))
}

/// The name, and the service: the namespace, or the name where there is none.
fn about<'a>(field: &Field<'a>, marks: &mut Marks, report: &mut Report) -> Option<(Field<'a>, &'a str)> {
    let mut fields = field.fields(report)?;
    let named = fields.required("name", report);
    let namespace = fields.optional("namespace").and_then(|field| field.text(report));
    marks.labels(fields.optional("labels"), report);
    for (key, value) in super::texts(fields.optional("annotations"), report) {
        marks.annotations.insert(key, value);
    }
    for name in KEPT_BY_KUBERNETES {
        if let Some(field) = fields.optional(name) {
            field.unsupported("what Kubernetes keeps is", "it is left out", report);
        }
    }
    fields.close(report);
    let named = named?;
    let service = namespace.or_else(|| named.text(report))?;
    Some((named, service))
}

type Promise = (Option<String>, crate::Target, Window, Metric);

fn spec(field: &Field<'_>, marks: &mut Marks, report: &mut Report) -> Option<Promise> {
    let mut fields = field.fields(report)?;
    let description = metadata::description(&mut fields, report);
    let target = fields.required("target", report);
    let target = target.and_then(|field| percent(&field, field.number_or_text(report), report));
    let window = fields.required("window", report).and_then(|field| field.minutes(report));
    let indicator = fields.required("indicator", report);
    let metric = indicator.and_then(|field| indicator_of(&field, report));
    if let Some(alerting) = fields.optional("alerting") {
        self::alerting(&alerting, marks, report);
    }
    if let Some(text) = fields.optional("partial_response_strategy").and_then(|field| field.text(report)) {
        marks.annotation(PREFIX, "partial_response_strategy", text);
    }
    fields.close(report);
    Some((description, target?, Window::Rolling(window?), metric?))
}

/// Exactly one of the four kinds.
fn indicator_of(field: &Field<'_>, report: &mut Report) -> Option<Metric> {
    let mut fields = field.fields(report)?;
    let kinds = ["ratio", "latency", "latencyNative", "bool_gauge"];
    let given: Vec<_> = kinds.into_iter().filter_map(|kind| fields.optional(kind).map(|field| (kind, field))).collect();
    fields.close(report);
    let [(kind, indicator)] = given.as_slice() else {
        field.wrong("one kind of indicator is needed", &*format!("write one of {}", kinds.join(", ")), report);
        return None;
    };
    let mut fields = indicator.fields(report)?;
    let grouping = fields.optional("grouping").and_then(|field| field.items(report)).unwrap_or_default();
    let grouping: Vec<&str> = grouping.iter().filter_map(|label| label.text(report)).collect();
    let metric = match *kind {
        "ratio" => ratio(&mut fields, &grouping, report),
        "latency" => latency(&mut fields, &grouping, report),
        "latencyNative" => native_latency(&mut fields, &grouping, report),
        _ => bool_gauge(&mut fields, &grouping, report),
    };
    fields.close(report);
    metric
}

fn ratio(fields: &mut Fields<'_>, grouping: &[&str], report: &mut Report) -> Option<Metric> {
    let (bad, total) = (metric(fields, "errors", report), metric(fields, "total", report));
    let sum = |selector| promql(sum(grouping, &over("increase", selector)));
    Some(Metric::Bad { bad: sum(bad?), total: sum(total?) })
}

fn latency(fields: &mut Fields<'_>, grouping: &[&str], report: &mut Report) -> Option<Metric> {
    let (good, total) = (metric(fields, "success", report), metric(fields, "total", report));
    let sum = |selector| promql(sum(grouping, &over("increase", selector)));
    Some(Metric::Good { good: sum(good?), total: sum(total?) })
}

/// Of a native histogram: the share below the bound, times all.
fn native_latency(fields: &mut Fields<'_>, grouping: &[&str], report: &mut Report) -> Option<Metric> {
    let total = metric(fields, "total", report);
    let bound = fields.required("latency", report);
    let seconds = bound.as_ref().and_then(|field| seconds(field, report));
    let all = sum(grouping, &over("increase", total?));
    let good = format!("histogram_fraction(0, {}, {all}) * histogram_count({all})", seconds?);
    Some(Metric::Good { good: promql(good), total: promql(format!("histogram_count({all})")) })
}

/// Of a gauge that is 1 or 0: every sample is an event.
fn bool_gauge(fields: &mut Fields<'_>, grouping: &[&str], report: &mut Report) -> Option<Metric> {
    let selector = fields.required("metric", report).and_then(|field| field.text(report))?;
    let of = |function| promql(sum(grouping, &over(function, selector)));
    Some(Metric::Good { good: of("sum_over_time"), total: of("count_over_time") })
}

/// `metric` below a field.
fn metric<'a>(fields: &mut Fields<'a>, name: &'static str, report: &mut Report) -> Option<&'a str> {
    let mut fields = fields.required(name, report)?.fields(report)?;
    let metric = fields.required("metric", report).and_then(|field| field.text(report));
    fields.close(report);
    metric
}

/// A selector over the time that is counted at once. An `offset` stays behind the time.
fn over(function: &str, selector: &str) -> String {
    let (selector, offset) = match selector.trim().rsplit_once("} offset ") {
        Some((before, offset)) => (format!("{before}}}"), format!(" offset {offset}")),
        None => (selector.trim().to_owned(), String::new()),
    };
    format!("{function}({selector}[{{{{.window}}}}]{offset})")
}

fn sum(grouping: &[&str], inner: &str) -> String {
    match grouping {
        [] => format!("sum({inner})"),
        labels => format!("sum by ({}) ({inner})", labels.join(", ")),
    }
}

/// A duration of Prometheus below an hour, such as `200ms` or `1.5s`, in seconds.
fn seconds(field: &Field<'_>, report: &mut Report) -> Option<rust_decimal::Decimal> {
    let text = field.text(report)?;
    let number = |unit| text.strip_suffix(unit).and_then(|number| number.parse::<rust_decimal::Decimal>().ok());
    let thousand = rust_decimal::Decimal::ONE_THOUSAND;
    let minute = rust_decimal::Decimal::from(60);
    let seconds = match (number("ms"), number("s"), number("m")) {
        (Some(ms), _, _) => Some(ms / thousand),
        (None, Some(s), _) => Some(s),
        (None, None, Some(m)) => m.checked_mul(minute),
        (None, None, None) => None,
    };
    let seconds = seconds.filter(|seconds| *seconds > rust_decimal::Decimal::ZERO);
    if seconds.is_none() {
        field.wrong("a duration is needed", "write one such as 200ms, 1.5s or 2m", report);
    }
    seconds.map(|seconds| seconds.normalize())
}

fn alerting(field: &Field<'_>, marks: &mut Marks, report: &mut Report) {
    let Some(mut fields) = field.fields(report) else { return };
    field.unsupported("names of alerts are", "they are kept as annotations; rules say who is told", report);
    for name in ["name", "absentName", "disabled", "burnrates", "absent", "burnRateType"] {
        if let Some(text) = fields.optional(name).and_then(|field| field.scalar(report)) {
            marks.annotation(PREFIX, &format!("alerting.{name}"), text);
        }
    }
    fields.close(report);
}
