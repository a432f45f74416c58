//! Which services are to blame: single spans, log records and readings of both windows, compared by `query-cause`.
//!
//! Bounds: of each window [`SPANS`] spans and [`RECORDS`] log records are looked at. Where there are more, whole traces are
//! left out, always the same ones (by the last byte of their ids, which is random where ids are).

mod readings;
mod records;
mod spans;

use std::collections::HashSet;
use std::sync::Arc;

use ingest_model::{Nanos, Signal};
use query_cause::{Seen, Suspects};

use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::{Session, Sessions};
use crate::windows::Windows;
use records::Record;
use spans::Span;

/// Spans of a window that are looked at, about.
const SPANS: u64 = 200_000;

/// Log records of a window that are looked at.
const RECORDS: usize = 200_000;

/// What was seen in a window.
#[derive(Debug, Default)]
struct Window {
    spans: Vec<Span>,
    records: Vec<Record>,
}

/// Texts of which each is kept once.
#[derive(Debug, Default)]
struct Texts(HashSet<Arc<str>>);

/// Which traces are looked at: those whose id ends below this, of 256 ends.
#[derive(Debug, Clone, Copy)]
struct Ends(u64);

// === impl Texts ===

impl Texts {
    fn of(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(text);
        self.0.insert(Arc::clone(&new));
        new
    }
}

// === impl Ends ===

impl Ends {
    /// So many that about [`SPANS`] of `spans` are left.
    fn of(spans: u64) -> Self {
        Self(if spans <= SPANS { 256 } else { (256 * SPANS / spans).max(1) })
    }

    /// The condition on a row with a trace id.
    fn condition(self) -> String {
        match self.0 {
            256.. => "true".to_owned(),
            ends => format!("right(encode(trace_id, 'hex'), 2) < '{ends:02x}'"),
        }
    }
}

// === impl Window ===

impl Window {
    async fn read(session: &Session, from: Nanos, to: Nanos) -> Result<Self, QueryError> {
        let mut texts = Texts::default();
        let ends = Ends::of(spans_of(session, from, to).await?);
        let spans = spans::read(session, (from, to), ends, &mut texts).await?;
        let records = records::read(session, (from, to), ends, &mut texts).await?;
        Ok(Self { spans, records })
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            spans: self.spans.iter().map(Span::seen).collect(),
            records: self.records.iter().map(Record::seen).collect(),
        }
    }
}

/// Ranks the services, most suspicious first.
///
/// # Errors
///
/// `ResourceLimit` when there is more than fits into memory.
pub(crate) async fn suspects(sessions: &Sessions, windows: &Windows) -> Result<Suspects, QueryError> {
    of_session(&sessions.open()?, windows).await
}

/// The same in a session.
///
/// # Errors
///
/// As [`suspects`].
pub(crate) async fn of_session(session: &Session, windows: &Windows) -> Result<Suspects, QueryError> {
    for signal in Signal::ALL {
        session.provide(signal.table()).await?;
    }
    let baseline = Window::read(session, windows.baseline_from, windows.baseline_to).await?;
    let fault = Window::read(session, windows.from, windows.to).await?;
    let resources = readings::read(session, windows).await?;
    // It computes and does not wait, so others of the engine's work go to another thread meanwhile.
    Ok(tokio::task::block_in_place(|| query_cause::suspects(&baseline.seen(), &fault.seen(), &resources)))
}

async fn spans_of(session: &Session, from: Nanos, to: Nanos) -> Result<u64, QueryError> {
    let query = "SELECT count(*) AS spans FROM stored.spans WHERE start_time >= $1 AND start_time < $2";
    let batches = read::rows(session, query, [from, to].map(micros).to_vec(), 1).await?;
    Ok(batches.first().map_or(0, |batch| Columns::new(batch).int("spans", 0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_are_more_spans_than_are_looked_at_whole_traces_are_left_out() {
        assert_eq!(Ends::of(SPANS).condition(), "true");
        assert_eq!(Ends::of(2 * SPANS).condition(), "right(encode(trace_id, 'hex'), 2) < '80'");
        assert_eq!(Ends::of(u64::MAX / 256).condition(), "right(encode(trace_id, 'hex'), 2) < '01'");
    }
}
