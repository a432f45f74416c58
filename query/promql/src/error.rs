//! What can go wrong with a question.

/// Why there is no answer, by what the asker should do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PromqlError {
    /// The text is no PromQL, or its types do not fit: write it otherwise.
    #[error("{0}")]
    Parse(String),
    /// The text is PromQL that this evaluator does not know: ask without it.
    #[error("not supported: {0}")]
    NotSupported(String),
    /// The data do not allow the question: series that are alike, matches that are not unique.
    #[error("{0}")]
    Execution(String),
    /// It would take more than one question may: ask for less.
    #[error("{0}")]
    TooMuch(String),
    /// The asker went away or the time is over.
    #[error("the query was canceled")]
    Canceled,
}

/// What is said beside an answer. Each text once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// What makes the answer doubtful.
    pub warnings: std::collections::BTreeSet<String>,
    /// What may surprise.
    pub infos: std::collections::BTreeSet<String>,
}

// === impl PromqlError ===

impl PromqlError {
    pub(crate) fn execution(text: impl Into<String>) -> Self {
        Self::Execution(text.into())
    }
}

// === impl Notes ===

impl Notes {
    pub(crate) fn warn(&mut self, text: impl AsRef<str>) {
        self.warnings.insert(format!("PromQL warning: {}", text.as_ref()));
    }

    pub(crate) fn inform(&mut self, text: impl AsRef<str>) {
        self.infos.insert(format!("PromQL info: {}", text.as_ref()));
    }
}
