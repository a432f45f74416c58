//! What some spans did, as one side of a gate: how many were good, and how long they took.

use ingest_model::Nanos;
use query_slo::{Counts, Latencies, Side};

use crate::error::QueryError;
use crate::events::Events;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Sessions;
use crate::{fence, question};

/// Buckets of durations; only their order counts. A bucket is a hundredth wide.
const BUCKETS: usize = 100_000;

/// The events from `from` (inclusive) to `to` (exclusive).
///
/// # Errors
///
/// `BadRequest` for texts that are no SQL over spans.
pub(crate) async fn side(sessions: &Sessions, events: &Events, from: Nanos, to: Nanos) -> Result<Side, QueryError> {
    let each = events.each_with(", max(duration_ns) AS duration_ns")?;
    let query = format!(
        "SELECT CAST(floor(ln(CAST(greatest(duration_ns, 1) AS DOUBLE)) * 100) AS BIGINT) AS bucket,
                count(*) AS total, count(*) FILTER (WHERE good) AS good
         FROM ({each}) AS events GROUP BY 1"
    );
    let statement = fence::admit(&query)?;
    let session = sessions.open()?;
    question::provide_tables(&session, &statement).await?;
    let (mut good, mut total, mut latencies) = (0_u64, 0_u64, Latencies::default());
    for batch in read::rows(&session, &query, vec![micros(from), micros(to)], BUCKETS).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let count = columns.int("total", row).unsigned_abs();
            good += columns.int("good", row).unsigned_abs();
            total += count;
            latencies.add(columns.int("bucket", row).unsigned_abs(), count);
        }
    }
    let counts = Counts::of_good(good, total).map_err(|error| QueryError::internal(&error))?;
    Ok(Side { counts, latencies })
}
