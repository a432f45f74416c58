//! The bar with the box for a trace id and the choices of language, clock and colours.

use leptos::prelude::*;

use super::{Icon, Shape, TraceBox};
use crate::settings::{Theme, Zone, use_settings};

/// The top bar.
#[component]
pub(crate) fn TopBar() -> impl IntoView {
    let settings = use_settings();
    let words = move || &settings.words().settings;
    let other_zone = move || match settings.zone() {
        Zone::Local => Zone::Utc,
        Zone::Utc => Zone::Local,
    };
    let zone_name = move || match settings.zone() {
        Zone::Local => words().local_time,
        Zone::Utc => "UTC",
    };
    let theme_name = move || match settings.theme() {
        Theme::Dark => words().dark,
        Theme::Light => words().light,
    };
    view! {
        <header class="top">
            <TraceBox />
            <div class="choices">
                <button
                    type="button" data-testid="zone-toggle" title=move || words().switch_zone
                    on:click=move |_| settings.set_zone(untrack(other_zone))
                >
                    <Icon shape=Shape::Clock />
                    <span>{zone_name}</span>
                </button>
                <button
                    type="button" data-testid="theme-toggle" title=move || words().switch_theme
                    on:click=move |_| settings.set_theme(untrack(|| settings.theme()).other())
                >
                    <Icon shape=Shape::Contrast />
                    <span>{theme_name}</span>
                </button>
                <button
                    type="button" data-testid="lang-toggle" title=move || words().switch_language
                    lang=move || settings.lang().other().tag()
                    on:click=move |_| settings.set_lang(untrack(|| settings.lang()).other())
                >
                    {move || words().other_language}
                </button>
            </div>
        </header>
    }
}
