//! One session a question: one snapshot of every table, and the engine's limits.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use arrow::temporal_conversions::timestamp_ns_to_datetime;
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider, TableProvider,
};
use datafusion::common::config::Dialect as SqlDialect;
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::execution::cache::cache_manager::CacheManagerConfig;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::{FunctionRegistry, SessionState, SessionStateBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use ingest_model::{Judgement, Signal};
use ingest_store::schema::TableSpec;
use ingest_store::{DerivedSnapshot, Follower, IndexKind, TableSnapshot, Tables, schema};

use crate::config::{Clock, EngineConfig};
use crate::damage::{Damage, LeftOut};
use crate::dialect::{Dialect, NamedSchema};
use crate::logical::{golden_signals, judgements};
use crate::rewrite::ReadStored;
use crate::table::{Files, Indexes, StoredTable, Tally};
use crate::{has_word, latency, logical, operators};

/// The name the tables' object store is registered under.
const STORE: &str = "slowburn://tables";

pub(crate) const CATALOG: &str = "slowburn";

/// The schema people ask.
pub(crate) const PUBLIC: &str = "public";

/// The schema of the stored tables. The fence keeps people out of it: it admits bare names only.
const STORED: &str = "stored";

/// Consumers of memory a report of exhaustion names.
const REPORTED_CONSUMERS: NonZeroUsize = NonZeroUsize::MIN;

/// Functions that make values of any size from a few digits, or take the square of the length of
/// what they are given; none has a use on telemetry.
const UNBOUNDED_FUNCTIONS: [&str; 9] =
    ["repeat", "lpad", "rpad", "array_repeat", "array_resize", "range", "generate_series", "gen_series", "levenshtein"];

/// Opens sessions.
pub(crate) struct Sessions {
    template: SessionState,
    tables: Arc<dyn Tables>,
    files: Files,
    damage: Arc<Damage>,
    clock: Clock,
}

/// What one question sees and plans with.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) state: SessionState,
    public: Arc<MemorySchemaProvider>,
    /// One snapshot a signal, in the order of [`Signal::ALL`].
    pub(crate) snapshots: [(Signal, TableSnapshot); 3],
    /// One snapshot a kind of judgement, in the order of [`Judgement::ALL`].
    judged: [TableSnapshot; Judgement::ALL.len()],
    /// One snapshot a derived table. What is still to be computed is computed when it is asked for.
    derived: Vec<DerivedSnapshot>,
    stored: Arc<MemorySchemaProvider>,
    /// The indexes of traces and of words, of each signal in the order of [`Signal::ALL`].
    indexes: [Indexes; 3],
    files: Files,
}

// === impl Sessions ===

impl Sessions {
    /// Prepares what all sessions share: memory, spill folder, footer cache and functions.
    ///
    /// # Errors
    ///
    /// When the spill folder cannot be made.
    pub(crate) fn new(config: &EngineConfig, tables: Arc<dyn Tables>, clock: Clock) -> Result<Self> {
        let url = ObjectStoreUrl::parse(STORE)?;
        let damage = Arc::new(Damage::new(tables.as_ref()));
        let objects = damage.watched();
        std::fs::create_dir_all(&config.spill_dir)?;
        let runtime = runtime(config)?;
        runtime.register_object_store(url.as_ref(), Arc::clone(&objects));
        let cache = runtime.cache_manager.get_file_metadata_cache();
        let reader = Arc::new(CachedParquetFileReaderFactory::new(objects, cache));
        let template = template(config, runtime)?;
        let files = Files { url, reader, left_out: LeftOut::new(&damage), tally: Arc::default() };
        Ok(Self { template, tables, files, damage, clock })
    }

    /// What is known of damaged files.
    pub(crate) fn damage(&self) -> &Damage {
        &self.damage
    }

    /// Rows of a signal from now on.
    pub(crate) fn follow(&self, signal: Signal) -> Option<Follower> {
        self.tables.follow(signal)
    }

    /// A session on what is stored now.
    ///
    /// # Errors
    ///
    /// When a table cannot be registered, which is a bug.
    pub(crate) fn open(&self) -> Result<Session> {
        self.open_with(&self.template, &[], |_| {})
    }

    /// A session in which a signal has these rows and no others.
    ///
    /// # Errors
    ///
    /// As [`Sessions::open`].
    pub(crate) fn open_on(&self, signal: Signal, rows: Vec<RecordBatch>) -> Result<Session> {
        self.open_with(&self.template, &[], |snapshots| {
            snapshots[signal as usize].1 = TableSnapshot { hot: rows, ..TableSnapshot::empty() };
        })
    }

