//! What a tenant may send in a second.
//!
//! Each tenant has two buckets, one of items and one of bytes. They fill up steadily to their burst.
//! A request is let in when neither is in debt, and then takes what it takes, be it more than there
//! is: a batch larger than the burst gets in too, and pays by waiting. What is refused, and what the
//! store could not take, costs nothing.
//!
//! Who must wait longer than its patience is refused and told when to come back. Those that wait do so
//! in the order they came, and only with a bounded share of the memory of all.

mod bucket;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use ingest_model::{Nanos, Signal, Tenant};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::cardinality::{Known, Variety};
use crate::refuse::Refusal;
use crate::rows::Rows;

use bucket::Bucket;

/// Bytes of bodies that may wait, a tenant. Memory of all senders is too dear to be held by one that sends too much.
const MAX_WAITING_BYTES: usize = 32 << 20;

/// The limits of all tenants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Of tenants that are not named.
    pub default: TenantLimits,
    /// Of those that are.
    pub tenants: BTreeMap<Tenant, TenantLimits>,
}

/// The limits of a tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TenantLimits {
    /// Spans, log records and data points.
    pub items: Option<Rate>,
    /// Bytes of request bodies, decompressed.
    pub bytes: Option<Rate>,
    /// Different services and series.
    pub variety: Variety,
}

/// How much of something may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In a second, in the long run. Not zero.
    pub per_second: u64,
    /// At once, after silence.
    pub burst: u64,
}

/// Holds tenants to their limits.
#[derive(Debug)]
pub struct Quotas {
    limits: RwLock<Limits>,
    tenants: Mutex<HashMap<Tenant, Arc<Account>>>,
}

/// What a tenant has left.
#[derive(Debug)]
struct Account {
    buckets: Mutex<Buckets>,
    known: Mutex<Known>,
    /// Who waits holds it, in the order they came.
    gate: tokio::sync::Mutex<()>,
    waiting_bytes: AtomicUsize,
}

#[derive(Debug)]
struct Buckets {
    items: Bucket,
    bytes: Bucket,
}

/// What a request has taken. Clones stand for the same request.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    account: Arc<Account>,
    limits: TenantLimits,
    items: u64,
    bytes: u64,
}

/// Which limit is reached, and when it is not any more.
#[derive(Debug)]
struct Debt {
    limit: &'static str,
    per_second: u64,
    wait: Duration,
}

// === impl Limits ===

impl Limits {
    /// Those of a tenant.
    #[must_use]
    pub fn of(&self, tenant: &Tenant) -> TenantLimits {
        self.tenants.get(tenant).copied().unwrap_or(self.default)
    }
}

// === impl Quotas ===

impl Quotas {
    /// Holds tenants to these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self { limits: RwLock::new(limits), tenants: Mutex::default() })
    }

    /// Other limits from now on. What tenants have left stays, up to the new bursts.
    pub fn set(&self, limits: Limits) {
        *self.limits.write().unwrap_or_else(PoisonError::into_inner) = limits;
    }

    /// Lets a request of `bytes` in, after at most `patience`.
    ///
    /// # Errors
    ///
    /// [`Refusal::Rate`] when the tenant is over a limit for longer.
    pub(crate) async fn admit(
        &self,
        tenant: &Tenant,
        signal: Signal,
        bytes: usize,
        patience: Duration,
    ) -> Result<Charge, Refusal> {
        let limits = self.limits.read().unwrap_or_else(PoisonError::into_inner).of(tenant);
        let account = self.account(tenant, limits);
        let taken = account.wait_and_take(limits, bytes, Instant::now() + patience).await;
        taken.map_err(|Debt { limit, per_second, wait }| {
            let labels = [("tenant", tenant.to_string()), ("signal", signal.to_string()), ("limit", limit.to_owned())];
            metrics::counter!("ingest_otlp_limited_requests_total", &labels).increment(1);
            Refusal::Rate { tenant: tenant.clone(), limit, per_second, wait }
        })?;
        Ok(Charge { account, limits, items: 0, bytes: bytes as u64 })
    }

    fn account(&self, tenant: &Tenant, limits: TenantLimits) -> Arc<Account> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let account = tenants.entry(tenant.clone()).or_insert_with(|| Arc::new(Account::new(limits)));
        Arc::clone(account)
    }
}

