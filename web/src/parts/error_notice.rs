//! An error with what to do about it.

use leptos::prelude::*;
use query_api::{ErrorBody, ErrorKind};

use super::{Icon, Shape};
use crate::api::AskError;
use crate::browser;
use crate::settings::use_settings;
use crate::text::ErrorWords;

/// Shows an error: what kind it is, what went wrong, the remedy.
#[component]
pub(crate) fn ErrorNotice(
    /// The error.
    error: AskError,
    /// Asks again.
    retry: impl Fn() + Send + Sync + Clone + 'static,
) -> impl IntoView {
    let settings = use_settings();
    let title = {
        let error = error.clone();
        move || title(&settings.words().error, &error)
    };
    let needs_key = matches!(
        &error,
        AskError::Refused(body) if matches!(body.kind, ErrorKind::Unauthenticated | ErrorKind::Forbidden)
    );
    let retry_with_key = retry.clone();
    let (message, hint) = match error {
        AskError::Refused(ErrorBody { message, hint, .. }) => (message, Some(hint).filter(|hint| !hint.is_empty())),
        AskError::Unreachable(message) | AskError::Strange(message) => (message, None),
    };
    let hint = move || hint.clone().unwrap_or_else(|| settings.words().error.hint.to_owned());
    view! {
        <section class="notice error" role="alert" data-testid="error">
            <Icon shape=Shape::Warning />
            <div>
                <h2>{title}</h2>
                <p class="message">{message}</p>
                <p class="hint">{hint}</p>
                {needs_key.then(|| view! { <KeyField retry=retry_with_key /> })}
                <button type="button" on:click=move |_| retry()>{settings.word(|words| words.error.retry)}</button>
            </div>
        </section>
    }
}

/// Takes a key and asks again with it.
#[component]
fn KeyField(retry: impl Fn() + Send + Sync + Clone + 'static) -> impl IntoView {
    let settings = use_settings();
    let key = RwSignal::new(String::new());
    let enter = move || {
        browser::use_key(key.get_untracked().trim());
        retry();
    };
    let enter_by_key = enter.clone();
    view! {
        <p class="key-field">
            <input
                type="password" autocomplete="off" spellcheck="false" data-testid="key-field"
                aria-label=settings.word(|words| words.error.key)
                placeholder=settings.word(|words| words.error.key)
                on:input:target=move |event| key.set(event.target().value())
                on:keydown=move |event| if event.key() == "Enter" { enter_by_key() }
            />
            <button type="button" on:click=move |_| enter()>{settings.word(|words| words.error.use_key)}</button>
        </p>
    }
}

fn title(words: &ErrorWords, error: &AskError) -> &'static str {
    match error {
        AskError::Unreachable(_) => words.unreachable,
        AskError::Strange(_) => words.strange,
        AskError::Refused(body) => match body.kind {
            ErrorKind::NotFound => words.not_found,
            ErrorKind::BadRequest | ErrorKind::TooLarge => words.bad_request,
            ErrorKind::Unauthenticated | ErrorKind::Forbidden => words.forbidden,
            ErrorKind::ResourceLimit | ErrorKind::Timeout => words.limit,
            ErrorKind::Unavailable | ErrorKind::Internal => words.internal,
        },
    }
}
