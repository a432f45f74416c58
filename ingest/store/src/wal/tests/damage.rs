//! R6: whatever happened to the bytes of the log, a start keeps every record before the damage.

use super::*;
use crate::disk::sim::{Chance, SimDisk};

const FLIPS: usize = 1_000;

/// The bytes of a segment with some records, and where each record begins.
fn segment_of(bodies: usize) -> (Vec<u8>, Vec<usize>) {
    let records: Vec<Record> = (0..bodies).map(|n| request(&vec![b'a'; 20 + n], vec![1, 2])).collect();
    let (mut bytes, mut begins) = (segment::HEADER.to_vec(), Vec::new());
    for (seq, record) in (1..).zip(&records) {
        begins.push(bytes.len());
        bytes.extend_from_slice(&record::head(seq, record));
        bytes.extend_from_slice(record.body());
    }
    (bytes, begins)
}

fn log_with(files: &[(&str, &[u8])]) -> SimDisk {
    let disk = SimDisk::new(1);
    for folder in ["wal", "tmp"] {
        disk.create_dir(Path::new(folder)).unwrap();
    }
    for (name, bytes) in files {
        let mut file = disk.create(&Path::new(FOLDER).join(name)).unwrap();
        file.append(&mut [IoSlice::new(bytes)]).unwrap();
    }
    disk
}

/// What a start finds: how many records, and how many bytes it set aside. A second start must find
/// the same, and both must be able to append.
fn start(disk: &SimDisk) -> (usize, u64) {
    let found = [(); 2].map(|()| {
        let mut wal = Wal::open(Arc::new(disk.clone())).unwrap();
        let records = replay_all(&mut wal);
        assert!(records.windows(2).all(|pair| pair[0].0 < pair[1].0));
        let quarantine = disk.list(Path::new("wal/quarantine")).unwrap();
        (records.len(), quarantine.iter().map(|entry| entry.len).sum())
    });
    assert_eq!(found[0], found[1]);
    let mut wal = Wal::open(Arc::new(disk.clone())).unwrap();
    let before = replay_all(&mut wal);
    let next = wal.append(&[&request(b"next", vec![])]).unwrap();
    assert!(before.iter().all(|(seq, _)| *seq < next));
    assert_eq!(replay_all(&mut Wal::open(Arc::new(disk.clone())).unwrap()).len(), before.len() + 1);
    found[0]
}

const NAME: &str = "00000000000000000001.wal";

#[test]
fn r06_a_log_cut_at_any_offset_of_its_last_record_keeps_the_others() {
    let (bytes, begins) = segment_of(5);
    for cut in begins[4]..bytes.len() {
        let aside = (cut - begins[4]) as u64;
        assert_eq!(start(&log_with(&[(NAME, &bytes[..cut])])), (4, aside), "cut at {cut}");
    }
}

#[test]
fn r06_a_thousand_random_flips_keep_what_lies_before_and_set_the_rest_aside() {
    let (bytes, begins) = segment_of(9);
    let mut chance = Chance::new(6);
    for _ in 0..FLIPS {
        let (at, bit) = (chance.below(bytes.len()), chance.below(8));
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << bit;
        let (records, aside) = start(&log_with(&[(NAME, &flipped)]));
        let whole = begins.iter().skip(1).chain([&bytes.len()]).filter(|end| **end <= at).count();
        let in_version = (8..segment::HEADER.len()).contains(&at);
        let expected = match at {
            _ if in_version => (9, 0),
            0..8 => (0, bytes.len() as u64),
            _ => (whole, (bytes.len() - begins[whole]) as u64),
        };
        assert_eq!((records, aside), expected, "bit {bit} of byte {at}");
    }
}

#[test]
fn r06_empty_short_zeroed_and_foreign_files_do_not_stop_a_start() {
    let (good, _) = segment_of(3);
    let zeros = vec![0; 4096];
    let files: [(&str, &[u8]); 8] = [
        (NAME, &good),
        ("00000000000000000004.wal", b""),
        ("00000000000000000005.wal", b"SLOWB"),
        ("00000000000000000006.wal", &zeros),
        ("00000000000000000007.wal", b"not a segment, but longer than a header"),
        ("18446744073709551615.wal", b""),
        ("notes.wal", b"garbage"),
        ("notes.txt", b"garbage"),
    ];
    let disk = log_with(&files);
    disk.create_dir(Path::new("wal/folder.wal")).unwrap();
    let (records, aside) = start(&disk);
    assert_eq!(records, 3);
    assert_eq!(aside, 5 + 4096 + 39 + 7);
    let mut wal = Wal::open(Arc::new(disk)).unwrap();
    replay_all(&mut wal);
    assert!(wal.append(&[&request(b"next", vec![])]).unwrap() < 100, "a foreign name gives no number");
}

#[test]
fn r06_a_log_that_is_missing_is_begun_anew() {
    let disk = SimDisk::new(1);
    assert_eq!(start(&disk), (0, 0));
}

#[test]
fn r06_a_quarantine_that_cannot_be_written_keeps_the_segment() {
    let (bytes, begins) = segment_of(3);
    let disk = log_with(&[(NAME, &bytes[..begins[2] + 9])]);
    disk.set_full(true);
    let mut wal = Wal::open(Arc::new(disk.clone())).unwrap();
    let read = wal.replay(&Path::new(FOLDER).join(NAME));
    assert_eq!(read.unwrap().len(), 2);
    trim(&mut wal, u64::MAX);
    disk.set_full(false);
    assert_eq!(start(&disk), (2, 9), "the next start sets it aside");
}
