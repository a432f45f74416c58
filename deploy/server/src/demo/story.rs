//! What happens when in a demo.

use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result};
use fixtures_shop::{Incident, Shop};
use ingest_model::Nanos;
use serde::{Deserialize, Serialize};

/// Hours of history before the start.
const HISTORY_S: u64 = 6 * 3_600;

/// From the start until something goes wrong.
const CALM_S: u64 = 50;

/// A shop with its history and its incident. It is kept in a file, so that a demo can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Story {
    seed: u64,
    /// The second (Unix time) of the first start.
    start: u64,
    /// How long something goes wrong.
    incident_seconds: u64,
    /// Whether this process began it: then its history is still to be told.
    #[serde(skip)]
    begins: bool,
}

// === impl Story ===

impl Story {
    /// The story of a folder; a new one where there is none.
    ///
    /// # Errors
    ///
    /// When its file cannot be read or written.
    pub(super) fn begin_or_continue(folder: &Path, seed: u64, incident_seconds: u64, now: Nanos) -> Result<Self> {
        let path = folder.join("story.json");
        if path.exists() {
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            return serde_json::from_str(&text).with_context(|| format!("{} is no story", path.display()));
        }
        let story = Self { seed, start: second(now), incident_seconds, begins: true };
        let text = serde_json::to_string(&story)?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        Ok(story)
    }

    /// The shop.
    pub(super) const fn shop(&self) -> Shop {
        Shop::new(self.seed)
    }

    /// What goes wrong.
    pub(super) fn incident(&self) -> Incident {
        let from = self.start + CALM_S;
        self.shop().incident(from..from + self.incident_seconds)
    }

    /// The seconds of the history that are still to be told.
    pub(super) const fn history(&self) -> Option<Range<u64>> {
        if self.begins { Some(self.start - HISTORY_S..self.start) } else { None }
    }

    /// The first second of live traffic of a process that is ready at `now`: without a gap at the first start, and
    /// with one where the demo was not running.
    pub(super) fn live_from(&self, now: Nanos) -> u64 {
        if self.begins { self.start } else { second(now) }
    }
}

/// The whole seconds of a time.
pub(super) fn second(time: Nanos) -> u64 {
    u64::try_from(time.0.div_euclid(1_000_000_000)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_goes_on_with_its_seed_and_its_incident() {
        let folder = tempfile::tempdir().unwrap();
        let at = |second: i64| Nanos(second * 1_000_000_000);
        let first = Story::begin_or_continue(folder.path(), 7, 360, at(1_000_000)).unwrap();
        assert_eq!(first.history(), Some(1_000_000 - HISTORY_S..1_000_000));
        let again = Story::begin_or_continue(folder.path(), 1, 60, at(1_000_300)).unwrap();
        assert_eq!((again.history(), again.live_from(at(1_000_300))), (None, 1_000_300));
        assert_eq!(again.incident(), first.incident());
        assert_eq!(first.incident().seconds, 1_000_000 + CALM_S..1_000_000 + CALM_S + 360);
    }
}
