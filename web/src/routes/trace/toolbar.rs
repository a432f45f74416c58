//! Search, folding and what is drawn.

use std::time::Duration;

use leptos::prelude::*;

use super::keys::{GRID, SEARCH};
use super::waterfall::Waterfall;
use crate::browser;
use crate::number::count_of;
use crate::settings::use_settings;
use crate::text::Words;

/// How long typing rests before a search; a large trace takes a moment.
const REST: Duration = Duration::from_millis(150);

/// The bar above the waterfall.
#[component]
pub(super) fn Toolbar(waterfall: Waterfall) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let toggle = move |signal: RwSignal<bool>| move |_| signal.update(|on| *on = !*on);
    let pressed = move |signal: RwSignal<bool>| move || signal.get().to_string();
    let zoomed = move || waterfall.range.get() != waterfall.subject().range();
    view! {
        <div class="toolbar" role="toolbar">
            <SearchBox waterfall />
            <button type="button" data-testid="toggle-logs" aria-pressed=pressed(waterfall.logs) on:click=toggle(waterfall.logs)>
                {word(|words| words.trace.logs)}
            </button>
            <button type="button" data-testid="toggle-path" aria-pressed=pressed(waterfall.path) on:click=toggle(waterfall.path)>
                {word(|words| words.details.critical_path)}
            </button>
            <button type="button" data-testid="fold-all" on:click=move |_| waterfall.fold_all()>{word(|words| words.waterfall.fold_all)}</button>
            <button type="button" data-testid="unfold-all" on:click=move |_| waterfall.unfold_all()>{word(|words| words.waterfall.unfold_all)}</button>
            <Show when=zoomed>
                <button type="button" data-testid="zoom-out" on:click=move |_| waterfall.range.set(waterfall.subject().range())>
                    {word(|words| words.waterfall.whole)}
                </button>
            </Show>
            <button type="button" class="help-button" data-testid="help-button" aria-label=word(|words| words.frame.keys) on:click=toggle(waterfall.help)>"?"</button>
        </div>
    }
}

#[component]
fn SearchBox(waterfall: Waterfall) -> impl IntoView {
    let settings = use_settings();
    let mut search = debounce(REST, move |wanted| waterfall.search(wanted));
    let place = move || {
        let cursor = waterfall.cursor.get();
        waterfall.hits.with(|hits| {
            let at = cursor.and_then(|cursor| hits.binary_search(&cursor).ok());
            let at = at.map_or_else(|| "–".to_owned(), |at| count_of(at + 1));
            format!("{at} / {}", count_of(hits.len()))
        })
    };
    view! {
        <div class="search">
            <input
                id=SEARCH type="search" spellcheck="false" autocomplete="off" data-testid="trace-search"
                aria-label=settings.word(|words| words.waterfall.search)
                placeholder=settings.word(|words| words.waterfall.search)
                prop:value=move || waterfall.wanted.get()
                on:input:target=move |event| search(event.target().value())
                on:keydown:target=move |event| if event.key() == "Enter" {
                    event.prevent_default();
                    // Whoever types and presses Enter at once does not wait for the rest.
                    waterfall.search(event.target().value());
                    waterfall.next_hit(!event.shift_key());
                    browser::focus(GRID);
                }
            />
            <Show when=move || waterfall.wanted.with(|wanted| !wanted.trim().is_empty())>
                <output data-testid="search-place" aria-live="polite">{place}</output>
                <button type="button" aria-label=settings.word(|words| words.waterfall.previous) on:click=move |_| waterfall.next_hit(false)>"↑"</button>
                <button type="button" aria-label=settings.word(|words| words.waterfall.next) on:click=move |_| waterfall.next_hit(true)>"↓"</button>
            </Show>
        </div>
    }
}
