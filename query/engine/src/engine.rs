//! The engine: what the doors of the API ask.

mod asking;
mod traces;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use arrow::datatypes::{DataType, SchemaRef};
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::scalar::ScalarValue;
use futures::FutureExt;
use ingest_model::{Nanos, Signal, TraceId};
use ingest_store::{Follower, Tables};
use query_api::{Schema, Services, Signals, SignalsQuestion, SqlQuestion};
use query_cause::Suspects;
use query_promql::{Answer as Evaluated, Labels, PromqlError};
use query_slo::{Corrections, Side};
use tokio::sync::Semaphore;

use crate::answer::{Answer, Format};
use crate::asked::{Asker, Questions, What};
use crate::attribute_counts::{self, AttributeCounts, AttributeQuestion};
use crate::config::{Clock, EngineConfig};
use crate::cooperate::Wanted;
use crate::dialect::{self, Batches, Described, Dialect};
use crate::edges::{self, Edges};
use crate::error::QueryError;
use crate::events::Events;
use crate::indicator::{self, EventMinute, Indicator};
use crate::limits::QuestionLimits;
use crate::prometheus::{self, ExemplarsQuestion, LabelsQuestion, MetricFamily, PromqlQuestion, SeriesExemplars};
use crate::question::{self, Limits};
use crate::series::{self, SeriesQuestion, SeriesSamples};
use crate::service_series::{self, ServiceSeries};
use crate::session::Sessions;
use crate::threads::Threads;
use crate::windows::Windows;
use crate::{exemplars, judged, logical, operators, services, sides, signals, suspects, tail};
pub use traces::{BrokenOff, TraceBody};

/// Answers questions about the tables of one tenant. Cheap to share behind an `Arc`; every
/// method may be called at the same time as any other.
#[derive(Debug)]
pub struct Engine {
    shared: Arc<Shared>,
    asker: Asker,
}

/// What the engine is to everyone who asks.
#[derive(Debug)]
struct Shared {
    sessions: Sessions,
    questions: Arc<Questions>,
    limits: RwLock<QuestionLimits>,
    /// No question gets more memory than this.
    memory_bytes: usize,
    /// Nor may it spill more than this.
    spill_bytes: u64,
    slots: Arc<Semaphore>,
    /// The place of the process itself.
    own_slot: Arc<Semaphore>,
    threads: Threads,
}

/// The engine could not be started.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the query engine with the spill folder {dir}: {source}; choose a folder that can be written")]
pub struct StartError {
    dir: String,
    source: DataFusionError,
}

// === impl Engine ===

impl Engine {
    /// Starts an engine on `tables`; `clock` answers SQL's `now()`.
    ///
    /// # Errors
    ///
    /// When the spill folder cannot be made or the system gives no threads.
    pub fn new(config: &EngineConfig, tables: Arc<dyn Tables>, clock: Clock) -> Result<Self, StartError> {
        let failed = |source| StartError { dir: config.spill_dir.display().to_string(), source };
        let questions = Arc::new(Questions::new(config, Arc::clone(&clock)));
        let sessions = Sessions::new(config, tables, clock, Arc::clone(&questions)).map_err(failed)?;
        let threads = Threads::start(config.threads).map_err(|error| failed(error.into()))?;
        let slots = Arc::new(Semaphore::new(config.concurrent_questions.max(1)));
        let own_slot = Arc::new(Semaphore::new(config.concurrent_questions.max(1)));
        let memory_bytes = config.memory_limit_bytes;
        let limits = RwLock::new(config.question);
        let spill_bytes = config.spill_limit_bytes / config.concurrent_questions.max(1) as u64;
        let shared = Shared { sessions, questions, limits, memory_bytes, spill_bytes, slots, own_slot, threads };
        Ok(Self { shared: Arc::new(shared), asker: Asker::default() })
    }

    /// The same engine, asked by somebody. Without this it is the process itself that asks.
    #[must_use]
    pub fn asked_by(&self, asker: Asker) -> Self {
        Self { shared: Arc::clone(&self.shared), asker }
    }

