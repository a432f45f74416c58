//! Which files move to a bucket, as it is set.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, bail};
use ingest_store::{Bucket, Cold};
use serde::Deserialize;
use tokio::runtime::Handle;

use super::retention::share_of_disk;

/// After how many hours files move unless told otherwise.
const HOURS: u32 = 72;

/// The share of the file system that local files may take before they move unless told otherwise, in percent. Less than
/// the share from which on they are removed.
const SHARE: u64 = 60;

/// A number of hours, with or without a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "f64")]
pub(crate) struct Hours(Duration);

/// Where older files move, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColdSettings {
    url: String,
    after: Duration,
    local_bytes: Option<u64>,
}

// === impl Hours ===

impl TryFrom<f64> for Hours {
    type Error = String;

    fn try_from(hours: f64) -> Result<Self, String> {
        let duration = Duration::try_from_secs_f64(hours * 3_600.0);
        duration.map(Self).map_err(|_| format!("{hours} is no number of hours; say N or a fraction such as 0.5"))
    }
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mistaken = |_| format!("{text:?} is no number of hours; say N or a fraction such as 0.5");
        Self::try_from(text.trim().parse::<f64>().map_err(mistaken)?)
    }
}

// === impl ColdSettings ===

impl ColdSettings {
    /// The bucket, after a look whether it is there and lets us in.
    ///
    /// # Errors
    ///
    /// When the URL, the environment, the bucket or the credentials are mistaken. A bucket that cannot be reached is no
    /// error.
    pub(crate) async fn open(&self) -> Result<Cold> {
        let bucket = Bucket::s3(&self.url, &Handle::current())?;
        bucket.check().await?;
        Ok(Cold { bucket, after: self.after, local_bytes: self.local_bytes })
    }
}

/// What holds for a data folder.
///
/// # Errors
///
/// When something is said of moves and not where to.
pub(super) fn cold(
    url: Option<String>,
    after: Option<Hours>,
    local_bytes: Option<u64>,
    data_dir: &Path,
) -> Result<Option<ColdSettings>> {
    let Some(url) = url else {
        if after.is_some() || local_bytes.is_some() {
            bail!("--cold-after-hours and --local-bytes need --cold-url s3://BUCKET/PREFIX, where files move");
        }
        return Ok(None);
    };
    Bucket::check_url(&url)?;
    let after = after.map_or_else(|| Duration::from_hours(HOURS.into()), |Hours(after)| after);
    let local_bytes = local_bytes.or_else(|| share_of_disk(data_dir, SHARE));
    Ok(Some(ColdSettings { url, after, local_bytes }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: Option<&str>, hours: Option<&str>, bytes: Option<u64>) -> Result<Option<ColdSettings>> {
        let hours = hours.map(|hours| hours.parse().unwrap());
        cold(url.map(str::to_owned), hours, bytes, Path::new("."))
    }

    #[test]
    fn files_move_only_where_a_bucket_is_named() {
        assert_eq!(of(None, None, None).unwrap(), None);
        for (hours, bytes) in [(Some("1"), None), (None, Some(5))] {
            let mistake = of(None, hours, bytes).unwrap_err().to_string();
            assert!(mistake.contains("--cold-url s3://"), "{mistake}");
        }
        let set = of(Some("s3://lake/a"), Some("0.5"), Some(5)).unwrap().unwrap();
        assert_eq!((set.after, set.local_bytes), (Duration::from_mins(30), Some(5)));
        let set = of(Some("s3://lake"), None, None).unwrap().unwrap();
        assert_eq!(set.after, Duration::from_hours(72));
        assert!(set.local_bytes.unwrap() < share_of_disk(Path::new("."), 80).unwrap());
        assert!(of(Some("lake"), None, None).unwrap_err().to_string().contains("s3://BUCKET"));
    }

    #[test]
    fn hours_may_be_fractions_and_not_less_than_none() {
        for text in ["-1", "soon", "inf", "nan", ""] {
            assert!(text.parse::<Hours>().unwrap_err().contains("number of hours"), "{text}");
        }
        assert_eq!("0".parse::<Hours>(), Ok(Hours(Duration::ZERO)));
    }
}
