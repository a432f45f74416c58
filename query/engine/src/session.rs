//! One session a question: one snapshot of every table, and the engine's limits.

mod template;
mod unplanned;

use std::path::PathBuf;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;
use arrow::temporal_conversions::timestamp_ns_to_datetime;
use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList, MemorySchemaProvider,
    SchemaProvider, TableProvider,
};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::execution::cache::cache_manager::FileMetadataCache;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::execution::{SessionState, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use ingest_model::{Judgement, Signal};
use ingest_store::schema::TableSpec;
use ingest_store::{DerivedSnapshot, Follower, IndexKind, TableSnapshot, Tables, schema};

use crate::answer::cache::{Cache, Hashes, Seen};
use crate::asked::{self, Asked, Metered, QuestionPool, Questions};
use crate::built::CountBuilt;
use crate::config::{Clock, EngineConfig};
use crate::damage::{Damage, LeftOut};
use crate::dialect::{Dialect, NamedSchema};
use crate::judged::Answers;
use crate::logical::{golden_signals, judgements};
use crate::span_tree::SpanTree;
use crate::table::{Files, Indexes, StoredTable, Tally};
use crate::{increase, logical, table_functions};

#[cfg(test)]
pub(crate) use template::UNBOUNDED_FUNCTIONS;

/// The name the tables' object store is registered under.
const STORE: &str = "slowburn://tables";

pub(crate) const CATALOG: &str = "slowburn";

/// The schema people ask.
pub(crate) const PUBLIC: &str = "public";

/// The schema of the stored tables. The fence keeps people out of it: it admits bare names only.
const STORED: &str = "stored";

/// Opens the sessions of one question. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sessions {
    template: Arc<SessionState>,
    tables: Arc<dyn Tables>,
    files: Files,
    footers: Arc<FileMetadataCache>,
    answers: Arc<Cache>,
    damage: Arc<Damage>,
    clock: Clock,
    spill_dir: Arc<PathBuf>,
    questions: Arc<Questions>,
    asked: Arc<Asked>,
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
    /// What table functions give that are read before the question is planned.
    pub(crate) given: Answers,
    /// Memory and spill space of the question.
    runtime: Arc<RuntimeEnv>,
    spill_dir: Arc<PathBuf>,
    questions: Arc<Questions>,
    asked: Arc<Asked>,
    answers: Arc<Cache>,
}

// === impl Sessions ===

impl Sessions {
    /// Prepares what all sessions share: memory, spill folder, footer cache and functions.
    ///
    /// # Errors
    ///
    /// When the spill folder cannot be made.
    pub(crate) fn new(
        config: &EngineConfig,
        tables: Arc<dyn Tables>,
        clock: Clock,
        questions: Arc<Questions>,
    ) -> Result<Self> {
        let url = ObjectStoreUrl::parse(STORE)?;
        let damage = Arc::new(Damage::new(tables.as_ref()));
        let objects = damage.watched();
        std::fs::create_dir_all(&config.spill_dir)?;
        let runtime = template::runtime(config)?;
        runtime.register_object_store(url.as_ref(), Arc::clone(&objects));
        let footers = runtime.cache_manager.get_file_metadata_cache();
        let reader = Arc::new(CachedParquetFileReaderFactory::new(objects, Arc::clone(&footers)));
        let template = Arc::new(template::template(config, runtime)?);
        let (left_out, hashes) = (LeftOut::new(&damage), Hashes::new());
        let files = Files { url, reader, left_out, tally: Arc::default(), notes: Arc::default(), hashes };
        let answers = Arc::new(Cache::new(config.answer_cache_bytes));
        let spill_dir = Arc::new(config.spill_dir.clone());
        let asked = Arc::new(Asked::nobody(config.question));
        Ok(Self { template, tables, files, footers, answers, damage, clock, spill_dir, questions, asked })
    }

    /// Those of a question.
    pub(crate) fn of(&self, asked: &Arc<Asked>) -> Arc<Self> {
        Arc::new(Self { asked: Arc::clone(asked), ..self.clone() })
    }

    /// The question they are of.
    pub(crate) fn asked(&self) -> &Arc<Asked> {
        &self.asked
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
        self.template.as_ref().clone()
    }

    /// Where a question takes its memory from and spills to.
    fn runtime(&self) -> Arc<RuntimeEnv> {
        Arc::new(RuntimeEnv { memory_pool: self.pool(), ..self.template.runtime_env().as_ref().clone() })
    }

    /// The memory of a question.
    fn pool(&self) -> Arc<dyn MemoryPool> {
        let tenant = Arc::clone(&self.template.runtime_env().memory_pool);
        Arc::new(QuestionPool::new(tenant, Arc::clone(&self.asked)))
    }

    /// The files of a session: what it reads is the question's.
    fn files(&self) -> Files {
        let objects = Arc::new(Metered::new(self.damage.watched(), Arc::clone(&self.asked)));
        Files {
            url: self.files.url.clone(),
            reader: Arc::new(CachedParquetFileReaderFactory::new(objects, Arc::clone(&self.footers))),
            left_out: LeftOut::new(&self.damage),
            tally: Arc::default(),
            notes: Arc::default(),
            hashes: Arc::clone(&self.files.hashes),
        }
    }

