//! A store of the tests' own, in the stored schema.

use std::sync::{Arc, Mutex};

use arrow::array::AsArray;
use arrow::compute::{max, min};
use arrow::datatypes::{SchemaRef, TimestampMicrosecondType};
use arrow::error::ArrowError;
use arrow::json::ReaderBuilder;
use arrow::record_batch::RecordBatch;
use ingest_model::{Judgement, Nanos, Signal};
use ingest_signals::GoldenSignals;
use ingest_store::schema::{judgement, table};
use ingest_store::{DataFile, DerivedSnapshot, Disk, Index, IndexKind, LocalDisk, TableSnapshot, Tables};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use query_api::{SqlAnswer, SqlQuestion};
use query_engine::{Engine, EngineConfig, Format, QueryError};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What `now()` answers in the tests.
pub(crate) const NOW: Nanos = Nanos(1_700_000_000_000_000_000);

/// A fake of the store: what is put in is what readers see.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    objects: Arc<InMemory>,
    snapshots: Mutex<[(Vec<DataFile>, Vec<RecordBatch>); 3]>,
    indexes: Mutex<Vec<(Signal, Arc<Index>)>>,
    judged: Mutex<Vec<(Judgement, RecordBatch)>>,
    /// What the indexes lie in.
    folder: Option<TempDir>,
}

/// An engine on a shelf, and the folder it spills to.
pub(crate) struct Asked {
    pub(crate) engine: Engine,
    _spill: TempDir,
}

// === impl Shelf ===

impl Shelf {
    fn with<T>(&self, signal: Signal, change: impl FnOnce(&mut (Vec<DataFile>, Vec<RecordBatch>)) -> T) -> T {
        let mut snapshots = self.snapshots.lock().expect("no test panics while it holds the lock");
        change(&mut snapshots[signal as usize])
    }

    /// Adds hot rows.
    pub(crate) fn hot(&self, signal: Signal, rows: &[Value]) -> Result<(), ArrowError> {
        let batch = batch(&table(signal).schema, rows)?;
        self.with(signal, |(_, hot)| hot.push(batch));
        Ok(())
    }

    /// Adds hot rows of what was concluded.
    pub(crate) fn judged(&self, kind: Judgement, rows: &[Value]) -> Result<(), ArrowError> {
        let batch = batch(&judgement(kind).schema, rows)?;
        self.judged.lock().expect("no test panics while it holds the lock").push((kind, batch));
        Ok(())
    }

    /// Adds a file of rows.
    pub(crate) async fn file(&self, signal: Signal, rows: &[Value]) -> Outcome {
        let batch = batch(&table(signal).schema, rows)?;
        self.parquet(signal, &batch, rows.len().max(1)).await
    }

