//! What slowburn concluded, as people see it: of a minute that was judged several times, the newest row.

use ingest_model::Judgement;

use super::Described;

/// The table of a kind.
pub(crate) const fn described(kind: Judgement) -> Described {
    let help = match kind {
        Judgement::ServiceEdges => "One row a minute and pair of services: who called whom, how often, how long.",
        Judgement::SloSlices => {
            "One row a minute and objective of an SLO, and group if it has any: good and total events."
        }
        Judgement::SloCorrections => "One row a correction of an SLO: when it holds, and what it does.",
        Judgement::Baselines => "One row a model: what was learned as normal of a golden signal, when, and from what.",
        Judgement::Anomalies => "One row a minute in which a golden signal was outside its band.",
        Judgement::AlertEvents => "One row a change of an alert, with its proof.",
        Judgement::Notifications => "One row an attempt to tell a receiver of an alert.",
        Judgement::Audit => "One row an event: what was done to the system, by whom, and what came of it.",
    };
    Described { name: kind.table(), help }
}

/// The kind of a table people ask by `name`.
pub(crate) fn kind_of(name: &str) -> Option<Judgement> {
    Judgement::ALL.into_iter().find(|kind| kind.table() == name)
}

/// How the stored rows become those people see.
pub(crate) fn query(kind: Judgement) -> String {
    let (columns, key) = match kind {
        Judgement::ServiceEdges => (
            "minute, client, server, connection_type, requests, errors, duration_sum_ns, duration_max_ns,
             quantile(latency, 0.5) AS p50_ns, quantile(latency, 0.95) AS p95_ns, quantile(latency, 0.99) AS p99_ns,
             latency",
            "client, server, connection_type, minute",
        ),
        Judgement::SloSlices => (
            "minute, slo, service_name, objective, slo_group, target, good, total, total - good AS bad, definition,
             time_window, budgeting_method, period_minutes",
            "slo, objective, slo_group, definition, minute",
        ),
        Judgement::SloCorrections => (
            "changed_at, slo, name, effect, starts_at, ends_at, repeats, lasts_minutes, reason, changed_by",
            "slo, name",
        ),
        Judgement::Anomalies => (
            "minute, service_name, signal, value, expected, lower, upper, score, breached, why, model, version, fitted_at",
            "service_name, signal, minute",
        ),
        Judgement::Baselines | Judgement::AlertEvents | Judgement::Notifications | Judgement::Audit => {
            return format!("SELECT * FROM stored.{kind}");
        }
    };
    let latency = match kind {
        Judgement::ServiceEdges => ", named_struct('offset', latency_offset, 'counts', latency_counts) AS latency",
        _ => "",
    };
    format!(
        "SELECT {columns} FROM (
             SELECT *{latency}, row_number() OVER (PARTITION BY {key} ORDER BY revision DESC) AS age FROM stored.{kind}
         ) AS revisions
         WHERE age = 1"
    )
}

/// One line a column of a kind's table.
pub(super) const fn lines(kind: Judgement) -> &'static [(&'static str, &'static str)] {
    match kind {
        Judgement::ServiceEdges => &SERVICE_EDGES,
        Judgement::SloSlices => &SLO_SLICES,
        Judgement::SloCorrections => &SLO_CORRECTIONS,
        Judgement::Baselines => &BASELINES,
        Judgement::Anomalies => &ANOMALIES,
        Judgement::AlertEvents => &ALERT_EVENTS,
        Judgement::Notifications => &NOTIFICATIONS,
        Judgement::Audit => &AUDIT,
    }
}

const SERVICE_EDGES: [(&str, &str); 12] = [
    ("minute", "Start of the minute (UTC) in which the client's span started."),
    ("client", "The service that calls or publishes."),
    ("server", "The service that is called or receives; a database's or a peer's name where it sends no spans."),
    ("connection_type", "Empty between services that send spans, messaging_system, database or virtual_node."),
    ("requests", "Calls."),
    ("errors", "Those of which either side failed."),
    ("duration_sum_ns", "Sum of their durations as the client saw them, in nanoseconds."),
    ("duration_max_ns", "The longest of them, in nanoseconds."),
    ("p50_ns", "Half of the calls took no longer, in nanoseconds, within 1.1 %."),
    ("p95_ns", "95 % of the calls took no longer, in nanoseconds, within 1.1 %."),
    ("p99_ns", "99 % of the calls took no longer, in nanoseconds, within 1.1 %."),
    ("latency", "A sketch of the durations: add up with merge_latency, read with quantile."),
];

