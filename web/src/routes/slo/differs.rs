//! What differs between the failing events of the selection and the baseline: attribute values, and services.

mod attributes;
mod services;

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use query_api::{Causes, CausesQuestion};

use self::attributes::AttributeTable;
use self::services::ServiceTable;
use crate::api;
use crate::number::count;
use crate::parts::Shown;
use crate::selection::Selection;
use crate::settings::{Settings, use_settings};
use crate::text::ComparedText;
use crate::time::Precision;

/// The panel. The baseline is the hour before, unless the address names another.
#[component]
pub(super) fn Differs(
    slo: String,
    range: (Nanos, Nanos),
    #[prop(into)] selection: Signal<Option<Selection>>,
) -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let baseline = Memo::new(move |_| query.with(Selection::baseline_from_query));
    let causes = LocalResource::new(move || {
        let question = question(slo.clone(), range, baseline.get());
        async move { api::causes(&question).await }
    });
    view! {
        <section class="differs" data-testid="differs">
            <header class="section"><h2>{move || settings.words().cause.title}</h2></header>
            <Shown answer=causes draw=move |causes: Causes| {
                let left_out = causes.left_out.join(", ");
                let left_out = (!left_out.is_empty()).then(|| view! {
                    <p class="note">{move || (settings.words().cause.left_out)(&left_out)}</p>
                });
                // Traces of the range keep it, whether somebody chose it or not.
                let selection = selection.get_untracked().or_else(|| Selection::new(causes.from, causes.to));
                let (attributes, services) = (causes.attributes.clone(), causes.services.clone());
                view! {
                    <p class="note" data-testid="compared">{move || compared(settings, &causes)}</p>
                    <AttributeTable attributes selection />
                    {left_out}
                    <ServiceTable services selection />
                }
            } />
        </section>
    }
}

fn question(slo: String, range: (Nanos, Nanos), baseline: Option<Selection>) -> CausesQuestion {
    let (baseline_from, baseline_to) = baseline.map(|baseline| (baseline.from, baseline.to)).unzip();
    CausesQuestion { from: range.0, to: range.1, baseline_from, baseline_to, service: None, slo: Some(slo) }
}

/// What was compared with what, in a sentence.
fn compared(settings: Settings, causes: &Causes) -> String {
    let time = |time: Nanos| settings.stamp(time, Precision::Seconds);
    let events = |number: u64| count(i64::try_from(number).unwrap_or(i64::MAX));
    (settings.words().cause.compared)(&ComparedText {
        failing: events(causes.failing),
        from: time(causes.from),
        to: time(causes.to),
        baseline: events(causes.baseline),
        baseline_from: time(causes.baseline_from),
        baseline_to: time(causes.baseline_to),
    })
}