    /// The same as [`Sessions::open`] in a dialect, which has functions and schemas of its own.
    ///
    /// # Errors
    ///
    /// When a table cannot be registered, which is a bug.
    pub(crate) fn open_in(&self, dialect: &Dialect) -> Result<Session> {
        self.open_with(&dialect.state, &dialect.schemas, |_| {})
    }

    /// What a dialect begins with.
    pub(crate) fn template(&self) -> SessionState {
        self.template.clone()
    }

    fn open_with(
        &self,
        template: &SessionState,
        schemas: &[NamedSchema],
        change: impl FnOnce(&mut [(Signal, TableSnapshot); 3]),
    ) -> Result<Session> {
        let mut state = template.clone();
        state.mark_start_execution();
        let now = timestamp_ns_to_datetime((self.clock)().0).map(|now| now.and_utc());
        state.execution_props_mut().query_execution_start_time = now;
        let public = Arc::new(MemorySchemaProvider::new());
        let stored = Arc::new(MemorySchemaProvider::new());
        state.register_catalog_list(catalogs(&public, &stored, schemas)?);
        let mut snapshots = Signal::ALL.map(|signal| (signal, self.tables.snapshot(signal)));
        change(&mut snapshots);
        let judged = Judgement::ALL.map(|kind| self.tables.judgement(kind));
        let indexes = Signal::ALL.map(|signal| {
            let index = |kind| self.tables.index(signal, kind);
            Indexes { traces: index(IndexKind::Traces), words: index(IndexKind::Words) }
        });
        let derived = self.tables.derived();
        let files = Files { left_out: LeftOut::new(&self.damage), tally: Arc::default(), ..self.files.clone() };
        let session = Session { state, public, snapshots, judged, derived, stored, indexes, files };
        for (signal, snapshot) in &session.snapshots {
            session.stored.register_table(signal.table().to_owned(), session.telemetry(*signal, snapshot))?;
        }
        Ok(session)
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sessions").field("tables", &self.tables).finish_non_exhaustive()
    }
}

fn runtime(config: &EngineConfig) -> Result<Arc<RuntimeEnv>> {
    let disk = DiskManagerBuilder::default()
        .with_mode(DiskManagerMode::Directories(vec![config.spill_dir.clone()]))
        .with_max_temp_directory_size(config.spill_limit_bytes);
    let pool = TrackConsumersPool::new(FairSpillPool::new(config.memory_limit_bytes), REPORTED_CONSUMERS);
    let caches = CacheManagerConfig::default().with_metadata_cache_limit(config.metadata_cache_bytes);
    RuntimeEnvBuilder::new()
        .with_disk_manager_builder(disk)
        .with_memory_pool(Arc::new(pool))
        .with_cache_manager(caches)
        .build_arc()
}

fn template(config: &EngineConfig, runtime: Arc<RuntimeEnv>) -> Result<SessionState> {
    let mut state = SessionStateBuilder::new()
        .with_config(session_config(config))
        .with_runtime_env(runtime)
        .with_default_features()
        .with_optimizer_rule(Arc::new(ReadStored))
        .build();
    for function in UNBOUNDED_FUNCTIONS {
        state.deregister_udf(function)?;
    }
    for function in operators::functions() {
        state.register_udf(function)?;
    }
    state.register_udf(latency::quantile())?;
    state.register_udf(has_word::has_word())?;
    state.register_udaf(latency::merge_latency())?;
    state.register_expr_planner(Arc::new(operators::JsonOperators))?;
    Ok(state)
}

fn session_config(config: &EngineConfig) -> SessionConfig {
    let mut session = SessionConfig::new()
        .with_target_partitions(config.threads.max(1))
        .with_information_schema(false)
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(CATALOG, PUBLIC);
    let options = session.options_mut();
    // Wrong results for a mix of MIN(column) and MIN(expression) in the 55.2 line
    // (apache/datafusion issue 24816).
    options.optimizer.enable_aggregate_dynamic_filter_pushdown = false;
    // Decoding in two steps slows most scans; a scan that looks for ids turns it on for itself.
    options.execution.parquet.pushdown_filters = false;
    options.execution.parquet.bloom_filter_on_read = true;
    options.execution.parquet.enable_page_index = true;
    options.sql_parser.dialect = SqlDialect::PostgreSQL;
    session
}

fn catalogs(
    public: &Arc<MemorySchemaProvider>,
    stored: &Arc<MemorySchemaProvider>,
    others: &[NamedSchema],
) -> Result<Arc<dyn CatalogProviderList>> {
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(PUBLIC, Arc::clone(public) as Arc<dyn SchemaProvider>)?;
    catalog.register_schema(STORED, Arc::clone(stored) as Arc<dyn SchemaProvider>)?;
    for (name, schema) in others {
        catalog.register_schema(name, Arc::clone(schema))?;
    }
    let list = MemoryCatalogProviderList::new();
    list.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    Ok(Arc::new(list))
}

