//! Keeps what was acknowledged.
//!
//! # The life of a request
//!
//! 1. A receiver decodes a request and hands bytes and rows to [`Sink::append`].
//! 2. The single writer takes everything that waits, appends it to the write-ahead log as one
//!    group and syncs once.
//! 3. The rows become readable as hot rows of their table; then every waiter is answered.
//! 4. When a table's hot rows are many or old, they are sorted, written as one Parquet file an
//!    hour of data, synced, and committed to the table's Delta log together with the log position
//!    they reach. In the same step readers see the files in place of the hot rows.
//! 5. What is derived from those rows ([`Derive`]) is committed with the same position, before them.
//! 6. The log is cut behind the table that is furthest behind.
//! 7. Small files of an hour are merged, off this path: the same rows in fewer files, in which dense attributes have columns
//!    ([`dense_column`]); of a derived table, the same sums in fewer rows.
//! 8. Which files hold which trace, and which words, is written down beside the files, off this path as well (`index`).
//! 9. Files that nobody will merge any more move to a bucket when they are old, or the disk has to be spared ([`Cold`]).
//! 10. Files that are kept no longer ([`Retention`]) leave their table in one commit, and later the disk or the bucket.
//!
//! # Invariants
//!
//! * Nothing is answered before it is durable, and what was answered is readable.
//! * Every acknowledged row is in exactly one place: hot, or in one committed file, local or cold.
//! * Nothing that is received waits for the bucket.
//! * A derived table holds the share of every row of its source once, whatever was interrupted.
//! * A start replays what a table has not committed and nothing else, and makes the same rows.
//! * Hot rows stay within their limit; when they reach it, requests wait and are then refused.
//! * All file I/O goes through [`Disk`], all I/O of the bucket through [`Bucket`].
//!
//! # What it refuses to do
//!
//! It knows nothing of OTLP: the way from bytes to rows, and what rows amount to, is the caller's ([`Meaning`]). It never
//! changes or deduplicates rows.

mod append;
mod audit;
mod cold;
mod data_file;
mod delta;
mod dense;
mod derive;
mod disk;
mod error;
mod follow;
mod hot;
mod index;
mod nulls;
mod own_rows;
mod retention;
pub mod schema;
mod snapshot;
mod store;
mod table;
mod wal;

pub use append::{Append, Decode, Encoding, RecordedRequest, Sink};
pub use audit::{AuditAction, AuditEvent, audit_rows};
pub use cold::{Bucket, Cold, ColdError, Outage, is_cold};
pub use dense::{Members, dense_column, dense_key};
pub use derive::{Derivations, Derive, Recall, Share};
pub use disk::{Disk, DiskEntry, DiskFile, DiskObjects, LocalDisk, Target};
pub use error::{ErrorKind, StoreError};
pub use follow::{Followed, Follower};
pub use index::{Found, Held, Index, IndexKind, Layout, OwnId, own_id, text_columns, words};
pub use retention::{HOLDS, Hold, Retention};
pub use snapshot::{DataFile, DerivedSnapshot, TableSnapshot, Tables};
pub use store::{Clock, Meaning, Store, StoreConfig};
