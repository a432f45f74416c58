//! The rows of `trace('…')` as people see them: spans and log records of one trace, side by side.

use std::sync::Arc;

use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder, lit};

use super::columns::LogicalColumn;
use super::{logs, span_tree};

/// A column, and the columns of `span_tree` and of `logs` it is.
type Told = (&'static str, Option<&'static str>, Option<&'static str>);

const COLUMNS: [Told; 27] = [
    ("time", Some("start_time"), Some("time")),
    ("end_time", Some("end_time"), None),
    ("service_name", Some("service_name"), Some("service_name")),
    ("name", Some("name"), Some("event_name")),
    ("body", None, Some("body")),
    ("duration_ns", Some("duration_ns"), None),
    ("status_code", Some("status_code"), None),
    ("status_message", Some("status_message"), None),
    ("severity_text", None, Some("severity_text")),
    ("severity_number", None, Some("severity_number")),
    ("kind", Some("kind"), None),
    ("span_id", Some("span_id"), Some("span_id")),
    ("parent_span_id", Some("parent_span_id"), None),
    ("depth", Some("depth"), None),
    ("tree_left", Some("tree_left"), None),
    ("tree_right", Some("tree_right"), None),
    ("self_time_ns", Some("self_time_ns"), None),
    ("critical_time_ns", Some("critical_time_ns"), None),
    ("is_orphan", Some("is_orphan"), None),
    ("is_skewed", Some("is_skewed"), None),
    ("attributes", Some("attributes"), Some("attributes")),
    ("events", Some("events"), None),
    ("links", Some("links"), None),
    ("resource_attributes", Some("resource_attributes"), Some("resource_attributes")),
    ("scope_name", Some("scope_name"), Some("scope_name")),
    ("time_unix_nano", Some("start_time_unix_nano"), Some("time_unix_nano")),
    ("trace_id", Some("trace_id"), Some("trace_id")),
];

/// What is known of one of the two tables.
struct Side {
    signal: &'static str,
    scan: LogicalPlan,
    columns: Vec<LogicalColumn>,
}

/// The rows of a trace, of its stored spans with their places and its stored log records.
///
/// # Errors
///
/// When a column does not fit, which is a bug.
pub(crate) fn rows(spans: Arc<dyn TableProvider>, records: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    let spans = Side::new("span", spans, span_tree::columns())?;
    let records = Side::new("log", records, logs::columns())?;
    let of_spans = COLUMNS.map(|(name, of_span, of_log)| spans.column(name, of_span, (&records, of_log)));
    let of_logs = COLUMNS.map(|(name, of_span, of_log)| records.column(name, of_log, (&spans, of_span)));
    let plan = LogicalPlanBuilder::from(spans.plan(of_spans)?).union(records.plan(of_logs)?)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

// === impl Side ===

impl Side {
    fn new(signal: &'static str, rows: Arc<dyn TableProvider>, columns: Vec<LogicalColumn>) -> Result<Self> {
        let scan = LogicalPlanBuilder::scan(format!("{signal}s_of_trace"), provider_as_source(rows), None)?.build()?;
        Ok(Self { signal, scan, columns })
    }

    fn expr(&self, name: &str) -> Result<Expr> {
        match self.columns.iter().find(|column| column.name == name) {
            Some(column) => Ok(column.expr.clone()),
            None => internal_err!("there is no column {name} of a {}", self.signal),
        }
    }

    /// The column, or NULL of the type it has on the other side.
    fn column(&self, name: &str, own: Option<&str>, (other, of_other): (&Self, Option<&str>)) -> Result<Expr> {
        let expr = match (own, of_other) {
            (Some(own), _) => self.expr(own)?,
            (None, Some(of_other)) => {
                let data_type = other.expr(of_other)?.get_type(other.scan.schema())?;
                lit(ScalarValue::try_from(&data_type)?)
            }
            (None, None) => lit(ScalarValue::Null),
        };
        Ok(expr.alias(name))
    }

    fn plan(&self, columns: [Result<Expr>; COLUMNS.len()]) -> Result<LogicalPlan> {
        let signal = lit(ScalarValue::Utf8View(Some(self.signal.to_owned()))).alias("signal");
        let columns = std::iter::once(Ok(signal)).chain(columns).collect::<Result<Vec<_>>>()?;
        LogicalPlanBuilder::from(self.scan.clone()).project(columns)?.build()
    }
}
