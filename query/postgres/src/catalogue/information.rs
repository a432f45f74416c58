//! `information_schema`, as far as clients ask it (PostgreSQL 16, chapter 37).

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use arrow_pg::datatypes::into_pg_type;
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::Result;
use pgwire::api::Type;

use super::{DATABASE, INFORMATION, PG_CATALOG, PUBLIC};

type Named = (&'static str, Arc<dyn TableProvider>);

/// Views of which there is never a row, and their columns.
const EMPTY: [(&str, &[&str]); 9] = [
    ("views", &["table_catalog", "table_schema", "table_name", "view_definition", "check_option", "is_updatable"]),
    (
        "table_constraints",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "constraint_type",
            "is_deferrable",
            "initially_deferred",
        ],
    ),
    (
        "key_column_usage",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "position_in_unique_constraint",
        ],
    ),
    (
        "referential_constraints",
        &[
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
            "unique_constraint_catalog",
            "unique_constraint_schema",
            "unique_constraint_name",
            "match_option",
            "update_rule",
            "delete_rule",
        ],
    ),
    (
        "constraint_column_usage",
        &[
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "constraint_catalog",
            "constraint_schema",
            "constraint_name",
        ],
    ),
    ("check_constraints", &["constraint_catalog", "constraint_schema", "constraint_name", "check_clause"]),
    (
        "routines",
        &[
            "specific_catalog",
            "specific_schema",
            "specific_name",
            "routine_schema",
            "routine_name",
            "routine_type",
            "data_type",
        ],
    ),
    ("sequences", &["sequence_catalog", "sequence_schema", "sequence_name", "data_type"]),
    ("triggers", &["trigger_catalog", "trigger_schema", "trigger_name", "event_object_schema", "event_object_table"]),
];

/// One row of `columns`.
struct Column<'a> {
    table: &'a str,
    name: &'a str,
    position: i32,
    is_nullable: bool,
    of: Type,
}

