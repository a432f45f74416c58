//! Messages as a chat shows them.

use leptos::prelude::*;
use query_api::CaughtMessage;

use super::{Moment, Severity};
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
    let word = move |choose: fn(&CatcherWords) -> &'static str| move || choose(&settings.words().catcher);
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

/// The address of a message, if a click may follow it: messages come from outside.
fn followed(link: &str) -> Option<&str> {
    let scheme = link.split_once("://")?.0;
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_as_given_unless_it_would_run_something() {
        let link = "http://127.0.0.1:7077/alerts/a1?from=1&to=2";
        assert_eq!(followed(link), Some(link));
        assert_eq!(followed("HTTPS://shop.example/"), Some("HTTPS://shop.example/"));
        for wrong in ["javascript:alert(1)", "javascript://%0aalert(1)", "data:text/html,x", "", "/alerts"] {
            assert_eq!(followed(wrong), None, "{wrong}");
        }
    }
}
