//! What happens to a body once it was read, the same on both transports.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, AsArray, StringViewArray};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use ingest_model::{Nanos, Signal, Tenant};
use ingest_store::{Append, Encoding, RecordedRequest, Sink};

use crate::admit::{Admission, Admitted};
use crate::config::Config;
use crate::expand;
use crate::json;
use crate::quota::{Charge, Limits, Quotas};
use crate::refuse::Refusal;
use crate::repeat::{Fingerprint, RetryWindow, Turn, has_time};
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
    window: Option<Arc<RetryWindow>>,
    quotas: Arc<Quotas>,
}

/// A body with all that is known about it.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) tenant: Tenant,
    pub(crate) signal: Signal,
    pub(crate) encoding: Encoding,
    pub(crate) admitted: Admitted,
    /// How long it may wait until its tenant is within its limits.
    pub(crate) patience: Duration,
}

/// What was stored of a request.
struct Stored {
    rejected: Rejected,
    received: Nanos,
    has_time: bool,
}

/// Counts the items of a tenant and signal. received = stored + rejected + repeated + refused.
struct Count<'a> {
    tenant: &'a Tenant,
    signal: Signal,
}

// === impl Receiver ===

impl Receiver {
    /// A receiver that appends to `sink`, knows no repeats and no limits of tenants.
    #[must_use]
    pub fn new(config: Config, sink: Arc<dyn Sink>, clock: Clock) -> Self {
        let config = Arc::new(config);
        let quotas = Quotas::new(Limits::default());
        Self { admission: Admission::new(Arc::clone(&config)), config, sink, clock, window: None, quotas }
    }

    /// Answers what was answered within the window as it was then.
    #[must_use]
    pub fn with_retry_window(self, window: Arc<RetryWindow>) -> Self {
        Self { window: Some(window), ..self }
    }

    /// Holds tenants to their limits.
    #[must_use]
    pub fn with_quotas(self, quotas: Arc<Quotas>) -> Self {
        Self { quotas, ..self }
    }

    /// Decodes a body and makes it durable. The answer may be sent when this returns.
    ///
    /// The work is a task of its own: when the client leaves and the caller is dropped, it still
    /// runs to its end, so the store never sees half an append and the memory stays counted.
    pub(crate) async fn receive(&self, delivery: Delivery) -> Result<Rejected, Refusal> {
        let (receiver, signal) = (self.clone(), delivery.signal);
        let outcome = tokio::spawn(async move { receiver.answer(delivery).await }).await;
        outcome.unwrap_or_else(|error| {
            tracing::error!(%error, %signal, "receiving a request failed");
            Err(Refusal::Internal)
        })
    }

    /// Answers a repeat as its first was, and stores anything else.
    async fn answer(&self, delivery: Delivery) -> Result<Rejected, Refusal> {
        let Some(window) = &self.window else { return Ok(self.admit(delivery).await?.rejected) };
        let (tenant, signal) = (delivery.tenant.clone(), delivery.signal);
        let fingerprint = fingerprint(&delivery).await?;
        match window.turn(fingerprint, (self.clock)()).await {
            Turn::Repeat(rejected) => {
                Count { tenant: &tenant, signal }.repeated(&rejected);
                Ok(rejected)
            }
            Turn::First(first) => {
                let Stored { rejected, received, has_time } = self.admit(delivery).await?;
                if has_time {
                    first.answered(received, &rejected);
                }
                Ok(rejected)
            }
        }
    }

    /// Stores a request once its tenant is within its limits.
    async fn admit(&self, delivery: Delivery) -> Result<Stored, Refusal> {
        let Delivery { tenant, signal, admitted, patience, .. } = &delivery;
        let mut charge = self.quotas.admit(tenant, *signal, admitted.body.len(), *patience).await?;
        let stored = self.store(delivery, &mut charge).await;
        if let Err(Refusal::Busy | Refusal::Store(_) | Refusal::Internal) = stored {
            charge.give_back();
        }
        stored
    }

    /// Attributes of a resource stand once in a request and in every row of it: one long text and
    /// many small items would be far more to those who write and read the rows than to the sender.
    fn within_stored_limit(&self, batch: &RecordBatch) -> Result<(), Refusal> {
        let limit = self.config.max_stored_bytes;
        if text_bytes(batch) > limit { Err(Refusal::Repeats { limit }) } else { Ok(()) }
    }

