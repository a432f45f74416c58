//! `GET /api/v1/slos` and `/api/v1/slos/{name}`: are the promises kept, and how fast do budgets burn.

use ingest_model::{Nanos, TraceId};
use serde::{Deserialize, Serialize};

/// Every SLO, those that do worst first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slos {
    /// The SLOs.
    pub slos: Vec<Slo>,
    /// What is wrong with the documents, one line each: file, line, column, message, remedy.
    pub mistakes: Vec<String>,
    /// What in the documents is right and has no effect here, one line each.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// A service level objective of OpenSLO.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Slo {
    /// `metadata.name`.
    pub name: String,
    /// `metadata.displayName`, or the name where there is none.
    pub display_name: String,
    /// `spec.description`; empty where there is none.
    pub description: String,
    /// The service.
    pub service: String,
    /// The period of the error budget, such as `30d`.
    pub period: String,
    /// The period in minutes.
    pub period_minutes: u32,
    /// Where its document stands, as file and line.
    pub position: String,
    /// Its objectives, in the order of the document.
    pub objectives: Vec<Objective>,
    /// The one budget that the objectives of a composite spend; `None` where each has its own.
    #[serde(default)]
    pub composite: Option<CompositeBudget>,
    /// The times it is not judged by as they were counted.
    #[serde(default)]
    pub corrections: Vec<Correction>,
}

/// The one budget of a composite.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CompositeBudget {
    /// The share of it that is spent; `None` if nothing was measured.
    pub consumed: Option<f64>,
    /// What is left of it: 1 less what is spent.
    pub remaining: Option<f64>,
    /// The burn rate when everything is bad.
    pub max_burn: f64,
    /// The pairs of windows that can alert.
    pub pairs: Vec<PairBurn>,
    /// The pairs that cannot, and why.
    pub refused_pairs: Vec<String>,
}

/// A time that an SLO is not judged by as it was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// Its name.
    pub name: String,
    /// `good`: its events count as good; `excluded`: it counts nothing.
    pub effect: String,
    /// Start of the first minute it holds for.
    pub starts_at: Nanos,
    /// End of the last minute it holds for; `None` where it goes on.
    pub ends_at: Option<Nanos>,
    /// The calendar it repeats by, such as `1w from 2026-01-04 02:00:00 Europe/Berlin`; `None` where it holds once.
    pub repeats: Option<String>,
    /// How long it holds each time, in minutes.
    pub lasts_minutes: u32,
    /// Why.
    pub reason: String,
    /// The id of the key that put it.
    pub changed_by: String,
    /// When it was put.
    pub changed_at: Nanos,
}

/// The body of `PUT /api/v1/slos/{name}/corrections/{correction}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionQuestion {
    /// `good`: its events count as good; `excluded`: it counts nothing.
    pub effect: String,
    /// When it holds once: from here, in RFC 3339, on.
    #[serde(default)]
    pub from: Option<String>,
    /// To here, in RFC 3339; of one that repeats, when it has held for the last time.
    #[serde(default)]
    pub to: Option<String>,
    /// When it holds again and again: its period and first beginning, such as
    /// `1w from 2026-01-04 02:00:00 Europe/Berlin`.
    #[serde(default)]
    pub repeats: Option<String>,
    /// How long it then holds each time, such as `2h`.
    #[serde(default)]
    pub lasts: Option<String>,
    /// Why.
    pub reason: String,
}

