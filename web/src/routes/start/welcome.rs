//! What a new installation shows: how to send something.

use leptos::prelude::*;

use crate::browser;
use crate::settings::use_settings;
use crate::text::WelcomeWords;

/// How to send telemetry here.
#[component]
pub(super) fn Welcome() -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&WelcomeWords) -> &'static str| settings.word_of(|words| &words.welcome, choose);
    let host = browser::host_name();
    let sdk = format!(
        "export OTEL_EXPORTER_OTLP_ENDPOINT=http://{host}:4318\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=my-service"
    );
    let collector = format!("exporters:\n  otlp:\n    endpoint: {host}:4317\n    tls:\n      insecure: true");
    view! {
        <section class="welcome" data-testid="welcome">
            <h2>{word(|welcome| welcome.title)}</h2>
            <p>{word(|welcome| welcome.lead)}</p>
            <div class="ways">
                <article>
                    <h3>{word(|welcome| welcome.sdk)}</h3>
                    <pre>{sdk}</pre>
                </article>
                <article>
                    <h3>{word(|welcome| welcome.collector)}</h3>
                    <pre>{collector}</pre>
                </article>
                <article>
                    <h3>{word(|welcome| welcome.files)}</h3>
                    <pre>"slowburn import traces.jsonl logs.jsonl.zst"</pre>
                </article>
            </div>
            <p class="note">
                {word(|welcome| welcome.then)} " "
                <a href="/sql">{word(|welcome| welcome.sql)}</a>
            </p>
        </section>
    }
}
