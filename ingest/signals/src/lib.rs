//! Golden signals: what a service's users feel, minute by minute.
//!
//! # The life of a minute
//!
//! 1. When spans are flushed, exactly their rows are added up: a row a minute, service, operation
//!    and kind, with requests, errors and a [`Sketch`] of latencies ([`GoldenSignals`]).
//! 2. The store commits these partial rows before it commits the spans, each with the position of
//!    the log it reaches, so that after a crash no span is missing and none is counted twice.
//! 3. A reader adds up the partial rows of a minute: counts add, sketches merge. Spans that are
//!    still hot are added up when they are read, by the same code.
//! 4. In time the store merges the partial rows of many flushes into one row each: the same sums in
//!    fewer rows (the module `merge`).
//!
//! # Invariants
//!
//! * The signals of any set of spans are the same however they were cut into flushes.
//! * A span that was sent twice counts once (the module `seen` says for how long).
//! * Sums are exact: weights are multiples of 1/1024, so that adding them never rounds.
//!
//! # What it refuses to do
//!
//! It judges nothing: whether a minute is good or bad is for SLOs and baselines to say.

mod columns;
mod failure;
mod fingerprint;
mod golden;
mod merge;
mod seen;
mod sketch;
mod weight;

pub use golden::GoldenSignals;
pub use sketch::{RELATIVE_ERROR, SCALE, Sketch, SketchError};
