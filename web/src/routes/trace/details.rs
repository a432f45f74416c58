//! Everything about the selected span or log record.

mod log;
mod part;
mod span;

use leptos::prelude::*;

use self::log::LogDetails;
use self::span::SpanDetails;
use super::waterfall::Waterfall;
use crate::browser;
use crate::layout::Item;
use crate::parts::{Icon, Shape};
use crate::settings::use_settings;

/// The drawer beside the waterfall.
#[component]
pub(super) fn Details(waterfall: Waterfall) -> impl IntoView {
    let settings = use_settings();
    let selected = Memo::new(move |_| waterfall.cursor.get().filter(|_| waterfall.open.get()));
    let close = move |_| {
        waterfall.open.set(false);
        browser::focus(super::keys::GRID);
    };
    move || {
        let number = selected.get()?;
        let content = match waterfall.subject().tree.node(number)?.item {
            Item::Span(span) => view! { <SpanDetails waterfall number span /> }.into_any(),
            Item::Log(log) => view! { <LogDetails waterfall log /> }.into_any(),
        };
        Some(view! {
            <aside class="details" data-testid="span-details" aria-label=settings.word(|words| words.trace.details)>
                <button type="button" class="plain close" data-testid="close-details" aria-label=settings.word(|words| words.trace.close) on:click=close>
                    <Icon shape=Shape::Cross />
                </button>
                {content}
            </aside>
        })
    }
}
