//! Why a question has no answer, in words for the one who asked.

use std::time::Duration;

use arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use query_api::{ErrorBody, ErrorKind};

/// A question without an answer. The text names the input and never a path or a thread of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    kind: ErrorKind,
    message: String,
    hint: String,
}

/// What is said where the cause is ours and only the log tells more.
const OURS: &str = "the question could not be answered because of a fault inside slowburn";

/// How it begins where a row is too heavy to be copied.
pub(crate) const HEAVY: &str = "a row of";

// === impl QueryError ===

impl QueryError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: hint.into() }
    }

    /// A question that must be corrected.
    pub(crate) fn bad(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadRequest, message, hint)
    }

    /// A fault of ours: the cause goes to the log, not to the one who asked.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a question failed");
        Self::new(ErrorKind::Internal, OURS, "try again; the server's log says what failed")
    }

    /// A question that panicked, which is a fault, but for one way in which the engine runs out of memory.
    pub(crate) fn panicked(panic: &dyn std::fmt::Display) -> Self {
        if panic.to_string().contains(OUT_OF_MEMORY_ELSEWHERE) { exhausted() } else { Self::internal(panic) }
    }

    /// Whether it is the same error.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self == other
    }

    /// The same, told for the whole time a question had, of which a part may have passed before it was asked again.
    pub(crate) fn within(self, limit: Duration) -> Self {
        if self.kind == ErrorKind::Timeout { Self::timed_out(limit) } else { self }
    }

    /// A question that took too long.
    pub(crate) fn timed_out(limit: Duration) -> Self {
        Self::new(
            ErrorKind::Timeout,
            format!("the question took longer than its limit of {} ms", limit.as_millis()),
            "narrow the time range, or allow more time: timeout_ms of the question up to question_seconds of the limits file",
        )
    }

    /// Whether a damaged file may be the cause: a question that is merely wrong does not make one
    /// look for it.
    pub(crate) fn may_be_damage(&self) -> bool {
        self.kind == ErrorKind::Internal || self.message.contains("arquet")
    }

    /// What the asker should do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The body every door of the API answers.
    #[must_use]
    pub fn into_body(self) -> ErrorBody {
        ErrorBody { kind: self.kind, message: self.message, hint: self.hint }
    }
}

/// What a repartitioning of the 55.2 line panics with when it is asked for a part after it could not get memory for another.
const OUT_OF_MEMORY_ELSEWHERE: &str = "partition not used yet";

// === impl From ===

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::SQL(parse, _) => Self::bad(format!("the query is no SQL: {parse}"), ""),
            DataFusionError::SchemaError(schema, _) => from_schema(schema),
            DataFusionError::Plan(text) if text.starts_with("Plan: [") => unplanned(text),
            DataFusionError::Plan(text) | DataFusionError::Configuration(text) | DataFusionError::Execution(text) => {
                from_text(text)
            }
            DataFusionError::NotImplemented(text) => Self::bad(first_line(text), "ask without this part of SQL"),
            DataFusionError::ArrowError(arrow, _) => from_arrow(arrow),
            DataFusionError::ResourcesExhausted(text) if text.starts_with(HEAVY) => Self::new(
                ErrorKind::ResourceLimit,
                first_line(text),
                "select fewer columns, or shorten texts, such as left(body, 1000)",
            ),
            DataFusionError::ResourcesExhausted(text) if text.contains("disk space") => spilled(),
            DataFusionError::ResourcesExhausted(_) => exhausted(),
            _ => Self::internal(&error.strip_backtrace()),
        }
    }
}

impl From<QueryError> for DataFusionError {
    fn from(error: QueryError) -> Self {
        match error.kind {
            ErrorKind::ResourceLimit => Self::ResourcesExhausted(error.message),
            ErrorKind::BadRequest => Self::Plan(error.message),
            _ => Self::External(Box::new(error)),
        }
    }
}

impl From<ArrowError> for QueryError {
    fn from(error: ArrowError) -> Self {
        from_arrow(&error)
    }
}

/// The engine contradicts itself about a plan, which its text shows whole, with files.
fn unplanned(text: &str) -> QueryError {
    tracing::warn!(cause = text, "a question could not be planned");
    let hint = "compute what PARTITION BY and ORDER BY of a window name in a subquery first";
    QueryError::bad("this question cannot be planned", hint)
}

/// More memory is asked for than there is; [`crate::asked::Asked::explain`] says whose limit it is.
pub(crate) fn exhausted() -> QueryError {
    QueryError::new(
        ErrorKind::ResourceLimit,
        "the question needs more memory than it may use",
        "narrow the time range, select fewer columns, or group by fewer values",
    )
}

/// More is spilled than may be.
pub(crate) fn spilled() -> QueryError {
    QueryError::new(
        ErrorKind::ResourceLimit,
        "the question spills more to disk than it may",
        "narrow the time range, select fewer columns, or group by fewer values",
    )
}

fn from_schema(error: &SchemaError) -> QueryError {
    from_text(&error.to_string())
}

/// The engine puts its suggestion on the same line or the following ones: it becomes the hint.
fn from_text(text: &str) -> QueryError {
    let text = text.trim();
    let split = text.find('\n').into_iter().chain(text.find(". Did you mean").map(|at| at + 1)).min();
    let (message, hint) = split.map_or((text, ""), |at| text.split_at(at));
    QueryError::bad(message.trim_end_matches('.'), hint.trim().replace('\n', " "))
}

fn from_arrow(error: &ArrowError) -> QueryError {
    match error {
        ArrowError::IoError(text, _) if text.contains("disk space") => spilled(),
        ArrowError::ExternalError(_) | ArrowError::IoError(..) | ArrowError::ParquetError(_) => {
            QueryError::internal(error)
        }
        ArrowError::MemoryError(_) | ArrowError::OffsetOverflowError(_) => exhausted(),
        _ => QueryError::bad(
            first_line(&error.to_string()),
            "use try_cast where values may not fit, and compare text with text: ->> 'key' = '200'",
        ),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_suggestion_becomes_the_hint() {
        let error = from_text("No field named nam. Did you mean 'name'?\nValid fields are name, kind.");
        assert_eq!(error.message, "No field named nam");
        assert_eq!(error.hint, "Did you mean 'name'? Valid fields are name, kind.");
    }

    #[test]
    fn a_fault_of_ours_does_not_tell_paths() {
        let error = QueryError::from(DataFusionError::IoError(std::io::Error::other("/var/lib/slowburn/x")));
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(!error.to_string().contains("/var"));
    }
}
