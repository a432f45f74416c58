//! A condition that fails once the question is not wanted any more.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::datatypes::{FieldRef, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;

/// Whether somebody still waits for the answer of a question. Clones tell the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted(Arc<AtomicBool>);

/// Ends the wish when it is dropped.
#[derive(Debug)]
pub(crate) struct Wish(Arc<AtomicBool>);

/// A condition and the question it belongs to.
#[derive(Debug)]
pub(crate) struct Endable {
    condition: Arc<dyn PhysicalExpr>,
    wanted: Wanted,
}

// === impl Wanted ===

impl Wanted {
    /// The answer is wanted for as long as this is kept.
    pub(crate) fn wish(&self) -> Wish {
        Wish(Arc::clone(&self.0))
    }

    /// Whether nobody waits any more.
    pub(crate) fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Wish {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

// === impl Endable ===

impl Endable {
    pub(crate) fn new(condition: Arc<dyn PhysicalExpr>, wanted: Wanted) -> Self {
        Self { condition, wanted }
    }
}

impl PhysicalExpr for Endable {
    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        if self.wanted.is_over() {
            return exec_err!("nobody waits for the answer any more");
        }
        self.condition.evaluate(batch)
    }

    fn return_field(&self, schema: &Schema) -> Result<FieldRef> {
        self.condition.return_field(schema)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.condition]
    }

    fn with_new_children(self: Arc<Self>, mut children: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        match children.pop() {
            Some(condition) => Ok(Arc::new(Self::new(condition, self.wanted.clone()))),
            None => Ok(self),
        }
    }

    fn fmt_sql(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt_sql(out)
    }
}

impl fmt::Display for Endable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.condition.fmt(out)
    }
}

impl PartialEq for Endable {
    fn eq(&self, other: &Self) -> bool {
        self.condition.eq(&other.condition)
    }
}

impl Eq for Endable {}

impl Hash for Endable {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.condition.hash(state);
    }
}
