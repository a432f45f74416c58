//! A lookup names every file that holds a trace, whatever was indexed, merged, removed, damaged or cut off before.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{ArrayRef, BinaryViewArray, TimestampMicrosecondArray, new_null_array};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use ingest_model::Signal;
use proptest::prelude::*;

use super::*;
use crate::data_file;
use crate::disk::{LocalDisk, write_file};
use crate::schema;

/// A table of files, each with the traces of its rows.
struct Lake {
    folder: tempfile::TempDir,
    disk: Arc<dyn Disk>,
    index: Index,
    files: BTreeMap<usize, (DataFile, BTreeSet<u16>)>,
    made: usize,
}

fn id(trace: u16) -> Vec<u8> {
    // Ids of one sender often begin alike.
    [[7; 14].as_slice(), &trace.to_be_bytes()].concat()
}

fn rows(traces: &BTreeSet<u16>) -> RecordBatch {
    let spec = schema::table(Signal::Traces);
    let column = |field: &arrow::datatypes::FieldRef| -> ArrayRef {
        match field.name().as_str() {
            "start_time" => Arc::new(
                TimestampMicrosecondArray::from(vec![1_700_000_000_000_000; traces.len()]).with_timezone("UTC"),
            ),
            "trace_id" => Arc::new(BinaryViewArray::from_iter_values(traces.iter().map(|trace| id(*trace)))),
            _ => new_null_array(field.data_type(), traces.len()),
        }
    };
    let columns = spec.schema.fields().iter().map(column).collect();
    RecordBatch::try_new(Arc::clone(&spec.schema), columns).unwrap()
}

// === impl Lake ===

impl Lake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk: Arc<dyn Disk> = Arc::new(LocalDisk::open(folder.path()).unwrap());
        let index = Self::opened(&disk);
        Self { folder, disk, index, files: BTreeMap::new(), made: 0 }
    }

    fn opened(disk: &Arc<dyn Disk>) -> Index {
        Index::new(IndexKind::Traces, Arc::clone(disk), Path::from("default/spans"), schema::table(Signal::Traces))
            .unwrap()
    }

    fn reopen(&mut self) {
        self.index = Self::opened(&self.disk);
    }

    fn add(&mut self, traces: BTreeSet<u16>) {
        let encoded =
            data_file::encode(&[rows(&traces)], schema::table(Signal::Traces)).unwrap().next().unwrap().unwrap();
        let path = Path::from(format!("default/spans/date={}/{:05}.parquet", encoded.date, self.made));
        let file = DataFile {
            path: path.clone(),
            is_cold: false,
            size_bytes: encoded.bytes.len() as u64,
            rows: encoded.rows,
            min_time_us: encoded.min_time_us,
            max_time_us: encoded.max_time_us,
        };
        write_file(self.disk.as_ref(), std::path::Path::new(path.as_ref()), &[encoded.bytes], crate::disk::Target::New)
            .unwrap();
        self.files.insert(self.made, (file, traces));
        self.made += 1;
    }

    /// Puts one file in the place of the oldest two.
    fn compact(&mut self) {
        let old: Vec<_> = (0..2).filter_map(|_| self.files.pop_first()).collect();
        let traces: BTreeSet<u16> = old.into_iter().flat_map(|(_, (_, traces))| traces).collect();
        if !traces.is_empty() {
            self.add(traces);
        }
    }

    fn live(&self) -> Vec<DataFile> {
        self.files.values().map(|(file, _)| file.clone()).collect()
    }

    fn keep_up(&self) {
        self.index.keep_up(&self.live().into(), &|_| false, &|| false).unwrap();
    }

    fn runs(&self) -> Vec<PathBuf> {
        let entries = self.disk.list(&self.index.folder()).unwrap();
        entries.into_iter().map(|entry| entry.path).collect()
    }

    /// For each file, by number: whether it may hold one of the traces, and whether it does.
    fn asked(&self, traces: &[u16]) -> Vec<(usize, bool, bool)> {
        let ids: Vec<Vec<u8>> = traces.iter().map(|trace| id(*trace)).collect();
        let live = self.live();
        let found =
            self.index.find(&ids.iter().map(Vec::as_slice).collect::<Vec<_>>(), &live.iter().collect::<Vec<_>>());
        let holds = |held: &BTreeSet<u16>| traces.iter().any(|trace| held.contains(trace));
        let files = self.files.iter().zip(found.held);
        files.map(|((number, (_, traces)), held)| (*number, held != Held::Nowhere, holds(traces))).collect()
    }

    /// No file that holds a trace is left out.
    fn is_sound(&self) {
        for trace in 0..40 {
            for (file, may_hold, holds) in self.asked(&[trace]) {
                assert!(may_hold || !holds, "file {file} holds trace {trace}");
            }
        }
    }

    /// Nor is another file named.
    fn is_exact(&self) {
        for trace in 0..40 {
            for (file, may_hold, holds) in self.asked(&[trace]) {
                assert_eq!(may_hold, holds, "file {file}, trace {trace}");
            }
        }
    }
}

