//! What slowburn concludes: one table a kind of [`Judgement`]. Rows are never changed; where a minute is judged
//! again, the row with the highest `revision` holds.

use std::sync::LazyLock;

use arrow::datatypes::{DataType, Field};
use ingest_model::Judgement;

use super::{TableSpec, boolean, double, int, list, micros, schema, text};

/// The table of a kind.
#[must_use]
pub fn judgement(kind: Judgement) -> &'static TableSpec {
    static SPECS: LazyLock<[TableSpec; Judgement::ALL.len()]> = LazyLock::new(|| Judgement::ALL.map(spec));
    &SPECS[kind as usize]
}

fn spec(kind: Judgement) -> TableSpec {
    let (time_column, sort, columns): (_, &'static [&'static str], _) = match kind {
        Judgement::ServiceEdges => ("minute", &["client", "server", "connection_type", "minute"], service_edges()),
        Judgement::SloSlices => ("minute", &["slo", "objective", "slo_group", "minute"], slo_slices()),
        Judgement::SloCorrections => ("changed_at", &["slo", "name", "changed_at"], slo_corrections()),
        Judgement::Baselines => ("fitted_at", &["service_name", "signal", "fitted_at"], baselines()),
        Judgement::Anomalies => ("minute", &["service_name", "signal", "minute"], anomalies()),
        Judgement::AlertEvents => ("time", &["alert_id", "time"], alert_events()),
        Judgement::Notifications => ("time", &["alert_id", "time"], notifications()),
        Judgement::Audit => ("time", &["time", "event_id"], audit()),
    };
    let schema = schema([columns, Vec::new(), Vec::new()]);
    TableSpec { name: kind.table(), schema, time_column, sort, bloom: &[], irregular: false }
}

fn service_edges() -> Vec<Field> {
    let mut fields = vec![micros("minute"), text("client"), text("server"), text("connection_type")];
    fields.extend(["requests", "errors", "duration_sum_ns", "duration_max_ns", "latency_offset"].map(int));
    fields.extend([list("latency_counts", DataType::Float64), int("revision")]);
    fields
}

fn slo_slices() -> Vec<Field> {
    let mut fields = vec![micros("minute"), text("slo"), text("service_name")];
    fields.extend([int("objective"), text("slo_group"), text("target"), text("definition")]);
    fields.extend([text("time_window"), text("budgeting_method"), int("period_minutes")]);
    fields.extend(["good", "total", "revision"].map(int));
    fields
}

fn slo_corrections() -> Vec<Field> {
    let mut fields = vec![micros("changed_at"), text("slo"), text("name"), text("effect")];
    fields.extend(["starts_at", "ends_at"].map(micros));
    fields.extend([text("repeats"), int("lasts_minutes"), text("reason"), text("changed_by"), int("revision")]);
    fields
}

fn baselines() -> Vec<Field> {
    let mut fields = vec![micros("fitted_at"), text("service_name"), text("signal"), text("model"), int("version")];
    fields.extend(["trained_from", "trained_to"].map(micros));
    fields.extend([int("samples"), text("parameters")]);
    fields
}

fn anomalies() -> Vec<Field> {
    let mut fields = vec![micros("minute"), text("service_name"), text("signal")];
    fields.extend(["value", "expected", "lower", "upper", "score"].map(double));
    fields.extend([boolean("breached"), text("why"), text("model"), int("version"), micros("fitted_at")]);
    fields.push(int("revision"));
    fields
}

fn alert_events() -> Vec<Field> {
    let mut fields = vec![micros("time")];
    fields.extend(["alert_id", "rule", "labels", "service_name", "subject"].map(text));
    fields.extend(["from_state", "to_state", "reason", "severity", "proof"].map(text));
    fields
}

fn notifications() -> Vec<Field> {
    let mut fields = vec![micros("time")];
    fields.extend(["alert_id", "notification_id", "receiver", "reason"].map(text));
    fields.extend([int("attempt"), text("outcome"), text("detail")]);
    fields
}

fn audit() -> Vec<Field> {
    let mut fields = vec![micros("time")];
    fields.extend(["event_id", "actor", "action", "object", "outcome"].map(text));
    fields.extend(["source_address", "compliance_domain", "details"].map(text));
    fields
}
