//! The choice of how far back to look, and the selection in its place.

use leptos::prelude::*;

use super::Moment;
use crate::selection::{Look, Selection};
use crate::settings::use_settings;
use crate::time::Precision;

/// The choices of hours up to now; each drops the selection.
#[component]
pub(crate) fn RangeChoice(
    /// The page.
    #[prop(into)]
    path: Signal<String>,
    /// What is chosen.
    look: Memo<Look>,
) -> impl IntoView {
    let settings = use_settings();
    let link = move |hours: i64| {
        let current = move || (look.get().selection.is_none() && look.get().hours == hours).then_some("true");
        let address = move || format!("{}?range={hours}h", path.get());
        view! { <a href=address aria-current=current>{if hours > 24 { format!("{} d", hours / 24) } else { format!("{hours} h") }}</a> }
    };
    let name = settings.word(|words| words.start.range.label);
    view! { <nav class="segments" aria-label=name>{Look::HOURS.map(link).collect_view()}</nav> }
}

/// The selection in words, and the way to drop it.
#[component]
pub(crate) fn SelectionNote(
    /// The selection; nothing is shown without one.
    selection: Option<Selection>,
    /// The address without it.
    without: String,
) -> impl IntoView {
    let settings = use_settings();
    selection.map(|selection| {
        view! {
            <p class="note" data-testid="selection">
                {settings.word(|words| words.selection.selection)} ": "
                <Moment time=selection.from precision=Precision::Seconds /> " – "
                <Moment time=selection.to precision=Precision::Seconds /> " · "
                <a href=without>{settings.word(|words| words.selection.clear)}</a>
            </p>
        }
    })
}
