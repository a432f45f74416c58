//! How a logical column is made, and the columns all signals share.

use arrow::datatypes::DataType;
use datafusion::logical_expr::Expr;
use datafusion::prelude::{cast, col, lit};
use ingest_model::{Level, Nanos};

use crate::{attributes, hex_id};

/// A column people see.
#[derive(Debug)]
pub(crate) struct LogicalColumn {
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    /// How it is made of stored columns.
    pub(crate) expr: Expr,
}

// === impl LogicalColumn ===

impl LogicalColumn {
    /// The named expression. A stored column keeps its own name without an alias: below an alias
    /// of the same name, the optimizer takes the two for different columns.
    pub(super) fn into_expr(self) -> Expr {
        match self.expr {
            Expr::Column(_) => self.expr,
            expr => expr.alias(self.name),
        }
    }
}

/// A stored column as it stands.
pub(super) fn stored(name: &'static str, help: &'static str) -> LogicalColumn {
    made(name, help, col(name))
}

/// A stored binary id as hex.
pub(super) fn hex(name: &'static str, help: &'static str) -> LogicalColumn {
    made(name, help, hex_id::call(name))
}

pub(super) fn made(name: &'static str, help: &'static str, expr: Expr) -> LogicalColumn {
    LogicalColumn { name, help, expr }
}

/// A time in nanoseconds, of the column of its microseconds and of what is past them.
pub(super) fn nanos(micros: &str, past: &str) -> Expr {
    whole_micros(micros) + col(past)
}

/// A time in microseconds, in nanoseconds.
pub(super) fn whole_micros(micros: &str) -> Expr {
    cast(col(micros), DataType::Int64) * lit(Nanos::PER_MICRO)
}

/// The whole attributes of a signal's own level.
pub(super) fn attributes(level: Level, help: &'static str) -> LogicalColumn {
    made("attributes", help, attributes::whole(level, "attributes_rest"))
}

/// What the service is called; near the front of every table.
pub(super) fn service_name() -> LogicalColumn {
    stored("service_name", "service.name of the resource; also in resource_attributes.")
}

/// Where a row comes from; the end of every table.
pub(super) fn origin() -> Vec<LogicalColumn> {
    let resource = attributes::whole(Level::Resource, "resource_attributes_rest");
    vec![
        made("resource_attributes", "JSON object of all resource attributes; ask with ->> 'host.name'.", resource),
        stored("resource_dropped_attributes_count", "Resource attributes the sender dropped."),
        stored("resource_schema_url", "The schema the resource attributes follow."),
        stored("resource_entity_refs", "JSON array of the entities the resource names."),
        stored("scope_name", "The instrumentation library's name."),
        stored("scope_version", "The instrumentation library's version."),
        made("scope_attributes", "JSON object of the scope's attributes.", attributes::plain("scope_attributes")),
        stored("scope_dropped_attributes_count", "Scope attributes the sender dropped."),
        stored("scope_schema_url", "The schema the scope and its items follow."),
    ]
}
