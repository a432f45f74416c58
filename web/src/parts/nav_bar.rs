//! The way to every page: on the left, on phones along the bottom.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{Icon, Shape};
use crate::settings::use_settings;
use crate::text::FrameWords;

/// The navigation.
#[component]
pub(crate) fn NavBar() -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&FrameWords) -> &'static str| settings.word_of(|words| &words.frame, choose);
    view! {
        <nav class="nav" aria-label=word(|frame| frame.navigation)>
            <a class="brand" href="/">
                <Icon shape=Shape::Flame />
                <span>"slowburn"</span>
            </a>
            <A href="/" exact=true attr:data-testid="nav-start">
                <Icon shape=Shape::Pulse />
                <span>{word(|frame| frame.start)}</span>
            </A>
            <A href="/slos" attr:data-testid="nav-slos">
                <Icon shape=Shape::Flame />
                <span>{word(|frame| frame.slos)}</span>
            </A>
            <A href="/alerts" attr:data-testid="nav-alerts">
                <Icon shape=Shape::Bell />
                <span>{word(|frame| frame.alerts)}</span>
            </A>
            <A href="/traces" attr:data-testid="nav-traces">
                <Icon shape=Shape::Bars />
                <span>{word(|frame| frame.traces)}</span>
            </A>
            <A href="/sql" attr:data-testid="nav-sql">
                <Icon shape=Shape::Prompt />
                <span>{word(|frame| frame.sql)}</span>
            </A>
        </nav>
    }
}