/// One target of an SLO, and how it does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// `displayName`; empty where there is none.
    pub display_name: String,
    /// The target, such as `99.9 %`.
    pub target: String,
    /// What an event's value is compared with, such as `<= 250`; `None` for a ratio.
    pub threshold: Option<String>,
    /// What the budget is made of: `Occurrences`, `Timeslices 5m 0.95` or `RatioTimeslices 5m`.
    #[serde(default)]
    pub method: String,
    /// How much it burns the budget of a composite; `None` where none is written.
    #[serde(default)]
    pub weight: Option<String>,
    /// `OK`, `Recovering`, `Rising`, `Burning` or `Exhausted`; `None` while there is too little to tell.
    pub state: Option<String>,
    /// Whether nothing was measured for an hour: then the budget is that of where measuring ended.
    #[serde(default)]
    pub frozen: bool,
    /// Where all windows end: the start of the current minute.
    pub until: Nanos,
    /// Since when it is counted without a gap; `None` before the first count.
    pub counted_from: Option<Nanos>,
    /// Why the last count failed; `None` when it did not.
    pub failure: Option<String>,
    /// The error budget; `None` without events.
    pub budget: Option<Budget>,
    /// When the budget will be spent, if the last day goes on; `None` without events in it.
    #[serde(default)]
    pub forecast: Option<Forecast>,
    /// The pairs of windows that can alert.
    pub pairs: Vec<PairBurn>,
    /// The pairs that cannot, and why.
    pub refused_pairs: Vec<String>,
    /// The groups that do worst, where each has a budget of its own; the figures above are of all together.
    #[serde(default)]
    pub groups: Vec<GroupBudget>,
    /// How many groups there are.
    #[serde(default)]
    pub groups_total: usize,
    /// Events of groups beyond those that are told apart.
    #[serde(default)]
    pub left_out_events: u64,
}

/// How a group of an objective does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupBudget {
    /// The values that tell it, in the order of the indicator; `None` where a row has none.
    pub group: Vec<Option<String>>,
    /// The same as one text.
    pub name: String,
    /// As that of an objective.
    pub state: Option<String>,
    /// Whether nothing was measured for an hour.
    pub frozen: bool,
    /// Its error budget; `None` without events.
    pub budget: Option<Budget>,
    /// The pairs of windows that can alert.
    pub pairs: Vec<PairBurn>,
}

/// When an error budget will be spent: seconds from now, 0 where nothing is left, `None` where it lasts for the period.
/// Between the earliest and the latest it lies with 95 % confidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forecast {
    /// If things go on as badly as they may do.
    pub earliest_s: Option<u64>,
    /// If they go on as they did.
    pub expected_s: Option<u64>,
    /// If they go on as well as they may do.
    pub latest_s: Option<u64>,
}

/// The error budget of the period, weighted by events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// Events counted.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
    /// How many of them may be bad.
    pub allowed: f64,
    /// The share of the budget that is spent; above 1 when more is.
    pub consumed: f64,
    /// What is left of it: 1 less what is spent.
    pub remaining: f64,
    /// Seconds until it is spent at the burn rate of the first pair's long window; `None` when it is
    /// spent already, or never will be.
    pub exhausted_in_s: Option<u64>,
}

/// The burn rates of a pair of windows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PairBurn {
    /// `page` or `ticket`.
    pub severity: String,
    /// The long window, such as `1h`.
    pub long: String,
    /// The short window, such as `5m`.
    pub short: String,
    /// The burn rate above which it breaches.
    pub factor: f64,
    /// The burn rate of the long window; `None` without events.
    pub long_burn: Option<f64>,
    /// The burn rate of the short window; `None` without events.
    pub short_burn: Option<f64>,
    /// Whether both are above the factor, and rest on enough bad events; `None` where that cannot be told.
    pub breaches: Option<bool>,
    /// Why bad events of the long window are too few to wake somebody; `None` where they are enough.
    #[serde(default)]
    pub doubt: Option<String>,
    /// The share of the period's budget that the long window really took.
    #[serde(default)]
    pub spent_by_events: Option<f64>,
    /// The share it would have taken if the whole period had its traffic: burn rate by window over period.
    #[serde(default)]
    pub spent_by_rate: Option<f64>,
}

/// An SLO with its minutes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SloDetail {
    /// The SLO.
    pub slo: Slo,
    /// Start of the range of minutes, inclusive.
    pub from: Nanos,
    /// End of the range of minutes, exclusive.
    pub to: Nanos,
    /// One list of minutes an objective, in the order of the objectives.
    pub minutes: Vec<Vec<SloMinute>>,
}

/// What one minute counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SloMinute {
    /// Start of the minute.
    pub minute_unix_nano: Nanos,
    /// Events.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
}

/// How long a step of [`SloHistory`] is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SloStep {
    /// An hour.
    Hour,
    /// A day of UTC.
    #[default]
    Day,
}

