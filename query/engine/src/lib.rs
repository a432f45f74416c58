//! Answers questions about stored telemetry: SQL, traces, services.
//!
//! # The life of a question
//!
//! 1. A door of the API calls [`Engine`]. The question waits for one of a few slots and then runs
//!    on the engine's own threads, so that ingest never waits behind a query; its time limit
//!    counts from here, and passing it drops the work.
//! 2. `fence` parses SQL and admits one `SELECT`, `WITH` or `EXPLAIN` of bounded size.
//! 3. `session` opens a session: one snapshot of every table, hot rows included, and nothing else
//!    that a query could reach. Memory, spill space and footer cache are shared by all sessions
//!    and bounded.
//! 4. `logical` gives the tables people know: hex ids, whole attributes, views over state. They
//!    are computed from the stored columns, which people never see.
//! 5. `rewrite` turns questions about the computed columns into questions about the stored ones,
//!    so that `trace_id = '…'` meets a Bloom filter and `attributes ->> 'http.route'` reads one
//!    column.
//! 6. `table` scans: files are chosen by the range of their time column before any is opened, and
//!    hot rows join them.
//! 7. `answer` encodes batch by batch and stops at the limits of rows and bytes. An answer is
//!    complete before its first byte is sent, so an error is always answered as an error.
//!
//! Traces and services go the same way from step 3 on, with queries of our own. A trace by its id is read whole, without a
//! plan, and then told as JSON piece by piece as it is taken ([`TraceBody`]).
//!
//! When a question fails, `damage` looks whether a file it read is to blame. Then it is asked again
//! without that file, and its answer says so.
//!
//! # What it refuses
//!
//! To write, to read anything but the tenant's tables, and to answer without limits. Text that
//! reaches the asker never names a path or an internal cause; those go to the log.

mod answer;
mod asked;
mod attribute_counts;
mod attributes;
mod built;
mod config;
mod cooperate;
mod damage;
mod dialect;
mod differences;
mod edges;
mod engine;
mod error;
mod events;
mod exemplars;
mod extremes;
mod failure;
mod fence;
mod has_phrase;
mod has_word;
mod held;
mod hex_id;
mod increase;
mod indicator;
mod judged;
mod latency;
mod limits;
mod log_template;
mod logical;
mod needle;
mod operators;
mod prometheus;
mod question;
mod read;
mod rewrite;
mod runs;
mod selection;
mod series;
mod service_series;
mod services;
mod session;
mod sides;
mod signals;
mod sketch;
mod span_tree;
mod sql_type;
mod sum_once;
mod suspects;
mod table;
mod table_functions;
mod tail;
mod threads;
mod time_bucket;
mod timed;
mod trace;
mod windows;

pub use answer::{Answer, Format};
pub use asked::Asker;
pub use attribute_counts::{AttributeCount, AttributeCounts, AttributeQuestion};
pub use config::{Clock, EngineConfig};
pub use dialect::{Batches, Described, Dialect, NamedSchema, Rewrite};
pub use edges::{EdgeMinute, Edges};
pub use engine::{BrokenOff, Engine, StartError, TraceBody};
pub use error::QueryError;
pub use events::{Events, Good, predicate};
pub use indicator::{EventMinute, EventTable, Indicator, Measure, RowEvents, SHARE_PARTS, Share, Worth};
pub use limits::QuestionLimits;
pub use prometheus::{Exemplar, ExemplarsQuestion, LabelsQuestion, MetricFamily, PromqlQuestion, SeriesExemplars};
pub use selection::{Group, Selection};
pub use series::{OfStep, SeriesQuestion, SeriesSamples, SeriesSource, StoredSeries, WatchedSeries};
pub use service_series::{SeriesSignal, ServiceSeries};
pub use windows::Windows;
