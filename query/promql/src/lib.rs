//! PromQL: read with `promql-parser`, evaluated here.
//!
//! The life of a question: [`Query::parse`] reads it and refuses what is not evaluated. [`Query::needs`] says which series it
//! needs and from when to when; somebody else reads them. [`Query::instant`] or [`Query::range`] evaluates it over a
//! [`Source`] of these series, moment by moment, and gives an [`Answer`]; [`json`] writes it as Prometheus' HTTP API does.
//!
//! Invariants:
//!
//! * The rules are those of Prometheus 3: ranges are open on the left, a selector looks back five minutes, a marker of
//!   staleness ends a series, rates reach beyond their samples as there.
//! * What is not evaluated is an error that says so, never a wrong answer.
//! * A question ends at its [`Limits`], and soon after nobody waits for it any more.
//!
//! What it refuses to do: read files, keep series, know a clock.

mod error;
mod eval;
mod functions;
mod histogram;
pub mod json;
mod kahan;
mod labels;
mod limits;
mod minute_sums;
mod node;
mod number;
pub mod otlp;
mod parse;
mod query;
mod sample;

pub use error::{Notes, PromqlError};
pub use histogram::{Bucket, CUSTOM_BOUNDS, Histogram, ResetHint};
pub use labels::{Labels, METRIC_NAME};
pub use limits::Limits;
pub use minute_sums::{MinuteSums, STAYS};
pub use node::{Matcher, Test};
pub use number::number;
pub use parse::{parse_duration, parse_matchers};
pub use query::{Answer, DEFAULT_STEP, Data, Element, LOOKBACK, Need, Query, Source, Times};
pub use sample::{STALE_BITS, Sample, Series, Value, stale};
