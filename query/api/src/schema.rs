//! `GET /api/v1/schema`: what can be asked.

use serde::{Deserialize, Serialize};

/// Every table and function SQL may name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Tables and views, in the order they are documented.
    pub tables: Vec<TableHelp>,
    /// Functions of our own and the JSON functions; the SQL standard's are not listed.
    pub functions: Vec<FunctionHelp>,
}

/// A table or view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHelp {
    /// Its name in SQL.
    pub name: String,
    /// One line.
    pub help: String,
    /// Its columns, in order.
    pub columns: Vec<ColumnHelp>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnHelp {
    /// Its name in SQL.
    pub name: String,
    /// Its SQL type, such as `BIGINT` or `VARCHAR`.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// One line; empty where the name says it.
    #[serde(default)]
    pub help: String,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionHelp {
    /// How it is called, such as `json_get(json, key)`.
    pub call: String,
    /// One line.
    pub help: String,
}
