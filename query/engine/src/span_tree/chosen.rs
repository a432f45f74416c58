//! Which traces a question needs.
//!
//! A question about `span_tree` reads whole traces, and needs only those in which there is a span that its filters keep. Those
//! are found first, with a scan of the filtered columns alone.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{AsArray, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::expr::{InList, ScalarFunction};
use datafusion::logical_expr::expr_rewriter::unnormalize_cols;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Expr, LogicalPlanBuilder, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility,
};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::{col, lit};
use datafusion::scalar::ScalarValue;
use futures::TryStreamExt;

use super::columns::TRACE_ID;
use crate::answer::scanned;
use crate::table::StoredTable;

/// Traces that are told from others at most; of a question that needs more, all are read.
const MOST: usize = 500_000;

/// Traces that an index is asked for.
const INDEXED: usize = 1_000;

type TraceIds = HashSet<[u8; 16]>;

/// Only traces in which one of these rows is are needed.
#[derive(Debug, Clone)]
pub(super) struct Restriction {
    table: Arc<StoredTable>,
    filters: Vec<Expr>,
}

// === impl Restriction ===

impl Restriction {
    /// The rows of a table that filters keep; `None` where nothing is filtered.
    pub(super) fn of(table: &Arc<StoredTable>, filters: &[Expr]) -> Option<Self> {
        let filters = unnormalize_cols(filters.iter().cloned());
        let may = !filters.is_empty() && !filters.iter().any(Expr::is_volatile);
        may.then(|| Self { table: Arc::clone(table), filters })
    }

    /// Whether both say the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.table.schema() == other.table.schema() && self.filters == other.filters
    }

    /// The traces; `None` when they are too many to be told from others.
    async fn traces(&self, state: &dyn Session) -> Result<Option<TraceIds>> {
        let source = provider_as_source(Arc::clone(&self.table) as Arc<dyn TableProvider>);
        let mut plan = LogicalPlanBuilder::scan("rows", source, None)?;
        if let Some(filter) = conjunction(self.filters.iter().cloned()) {
            plan = plan.filter(filter)?;
        }
        let plan = state.create_physical_plan(&plan.project([col(TRACE_ID)])?.build()?).await?;
        let mut stream = execute_stream(Arc::clone(&plan), state.task_ctx())?;
        let mut ids = TraceIds::new();
        while let Some(batch) = stream.try_next().await? {
            let of_batch = batch.column(0).as_binary_view().iter();
            ids.extend(of_batch.filter_map(|id| <[u8; 16]>::try_from(id?).ok()));
            if ids.len() > MOST {
                break;
            }
        }
        drop(stream);
        self.table.tally().add_read(scanned(plan.as_ref()));
        Ok((ids.len() <= MOST).then_some(ids))
    }
}

/// The traces that all restrictions leave; `None` for all there are.
pub(super) async fn traces(state: &dyn Session, restrictions: &[Restriction]) -> Result<Option<TraceIds>> {
    let mut left: Option<TraceIds> = None;
    for restriction in restrictions {
        let Some(found) = restriction.traces(state).await? else { continue };
        left = Some(match left {
            Some(left) => left.into_iter().filter(|id| found.contains(id)).collect(),
            None => found,
        });
    }
    Ok(left)
}

/// Scans the spans of these traces, those columns of them that are at `columns`.
pub(super) async fn scan(
    state: &dyn Session,
    spans: &StoredTable,
    columns: &[usize],
    mut filters: Vec<Expr>,
    traces: Option<TraceIds>,
) -> Result<Arc<dyn ExecutionPlan>> {
    if let Some(traces) = &traces
        && traces.len() <= INDEXED
    {
        let ids = traces.iter().map(|id| lit(ScalarValue::BinaryView(Some(id.to_vec()))));
        filters.push(col(TRACE_ID).in_list(ids.collect(), false));
    }
    let scan = spans.scan(state, Some(&columns.to_vec()), &filters, None).await?;
    let by_id = traces.map(OneOf::call).into_iter();
    let exact = by_id.chain(filters.into_iter().filter(|filter| !matches!(filter, Expr::InList(_))));
    let schema = DFSchema::try_from(scan.schema())?;
    match conjunction(exact) {
        Some(filter) => Ok(Arc::new(FilterExec::try_new(state.create_physical_expr(filter, &schema)?, scan)?)),
        None => Ok(scan),
    }
}

/// Whether a filter names the ids of the traces it keeps.
pub(super) fn names_traces(filter: &Expr) -> bool {
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Eq, right }) => {
            matches!((left.as_ref(), right.as_ref()), (Expr::Column(_), Expr::Literal(..)))
        }
        Expr::InList(InList { expr, list, negated: false }) => {
            matches!(expr.as_ref(), Expr::Column(_)) && list.len() <= INDEXED
        }
        _ => false,
    }
}

/// Whether an id is one of a set.
#[derive(Debug)]
struct OneOf {
    signature: Signature,
    ids: Arc<TraceIds>,
}

// === impl OneOf ===

impl OneOf {
    fn call(ids: TraceIds) -> Expr {
        let signature = Signature::exact(vec![DataType::BinaryView], Volatility::Immutable);
        let function = ScalarUDF::new_from_impl(Self { signature, ids: Arc::new(ids) });
        Expr::ScalarFunction(ScalarFunction::new_udf(Arc::new(function), vec![col(TRACE_ID)]))
    }
}

impl PartialEq for OneOf {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.ids, &other.ids)
    }
}

impl Eq for OneOf {}

impl std::hash::Hash for OneOf {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.ids.len().hash(state);
    }
}

impl ScalarUDFImpl for OneOf {
    fn name(&self) -> &'static str {
        "is_one_of_the_traces"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let ids = args.args[0].to_array(args.number_rows)?;
        let found = ids.as_binary_view().iter().map(|id| Some(id.is_some_and(|id| self.has(id))));
        Ok(ColumnarValue::Array(Arc::new(found.collect::<BooleanArray>())))
    }
}

impl OneOf {
    fn has(&self, id: &[u8]) -> bool {
        <&[u8; 16]>::try_from(id).is_ok_and(|id| self.ids.contains(id))
    }
}
