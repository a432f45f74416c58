//! Errors as every door of the API answers them.

use serde::{Deserialize, Serialize};

/// What the asker should do about an error; the HTTP status follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// Correct the question (400).
    BadRequest,
    /// Send a key (401).
    Unauthenticated,
    /// Ask with a key of another role or tenant (403).
    Forbidden,
    /// Ask for something that exists (404).
    NotFound,
    /// Send a smaller body (413).
    TooLarge,
    /// Narrow the question: it ran into its limit of memory or rows (422).
    ResourceLimit,
    /// Narrow the question or allow more time: it ran into its time limit (408).
    Timeout,
    /// Ask again later (503).
    Unavailable,
    /// Report a bug (500).
    Internal,
}

/// The body of every answer that is not a success: `{"error":{"kind","message","hint"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorAnswer {
    /// The error.
    pub error: ErrorBody,
}

/// What went wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What the asker should do, as a word for programs.
    pub kind: ErrorKind,
    /// What went wrong, naming the input.
    pub message: String,
    /// The remedy; empty when the message says it all.
    #[serde(default)]
    pub hint: String,
}

// === impl ErrorKind ===

impl ErrorKind {
    /// The HTTP status code of the kind.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Timeout => 408,
            Self::TooLarge => 413,
            Self::ResourceLimit => 422,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }
}
