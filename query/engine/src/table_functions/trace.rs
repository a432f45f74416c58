//! `trace('…')`: the spans and log records of one trace, whenever they were.
//!
//! They are read as the page reads a trace, without a plan ([`StoredTable::of_trace`]).

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::memory::{DataSourceExec, MemorySourceConfig};
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, plan_err};
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use ingest_model::TraceId;

use crate::span_tree::{self, with_places};
use crate::table::StoredTable;
use crate::trace::MOST;
use crate::{attributes, logical};

/// The function.
#[derive(Debug)]
pub(super) struct TraceFunction {
    pub(super) spans: Arc<StoredTable>,
    pub(super) logs: Arc<StoredTable>,
}

/// The rows of a trace in a table, as stored; spans with their places.
#[derive(Debug)]
struct TraceRows {
    table: Arc<StoredTable>,
    schema: SchemaRef,
    trace: TraceId,
}

// === impl TraceFunction ===

impl TableFunctionImpl for TraceFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let id = match args.exprs() {
            [id] => attributes::text(id).and_then(|text| text.parse::<TraceId>().ok()),
            _ => None,
        };
        let Some(trace) = id else {
            return plan_err!("trace takes the id of a trace: 32 hex digits as text");
        };
        let rows = |table: &Arc<StoredTable>, schema| TraceRows { table: Arc::clone(table), schema, trace };
        let spans = rows(&self.spans, span_tree::schema(&self.spans.schema()));
        logical::trace::rows(Arc::new(spans), Arc::new(rows(&self.logs, self.logs.schema())))
    }
}

#[async_trait]
impl TableProvider for TraceRows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let stored = self.table.of_trace(self.trace, MOST).await?;
        let rows = if self.schema == self.table.schema() { stored } else { with_places(&stored, &self.schema)? };
        let source = MemorySourceConfig::try_new(&[vec![rows]], Arc::clone(&self.schema), projection.cloned())?;
        Ok(DataSourceExec::from_data_source(source))
    }
}
