//! The list of keys.

use leptos::prelude::*;

use super::waterfall::Waterfall;
use crate::parts::{Icon, Shape};
use crate::settings::use_settings;
use crate::text::KeyWords;

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
    view! {
        <Show when=move || waterfall.help.get()>
            <div class="veil" on:click=move |_| waterfall.help.set(false)>
                <section class="help" role="dialog" aria-modal="true" aria-labelledby="help-title" data-testid="help">
                    <header class="section">
                        <h2 id="help-title">{move || settings.words().keys.title}</h2>
                        <button type="button" class="plain" aria-label=move || settings.words().details.close>
                            <Icon shape=Shape::Cross />
                        </button>
                    </header>
                    <dl>{LINES.map(line).collect_view()}</dl>
                </section>
            </div>
        </Show>
    }
}
