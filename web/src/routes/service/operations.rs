//! The operations of a service over the whole stretch of time.

use leptos::prelude::*;
use query_api::OperationSignals;

use crate::number::count;
use crate::settings::use_settings;
use crate::text::Words;
use crate::time::duration;

/// The table, most requests first.
#[component]
pub(super) fn OperationsTable(operations: Vec<OperationSignals>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| move || choose(settings.words());
    let rows = operations.into_iter().map(|operation| view! { <Row operation /> }).collect_view();
    view! {
        <section>
            <header class="section"><h2>{word(|words| words.service.operations)}</h2></header>
            <div class="scroller">
                <table class="list">
                    <thead>
                        <tr>
                            <th scope="col">{word(|words| words.service.operation)}</th>
                            <th scope="col" class="wide">{word(|words| words.service.kind)}</th>
                            <th scope="col" class="num">{word(|words| words.service.all_requests)}</th>
                            <th scope="col" class="num">{word(|words| words.start.error_share)}</th>
                            <th scope="col" class="num wide">"p50"</th>
                            <th scope="col" class="num">"p95"</th>
                            <th scope="col" class="num wide">"p99"</th>
                        </tr>
                    </thead>
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
