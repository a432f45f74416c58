//! What can go wrong in the store, by what the caller should do.

/// What the caller should do about a [`StoreError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Send again later: the queue is full, the disk is full, or the store is closing.
    Retry,
    /// A human must act: the data folder is in use, damaged or of a newer version.
    Operator,
    /// Report a bug.
    Bug,
}

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Reading or writing failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store is closing and takes nothing more.
    #[error("the store is closing; send again in a moment")]
    Closed,
    /// More is waiting to be written than the queue's share of memory allows.
    #[error("the write queue is full; send again in a moment")]
    QueueFull,
    /// Another process holds the data folder.
    #[error("{path} is in use by another slowburn process; stop it or choose another --data-dir")]
    InUse {
        /// The data folder.
        path: String,
    },
    /// The log of a table, a file or a log segment is not what it should be.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// The file or folder.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The Delta log refused a commit or could not be read.
    #[error("table {table}: {source}")]
    Table {
        /// The table's name.
        table: String,
        /// What the Delta library said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The bucket of older files failed.
    #[error("cannot {action} {path} in the bucket: {source}")]
    Bucket {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The object.
        path: String,
        /// What the object store said.
        source: Box<object_store::Error>,
    },
    /// The older files of a data folder are in another bucket than the one that is named.
    #[error(
        "the older files of this data folder are in {known}, and --cold-url names {given}; \
             name {known}, or copy everything there and remove cold.toml"
    )]
    OtherBucket {
        /// Where they are.
        known: String,
        /// What is named.
        given: String,
    },
    /// Rows do not fit the stored schema.
    #[error("rows of {table} do not fit its schema: {reason}")]
    Rows {
        /// The table's name.
        table: &'static str,
        /// What does not fit.
        reason: String,
    },
}

// === impl StoreError ===

impl StoreError {
    /// What the caller should do.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { .. } | Self::Closed | Self::QueueFull | Self::Table { .. } | Self::Bucket { .. } => {
                ErrorKind::Retry
            }
            Self::InUse { .. } | Self::Damaged { .. } | Self::OtherBucket { .. } => ErrorKind::Operator,
            Self::Rows { .. } => ErrorKind::Bug,
        }
    }

    /// The same failure, for another who waited for it.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::Io { action, path, source } => {
                let source = std::io::Error::new(source.kind(), source.to_string());
                Self::Io { action, path: path.clone(), source }
            }
            Self::Closed => Self::Closed,
            other => {
                debug_assert!(matches!(other, Self::QueueFull), "the log only fails with I/O errors");
                Self::QueueFull
            }
        }
    }
}
