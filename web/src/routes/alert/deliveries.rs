//! Who is told, and whether it reached them.

use leptos::prelude::*;
use query_api::AlertDelivery;

use crate::parts::{Column, Moment, TableHead};
use crate::settings::{telling, use_settings};
use crate::text::{AlertWords, worded};
use crate::time::Precision;

/// The words of the API for why something is sent.
const OCCASIONS: [&str; 4] = ["firing", "repeat", "severity_raised", "resolved"];
/// The words of the API for how far it is.
const OUTCOMES: [&str; 3] = ["waiting", "delivered", "failed"];

/// The delivery log, the oldest first.
#[component]
pub(super) fn Deliveries(deliveries: Vec<AlertDelivery>) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&AlertWords) -> &'static str| settings.word_of(|words| &words.alert, choose);
    let none = deliveries.is_empty();
    let rows = deliveries.into_iter().map(|delivery| view! { <Row delivery /> }).collect_view();
    let table = (!none).then(|| {
        let columns = vec![
            Column::new("", |words| words.alert.receiver),
            Column::new("middle", |words| words.alert.reason),
            Column::new("", |words| words.alert.state),
            Column::new("num wide", |words| words.alert.attempts),
            Column::new("middle", |words| words.alert.attempted),
            Column::new("wide", |words| words.alert.answer),
        ];
        view! {
            <div class="scroller">
                <table class="list">
                    <TableHead columns />
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
    });
    view! {
        <section data-testid="deliveries">
            <header class="section"><h2>{word(|words| words.deliveries)}</h2></header>
            {table}
            {none.then(|| view! { <p class="note">{word(|words| words.no_deliveries)}</p> })}
        </section>
    }
}

#[component]
fn Row(delivery: AlertDelivery) -> impl IntoView {
    let settings = use_settings();
    let occasion = telling(move || worded(&OCCASIONS, &settings.words().alert.occasions, &delivery.reason));
    let failed = delivery.state == "failed";
    let state = delivery.state.clone();
    let outcome = telling(move || worded(&OUTCOMES, &settings.words().alert.outcomes, &state));
    let due = delivery.due_at.filter(|_| delivery.state == "waiting").map(|time| {
        view! {
            <small class="wide">" " {settings.word(|words| words.alert.due)} " " <Moment time precision=Precision::Seconds /></small>
        }
    });
    view! {
        <tr data-testid="delivery-row" data-state=delivery.state>
            <td>{delivery.receiver}</td>
            <td class="middle">{occasion}</td>
            <td class:failed=failed>{outcome} {due}</td>
            <td class="num wide">{delivery.attempts}</td>
            <td class="middle">{delivery.attempted_at.map(|time| view! { <Moment time precision=Precision::Seconds /> })}</td>
            <td class="wide">{delivery.detail}</td>
        </tr>
    }
}
