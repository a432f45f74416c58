//! The selected span in the address, so that a link shows it to another person.
//!
//! `span` names it. `select=error` comes from alerts and causes, which know the trace but not the span: the page
//! finds the deepest failing one and puts its id in the place of the wish.

use std::time::Duration;

use ingest_model::SpanId;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};

use super::waterfall::Waterfall;

/// How long the cursor rests before the address follows; browsers refuse to write it at the
/// pace of a held key.
const REST: Duration = Duration::from_millis(200);

/// Selects the span the address names and writes the selected one back, in place of the entry
/// in the history, so that Back leaves the trace.
pub(super) fn keep_in_address(waterfall: Waterfall) {
    let query = use_query_map();
    let location = use_location();
    let navigate = use_navigate();
    let page = location.pathname.get_untracked();
    let written = StoredValue::new(None::<SpanId>);

    let linked = Memo::new(move |_| query.with(|query| query.get_str("span").and_then(|id| id.parse::<SpanId>().ok())));
    Effect::new(move || {
        if let Some(id) = linked.get().filter(|id| written.get_value() != Some(*id)) {
            written.set_value(Some(id));
            waterfall.select_span(id);
            waterfall.open.set(true);
        }
    });

    let wish = Memo::new(move |_| query.with(|query| query.get_str("select") == Some("error")));
    Effect::new(move || {
        if wish.get() && linked.get_untracked().is_none() {
            waterfall.show_failing();
        }
    });

    let mut write = debounce(REST, move |id: SpanId| {
        let here = location.pathname.try_get_untracked().is_some_and(|path| path == page);
        if !here || written.try_get_value().flatten() == Some(id) {
            return;
        }
        written.set_value(Some(id));
        let mut query = location.query.get_untracked();
        query.remove("select");
        query.replace("span", id.to_string());
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&format!("{page}{}", query.to_query_string()), options);
    });
    Effect::new(move || {
        let subject = waterfall.subject();
        if let Some(span) = waterfall.cursor.get().and_then(|number| subject.span_of_node(number)) {
            write(span.span_id);
        }
    });
}
