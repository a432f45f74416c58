//! How long what is kept, as it is set.

use std::path::Path;
use std::str::FromStr;

use ingest_store::Retention;
use serde::Deserialize;

/// The share of the file system that files may take unless told otherwise, in percent.
const SHARE: u64 = 80;

/// `N` days for every table but `audit`, or `TABLE=N` for one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Days {
    table: Option<String>,
    days: u32,
}

// === impl Days ===

impl FromStr for Days {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (table, days) = match text.split_once('=') {
            Some((table, days)) => (Some(table.trim().to_owned()), days),
            None => (None, text),
        };
        let mistaken = || format!("{text:?} is no number of days; say N, or TABLE=N for one table");
        let days = days.trim().parse().ok().filter(|days| *days > 0).ok_or_else(mistaken)?;
        if table.as_ref().is_some_and(|table| !Retention::knows(table)) {
            return Err(format!("{text:?} names a table that there is not"));
        }
        Ok(Self { table, days })
    }
}

impl TryFrom<String> for Days {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// What holds for a data folder.
pub(crate) fn retention(days: Vec<Days>, bytes: Option<u64>, data_dir: &Path) -> Retention {
    let mut retention = Retention { bytes: bytes.or_else(|| share_of_disk(data_dir, SHARE)), ..Retention::default() };
    for Days { table, days } in days {
        if let Some(table) = table {
            retention.days.insert(table, days);
        } else {
            retention.default_days = Some(days);
        }
    }
    retention
}

/// So many percent of the file system of a folder, in bytes.
pub(super) fn share_of_disk(data_dir: &Path, percent: u64) -> Option<u64> {
    let whole = std::path::absolute(data_dir).ok()?;
    let there = whole.ancestors().find(|folder| folder.is_dir())?;
    let disk = rustix::fs::statvfs(there).ok()?;
    Some(disk.f_blocks.saturating_mul(disk.f_frsize) / 100 * percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_for_all_tables_or_for_one() {
        let days = |text: &str| text.parse::<Days>();
        let set = vec![days("30").unwrap(), days("logs=7").unwrap()];
        let retention = retention(set, Some(5), Path::new("."));
        assert_eq!((retention.default_days, retention.days["logs"], retention.bytes), (Some(30), 7, Some(5)));
        for (text, said) in
            [("0", "no number"), ("x", "no number"), ("logs=", "no number"), ("longs=3", "there is not")]
        {
            assert!(days(text).unwrap_err().contains(said), "{text}");
        }
    }

    #[test]
    fn without_a_limit_a_share_of_the_disk_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let limit = retention(Vec::new(), None, &folder.path().join("not/yet/there")).bytes.unwrap();
        assert!(limit > 1 << 20, "{limit}");
    }
}
