//! The rows, of which only those on screen are in the document.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::{ev, web_sys::HtmlDivElement};

use super::keys::GRID;
use super::row::Row;
use super::waterfall::Waterfall;
use crate::layout::{ROW_HEIGHT, scroll_to_show, ticks, visible};
use crate::settings::use_settings;
use crate::time::duration;

/// Marks wanted on the time axis.
const TICKS: i64 = 5;

/// The waterfall.
#[component]
pub(super) fn Grid(waterfall: Waterfall) -> impl IntoView {
    let settings = use_settings();
    let scroller = NodeRef::<Div>::new();
    let scroll_top = RwSignal::new(0.0);
    let height = RwSignal::new(0.0);
    follow_size(scroller, height);
    follow_cursor(waterfall, scroller);
    let window = Memo::new(move |_| visible(scroll_top.get(), height.get(), waterfall.rows.with(|rows| rows.len())));
    let shown = move || {
        let window = window.get();
        let first = window.start;
        waterfall.rows.with(|rows| (first..).zip(rows[window].iter().copied()).collect::<Vec<_>>())
    };
    let active = move || waterfall.cursor.get().map(row_id);
    view! {
        <div
            id=GRID class="grid" role="treegrid" tabindex="0" data-testid="waterfall"
            aria-label=settings.word(|words| words.waterfall.waterfall)
            aria-rowcount=move || waterfall.rows.with(|rows| rows.len()).to_string()
            aria-activedescendant=active
        >
            <Axis waterfall />
            <div
                class="rows-scroller" node_ref=scroller
                on:scroll=move |_| if let Some(element) = scroller.try_get_untracked().flatten() {
                    scroll_top.set(f64::from(element.scroll_top()));
                }
            >
                <div class="rows" style:height=move || format!("{}px", pixels(waterfall.rows.with(|rows| rows.len())))>
                    <div class="rows-shown" style:transform=move || format!("translateY({}px)", pixels(window.get().start))>
                        <For each=shown key=|row| *row let((row, number))>
                            <Row waterfall row number />
                        </For>
                    </div>
                </div>
            </div>
        </div>
    }
}

/// The time axis; its marks are offsets from the start of what is on screen.
#[component]
fn Axis(waterfall: Waterfall) -> impl IntoView {
    let settings = use_settings();
    let whole = move || waterfall.subject().range().start();
    let marks = move || {
        let range = waterfall.range.get();
        let before = range.start().since(whole());
        let mark = |(offset, percent): (i64, f64)| {
            view! { <span style:left=format!("{percent:.3}%")>{duration(before.saturating_add(offset))}</span> }
        };
        ticks(range, TICKS).into_iter().map(mark).collect_view()
    };
    view! {
        <div class="axis" role="row">
            <div class="name-cell" role="columnheader">{settings.word(|words| words.waterfall.operation)}</div>
            <div class="time-cell" role="columnheader" aria-label=settings.word(|words| words.waterfall.time)>{marks}</div>
        </div>
    }
}

/// The document id of a node's row.
pub(super) fn row_id(number: u32) -> String {
    format!("row-{number}")
}

/// Keeps the height of the window, also when the browser's changes.
fn follow_size(scroller: NodeRef<Div>, height: RwSignal<f64>) {
    // The page may have been left before the browser gets to it.
    let measure = move || {
        if let Some(element) = scroller.try_get_untracked().flatten() {
            height.set(f64::from(element.client_height()));
        }
    };
    Effect::new(move || {
        if scroller.get().is_some() {
            request_animation_frame(measure);
        }
    });
    let handle = window_event_listener(ev::resize, move |_| measure());
    on_cleanup(move || handle.remove());
}

/// Scrolls so that the cursor is in view.
fn follow_cursor(waterfall: Waterfall, scroller: NodeRef<Div>) {
    Effect::new(move || {
        let Some(row) = waterfall.cursor_row() else { return };
        // The rows may just have been unfolded: scroll when the document has their height.
        request_animation_frame(move || {
            let Some(element) = scroller.try_get_untracked().flatten() else { return };
            let (top, height) = (f64::from(element.scroll_top()), f64::from(element.client_height()));
            if let Some(top) = scroll_to_show(row, top, height) {
                set_scroll_top(&element, top);
            }
        });
    });
}

#[expect(clippy::cast_possible_truncation, reason = "a float beyond i32 is held at its end, the last row")]
fn set_scroll_top(element: &HtmlDivElement, top: f64) {
    element.set_scroll_top(top as i32);
}

#[expect(clippy::cast_precision_loss, reason = "a row number is far below 2^52")]
fn pixels(rows: usize) -> f64 {
    rows as f64 * ROW_HEIGHT
}
