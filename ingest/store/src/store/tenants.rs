//! The open tables of every tenant.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use ingest_model::{Judgement, Signal, Tenant};
use object_store::ObjectStore;

use super::Clock;
use super::indexer::Indexed;
use crate::append::Record;
use crate::cold::{Bucket, Outage, Routed};
use crate::derive::Derivations;
use crate::disk::{Disk, DiskObjects};
use crate::error::StoreError;
use crate::follow::Follower;
use crate::index::{Index, IndexKind};
use crate::schema;
use crate::snapshot::{DerivedSnapshot, TableSnapshot, Tables};
use crate::table::{ColdPlace, Opening, Table};

/// The tables of one tenant.
#[derive(Debug)]
pub(super) struct TenantTables {
    /// What readers read.
    objects: Arc<dyn ObjectStore>,
    outage: Option<Arc<Outage>>,
    /// One a signal, in the order of [`Signal::ALL`], then one a judgement, in the order of [`Judgement::ALL`].
    tables: Vec<Opened>,
    /// Those of all signals.
    indexes: Vec<(Signal, Arc<Index>)>,
}

/// Where the older files of all tenants are.
#[derive(Debug, Clone)]
pub(super) enum ColdTables {
    /// There are none.
    Nowhere,
    /// In a bucket that nobody names any more.
    Unnamed,
    /// In this bucket.
    In(Bucket),
}

/// A table, and how far it had committed when it was opened.
type Opened = (Arc<Table>, u64);

/// Every tenant seen so far.
#[derive(Debug)]
pub(super) struct Tenants {
    disk: Arc<dyn Disk>,
    objects: Arc<dyn ObjectStore>,
    derivations: Derivations,
    clock: Clock,
    cold: ColdTables,
    open: RwLock<BTreeMap<Tenant, Arc<TenantTables>>>,
    /// Held while tables are opened, so that nobody opens the same twice.
    opening: tokio::sync::Mutex<()>,
}

// === impl ColdTables ===

impl ColdTables {
    fn place(&self) -> ColdPlace<'_> {
        match self {
            Self::Nowhere => ColdPlace::Nowhere,
            Self::Unnamed => ColdPlace::Unnamed,
            Self::In(bucket) => ColdPlace::In(bucket),
        }
    }
}

// === impl TenantTables ===

impl TenantTables {
    async fn open(opening: &Opening<'_>, derivations: Derivations) -> Result<Self, StoreError> {
        let mut tables = Vec::new();
        for signal in Signal::ALL {
            let (table, watermark) = Table::open(opening, schema::table(signal), derivations(signal)).await?;
            tables.push((Arc::new(table), watermark));
        }
        // What slowburn concluded takes little and is often asked for: it stays.
        let opening = &Opening { cold: ColdPlace::Nowhere, ..*opening };
        for kind in Judgement::ALL {
            let (table, watermark) = Table::open(opening, schema::judgement(kind), Vec::new()).await?;
            tables.push((Arc::new(table), watermark));
        }
        let index = |signal: Signal| {
            let spec = schema::table(signal);
            let folder = object_store::path::Path::from_iter([opening.tenant.as_str(), spec.name]);
            let of_kind = |kind| Index::new(kind, Arc::clone(opening.disk), folder.clone(), spec);
            let indexes = IndexKind::ALL.into_iter().filter_map(of_kind);
            indexes.map(|index| (signal, Arc::new(index))).collect::<Vec<_>>()
        };
        let indexes = Signal::ALL.into_iter().flat_map(index).collect();
        Ok(Self { objects: Arc::clone(opening.objects), outage: None, tables, indexes })
    }

    /// The same, with files in a bucket.
    fn with_bucket(self, bucket: &Bucket) -> Self {
        let objects = Arc::new(Routed::new(self.objects, bucket.objects()));
        Self { objects, outage: Some(Arc::clone(bucket.outage())), ..self }
    }

    /// The table of a signal.
    pub(super) fn table(&self, signal: Signal) -> &Arc<Table> {
        &self.tables[signal as usize].0
    }

    /// The table of a judgement.
    pub(super) fn judgement(&self, kind: Judgement) -> &Arc<Table> {
        &self.tables[Signal::ALL.len() + kind as usize].0
    }

    /// The table of a record, and how far it had committed when it was opened.
    pub(super) fn of(&self, record: &Record) -> &Opened {
        match record {
            Record::Request(request) => &self.tables[request.signal as usize],
            Record::Rows(rows) => &self.tables[Signal::ALL.len() + rows.kind as usize],
        }
    }
}

impl Tables for TenantTables {
    fn snapshot(&self, signal: Signal) -> TableSnapshot {
        self.table(signal).snapshot()
    }

    fn judgement(&self, kind: Judgement) -> TableSnapshot {
        self.judgement(kind).snapshot()
    }

    fn derived(&self) -> Vec<DerivedSnapshot> {
        self.tables.iter().flat_map(|(table, _)| table.derived()).collect()
    }

