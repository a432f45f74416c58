//! Reads a body within limits of size, memory and time.
//!
//! Memory is taken as bytes arrive, never on a sender's word: one that announces 64 MiB and then
//! stalls holds what it sent. What it announces only serves to refuse it early. Decompression
//! takes its share step by step as well, so a small body cannot become a large one unseen.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{spawn_blocking, yield_now};
use tokio::time::{Instant, timeout};

use crate::config::Config;
use crate::refuse::Refusal;
use crate::unpack::Packing;

/// The unit of a semaphore permit; 32 bits of them reach far enough.
const KIB: usize = 1024;

/// How much is decompressed between two looks at the limits.
const STEP: usize = 256 * KIB;

/// Compressed bodies up to this size are decompressed where they are; larger ones on a thread of
/// their own. Millions of empty members of gzip would hold up others for seconds.
const INLINE_BYTES: usize = 256 * KIB;

/// The memory of all requests in flight: their bodies, and what is decoded from them.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    config: Arc<Config>,
    bodies: Arc<Semaphore>,
    decoded: Arc<Semaphore>,
    /// One for each body that may be decompressed at the same time.
    unpacking: Arc<Semaphore>,
}

/// A part of some memory; given back when dropped. `wait` is how long its request may still wait, for this or
/// for other memory.
#[derive(Debug)]
pub(crate) struct Share {
    of: Arc<Semaphore>,
    wait: Duration,
    permit: Option<OwnedSemaphorePermit>,
}

/// A body that was read, and the memory it holds.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) body: Bytes,
    pub(crate) share: Share,
}

// === impl Admission ===

impl Admission {
    pub(crate) fn new(config: Arc<Config>) -> Self {
        let in_flight = config.max_in_flight_bytes.max(2 * config.max_request_bytes);
        // So many can grow to the limit without waiting for each other, and one form of theirs besides.
        let unpacking = Arc::new(Semaphore::new((in_flight / config.max_request_bytes.max(1)).clamp(2, 64) - 1));
        let (bodies, decoded) = (memory(in_flight), memory(config.max_decoded_bytes));
        Self { config, bodies, decoded, unpacking }
    }

    /// Takes the memory that a request needs once it is decoded, after at most `wait`.
    ///
    /// # Errors
    ///
    /// When it is more than there is, or does not become free in time.
    pub(crate) async fn room(&self, decoded_bytes: usize, wait: Duration) -> Result<Share, Refusal> {
        let limit = self.config.max_decoded_bytes;
        if decoded_bytes > limit {
            return Err(Refusal::Expands { limit });
        }
        let mut share = Share::new(&self.decoded, wait);
        share.grow(decoded_bytes).await?;
        Ok(share)
    }

    /// Reads a whole body. `announced` says how large the request in it will be, as soon as what
    /// was read so far tells; `framing` bytes around the request do not count. `wait` is for how long the
    /// request may wait for memory, now and later.
    ///
    /// # Errors
    ///
    /// When the body is too large, too slow or breaks off, or no memory becomes free in time.
    pub(crate) async fn read(
        &self,
        body: Body,
        framing: usize,
        announced: impl Fn(&[u8]) -> Option<usize>,
        wait: Duration,
    ) -> Result<Admitted, Refusal> {
        let within = self.config.read_timeout;
        timeout(within, self.read_all(body, framing, announced, wait)).await.unwrap_or(Err(Refusal::Slow { within }))
    }

    async fn read_all(
        &self,
        mut body: Body,
        framing: usize,
        announced: impl Fn(&[u8]) -> Option<usize>,
        wait: Duration,
    ) -> Result<Admitted, Refusal> {
        let mut share = Share::new(&self.bodies, wait);
        let mut read = BytesMut::new();
        loop {
            self.within_limit(announced(&read).unwrap_or(0))?;
            let Some(frame) = body.frame().await else {
                return Ok(Admitted { body: read.freeze(), share });
            };
            let Ok(part) = frame.map_err(|error| Refusal::Broken(error.to_string()))?.into_data() else {
                continue;
            };
            let length = read.len() + part.len();
            self.within_limit(length.saturating_sub(framing))?;
            share.grow(length).await?;
            read.extend_from_slice(&part);
        }
    }

    /// Decompresses a body.
    ///
    /// # Errors
    ///
    /// When it is not what it is said to be, becomes too large, or no memory becomes free in time.
    pub(crate) async fn unpack(&self, packed: Admitted, by: Packing) -> Result<Admitted, Refusal> {
        if packed.body.len() <= INLINE_BYTES {
            return self.unpack_all(packed, by).await;
        }
        let (admission, runtime) = (self.clone(), Handle::current());
        let unpacked = spawn_blocking(move || runtime.block_on(admission.unpack_all(packed, by)));
        unpacked.await.unwrap_or_else(|error| {
            tracing::error!(%error, "decompressing a request failed");
            Err(Refusal::Internal)
        })
    }

    async fn unpack_all(&self, packed: Admitted, by: Packing) -> Result<Admitted, Refusal> {
        let refuse = |error: std::io::Error| Refusal::Packed { by: by.as_str(), reason: error.to_string() };
        let (asked, wait) = (Instant::now(), packed.share.wait);
        let Ok(Ok(_turn)) = timeout(wait, Arc::clone(&self.unpacking).acquire_owned()).await else {
            return Err(Refusal::Busy);
        };
        let mut share = Share::new(&self.bodies, wait.saturating_sub(asked.elapsed()));
        let mut plain = BytesMut::new();
        let mut from = by.open(packed.body.clone()).map_err(refuse)?;
        let mut step = vec![0; STEP.min(self.config.max_request_bytes + 1)];
        loop {
            let read = from.read(&mut step).map_err(refuse)?;
            if read == 0 {
                return Ok(Admitted { body: plain.freeze(), share });
            }
            self.within_limit(plain.len() + read)?;
            share.grow(plain.len() + read).await?;
            plain.extend_from_slice(&step[..read]);
            // A step takes about a millisecond; other requests go on between two.
            yield_now().await;
        }
    }

    fn within_limit(&self, bytes: usize) -> Result<(), Refusal> {
        let limit = self.config.max_request_bytes;
        if bytes > limit { Err(Refusal::TooLarge { limit }) } else { Ok(()) }
    }
}

fn memory(bytes: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new((bytes / KIB).min(u32::MAX as usize).min(Semaphore::MAX_PERMITS)))
}

// === impl Share ===

impl Share {
    fn new(of: &Arc<Semaphore>, wait: Duration) -> Self {
        Self { of: Arc::clone(of), wait, permit: None }
    }

    /// How long the request may still wait.
    pub(crate) const fn wait(&self) -> Duration {
        self.wait
    }

    /// Makes it at least `bytes` large.
    async fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = u32::try_from(bytes.div_ceil(KIB).saturating_sub(held)).unwrap_or(u32::MAX);
        if missing == 0 {
            return Ok(());
        }
        let asked = Instant::now();
        let permits = Arc::clone(&self.of).acquire_many_owned(missing);
        let Ok(Ok(more)) = timeout(self.wait, permits).await else {
            return Err(Refusal::Busy);
        };
        self.wait = self.wait.saturating_sub(asked.elapsed());
        match &mut self.permit {
            None => self.permit = Some(more),
            Some(permit) => permit.merge(more),
        }
        Ok(())
    }
}
