//! What the details of spans and log records have in common.

use leptos::prelude::*;
use query_api::{Resource, Scope};
use serde_json::Value;

use crate::number::count_of;
use crate::parts::Attributes;
use crate::settings::{telling, use_settings};
use crate::text::DetailWords;

/// A heading with the attributes below it; nothing where there are none.
#[component]
pub(super) fn AttributePart(
    /// The heading.
    title: fn(&DetailWords) -> &'static str,
    /// A JSON object.
    value: Value,
    /// Attributes the sender dropped.
    #[prop(optional)]
    dropped: i64,
) -> impl IntoView {
    let settings = use_settings();
    let empty = value.as_object().is_none_or(serde_json::Map::is_empty);
    (!empty || dropped > 0).then(|| {
        view! {
            <section>
                <h3>{move || title(&settings.words().details)}</h3>
                <Attributes value />
                <Dropped count=dropped />
            </section>
        }
    })
}

/// Tells how much the sender dropped, if anything.
#[component]
pub(super) fn Dropped(
    /// How many.
    count: i64,
) -> impl IntoView {
    let settings = use_settings();
    let text = telling(move || (settings.words().trace.dropped)(&crate::number::count(count)));
    (count > 0).then(|| view! { <p class="note">{text}</p> })
}

/// Tells how many byte-identical copies are stored, if any.
#[component]
pub(super) fn Copies(
    /// How many beside the one shown.
    count: usize,
) -> impl IntoView {
    let settings = use_settings();
    let text = telling(move || (settings.words().trace.copies)(&count_of(count)));
    (count > 0).then(|| view! { <p class="note" data-testid="copies">{text}</p> })
}

/// Where telemetry came from: its resource and its scope.
#[component]
pub(super) fn Origin(
    /// What produced it.
    resource: Option<Resource>,
    /// Through which library.
    scope: Option<Scope>,
) -> impl IntoView {
    let resource = resource.map(|resource| {
        view! {
            <AttributePart title=|words| words.resource value=resource.attributes />
            <SchemaUrl url=resource.schema_url />
        }
    });
    let scope = scope.map(|scope| {
        let fields = [("name", scope.name), ("version", scope.version)];
        let mut all: serde_json::Map<String, Value> = fields
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name.to_owned(), Value::String(text)))
            .collect();
        if let Value::Object(attributes) = scope.attributes {
            all.extend(attributes);
        }
        view! {
            <AttributePart title=|words| words.scope value=Value::Object(all) />
            <SchemaUrl url=scope.schema_url />
        }
    });
    view! { {resource} {scope} }
}

/// A schema's address, as text: it comes from strangers.
#[component]
fn SchemaUrl(url: String) -> impl IntoView {
    (!url.is_empty()).then(|| view! { <p class="note">{url}</p> })
}
