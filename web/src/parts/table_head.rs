//! The head of a list. Every list draws it through this one, so that the program has the code for it once.

use leptos::prelude::*;

use crate::settings::use_settings;
use crate::text::Words;

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    class: &'static str,
    name: fn(&Words) -> &'static str,
    help: Option<fn(&Words) -> &'static str>,
}

// === impl Column ===

impl Column {
    /// A column of a class, with its name.
    pub(crate) fn new(class: &'static str, name: fn(&Words) -> &'static str) -> Self {
        Self { class, name, help: None }
    }

    /// The same, and pointing at it tells what it is.
    pub(crate) fn helped(self, help: fn(&Words) -> &'static str) -> Self {
        Self { help: Some(help), ..self }
    }
}

/// The names of the columns.
#[component]
pub(crate) fn TableHead(columns: Vec<Column>) -> impl IntoView {
    let settings = use_settings();
    let cell = move |Column { class, name, help }| {
        let help = help.map(|help| settings.word(help));
        view! { <th scope="col" class=class title=help>{settings.word(name)}</th> }
    };
    view! { <thead><tr>{columns.into_iter().map(cell).collect_view()}</tr></thead> }
}