/// `GET /api/v1/slos/{name}/history`: what an SLO counted, by hour or day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SloHistory {
    /// The SLO.
    pub slo: String,
    /// Start of the range, inclusive.
    pub from: Nanos,
    /// End of the range, exclusive.
    pub to: Nanos,
    /// How long a step is.
    pub step: SloStep,
    /// Its objectives, in their order.
    pub objectives: Vec<SloHistoryObjective>,
}

/// What an objective counted.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SloHistoryObjective {
    /// Whether what was stored before the start is in it.
    pub complete: bool,
    /// The steps with events, in order; of all groups together, as counted, without corrections.
    pub steps: Vec<SloHistoryStep>,
}

/// What a step counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct SloHistoryStep {
    /// Its beginning.
    pub time_unix_nano: Nanos,
    /// Events.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
    /// The burn rate: the share of bad events by the share that is allowed.
    pub burn: f64,
}

/// `GET /api/v1/slos/{name}/spenders`: who spent the error budget.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spenders {
    /// `metadata.name` of the SLO.
    pub slo: String,
    /// Start of the range, inclusive.
    pub from: Nanos,
    /// End of the range, exclusive.
    pub to: Nanos,
    /// Bad events of the range.
    pub bad: u64,
    /// The share of the period's budget that they are; `None` where that is unknown.
    pub budget: Option<f64>,
    /// By attribute: service, route and version first, then those that tell most.
    pub by: Vec<SpentBy>,
    /// Keys that were not counted because their values hardly repeat, like ids.
    pub left_out: Vec<String>,
}

/// The values of an attribute that bad events have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpentBy {
    /// The attribute's key.
    pub key: String,
    /// The values with most bad events. An event has a value when a span of its trace has it, so they may overlap.
    pub spenders: Vec<Spender>,
    /// How many values there are.
    pub values_total: usize,
}

/// What a value spent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spender {
    /// The value.
    pub value: String,
    /// Bad events that have it.
    pub bad: u64,
    /// The share of the bad events that they are.
    pub share: f64,
    /// The share of the period's budget that they are; `None` where that is unknown.
    pub budget: Option<f64>,
    /// The share of the good events that have it.
    pub share_of_good: f64,
    /// Traces of bad events that have it, newest first.
    pub trace_ids: Vec<TraceId>,
}

/// The answer of `POST /api/v1/slos/backtest`: what SLOs would have said of what is stored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// Start of the range, in whole minutes.
    pub from: Nanos,
    /// End of the range.
    pub to: Nanos,
    /// Minutes from one moment that was judged to the next.
    pub step_minutes: u32,
    /// What in the documents is right and has no effect here, one line each.
    pub notes: Vec<String>,
    /// Every objective, and every group of it after it.
    pub objectives: Vec<BacktestObjective>,
}

/// What an objective, or a group of it, would have said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestObjective {
    /// `metadata.name` of the SLO.
    pub slo: String,
    /// Which of its objectives, from 0.
    pub objective: usize,
    /// The group; `None` for all together.
    pub group: Option<String>,
    /// The target.
    pub target: String,
    /// Events of the range.
    pub total: u64,
    /// Bad ones.
    pub bad: u64,
    /// When the condition of a page or a ticket held, by the pairs of windows alone.
    pub episodes: Vec<BacktestEpisode>,
    /// How it stood, in order.
    pub moments: Vec<BacktestMoment>,
}

/// A stretch in which the condition of an alert held.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestEpisode {
    /// `page` or `ticket`.
    pub severity: String,
    /// The moment it was first met.
    pub from: Nanos,
    /// The moment it no longer was; `None` if it held to the end.
    pub to: Option<Nanos>,
    /// The long window of the pair that met it first.
    pub long: String,
    /// The short one.
    pub short: String,
    /// The burn rate above which it breaches.
    pub factor: f64,
    /// The highest burn rate of the long window while it held.
    pub peak: f64,
}

/// How an objective stood at a moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestMoment {
    /// When.
    pub at: Nanos,
    /// As that of an objective.
    pub state: Option<String>,
    /// The share of the budget that was left; `None` without events.
    pub remaining: Option<f64>,
}
