//! What was compared with what, what is left of the budget, and how long it lasts.

use leptos::prelude::*;
use query_api::{Alert, AlertFigures};

use crate::layout::Scale;
use crate::parts::{Moment, exhausted, percent, rate, with_unit};
use crate::settings::{telling, use_settings};
use crate::text::Words;
use crate::time::{Precision, duration, window};

/// The cards.
#[component]
pub(super) fn Proof(alert: Alert) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let left = alert.budget_remaining;
    let end = alert.resolved_at;
    let begun = alert.fired_at.unwrap_or(alert.started_at);
    let lasted = end.unwrap_or(alert.evaluated_at).since(begun);
    let budget = left.map_or_else(|| "–".to_owned(), percent);
    let spent = left.is_some_and(|left| left <= 0.0);
    let lasts = move || match left {
        None => settings.words().alert.no_budget.to_owned(),
        Some(left) => {
            format!(
                "{}: {}",
                settings.words().slo.exhausted_in,
                exhausted(&settings.words().slo, left, alert.exhausted_in_s)
            )
        }
    };
    view! {
        <div class="cards figures">
            <div class="card">
                <h2>{word(|words| words.alert.compared)}</h2>
                {alert.figures.map(|figures| view! { <Gauge figures /> })}
            </div>
            <div class="card">
                <h2>{word(|words| words.slo.budget_left)}</h2>
                <p class="big" class:failed=spent data-testid="budget-left">{budget}</p>
                <p class="note" data-testid="exhausted-in">{lasts}</p>
            </div>
            <div class="card">
                <h2>{word(|words| words.alert.lasted)}</h2>
                <p class="big">{duration(lasted.max(0))}</p>
                <p class="note">
                    {word(|words| words.alert.since)} " " <Moment time=begun precision=Precision::Seconds />
                    {end.map(|end| view! { " " {word(|words| words.alert.until)} " " <Moment time=end precision=Precision::Seconds /> })}
                </p>
            </div>
        </div>
    }
}

/// The value beside what it is compared with, as a drawing and as words.
#[component]
fn Gauge(figures: AlertFigures) -> impl IntoView {
    let settings = use_settings();
    let word = move |choose: fn(&Words) -> &'static str| settings.word(choose);
    let scale = Scale::of(&figures);
    match figures {
        AlertFigures::Burn { long, long_window_s, short, short_window_s, factor } => {
            let line = move |burn: f64, seconds: u64| {
                let name = telling(move || (settings.words().alert.over)(&window(seconds)));
                view! {
                    <dt>{name}</dt>
                    <dd><b class:failed={burn > factor}>{rate(burn)}</b></dd>
                    <dd class="gauge" aria-hidden="true">
                        <i class="reach" class:over={burn > factor} style:width=place(scale, burn)></i>
                        <i class="limit" style:left=place(scale, factor)></i>
                    </dd>
                }
            };
            view! {
                <dl class="compared" data-testid="compared">
                    {line(long, long_window_s)}
                    {line(short, short_window_s)}
                    <dt>{word(|words| words.alert.threshold)}</dt>
                    <dd>{rate(factor)}</dd>
                </dl>
            }
            .into_any()
        }
        AlertFigures::Band { value, expected, lower, upper, unit } => {
            let outside = value < lower || value > upper;
            let width = format!("calc({:.3} * 1%)", scale.place(upper) - scale.place(lower));
            let normal = format!("{} – {}", with_unit(lower, &unit), with_unit(upper, &unit));
            view! {
                <dl class="compared" data-testid="compared">
                    <dt>{word(|words| words.alert.value)}</dt>
                    <dd><b class:failed=outside>{with_unit(value, &unit)}</b></dd>
                    <dd class="gauge" aria-hidden="true">
                        <i class="normal" style:left=place(scale, lower) style:width=width></i>
                        <i class="expected" style:left=place(scale, expected)></i>
                        <i class="dot" class:over=outside style:left=place(scale, value)></i>
                    </dd>
                    <dt>{word(|words| words.alert.normal)}</dt>
                    <dd>{normal}</dd>
                    <dt>{word(|words| words.alert.expected)}</dt>
                    <dd>{with_unit(expected, &unit)}</dd>
                </dl>
            }
            .into_any()
        }
    }
}

fn place(scale: Scale, value: f64) -> String {
    format!("calc({:.3} * 1%)", scale.place(value))
}
