//! `span_tree`: every span with its place in its trace, in SQL.
//!
//! The table has the columns of `spans` and those of [`columns::Added`]. The place of a span follows from the whole
//! trace, so a scan of it reads whole traces, whatever the question filters:
//!
//! 1. Filters on `trace_id` choose files and rows, because they keep traces whole.
//! 2. Other filters on columns of `spans` say which traces are read: those with a span they keep ([`chosen`]). So do the
//!    filters on the other side of a join on `trace_id` ([`sideways`]): of `a` under `b` only those traces matter
//!    that have both.
//! 3. The rows are parted by trace and sorted by it, spilling where memory ends, and [`operator`] adds the columns,
//!    trace by trace.
//!
//! Relations between two spans are comparisons of these columns; `fence` writes `is_descendant(d, a)` as such.

mod chosen;
mod columns;
mod operator;
mod place;
pub(crate) mod sideways;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNode;
use datafusion::datasource::TableType;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_plan::ExecutionPlan;

use crate::table::StoredTable;
use chosen::Restriction;
pub(crate) use columns::schema;
use columns::{Added, KEYS, TRACE_ID};
use operator::SpanTreeExec;
pub(crate) use place::with_places;

/// The table as stored: ids are binary and attributes are parts.
#[derive(Debug, Clone)]
pub(crate) struct SpanTree {
    spans: Arc<StoredTable>,
    schema: SchemaRef,
    /// What other tables of the question say about the traces it needs.
    others: Vec<Restriction>,
}

// === impl SpanTree ===

impl SpanTree {
    /// The table over stored spans.
    pub(crate) fn new(spans: StoredTable) -> Self {
        let schema = schema(&spans.schema());
        Self { spans: Arc::new(spans), schema, others: Vec::new() }
    }

    /// Whether spans alone say if a filter keeps a row.
    fn is_of_spans(&self, filter: &Expr) -> bool {
        let spans = self.spans.schema();
        let asks = |expr: &Expr| Ok(matches!(expr, Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_)));
        !filter.exists(asks).unwrap_or(true)
            && filter.column_refs().iter().all(|column| spans.column_with_name(&column.name).is_some())
    }

    /// What these filters on the table say about the traces it needs.
    fn restriction(&self, filters: &[Expr]) -> Option<Restriction> {
        let filters: Vec<Expr> = filters.iter().filter(|filter| self.is_of_spans(filter)).cloned().collect();
        Restriction::of(&self.spans, &filters)
    }

    /// The columns of stored spans that are needed for these columns of the table.
    fn inputs(&self, wanted: &[usize]) -> Result<Vec<usize>> {
        let spans = self.spans.schema();
        let added = wanted.iter().filter_map(|index| Added::of(&spans, *index));
        let named = KEYS.into_iter().chain(added.filter_map(Added::input));
        let mut inputs = named.map(|name| spans.index_of(name)).collect::<Result<Vec<_>, _>>()?;
        inputs.extend(wanted.iter().filter(|index| **index < spans.fields().len()));
        inputs.sort_unstable();
        inputs.dedup();
        Ok(inputs)
    }
}

#[async_trait]
impl TableProvider for SpanTree {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let wanted = projection.cloned().unwrap_or_else(|| (0..self.schema.fields().len()).collect());
        let inputs = self.inputs(&wanted)?;
        let (of_trace, of_spans): (Vec<Expr>, Vec<Expr>) = filters.iter().cloned().partition(is_of_trace);
        let names_traces = of_trace.iter().any(chosen::names_traces);
        let restrictions = self.restriction(&of_spans).into_iter().chain(self.others.iter().cloned());
        let restrictions: Vec<_> = restrictions.filter(|_| !names_traces).collect();
        let traces = chosen::traces(state, &restrictions).await?;
        let spans = chosen::scan(state, &self.spans, &inputs, of_trace, traces).await?;
        Ok(Arc::new(SpanTreeExec::new(spans, Arc::new(self.schema.project(&wanted)?))?))
    }

    /// Filters choose traces; rows are filtered above the scan.
    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        let supported = |filter: &&Expr| match self.is_of_spans(filter) {
            true => TableProviderFilterPushDown::Inexact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(supported).collect())
    }
}

/// Whether a filter keeps all rows of a trace or none.
fn is_of_trace(filter: &Expr) -> bool {
    let columns = filter.column_refs();
    !columns.is_empty() && columns.iter().all(|column| column.name == TRACE_ID) && !filter.is_volatile()
}