fn traces() -> impl Strategy<Value = BTreeSet<u16>> {
    prop::collection::btree_set(0_u16..40, 1..12)
}

#[derive(Debug, Clone)]
enum Step {
    Flush(BTreeSet<u16>),
    Compact,
    Expire,
    KeepUp,
    Interrupted(usize),
    Reopen,
    Flip(usize, usize),
    Cut(usize, usize),
    Remove(usize),
    Twice(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => traces().prop_map(Step::Flush),
        1 => Just(Step::Compact),
        1 => Just(Step::Expire),
        4 => Just(Step::KeepUp),
        2 => (0_usize..6).prop_map(Step::Interrupted),
        1 => Just(Step::Reopen),
        1 => any::<(usize, usize)>().prop_map(|(run, byte)| Step::Flip(run, byte)),
        1 => any::<(usize, usize)>().prop_map(|(run, byte)| Step::Cut(run, byte)),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::Twice),
    ]
}

/// Changes one of the runs on disk as a broken disk might.
fn spoil(lake: &Lake, run: usize, change: impl FnOnce(&mut Vec<u8>)) {
    let runs = lake.runs();
    if let Some(path) = (!runs.is_empty()).then(|| &runs[run % runs.len()]) {
        let path = lake.folder.path().join(path);
        let mut bytes = std::fs::read(&path).unwrap();
        // What was cut to nothing cannot be spoiled any more.
        if !bytes.is_empty() {
            change(&mut bytes);
        }
        std::fs::write(&path, bytes).unwrap();
    }
}

