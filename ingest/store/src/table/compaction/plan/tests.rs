use object_store::path::Path;
use proptest::prelude::*;

use super::*;

const HOUR_US: i64 = 3_600 * 1_000_000;
/// 2023-01-29 08:00 UTC.
const MORNING: i64 = 1_674_979_200_000_000;

/// What the store uses.
const FAN: Fan = Fan { files: 16 };

fn file(name: &str, min_time_us: i64, max_time_us: i64, rows: u64) -> DataFile {
    let path = Path::from(format!("default/golden_signals/date=2023-01-29/{name}.parquet"));
    DataFile { path, is_cold: false, size_bytes: 30 * rows, rows, min_time_us, max_time_us }
}

fn names(plan: &[Vec<DataFile>]) -> Vec<Vec<&str>> {
    plan.iter().map(|files| files.iter().filter_map(|file| file.path.filename()).collect()).collect()
}

/// Files of a derived table that are due.
fn plan_sums(files: &[DataFile], least: usize, settled: bool) -> Vec<Vec<DataFile>> {
    let fan = Fan { files: least };
    windows(files).into_iter().filter_map(|(window, files)| sums(&window, files, fan, settled)).collect()
}

fn plan_rows(files: &[DataFile], settled: bool) -> Vec<Vec<DataFile>> {
    windows(files).into_iter().flat_map(|(_, files)| rows(&files, FAN, settled)).collect()
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
    assert_eq!(names(&plan_sums(&files, 2, false)), [["b.parquet", "a.parquet"], ["d.parquet", "e.parquet"]]);
    assert_eq!(names(&plan_sums(&files, 3, false)), Vec::<Vec<&str>>::new());
    assert_eq!(names(&plan_sums(&files, 3, true)).len(), 2, "what is settled becomes one file anyhow");
    assert_eq!(names(&plan_sums(&files[2..3], 0, true)), Vec::<Vec<&str>>::new(), "one file is merged already");
}

#[test]
fn sums_of_several_hours_and_of_odd_times_are_left_alone() {
    let day = file("day", MORNING, MORNING + HOUR_US, 1);
    let odd = file("odd", 0, 0, 1);
    let mut strayed = file("strayed", MORNING, MORNING, 1);
    strayed.path = Path::from("default/golden_signals/date=1970-01-01/strayed.parquet");
    let files = [&day, &odd, &strayed].map(|file| vec![file.clone(); 9]).concat();
    assert_eq!(plan_sums(&files, 2, true), Vec::<Vec<DataFile>>::new());
}

#[test]
fn sums_that_are_merged_at_once_stay_within_the_limits() {
    let sized = |name: String, rows| DataFile { size_bytes: 1_000, ..file(&name, MORNING, MORNING, rows) };
    let small = (0..7).map(|n| sized(format!("small{n}"), 10));
    let large = (0..3).map(|n| sized(format!("large{n}"), DERIVED_ROWS - 70));
    let files: Vec<DataFile> = large.chain(small).collect();
    let due = plan_sums(&files, 2, false);
    assert_eq!(due[0].iter().map(|file| file.rows).sum::<u64>(), DERIVED_ROWS);
    assert_eq!(due[0].len(), 8);
    assert!(plan_sums(&files, 9, false).is_empty(), "the others are too large to be merged");
}

#[test]
fn rows_of_different_hours_and_days_are_never_merged() {
    let hour = |name: &str, hour: i64| file(name, MORNING + hour * HOUR_US, MORNING + hour * HOUR_US, 5);
    let mut files: Vec<_> = (0..15).flat_map(|n| [hour(&format!("a{n}"), 0), hour(&format!("b{n}"), 1)]).collect();
    assert!(plan_rows(&files, false).is_empty());
    files.push(hour("a15", 0));
    let due = plan_rows(&files, false);
    assert_eq!((due.len(), due[0].len()), (1, 16));
    assert!(due[0].iter().all(|file| file.min_time_us == MORNING));
}

