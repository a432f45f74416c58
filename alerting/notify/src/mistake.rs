//! What is wrong with a file, and how to mend it.

use std::fmt;

/// A mistake in a file that a human wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The file, as it was named to us.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// What is wrong, with the field and the value; values that may be secrets are not repeated.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

// === impl Mistake ===

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}: {}; {}", self.file, self.line, self.column, self.message, self.remedy)
    }
}
