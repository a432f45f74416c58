//! The list of SLOs, worst first.

use leptos::prelude::*;

use crate::api;
use crate::parts::{Mistakes, Shown, SloTable};
use crate::settings::{telling, use_settings};
use crate::text::Words;

/// The list.
#[component]
pub(crate) fn Slos() -> impl IntoView {
    let settings = use_settings();
    let slos = LocalResource::new(api::slos);
    Effect::new(move || document().set_title(&format!("{} · slowburn", settings.words().frame.slos)));
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    view! {
        <div class="page">
            <h1>{word(|words| words.frame.slos)}</h1>
            <Shown answer=slos draw=move |slos: query_api::Slos| {
                let none = slos.slos.is_empty();
                view! {
                    <Mistakes mistakes=slos.mistakes title=|words| words.slo.mistakes mark="slo-mistakes" />
                    {(!none).then(|| view! { <SloTable slos=slos.slos /> })}
                    <Notes notes=slos.notes />
                    {none.then(|| view! {
                        <section class="empty" data-testid="no-slos">
                            <h2>{word(|words| words.slo.none)}</h2>
                            <p>{word(|words| words.slo.how)}</p>
                        </section>
                    })}
                }
            } />
        </div>
    }
}

/// What in the documents is right and has no effect here; nothing where there is none.
#[component]
fn Notes(notes: Vec<String>) -> impl IntoView {
    let settings = use_settings();
    let count = notes.len();
    (count > 0).then(|| {
        let title = telling(move || format!("{} ({count})", settings.words().slo.notes));
        let lines = notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view();
        view! { <details class="as-table" data-testid="slo-notes"><summary>{title}</summary><ul class="note">{lines}</ul></details> }
    })
}