// === impl Session ===

impl Session {
    fn stored(&self, spec: &'static TableSpec, snapshot: &TableSnapshot) -> Arc<dyn TableProvider> {
        Arc::new(StoredTable::new(spec, snapshot.clone(), self.files.clone()))
    }

    /// Damaged files that were left out so far.
    pub(crate) fn left_out(&self) -> Vec<String> {
        self.files.left_out.files()
    }

    fn telemetry(&self, signal: Signal, snapshot: &TableSnapshot) -> Arc<dyn TableProvider> {
        Arc::new(self.with_indexes(signal, snapshot))
    }

    /// The stored table of a signal.
    pub(crate) fn table_of(&self, signal: Signal) -> StoredTable {
        self.with_indexes(signal, &self.snapshots[signal as usize].1)
    }

    fn with_indexes(&self, signal: Signal, snapshot: &TableSnapshot) -> StoredTable {
        let indexes = self.indexes[signal as usize].clone();
        StoredTable::new(schema::table(signal), snapshot.clone(), self.files.clone()).with_indexes(indexes)
    }

    /// What was read so far.
    pub(crate) fn tally(&self) -> &Tally {
        &self.files.tally
    }

    /// Golden signals, whose hot part is computed now.
    async fn golden_signals(&self) -> Result<Arc<dyn TableProvider>> {
        let spec = schema::golden_signals();
        if !self.stored.table_exist(spec.name) {
            let of_spec = |derived: &&DerivedSnapshot| derived.derive.spec().name == spec.name;
            let derived = self.derived.iter().find(of_spec).cloned();
            let snapshot = derived.map(DerivedSnapshot::into_table).transpose();
            let snapshot = snapshot.map_err(|error| DataFusionError::External(Box::new(error)))?;
            let snapshot = snapshot.unwrap_or_else(TableSnapshot::empty);
            self.stored.register_table(spec.name.to_owned(), self.stored(spec, &snapshot))?;
        }
        self.view(golden_signals::QUERY).await
    }

    /// What was concluded of a kind.
    async fn judgement(&self, kind: Judgement) -> Result<Arc<dyn TableProvider>> {
        if !self.stored.table_exist(kind.table()) {
            let stored = self.stored(schema::judgement(kind), &self.judged[kind as usize]);
            self.stored.register_table(kind.table().to_owned(), stored)?;
        }
        self.view(&judgements::query(kind)).await
    }

    /// Lets the session find a table people ask by `name`; whether there is one.
    ///
    /// # Errors
    ///
    /// When the table cannot be made, which is a bug.
    pub(crate) async fn provide(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let signal = self.snapshots.iter().find(|(signal, _)| signal.table() == name);
        let table = match (signal, name) {
            (Some((signal, snapshot)), _) => logical::table(*signal, self.telemetry(*signal, snapshot))?,
            (None, "golden_signals") => self.golden_signals().await?,
            (None, "services") => self.view(logical::state::SERVICES_QUERY).await?,
            (None, "ingest_status") => {
                let unread = self.snapshots.iter().filter_map(|(_, snapshot)| snapshot.unread.as_ref());
                unread.for_each(|table| self.files.left_out.add(table));
                logical::state::ingest_status(&crate::services::freshness(&self.snapshots)?)?
            }
            _ => match judgements::kind_of(name) {
                Some(kind) => self.judgement(kind).await?,
                None => return Ok(None),
            },
        };
        if !self.public.table_exist(name) {
            self.public.register_table(name.to_owned(), Arc::clone(&table))?;
        }
        Ok(Some(table))
    }

    /// The plan to run. The optimizer moves attribute accesses towards the scan so that only
    /// their columns are read; where that trips over names (a column renamed to the name of
    /// another), the question is planned without.
    ///
    /// # Errors
    ///
    /// What is wrong with the question.
    pub(crate) async fn physical(&self, plan: &LogicalPlan) -> Result<Arc<dyn ExecutionPlan>> {
        match self.state.create_physical_plan(plan).await {
            Ok(plan) => Ok(plan),
            Err(error) => {
                let mut careful = self.state.clone();
                careful.config_mut().options_mut().optimizer.enable_leaf_expression_pushdown = false;
                careful.create_physical_plan(plan).await.map_err(|_| error)
            }
        }
    }

    async fn view(&self, query: &str) -> Result<Arc<dyn TableProvider>> {
        let plan = self.state.create_logical_plan(query).await?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}