    fn follow(&self, signal: Signal) -> Option<Follower> {
        Some(self.table(signal).follow())
    }

    fn index(&self, signal: Signal, kind: IndexKind) -> Option<Arc<Index>> {
        let wanted = |(of, index): &&(Signal, Arc<Index>)| *of == signal && index.kind() == kind;
        self.indexes.iter().find(wanted).map(|(_, index)| Arc::clone(index))
    }

    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.objects)
    }

    fn outage(&self) -> Option<Arc<Outage>> {
        self.outage.clone()
    }
}

// === impl Tenants ===

impl Tenants {
    /// Opens the tables of every tenant that has a folder, and of the default one.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`] of a table.
    pub(super) async fn open(
        disk: Arc<dyn Disk>,
        derivations: Derivations,
        clock: Clock,
        cold: ColdTables,
    ) -> Result<Self, StoreError> {
        let found = tenants_on(disk.as_ref())?;
        let objects: Arc<dyn ObjectStore> = Arc::new(DiskObjects::new(Arc::clone(&disk)));
        let (open, opening) = (RwLock::default(), tokio::sync::Mutex::new(()));
        let tenants = Self { disk, objects, derivations, clock, cold, open, opening };
        for tenant in found.iter().chain([&Tenant::default()]) {
            tenants.get_or_open(tenant).await?;
        }
        Ok(tenants)
    }

    /// The tables of a tenant, made if they do not exist.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`] of a table.
    pub(super) async fn get_or_open(&self, tenant: &Tenant) -> Result<Arc<TenantTables>, StoreError> {
        if let Some(tables) = self.get(tenant) {
            return Ok(tables);
        }
        let _opening = self.opening.lock().await;
        if let Some(tables) = self.get(tenant) {
            return Ok(tables);
        }
        let now = (self.clock)();
        let opening = Opening { objects: &self.objects, disk: &self.disk, tenant, now, cold: self.cold.place() };
        let tables = TenantTables::open(&opening, self.derivations).await?;
        let tables = Arc::new(match &self.cold {
            ColdTables::In(bucket) => tables.with_bucket(bucket),
            ColdTables::Nowhere | ColdTables::Unnamed => tables,
        });
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(tenant.clone(), Arc::clone(&tables));
        Ok(tables)
    }

    /// Every open table.
    pub(super) fn all(&self) -> Vec<Arc<Table>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.values().flat_map(|tenant| tenant.tables.iter().map(|(table, _)| Arc::clone(table))).collect()
    }

    /// Every open table whose older files go to a bucket, with its indexes.
    pub(super) fn with_cold(&self) -> Vec<(Arc<Table>, Vec<Arc<Index>>)> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let of = |tenant: &Arc<TenantTables>| {
            Signal::ALL.map(|signal| {
                let indexes = tenant.indexes.iter().filter(|(of, _)| *of == signal);
                (Arc::clone(tenant.table(signal)), indexes.map(|(_, index)| Arc::clone(index)).collect())
            })
        };
        open.values().flat_map(of).collect()
    }

    /// Every index of every open table.
    pub(super) fn indexed(&self) -> Vec<Indexed> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let of = |tenant: &Arc<TenantTables>| {
            let indexed = |(signal, index): &(Signal, Arc<Index>)| Indexed {
                table: Arc::clone(tenant.table(*signal)),
                index: Arc::clone(index),
            };
            tenant.indexes.iter().map(indexed).collect::<Vec<_>>()
        };
        open.values().flat_map(of).collect()
    }

    /// The furthest any table had committed when it was opened. A derived table may be ahead of its
    /// source: without the log in between, its position must not be reached a second time.
    pub(super) fn highest_watermark(&self) -> u64 {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.values().flat_map(|tenant| &tenant.tables).map(furthest).max().unwrap_or(0)
    }

    fn get(&self, tenant: &Tenant) -> Option<Arc<TenantTables>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).get(tenant).cloned()
    }
}

fn furthest((table, watermark): &Opened) -> u64 {
    table.derived().into_iter().map(|derived| derived.position).fold(*watermark, u64::max)
}

/// A folder with a table folder in it is a tenant's.
fn tenants_on(disk: &dyn Disk) -> Result<Vec<Tenant>, StoreError> {
    let io = |source| StoreError::Io { action: "list", path: "the data folder".to_owned(), source };
    let has_table = |folder: &Path| -> std::io::Result<bool> {
        let children = disk.list(folder)?;
        let is_table = |name: &str| Signal::ALL.iter().any(|signal| signal.table() == name);
        Ok(children.iter().any(|child| child.path.file_name().is_some_and(|name| is_table(&name.to_string_lossy()))))
    };
    let mut tenants = Vec::new();
    for entry in disk.list(Path::new("")).map_err(io)? {
        let Ok(tenant) = entry.path.to_string_lossy().parse::<Tenant>() else { continue };
        if entry.is_dir && has_table(&entry.path).map_err(io)? {
            tenants.push(tenant);
        }
    }
    Ok(tenants)
}
