//! A trace that was read whole: its stored rows as they are, and what was found about them.
//!
//! Whatever can fail has been done when there is one. Spans and records are made of its rows one at a time, so that who tells
//! it piece by piece needs little more than it.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use ingest_model::{Nanos, Signal, SpanId, TraceId};
use query_api::{LogRecord, PathSegment, Resource, Scope, Span, SqlStats, Trace};

use super::critical_path::critical_path;
use super::fold::{Folded, Kept, fold};
use super::held::Held;
use super::origins::{Line, Origins, Source};
use super::read;
use super::rows::{At, Row, Rows};
use super::tree::{Family, Interval, places};
use crate::error::QueryError;

/// What a row takes at the most while the trace is put in order, beside the row itself: keys, intervals, family, places and
/// path, with room for tables that have just grown.
const ORDER_BYTES: usize = 512;

/// The trace.
#[derive(Debug)]
pub(crate) struct WholeTrace {
    id: TraceId,
    spans: Side,
    /// One a span.
    marks: Vec<Mark>,
    logs: Side,
    /// A row of each resource, and one of each scope.
    resources: Vec<Source>,
    scopes: Vec<Source>,
    pub(super) path: Vec<PathSegment>,
    /// The earliest start and the latest end.
    pub(super) range: (Nanos, Nanos),
    /// What cannot be read, and what was.
    pub(super) damaged_files: Vec<String>,
    pub(super) stats: SqlStats,
    _held: Arc<Held>,
}

/// What is told of a signal.
#[derive(Debug)]
struct Side {
    rows: Rows,
    lines: Vec<Line>,
    repeated: usize,
}

/// What follows for a span from the structure of its trace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) id: SpanId,
    pub(super) is_orphan: bool,
    pub(super) is_skewed: bool,
    pub(super) outside_parent_ns: i64,
}

// === impl WholeTrace ===

impl WholeTrace {
    /// Puts the rows of a trace in order; `None` where there is no span and no record among them.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when that does not fit into memory.
    pub(super) fn new(
        id: TraceId,
        spans: &[RecordBatch],
        logs: &[RecordBatch],
        held: &Arc<Held>,
    ) -> Result<Option<Self>, QueryError> {
        let (spans, logs) = (Rows::new(Signal::Traces, spans), Rows::new(Signal::Logs, logs));
        let working = (spans.count() + logs.count()).saturating_mul(ORDER_BYTES);
        held.take(working)?;
        let ordered = (fold(&spans, by_start(&spans), held)?, fold(&logs, by_time(&logs), held)?);
        if ordered.0.rows.is_empty() && ordered.1.rows.is_empty() {
            return Ok(None);
        }
        let intervals: Vec<_> = ordered.0.rows.iter().map(|kept| interval(kept, spans.row(kept.at))).collect();
        let (marks, path) = structure(&intervals);
        let range = range(&intervals, &ordered.1);
        let mut origins = Origins::new();
        let span_lines = origins.lines(Signal::Traces, &spans, &ordered.0.rows, held)?;
        let log_lines = origins.lines(Signal::Logs, &logs, &ordered.1.rows, held)?;
        let (resources, scopes) = origins.end(held);
        let whole = Self {
            id,
            spans: Side { rows: spans, lines: span_lines, repeated: ordered.0.repeated },
            marks,
            logs: Side { rows: logs, lines: log_lines, repeated: ordered.1.repeated },
            resources,
            scopes,
            path,
            range,
            damaged_files: Vec::new(),
            stats: SqlStats::default(),
            _held: Arc::clone(held),
        };
        held.give_back(working.saturating_sub(whole.order_bytes()));
        Ok(Some(whole))
    }

    /// The same with what it took to read, and what could not be.
    pub(super) fn with_reading(self, damaged_files: Vec<String>, stats: SqlStats) -> Self {
        Self { damaged_files, stats, ..self }
    }

    /// The bytes of what was found about its rows.
    fn order_bytes(&self) -> usize {
        (self.spans.lines.capacity() + self.logs.lines.capacity()) * size_of::<Line>()
            + self.marks.capacity() * size_of::<Mark>()
            + self.path.capacity() * size_of::<PathSegment>()
            + (self.resources.capacity() + self.scopes.capacity()) * size_of::<Source>()
    }

