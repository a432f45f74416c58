use super::*;

fn write(disk: &SimDisk, path: &str, bytes: &[u8]) -> Box<dyn DiskFile> {
    let mut file = disk.create(Path::new(path)).unwrap();
    file.append(&mut [IoSlice::new(bytes)]).unwrap();
    file
}

fn after_power_cuts(disk: &SimDisk, path: &str) -> HashSet<Option<Bytes>> {
    let cut = |seed| disk.copy(seed).restart(End::PowerCut).read(Path::new(path), None).ok();
    (0..300).map(cut).collect()
}

#[test]
fn what_was_synced_survives_with_its_name() {
    let disk = SimDisk::new(1);
    write(&disk, "a", b"bytes").sync().unwrap();
    disk.sync_dir(Path::new("")).unwrap();
    assert_eq!(after_power_cuts(&disk, "a"), HashSet::from([Some(Bytes::from_static(b"bytes"))]));
}

#[test]
fn what_was_not_synced_may_be_there_gone_or_torn() {
    let disk = SimDisk::new(1);
    let mut file = write(&disk, "a", b"kept");
    file.sync().unwrap();
    disk.sync_dir(Path::new("")).unwrap();
    file.append(&mut [IoSlice::new(&[7; 2 * 512])]).unwrap();
    let left = after_power_cuts(&disk, "a");
    let texts: HashSet<&[u8]> = left.iter().flatten().map(Bytes::as_ref).collect();
    let whole = [b"kept".as_slice(), &[7; 1024]].concat();
    let second_sector = [b"kept".as_slice(), &[0; 512], &[7; 512]].concat();
    assert!(texts.contains(b"kept".as_slice()) && texts.contains(whole.as_slice()));
    assert!(texts.contains(second_sector.as_slice()), "sectors reach the medium in any order");
    assert!(texts.len() > 10, "it is torn at any byte");
    assert!(texts.iter().all(|text| text.starts_with(b"kept")));
}

#[test]
fn a_name_that_was_not_synced_may_be_gone_and_a_kill_leaves_it() {
    let disk = SimDisk::new(1);
    write(&disk, "a", b"bytes").sync().unwrap();
    assert_eq!(after_power_cuts(&disk, "a"), HashSet::from([None, Some(Bytes::from_static(b"bytes"))]));
    let killed = disk.restart(End::Kill);
    assert_eq!(killed.read(Path::new("a"), None).unwrap(), "bytes");
    assert!(disk.read(Path::new("a"), None).is_err(), "the process that was killed does nothing more");
    assert_eq!(after_power_cuts(&killed, "a").len(), 2, "a kill makes nothing durable");
}

#[test]
fn a_sync_that_failed_is_not_made_up_for_by_the_next() {
    let disk = SimDisk::new(1);
    let mut file = write(&disk, "a", b"lost");
    disk.sync_dir(Path::new("")).unwrap();
    disk.state().medium.fail_to_sync(0);
    file.append(&mut [IoSlice::new(b"kept")]).unwrap();
    file.sync().unwrap();
    assert_eq!(after_power_cuts(&disk, "a"), HashSet::from([Some(Bytes::from_static(b"\0\0\0\0kept"))]));
}

#[test]
fn the_same_seed_leaves_the_same() {
    let disk = SimDisk::new(1);
    let _file = write(&disk, "a", &[7; 4096]);
    let cut = |seed| disk.copy(seed).restart(End::PowerCut).read(Path::new("a"), None).ok();
    assert!((0..50).all(|seed| cut(seed) == cut(seed)));
}
