//! The list of keys.

use leptos::prelude::*;

use super::keys::GRID;
use super::waterfall::Waterfall;
use crate::browser;
use crate::parts::{Icon, Shape};
use crate::settings::use_settings;
use crate::text::KeyWords;

/// The id of the button that closes the list.
const CLOSE: &str = "help-close";

type Line = (&'static [&'static str], fn(&KeyWords) -> &'static str);

const LINES: [Line; 12] = [
    (&["j", "k", "↓", "↑"], |keys| keys.step),
    (&["←", "→"], |keys| keys.fold),
    (&["[", "]"], |keys| keys.fold_all),
    (&["Home", "End"], |keys| keys.ends),
    (&["Enter"], |keys| keys.open),
    (&["Esc"], |keys| keys.close),
    (&["/"], |keys| keys.search),
    (&["n", "N"], |keys| keys.hits),
    (&["l"], |keys| keys.logs),
    (&["c"], |keys| keys.path),
    (&["z"], |keys| keys.zoom),
    (&["?"], |keys| keys.help),
];

/// The keys, over the page, until closed.
#[component]
pub(super) fn Help(waterfall: Waterfall) -> impl IntoView {
    let settings = use_settings();
    let line = move |(keys, text): Line| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view();
        view! { <dt>{keys}</dt><dd>{move || text(&settings.words().keys)}</dd> }
    };
    let close = move |_| {
        waterfall.help.set(false);
        browser::focus(GRID);
    };
    Effect::new(move || {
        if waterfall.help.get() {
            request_animation_frame(|| browser::focus(CLOSE));
        }
    });
    view! {
        <Show when=move || waterfall.help.get()>
            <div class="veil" on:click=close>
                <section class="help" role="dialog" aria-modal="true" aria-labelledby="help-title" data-testid="help"
                    on:click=move |event| event.stop_propagation()
                >
                    <header class="section">
                        <h2 id="help-title">{settings.word(|words| words.frame.keys)}</h2>
                        <button id=CLOSE type="button" class="plain" on:click=close aria-label=settings.word(|words| words.trace.close)>
                            <Icon shape=Shape::Cross />
                        </button>
                    </header>
                    <dl>{LINES.map(line).collect_view()}</dl>
                </section>
            </div>
        </Show>
    }
}
