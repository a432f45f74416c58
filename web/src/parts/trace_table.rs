//! A list of traces.

use leptos::prelude::*;
use query_api::TraceSummary;

use super::{Column, Moment, TableHead};
use crate::number::count;
use crate::selection::{Selection, with_selection};
use crate::time::{duration, duration_exact};

/// The traces, one a row; each leads to its page.
#[component]
pub(crate) fn TraceTable(
    /// What to list, in order.
    traces: Vec<TraceSummary>,
    /// What is looked at; links keep it.
    #[prop(default = None)]
    selection: Option<Selection>,
) -> impl IntoView {
    let longest = traces.iter().map(|trace| trace.duration_ns).max().unwrap_or(1).max(1);
    let rows = traces.into_iter().map(|trace| view! { <TraceRow trace longest selection /> }).collect_view();
    let columns = vec![
        Column::new("", |words| words.traces.root),
        Column::new("num", |words| words.traces.duration),
        Column::new("num", |words| words.traces.spans),
        Column::new("num", |words| words.traces.errors),
        Column::new("num wide", |words| words.traces.services),
        Column::new("middle", |words| words.traces.start),
    ];
    view! {
        <div class="scroller">
            <table class="list traces">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn TraceRow(trace: TraceSummary, longest: i64, selection: Option<Selection>) -> impl IntoView {
    let link = with_selection(&format!("/traces/{}", trace.trace_id), selection);
    let share = trace.duration_ns.max(0).saturating_mul(100) / longest;
    let failed = trace.error_spans > 0;
    view! {
        <tr data-testid="trace-row" data-trace-id=trace.trace_id.to_string()>
            <td class="root">
                <a href=link>
                    <b>{trace.name}</b>
                    <span>{trace.service_name}</span>
                </a>
            </td>
            <td class="num long" title=duration_exact(trace.duration_ns)>
                <i style:transform=format!("scaleX(calc({share} / 100))")></i>
                {duration(trace.duration_ns)}
            </td>
            <td class="num">{count(trace.spans)}</td>
            <td class="num" class:failed=failed>{count(trace.error_spans)}</td>
            <td class="num wide">{count(trace.services)}</td>
            <td class="middle"><Moment time=trace.start_time_unix_nano /></td>
        </tr>
    }
}
