//! A trace as JSON, piece by piece: the fields of `query_api::Trace`, those first that others point to by index.

use bytes::Bytes;
use serde::Serialize;

use super::whole::WholeTrace;
use crate::error::QueryError;

/// A piece ends with the span, or whatever it is, that makes it as long as this. Some hundred spans; small traces are one.
const PIECE_BYTES: usize = 128 << 10;

/// Bytes that most traces need.
const FEW_BYTES: usize = 16 << 10;

/// What is left to be told of a trace.
#[derive(Debug)]
pub(crate) struct Pieces {
    trace: WholeTrace,
    /// The list that is being told, or none before the first.
    list: Option<List>,
    /// Which of it is next.
    next: usize,
}

/// The lists of a trace, in the order they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Spans,
    Logs,
    Resources,
    Scopes,
    CriticalPath,
    /// All were told.
    Over,
}

// === impl List ===

impl List {
    const fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Logs => "logs",
            Self::Resources => "resources",
            Self::Scopes => "scopes",
            Self::CriticalPath => "critical_path",
            Self::Over => "",
        }
    }

    const fn following(self) -> Self {
        match self {
            Self::Spans => Self::Logs,
            Self::Logs => Self::Resources,
            Self::Resources => Self::Scopes,
            Self::Scopes => Self::CriticalPath,
            Self::CriticalPath | Self::Over => Self::Over,
        }
    }
}

// === impl Pieces ===

impl Pieces {
    pub(super) const fn new(trace: WholeTrace) -> Self {
        Self { trace, list: None, next: 0 }
    }

    /// Whether the last piece was told.
    pub(crate) fn is_over(&self) -> bool {
        self.list == Some(List::Over)
    }

    /// The next piece; empty when there is none.
    ///
    /// # Errors
    ///
    /// When something of the trace has no JSON, which is a bug.
    pub(crate) fn next_piece(&mut self) -> Result<Bytes, QueryError> {
        let room = if self.list.is_none() { FEW_BYTES } else { PIECE_BYTES + FEW_BYTES };
        let mut piece = Vec::with_capacity(room);
        self.write(&mut piece).map_err(|error| QueryError::internal(&error))?;
        Ok(Bytes::from(piece))
    }

    fn write(&mut self, piece: &mut Vec<u8>) -> serde_json::Result<()> {
        if self.list.is_none() {
            self.begin(piece)?;
        }
        while let Some(list) = self.list.filter(|list| *list != List::Over && piece.len() < PIECE_BYTES) {
            let end = piece.len();
            if self.next > 0 {
                piece.push(b',');
            }
            if self.element(list, piece)? {
                self.next += 1;
                continue;
            }
            // The comma was one too many.
            piece.truncate(end);
            piece.push(b']');
            self.enter(list.following(), piece)?;
        }
        Ok(())
    }

    /// Writes what comes before the lists.
    fn begin(&mut self, piece: &mut Vec<u8>) -> serde_json::Result<()> {
        piece.extend_from_slice(b"{\"trace_id\":");
        serde_json::to_writer(&mut *piece, &self.trace.id())?;
        let (start, end) = self.trace.range;
        member(piece, "start_time_unix_nano", &start)?;
        member(piece, "end_time_unix_nano", &end)?;
        self.enter(List::Spans, piece)
    }

    /// Opens a list, or ends the trace after the last.
    fn enter(&mut self, list: List, piece: &mut Vec<u8>) -> serde_json::Result<()> {
        (self.list, self.next) = (Some(list), 0);
        if list == List::Over {
            return self.end(piece);
        }
        name(piece, list.name());
        piece.push(b'[');
        Ok(())
    }

    /// Writes what comes after the lists.
    fn end(&self, piece: &mut Vec<u8>) -> serde_json::Result<()> {
        let (spans, logs) = self.trace.repeated();
        member(piece, "repeated_spans", &spans)?;
        member(piece, "repeated_logs", &logs)?;
        member(piece, "damaged_files", &self.trace.damaged_files)?;
        member(piece, "stats", &self.trace.stats)?;
        piece.push(b'}');
        Ok(())
    }

    /// Writes the next element of a list; whether there is one.
    fn element(&self, list: List, piece: &mut Vec<u8>) -> serde_json::Result<bool> {
        let next = self.next;
        match list {
            List::Spans => written(self.trace.span(next).as_ref(), piece),
            List::Logs => written(self.trace.log(next).as_ref(), piece),
            List::Resources => written(self.trace.resource(next).as_ref(), piece),
            List::Scopes => written(self.trace.scope(next).as_ref(), piece),
            List::CriticalPath => written(self.trace.path.get(next), piece),
            List::Over => Ok(false),
        }
    }
}

fn written(element: Option<&impl Serialize>, piece: &mut Vec<u8>) -> serde_json::Result<bool> {
    element.map(|element| serde_json::to_writer(piece, element)).transpose().map(|written| written.is_some())
}

/// Writes a further member of the trace.
fn member(piece: &mut Vec<u8>, of: &str, value: &impl Serialize) -> serde_json::Result<()> {
    name(piece, of);
    serde_json::to_writer(piece, value)
}

fn name(piece: &mut Vec<u8>, name: &str) {
    piece.extend_from_slice(b",\"");
    piece.extend_from_slice(name.as_bytes());
    piece.extend_from_slice(b"\":");
}
