//! Derived tables: rows computed from exactly the rows of a flush, kept in step with their source.

use std::fmt::Debug;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use ingest_model::Signal;

use crate::schema::TableSpec;

/// Computes the rows of one derived table of one tenant. Rows of the derived table add up: those
/// of two flushes together say what one flush of both would have said.
pub trait Derive: Debug + Send + Sync {
    /// The derived table.
    fn spec(&self) -> &'static TableSpec;

    /// What it wants to be told of the stored rows at a start.
    fn recall(&self) -> Recall;

    /// What rows of the source amount to, in the schema of the derived table, for a reader or a
    /// flush that has the shares up to `position` already.
    ///
    /// # Errors
    ///
    /// A text saying how the rows are not of the source's schema.
    fn rows(&self, source: &[RecordBatch], position: u64) -> Result<RecordBatch, String>;

    /// Tells that the share of these rows is in the table, by the flush that reached `position`.
    ///
    /// # Errors
    ///
    /// As [`Derive::rows`].
    fn committed(&self, source: &[RecordBatch], position: u64) -> Result<(), String>;

    /// The same sums in fewer rows: what rows of the derived table say together, in its schema.
    /// Merging parts and then the merged parts gives what merging everything at once gives.
    ///
    /// # Errors
    ///
    /// A text saying how the rows are not of the derived table's schema.
    fn merge(&self, rows: &[RecordBatch]) -> Result<RecordBatch, String>;
}

/// Stored rows that a [`Derive`] is told of at a start, as rows whose share is in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recall {
    /// How many rows, the newest files first; at least these, if there are as many.
    pub rows: u64,
    /// Which columns of the source.
    pub columns: &'static [&'static str],
}

/// Makes what is derived from the rows of a signal, for a tenant that is opened.
pub type Derivations = fn(Signal) -> Vec<Arc<dyn Derive>>;
