use object_store::path::Path as ObjectPath;

use super::*;
use crate::disk::{LocalDisk, Target, write_file};

/// 2023-01-29 08:00 UTC.
const NOW: Nanos = Nanos(1_674_979_200_000_000_000);

fn candidate(table: &'static str, days_old: i64, size_bytes: u64) -> Candidate {
    let time = NOW.micros() - days_old * DAY_US;
    let path = ObjectPath::from(format!("default/{table}/{days_old}.parquet"));
    let file = DataFile { path, is_cold: false, size_bytes, rows: 1, min_time_us: time - 1_000_000, max_time_us: time };
    Candidate { of: 0, tenant: "default".to_owned(), table, file }
}

fn names(files: &[Candidate]) -> Vec<String> {
    files.iter().map(|file| file.file.path.to_string().replace("default/", "").replace(".parquet", "")).collect()
}

fn hold(text: &str) -> Result<Vec<Hold>, String> {
    let folder = tempfile::tempdir().unwrap();
    let disk = LocalDisk::open(folder.path()).unwrap();
    let text = bytes::Bytes::copy_from_slice(text.as_bytes());
    write_file(&disk, Path::new(HOLDS), &[text], Target::New).unwrap();
    holds(&disk)
}

#[test]
fn nothing_goes_unless_it_is_set() {
    let files = vec![candidate("spans", 10_000, 1 << 40), candidate("audit", 10_000, 1)];
    let verdict = Retention::default().judge(files, &[], NOW);
    assert!(verdict.aged.is_empty() && verdict.too_much.is_empty());
    assert!(Retention::default().is_off());
}

#[test]
fn age_counts_from_the_newest_row_of_a_file_by_table() {
    let retention = Retention { default_days: Some(30), days: BTreeMap::from([("logs".to_owned(), 7)]), bytes: None };
    let files = ["spans", "logs", "golden_signals", "audit"];
    let files = files.into_iter().flat_map(|table| [7, 8, 30, 31].map(|days| candidate(table, days, 1)));
    let verdict = retention.judge(files.collect(), &[], NOW);
    assert_eq!(names(&verdict.aged), ["spans/31", "logs/8", "logs/30", "logs/31", "golden_signals/31"]);
    let audit = Retention { days: BTreeMap::from([("audit".to_owned(), 7)]), ..Retention::default() };
    assert_eq!(names(&audit.judge(vec![candidate("audit", 8, 1)], &[], NOW).aged), ["audit/8"]);
}

#[test]
fn above_the_limit_the_oldest_that_was_sent_go_until_the_rest_fits() {
    let retention = Retention { bytes: Some(25), ..Retention::default() };
    let files = vec![
        candidate("spans", 1, 10),
        candidate("logs", 3, 10),
        candidate("golden_signals", 9, 10),
        candidate("metrics", 2, 10),
    ];
    assert_eq!(names(&retention.judge(files.clone(), &[], NOW).too_much), ["logs/3", "metrics/2"]);
    let all = Retention { bytes: Some(40), ..Retention::default() };
    assert!(all.judge(files, &[], NOW).too_much.is_empty());
}

#[test]
fn a_hold_keeps_files_from_age_and_from_bytes() {
    let holds = hold(
        "[[hold]]\nname = \"case-17\"\ntable = \"logs\"\nfrom = \"2023-01-26T08:00:00Z\"\nto = \"2023-01-26T09:00:00Z\"\n",
    )
    .unwrap();
    let retention = Retention { default_days: Some(2), bytes: Some(0), ..Retention::default() };
    let files = || vec![candidate("logs", 3, 10), candidate("logs", 4, 10), candidate("spans", 3, 10)];
    let verdict = retention.judge(files(), &holds, NOW);
    assert_eq!(
        (names(&verdict.aged), names(&verdict.held)),
        (vec!["logs/4".into(), "spans/3".into()], vec!["logs/3".into()])
    );
    let bytes = Retention { bytes: Some(0), ..Retention::default() };
    let verdict = bytes.judge(files(), &holds, NOW);
    assert_eq!(
        (names(&verdict.too_much), names(&verdict.held)),
        (vec!["logs/4".into(), "spans/3".into()], vec!["logs/3".into()])
    );
    let everything = hold("[[hold]]\nname = \"all\"\n").unwrap();
    assert_eq!(retention.judge(files(), &everything, NOW).held.len(), 3);
    let other = hold("[[hold]]\nname = \"b\"\ntenant = \"other\"\n").unwrap();
    assert!(retention.judge(files(), &other, NOW).held.is_empty());
}

#[test]
fn a_document_with_a_mistake_is_told_and_not_passed_over() {
    for (text, said) in [
        ("[[hold]]\nname = \"a\"\ntabel = \"logs\"", "tabel"),
        ("[[hold]]\nname = \"a\"\ntable = \"longs\"", "there is not"),
        ("[[hold]]\nname = \"a\"\nfrom = \"yesterday\"", "from"),
        ("[[hold]]\ntable = \"logs\"", "name"),
        ("hold", ""),
    ] {
        let told = hold(text).unwrap_err();
        assert!(told.contains(said), "{told}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(holds(&LocalDisk::open(folder.path()).unwrap()), Ok(Vec::new()));
}
