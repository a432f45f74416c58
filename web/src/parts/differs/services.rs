//! The services, most to blame first.

use leptos::prelude::*;
use query_api::{Evidence, ServiceCause};

use crate::api::encoded;
use crate::parts::{Column, TableHead, TraceLinks, percent};
use crate::selection::{Selection, with_selection};
use crate::settings::{telling, use_settings};
use crate::text::{CauseWords, worded};
use crate::time::duration;

/// The words of the API for what a service has to do with it.
const ROLES: [&str; 3] = ["origin", "suffers", "normal"];
/// The words of the API for what deviates.
const SIGNALS: [&str; 5] = ["self_time", "own_errors", "saturation", "latency", "errors"];
/// Traces listed a service.
const TRACES: usize = 3;

/// The table.
#[component]
pub(super) fn ServiceTable(services: Vec<ServiceCause>, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&CauseWords) -> &'static str| settings.word_of(|words| &words.cause, choose);
    if services.is_empty() {
        return view! { <p class="note" data-testid="no-service-causes">{word(|words| words.no_services)}</p> }
            .into_any();
    }
    let rows = services.into_iter().map(|cause| view! { <Row cause selection /> }).collect_view();
    let columns = vec![
        Column::new("", |words| words.cause.services),
        Column::new("", |words| words.cause.role),
        Column::new("num middle", |words| words.cause.score),
        Column::new("wide", |words| words.cause.evidence),
        Column::new("", |words| words.cause.traces),
    ];
    view! {
        <div class="scroller">
            <table class="list causes">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(cause: ServiceCause, selection: Option<Selection>) -> impl IntoView {
    let settings = use_settings();
    let link = with_selection(&format!("/services/{}", encoded(&cause.service)), selection);
    let class = format!("state {}", if ROLES.contains(&cause.role.as_str()) { &cause.role } else { "unknown" });
    let (service, role) = (cause.service.clone(), cause.role.clone());
    let evidence = StoredValue::new(cause.evidence);
    let told = move || {
        let words = &settings.words().cause;
        evidence.with_value(|evidence| evidence.iter().map(|one| phrase(words, one)).collect::<Vec<_>>().join("; "))
    };
    let traces: Vec<_> = cause.trace_ids.into_iter().take(TRACES).collect();
    view! {
        <tr data-testid="service-cause" data-service=service data-role=role>
            <td class="root"><a href=link><b>{cause.service}</b></a><small class="narrow">{told}</small></td>
            <td><span class=class>{telling(move || worded(&ROLES, &settings.words().cause.roles, &cause.role))}</span></td>
            <td class="num middle">{format!("{:.1}", cause.score)}</td>
            <td class="wide">{told}</td>
            <td><TraceLinks trace_ids=traces selection /></td>
        </tr>
    }
}

/// A signal, its value and what it was before.
fn phrase(words: &CauseWords, evidence: &Evidence) -> String {
    let signal = worded(&SIGNALS, &words.signals, &evidence.signal);
    let text = |value: f64| match evidence.signal.as_str() {
        #[expect(clippy::cast_possible_truncation, reason = "a float beyond i64 is held at its ends")]
        "self_time" | "latency" => duration(value as i64),
        _ => percent(value),
    };
    (words.instead_of)(&signal, &text(evidence.value), &text(evidence.expected))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn times_are_told_as_times_and_shares_as_shares() {
        let words = &Lang::En.words().cause;
        let told = |signal: &str, value, expected| {
            phrase(words, &Evidence { signal: signal.to_owned(), value, expected, score: 9.0 })
        };
        assert_eq!(told("self_time", 420_000_000.0, 12_300_000.0), "own time 420 ms, was 12.3 ms");
        assert_eq!(told("own_errors", 0.34, 0.001), "own errors 34.0 %, was 0.1 %");
    }
}
