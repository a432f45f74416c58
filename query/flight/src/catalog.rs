//! What can be listed: one catalog, one schema, its tables, and facts about the server.

use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};
use arrow_flight::sql::{CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables, SqlInfo};

/// The catalog of every tenant.
const CATALOG: &str = "slowburn";

/// The schema of its tables.
const SCHEMA: &str = "public";

/// What kind of tables there are.
const TABLE: &str = "TABLE";

pub(crate) fn catalogs(asked: CommandGetCatalogs) -> Result<RecordBatch, FlightError> {
    let mut builder = asked.into_builder();
    builder.append(CATALOG);
    builder.build()
}

pub(crate) fn schemas(asked: CommandGetDbSchemas) -> Result<RecordBatch, FlightError> {
    let mut builder = asked.into_builder();
    builder.append(CATALOG, SCHEMA);
    builder.build()
}

pub(crate) fn table_types(asked: CommandGetTableTypes) -> Result<RecordBatch, FlightError> {
    let mut builder = asked.into_builder();
    builder.append(TABLE);
    builder.build()
}

/// The tables given, as far as they are asked for.
pub(crate) fn tables(asked: CommandGetTables, tables: &[(String, Schema)]) -> Result<RecordBatch, FlightError> {
    let mut builder = asked.into_builder();
    for (name, schema) in tables {
        builder.append(CATALOG, SCHEMA, name, TABLE, schema)?;
    }
    builder.build()
}

/// Facts about the server.
pub(crate) fn info() -> Result<SqlInfoData, ArrowError> {
    let mut builder = SqlInfoDataBuilder::new();
    builder.append(SqlInfo::FlightSqlServerName, "slowburn");
    builder.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    builder.append(SqlInfo::FlightSqlServerArrowVersion, "59");
    builder.append(SqlInfo::FlightSqlServerReadOnly, true);
    builder.append(SqlInfo::FlightSqlServerSql, true);
    builder.append(SqlInfo::FlightSqlServerSubstrait, false);
    builder.append(SqlInfo::FlightSqlServerTransaction, 0_i32);
    builder.append(SqlInfo::FlightSqlServerCancel, false);
    builder.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    builder.build().map_err(|error| ArrowError::ExternalError(Box::new(error)))
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::{DataType, Field};

    use super::*;

    fn names(asked: CommandGetTables) -> Vec<String> {
        let schema = Schema::new(vec![Field::new("name", DataType::Utf8, true)]);
        let all = ["logs", "spans"].map(|name| (name.to_owned(), schema.clone()));
        let listed = tables(asked, &all).unwrap();
        listed.column_by_name("table_name").unwrap().as_string::<i32>().iter().flatten().map(str::to_owned).collect()
    }

    #[test]
    fn tables_are_listed_as_far_as_they_are_asked_for() {
        assert_eq!(names(CommandGetTables::default()), ["logs", "spans"]);
        let like = CommandGetTables { table_name_filter_pattern: Some("sp%".to_owned()), ..Default::default() };
        assert_eq!(names(like), ["spans"]);
        let other = CommandGetTables { catalog: Some("other".to_owned()), ..Default::default() };
        assert!(names(other).is_empty());
    }

    #[test]
    fn a_schema_comes_with_a_table_where_it_is_asked_for() {
        let asked = CommandGetTables { include_schema: true, ..Default::default() };
        let listed = tables(asked, &[("logs".to_owned(), Schema::empty())]).unwrap();
        assert!(listed.column_by_name("table_schema").is_some());
    }

    #[test]
    fn the_server_says_that_it_only_reads() {
        let read_only = SqlInfo::FlightSqlServerReadOnly as u32;
        assert_eq!(info().unwrap().record_batch([read_only]).unwrap().num_rows(), 1);
    }
}
