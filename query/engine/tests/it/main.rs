//! The engine on a store of the tests' own: Parquet files in memory, and hot rows.

mod causes;
mod cold;
mod damage;
mod dense;
mod derived;
mod edges;
mod fixture;
mod hostile;
mod increases;
mod indexes;
mod indicators;
mod judged;
mod limits;
mod meaning;
mod promql;
mod questions;
mod scans;
mod schema;
mod service_series;
mod services;
mod shop;
mod signals;
mod span_tree;
mod sql_page;
mod trace_body;
mod traces;
