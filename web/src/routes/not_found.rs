//! The page for an address that leads nowhere.

use leptos::prelude::*;

use crate::settings::use_settings;

/// Says so and leads back.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    let settings = use_settings();
    view! {
        <section class="empty" data-testid="not-found">
            <h1>{move || settings.words().error.no_page}</h1>
            <p><a href="/">{move || settings.words().error.to_start}</a></p>
        </section>
    }
}
