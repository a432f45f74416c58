//! The stretch of time an alert is about.

use alerting_rules::Figures;
use ingest_model::Nanos;

const MINUTE_NS: i64 = 60 * 1_000_000_000;

/// How far before its start a breach of a band is shown.
const BAND_NS: i64 = 30 * MINUTE_NS;

/// How far beyond the present a range reaches, so that it shows the minute that is running.
const BEYOND_NS: i64 = MINUTE_NS;

/// The range that shows an alert that started and was judged at these times: the long window before its start, so
/// that the good hours before are seen as well.
pub(super) fn range(figures: &Figures, started: Nanos, judged: Nanos) -> (Nanos, Nanos) {
    let before = match figures {
        Figures::Burn(burn) => i64::try_from(burn.long_window.as_nanos()).unwrap_or(i64::MAX),
        Figures::Band(_) => BAND_NS,
    };
    let minute = |time: Nanos| Nanos(time.0 - time.0.rem_euclid(MINUTE_NS));
    (minute(started.plus(-before)), minute(judged.plus(BEYOND_NS + MINUTE_NS)))
}
