//! The field a query is written in.

use leptos::prelude::*;

use super::Desk;
use crate::settings::use_settings;

/// The field with its button; Ctrl+Enter (or ⌘+Enter) runs.
#[component]
pub(super) fn Editor(desk: Desk, run: Callback<String>) -> impl IntoView {
    let settings = use_settings();
    let go = move || {
        let query = desk.draft.get_untracked();
        if !query.trim().is_empty() {
            run.run(query);
        }
    };
    let lines = move || desk.draft.with(|draft| draft.lines().count().clamp(4, 20)).to_string();
    view! {
        <form class="editor" on:submit=move |event| { event.prevent_default(); go(); }>
            <textarea
                node_ref=desk.field data-testid="sql-editor" spellcheck="false" autocapitalize="off" wrap="off"
                aria-label=settings.word(|words| words.sql.editor)
                rows=lines
                prop:value=move || desk.draft.get()
                on:input:target=move |event| desk.draft.set(event.target().value())
                on:keydown=move |event| {
                    if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                        event.prevent_default();
                        go();
                    }
                }
            ></textarea>
            <div class="actions">
                <button type="submit" class="primary" data-testid="sql-run" disabled=move || desk.running.get()>
                    {move || if desk.running.get() { settings.words().sql.running } else { settings.words().sql.run }}
                </button>
                <kbd>"Ctrl"</kbd> <kbd>"Enter"</kbd>
            </div>
        </form>
    }
}
