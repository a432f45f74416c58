//! What is wrong with the files the server was given.

use leptos::prelude::*;

use crate::settings::use_settings;
use crate::text::Words;

/// The mistakes, a line each; nothing where there are none.
#[component]
pub(crate) fn Mistakes(
    /// File, line, column, message and remedy of each.
    mistakes: Vec<String>,
    /// What they touch.
    title: fn(&Words) -> &'static str,
    /// The mark for tests.
    mark: &'static str,
) -> impl IntoView {
    let settings = use_settings();
    (!mistakes.is_empty()).then(|| {
        let lines = mistakes.into_iter().map(|mistake| view! { <li>{mistake}</li> }).collect_view();
        view! {
            <section class="notice error" data-testid=mark>
                <div>
                    <b>{move || title(settings.words())}</b>
                    <ul class="message">{lines}</ul>
                </div>
            </section>
        }
    })
}
