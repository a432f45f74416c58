//! The stored tables: columns, sort orders and which columns carry Bloom filters.
//!
//! Strings are `Utf8View` and ids `BinaryView` in memory, so that a resource shared by a thousand
//! rows is held once; in Parquet and in the Delta log they are plain strings and binaries. There
//! are no unsigned integers, because Delta has none. `docs/formats/tables.md` gives the meaning of
//! every column.

mod golden_signals;
mod judgements;
mod logs;
mod metrics;
mod spans;

use std::sync::{Arc, LazyLock};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use ingest_model::{Level, Promoted, PromotedKind, Signal, promoted};

pub use judgements::judgement;

/// Everything the store knows about a table.
#[derive(Debug, Clone)]
pub struct TableSpec {
    /// The table's name: its folder below the tenant, and its name in SQL.
    pub name: &'static str,
    /// The stored columns.
    pub schema: SchemaRef,
    /// The microsecond timestamp column that places a row in a `date` partition and a window.
    pub time_column: &'static str,
    /// The columns a file is sorted by, ascending, nulls first.
    pub sort: &'static [&'static str],
    /// The columns with a Bloom filter in every row group.
    pub bloom: &'static [&'static str],
    /// Whether the rows of a sort key come at random moments: then differences of their times are no smaller than what
    /// compression makes of the times. Rows of every minute or every scrape are regular.
    pub irregular: bool,
}

/// The table of a signal's rows.
#[must_use]
pub fn table(signal: Signal) -> &'static TableSpec {
    static SPANS: LazyLock<TableSpec> = LazyLock::new(spans::spec);
    static LOGS: LazyLock<TableSpec> = LazyLock::new(logs::spec);
    static METRICS: LazyLock<TableSpec> = LazyLock::new(metrics::spec);
    match signal {
        Signal::Traces => &SPANS,
        Signal::Logs => &LOGS,
        Signal::Metrics => &METRICS,
    }
}

/// The table of golden signals, which is derived from spans.
#[must_use]
pub fn golden_signals() -> &'static TableSpec {
    static GOLDEN_SIGNALS: LazyLock<TableSpec> = LazyLock::new(golden_signals::spec);
    &GOLDEN_SIGNALS
}

/// The name of the Delta partition column, `YYYY-MM-DD` in UTC. It is no column of the files.
pub const PARTITION: &str = "date";

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8View, true)
}

fn id(name: &str) -> Field {
    Field::new(name, DataType::BinaryView, true)
}

fn int(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn double(name: &str) -> Field {
    Field::new(name, DataType::Float64, true)
}

fn boolean(name: &str) -> Field {
    Field::new(name, DataType::Boolean, true)
}

fn list(name: &str, element: DataType) -> Field {
    Field::new(name, DataType::List(element_field(element)), true)
}

/// The element field of a stored list; builders must use the same one.
#[must_use]
pub fn element_field(element: DataType) -> Arc<Field> {
    Arc::new(Field::new("element", element, true))
}

fn micros(name: &str) -> Field {
    let utc: Arc<str> = Arc::from("UTC");
    Field::new(name, DataType::Timestamp(TimeUnit::Microsecond, Some(utc)), false)
}

fn promoted_field(promoted: &Promoted) -> Field {
    match promoted.kind {
        PromotedKind::Text => text(promoted.column),
        PromotedKind::Int => int(promoted.column),
    }
}

fn attributes(level: Level, rest: &str, dropped: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = promoted(level).iter().map(promoted_field).collect();
    fields.extend([text(rest), int(dropped)]);
    fields
}

/// The columns that say where a row comes from; every telemetry table ends with them.
fn origin() -> Vec<Field> {
    let mut fields = attributes(Level::Resource, "resource_attributes_rest", "resource_dropped_attributes_count");
    fields.extend([
        text("resource_schema_url"),
        text("resource_entity_refs"),
        text("scope_name"),
        text("scope_version"),
        text("scope_attributes"),
        int("scope_dropped_attributes_count"),
        text("scope_schema_url"),
    ]);
    fields
}

fn schema(parts: [Vec<Field>; 3]) -> SchemaRef {
    Arc::new(Schema::new(parts.into_iter().flatten().collect::<Vec<_>>()))
}