/// Every view of the schema.
///
/// # Errors
///
/// When rows do not fit their columns, which is a bug.
pub(super) fn tables(tables: &[(&'static str, SchemaRef)]) -> Result<Vec<Named>> {
    let mut all = vec![("schemata", schemata()?), ("tables", list(tables)?), ("columns", columns(tables)?)];
    for (name, columns) in EMPTY {
        let fields = columns.iter().map(|column| Field::new(*column, DataType::Utf8, true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        all.push((name, Arc::new(EmptyTable::new(schema))));
    }
    Ok(all)
}

fn table(columns: Vec<(&str, ArrayRef)>) -> Result<Arc<dyn TableProvider>> {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns)?;
    Ok(Arc::new(MemTable::try_new(batch.schema(), vec![vec![batch]])?))
}

fn texts<'a>(texts: impl IntoIterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(texts.into_iter().collect::<StringArray>())
}

fn same(text: Option<&str>, count: usize) -> ArrayRef {
    texts(std::iter::repeat_n(text, count))
}

fn schemata() -> Result<Arc<dyn TableProvider>> {
    let names = [PUBLIC, PG_CATALOG, INFORMATION];
    table(vec![
        ("catalog_name", same(Some(DATABASE), names.len())),
        ("schema_name", texts(names.map(Some))),
        ("schema_owner", same(Some("postgres"), names.len())),
        ("default_character_set_catalog", same(None, names.len())),
        ("default_character_set_schema", same(None, names.len())),
        ("default_character_set_name", same(None, names.len())),
        ("sql_path", same(None, names.len())),
    ])
}

fn list(tables: &[(&'static str, SchemaRef)]) -> Result<Arc<dyn TableProvider>> {
    let count = tables.len();
    table(vec![
        ("table_catalog", same(Some(DATABASE), count)),
        ("table_schema", same(Some(PUBLIC), count)),
        ("table_name", texts(tables.iter().map(|(name, _)| Some(*name)))),
        ("table_type", same(Some("BASE TABLE"), count)),
        ("self_referencing_column_name", same(None, count)),
        ("reference_generation", same(None, count)),
        ("user_defined_type_catalog", same(None, count)),
        ("user_defined_type_schema", same(None, count)),
        ("user_defined_type_name", same(None, count)),
        ("is_insertable_into", same(Some("NO"), count)),
        ("is_typed", same(Some("NO"), count)),
        ("commit_action", same(None, count)),
    ])
}

fn columns(tables: &[(&'static str, SchemaRef)]) -> Result<Arc<dyn TableProvider>> {
    let rows: Vec<Column<'_>> = tables.iter().flat_map(|(name, schema)| of_table(name, schema)).collect();
    let count = rows.len();
    let text = |text: fn(&Column<'_>) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(text)))
    };
    let number = |number: fn(&Column<'_>) -> Option<i32>| -> ArrayRef {
        Arc::new(rows.iter().map(number).collect::<Int32Array>())
    };
    table(vec![
        ("table_catalog", same(Some(DATABASE), count)),
        ("table_schema", same(Some(PUBLIC), count)),
        ("table_name", text(|row| row.table.to_owned())),
        ("column_name", text(|row| row.name.to_owned())),
        ("ordinal_position", number(|row| Some(row.position))),
        ("column_default", same(None, count)),
        ("is_nullable", text(|row| if row.is_nullable { "YES" } else { "NO" }.to_owned())),
        ("data_type", text(|row| data_type(&row.of))),
        ("character_maximum_length", number(|_| None)),
        ("character_octet_length", number(|_| None)),
        ("numeric_precision", number(|row| numeric(&row.of).map(|(bits, _)| bits))),
        ("numeric_precision_radix", number(|row| numeric(&row.of).map(|_| 2))),
        ("numeric_scale", number(|row| numeric(&row.of).and_then(|(_, scale)| scale))),
        ("datetime_precision", number(|row| (row.of == Type::TIMESTAMPTZ).then_some(6))),
        ("interval_type", same(None, count)),
        ("collation_name", same(None, count)),
        ("domain_name", same(None, count)),
        ("udt_catalog", same(Some(DATABASE), count)),
        ("udt_schema", same(Some(PG_CATALOG), count)),
        ("udt_name", text(|row| row.of.name().to_owned())),
        ("is_self_referencing", same(Some("NO"), count)),
        ("is_identity", same(Some("NO"), count)),
        ("identity_generation", same(None, count)),
        ("is_generated", same(Some("NEVER"), count)),
        ("generation_expression", same(None, count)),
        ("is_updatable", same(Some("NO"), count)),
    ])
}

fn of_table<'a>(table: &'a str, schema: &'a Schema) -> impl Iterator<Item = Column<'a>> {
    schema.fields().iter().zip(1..).map(move |(field, position)| Column {
        table,
        name: field.name(),
        position,
        is_nullable: field.is_nullable(),
        of: into_pg_type(field.data_type()).unwrap_or(Type::TEXT),
    })
}

/// What the standard calls a type.
fn data_type(of: &Type) -> String {
    match *of {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::TIMESTAMP => "timestamp without time zone",
        Type::TIMESTAMPTZ => "timestamp with time zone",
        ref other if other.name().starts_with('_') => "ARRAY",
        ref other => other.name(),
    }
    .to_owned()
}

/// Bits of a number and, of a whole one, the digits behind its point.
fn numeric(of: &Type) -> Option<(i32, Option<i32>)> {
    match *of {
        Type::INT2 => Some((16, Some(0))),
        Type::INT4 => Some((32, Some(0))),
        Type::INT8 => Some((64, Some(0))),
        Type::FLOAT4 => Some((24, None)),
        Type::FLOAT8 => Some((53, None)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_the_names_of_the_standard() {
        for (of, wanted) in [
            (Type::TIMESTAMPTZ, "timestamp with time zone"),
            (Type::INT8, "bigint"),
            (Type::FLOAT8, "double precision"),
            (Type::TEXT, "text"),
            (Type::FLOAT8_ARRAY, "ARRAY"),
        ] {
            assert_eq!(data_type(&of), wanted);
        }
    }
}
