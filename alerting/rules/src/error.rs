//! What can go wrong with the journal, by what the caller should do.

/// What the caller should do about a [`JournalError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Try again later: the disk is full, or somebody else is writing.
    Retry,
    /// A human must act: the file cannot be opened, is damaged or of a newer version.
    Operator,
    /// Report a bug.
    Bug,
}

/// An error of the journal. Nothing of what was to be written is there.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be opened.
    #[error("cannot open the alert journal {path}: {source}; check the path, its permissions and the disk")]
    Open {
        /// The file.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A newer slowburn wrote the file.
    #[error("the alert journal {path} has version {found}, this slowburn knows {known}; start a newer one")]
    Newer {
        /// The file.
        path: String,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Reading or writing failed.
    #[error("cannot {action} the alert journal: {source}")]
    Sqlite {
        /// What was tried, such as `read`.
        action: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A row is not what it should be.
    #[error("{row} in the alert journal is damaged: {reason}; restore state.sqlite from a backup, or remove it")]
    Damaged {
        /// Which row.
        row: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Something does not fit into the file.
    #[error("{what} cannot be written to the alert journal: {reason}")]
    Unwritable {
        /// What.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

// === impl JournalError ===

impl JournalError {
    /// What the caller should do.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Sqlite { source, .. } => by_code(source),
            Self::Open { .. } | Self::Newer { .. } | Self::Damaged { .. } => ErrorKind::Operator,
            Self::Unwritable { .. } => ErrorKind::Bug,
        }
    }

    /// The failure of reading or writing, for `map_err`.
    pub(crate) fn when(action: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        move |source| Self::Sqlite { action, source }
    }
}

fn by_code(error: &rusqlite::Error) -> ErrorKind {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull | ErrorCode::SystemIoFailure,
        ) => ErrorKind::Retry,
        Some(
            ErrorCode::DatabaseCorrupt
            | ErrorCode::NotADatabase
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::CannotOpen,
        ) => ErrorKind::Operator,
        _ => ErrorKind::Bug,
    }
}
