//! The attribute values that failing events have more often.

use leptos::prelude::*;
use query_api::AttributeCause;

use crate::number::count;
use crate::parts::{Column, TableHead, TraceLinks, percent, times};
use crate::selection::Selection;
use crate::settings::use_settings;
use crate::text::CauseWords;

/// Traces listed a value.
const TRACES: usize = 3;

/// The table, best first.
#[component]
pub(super) fn AttributeTable(attributes: Vec<AttributeCause>, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&CauseWords) -> &'static str| settings.word_of(|words| &words.cause, choose);
    if attributes.is_empty() {
        return view! { <p class="note" data-testid="no-attributes">{word(|words| words.no_attributes)}</p> }
            .into_any();
    }
    let rows = (1..).zip(attributes).map(|(rank, cause)| view! { <Row rank cause selection /> }).collect_view();
    let columns = vec![
        Column::new("num wide", |_| "#"),
        Column::new("", |words| words.cause.attribute),
        Column::new("num", |words| words.cause.support).helped(|words| words.cause.support_help),
        Column::new("num", |words| words.cause.lift).helped(|words| words.cause.lift_help),
        Column::new("num middle", |words| words.cause.effect).helped(|words| words.cause.effect_help),
        Column::new("", |words| words.cause.traces),
    ];
    view! {
        <div class="scroller">
            <table class="list causes">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(rank: usize, cause: AttributeCause, selection: Option<Selection>) -> impl IntoView {
    let whole = |number: u64| count(i64::try_from(number).unwrap_or(i64::MAX));
    let pair = format!("{}={}", cause.key, cause.value);
    let (key, value) = (cause.key.clone(), cause.value.clone());
    let counts = format!("{} : {}", whole(cause.failing), whole(cause.baseline));
    let traces: Vec<_> = cause.trace_ids.into_iter().take(TRACES).collect();
    view! {
        <tr data-testid="attribute-cause" data-key=key data-value=value>
            <td class="num wide">{rank}</td>
            <td class="root"><code title=pair>{cause.key} "=" <b>{cause.value}</b></code></td>
            <td class="num" title=counts>{percent(cause.support)}</td>
            <td class="num">{times(cause.lift)}</td>
            <td class="num middle" title=format!("q {:.1e}", cause.q_value)>{format!("{:.2}", cause.effect)}</td>
            <td><TraceLinks trace_ids=traces selection /></td>
        </tr>
    }
}