    fn indexes(&self, signal: Signal) -> Indexes {
        let index = |kind| self.tables.index(signal, kind);
        Indexes { traces: index(IndexKind::Traces), words: index(IndexKind::Words) }
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
        let given = Answers::default();
        given.register(&mut state);
        state.register_catalog_list(catalogs(&public, &stored, schemas)?);
        let runtime = self.runtime();
        let count = CountBuilt::new(Arc::clone(&runtime.memory_pool), Arc::clone(&self.asked));
        state.add_analyzer_rule(Arc::new(count));
        let mut snapshots = Signal::ALL.map(|signal| (signal, self.tables.snapshot(signal)));
        change(&mut snapshots);
        let judged = Judgement::ALL.map(|kind| self.tables.judgement(kind));
        let indexes = Signal::ALL.map(|signal| self.indexes(signal));
        let derived = self.tables.derived();
        let files = self.files();
        let (questions, asked) = (Arc::clone(&self.questions), Arc::clone(&self.asked));
        let (spill_dir, answers) = (Arc::clone(&self.spill_dir), Arc::clone(&self.answers));
        let mut session = Session {
            state,
            public,
            snapshots,
            judged,
            derived,
            stored,
            indexes,
            files,
            given,
            runtime,
            spill_dir,
            questions,
            asked,
            answers,
        };
        for (signal, snapshot) in &session.snapshots {
            session.stored.register_table(signal.table().to_owned(), session.telemetry(*signal, snapshot))?;
        }
        table_functions::register(&mut session);
        Ok(session)
    }
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Sessions").field("tables", &self.tables).finish_non_exhaustive()
    }
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

    /// What a plan of the session runs with: the memory and the spill space of its question. `rows` is how many a batch
    /// has, where they must be fewer than usual.
    ///
    /// # Errors
    ///
    /// When the folder to spill to cannot be made.
    pub(crate) fn task(&self, rows: Option<usize>) -> Result<Arc<TaskContext>> {
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![self.spill_dir.as_ref().clone()]))
            .with_max_temp_directory_size(self.asked.limits().spill_bytes);
        let disk_manager = Arc::new(disk.build()?);
        self.asked.spills_to(Arc::clone(&disk_manager));
        let runtime = Arc::new(RuntimeEnv { disk_manager, ..self.runtime.as_ref().clone() });
        let task = TaskContext::from(&self.state).with_runtime(runtime);
        Ok(Arc::new(match rows {
            Some(rows) => {
                let config = task.session_config().clone().with_batch_size(rows);
                task.with_session_config(config)
            }
            None => task,
        }))
    }

    /// The question.
    pub(crate) fn asked(&self) -> &Arc<Asked> {
        &self.asked
    }

    /// Answers of before.
    pub(crate) fn cache(&self) -> &Cache {
        &self.answers
    }

    /// What the scans that were planned so far read.
    pub(crate) fn seen(&self) -> Seen {
        self.files.notes.seen()
    }

    /// Damaged files that were left out so far.
    pub(crate) fn left_out(&self) -> Vec<String> {
        self.files.left_out.files()
    }

    fn telemetry(&self, signal: Signal, snapshot: &TableSnapshot) -> Arc<dyn TableProvider> {
        Arc::new(self.with_indexes(signal, snapshot))
    }

    /// Lets questions of our own find `stored.counted_spans`.
    ///
    /// # Errors
    ///
    /// When the table cannot be made, which is a bug.
    pub(crate) fn provide_counted_spans(&self) -> Result<()> {
        const NAME: &str = "counted_spans";
        if !self.stored.table_exist(NAME) {
            let table = logical::counted_spans(Arc::new(self.table_of(Signal::Traces)))?;
            self.stored.register_table(NAME.to_owned(), table)?;
        }
        Ok(())
    }

    /// Where files are read from.
    pub(crate) const fn files(&self) -> &Files {
        &self.files
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

    /// What points of metrics add.
    async fn metric_increases(&self) -> Result<Arc<dyn TableProvider>> {
        self.metrics()?;
        let points = self.state.create_logical_plan(increase::table::POINTS).await?;
        Ok(Arc::new(increase::table::MetricIncreases::new(points)?))
    }

    /// What was sampled of metrics.
    async fn exemplars(&self) -> Result<Arc<dyn TableProvider>> {
        self.metrics()?;
        self.view(logical::exemplars::QUERY).await
    }

    /// Lets the session find `metrics`.
    fn metrics(&self) -> Result<()> {
        let (signal, snapshot) = &self.snapshots[Signal::Metrics as usize];
        if !self.public.table_exist(signal.table()) {
            let table = logical::table(*signal, self.telemetry(*signal, snapshot))?;
            self.public.register_table(signal.table().to_owned(), table)?;
        }
        Ok(())
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
            (None, "span_tree") => logical::span_tree(Arc::new(SpanTree::new(self.table_of(Signal::Traces))))?,
            (None, "golden_signals") => self.golden_signals().await?,
            (None, "services") => self.view(logical::state::SERVICES_QUERY).await?,
            (None, "metric_increases") => self.metric_increases().await?,
            (None, "exemplars") => self.exemplars().await?,
            (None, "queries") => asked::table(&self.questions)?,
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
