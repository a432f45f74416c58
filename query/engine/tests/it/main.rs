//! The engine on a store of the tests' own: Parquet files in memory, and hot rows.

mod causes;
mod cold;
mod damage;
mod dense;
mod edges;
mod fixture;
mod hostile;
mod indexes;
mod limits;
mod meaning;
mod promql;
mod scans;
mod schema;
mod service_series;
mod services;
mod shop;
mod signals;
mod traces;