const SLO_SLICES: [(&str, &str); 13] = [
    ("minute", "Start of the minute (UTC)."),
    ("slo", "metadata.name of the SLO."),
    ("service_name", "The service it is about."),
    ("objective", "Which of its objectives, from 0."),
    ("slo_group", "Which group of it, as a JSON list of the values that tell groups; empty without groups."),
    ("target", "The target, such as 99.9 %."),
    ("good", "Good events."),
    ("total", "Events."),
    ("bad", "Events that are not good."),
    ("definition", "What was counted; it changes with the indicator, the threshold and the period."),
    ("time_window", "The period the target is for, such as 30d or 1M from 2026-01-01 00:00:00 Europe/Berlin."),
    (
        "budgeting_method",
        "What the budget is made of: Occurrences, or Timeslices or RatioTimeslices with their length.",
    ),
    ("period_minutes", "The longest the period can be, in minutes."),
];

const SLO_CORRECTIONS: [(&str, &str); 10] = [
    ("changed_at", "When it was put or withdrawn (UTC)."),
    ("slo", "metadata.name of the SLO."),
    ("name", "The correction's name."),
    ("effect", "good: its minutes count as good; excluded: they count nothing; withdrawn: it holds no more."),
    ("starts_at", "Start of the first minute that it holds for (UTC)."),
    ("ends_at", "End of the last minute that it holds for (UTC)."),
    (
        "repeats",
        "The calendar it repeats by, such as 1w from 2026-01-04 02:00:00 Europe/Berlin; empty where it holds once.",
    ),
    ("lasts_minutes", "How long it holds each time, in minutes."),
    ("reason", "Why."),
    ("changed_by", "The id of the key that put or withdrew it."),
];

const BASELINES: [(&str, &str); 9] = [
    ("fitted_at", "When it was learned (UTC)."),
    ("service_name", "The service."),
    ("signal", "requests, error_ratio, latency_p50, latency_p95, latency_p99 or saturation."),
    ("model", "How minutes were grouped: trailing, hour_of_day or hour_of_week."),
    ("version", "Which rules made it."),
    ("trained_from", "Start of the first minute it was learned from (UTC)."),
    ("trained_to", "End of the last minute it was learned from (UTC)."),
    ("samples", "Minutes it was learned from."),
    ("parameters", "The whole model as JSON: settings and slots."),
];

const ANOMALIES: [(&str, &str); 13] = [
    ("minute", "Start of the minute (UTC)."),
    ("service_name", "The service."),
    ("signal", "requests, error_ratio, latency_p50, latency_p95, latency_p99 or saturation."),
    ("value", "Its value: requests of the minute, a share from 0 to 1, or nanoseconds."),
    ("expected", "The value expected."),
    ("lower", "The smallest value that is normal."),
    ("upper", "The largest value that is normal."),
    ("score", "How far it was from what is expected; the band ends at 1."),
    ("breached", "Whether enough of the minutes before were outside too."),
    ("why", "The figures that made the judgement, as JSON."),
    ("model", "Kind of the model it was judged by."),
    ("version", "Version of that model's rules."),
    ("fitted_at", "When that model was learned (UTC): its row in baselines."),
];

const ALERT_EVENTS: [(&str, &str); 11] = [
    ("time", "When the alert changed (UTC)."),
    ("alert_id", "The episode of the alert."),
    ("rule", "The rule's name."),
    ("labels", "What it is about, as JSON."),
    ("service_name", "The service."),
    ("subject", "The SLO or signal, by the name people know."),
    ("from_state", "The state before: inactive, pending, firing or resolved."),
    ("to_state", "The state after."),
    ("reason", "Why it changed."),
    ("severity", "page or ticket."),
    ("proof", "Figures, budget, traces, causes and link, as JSON."),
];

const NOTIFICATIONS: [(&str, &str); 8] = [
    ("time", "When it was tried (UTC)."),
    ("alert_id", "The episode of the alert."),
    ("notification_id", "The notification: the same through every attempt."),
    ("receiver", "Who is told."),
    ("reason", "firing, repeat, severity_raised or resolved."),
    ("attempt", "Which attempt, from 1."),
    ("outcome", "delivered, retry or failed."),
    ("detail", "What the answer was."),
];

const AUDIT: [(&str, &str); 9] = [
    ("time", "When it happened (UTC)."),
    ("event_id", "A UUID of version 7, which sorts by time."),
    ("actor", "The id of a key, never the key; slowburn for the process itself, anonymous for nobody known."),
    ("action", "What was done, such as slo.put, key.refuse or files.remove."),
    ("object", "To what."),
    ("outcome", "done, refused or failed."),
    ("source_address", "The address it came from, if it came from one."),
    ("compliance_domain", "access, configuration, retention or operation."),
    ("details", "Figures, as JSON."),
];