// === impl Account ===

impl Account {
    fn new(limits: TenantLimits) -> Self {
        let full = |rate: Option<Rate>| Bucket::full(rate.map_or(0, |rate| rate.burst), Instant::now());
        let buckets = Mutex::new(Buckets { items: full(limits.items), bytes: full(limits.bytes) });
        Self {
            buckets,
            known: Mutex::default(),
            gate: tokio::sync::Mutex::default(),
            waiting_bytes: AtomicUsize::new(0),
        }
    }

    async fn wait_and_take(&self, limits: TenantLimits, bytes: usize, until: Instant) -> Result<(), Debt> {
        let debt = match self.take(limits, bytes) {
            Ok(()) => return Ok(()),
            Err(debt) => debt,
        };
        let waiting = Waiting::new(&self.waiting_bytes, bytes);
        if until <= Instant::now() || waiting.all() > MAX_WAITING_BYTES {
            return Err(debt);
        }
        let Ok(_gate) = timeout_at(until, self.gate.lock()).await else {
            return Err(self.debt(limits).unwrap_or(debt));
        };
        loop {
            let Err(debt) = self.take(limits, bytes) else { return Ok(()) };
            if Instant::now() + debt.wait > until {
                // It is in vain, and slows down who sends too much all the same.
                sleep_until(until).await;
                return Err(self.debt(limits).unwrap_or(debt));
            }
            sleep(debt.wait).await;
        }
    }

    /// Takes bytes when no bucket is in debt.
    fn take(&self, limits: TenantLimits, bytes: usize) -> Result<(), Debt> {
        if let Some(debt) = self.debt(limits) {
            return Err(debt);
        }
        if limits.bytes.is_some() {
            self.buckets().bytes.spend(bytes as u64);
        }
        Ok(())
    }

    /// The debt that takes longer to pay.
    fn debt(&self, limits: TenantLimits) -> Option<Debt> {
        let (mut buckets, now) = (self.buckets(), Instant::now());
        let Buckets { items, bytes } = &mut *buckets;
        let of = |bucket: &mut Bucket, rate: Option<Rate>, limit| {
            let rate = rate?;
            bucket.debt(rate, now).map(|wait| Debt { limit, per_second: rate.per_second, wait })
        };
        let debts = [of(items, limits.items, "items"), of(bytes, limits.bytes, "bytes")];
        debts.into_iter().flatten().max_by_key(|debt| debt.wait)
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Charge ===

impl Charge {
    /// Takes the items of the request, now that they are known.
    pub(crate) fn items(&mut self, items: u64) {
        if self.limits.items.is_some() {
            self.items += items;
            self.account.buckets().items.spend(items);
        }
    }

    /// Leaves out what is beyond the limits of services and series.
    ///
    /// # Errors
    ///
    /// [`Refusal::Internal`] when the rows are not of a stored schema.
    pub(crate) fn within(&self, signal: Signal, rows: Rows, now: Nanos) -> Result<Rows, Refusal> {
        if self.limits.variety == Variety::default() {
            return Ok(rows);
        }
        let mut known = self.account.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.within(self.limits.variety, signal, rows, now).map_err(|error| {
            tracing::error!(%error, %signal, "rows could not be told apart");
            Refusal::Internal
        })
    }

    /// The request was not stored, by no fault of its sender.
    pub(crate) fn give_back(self) {
        let mut buckets = self.account.buckets();
        buckets.items.give_back(self.items);
        if self.limits.bytes.is_some() {
            buckets.bytes.give_back(self.bytes);
        }
    }
}

/// Bytes that wait, as long as this lives.
struct Waiting<'a> {
    of: &'a AtomicUsize,
    bytes: usize,
}

// === impl Waiting ===

impl<'a> Waiting<'a> {
    fn new(of: &'a AtomicUsize, bytes: usize) -> Self {
        of.fetch_add(bytes, Ordering::Relaxed);
        Self { of, bytes }
    }

    fn all(&self) -> usize {
        self.of.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.of.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
