//! The page for an address that leads nowhere.

use leptos::prelude::*;

use crate::settings::use_settings;

/// Says so and leads back.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    let settings = use_settings();
    view! {
        <section class="empty" data-testid="not-found">
            <h1>{settings.word(|words| words.error.no_page)}</h1>
            <p><a href="/">{settings.word(|words| words.error.to_start)}</a></p>
        </section>
    }
}
