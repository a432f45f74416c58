//! The tables people ask: every stored column under the name and in the form people type, and
//! the views over state.

mod columns;
pub(crate) mod exemplars;
pub(crate) mod golden_signals;
pub(crate) mod judgements;
mod logs;
mod metrics;
mod queries;
pub(crate) mod span_tree;
mod spans;
pub(crate) mod state;
pub(crate) mod trace;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::Result;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::col;
use ingest_model::{Judgement, Level, Signal, promoted};
use query_api::{ColumnHelp, TableHelp};

use crate::increase;
use crate::increase::table::METRIC_INCREASES;
use crate::sql_type::sql_type;
use columns::LogicalColumn;

/// A table's name and what it holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Described {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
}

/// Every table and view, in the order they are documented.
pub(crate) const TABLES: [Described; 18] = [
    Described { name: "spans", help: "One row a span, as it was sent; an exporter may send a span twice." },
    Described { name: "logs", help: "One row a log record, events among them." },
    Described { name: "metrics", help: "One row a metric data point, whatever its kind." },
    span_tree::SPAN_TREE,
    golden_signals::GOLDEN_SIGNALS,
    METRIC_INCREASES,
    exemplars::EXEMPLARS,
    judgements::described(Judgement::ServiceEdges),
    judgements::described(Judgement::SloSlices),
    judgements::described(Judgement::SloCorrections),
    judgements::described(Judgement::Baselines),
    judgements::described(Judgement::Anomalies),
    judgements::described(Judgement::AlertEvents),
    judgements::described(Judgement::Notifications),
    judgements::described(Judgement::Audit),
    state::SERVICES,
    state::INGEST_STATUS,
    queries::QUERIES,
];

/// The names of all tables, for messages.
pub(crate) fn names() -> String {
    TABLES.map(|table| table.name).join(", ")
}

/// Whether a table or view is called that.
pub(crate) fn is_table(name: &str) -> bool {
    TABLES.iter().any(|table| table.name == name)
}

fn columns(signal: Signal) -> Vec<LogicalColumn> {
    match signal {
        Signal::Traces => spans::columns(),
        Signal::Logs => logs::columns(),
        Signal::Metrics => metrics::columns(),
    }
}

/// The logical table of a signal over its stored one.
///
/// # Errors
///
/// When a column does not fit the stored schema, which is a bug.
pub(crate) fn table(signal: Signal, stored: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    over(signal.table(), columns(signal), stored)
}

/// The stored columns that [`counted_spans`] shows beside the logical ones, under names of their own.
pub(crate) const COUNTED: [(&str, &str); 2] =
    [("attributes_rest", "stored_rest"), ("resource_attributes_rest", "stored_resource_rest")];

/// The logical table of spans, and what is stored of attributes beside it: promoted columns as `stored_` and their name.
///
/// # Errors
///
/// As [`table`].
pub(crate) fn counted_spans(stored: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    let logical = spans::columns().into_iter().map(LogicalColumn::into_expr);
    let rests = COUNTED.map(|(column, name)| col(column).alias(name));
    let levels = [Level::Span, Level::Resource].map(promoted).into_iter().flatten();
    let promoted = levels.map(|promoted| col(promoted.column).alias(format!("stored_{}", promoted.column)));
    let all = logical.chain(rests).chain(promoted);
    let plan = LogicalPlanBuilder::scan("spans", provider_as_source(stored), None)?.project(all)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// The logical table of spans with their places.
///
/// # Errors
///
/// As [`table`].
pub(crate) fn span_tree(stored: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    over(span_tree::SPAN_TREE.name, span_tree::columns(), stored)
}

fn over(name: &str, columns: Vec<LogicalColumn>, stored: Arc<dyn TableProvider>) -> Result<Arc<dyn TableProvider>> {
    let columns = columns.into_iter().map(LogicalColumn::into_expr);
    let plan = LogicalPlanBuilder::scan(name, provider_as_source(stored), None)?.project(columns)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}

/// One line a column of a table that is no signal's.
pub(crate) fn lines(table: &str) -> &'static [(&'static str, &'static str)] {
    if let Some(kind) = judgements::kind_of(table) {
        return judgements::lines(kind);
    }
    match table {
        "golden_signals" => &golden_signals::LINES,
        "metric_increases" => &increase::table::LINES,
        "exemplars" => &exemplars::LINES,
        "queries" => &queries::LINES,
        view => state::lines(view),
    }
}

/// The help of a signal's table, whose schema is `schema`.
pub(crate) fn signal_help(signal: Signal, schema: &SchemaRef) -> TableHelp {
    let lines: Vec<_> = columns(signal).iter().map(|column| (column.name, column.help)).collect();
    table_help(signal.table(), schema, &lines)
}

/// The help of `span_tree`, whose schema is `schema`.
pub(crate) fn span_tree_help(schema: &SchemaRef) -> TableHelp {
    let lines: Vec<_> = span_tree::columns().iter().map(|column| (column.name, column.help)).collect();
    table_help(span_tree::SPAN_TREE.name, schema, &lines)
}

/// The help of a table whose columns have the given lines.
pub(crate) fn table_help(name: &str, schema: &SchemaRef, lines: &[(&str, &str)]) -> TableHelp {
    let help = TABLES.iter().find(|table| table.name == name).map_or("", |table| table.help);
    let line = |column: &str| lines.iter().find(|(name, _)| *name == column).map_or("", |(_, line)| line);
    let columns = schema.fields().iter().map(|field| ColumnHelp {
        name: field.name().clone(),
        sql_type: sql_type(field.data_type()),
        help: line(field.name()).to_owned(),
    });
    TableHelp { name: name.to_owned(), help: help.to_owned(), columns: columns.collect() }
}

#[cfg(test)]
mod tests;
