//! English about SLOs: budgets, groups, corrections, who spent them.

use crate::text::words::{CalendarText, CorrectionWords, ForecastText, GroupWords, SloWords, SpenderWords, SpentText};

pub(super) const SLO: SloWords = SloWords {
    slo: "SLO",
    state: "State",
    states: ["OK", "Recovering", "Rising", "Burning", "Exhausted"],
    unknown: "No verdict",
    target: "Target",
    budget_left: "Budget left",
    burn: "Burn rate",
    exhausted_in: "Budget lasts",
    exhausted: "spent",
    never: "no end at this rate",
    none: "No SLO yet",
    how: "Put OpenSLO documents into a folder and start the server with --slo-dir; they are read again when they change.",
    mistakes: "Mistakes in the documents; the SLOs they touch are not updated",
    events: |bad, total, allowed| format!("{bad} of {total} events were bad; {allowed} may be."),
    windows: "Burn rate by window",
    severity: "Severity",
    long: "Long window",
    short: "Short window",
    factor: "Threshold",
    breaches: "Breaches",
    total: "Events per minute",
    bad_share: "Bad events",
    counting: "The period is still being counted; the figures grow.",
    service: "Signals of the service",
    document: "Document",
    slices: |bad, total, allowed| format!("{bad} of {total} slices were bad; {allowed} may be."),
    took: "Took of the budget",
    took_help: |by_rate| format!("What the long window took; with its traffic all period long it would be {by_rate}"),
    doubt: |long, short, why| format!("{long} and {short} are above their threshold and do not alert: {why}."),
    frozen: "frozen",
    frozen_help: "Nothing was measured for an hour: the budget is that of where measuring ended.",
    forecast,
    notes: "Notes on the documents",
    weight: |weight| format!("weight {weight}"),
    composite: |count| format!("One budget of {count} objectives"),
    composite_help: |most| {
        format!("They spend it together, and only it alerts. With everything bad it burns at {most}.")
    },
    left_out: |events| format!("{events} events of further groups count in the whole only."),
    length,
    every: |count, unit| if count == 1 { name(unit).to_owned() } else { length(count, unit) },
    rolling: |length| format!("{length}, rolling"),
    calendar: |text| {
        let CalendarText { every, since, present } = text;
        format!("every {every} of the calendar, from {since} on; the present one has {present}")
    },
    occurrences: "Each event counts.",
    timeslices: |slice, share| format!("Slices of {slice} count: one is good if at least {share} of its events are."),
    ratio_timeslices: |slice| format!("Slices of {slice} count, each by the share of its events that is good."),
};

pub(super) const GROUP: GroupWords = GroupWords {
    title: "Groups",
    lead: "Each has a budget of its own; the worst come first.",
    group: "Group",
    some: |count, worst| format!("{count} groups, worst {worst}"),
    all: "All groups",
    shown: |shown, total| format!("The worst {shown} of {total}."),
    missing: |group| format!("The group {group} is not among those listed; the figures are of all groups."),
    rest: "Minutes and everything below the groups are of all of them.",
    events: "Bad of all",
};

pub(super) const CORRECTION: CorrectionWords = CorrectionWords {
    title: "Corrections",
    correction: "Correction",
    effect: "Effect",
    effects: ["Counts as good", "Excluded"],
    when: "When",
    repeats: |every, since, lasts| format!("every {every} from {since}, for {lasts}"),
    until: "until",
    by: "Put",
};

pub(super) const SPENDER: SpenderWords = SpenderWords {
    title: "Who spent the budget",
    choice: "Range of what was spent",
    range: "This range",
    period: "Period so far",
    lead: |text| {
        let SpentText { bad, from, to, budget } = text;
        let share = budget.as_ref().map_or_else(String::new, |budget| format!(": {budget} of the period's budget"));
        format!("{bad} bad events from {from} to {to}{share}. A trace has many values, so shares overlap.")
    },
    none: |from, to| format!("No bad event from {from} to {to}."),
    bad: "Bad events",
    share: "Share",
    share_help: "Share of the bad events that have it",
    of_good: "Among good",
    of_good_help: "Share of the good events that have it",
    budget: "Budget",
    values: |shown, total| format!("{shown} of {total} values"),
    more: |count| format!("Show all {count} attributes"),
    fewer: "Show fewer",
};

fn forecast(text: &ForecastText) -> String {
    const LEAD: &str = "If the last day goes on,";
    let ForecastText { earliest, expected, latest } = text;
    match (earliest, expected, latest) {
        (Some(earliest), Some(expected), Some(latest)) => {
            format!("{LEAD} it is spent in {expected} (95 %: {earliest} to {latest}).")
        }
        (Some(earliest), Some(expected), None) => {
            format!("{LEAD} it is spent in {expected} (95 %: in {earliest} at the earliest, or never).")
        }
        (Some(earliest), None, _) => {
            format!("{LEAD} it lasts for the period; at the worst it is spent in {earliest} (95 %).")
        }
        (None, _, _) => format!("{LEAD} it lasts for the period (95 %)."),
    }
}

fn length(count: u32, unit: char) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {}{plural}", name(unit))
}

fn name(unit: char) -> &'static str {
    match unit {
        'm' => "minute",
        'h' => "hour",
        'd' => "day",
        'w' => "week",
        'M' => "month",
        'Q' => "quarter",
        _ => "year",
    }
}
