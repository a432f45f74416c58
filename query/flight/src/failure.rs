//! Errors as gRPC says them.

use query_api::ErrorKind;
use query_engine::QueryError;
use tonic::{Code, Status};

/// The status of a question without an answer: message and hint.
pub(crate) fn status(error: QueryError) -> Status {
    let code = code(error.kind());
    let body = error.into_body();
    let text = if body.hint.is_empty() { body.message } else { format!("{}; {}", body.message, body.hint) };
    Status::new(code, text)
}

fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::BadRequest => Code::InvalidArgument,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Forbidden => Code::PermissionDenied,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::TooLarge | ErrorKind::ResourceLimit => Code::ResourceExhausted,
        ErrorKind::Timeout => Code::DeadlineExceeded,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Internal => Code::Internal,
    }
}

/// A fault of ours: the cause goes to the log.
pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Status {
    tracing::error!(%cause, "a question over Flight SQL failed");
    Status::internal(
        "the question could not be answered because of a fault inside slowburn; the server's log says what failed",
    )
}
