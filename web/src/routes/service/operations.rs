//! The operations of a service over the whole stretch of time.

use leptos::prelude::*;
use query_api::OperationSignals;

use crate::number::count;
use crate::parts::{Column, TableHead};
use crate::settings::use_settings;
use crate::text::Words;
use crate::time::duration;

/// The table, most requests first.
#[component]
pub(super) fn OperationsTable(operations: Vec<OperationSignals>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let rows = operations.into_iter().map(|operation| view! { <Row operation /> }).collect_view();
    let columns = vec![
        Column::new("", |words| words.service.operation),
        Column::new("wide", |words| words.service.kind),
        Column::new("num", |words| words.service.all_requests),
        Column::new("num", |words| words.start.error_share),
        Column::new("num wide", |_| "p50"),
        Column::new("num", |_| "p95"),
        Column::new("num wide", |_| "p99"),
    ];
    view! {
        <section>
            <header class="section"><h2>{word(|words| words.service.operations)}</h2></header>
            <div class="scroller">
                <table class="list">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
#[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 is held at its ends")]
fn Row(operation: OperationSignals) -> impl IntoView {
    let time = |value: Option<f64>| value.map(|value| duration(value as i64)).unwrap_or_default();
    let ratio = if operation.requests > 0.0 { operation.errors / operation.requests * 100.0 } else { 0.0 };
    view! {
        <tr data-testid="operation-row">
            <td class="root"><b>{operation.operation}</b></td>
            <td class="wide">{operation.kind}</td>
            <td class="num">{count(operation.requests.round() as i64)}</td>
            <td class="num" class:failed={operation.errors > 0.0}>{format!("{ratio:.1} %")}</td>
            <td class="num wide">{time(operation.p50_ns)}</td>
            <td class="num">{time(operation.p95_ns)}</td>
            <td class="num wide">{time(operation.p99_ns)}</td>
        </tr>
    }
}
