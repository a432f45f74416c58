//! English about alerts, causes, bands and the messages of the demo.

use std::cmp::Ordering;

use crate::text::words::{
    AlertWords, BandText, BandWords, BurnText, CatcherWords, CauseWords, SelectionWords, WhyText,
};

pub(super) const ALERT: AlertWords = AlertWords {
    open: "Open alerts",
    none: "No alert yet",
    how: "Alerts come from SLOs that burn too fast and from golden signals that leave their normal range.",
    mistakes: "Mistakes in the rule files; the rules of before hold until they are mended",
    state: "State",
    states: ["Pending", "Firing", "Resolved", "Did not last"],
    severity: "Severity",
    severities: ["Page", "Ticket"],
    subject: "What",
    signals: ["Requests per minute", "Error rate", "p50 latency", "p95 latency", "p99 latency", "Saturation"],
    of: |signal, service| format!("{signal} of {service}"),
    figures: "Figures",
    since: "Since",
    until: "Until",
    lasted: "Lasted",
    rule: "Rule",
    burn: |burn| {
        let BurnText { long, long_window, short, short_window, factor, .. } = burn;
        format!("{long} over {long_window}, {short} over {short_window}; threshold {factor}")
    },
    band: |band| format!("{}; normal {} – {}", band.value, band.lower, band.upper),
    burn_sentence: |subject, burn| {
        let BurnText { long, long_window, short, short_window, factor, both } = burn;
        let verdict = if *both { "both are above" } else { "it fires while both are above" };
        format!(
            "The error budget of {subject} burns at {long} over {long_window} and {short} over {short_window}; \
             {verdict} the threshold of {factor}. At 1 × the budget lasts exactly its period."
        )
    },
    band_sentence: |subject, band| {
        let BandText { value, expected, lower, upper, side } = band;
        let place = match side {
            Ordering::Less => "below",
            Ordering::Equal => "within",
            Ordering::Greater => "above",
        };
        format!("{subject} is {value}. That is {place} its normal range of {lower} – {upper}; {expected} was expected.")
    },
    bare_sentence: |subject| format!("The condition on {subject} holds; no figures were kept."),
    compared: "Value and threshold",
    over: |window| format!("Burn rate over {window}"),
    threshold: "Threshold",
    value: "Value",
    expected: "Expected",
    normal: "Normal range",
    no_budget: "no error budget",
    history: "History",
    at: "When",
    reason: "Why",
    reasons: [
        "the condition began to hold",
        "it held for long enough",
        "it ceased before it lasted",
        "data went missing",
        "the severity rose",
        "it was clear for long enough",
        "the rule is gone",
    ],
    exemplars: "Exemplar traces",
    exemplars_lead: "Each opens at the span that failed, with its log records.",
    deliveries: "Notifications",
    no_deliveries: "Nobody was told.",
    receiver: "Receiver",
    occasions: ["it fires", "it fires still", "the severity rose", "it is resolved"],
    outcomes: ["Waiting", "Delivered", "Failed"],
    attempts: "Attempts",
    attempted: "Last attempt",
    due: "Next attempt",
    answer: "Last answer",
    episodes: "Other episodes",
    to_slo: "The SLO in this range",
    to_service: "The service in this range",
    to_traces: "Traces of this range",
};

pub(super) const CAUSE: CauseWords = CauseWords {
    title: "What differs",
    compared: |text| {
        format!(
            "Selection: {} failing or slow events from {} to {}. Baseline: {} events from {} to {}.",
            text.failing, text.from, text.to, text.baseline, text.baseline_from, text.baseline_to
        )
    },
    attribute: "Attribute",
    support: "Support",
    support_help: "Share of the failing or slow events that have it",
    lift: "Lift",
    lift_help: "How many times as common it is among them as in the baseline",
    effect: "Effect",
    effect_help: "Cohen's h, 0 to 3.14; the list is ranked by it",
    traces: "Traces",
    no_attributes: "No attribute value is more common among failing or slow events.",
    services: "Services",
    role: "Role",
    roles: ["Origin", "Suffers", "Normal"],
    score: "Score",
    evidence: "Evidence",
    signals: ["own time", "own errors", "saturation", "latency", "errors"],
    instead_of: |signal, value, expected| format!("{signal} {value}, was {expected}"),
    no_services: "No service deviates from the baseline.",
    left_out: |keys| format!("Not compared, because their values hardly repeat: {keys}"),
    everything: "Everything that differs",
    alerts: "Alerts of this SLO",
};

pub(super) const BAND: BandWords = BandWords {
    legend: "Shaded: normal range. Dashed: expected. Red: breached.",
    why: |why| {
        let WhyText { signals, model, samples, from, to, version } = why;
        let head = if signals.is_empty() { "Normal".to_owned() } else { format!("{signals}: normal") };
        format!("{head} is {model}, learned from {samples} minutes between {from} and {to} (rules {version}).")
    },
    models: ["what the last minutes were", "what this hour of the day was", "what this hour of the week was"],
    table: "Show as table",
    minute: "Minute",
    expected: "Expected",
    normal: "Normal range",
    breached: "Breached",
    newest: |n| format!("The newest {n} minutes."),
    said: |value, lower, upper| format!("{value}, normal {lower} to {upper}"),
};

pub(super) const CATCHER: CatcherWords = CatcherWords {
    title: "Caught messages",
    lead: "What a chat would have received: the demo's own receiver keeps it here.",
    none: "No message yet.",
    not_running: "No receiver runs here; only the demo has one.",
    all: "All messages",
    signed: "Signature verified",
    unsigned: "Signature not verified",
    open: "Open in slowburn",
};

pub(super) const SELECTION: SelectionWords = SelectionWords { selection: "Selection", clear: "Clear the selection" };
