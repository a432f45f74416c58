//! What differs between the failing events of a range and the baseline: attribute values, suspects, and services.

mod attributes;
mod services;
mod suspects;

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use query_api::{Causes, CausesQuestion};

use self::attributes::AttributeTable;
use self::services::ServiceTable;
use self::suspects::Suspects;
use super::Shown;
use crate::api;
use crate::number::count;
use crate::selection::Selection;
use crate::settings::{Settings, telling, use_settings};
use crate::text::ComparedText;
use crate::time::Precision;

/// Whose events are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum About {
    /// Those of an SLO: bad ones with good ones.
    Slo(String),
    /// Those of a service: failing and slow ones with all.
    Service(String),
}

/// The panel. The baseline is the hour before, unless the address names another.
#[component]
pub(crate) fn Differs(
    /// Whose events.
    about: About,
    /// Start and end of the matter.
    range: (Nanos, Nanos),
    /// What somebody chose.
    #[prop(into)]
    selection: Signal<Option<Selection>>,
) -> impl IntoView {
    let settings = use_settings();
    let query = use_query_map();
    let baseline = Memo::new(move |_| query.with(Selection::baseline_from_query));
    let causes = LocalResource::new(move || {
        let question = question(about.clone(), range, baseline.get());
        async move { api::causes(&question).await }
    });
    view! {
        <section class="differs" data-testid="differs">
            <header class="section"><h2>{settings.word(|words| words.cause.title)}</h2></header>
            <Shown answer=causes draw=move |causes: Causes| {
                let left_out = causes.left_out.join(", ");
                let left_out = (!left_out.is_empty()).then(|| view! {
                    <p class="note">{telling(move || (settings.words().cause.left_out)(&left_out))}</p>
                });
                // Traces of the range keep it, whether somebody chose it or not.
                let selection = selection.get_untracked().or_else(|| Selection::new(causes.from, causes.to));
                let Causes { attributes, services, suspects, .. } = causes.clone();
                view! {
                    <p class="note" data-testid="compared">{telling(move || compared(settings, &causes))}</p>
                    <AttributeTable attributes selection />
                    {left_out}
                    <Suspects suspects selection />
                    <ServiceTable services selection />
                }
            } />
        </section>
    }
}

fn question(about: About, range: (Nanos, Nanos), baseline: Option<Selection>) -> CausesQuestion {
    let (baseline_from, baseline_to) = baseline.map(|baseline| (baseline.from, baseline.to)).unzip();
    let (service, slo) = match about {
        About::Slo(slo) => (None, Some(slo)),
        About::Service(service) => (Some(service), None),
    };
    CausesQuestion { from: range.0, to: range.1, baseline_from, baseline_to, service, slo }
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