    async fn store(&self, delivery: Delivery, charge: &mut Charge) -> Result<Stored, Refusal> {
        let Delivery { tenant, signal, encoding, admitted, .. } = delivery;
        let Admitted { body, share } = admitted;
        let received = (self.clock)();
        let room = self.admission.room(decoded_bytes(signal, encoding, &body), share.wait()).await?;
        let within = charge.clone();
        let decoded =
            decode(signal, encoding, body.clone(), received, move |rows| within.within(signal, rows, received));
        let Rows { batch, rejected } = decoded.await?;
        charge.items(rejected.items());
        let has_time = has_time(signal, &batch);
        let request = RecordedRequest {
            tenant: tenant.clone(),
            signal,
            encoding,
            received,
            rejected: rejected.ordinals().to_vec(),
            body,
        };
        let outcome = self.append(request, batch).await;
        drop((share, room));
        let count = Count { tenant: &tenant, signal };
        match outcome {
            Ok(()) => count.stored(&rejected),
            Err(_) => count.refused(&rejected),
        }
        outcome.map(|()| Stored { rejected, received, has_time })
    }

    async fn append(&self, request: RecordedRequest, rows: RecordBatch) -> Result<(), Refusal> {
        self.within_stored_limit(&rows)?;
        if rows.num_rows() == 0 {
            return Ok(());
        }
        self.sink.append(Append { request, rows }).await.map_err(Refusal::of_store)
    }
}

// === impl Count ===

impl Count<'_> {
    fn stored(&self, rejected: &Rejected) {
        self.add("received", rejected.items());
        self.add("stored", rejected.accepted());
        self.add("rejected", rejected.count());
    }

    fn repeated(&self, rejected: &Rejected) {
        self.add("received", rejected.items());
        self.add("repeated", rejected.items());
        let labels = [("tenant", self.tenant.to_string()), ("signal", self.signal.to_string())];
        metrics::counter!("ingest_otlp_repeated_requests_total", &labels).increment(1);
    }

    fn refused(&self, rejected: &Rejected) {
        self.add("received", rejected.items());
        self.add("refused", rejected.items());
    }

    fn add(&self, outcome: &'static str, items: u64) {
        let (tenant, signal) = (self.tenant.to_string(), self.signal.as_str());
        metrics::counter!("ingest_otlp_items_total", "tenant" => tenant, "signal" => signal, "outcome" => outcome)
            .increment(items);
    }
}

async fn fingerprint(delivery: &Delivery) -> Result<Fingerprint, Refusal> {
    let Delivery { tenant, signal, encoding, admitted, .. } = delivery;
    let (tenant, signal, encoding, body) = (tenant.clone(), *signal, *encoding, admitted.body.clone());
    let small = body.len() <= INLINE_BYTES;
    let work = move || Fingerprint::of(&tenant, signal, encoding, &body);
    let outcome = if small { Ok(work()) } else { tokio::task::spawn_blocking(work).await };
    outcome.map_err(|error| {
        tracing::error!(%error, %signal, "telling a request from others failed");
        Refusal::Internal
    })
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
/// the bound.
fn decoded_bytes(signal: Signal, encoding: Encoding, body: &[u8]) -> usize {
    match encoding {
        Encoding::Protobuf => expand::decoded_bytes(signal, body),
        Encoding::Json => body.len().saturating_mul(json::EXPANSION),
    }
}

/// The rows of a body, as far as they are `within` limits.
async fn decode(
    signal: Signal,
    encoding: Encoding,
    body: Bytes,
    received: Nanos,
    within: impl FnOnce(Rows) -> Result<Rows, Refusal> + Send + 'static,
) -> Result<Rows, Refusal> {
    let small = body.len() <= INLINE_BYTES;
    let work = move || {
        let rows = rows(signal, encoding, &body, received, Verdict::Decide);
        rows.map_err(Refusal::of_decode).and_then(within)
    };
    let outcome = if small { Ok(work()) } else { tokio::task::spawn_blocking(work).await };
    outcome.unwrap_or_else(|error| {
        tracing::error!(%error, %signal, "decoding a request failed");
        Err(Refusal::Internal)
    })
}
