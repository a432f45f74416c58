//! The frame around every page: navigation, top bar, routes.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::hooks::use_query_map;
use leptos_router::path;

use crate::parts::{NavBar, TopBar};
use crate::routes::{
    AlertPage, AlertsPage, Catcher, NotFound, ServicePage, SloPage, Slos, Sql, Start, TracePage, Traces,
};
use crate::settings::{Settings, use_settings};
use crate::text::Lang;

/// The whole page.
#[component]
pub(crate) fn App() -> impl IntoView {
    view! {
        <Router>
            <Frame />
        </Router>
    }
}

#[component]
fn Frame() -> impl IntoView {
    let query = use_query_map();
    let asked = move || query.with(|query| query.get_str("lang").map(str::to_owned));
    provide_context(Settings::load(untrack(asked).as_deref()));
    let settings = use_settings();
    // A link within the page may ask for a language too.
    Effect::new(move || {
        if let Some(lang) = asked().and_then(|tag| Lang::from_tag(&tag)) {
            settings.set_lang(lang);
        }
    });
    view! {
        <a class="skip" href="#main">{settings.word(|words| words.frame.skip)}</a>
        <NavBar />
        <TopBar />
        <main id="main" tabindex="-1">
            <Routes fallback=|| view! { <NotFound /> }>
                <Route path=path!("/") view=Start />
                <Route path=path!("/traces") view=Traces />
                <Route path=path!("/traces/:trace_id") view=TracePage />
                <Route path=path!("/slos") view=Slos />
                <Route path=path!("/slos/:name") view=SloPage />
                <Route path=path!("/alerts") view=AlertsPage />
                <Route path=path!("/alerts/:id") view=AlertPage />
                <Route path=path!("/catcher") view=Catcher />
                <Route path=path!("/services/:name") view=ServicePage />
                <Route path=path!("/sql") view=Sql />
            </Routes>
        </main>
    }
}
