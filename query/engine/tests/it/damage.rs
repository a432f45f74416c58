//! R7: damaged and missing files cost their own rows and nothing else.
//!
//! `SLOWBURN_MUTATIONS` says how many mutations of a file are tried, `SLOWBURN_FIRST_MUTATION` which is the first.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use ingest_model::{Judgement, Nanos, Signal, Tenant};
use ingest_store::schema::table;
use ingest_store::{
    Append, DataFile, Decode, DerivedSnapshot, Encoding, Meaning, RecordedRequest, Sink, Store, StoreConfig,
    TableSnapshot, Tables,
};
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use query_api::{ErrorKind, SqlAnswer, SqlQuestion};
use query_engine::{Engine, EngineConfig, Format, QueryError};
use serde_json::json;
use tempfile::TempDir;

use crate::fixture::{NOW, Outcome, Shelf, batch, span, trace_id};

/// Mutations in a run of all tests.
const MUTATIONS: u64 = 2_000;

const ROWS: u64 = 300;

/// A few files as they stand.
#[derive(Debug, Default)]
struct Files {
    objects: Arc<InMemory>,
    listed: Mutex<Vec<DataFile>>,
}

impl Tables for Files {
    fn snapshot(&self, signal: Signal) -> TableSnapshot {
        if signal != Signal::Traces {
            return TableSnapshot::empty();
        }
        let files = self.listed.lock().expect("nobody panics while it is held").as_slice().into();
        TableSnapshot { files, ..TableSnapshot::empty() }
    }

    fn judgement(&self, _: Judgement) -> TableSnapshot {
        TableSnapshot::empty()
    }

    fn derived(&self) -> Vec<DerivedSnapshot> {
        Vec::new()
    }

    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.objects) as Arc<dyn ObjectStore>
    }
}

#[derive(Debug)]
struct Never;

impl Decode for Never {
    fn rows(&self, _: &RecordedRequest) -> Result<arrow::record_batch::RecordBatch, String> {
        Err("nothing is replayed".to_owned())
    }
}