    /// Adds a file as it stands, with row groups of so many rows.
    pub(crate) async fn parquet(&self, signal: Signal, batch: &RecordBatch, group: usize) -> Outcome {
        let spec = table(signal);
        let mut properties = WriterProperties::builder().set_max_row_group_row_count(Some(group));
        for column in spec.bloom {
            properties = properties.set_column_bloom_filter_enabled((*column).into(), true);
        }
        let mut body = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut body, batch.schema(), Some(properties.build()))?;
        writer.write(batch)?;
        writer.close()?;
        let number = self.with(signal, |(files, _)| files.len());
        let path = Path::from(format!("default/{}/date=2023-11-14/part-{number:05}.parquet", spec.name));
        let size_bytes = body.len() as u64;
        self.objects.put(&path, body.into()).await?;
        self.list(signal, path, size_bytes, batch);
        Ok(())
    }

    fn list(&self, signal: Signal, path: Path, size_bytes: u64, batch: &RecordBatch) {
        let time =
            batch.column_by_name(table(signal).time_column).map(|time| time.as_primitive::<TimestampMicrosecondType>());
        let (oldest, newest) = time.and_then(|time| min(time).zip(max(time))).unwrap_or_default();
        let rows = batch.num_rows() as u64;
        let file = DataFile { path, is_cold: false, size_bytes, rows, min_time_us: oldest, max_time_us: newest };
        self.with(signal, |(files, _)| files.push(file));
    }

    /// Lists a file that is not there; whoever opens it fails.
    pub(crate) fn missing(&self, signal: Signal, min_time_us: i64, max_time_us: i64) {
        let file = DataFile {
            path: Path::from("default/gone.parquet"),
            is_cold: false,
            size_bytes: 1_000,
            rows: 10,
            min_time_us,
            max_time_us,
        };
        self.with(signal, |(files, _)| files.push(file));
    }

    /// Indexes the files there are now. Files that come later are covered by no index.
    pub(crate) async fn indexed(&mut self) -> Outcome {
        let folder = TempDir::new()?;
        let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path())?);
        for signal in Signal::ALL {
            let files = self.with(signal, |(files, _)| files.clone());
            for file in &files {
                let path = folder.path().join(file.path.as_ref());
                std::fs::create_dir_all(path.parent().ok_or("a file has a folder")?)?;
                std::fs::write(path, self.objects.get(&file.path).await?.bytes().await?)?;
            }
            let spec = table(signal);
            for kind in IndexKind::ALL {
                let place = Path::from_iter(["default", spec.name]);
                let Some(index) = Index::new(kind, Arc::clone(&disk), place, spec) else { continue };
                index.keep_up(&files.clone().into(), &|_| false, &|| false)?;
                self.indexes.lock().expect("no test panics while it holds the lock").push((signal, Arc::new(index)));
            }
        }
        self.folder = Some(folder);
        Ok(())
    }

    /// The files of all indexes.
    pub(crate) fn index_files(&self) -> Vec<std::path::PathBuf> {
        let Some(folder) = &self.folder else { return Vec::new() };
        let of = |table: &str, index: &str| std::fs::read_dir(folder.path().join("default").join(table).join(index));
        let folders = [("spans", "_trace_index"), ("logs", "_trace_index"), ("logs", "_word_index")];
        let files = folders.into_iter().filter_map(|(table, index)| of(table, index).ok()).flatten();
        files.filter_map(|file| Some(file.ok()?.path())).collect()
    }

    /// Starts an engine on the shelf.
    pub(crate) fn asked(self, change: impl FnOnce(&mut EngineConfig)) -> Result<Asked, Box<dyn std::error::Error>> {
        Self::shared(&Arc::new(self), change)
    }

    /// The same, on a shelf that goes on to be filled.
    pub(crate) fn shared(
        shelf: &Arc<Self>,
        change: impl FnOnce(&mut EngineConfig),
    ) -> Result<Asked, Box<dyn std::error::Error>> {
        let spill = TempDir::new()?;
        let mut config = EngineConfig::new(spill.path().to_owned());
        config.threads = 2;
        change(&mut config);
        let engine = Engine::new(&config, Arc::clone(shelf) as Arc<dyn Tables>, Arc::new(|| NOW))?;
        Ok(Asked { engine, _spill: spill })
    }
}

impl Tables for Shelf {
    fn snapshot(&self, signal: Signal) -> TableSnapshot {
        self.with(signal, |(files, hot)| TableSnapshot {
            files: files.as_slice().into(),
            hot: hot.clone(),
            last_received: (!hot.is_empty()).then_some(NOW),
            unread: None,
        })
    }

    fn judgement(&self, kind: Judgement) -> TableSnapshot {
        let judged = self.judged.lock().expect("no test panics while it holds the lock");
        let hot = judged.iter().filter(|(of, _)| *of == kind).map(|(_, rows)| rows.clone()).collect();
        TableSnapshot { hot, ..TableSnapshot::empty() }
    }

    /// Nothing is flushed on a shelf: the signals of its hot rows are computed when asked for.
    fn derived(&self) -> Vec<DerivedSnapshot> {
        let source = self.with(Signal::Traces, |(_, hot)| hot.clone());
        let derive = Arc::new(GoldenSignals::new());
        vec![DerivedSnapshot { derive, files: Arc::new([]), position: 0, source, last_received: None }]
    }

    fn index(&self, signal: Signal, kind: IndexKind) -> Option<Arc<Index>> {
        let indexes = self.indexes.lock().expect("no test panics while it holds the lock");
        let found = indexes.iter().find(|(of, index)| *of == signal && index.kind() == kind);
        found.map(|(_, index)| Arc::clone(index))
    }

    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.objects) as Arc<dyn ObjectStore>
    }
}

