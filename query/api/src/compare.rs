//! `POST /api/v1/compare`: what differs between two traces, or between two groups of spans.

use ingest_model::{Nanos, TraceId};
use serde::{Deserialize, Serialize};

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CompareQuestion {
    /// Two traces, by their ids.
    Traces(Sides<TraceId>),
    /// Two groups of spans.
    Groups(Sides<SpanGroup>),
}

/// The two that are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sides<T> {
    /// What the other is compared with.
    pub left: T,
    /// The other.
    pub right: T,
}

/// Spans that a condition holds for, in a time range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpanGroup {
    /// SQL over a row of `spans`; every span where it is left out.
    #[serde(default = "every_span")]
    pub filter: String,
    /// Start of the range, inclusive.
    pub from: Nanos,
    /// End of the range, exclusive.
    pub to: Nanos,
}

fn every_span() -> String {
    "true".to_owned()
}

/// What differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// Between two traces.
    Traces(ComparedTraces),
    /// Between two groups of spans.
    Groups(ComparedGroups),
}

/// Two traces, and what each did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedTraces {
    /// Each as a whole.
    pub sides: Sides<TraceFigures>,
    /// Every operation of either trace, by how much its own time differs, most first.
    pub operations: Vec<ComparedOperation>,
    /// Files that cannot be read and may hold more of either; both are whole when there are none.
    pub damaged_files: Vec<String>,
}

/// A trace as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceFigures {
    /// Its id.
    pub trace_id: TraceId,
    /// From the start of its earliest span to the end of its latest, in nanoseconds.
    pub duration_ns: i64,
    /// Its spans.
    pub spans: u64,
    /// Those of them with status `ERROR`.
    pub errors: u64,
}

/// An operation of two traces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedOperation {
    /// The service; empty where the sender named none.
    pub service_name: String,
    /// The name of its spans.
    pub name: String,
    /// What it did in the left trace; null where it is new in the right one.
    pub left: Option<OperationFigures>,
    /// What it did in the right trace; null where it is missing there.
    pub right: Option<OperationFigures>,
}

/// What an operation did in a trace. Sums of spans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationFigures {
    /// Spans.
    pub spans: u64,
    /// Those of them with status `ERROR`.
    pub errors: u64,
    /// Their durations, in nanoseconds; negative ones count as 0.
    pub duration_ns: i64,
    /// Their durations without the time in which a child was at work, in nanoseconds.
    pub self_time_ns: i64,
}

/// Two groups of spans, and the attribute values they do not share alike.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedGroups {
    /// How many spans each has.
    pub sides: Sides<GroupFigures>,
    /// Values that one side has more often than chance explains, by effect, most first.
    pub attributes: Vec<ComparedAttribute>,
    /// Keys that were not compared, because their values hardly repeat or are too many.
    pub left_out: Vec<String>,
}

/// How many spans a group has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFigures {
    /// Spans.
    pub spans: u64,
    /// Those of them that were looked at.
    pub compared: u64,
}

/// An attribute value that one side has more often. A span has a value when any span of its trace has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparedAttribute {
    /// The attribute's key.
    pub key: String,
    /// Its value: a text as it stands, anything else as JSON.
    pub value: String,
    /// Compared spans of the left side that have it.
    pub left: u64,
    /// Compared spans of the right side that have it.
    pub right: u64,
    /// Share of the left side's that have it, 0 to 1.
    pub left_share: f64,
    /// Share of the right side's that have it, 0 to 1.
    pub right_share: f64,
    /// Cohen's h of the two shares, -pi to pi; positive where the right side has it more often.
    pub effect: f64,
    /// Chance of such a difference if the side had nothing to do with the value, adjusted for all values looked at.
    pub q_value: f64,
}
