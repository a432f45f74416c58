//! What happens to a body once it was read, the same on both transports.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringViewArray};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use ingest_model::{Nanos, Signal, Tenant};
use ingest_store::{Append, Encoding, RecordedRequest, Sink};

use crate::admit::{Admission, Admitted};
use crate::config::Config;
use crate::expand;
use crate::json;
use crate::refuse::Refusal;
use crate::rows::{Rejected, Rows, Verdict, rows};

/// Tells the time of receipt.
pub type Clock = fn() -> Nanos;

/// Bodies up to this size are decoded where they are, in about a millisecond; larger ones on a
/// thread of their own, so that other requests are not held up.
const INLINE_BYTES: usize = 256 << 10;

/// Receives requests and hands them to the store. Cheap to clone; clones share their memory limit.
#[derive(Debug, Clone)]
pub struct Receiver {
    pub(crate) config: Arc<Config>,
    pub(crate) admission: Admission,
    sink: Arc<dyn Sink>,
    clock: Clock,
}

/// A body with all that is known about it.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) tenant: Tenant,
    pub(crate) signal: Signal,
    pub(crate) encoding: Encoding,
    pub(crate) admitted: Admitted,
}

// === impl Receiver ===

impl Receiver {
    /// A receiver that appends to `sink`.
    #[must_use]
    pub fn new(config: Config, sink: Arc<dyn Sink>, clock: Clock) -> Self {
        let config = Arc::new(config);
        Self { admission: Admission::new(Arc::clone(&config)), config, sink, clock }
    }

    /// Decodes a body and makes it durable. The answer may be sent when this returns.
    ///
    /// The work is a task of its own: when the client leaves and the caller is dropped, it still
    /// runs to its end, so the store never sees half an append and the memory stays counted.
    pub(crate) async fn receive(&self, delivery: Delivery) -> Result<Rejected, Refusal> {
        let (receiver, signal) = (self.clone(), delivery.signal);
        let outcome = tokio::spawn(async move { receiver.store(delivery).await }).await;
        let rejected = outcome.unwrap_or_else(|error| {
            tracing::error!(%error, %signal, "receiving a request failed");
            Err(Refusal::Internal)
        })?;
        count_items(signal, &rejected);
        Ok(rejected)
    }

    /// Attributes of a resource stand once in a request and in every row of it: one long text and
    /// many small items would be far more to those who write and read the rows than to the sender.
    fn within_stored_limit(&self, batch: &RecordBatch) -> Result<(), Refusal> {
        let limit = self.config.max_stored_bytes;
        if text_bytes(batch) > limit { Err(Refusal::Repeats { limit }) } else { Ok(()) }
    }

    async fn store(&self, delivery: Delivery) -> Result<Rejected, Refusal> {
        let Delivery { tenant, signal, encoding, admitted } = delivery;
        let Admitted { body, share } = admitted;
        let received = (self.clock)();
        let room = self.admission.room(decoded_bytes(signal, encoding, &body)).await?;
        let Rows { batch, rejected } = decode(signal, encoding, body.clone(), received).await?;
        self.within_stored_limit(&batch)?;
        if batch.num_rows() > 0 {
            let rejected = rejected.ordinals().to_vec();
            let request = RecordedRequest { tenant, signal, encoding, received, rejected, body };
            self.sink.append(Append { request, rows: batch }).await.map_err(Refusal::of_store)?;
        }
        drop((share, room));
        Ok(rejected)
    }
}

/// Bytes of the texts of all rows, each counted as often as it stands in a row.
fn text_bytes(batch: &RecordBatch) -> usize {
    let of_column = |column: &ArrayRef| -> usize {
        let texts = column.as_string_view_opt().map(StringViewArray::views);
        // The lowest 32 bits of a view are the length of its text.
        texts.map_or(0, |views| views.iter().map(|view| (view & u128::from(u32::MAX)) as usize).sum())
    };
    batch.columns().iter().map(of_column).sum()
}

/// What a body takes once it is decoded. JSON is not looked through for that: its reader keeps to
/// the bound. Protobuf in an unusual form is decoded and then encoded anew, which takes no more than the body again.
fn decoded_bytes(signal: Signal, encoding: Encoding, body: &[u8]) -> usize {
    match encoding {
        Encoding::Protobuf => expand::decoded_bytes(signal, body).saturating_add(body.len()),
        Encoding::Json => body.len().saturating_mul(json::EXPANSION),
    }
}

async fn decode(signal: Signal, encoding: Encoding, body: Bytes, received: Nanos) -> Result<Rows, Refusal> {
    let small = body.len() <= INLINE_BYTES;
    let work = move || rows(signal, encoding, &body, received, Verdict::Decide);
    let outcome = if small { Ok(work()) } else { tokio::task::spawn_blocking(work).await };
    let decoded = outcome.map_err(|error| {
        tracing::error!(%error, %signal, "decoding a request failed");
        Refusal::Internal
    })?;
    decoded.map_err(Refusal::of_decode)
}

fn count_items(signal: Signal, rejected: &Rejected) {
    let count = |outcome: &'static str, items: u64| {
        metrics::counter!("ingest_otlp_items_total", "signal" => signal.as_str(), "outcome" => outcome)
            .increment(items);
    };
    count("accepted", rejected.accepted());
    count("rejected", rejected.count());
}