// === impl Asked ===

impl Asked {
    /// An engine that was started, and the folder it spills to.
    pub(crate) const fn new(engine: Engine, spill: TempDir) -> Self {
        Self { engine, _spill: spill }
    }

    pub(crate) async fn answer(&self, query: &str) -> Result<SqlAnswer, QueryError> {
        let question = SqlQuestion { query: query.to_owned(), ..SqlQuestion::default() };
        let answer = self.engine.sql(&question, Format::Json).await?;
        Ok(serde_json::from_slice(&answer.body).expect("the engine writes JSON"))
    }

    pub(crate) async fn rows(&self, query: &str) -> Result<Vec<Vec<Value>>, QueryError> {
        let answer = self.answer(query).await?;
        assert!(answer.damaged_files.is_empty(), "{query} went on without {:?}", answer.damaged_files);
        Ok(answer.rows)
    }

    /// The physical plan with the metrics of its run, as text.
    pub(crate) async fn explained(&self, query: &str) -> Result<String, QueryError> {
        let rows = self.rows(&format!("EXPLAIN ANALYZE VERBOSE {query}")).await?;
        Ok(rows.iter().filter_map(|row| row[1].as_str()).collect::<Vec<_>>().join("\n"))
    }

    /// The optimized logical and the physical plan, as text.
    pub(crate) async fn plan(&self, query: &str) -> Result<String, QueryError> {
        let rows = self.rows(&format!("EXPLAIN {query}")).await?;
        Ok(rows.iter().filter_map(|row| row[1].as_str()).collect::<Vec<_>>().join("\n"))
    }
}

/// Rows in a schema; what a row leaves out is null.
pub(crate) fn batch(schema: &SchemaRef, rows: &[Value]) -> Result<RecordBatch, ArrowError> {
    let mut decoder =
        ReaderBuilder::new(SchemaRef::clone(schema)).with_batch_size(rows.len().max(1)).build_decoder()?;
    decoder.serialize(rows)?;
    Ok(decoder.flush()?.unwrap_or_else(|| RecordBatch::new_empty(SchemaRef::clone(schema))))
}

/// The 32 hex digits of a trace id.
pub(crate) fn trace_id(number: u64) -> String {
    format!("{number:032x}")
}

/// The 16 hex digits of a span id.
pub(crate) fn span_id(number: u64) -> String {
    format!("{number:016x}")
}

/// A time `micros` after [`NOW`], in nanoseconds.
pub(crate) fn at(micros: i64) -> i64 {
    NOW.0 + micros * 1_000
}

/// A span; `more` adds and replaces columns.
pub(crate) fn span(trace: u64, id: u64, start_us: i64, duration_us: i64, more: Value) -> Value {
    let own = json!({
        "trace_id": trace_id(trace), "span_id": span_id(id), "name": "work", "kind": "INTERNAL",
        "status_code": "UNSET", "service_name": "shop",
        "start_time": at(start_us) / 1_000, "start_time_nanos": at(start_us) % 1_000, "duration_ns": duration_us * 1_000,
    });
    merged(own, more)
}

/// A log record; `more` adds and replaces columns.
pub(crate) fn log(time_us: i64, body: &str, more: Value) -> Value {
    let own = json!({
        "time": at(time_us) / 1_000, "time_nanos": at(time_us) % 1_000, "severity_number": 9, "severity_text": "INFO",
        "body": body, "service_name": "shop",
    });
    merged(own, more)
}

/// A data point; `more` adds and replaces columns.
pub(crate) fn point(time_us: i64, name: &str, value: f64, more: Value) -> Value {
    let own = json!({
        "time": at(time_us) / 1_000, "time_nanos": at(time_us) % 1_000, "metric_name": name, "metric_type": "gauge",
        "unit": "1", "value": value, "service_name": "shop",
    });
    merged(own, more)
}

/// An object with the members of another added and replaced.
pub(crate) fn merged(mut own: Value, more: Value) -> Value {
    if let (Value::Object(own), Value::Object(more)) = (&mut own, more) {
        own.extend(more);
    }
    own
}
