//! `query_api::SqlAnswer`, written without building it.

use std::io::{self, Write};

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;
use query_api::{Column, SqlStats};

use super::{Body, cell::cell};
use crate::sql_type::sql_type;

/// An answer that is being written.
#[derive(Debug)]
pub(crate) struct Json {
    body: Body,
    rows: usize,
}

// === impl Json ===

impl Json {
    pub(super) fn start(mut body: Body, schema: &Schema) -> io::Result<Self> {
        let columns = schema.fields().iter();
        let columns = columns.map(|field| Column { name: field.name().clone(), sql_type: sql_type(field.data_type()) });
        body.write_all(b"{\"columns\":")?;
        serde_json::to_writer(&mut body, &columns.collect::<Vec<_>>())?;
        body.write_all(b",\"rows\":[")?;
        Ok(Self { body, rows: 0 })
    }

    pub(super) fn body(&self) -> &Body {
        &self.body
    }

    pub(super) fn push(&mut self, batch: &RecordBatch) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            self.body.write_all(if self.rows == 0 { b"[" } else { b",\n[" })?;
            for (index, column) in batch.columns().iter().enumerate() {
                if index > 0 {
                    self.body.write_all(b",")?;
                }
                cell(column.as_ref(), row).write_json(&mut self.body)?;
            }
            self.body.write_all(b"]")?;
            self.rows += 1;
        }
        Ok(())
    }

    pub(super) fn finish(self, truncated: bool, left_out: &[String], stats: SqlStats) -> io::Result<Body> {
        let mut body = self.body.unbounded();
        finish(&mut body, truncated, left_out, stats)?;
        Ok(body)
    }
}

/// What follows the last row.
pub(super) fn finish(body: &mut impl Write, truncated: bool, left_out: &[String], stats: SqlStats) -> io::Result<()> {
    write!(body, "],\"truncated\":{truncated},\"damaged_files\":")?;
    serde_json::to_writer(&mut *body, left_out)?;
    write!(body, ",\"stats\":")?;
    serde_json::to_writer(&mut *body, &stats)?;
    body.write_all(b"}\n")
}