    pub(super) const fn id(&self) -> TraceId {
        self.id
    }

    /// How many spans were folded away, and how many records.
    pub(super) const fn repeated(&self) -> (usize, usize) {
        (self.spans.repeated, self.logs.repeated)
    }

    /// Stored rows of the signal that has more.
    pub(super) fn rows(&self) -> usize {
        self.spans.rows.count().max(self.logs.rows.count())
    }

    /// A span by its index, in the order of their starts.
    pub(super) fn span(&self, index: usize) -> Option<Span> {
        let (line, mark) = (self.spans.lines.get(index)?, self.marks.get(index)?);
        Some(read::span(self.spans.rows.row(line.at), line, mark))
    }

    /// A log record by its index, in the order of their times.
    pub(super) fn log(&self, index: usize) -> Option<LogRecord> {
        let line = self.logs.lines.get(index)?;
        Some(read::log(self.logs.rows.row(line.at), line))
    }

    /// A resource by its index.
    pub(super) fn resource(&self, index: usize) -> Option<Resource> {
        self.resources.get(index).map(|at| read::resource(self.row(*at)))
    }

    /// A scope by its index.
    pub(super) fn scope(&self, index: usize) -> Option<Scope> {
        self.scopes.get(index).map(|at| read::scope(self.row(*at)))
    }

    fn row(&self, (signal, at): Source) -> Row<'_> {
        let side = if signal == Signal::Logs { &self.logs } else { &self.spans };
        side.rows.row(at)
    }

    /// All of it at once.
    pub(super) fn into_value(self) -> Trace {
        Trace {
            trace_id: self.id,
            start_time_unix_nano: self.range.0,
            end_time_unix_nano: self.range.1,
            spans: (0..).map_while(|index| self.span(index)).collect(),
            logs: (0..).map_while(|index| self.log(index)).collect(),
            resources: (0..).map_while(|index| self.resource(index)).collect(),
            scopes: (0..).map_while(|index| self.scope(index)).collect(),
            repeated_spans: self.spans.repeated,
            repeated_logs: self.logs.repeated,
            critical_path: self.path,
            damaged_files: self.damaged_files,
            stats: self.stats,
        }
    }
}

/// The rows of spans, but for those whose stored id is no span id, which no receiver lets in.
fn by_start(spans: &Rows) -> Vec<((Nanos, SpanId), At)> {
    let keyed = |(at, row): (At, Row<'_>)| Some(((read::start(row), SpanId::from_bytes(row.id("span_id"))?), at));
    spans.all().filter_map(keyed).collect()
}

fn by_time(logs: &Rows) -> Vec<(Nanos, At)> {
    logs.all().map(|(at, row)| (read::log_time(row), at)).collect()
}

fn interval(kept: &Kept<(Nanos, SpanId)>, row: Row<'_>) -> Interval {
    let (start, id) = kept.key;
    let end = start.plus(row.number("duration_ns"));
    Interval { id, parent: SpanId::from_bytes(row.id("parent_span_id")), start, end }
}

/// Marks what is broken in the structure of a trace, and finds its critical path.
fn structure(spans: &[Interval]) -> (Vec<Mark>, Vec<PathSegment>) {
    let family = Family::of(spans);
    let marks = spans.iter().zip(places(spans, &family)).map(|(span, place)| Mark {
        id: span.id,
        is_orphan: place.is_orphan,
        is_skewed: place.is_skewed,
        outside_parent_ns: place.outside_parent_ns,
    });
    let mut path = critical_path(spans, &family);
    path.shrink_to_fit();
    (marks.collect(), path)
}

/// From the earliest to the latest moment: of spans, and of records where there are no spans.
fn range(spans: &[Interval], logs: &Folded<Nanos>) -> (Nanos, Nanos) {
    let of_logs = logs.rows.iter().filter(|_| spans.is_empty()).map(|kept| kept.key);
    let times = || spans.iter().flat_map(|span| [span.start, span.end]).chain(of_logs.clone());
    (times().min().unwrap_or_default(), times().max().unwrap_or_default())
}
