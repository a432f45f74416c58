//! Who was seen in a stretch of time that ends now, or where the telemetry ends.

use ingest_model::{Nanos, Signal};
use query_api::Services;

use crate::api::{self, Answer};

const HOUR_NS: i64 = 3_600 * 1_000_000_000;

/// How far back to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stretch {
    /// An hour.
    Hour,
    /// 24 hours.
    Day,
    /// Seven days.
    Week,
    /// Everything stored.
    All,
}

/// Who was seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    /// The answer.
    pub(super) services: Services,
    /// Whether the stretch ends at the newest telemetry because nothing came since its start.
    pub(super) moved_back: bool,
}

// === impl Stretch ===

impl Stretch {
    /// Every choice, shortest first.
    pub(super) const EVERY: [Self; 4] = [Self::Hour, Self::Day, Self::Week, Self::All];

    /// The choice as it stands in the address; a day where it stands for nothing.
    pub(super) fn from_word(word: Option<&str>) -> Self {
        Self::EVERY.into_iter().find(|stretch| Some(stretch.word()) == word).unwrap_or(Self::Day)
    }

    /// The word in the address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
            Self::All => "all",
        }
    }

    /// The start of the stretch that ends at `end`.
    fn start(self, end: Nanos) -> Nanos {
        match self {
            Self::Hour => end.plus(-HOUR_NS),
            Self::Day => end.plus(-24 * HOUR_NS),
            Self::Week => end.plus(-7 * 24 * HOUR_NS),
            Self::All => Nanos(0),
        }
    }
}

// === impl Seen ===

impl Seen {
    /// Whether no signal has a single row.
    pub(super) fn nothing_stored(&self) -> bool {
        self.services.freshness.iter().all(|signal| signal.rows == 0)
    }
}

/// Looks back from `now`; where that shows nobody although older telemetry is stored, from the
/// end of that.
///
/// # Errors
/// What the server answers.
pub(super) async fn see(stretch: Stretch, now: Nanos) -> Answer<Seen> {
    let services = api::services(stretch.start(now), now).await?;
    let newest = newest(&services);
    match newest {
        Some(newest) if services.services.is_empty() && newest < services.from.max(stretch.start(now)) => {
            let end = newest.plus(1);
            Ok(Seen { services: api::services(stretch.start(end), end).await?, moved_back: true })
        }
        _ => Ok(Seen { services, moved_back: false }),
    }
}

/// The newest span or log record; metrics name no service in the table.
fn newest(services: &Services) -> Option<Nanos> {
    let counted = services.freshness.iter().filter(|signal| signal.signal != Signal::Metrics);
    counted.filter_map(|signal| signal.newest_unix_nano).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stretch_reads_back_from_the_address() {
        for stretch in Stretch::EVERY {
            assert_eq!(Stretch::from_word(Some(stretch.word())), stretch);
        }
        assert_eq!(Stretch::from_word(Some("forever")), Stretch::Day);
        assert_eq!(Stretch::from_word(None), Stretch::Day);
    }

    #[test]
    fn a_stretch_ends_where_it_is_told() {
        assert_eq!(Stretch::Hour.start(Nanos(HOUR_NS + 5)), Nanos(5));
        assert_eq!(Stretch::All.start(Nanos(77)), Nanos(0));
    }
}
