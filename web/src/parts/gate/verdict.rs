//! What a gate says, with its reasons.

use leptos::prelude::*;
use query_api::{Gate, GateReason};

use super::asked::Asked;
use crate::number::{count, measured};
use crate::parts::{Column, TableHead};
use crate::settings::{telling, use_settings};
use crate::text::{GateText, GateWords, HarmText, worded};

/// The words of the API for what a gate says.
const VERDICTS: [&str; 3] = ["pass", "fail", "unknown"];
/// The words of the API for what it asks.
const QUESTIONS: [&str; 2] = ["errors", "latency"];

/// The verdict, what both sides did, and why.
#[component]
pub(super) fn Verdict(gate: Gate, asked: Asked) -> impl IntoView {
    let settings = use_settings();
    let rows = gate.reasons.iter().cloned().map(|reason| view! { <Row reason /> }).collect_view();
    let (mark, verdict) = (gate.verdict.clone(), gate.verdict.clone());
    let sides = telling(move || sides(&settings.words().gate, &gate, &asked));
    let columns = vec![
        Column::new("", |words| words.gate.question),
        Column::new("", |words| words.gate.verdict),
        Column::new("", |words| words.gate.why),
        Column::new("num middle", |words| words.gate.chance).helped(|words| words.gate.chance_help),
    ];
    view! {
        <p class="sides" data-testid="gate-verdict" data-verdict=mark><Word verdict /> <span>{sides}</span></p>
        <div class="scroller">
            <table class="list">
                <TableHead columns />
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(reason: GateReason) -> impl IntoView {
    let settings = use_settings();
    let (question, verdict) = (reason.question.clone(), reason.verdict.clone());
    let marks = (question.clone(), verdict.clone());
    let chance = reason.chance.map_or_else(|| "–".to_owned(), measured);
    view! {
        <tr data-testid="gate-reason" data-question=marks.0 data-verdict=marks.1>
            <td>{telling(move || worded(&QUESTIONS, &settings.words().gate.questions, &question))}</td>
            <td><Word verdict /></td>
            <td class="text">{telling(move || why(&settings.words().gate, &reason))}</td>
            <td class="num middle">{chance}</td>
        </tr>
    }
}

#[component]
fn Word(verdict: String) -> impl IntoView {
    let settings = use_settings();
    let class = format!("state {}", if VERDICTS.contains(&verdict.as_str()) { &verdict } else { "unknown" });
    view! { <span class=class>{telling(move || worded(&VERDICTS, &settings.words().gate.verdicts, &verdict))}</span> }
}

/// What both sides did, in a sentence.
fn sides(words: &GateWords, gate: &Gate, asked: &Asked) -> String {
    let whole = |number: u64| count(i64::try_from(number).unwrap_or(i64::MAX));
    (words.sides)(&GateText {
        candidate: asked.candidate.clone(),
        candidate_bad: whole(gate.candidate.bad),
        candidate_total: whole(gate.candidate.total),
        against: asked.against.clone(),
        baseline_bad: whole(gate.baseline.bad),
        baseline_total: whole(gate.baseline.total),
    })
}

/// Why, in a sentence; as it comes where the question is not known here.
fn why(words: &GateWords, reason: &GateReason) -> String {
    let tell = match reason.question.as_str() {
        "errors" => words.errors,
        "latency" => words.latency,
        _ => return reason.words.clone(),
    };
    let Some(harm) = reason.harm else {
        return words.few.to_owned();
    };
    let text = tell(&HarmText {
        harm: points(harm),
        lower: points(reason.lower),
        upper: points(reason.upper),
        bearable: points(reason.bearable),
    });
    if reason.verdict == "unknown" { format!("{text} {}", words.wait) } else { text }
}

/// A difference of shares in percentage points.
fn points(difference: f64) -> String {
    format!("{:+.2}", difference * 100.0).replace('-', "\u{2212}")
}

#[cfg(test)]
mod tests {
    use query_api::GateSide;

    use super::*;
    use crate::text::Lang;

    fn reason(question: &str, verdict: &str, harm: Option<f64>) -> GateReason {
        let (question, verdict) = (question.to_owned(), verdict.to_owned());
        GateReason { question, verdict, harm, lower: -0.02, upper: 0.16, bearable: 0.01, ..GateReason::default() }
    }

    #[test]
    fn a_reason_is_told_with_its_interval_and_what_is_borne() {
        let told = why(&Lang::En.words().gate, &reason("errors", "fail", Some(0.145)));
        assert_eq!(
            told,
            "The share of bad events differs by +14.50 points (95 %: \u{2212}2.00 to +16.00); +1.00 are borne."
        );
        for lang in [Lang::En, Lang::Zh] {
            let words = &lang.words().gate;
            let told = why(words, &reason("latency", "unknown", Some(0.145)));
            assert!(
                ["+14.50", "\u{2212}2.00", "+16.00", "+1.00", words.wait].iter().all(|part| told.contains(part)),
                "{told}"
            );
            assert_eq!(why(words, &reason("errors", "unknown", None)), words.few);
        }
    }

    #[test]
    fn both_sides_are_told_and_what_stands_for_everything_else() {
        let gate = Gate {
            candidate: GateSide { total: 2_000, bad: 300 },
            baseline: GateSide { total: 41_000, bad: 12 },
            ..Gate::default()
        };
        let asked = Asked { candidate: "1.8".to_owned(), ..Asked::default() };
        let told = sides(&Lang::En.words().gate, &gate, &asked);
        assert_eq!(told, "1.8: 300 of 2,000 events bad. Baseline, all others: 12 of 41,000.");
    }
}
