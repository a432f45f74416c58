//! What clients look into before they ask: `pg_catalog` and `information_schema`.
//!
//! Both are made of the names and types of the tenant's tables, which are all that is in this catalogue; nothing in it
//! can be read from a file or belongs to somebody else. `pg_catalog` is `datafusion-pg-catalog`'s, and so is the way
//! queries are written anew that DataFusion cannot plan; `information_schema` is ours, because DataFusion's own tells
//! types by other names than PostgreSQL.

mod format;
mod functions;
mod information;

use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider,
};
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::prelude::SessionContext;
use datafusion::sql::sqlparser::ast::{Expr, Statement, visit_expressions_mut};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion_pg_catalog::pg_catalog::context::EmptyContextProvider;
use datafusion_pg_catalog::pg_catalog::setup_pg_catalog;
use datafusion_pg_catalog::sql::PostgresCompatibilityParser;
use query_engine::Dialect;

/// The one database there is.
pub(crate) const DATABASE: &str = "slowburn";

/// The schema of the tenant's tables.
pub(crate) const PUBLIC: &str = "public";

const INFORMATION: &str = "information_schema";
const PG_CATALOG: &str = "pg_catalog";

/// Functions that answer the comment on a thing, which nothing here has. Their arguments need not be computed.
const COMMENTS: [&str; 3] = ["obj_description", "col_description", "shobj_description"];

/// Columns that tell what a constraint is of. Nothing here has one.
const CONSTRAINED: [&str; 2] = ["conkey", "confkey"];

/// Table functions of the catalogue.
const TABLE_FUNCTIONS: &[&str] = &["pg_get_keywords"];

/// The dialect of this door over these tables.
///
/// # Errors
///
/// When a table of the catalogue cannot be made, which is a bug.
pub(crate) fn dialect(mut state: SessionState, tables: &[(&'static str, SchemaRef)]) -> Result<Dialect> {
    let catalog = Arc::new(MemoryCatalogProvider::new());
    let (public, information) = (MemorySchemaProvider::new(), MemorySchemaProvider::new());
    for (name, schema) in tables {
        public.register_table((*name).to_owned(), Arc::new(EmptyTable::new(Arc::clone(schema))))?;
    }
    for (name, table) in information::tables(tables)? {
        information.register_table(name.to_owned(), table)?;
    }
    catalog.register_schema(PUBLIC, Arc::new(public))?;
    catalog.register_schema(INFORMATION, Arc::new(information))?;
    let list = MemoryCatalogProviderList::new();
    list.register_catalog(DATABASE.to_owned(), Arc::clone(&catalog) as Arc<dyn CatalogProvider>);
    state.register_catalog_list(Arc::new(list));
    let context = SessionContext::new_with_state(state);
    setup_pg_catalog(&context, DATABASE, EmptyContextProvider).map_err(|error| *error)?;
    for function in functions::all() {
        context.register_udf(function);
    }
    let schemas = [PG_CATALOG, INFORMATION].map(|name| Ok((name.to_owned(), schema(&catalog, name)?)));
    let parser = PostgresCompatibilityParser::new();
    Ok(Dialect {
        state: context.state(),
        schemas: schemas.into_iter().collect::<Result<_>>()?,
        table_functions: TABLE_FUNCTIONS,
        rewrite: Arc::new(move |query| rewrite(&parser, query)),
    })
}

fn schema(catalog: &MemoryCatalogProvider, name: &str) -> Result<Arc<dyn SchemaProvider>> {
    let missing = || DataFusionError::Internal(format!("the catalogue has no schema {name}"));
    catalog.schema(name).ok_or_else(missing)
}

/// A query that names the catalogue, as DataFusion plans it.
fn rewrite(parser: &PostgresCompatibilityParser, query: &str) -> Result<String, String> {
    // `pg_type` has the names of its functions, not their OIDs.
    let query =
        query.replace("'pg_catalog.array_in'::regproc", "'array_in'").replace("'array_in'::regproc", "'array_in'");
    let mut statements = parser.parse(&query).map_err(|error| format!("the query is no SQL: {error}"))?;
    let [statement] = &mut statements[..] else { return Err("the query is not one statement".to_owned()) };
    leave_out(statement).map_err(|error| error.to_string())?;
    let written = statement.to_string();
    // The parser puts the empty text where a client asks which schemas are searched.
    let asks_for_path = query.contains("current_setting('search_path')");
    Ok(if asks_for_path { written.replace("IN ('')", "IN ('public')") } else { written })
}

/// Leaves out what there is never anything of: comments, and columns of constraints.
fn leave_out(statement: &mut Statement) -> Result<()> {
    let expr = |text| Parser::new(&PostgreSqlDialect {}).try_with_sql(text)?.parse_expr();
    let (nothing, no) = (expr("CAST(NULL AS TEXT)")?, expr("false")?);
    let _ = visit_expressions_mut(statement, |expr| {
        if let Expr::Function(function) = expr {
            let name = function.name.to_string().to_lowercase();
            if COMMENTS.contains(&name.as_str()) {
                *expr = nothing.clone();
            } else if name == "array_contains"
                && CONSTRAINED.iter().any(|column| function.args.to_string().contains(column))
            {
                *expr = no.clone();
            }
        }
        ControlFlow::<()>::Continue(())
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_the_catalogue_are_written_anew() {
        let parser = PostgresCompatibilityParser::new();
        let written =
            rewrite(&parser, "SELECT relname FROM pg_class WHERE pg_catalog.pg_table_is_visible(oid)").unwrap();
        assert_eq!(written, "SELECT relname FROM pg_catalog.pg_class WHERE pg_table_is_visible(oid)");
        let written =
            rewrite(&parser, "SELECT pg_catalog.col_description(CAST(x AS regclass), 1) FROM pg_class").unwrap();
        assert_eq!(written, "SELECT CAST(NULL AS TEXT) FROM pg_catalog.pg_class");
        assert!(rewrite(&parser, "SELECT 1 FROM (").unwrap_err().starts_with("the query is no SQL"));
    }
}