/// A file as the store writes it, of spans with the given name.
async fn stored(name: &str, first: u64) -> Result<(DataFile, Bytes), Box<dyn std::error::Error>> {
    let folder = TempDir::new()?;
    let meaning = Meaning { decode: &Never, derivations: |_| Vec::new(), clock: || NOW };
    let store = Store::open(folder.path(), StoreConfig::default(), meaning).await?;
    let attributes =
        |id: u64| json!({ "name": name, "attributes_rest": format!(r#"{{"id":{id}}}"#), "kind": "SERVER" });
    let spans: Vec<_> = (first..first + ROWS).map(|id| span(id, id, id as i64, 10, attributes(id))).collect();
    let rows = batch(&table(Signal::Traces).schema, &spans)?;
    let (tenant, signal) = (Tenant::default(), Signal::Traces);
    let (encoding, received, rejected, body) = (Encoding::Protobuf, Nanos(0), Vec::new(), Bytes::from_static(b"-"));
    let request = RecordedRequest { tenant: tenant.clone(), signal, encoding, received, rejected, body };
    store.append(Append { request, rows }).await?;
    store.flush().await?;
    let tables = store.tables(&tenant).await?;
    let file = tables.snapshot(signal).files[0].clone();
    let bytes = tables.objects().get(&file.path).await?.bytes().await?;
    store.close().await?;
    Ok((file, bytes))
}

struct Asker {
    files: Arc<Files>,
    engine: Engine,
    _spill: TempDir,
}

impl Asker {
    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let (files, spill) = (Arc::<Files>::default(), TempDir::new()?);
        let mut config = EngineConfig::new(spill.path().to_owned());
        config.threads = 2;
        let engine = Engine::new(&config, Arc::clone(&files) as Arc<dyn Tables>, Arc::new(|| NOW))?;
        Ok(Self { files, engine, _spill: spill })
    }

    async fn list(&self, files: &[(&DataFile, &str, Bytes)]) -> Outcome {
        let mut listed = Vec::new();
        for (file, name, bytes) in files {
            let path = Path::from(format!("default/spans/date=2023-11-14/{name}.parquet"));
            self.files.objects.put(&path, bytes.clone().into()).await?;
            listed.push(DataFile { path, ..(*file).clone() });
        }
        *self.files.listed.lock().expect("nobody panics while it is held") = listed;
        Ok(())
    }

    async fn answer(&self, query: &str) -> Result<SqlAnswer, QueryError> {
        let question = SqlQuestion { query: query.to_owned(), ..SqlQuestion::default() };
        let answer = self.engine.sql(&question, Format::Json).await?;
        Ok(serde_json::from_slice(&answer.body).expect("the engine writes JSON"))
    }
}

/// SplitMix64.
fn chance(seed: &mut u64) -> usize {
    *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mixed = (*seed ^ (*seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    usize::try_from((mixed ^ (mixed >> 31)) >> 1).unwrap_or_default()
}

/// The file with one thing wrong; half of the time in its footer, where everything is found from.
fn mutated(bytes: &Bytes, mut seed: u64) -> Bytes {
    let mut wrong = bytes.to_vec();
    let mut next = || chance(&mut seed);
    let len = wrong.len();
    let footer = [len - 8, len - 7, len - 6, len - 5].map(|at| wrong[at]);
    let footer = u32::from_le_bytes(footer) as usize + 8;
    let at = if next().is_multiple_of(2) { len - 1 - next() % footer } else { next() % len };
    let many = (1 + next() % 600).min(len - at);
    match next() % 7 {
        0 | 1 => wrong[at] ^= 1 << (next() % 8),
        2 => wrong[at] = next().to_le_bytes()[0],
        3 => wrong.truncate(at),
        4 => wrong[at..at + many].fill(0),
        5 => wrong[at..at + many].iter_mut().for_each(|byte| *byte = next().to_le_bytes()[0]),
        _ => drop(wrong.splice(at..at, vec![b'!'; many])),
    }
    wrong.into()
}

const QUERIES: [&str; 3] = [
    "SELECT * FROM spans",
    "SELECT name, count(*), sum(duration_ns), count(DISTINCT span_id) FROM spans GROUP BY name",
    "SELECT span_id, attributes ->> 'id' FROM spans WHERE trace_id = '00000000000000000000000000000007' OR name = 'good'",
];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a number"))
}

/// How many answers kept the damaged file, and how many of those said something else of it.
#[derive(Debug, Default)]
struct Seen {
    left_out: u64,
    as_before: u64,
    differs: u64,
    /// Questions that failed although no file was found to be damaged. None may panic or end otherwise.
    failed: u64,
}

#[tokio::test]
async fn r07_mutated_files_are_left_out_and_never_panic_a_question() -> Outcome {
    let (good, good_bytes) = stored("good", 1_000).await?;
    let (bad, bad_bytes) = stored("bad", 1).await?;
    let asker = Asker::new()?;
    let (mut whole, mut rest) = (Vec::new(), Vec::new());
    for query in QUERIES {
        asker.list(&[(&good, "good", good_bytes.clone()), (&bad, "sound", bad_bytes.clone())]).await?;
        whole.push(sorted(&asker.answer(query).await?));
        asker.list(&[(&good, "good", good_bytes.clone())]).await?;
        rest.push(sorted(&asker.answer(query).await?));
    }
    let mut seen = Seen::default();
    let first = setting("SLOWBURN_FIRST_MUTATION", 0);
    for seed in first..first + setting("SLOWBURN_MUTATIONS", MUTATIONS) {
        let (name, query) = (format!("bad-{seed}"), seed as usize % QUERIES.len());
        let wrong = mutated(&bad_bytes, seed);
        asker.list(&[(&good, "good", good_bytes.clone()), (&bad, &name, wrong)]).await?;
        let answer = match asker.answer(QUERIES[query]).await {
            Ok(answer) => answer,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Internal, "mutation {seed}: {error}");
                println!("mutation {seed} is not found out: {error}");
                seen.failed += 1;
                continue;
            }
        };
        let left_out = answer.damaged_files.clone();
        let rows = sorted(&answer);
        assert!(
            rest[query].iter().all(|row| rows.contains(row)),
            "mutation {seed}: rows of the sound file are missing"
        );
        if left_out.is_empty() {
            seen.as_before += u64::from(rows == whole[query]);
            seen.differs += u64::from(rows != whole[query]);
        } else {
            assert_eq!(left_out, [format!("default/spans/date=2023-11-14/{name}.parquet")]);
            assert_eq!(rows, rest[query], "mutation {seed}: rows of a file that was left out");
            seen.left_out += 1;
        }
        asker.files.objects.delete(&Path::from(format!("default/spans/date=2023-11-14/{name}.parquet"))).await?;
    }
    println!("{seen:?}");
    let tried = seen.left_out + seen.as_before + seen.differs + seen.failed;
    // What only the engine's own use of a file finds wrong, such as its statistics, is an honest error.
    assert!(seen.left_out > 0 && seen.failed * 50 <= tried, "{seen:?}");
    Ok(())
}

fn sorted(answer: &SqlAnswer) -> Vec<String> {
    let mut rows: Vec<_> = answer.rows.iter().map(|row| json!(row).to_string()).collect();
    rows.sort();
    rows
}

#[tokio::test]
async fn r07_a_missing_file_is_named_and_the_rest_is_answered_by_every_question() -> Outcome {
    let shelf = Shelf::default();
    shelf.file(Signal::Traces, &[span(1, 1, 0, 10, json!({ "kind": "SERVER" }))]).await?;
    shelf.missing(Signal::Traces, NOW.micros(), NOW.micros() + 10);
    let asked = shelf.asked(|_| {})?;
    for _ in 0..2 {
        let answer = asked.answer("SELECT trace_id FROM spans").await?;
        assert_eq!((answer.rows.len(), answer.damaged_files), (1, vec!["default/gone.parquet".to_owned()]));
    }
    assert_eq!(asked.rows("SELECT body FROM logs").await?.len(), 0, "no word of a table that was not asked for");
    let trace = asked.engine.trace(trace_id(1).parse()?).await?.ok_or("the trace is gone")?;
    assert_eq!(trace.spans.len(), 1);
    assert_eq!(asked.engine.services(None, None).await?.services.len(), 1);
    Ok(())
}
