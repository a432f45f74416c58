//! Errors as the API answers them.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use query_api::{ErrorAnswer, ErrorBody, ErrorKind};
use query_engine::QueryError;

/// An answer that is no success.
#[derive(Debug)]
pub(crate) struct Failure(ErrorBody);

// === impl Failure ===

impl Failure {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self(ErrorBody { kind, message: message.into(), hint: hint.into() })
    }

    /// A mistake of ours; the log has the cause.
    pub(crate) fn bug() -> Self {
        let message = "the question could not be answered because of a fault inside slowburn";
        Self::new(ErrorKind::Internal, message, "try again; the server's log says what failed")
    }

    /// The answer where there is nothing.
    pub(crate) fn nothing_at(path: &str, hint: &str) -> Self {
        Self::new(ErrorKind::NotFound, format!("there is nothing at {path}"), hint)
    }

    /// The answer to a method that `path` does not know.
    pub(crate) fn wrong_method(path: &str) -> Response {
        let failure = Self::new(ErrorKind::BadRequest, format!("this method is not allowed at {path}"), "");
        (StatusCode::METHOD_NOT_ALLOWED, failure.into_json()).into_response()
    }

    /// What is said.
    pub(crate) fn into_body(self) -> ErrorBody {
        self.0
    }

    /// The body alone, for a status that no kind stands for.
    fn into_json(self) -> Json<ErrorAnswer> {
        Json(ErrorAnswer { error: self.0 })
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self(error.into_body())
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<QueryError>() {
            Ok(error) => error.into(),
            Err(error) => {
                tracing::error!("a question failed: {error:#}");
                Self::bug()
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, self.into_json()).into_response()
    }
}
