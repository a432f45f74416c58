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

    /// What rows of the source amount to for a reader or a flush that has the shares up to
    /// `position` already.
    ///
    /// # Errors
    ///
    /// A text saying how the rows are not of the source's schema.
    fn share(&self, source: &[RecordBatch], position: u64) -> Result<Share, String>;

    /// The rows of [`Derive::share`].
    ///
    /// # Errors
    ///
    /// As [`Derive::share`].
    fn rows(&self, source: &[RecordBatch], position: u64) -> Result<RecordBatch, String> {
        self.share(source, position).map(|share| share.rows)
    }

    /// The fingerprints of rows whose share was committed before.
    ///
    /// # Errors
    ///
    /// As [`Derive::share`].
    fn fingerprints(&self, source: &[RecordBatch]) -> Result<Vec<u64>, String>;

    /// Tells that the share of the rows with these fingerprints is in the table, by the flush that
    /// reached `position`.
    fn committed(&self, fingerprints: &[u64], position: u64);

    /// The same sums in fewer rows: what rows of the derived table say together, in its schema.
    /// Merging parts and then the merged parts gives what merging everything at once gives.
    ///
    /// # Errors
    ///
    /// A text saying how the rows are not of the derived table's schema.
    fn merge(&self, rows: &[RecordBatch]) -> Result<RecordBatch, String>;
}

/// What rows of a source amount to in a derived table.
#[derive(Debug, Clone)]
pub struct Share {
    /// In the schema of the derived table.
    pub rows: RecordBatch,
    /// Fingerprints of the rows of the source that were counted and must not be again, for
    /// [`Derive::committed`]. They mean something to the [`Derive`] that made them only.
    pub counted: Vec<u64>,
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
