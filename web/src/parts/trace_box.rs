//! A box that opens a trace by its id.

use ingest_model::TraceId;
use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;
use leptos_router::hooks::use_navigate;

use crate::settings::use_settings;

/// The box; what is no trace id is told at once instead of asking the server.
#[component]
pub(crate) fn TraceBox() -> impl IntoView {
    let settings = use_settings();
    let navigate = use_navigate();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(false);
    let open = move |event: SubmitEvent| {
        event.prevent_default();
        match typed.get_untracked().trim().parse::<TraceId>() {
            Ok(id) => {
                wrong.set(false);
                typed.set(String::new());
                navigate(&format!("/traces/{id}"), leptos_router::NavigateOptions::default());
            }
            Err(_) => wrong.set(true),
        }
    };
    view! {
        <form class="trace-box" class:wrong=move || wrong.get() role="search" on:submit=open>
            <input
                type="text" spellcheck="false" autocomplete="off" data-testid="trace-box"
                aria-label=settings.word(|words| words.frame.open_trace)
                placeholder=settings.word(|words| words.frame.open_trace)
                aria-invalid=move || wrong.get().to_string()
                prop:value=move || typed.get()
                on:input:target=move |event| { wrong.set(false); typed.set(event.target().value()); }
            />
            <Show when=move || wrong.get()>
                <p role="alert">{settings.word(|words| words.frame.not_a_trace_id)}</p>
            </Show>
        </form>
    }
}
