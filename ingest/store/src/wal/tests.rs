use std::path::PathBuf;

use ingest_model::{Nanos, Signal};
use proptest::prelude::*;

use super::*;
use crate::append::{Encoding, RecordedRequest};
use crate::disk::LocalDisk;

mod damage;

fn request(body: &[u8], rejected: Vec<u32>) -> Record {
    Record::Request(RecordedRequest {
        tenant: "shop_1".parse().unwrap(),
        signal: Signal::Logs,
        encoding: Encoding::Json,
        received: Nanos(-5),
        rejected,
        body: Bytes::copy_from_slice(body),
    })
}

fn open(root: &Path) -> Wal {
    Wal::open(Arc::new(LocalDisk::open(root).unwrap())).unwrap()
}

/// What a flush does with the log.
fn trim(wal: &mut Wal, seq: u64) {
    let done = wal.take_done(seq);
    wal.take_back(remove(wal.disk.as_ref(), done));
}

fn replay_all(wal: &mut Wal) -> Vec<(u64, Record)> {
    wal.segments().iter().flat_map(|path| wal.replay(path).unwrap()).collect()
}

fn segment_paths(root: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(root.join(FOLDER)).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "wal")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_was_appended_is_replayed_in_order(bodies in proptest::collection::vec(any::<Vec<u8>>(), 1..20), rejected: Vec<u32>) {
        let root = tempfile::tempdir().unwrap();
        let requests: Vec<_> = bodies.iter().map(|body| request(body, rejected.clone())).collect();
        let mut wal = open(root.path());
        prop_assert_eq!(wal.append(&requests.iter().collect::<Vec<_>>()).unwrap(), 1);
        drop(wal);

        let mut wal = open(root.path());
        let replayed = replay_all(&mut wal);
        prop_assert_eq!(replayed.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=requests.len() as u64).collect::<Vec<_>>());
        prop_assert_eq!(replayed.into_iter().map(|(_, request)| request).collect::<Vec<_>>(), requests);
    }

    #[test]
    fn damage_keeps_every_record_before_it(cut in 0_usize..400, flip: bool) {
        let root = tempfile::tempdir().unwrap();
        let requests: Vec<_> = (0..8_u8).map(|n| request(&[n; 9], vec![])).collect();
        open(root.path()).append(&requests.iter().collect::<Vec<_>>()).unwrap();
        let path = &segment_paths(root.path())[0];
        let mut bytes = std::fs::read(path).unwrap();
        let record_len = (bytes.len() - segment::HEADER.len()) / requests.len();
        let at = segment::HEADER.len() + cut % (bytes.len() - segment::HEADER.len());
        if flip { bytes[at] ^= 0x55 } else { bytes.truncate(at) }
        std::fs::write(path, &bytes).unwrap();

        let whole = (at - segment::HEADER.len()) / record_len;
        let mut wal = open(root.path());
        let replayed = replay_all(&mut wal);
        prop_assert_eq!(replayed.len(), whole);
        prop_assert!(wal.append(&[&request(b"next", vec![])]).unwrap() > whole as u64);
    }
}

#[test]
fn the_damaged_rest_is_set_aside_and_a_second_start_finds_the_same() {
    let root = tempfile::tempdir().unwrap();
    open(root.path()).append(&[&request(b"good", vec![]), &request(b"bad", vec![])]).unwrap();
    let path = segment_paths(root.path()).remove(0);
    let mut bytes = std::fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&path, bytes).unwrap();

    for _ in 0..2 {
        assert_eq!(replay_all(&mut open(root.path())).len(), 1);
        assert_eq!(std::fs::read_dir(root.path().join("wal/quarantine")).unwrap().count(), 1);
    }
}

#[test]
fn an_empty_or_foreign_segment_does_not_stop_the_start() {
    let root = tempfile::tempdir().unwrap();
    open(root.path()).append(&[&request(b"kept", vec![])]).unwrap();
    std::fs::write(root.path().join("wal/00000000000000000007.wal"), b"").unwrap();
    std::fs::write(root.path().join("wal/00000000000000000008.wal"), b"not a segment").unwrap();
    let mut wal = open(root.path());
    assert_eq!(replay_all(&mut wal).len(), 1);
    trim(&mut wal, 1);
    assert!(segment_paths(root.path()).is_empty());
}

#[test]
fn a_segment_of_a_newer_version_is_refused() {
    let root = tempfile::tempdir().unwrap();
    drop(open(root.path()));
    let segment = b"SLOWBWAL\x02\0\0\0records of another form";
    std::fs::write(root.path().join("wal/00000000000000000001.wal"), segment).unwrap();
    assert!(matches!(
        open(root.path()).replay(Path::new("wal/00000000000000000001.wal")),
        Err(StoreError::Damaged { .. })
    ));
}

#[test]
fn trimming_removes_only_what_every_table_has() {
    let root = tempfile::tempdir().unwrap();
    let mut wal = open(root.path());
    wal.append(&[&request(b"1", vec![]), &request(b"2", vec![])]).unwrap();
    wal.close_active();
    wal.append(&[&request(b"3", vec![])]).unwrap();
    wal.close_active();
    trim(&mut wal, 1);
    assert_eq!(segment_paths(root.path()).len(), 2);
    trim(&mut wal, 2);
    assert_eq!(segment_paths(root.path()).len(), 1);
    trim(&mut wal, 3);
    assert!(segment_paths(root.path()).is_empty());
    assert_eq!(wal.append(&[&request(b"4", vec![])]).unwrap(), 4);
}
