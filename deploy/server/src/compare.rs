//! What differs between two traces, or between two groups of spans: the engine reads and counts, `query-cause` compares.

use anyhow::Result;
use ingest_model::{SpanId, TraceId};
use query_api::{
    ComparedAttribute, ComparedGroups, ComparedOperation, ComparedTraces, GroupFigures, OperationFigures, Sides, Span,
    SpanGroup, Trace, TraceFigures,
};
use query_cause::{AttributeCause, AttributeSettings, Populations, Spent, TraceSpan};
use query_engine::{AttributeCounts, AttributeQuestion, Engine, Group, QueryError, Selection, Windows};

/// Attribute values an answer lists at most.
const LISTED: usize = 50;

/// Two traces; or the id of one that is not stored.
///
/// # Errors
///
/// When one of them cannot be read.
pub(crate) async fn traces(
    engine: &Engine,
    ids: Sides<TraceId>,
) -> Result<Result<ComparedTraces, TraceId>, QueryError> {
    let Some(left) = engine.trace(ids.left).await? else { return Ok(Err(ids.left)) };
    let Some(right) = engine.trace(ids.right).await? else { return Ok(Err(ids.right)) };
    let differences = query_cause::operations(&spans(&left), &spans(&right));
    let operations = differences.into_iter().map(|one| ComparedOperation {
        service_name: one.service,
        name: one.name,
        left: one.left.map(figures),
        right: one.right.map(figures),
    });
    let mut damaged_files = left.damaged_files.clone();
    damaged_files.extend(right.damaged_files.iter().filter(|file| !left.damaged_files.contains(file)).cloned());
    let sides = Sides { left: whole(&left), right: whole(&right) };
    Ok(Ok(ComparedTraces { sides, operations: operations.collect(), damaged_files }))
}

fn spans(trace: &Trace) -> Vec<TraceSpan<'_>> {
    let number = |id: SpanId| u64::from_be_bytes(*id.as_bytes());
    let each = trace.spans.iter().map(|span| TraceSpan {
        id: number(span.span_id),
        parent: span.parent_span_id.map(number),
        service: &span.service_name,
        name: &span.name,
        start_ns: span.start_time_unix_nano.0,
        end_ns: span.start_time_unix_nano.plus(span.duration_ns).0,
        failed: failed(span),
    });
    each.collect()
}

fn failed(span: &Span) -> bool {
    span.status_code == "ERROR"
}

fn whole(trace: &Trace) -> TraceFigures {
    TraceFigures {
        trace_id: trace.trace_id,
        duration_ns: trace.end_time_unix_nano.since(trace.start_time_unix_nano),
        spans: trace.spans.len() as u64,
        errors: trace.spans.iter().filter(|span| failed(span)).count() as u64,
    }
}

const fn figures(spent: Spent) -> OperationFigures {
    let Spent { spans, errors, duration_ns, self_time_ns } = spent;
    OperationFigures { spans, errors, duration_ns, self_time_ns }
}

/// Two groups of spans.
///
/// # Errors
///
/// When they cannot be counted, or a filter is no SQL over spans.
pub(crate) async fn groups(engine: &Engine, groups: Sides<SpanGroup>) -> Result<ComparedGroups> {
    let Sides { left, right } = groups;
    let windows = Windows { from: left.from, to: left.to, baseline_from: right.from, baseline_to: right.to };
    let group = |group: SpanGroup| Group { filter: group.filter, from: group.from, to: group.to };
    let events = Selection::Groups(group(left), group(right));
    let mut counts = engine.attribute_counts(&AttributeQuestion { events, windows }).await?;
    // What a span says of its outcome is no cause, but it is a difference.
    let outcomes = std::mem::take(&mut counts.outcomes);
    counts.counts.extend(outcomes);
    let sides = Sides {
        left: GroupFigures { spans: counts.failing_total, compared: counts.failing },
        right: GroupFigures { spans: counts.baseline_total, compared: counts.baseline },
    };
    let (attributes, left_out) = differences(&counts)?;
    Ok(ComparedGroups { sides, attributes, left_out })
}

/// The values that either side has more often, and the keys that were not compared; nothing where a side is empty.
fn differences(counts: &AttributeCounts) -> Result<(Vec<ComparedAttribute>, Vec<String>)> {
    let mut left_out = counts.left_out.clone();
    if counts.failing == 0 || counts.baseline == 0 {
        return Ok((Vec::new(), left_out));
    }
    let mut found = Vec::new();
    for of_right in [false, true] {
        // The comparison is about what one population has more often, so it is made from both sides.
        let turned = |left: u64, right: u64| if of_right { (right, left) } else { (left, right) };
        let (failing, baseline) = turned(counts.failing, counts.baseline);
        let each = counts.counts.iter().map(|count| {
            let (failing, baseline) = turned(count.failing, count.baseline);
            query_cause::AttributeCount { key: count.key.clone(), value: count.value.clone(), failing, baseline }
        });
        let each: Vec<_> = each.collect();
        let populations = Populations { failing, baseline };
        let causes = query_cause::attributes(&each, populations, &AttributeSettings::default())?;
        found.extend(causes.causes.into_iter().map(|cause| compared(cause, of_right)));
        if of_right {
            left_out.extend(causes.left_out.into_iter().map(|key| key.key));
        }
    }
    found.sort_by(|one: &ComparedAttribute, other| {
        let names = |of: &ComparedAttribute| (of.key.clone(), of.value.clone());
        other.effect.abs().total_cmp(&one.effect.abs()).then_with(|| names(one).cmp(&names(other)))
    });
    found.truncate(LISTED);
    left_out.sort_unstable();
    left_out.dedup();
    Ok((found, left_out))
}

fn compared(cause: AttributeCause, of_right: bool) -> ComparedAttribute {
    let more = (cause.failing, cause.failing as f64 / cause.failing_total as f64);
    let less = (cause.baseline, cause.baseline as f64 / cause.baseline_total as f64);
    let ((left, left_share), (right, right_share)) = if of_right { (less, more) } else { (more, less) };
    let effect = if of_right { cause.effect } else { -cause.effect };
    ComparedAttribute {
        key: cause.key,
        value: cause.value,
        left,
        right,
        left_share,
        right_share,
        effect,
        q_value: cause.q_value,
    }
}
