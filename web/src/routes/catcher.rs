//! The messages the demo's receiver caught, as a chat would show them.

use leptos::prelude::*;
use query_api::CaughtMessages;

use crate::api;
use crate::parts::{CaughtList, Shown, refresh};
use crate::settings::use_settings;
use crate::text::CatcherWords;

/// The messages, newest first.
#[component]
pub(crate) fn Catcher() -> impl IntoView {
    let settings = use_settings();
    let caught = LocalResource::new(api::catcher);
    refresh(move || {
        caught.refetch();
    });
    Effect::new(move || document().set_title(&format!("{} · slowburn", settings.words().catcher.title)));
    let word = move |choose: fn(&CatcherWords) -> &'static str| settings.word_of(|words| &words.catcher, choose);
    view! {
        <div class="page" data-testid="catcher">
            <h1>{word(|words| words.title)}</h1>
            <Shown answer=caught draw=move |caught: CaughtMessages| {
                if !caught.running {
                    return view! { <p class="note" data-testid="no-catcher">{word(|words| words.not_running)}</p> }.into_any();
                }
                let none = caught.messages.is_empty();
                view! {
                    <p class="note">{word(|words| words.lead)}</p>
                    {none.then(|| view! { <p class="note">{word(|words| words.none)}</p> })}
                    <CaughtList messages=caught.messages />
                }.into_any()
            } />
        </div>
    }
}