#[test]
fn files_of_a_day_and_of_odd_times_are_merged_among_themselves() {
    let day = |n: usize| file(&format!("day{n}"), MORNING, MORNING + 3 * HOUR_US, 5);
    let odd = |n: usize| DataFile {
        path: Path::from(format!("default/logs/date=1970-01-01/odd{n}.parquet")),
        ..file("", if n == 0 { MORNING } else { 0 }, MORNING, 5)
    };
    let files: Vec<_> = (0..16).flat_map(|n| [day(n), odd(n)]).collect();
    let due = plan_rows(&files, false);
    assert_eq!(due.iter().map(Vec::len).collect::<Vec<_>>(), [16, 16]);
    let dates =
        |files: &Vec<DataFile>| files.iter().map(|file| data_file::partition(&file.path).map(str::to_owned)).collect();
    let of_one: Vec<std::collections::HashSet<_>> = due.iter().map(dates).collect();
    assert!(of_one.iter().all(|dates| dates.len() == 1));
}

#[test]
fn a_window_ends_with_its_hour_or_its_day() {
    let end = |file: &DataFile| Window::of(file).unwrap().end_us();
    assert_eq!(end(&file("a", MORNING, MORNING + 5, 1)), MORNING + HOUR_US);
    assert_eq!(end(&file("a", MORNING, MORNING + HOUR_US, 1)), MORNING + 16 * HOUR_US);
}

/// An hour while flushes come.
#[derive(Debug, Default)]
struct Hour {
    files: Vec<DataFile>,
    names: u64,
    /// Rows written, by flushes and by merging.
    flushed: u64,
    merged: u64,
    most_files: usize,
}

impl Hour {
    fn add(&mut self, rows: u64) {
        self.names += 1;
        self.files.push(file(&self.names.to_string(), MORNING, MORNING, rows));
    }

    fn flush(&mut self, rows: u64) {
        self.flushed += rows;
        self.add(rows);
        self.merge(false);
        self.most_files = self.most_files.max(self.files.len());
    }

    fn merge(&mut self, settled: bool) {
        loop {
            let due = plan_rows(&self.files, settled);
            for files in &due {
                self.files.retain(|file| !files.contains(file));
                let rows = files.iter().map(|file| file.rows).sum();
                self.merged += rows;
                self.add(rows);
            }
            if due.is_empty() {
                return;
            }
        }
    }

    /// How often a row was written, on average.
    fn writes(&self) -> f64 {
        (self.flushed + self.merged) as f64 / self.flushed as f64
    }
}

/// Flushes every 5 s for an hour: 720.
#[test]
fn an_hour_of_flushes_has_few_files_and_its_rows_are_written_a_few_times() {
    for (rows, most, writes) in [(1, 45, 4.9), (100, 45, 3.9), (10_000, 45, 3.9), (200_000, 141, 2.9)] {
        let mut hour = Hour::default();
        (0..720).for_each(|_| hour.flush(rows));
        assert!(hour.most_files <= most, "{rows} rows a flush: {} files", hour.most_files);
        hour.merge(true);
        assert!(
            hour.files.len() as u64 <= 1 + 720 * rows / FULL_ROWS,
            "{rows} rows a flush: {} at last",
            hour.files.len()
        );
        assert!(hour.writes() <= writes, "{rows} rows a flush: written {} times", hour.writes());
        eprintln!(
            "{rows} rows a flush: {} files at most, {} settled, written {:.2} times",
            hour.most_files,
            hour.files.len(),
            hour.writes()
        );
    }
}

#[test]
fn rows_that_come_late_one_by_one_do_not_have_their_hour_written_anew() {
    let mut hour = Hour::default();
    hour.flush(900_000);
    for _ in 0..1_000 {
        hour.flush(1);
        hour.merge(true);
    }
    assert!(hour.writes() < 1.1, "written {} times", hour.writes());
    assert!(hour.files.len() <= 6, "{} files", hour.files.len());
}

proptest! {
    #[test]
    fn however_flushes_come_an_hour_has_few_files_and_loses_no_row(
        flushes in prop::collection::vec(prop_oneof![1_u64..100, 1_u64..20_000, 1_u64..2_000_000], 1..400)
    ) {
        let mut hour = Hour::default();
        flushes.iter().for_each(|rows| hour.flush(*rows));
        let full = hour.files.iter().filter(|file| is_full(file)).count();
        prop_assert!(hour.files.len() - full <= 15 * 5, "{} files", hour.files.len());
        hour.merge(true);
        prop_assert!(hour.files.iter().filter(|file| !is_full(file)).count() <= 6, "{:?}", hour.files);
        prop_assert_eq!(hour.files.iter().map(|file| file.rows).sum::<u64>(), hour.flushed);
        prop_assert!(hour.writes() <= 7.0);
    }
}
