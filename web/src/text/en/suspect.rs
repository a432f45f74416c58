//! English about suspects and gates.

use crate::text::words::{GateText, GateWords, HarmText, SuspectWords};

pub(super) const SUSPECT: SuspectWords = SuspectWords {
    title: "Suspects",
    score: "Score",
    score_help: "0 to 1: how much speaks for its being to blame; below 0.3 nobody is much of a suspect",
    traces: |shown, all| format!("{shown} of {all} traces"),
    callers: |names| format!("called by {names}"),
    kinds: ["Records", "Calls", "Spans", "Failures", "Slow", "Silent", "Slow way", "Resource"],
    chance: |chance| format!("Chance of such a change without a fault: {chance}"),
    findings: |count| format!("{count} more"),
    first: "Seen first in",
    exemplars: "Traces",
    earlier: "Earlier alerts",
    shared: |values| format!("then too {values}"),
    runbook: "Runbook",
    nobody: |score| format!("No service is much of a suspect: the highest score is {score}."),
    none: "Nothing speaks against any service.",
    others: |count, score| format!("{count} more, with scores up to {score}"),
};

pub(super) const GATE: GateWords = GateWords {
    title: "Compare a version or environment",
    of_service: "Do requests to this service fail more often, or take longer, than those of its baseline?",
    of_slo: "Does it spend more of this SLO's budget, or take longer, than its baseline?",
    by: "Compare",
    attributes: ["Version", "Environment"],
    candidate: "Candidate",
    against: "Baseline",
    all: "all others",
    compare: "Compare",
    verdicts: ["Pass", "Fail", "Unknown"],
    question: "Question",
    questions: ["Errors", "Latency"],
    verdict: "Verdict",
    why: "Why",
    chance: "Chance",
    chance_help: "The chance of finding as much or more were there no harm",
    sides: |text| {
        let GateText { candidate, candidate_bad, candidate_total, against, baseline_bad, baseline_total } = text;
        let against = if against.is_empty() { "all others" } else { against };
        format!(
            "{candidate}: {candidate_bad} of {candidate_total} events bad. \
             Baseline, {against}: {baseline_bad} of {baseline_total}."
        )
    },
    errors: |text| {
        let HarmText { harm, lower, upper, bearable } = text;
        format!("The share of bad events differs by {harm} points (95 %: {lower} to {upper}); {bearable} are borne.")
    },
    latency: |text| {
        let HarmText { harm, lower, upper, bearable } = text;
        format!(
            "A request is slower than one of the baseline {harm} points more often than even \
             (95 %: {lower} to {upper}); {bearable} are borne."
        )
    },
    few: "One side has too few events; wait for traffic on both.",
    wait: "More traffic will tell.",
};
