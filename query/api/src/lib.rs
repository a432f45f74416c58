//! The contract between those who ask and the engine that answers: questions and answers as
//! plain serde types.
//!
//! These are the bodies of the HTTP API under `/api/v1`. The web page, the command line and the
//! tests read the same types the server writes, so a renamed field fails to compile instead of
//! failing at three in the morning. Everything here compiles to WebAssembly and does no I/O.

mod alerts;
mod causes;
mod compare;
mod error;
mod exhaustion;
mod gate;
mod schema;
mod series;
mod service_map;
mod services;
mod signals;
mod slos;
mod sql;
mod trace;

pub use alerts::{
    Alert, AlertCause, AlertDelivery, AlertDetail, AlertFigures, AlertTransition, Alerts, CaughtMessage, CaughtMessages,
};
pub use causes::{
    AttributeCause, Causes, CausesQuestion, Evidence, Finding, FirstFailing, Incident, ServiceCause, Suspect,
};
pub use compare::{
    CompareQuestion, Compared, ComparedAttribute, ComparedGroups, ComparedOperation, ComparedTraces, GroupFigures,
    OperationFigures, Sides, SpanGroup, TraceFigures,
};
pub use error::{ErrorAnswer, ErrorBody, ErrorKind};
pub use exhaustion::{Exhaustion, ExhaustionQuestion};
pub use gate::{Gate, GateQuestion, GateReason, GateSide};
pub use schema::{ColumnHelp, FunctionHelp, Schema, TableHelp};
pub use series::{SeriesModelStatus, SeriesQuestion, SeriesStatus, SeriesStep, SeriesTrial, WatchedSeriesList};
pub use service_map::{ServiceEdge, ServiceMap, ServiceMapQuestion};
pub use services::{Freshness, Service, Services};
pub use signals::{BandMinute, OperationSignals, SignalBand, SignalMinute, Signals, SignalsQuestion};
pub use slos::{
    Backtest, BacktestEpisode, BacktestMoment, BacktestObjective, Budget, CompositeBudget, Correction,
    CorrectionQuestion, Forecast, GroupBudget, Objective, PairBurn, Slo, SloDetail, SloHistory, SloHistoryObjective,
    SloHistoryStep, SloMinute, SloStep, Slos, Spender, Spenders, SpentBy,
};
pub use sql::{Column, SqlAnswer, SqlQuestion, SqlStats};
pub use trace::{
    Event, Link, LogRecord, PathSegment, Resource, Scope, Span, Trace, TraceList, TraceQuestion, TraceSummary,
};
