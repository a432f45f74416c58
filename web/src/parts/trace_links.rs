//! Exemplar traces.

use ingest_model::TraceId;
use leptos::prelude::*;

use crate::selection::{Selection, with_selection};

/// Digits of a trace id that are shown; pointing at it tells all.
const DIGITS: usize = 8;

/// The way to each trace. It opens at its deepest failing span and keeps the selection.
#[component]
pub(crate) fn TraceLinks(trace_ids: Vec<TraceId>, selection: Option<Selection>) -> impl IntoView {
    let link = |id: TraceId| {
        let whole = id.to_string();
        let short: String = whole.chars().take(DIGITS).collect();
        let address = failing_address(id, selection);
        view! { <a class="id" data-testid="exemplar" data-trace-id=whole.clone() href=address title=whole>{short}</a> }
    };
    view! { <span class="exemplars">{trace_ids.into_iter().map(link).collect_view()}</span> }
}

/// The address of a trace at its deepest failing span.
fn failing_address(id: TraceId, selection: Option<Selection>) -> String {
    with_selection(&format!("/traces/{id}?select=error"), selection)
}

#[cfg(test)]
mod tests {
    use ingest_model::Nanos;

    use super::*;

    #[test]
    fn a_trace_opens_where_it_failed_and_keeps_the_selection() {
        let id: TraceId = "4bf92f3577b34da6a3ce929d0e0e4736".parse().expect("32 hex digits");
        assert_eq!(
            failing_address(id, Selection::new(Nanos(1), Nanos(2))),
            "/traces/4bf92f3577b34da6a3ce929d0e0e4736?select=error&from=1&to=2"
        );
    }
}
