//! `metric_increases`: a row for every point of a counter or histogram, with what it adds.
//!
//! A condition on what tells series apart goes to the scan as it stands. A condition on time goes there with room for
//! the points before, so that what is read and what is not makes no difference.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Column, Result};
use datafusion::logical_expr::{
    BinaryExpr, Expr, ExprFunctionExt, LogicalPlan, LogicalPlanBuilder, Operator, TableProviderFilterPushDown,
    TableType,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{col, lit};
use datafusion::scalar::ScalarValue;

use super::{GAP_NS, What, function};
use crate::logical::Described;

/// `metric_increases`.
pub(crate) const METRIC_INCREASES: Described = Described {
    name: "metric_increases",
    help: "One row a point of a counter or histogram: what it adds to its series, resets and gaps seen to.",
};

/// One line a column.
pub(crate) const LINES: [(&str, &str); 15] = [
    ("time", "When the point was measured (UTC)."),
    ("metric_name", "The metric's name."),
    ("metric_type", "sum, histogram or exponential_histogram."),
    ("unit", "The unit of what is counted, or of what a histogram holds (UCUM)."),
    ("service_name", "service.name of the resource."),
    ("increase", "What the point adds: to a sum, or to a histogram's count; NULL where nobody knows."),
    ("rate", "The same a second."),
    ("sketch", "A sketch of the measurements it adds: add up with merge, read with quantile; NULL for a sum."),
    ("attributes", "JSON object of all attributes of the point; ask with ->> 'http.route'."),
    ("temporality", "Whether the point was sent as DELTA or CUMULATIVE."),
    ("time_unix_nano", "time, in nanoseconds since 1970."),
    ("start_time_unix_nano", "When the point's interval began, in nanoseconds since 1970."),
    ("resource_attributes", "JSON object of all resource attributes; ask with ->> 'host.name'."),
    ("scope_name", "The instrumentation library's name."),
    ("scope_version", "The instrumentation library's version."),
];

/// The points, over the table `metrics`.
pub(crate) const POINTS: &str = "
    SELECT time, metric_name, metric_type, unit, service_name, attributes, temporality, time_unix_nano,
           start_time_unix_nano, resource_attributes, scope_name, scope_version,
           CASE WHEN flags % 2 = 1 THEN NULL ELSE coalesce(value, CAST(count AS DOUBLE)) END AS value,
           CASE WHEN flags % 2 = 1 THEN NULL ELSE metric_sketch(
               count, sum, bucket_counts, explicit_bounds, scale, zero_count, zero_threshold, positive_offset,
               positive_bucket_counts, negative_offset, negative_bucket_counts) END AS sketch
    FROM metrics
    WHERE metric_type = 'histogram' OR metric_type = 'exponential_histogram' OR (metric_type = 'sum' AND is_monotonic)";

/// What tells series apart.
const SERIES: [&str; 9] = [
    "metric_name",
    "metric_type",
    "unit",
    "temporality",
    "service_name",
    "attributes",
    "resource_attributes",
    "scope_name",
    "scope_version",
];

/// The table.
#[derive(Debug)]
pub(crate) struct MetricIncreases {
    points: LogicalPlan,
    schema: SchemaRef,
}

// === impl MetricIncreases ===

impl MetricIncreases {
    /// The table over points, the plan of [`POINTS`].
    ///
    /// # Errors
    ///
    /// When they are of another form, which is a bug.
    pub(crate) fn new(points: LogicalPlan) -> Result<Self> {
        let points = LogicalPlanBuilder::from(points).alias("points")?.build()?;
        let schema = Arc::new(increases(points.clone(), &[])?.schema().as_arrow().clone());
        Ok(Self { points, schema })
    }
}

#[async_trait]
impl TableProvider for MetricIncreases {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let filters: Vec<Expr> = filters.iter().filter_map(before_increases).collect();
        let plan = increases(self.points.clone(), &filters)?;
        let plan = match projection {
            None => plan,
            Some(columns) => {
                let named = columns.iter().map(|column| col(Column::from_name(self.schema.field(*column).name())));
                LogicalPlanBuilder::from(plan).project(named)?.build()?
            }
        };
        state.create_physical_plan(&plan).await
    }
}

/// The plan of the table over points that fit.
fn increases(points: LogicalPlan, filters: &[Expr]) -> Result<LogicalPlan> {
    let mut builder = LogicalPlanBuilder::from(points);
    for filter in filters {
        builder = builder.filter(filter.clone())?;
    }
    let call = |what: What, of: &str, name: &str| {
        let args = [of, "time_unix_nano", "start_time_unix_nano", "temporality"].map(col);
        let window = function(what).call(args.to_vec()).partition_by(SERIES.map(col).to_vec());
        let window = window.order_by(vec![col("time_unix_nano").sort(true, true)]).build()?;
        Ok::<_, datafusion::common::DataFusionError>(window.alias(name))
    };
    let added = [
        call(What::Increase, "value", "increase")?,
        call(What::Rate, "value", "rate")?,
        call(What::Sketch, "sketch", "added")?,
    ];
    let windows = added.iter().map(|expr| expr.clone().unalias());
    let builder = builder.window(windows)?;
    let shown = LINES.iter().map(|(name, _)| match *name {
        "increase" => added[0].clone(),
        "rate" => added[1].clone(),
        "sketch" => added[2].clone().unalias().alias("sketch"),
        name => col(Column::from_name(name)),
    });
    builder.project(shown)?.build()
}

/// What of a condition holds for every point that is needed; `None` for one on what is not known yet.
fn before_increases(filter: &Expr) -> Option<Expr> {
    let columns = filter.column_refs();
    if columns.iter().all(|column| SERIES.contains(&column.name.as_str())) {
        return (!filter.is_volatile()).then(|| filter.clone());
    }
    if columns.iter().any(|column| column.name != "time") {
        return None;
    }
    match filter {
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_time(left) && right.column_refs().is_empty() => {
            bound(*op, right.as_ref())
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_time(right) && left.column_refs().is_empty() => {
            bound(op.swap()?, left.as_ref())
        }
        Expr::Between(between) if !between.negated && is_time(&between.expr) => {
            Some(bound(Operator::GtEq, &between.low)?.and(bound(Operator::LtEq, &between.high)?))
        }
        _ => None,
    }
}

fn is_time(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(column) if column.name == "time")
}

/// A bound on the time of points, with room for the ones before.
fn bound(op: Operator, with: &Expr) -> Option<Expr> {
    let time = || col("time");
    let earlier = || with.clone() - lit(ScalarValue::new_interval_dt(0, (GAP_NS / 1_000_000) as i32));
    match op {
        Operator::Gt | Operator::GtEq => Some(time().gt_eq(earlier())),
        Operator::Lt => Some(time().lt(with.clone())),
        Operator::LtEq => Some(time().lt_eq(with.clone())),
        Operator::Eq => Some(time().gt_eq(earlier()).and(time().lt_eq(with.clone()))),
        _ => None,
    }
}
