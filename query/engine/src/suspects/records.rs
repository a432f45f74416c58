//! Log records of a window.

use std::sync::Arc;

use ingest_model::Nanos;
use query_cause::SeenRecord;

use super::{Ends, RECORDS, Texts};
use crate::error::QueryError;
use crate::failure::{SERVICE, micros};
use crate::read::{self, Columns};
use crate::session::Session;

/// OTel's lowest severity number of an error.
const ERROR: i64 = 17;

/// A log record as it is compared.
#[derive(Debug)]
pub(super) struct Record {
    trace: u128,
    span: u64,
    service: Arc<str>,
    time_ns: i64,
    severity: u8,
    exception: bool,
    text: Arc<str>,
}

// === impl Record ===

impl Record {
    pub(super) fn seen(&self) -> SeenRecord<'_> {
        SeenRecord {
            trace: self.trace,
            span: self.span,
            service: &self.service,
            time_ns: self.time_ns,
            severity: self.severity,
            exception: self.exception,
            text: &self.text,
        }
    }
}

/// The records of some traces, and errors without a trace, from one time to another.
pub(super) async fn read(
    session: &Session,
    (from, to): (Nanos, Nanos),
    ends: Ends,
    texts: &mut Texts,
) -> Result<Vec<Record>, QueryError> {
    let exception = "(attr_exception_type IS NOT NULL OR attributes_rest ->> 'exception.message' IS NOT NULL)";
    let query = format!(
        "SELECT trace_id, span_id, {SERVICE} AS service, CAST(time AS BIGINT) * 1000 + greatest(time_nanos, 0) AS time_ns,
                severity_number, {exception} AS exception, coalesce(body, '') AS body
         FROM stored.logs
         WHERE time >= $1 AND time < $2
           AND CASE WHEN trace_id IS NULL THEN severity_number >= {ERROR} OR {exception} ELSE {} END
         LIMIT {RECORDS}",
        ends.condition()
    );
    let mut records = Vec::new();
    read::each(session, &query, [from, to].map(micros).to_vec(), |batch| {
        let columns = Columns::new(&batch);
        records.extend((0..batch.num_rows()).map(|row| record(&columns, row, texts)));
        Ok(())
    })
    .await?;
    Ok(records)
}

fn record(columns: &Columns<'_>, row: usize, texts: &mut Texts) -> Record {
    let (trace, span) = (columns.bytes("trace_id", row).try_into(), columns.bytes("span_id", row).try_into());
    Record {
        trace: trace.map_or(0, u128::from_be_bytes),
        span: span.map_or(0, u64::from_be_bytes),
        service: texts.of(&columns.text("service", row)),
        time_ns: columns.int("time_ns", row),
        severity: u8::try_from(columns.int("severity_number", row)).unwrap_or_default(),
        exception: columns.boolean("exception", row),
        text: texts.of(&columns.text("body", row)),
    }
}
