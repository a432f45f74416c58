//! The services that were seen.

use leptos::prelude::*;
use query_api::Service;

use super::freshness::Since;
use super::seen::{Seen, Stretch};
use crate::api::encoded;
use crate::number::{count, percent};
use crate::parts::{Column, TableHead};
use crate::settings::{telling, use_settings};
use crate::text::{RangeWords, Words};
use crate::time::Precision;

/// The table with the choice of how far back it looks.
#[component]
pub(super) fn ServicesTable(seen: Seen, stretch: Memo<Stretch>) -> impl IntoView {
    let settings = use_settings();
    let end = seen.services.to;
    let moved = seen.moved_back.then(|| {
        let text = telling(move || (settings.words().start.moved_back)(&settings.stamp(end, Precision::Seconds)));
        view! { <p class="note" data-testid="moved-back">{text}</p> }
    });
    view! {
        <section>
            <header class="section">
                <h2>{settings.word(|words| words.start.services)}</h2>
                <Choice stretch />
            </header>
            {moved}
            <Table services=seen.services.services />
        </section>
    }
}

#[component]
fn Choice(stretch: Memo<Stretch>) -> impl IntoView {
    let settings = use_settings();
    let link = move |choice: Stretch| {
        let current = move || (stretch.get() == choice).then_some("true");
        view! {
            <a href=format!("/?range={}", choice.word()) aria-current=current>
                {move || stretch_name(&settings.words().start.range, choice)}
            </a>
        }
    };
    let name = settings.word(|words| words.start.range.label);
    view! { <nav class="segments" aria-label=name>{Stretch::EVERY.map(link).collect_view()}</nav> }
}

#[component]
fn Table(services: Vec<Service>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    if services.is_empty() {
        return view! { <p class="note">{word(|words| words.start.no_services)}</p> }.into_any();
    }
    let most = services.iter().map(|service| service.spans).max().unwrap_or(1).max(1);
    let rows = services.into_iter().map(|service| view! { <Row service most /> }).collect_view();
    let columns = vec![
        Column::new("", |words| words.start.service),
        Column::new("num", |words| words.freshness.spans),
        Column::new("num", |words| words.start.errors),
        Column::new("num wide", |words| words.start.error_share),
        Column::new("num", |words| words.freshness.logs),
        Column::new("num wide", |words| words.start.seen),
    ];
    view! {
        <div class="scroller">
            <table class="list">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[component]
fn Row(service: Service, most: i64) -> impl IntoView {
    let settings = use_settings();
    let link = format!("/services/{}", encoded(named(&service.service_name)));
    let name = service.service_name.clone();
    let unnamed = name.is_empty();
    let shown = move || if unnamed { settings.words().start.unnamed.to_owned() } else { name.clone() };
    let share = service.spans.saturating_mul(100) / most;
    view! {
        <tr data-testid="service-row" data-service=service.service_name>
            <td class="root"><a href=link><b>{shown}</b></a></td>
            <td class="num long"><i style:transform=format!("scaleX(calc({share} / 100))")></i>{count(service.spans)}</td>
            <td class="num" class:failed={service.error_spans > 0}>{count(service.error_spans)}</td>
            <td class="num wide">{percent(service.error_spans, service.spans)}</td>
            <td class="num">{count(service.logs)}</td>
            <td class="num wide"><Since time=Some(service.last_seen_unix_nano) /></td>
        </tr>
    }
}

/// The name as golden signals have it.
fn named(service_name: &str) -> &str {
    if service_name.is_empty() { "unknown_service" } else { service_name }
}

fn stretch_name(words: &RangeWords, stretch: Stretch) -> &'static str {
    match stretch {
        Stretch::Hour => words.hour,
        Stretch::Day => words.day,
        Stretch::Week => words.week,
        Stretch::All => words.all,
    }
}
