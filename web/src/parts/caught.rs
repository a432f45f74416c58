//! Messages as a chat shows them.

use leptos::prelude::*;
use query_api::CaughtMessage;

use super::{Moment, Severity, followed};
use crate::settings::use_settings;
use crate::text::CatcherWords;
use crate::time::Precision;

/// The messages, in order.
#[component]
pub(crate) fn CaughtList(messages: Vec<CaughtMessage>) -> impl IntoView {
    let messages = messages.into_iter().map(|message| view! { <Message message /> }).collect_view();
    view! { <ul class="chat">{messages}</ul> }
}

#[component]
fn Message(message: CaughtMessage) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&CatcherWords) -> &'static str| settings.word_of(|words| &words.catcher, choose);
    let link = followed(&message.link).map(str::to_owned);
    let title = match link.clone() {
        Some(link) => view! { <a href=link data-testid="caught-link"><b>{message.title}</b></a> }.into_any(),
        None => view! { <b>{message.title}</b> }.into_any(),
    };
    let open = link.map(|link| view! { <p><a href=link>{word(|words| words.open)}</a></p> });
    let (mark, class) = if message.signed { ("✓", "note") } else { ("✗", "failed") };
    let signed = word(if message.signed { |words| words.signed } else { |words| words.unsigned });
    view! {
        <li class=format!("said {}", if message.status == "resolved" { "resolved" } else { "firing" }) data-testid="caught-message" data-status=message.status>
            <header>
                <Severity severity=message.severity />
                {title}
                <Moment time=message.received_at precision=Precision::Seconds />
            </header>
            <p class="message">{message.text}</p>
            {open}
            <p class=class><small>{mark} " " {signed}</small></p>
        </li>
    }
}
