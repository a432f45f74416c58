//! Who is told, and whether it reached them.

use leptos::prelude::*;
use query_api::AlertDelivery;

use crate::parts::Moment;
use crate::settings::use_settings;
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
    let word = move |choose: fn(&AlertWords) -> &'static str| move || choose(&settings.words().alert);
    let none = deliveries.is_empty();
    let rows = deliveries.into_iter().map(|delivery| view! { <Row delivery /> }).collect_view();
    let table = (!none).then(|| {
        view! {
            <div class="scroller">
                <table class="list">
                    <thead>
                        <tr>
                            <th scope="col">{word(|words| words.receiver)}</th>
                            <th scope="col" class="middle">{word(|words| words.reason)}</th>
                            <th scope="col">{word(|words| words.state)}</th>
                            <th scope="col" class="num wide">{word(|words| words.attempts)}</th>
                            <th scope="col" class="middle">{word(|words| words.attempted)}</th>
                            <th scope="col" class="wide">{word(|words| words.answer)}</th>
                        </tr>
                    </thead>
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
    let occasion = move || worded(&OCCASIONS, &settings.words().alert.occasions, &delivery.reason);
    let failed = delivery.state == "failed";
    let state = delivery.state.clone();
    let outcome = move || worded(&OUTCOMES, &settings.words().alert.outcomes, &state);
    let due = delivery.due_at.filter(|_| delivery.state == "waiting").map(|time| {
        view! {
            <small class="wide">" " {move || settings.words().alert.due} " " <Moment time precision=Precision::Seconds /></small>
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
