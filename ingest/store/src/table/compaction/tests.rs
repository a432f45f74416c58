use object_store::path::Path;

use super::*;

const HOUR_US: i64 = 3_600 * 1_000_000;
/// 2023-01-29 08:00 UTC.
const MORNING: i64 = 1_674_979_200_000_000;

fn file(name: &str, min_time_us: i64, max_time_us: i64, rows: u64) -> DataFile {
    let path = Path::from(format!("default/golden_signals/date=2023-01-29/{name}.parquet"));
    DataFile { path, size_bytes: 1_000, rows, min_time_us, max_time_us }
}

fn names(plan: &[Vec<DataFile>]) -> Vec<Vec<&str>> {
    plan.iter().map(|files| files.iter().filter_map(|file| file.path.filename()).collect()).collect()
}

#[test]
fn files_of_one_hour_are_due_when_there_are_enough() {
    let files = [
        file("a", MORNING, MORNING, 3),
        file("b", MORNING + HOUR_US - 1, MORNING + HOUR_US - 1, 1),
        file("c", MORNING + HOUR_US, MORNING + HOUR_US, 1),
        file("d", MORNING - 1, MORNING - 1, 1),
        file("e", MORNING - HOUR_US, MORNING - 1, 2),
    ];
    assert_eq!(names(&plan(&files, 2)), [["b.parquet", "a.parquet"], ["d.parquet", "e.parquet"]]);
    assert_eq!(names(&plan(&files, 3)), Vec::<Vec<&str>>::new());
    assert_eq!(names(&plan(&files[2..3], 0)), Vec::<Vec<&str>>::new(), "one file is merged already");
}

#[test]
fn files_of_several_hours_and_of_odd_times_are_left_alone() {
    let day = file("day", MORNING, MORNING + HOUR_US, 1);
    let odd = file("odd", 0, 0, 1);
    let mut strayed = file("strayed", MORNING, MORNING, 1);
    strayed.path = Path::from("default/golden_signals/date=1970-01-01/strayed.parquet");
    let files = [&day, &odd, &strayed].map(|file| vec![file.clone(); 9]).concat();
    assert_eq!(plan(&files, 2), Vec::<Vec<DataFile>>::new());
}

#[test]
fn what_is_merged_at_once_stays_within_the_limits() {
    let small = (0..7).map(|n| file(&format!("small{n}"), MORNING, MORNING, 10));
    let large = (0..3).map(|n| file(&format!("large{n}"), MORNING, MORNING, MAX_ROWS - 70));
    let files: Vec<DataFile> = large.chain(small).collect();
    let due = plan(&files, 2);
    assert_eq!(due[0].iter().map(|file| file.rows).sum::<u64>(), MAX_ROWS);
    assert_eq!(due[0].len(), 8);
    assert!(plan(&files, 9).is_empty(), "the others are too large to be merged");
}