    /// Sets what every question may use from now on; of memory no more than all together.
    pub fn set_limits(&self, limits: QuestionLimits) {
        *self.shared.limits.write().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    /// What a question may use.
    #[must_use]
    pub fn limits(&self) -> QuestionLimits {
        let limits = *self.shared.limits.read().unwrap_or_else(PoisonError::into_inner);
        QuestionLimits {
            memory_bytes: limits.memory_bytes.min(self.shared.memory_bytes),
            spill_bytes: limits.spill_bytes.min(self.shared.spill_bytes),
            ..limits
        }
    }

    /// Answers a query, encoded in `format`.
    ///
    /// # Errors
    ///
    /// `BadRequest` for a query that is refused or does not fit the tables, `ResourceLimit` and
    /// `Timeout` for one that runs into its limits.
    pub async fn sql(&self, question: &SqlQuestion, format: Format) -> Result<Answer, QueryError> {
        let limits = self.limits_of(question);
        let wanted = Wanted::default();
        // Dropped here when the limit passes or the asker goes away, while the work may still run.
        let _wish = wanted.wish();
        let asked = (question.query.clone(), wanted);
        let work = move |sessions: Arc<Sessions>, (query, wanted): (String, Wanted)| {
            async move { question::answer(&sessions, &query, limits, format, &wanted).await }.boxed()
        };
        self.run(What::new("sql", question.query.as_str()), limits.timeout, asked, work).await
    }

    /// A dialect, made by `make` of what the engine knows by itself and of the tables there are.
    ///
    /// # Errors
    ///
    /// When a table or the dialect cannot be made, which is a bug.
    pub async fn dialect(
        &self,
        make: impl FnOnce(SessionState, Vec<(&'static str, SchemaRef)>) -> Result<Dialect, DataFusionError>,
    ) -> Result<Dialect, QueryError> {
        let work = |sessions: Arc<Sessions>, ()| async move { tables(&sessions).await }.boxed();
        let tables = self.ask(What::quiet("tables"), (), work).await?;
        Ok(make(self.shared.sessions.template(), tables)?)
    }

    /// What a query in a dialect takes and gives, without running it. `known` are the types of `$1`, `$2`, …, as far
    /// as they are known.
    ///
    /// # Errors
    ///
    /// `BadRequest` for a query that is refused or does not fit the tables.
    pub async fn describe(
        &self,
        dialect: &Dialect,
        query: &str,
        known: Vec<Option<DataType>>,
    ) -> Result<Described, QueryError> {
        let asked = (dialect.clone(), query.to_owned(), known);
        let work = |sessions: Arc<Sessions>, (dialect, query, known): (Dialect, String, Vec<_>)| {
            async move { dialect::describe(&sessions, &dialect, &query, &known).await }.boxed()
        };
        self.ask(What::quiet("describe"), asked, work).await
    }

    /// Answers a query in a dialect, whose `$1`, `$2`, … are `values`, under the limits of [`Self::sql`].
    ///
    /// # Errors
    ///
    /// As [`Self::sql`].
    pub async fn batches(
        &self,
        dialect: &Dialect,
        query: &str,
        values: Vec<ScalarValue>,
    ) -> Result<Batches, QueryError> {
        let limits = self.limits_of(&SqlQuestion::default());
        let wanted = Wanted::default();
        let _wish = wanted.wish();
        let asked = (dialect.clone(), query.to_owned(), values, wanted);
        let work = move |sessions: Arc<Sessions>,
                         (dialect, query, values, wanted): (Dialect, String, Vec<_>, Wanted)| {
            async move { dialect::answer(&sessions, &dialect, (&query, values), limits, &wanted).await }.boxed()
        };
        self.run(What::new("sql", query), limits.timeout, asked, work).await
    }

    /// Rows of a signal from now on, as they are acknowledged; `None` where nothing comes.
    #[must_use]
    pub fn follow(&self, signal: Signal) -> Option<Follower> {
        self.shared.sessions.follow(signal)
    }

    /// The rows among those that a follower got that a filter keeps, as JSON, at most `most`; and how many more they are.
    ///
    /// # Errors
    ///
    /// `BadRequest` for a filter that is no SQL over the signal's columns, or that names other tables.
    pub async fn filtered(
        &self,
        signal: Signal,
        filter: &str,
        came: Vec<RecordBatch>,
        most: usize,
    ) -> Result<(Answer, usize), QueryError> {
        let own = self.limits();
        let limits = Limits { timeout: own.timeout, rows: most, bytes: own.answer_bytes };
        let asked = (filter.to_owned(), came);
        let work = move |sessions: Arc<Sessions>, (filter, came): (String, Vec<RecordBatch>)| {
            async move { tail::filtered(&sessions, (signal, &filter), came, limits).await }.boxed()
        };
        self.run(What::quiet("tail"), limits.timeout, asked, work).await
    }

    /// The services seen from `from` (inclusive) to `to` (exclusive), and the freshness of each
    /// signal. An open end reaches as far as spans and logs are stored.
    ///
    /// # Errors
    ///
    /// `Timeout` when reading takes too long.
    pub async fn services(&self, from: Option<Nanos>, to: Option<Nanos>) -> Result<Services, QueryError> {
        let work =
            |sessions: Arc<Sessions>, (from, to)| async move { services::services(&sessions, from, to).await }.boxed();
        self.ask(What::new("services", format!("from {from:?} to {to:?}")), (from, to), work).await
    }

    /// The golden signals of a service.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when the range has more minutes than are told at once, `Timeout` when reading
    /// takes too long.
    pub async fn signals(&self, question: &SignalsQuestion) -> Result<Signals, QueryError> {
        let work =
            |sessions: Arc<Sessions>, question| async move { signals::signals(&sessions, &question).await }.boxed();
        self.ask(What::new("signals", format!("{question:?}")), question.clone(), work).await
    }

    /// The golden signals of every service from `from` (inclusive) to `to` (exclusive), without operations.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` for more minutes than are told at once, `Timeout` when reading takes too long.
    pub async fn signals_of_all(&self, from: Nanos, to: Nanos) -> Result<Vec<Signals>, QueryError> {
        let work =
            |sessions: Arc<Sessions>, (from, to)| async move { signals::of_all(&sessions, from, to).await }.boxed();
        self.ask(What::new("signals", format!("of all from {from:?} to {to:?}")), (from, to), work).await
    }

    /// Counts good and total events, minute by minute and group by group, from `from` (inclusive) to `to` (exclusive).
    ///
    /// # Errors
    ///
    /// `BadRequest` for texts that are no SQL or PromQL, or answer something else than is counted,
    /// `ResourceLimit` for more minutes than are counted at once, `Timeout` when reading takes too long.
    pub async fn count_events(
        &self,
        indicator: &Indicator,
        from: Nanos,
        to: Nanos,
    ) -> Result<Vec<EventMinute>, QueryError> {
        let wanted = Wanted::default();
        let _wish = wanted.wish();
        let work = move |sessions: Arc<Sessions>, (indicator, wanted): (Indicator, Wanted)| {
            async move { indicator::count(&sessions, &indicator, (from, to), &wanted).await }.boxed()
        };
        let what = What::new("events", format!("{indicator:?} from {from:?} to {to:?}"));
        self.ask(what, (indicator.clone(), wanted), work).await
    }

    /// The samples of watched series, by their labels.
    ///
    /// # Errors
    ///
    /// `BadRequest` for texts that are no SQL or PromQL, or tell something else than values; `ResourceLimit` for more samples than are
    /// read at once, `Timeout` when reading takes too long.
    pub async fn series(&self, question: &SeriesQuestion) -> Result<Vec<SeriesSamples>, QueryError> {
        let wanted = Wanted::default();
        let _wish = wanted.wish();
        let work = move |sessions: Arc<Sessions>, (question, wanted): (SeriesQuestion, Wanted)| {
            async move { series::samples(&sessions.open()?, &question, &wanted).await }.boxed()
        };
        // They come every few seconds, and would leave no room for the questions of people.
        self.ask(What::quiet("series"), (question.clone(), wanted), work).await
    }

    /// What some spans did from `from` (inclusive) to `to` (exclusive), as one side of a gate.
    ///
    /// # Errors
    ///
    /// `BadRequest` for texts that are no SQL over spans, `Timeout` when reading takes too long.
    pub async fn side(&self, events: &Events, from: Nanos, to: Nanos) -> Result<Side, QueryError> {
        let work = move |sessions: Arc<Sessions>, events: Events| {
            async move { sides::side(&sessions, &events, from, to).await }.boxed()
        };
        self.ask(What::new("side", format!("{events:?} from {from:?} to {to:?}")), events.clone(), work).await
    }

    /// The corrections of SLOs that hold, by `metadata.name`.
    ///
    /// # Errors
    ///
    /// `Timeout` when reading takes too long.
    pub async fn corrections(&self) -> Result<BTreeMap<String, Corrections>, QueryError> {
        let work = |sessions: Arc<Sessions>, ()| async move { judged::corrections(&sessions.open()?).await }.boxed();
        self.ask(What::quiet("corrections"), (), work).await
    }

    /// The calls between services, minute by minute, whose client's span started from `from`
    /// (inclusive) to `to` (exclusive).
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when there are more than are told at once or than fit into memory, `Timeout`
    /// when reading takes too long.
    pub async fn edges(&self, from: Nanos, to: Nanos) -> Result<Edges, QueryError> {
        let work = |sessions: Arc<Sessions>, (from, to)| async move { edges::edges(&sessions, from, to).await }.boxed();
        self.ask(What::new("edges", format!("from {from:?} to {to:?}")), (from, to), work).await
    }

    /// What every service did in both windows, to tell the one at fault from those that wait for it.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when there is more than is compared at once or than fits into memory, `Timeout`
    /// when reading takes too long.
    pub async fn service_series(&self, windows: &Windows) -> Result<Vec<ServiceSeries>, QueryError> {
        let work = |sessions: Arc<Sessions>, windows| {
            async move { service_series::service_series(&sessions, &windows).await }.boxed()
        };
        self.ask(What::new("service_series", format!("{windows:?}")), *windows, work).await
    }

    /// How often attribute values occur among failing events and among those of a baseline.
    ///
    /// # Errors
    ///
    /// `BadRequest` for texts that are no SQL over spans, `ResourceLimit` for more values than are
    /// kept, `Timeout` when reading takes too long.
    pub async fn attribute_counts(&self, question: &AttributeQuestion) -> Result<AttributeCounts, QueryError> {
        let work = |sessions: Arc<Sessions>, question| {
            async move { attribute_counts::count(&sessions, &question).await }.boxed()
        };
        self.ask(What::new("attribute_counts", format!("{question:?}")), question.clone(), work).await
    }

    /// Traces of the newest bad events of the matter's window, at most `limit` and 5; those first
    /// that show where it failed and why.
    ///
    /// # Errors
    ///
    /// `BadRequest` for texts that are no SQL over spans, `Timeout` when reading takes too long.
    pub async fn exemplars(&self, question: &AttributeQuestion, limit: usize) -> Result<Vec<TraceId>, QueryError> {
        let work = move |sessions: Arc<Sessions>, question| {
            async move { exemplars::exemplars(&sessions, &question, limit).await }.boxed()
        };
        self.ask(What::new("exemplars", format!("{question:?}")), question.clone(), work).await
    }

    /// Which services are to blame for what happened in a window, by its single spans, log records and readings of
    /// resources, compared with another window.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when there is more than fits into memory, `Timeout` when reading takes too long.
    pub async fn suspects(&self, windows: &Windows) -> Result<Suspects, QueryError> {
        let work = |sessions: Arc<Sessions>, windows: Windows| {
            async move { suspects::suspects(&sessions, &windows).await }.boxed()
        };
        self.ask(What::new("suspects", format!("{windows:?}")), *windows, work).await
    }

    /// Answers PromQL over stored metrics. The inner result is PromQL's own: what is wrong with the question or with what
    /// it asks of the data.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when it needs more samples than are read at once, `Timeout` when it takes too long.
    pub async fn promql(&self, question: &PromqlQuestion) -> Result<Result<Evaluated, PromqlError>, QueryError> {
        let wanted = Wanted::default();
        let _wish = wanted.wish();
        let work = |sessions: Arc<Sessions>, (question, wanted): (PromqlQuestion, Wanted)| {
            async move { prometheus::answer(&sessions, &question, &wanted).await }.boxed()
        };
        self.ask(What::new("promql", question.query.text()), (question.clone(), wanted), work).await
    }

    /// What was sampled of the series that a question in PromQL selects.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when there is more than is told at once, `Timeout` when reading takes too long.
    pub async fn metric_exemplars(&self, question: &ExemplarsQuestion) -> Result<Vec<SeriesExemplars>, QueryError> {
        let work = |sessions: Arc<Sessions>, question| {
            async move { prometheus::exemplars(&sessions, &question).await }.boxed()
        };
        self.ask(What::new("metric_exemplars", format!("{question:?}")), question.clone(), work).await
    }

    /// The labels of the series that metrics are for PromQL, sorted.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when there are more than are told at once, `Timeout` when reading takes too long.
    pub async fn metric_labels(&self, question: &LabelsQuestion) -> Result<Vec<Labels>, QueryError> {
        let work =
            |sessions: Arc<Sessions>, question| async move { prometheus::labels(&sessions, &question).await }.boxed();
        self.ask(What::new("labels", format!("{question:?}")), question.clone(), work).await
    }

    /// What metrics there are from `from` (inclusive) to `to` (exclusive), under the names PromQL has for them.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when there are more than are told at once, `Timeout` when reading takes too long.
    pub async fn metric_families(&self, from: Nanos, to: Nanos) -> Result<Vec<MetricFamily>, QueryError> {
        let work = |sessions: Arc<Sessions>, (from, to)| {
            async move { prometheus::families(&sessions, from, to).await }.boxed()
        };
        self.ask(What::new("metrics", format!("from {from:?} to {to:?}")), (from, to), work).await
    }

    /// What SQL may name: tables, columns and functions, each with one line of help.
    ///
    /// # Errors
    ///
    /// `Internal` when a table cannot be made, which is a bug.
    pub async fn schema(&self) -> Result<Schema, QueryError> {
        let work = |sessions: Arc<Sessions>, ()| async move { schema(&sessions).await }.boxed();
        self.ask(What::quiet("schema"), (), work).await
    }

    fn limits_of(&self, question: &SqlQuestion) -> Limits {
        let most = self.limits();
        let timeout = question.timeout_ms.map_or(most.timeout, Duration::from_millis);
        Limits {
            timeout: timeout.min(most.timeout),
            rows: question.max_rows.map_or(most.rows, |rows| rows.min(most.rows)),
            bytes: most.answer_bytes,
        }
    }
}

/// Every table and view, and its columns.
async fn tables(sessions: &Sessions) -> Result<Vec<(&'static str, SchemaRef)>, QueryError> {
    let session = sessions.open()?;
    let mut tables = Vec::new();
    for described in logical::TABLES {
        if let Some(table) = session.provide(described.name).await? {
            tables.push((described.name, table.schema()));
        }
    }
    Ok(tables)
}

async fn schema(sessions: &Sessions) -> Result<Schema, QueryError> {
    let session = sessions.open()?;
    let mut tables = Vec::new();
    for described in logical::TABLES {
        let Some(table) = session.provide(described.name).await? else { continue };
        let signal = Signal::ALL.into_iter().find(|signal| signal.table() == described.name);
        tables.push(match signal {
            Some(signal) => logical::signal_help(signal, &table.schema()),
            None if described.name == logical::span_tree::SPAN_TREE.name => logical::span_tree_help(&table.schema()),
            None => logical::table_help(described.name, &table.schema(), logical::lines(described.name)),
        });
    }
    Ok(Schema { tables, functions: operators::help() })
}
