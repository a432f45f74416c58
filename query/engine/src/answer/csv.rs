//! RFC 4180 with a header line.

use std::io::{self, Write};

use arrow::datatypes::Schema;
use arrow::record_batch::RecordBatch;

use super::Body;
use super::cell::{Cell, cell, not_finite};

/// An answer that is being written.
#[derive(Debug)]
pub(crate) struct Csv {
    body: Body,
}

// === impl Csv ===

impl Csv {
    pub(super) fn start(mut body: Body, schema: &Schema) -> io::Result<Self> {
        for (index, field) in schema.fields().iter().enumerate() {
            separate(&mut body, index)?;
            write_text(&mut body, field.name())?;
        }
        body.write_all(b"\r\n")?;
        Ok(Self { body })
    }

    pub(super) fn body(&self) -> &Body {
        &self.body
    }

    pub(super) fn push(&mut self, batch: &RecordBatch) -> io::Result<()> {
        for row in 0..batch.num_rows() {
            for (index, column) in batch.columns().iter().enumerate() {
                separate(&mut self.body, index)?;
                write_cell(&mut self.body, &cell(column.as_ref(), row))?;
            }
            self.body.write_all(b"\r\n")?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Body {
        self.body
    }
}

fn separate(body: &mut Body, index: usize) -> io::Result<()> {
    if index > 0 { body.write_all(b",") } else { Ok(()) }
}

fn write_cell(body: &mut Body, cell: &Cell<'_>) -> io::Result<()> {
    match cell {
        Cell::Null => Ok(()),
        Cell::Text(text) => write_text(body, text),
        Cell::Single(value) if !value.is_finite() => body.write_all(not_finite(f64::from(*value)).as_bytes()),
        Cell::Double(value) if !value.is_finite() => body.write_all(not_finite(*value).as_bytes()),
        Cell::List(_) | Cell::Object(..) => {
            let mut json = Vec::new();
            cell.write_json(&mut json)?;
            quote(body, &String::from_utf8_lossy(&json))
        }
        _ => cell.write_json(body),
    }
}

/// An empty text is quoted, which sets it apart from NULL.
fn write_text(body: &mut Body, text: &str) -> io::Result<()> {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { &format!("'{text}") } else { text };
    if text.is_empty() || text.contains(['"', ',', '\r', '\n']) {
        quote(body, text)
    } else {
        body.write_all(text.as_bytes())
    }
}

fn quote(body: &mut Body, text: &str) -> io::Result<()> {
    write!(body, "\"{}\"", text.replace('"', "\"\""))
}