fn take(lake: &mut Lake, step: Step) {
    match step {
        Step::Flush(traces) => lake.add(traces),
        Step::Compact => lake.compact(),
        Step::Expire => drop(lake.files.pop_first()),
        Step::KeepUp => lake.keep_up(),
        Step::Interrupted(after) => {
            let left = std::cell::Cell::new(after);
            let stop = || left.replace(left.get().saturating_sub(1)) == 0;
            lake.index.keep_up(&lake.live().into(), &|_| false, &stop).unwrap();
        }
        Step::Reopen => lake.reopen(),
        Step::Flip(run, byte) => spoil(lake, run, |bytes| {
            let at = byte % bytes.len();
            bytes[at] ^= 0x10;
        }),
        Step::Cut(run, byte) => spoil(lake, run, |bytes| bytes.truncate(byte % bytes.len())),
        Step::Remove(run) => {
            let runs = lake.runs();
            if let Some(path) = (!runs.is_empty()).then(|| &runs[run % runs.len()]) {
                lake.disk.remove(path).unwrap();
            }
        }
        // A kill before the parts of a merged run were removed leaves runs that cover the same files.
        Step::Twice(run) => {
            let runs = lake.runs();
            if let Some(path) = (!runs.is_empty()).then(|| &runs[run % runs.len()]) {
                let path = lake.folder.path().join(path);
                std::fs::copy(&path, path.with_file_name(format!("{}.run", uuid::Uuid::new_v4()))).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_history_hides_a_file(steps in prop::collection::vec(step(), 1..40)) {
        let mut lake = Lake::new();
        for step in steps {
            take(&mut lake, step);
            lake.is_sound();
        }
        // What is damaged is found, and made anew by the round after.
        lake.keep_up();
        lake.is_sound();
        lake.reopen();
        lake.keep_up();
        lake.is_sound();
        lake.keep_up();
        lake.is_exact();
    }

    #[test]
    fn no_bytes_are_a_run(bytes in prop::collection::vec(any::<u8>(), 1..200)) {
        let lake = Lake::new();
        let path = lake.index.folder().join("x.run");
        write_file(lake.disk.as_ref(), &path, &[Bytes::from(bytes)], crate::disk::Target::New).unwrap();
        prop_assert!(Run::open(lake.disk.as_ref(), path, &lake.index.table).is_err());
    }
}

#[test]
fn files_that_no_run_covers_are_asked_and_covered_ones_are_told_exactly() {
    let mut lake = Lake::new();
    lake.add([1, 2].into());
    lake.add([2, 3].into());
    assert_eq!(lake.asked(&[9]), [(0, true, false), (1, true, false)]);
    lake.keep_up();
    lake.is_exact();
    assert_eq!(lake.asked(&[1, 9]), [(0, true, true), (1, false, false)]);
    assert_eq!(lake.index.covered(), (2, 1));
    lake.add([4].into());
    assert_eq!(lake.asked(&[9]), [(0, false, false), (1, false, false), (2, true, false)]);
    lake.reopen();
    assert_eq!(lake.asked(&[9]).iter().filter(|(_, may_hold, _)| *may_hold).count(), 3);
    lake.keep_up();
    lake.is_exact();
}

#[test]
fn runs_stay_few_and_go_with_their_files() {
    let mut lake = Lake::new();
    for trace in 0..40 {
        lake.add([trace].into());
        lake.keep_up();
        assert!(lake.index.covered().1 < 4, "{:?}", lake.index.covered());
    }
    lake.is_exact();
    lake.files.clear();
    lake.keep_up();
    lake.keep_up();
    assert_eq!((lake.index.covered(), lake.runs().len()), ((0, 0), 0));
}

#[test]
fn a_file_that_is_no_parquet_is_left_out_and_the_others_are_not() {
    let mut lake = Lake::new();
    lake.add([1].into());
    lake.add([2].into());
    std::fs::write(lake.folder.path().join(lake.files[&0].0.path.as_ref()), b"nothing").unwrap();
    lake.keep_up();
    assert_eq!(lake.index.covered(), (1, 1));
    assert_eq!(lake.asked(&[9]), [(0, true, false), (1, false, false)]);
}

/// 90 days at 4 files a day, indexed file by file.
#[test]
fn a_lookup_costs_about_the_same_however_long_data_is_kept() {
    let mut lake = Lake::new();
    let mut costs = Vec::new();
    for day in 1..=90_u16 {
        for file in 0..4 {
            lake.add([day * 10 + file].into());
            lake.keep_up();
        }
        if [1, 10, 90].contains(&day) {
            let live = lake.live();
            let found = lake.index.find(&[&id(day * 10)], &live.iter().collect::<Vec<_>>());
            assert_eq!(found.held.iter().filter(|held| **held != Held::Nowhere).count(), 1, "day {day}");
            costs.push((live.len(), found.reads));
        }
    }
    // At most three runs of each size; here all are of the smallest.
    assert!(costs.iter().all(|(_, reads)| *reads <= 3), "{costs:?}");
    // Retention takes all but the newest day: its runs go, too.
    while lake.files.len() > 4 {
        lake.files.pop_first();
    }
    lake.keep_up();
    lake.keep_up();
    assert!(lake.index.covered().0 <= 8, "{:?}", lake.index.covered());
    assert!(lake.runs().len() <= 3);
}
