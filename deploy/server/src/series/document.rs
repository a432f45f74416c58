//! The file of watched series: which queries are watched, and how.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};
use ingest_model::Nanos;
use query_baseline::Direction;
use query_baseline::series::SeriesSettings;
use query_engine::{OfStep, SeriesSource, WatchedSeries};
use serde::Deserialize;

const SECOND_NS: i64 = 1_000_000_000;
const DAY_NS: i64 = 24 * 60 * 60 * SECOND_NS;

/// Steps there can be, in seconds.
const STEPS: std::ops::RangeInclusive<u32> = 10..=86_400;

/// Days a model can be learned from.
const HISTORY: std::ops::RangeInclusive<u32> = 1..=90;

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    metrics: Metrics,
    series: Vec<Entry>,
}

/// Whether and how metrics are watched that no entry names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Metrics {
    /// Every gauge, sum and histogram of a service.
    pub(super) watch: bool,
    /// Series of all entries and metrics at most.
    pub(super) most: usize,
    /// From one step to the next.
    pub(super) step_seconds: u32,
}

/// A query.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    sql: Option<String>,
    promql: Option<String>,
    #[serde(default = "five_minutes")]
    step_seconds: u32,
    #[serde(default)]
    of_step: OfStep,
    #[serde(default = "four_weeks")]
    history_days: u32,
    zone: Option<String>,
    direction: Option<Direction>,
    alarms_per_week: Option<f64>,
    width: Option<f64>,
    min_absolute: Option<f64>,
    min_relative: Option<f64>,
    #[serde(default)]
    exclude: Vec<Stretch>,
}

/// A time that is neither judged nor learned.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    from: Moment,
    to: Moment,
}

/// A time in RFC 3339.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Moment(Nanos);

/// A query that is watched.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    /// How its series are asked.
    pub(super) watched: WatchedSeries,
    /// How they are judged.
    pub(super) settings: SeriesSettings,
    /// What is neither judged nor learned.
    pub(super) excluded: Vec<Range<Nanos>>,
    /// How far back a fit looks.
    pub(super) history_ns: i64,
    /// Whether somebody wrote it; else it is of a metric.
    pub(super) declared: bool,
}

/// What the file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Definitions {
    pub(super) metrics: Metrics,
    pub(super) series: Vec<Definition>,
}

const fn five_minutes() -> u32 {
    300
}

const fn four_weeks() -> u32 {
    28
}

// === impl Metrics ===

impl Default for Metrics {
    fn default() -> Self {
        Self { watch: true, most: 2_000, step_seconds: five_minutes() }
    }
}

// === impl Moment ===

impl TryFrom<String> for Moment {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = |error| format!("{text:?} is no time: {error}; write it as 2026-12-24T00:00:00Z");
        let time: jiff::Timestamp = text.parse().map_err(wrong)?;
        i64::try_from(time.as_nanosecond())
            .map(|nanos| Self(Nanos(nanos)))
            .map_err(|_| format!("{text:?} is too far away"))
    }
}

// === impl Entry ===

impl Entry {
    fn definition(self) -> Result<Definition> {
        let name = self.name.clone();
        if name.trim().is_empty() || name.contains(['{', '}', '\n']) {
            bail!("a series is called {name:?}; give it a name without braces");
        }
        let source = match (&self.sql, &self.promql) {
            (Some(sql), None) => SeriesSource::Sql(sql.clone()),
            (None, Some(promql)) => SeriesSource::Promql(promql.clone()),
            _ => bail!("the series {name:?} needs either sql or promql"),
        };
        for (key, found, range) in
            [("step_seconds", self.step_seconds, STEPS), ("history_days", self.history_days, HISTORY)]
        {
            if !range.contains(&found) {
                bail!("{key} of the series {name:?} is {found}; use {} to {}", range.start(), range.end());
            }
        }
        let settings = self.settings().with_context(|| format!("the series {name:?} has a mistake"))?;
        let excluded = self.exclude.iter().map(|stretch| stretch.from.0..stretch.to.0).collect();
        let step_ns = i64::from(self.step_seconds) * SECOND_NS;
        let watched = WatchedSeries { name, source, step_ns, of_step: self.of_step };
        Ok(Definition {
            watched,
            settings,
            excluded,
            history_ns: i64::from(self.history_days) * DAY_NS,
            declared: true,
        })
    }

    fn settings(&self) -> Result<SeriesSettings> {
        let usual = SeriesSettings::default();
        let settings = SeriesSettings {
            zone: self.zone.as_deref().map(str::parse).transpose()?.unwrap_or(usual.zone),
            direction: self.direction.unwrap_or(usual.direction),
            alarms_per_week: self.alarms_per_week.unwrap_or(usual.alarms_per_week),
            width: self.width.unwrap_or(usual.width),
            min_absolute: self.min_absolute.unwrap_or(usual.min_absolute),
            min_relative: self.min_relative.unwrap_or(usual.min_relative),
            follow_points: follow_points(self.step_seconds),
        };
        let mistakes = settings.check().err().unwrap_or_default();
        if let Some(stretch) = self.exclude.iter().find(|stretch| stretch.from.0 >= stretch.to.0) {
            bail!("a stretch of exclude ends at {} and begins no earlier; write its beginning first", stretch.to.0);
        }
        match mistakes.first() {
            None => Ok(settings),
            Some(mistake) => bail!("{mistake}"),
        }
    }
}

/// Half a day, in steps.
fn follow_points(step_seconds: u32) -> u32 {
    (43_200 / step_seconds).max(12)
}

// === impl Definition ===

impl Definition {
    /// A query of our own over a metric, judged as usual.
    pub(super) fn of_metric(watched: WatchedSeries) -> Self {
        let step_seconds = u32::try_from(watched.step_ns / SECOND_NS).unwrap_or(u32::MAX);
        let settings = SeriesSettings { follow_points: follow_points(step_seconds), ..SeriesSettings::default() };
        Self { watched, settings, excluded: Vec::new(), history_ns: i64::from(four_weeks()) * DAY_NS, declared: false }
    }

    /// Whether a moment is neither judged nor learned.
    pub(super) fn excludes(&self, time: Nanos) -> bool {
        self.excluded.iter().any(|stretch| stretch.contains(&time))
    }
}

/// Reads a file of watched series.
///
/// # Errors
///
/// When it cannot be read or has a mistake; the text tells the file, and the line where there is one.
pub(crate) fn read(path: &Path) -> Result<Definitions> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the series file {}", path.display()))?;
    parse(&text).with_context(|| format!("the series file {} has a mistake", path.display()))
}

fn parse(text: &str) -> Result<Definitions> {
    let Document { metrics, series } = toml::from_str(text)?;
    if !STEPS.contains(&metrics.step_seconds) {
        bail!("step_seconds of metrics is {}; use {} to {}", metrics.step_seconds, STEPS.start(), STEPS.end());
    }
    let mut names = BTreeSet::new();
    if let Some(twice) = series.iter().find(|entry| !names.insert(entry.name.clone())) {
        bail!("two series are called {:?}; give each a name of its own", twice.name);
    }
    let series: Result<Vec<Definition>> = series.into_iter().map(Entry::definition).collect();
    Ok(Definitions { metrics, series: series? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_what_is_asked_and_the_rest_is_usual() {
        let found = parse(
            "[metrics]\nwatch = false\n
             [[series]]\nname = 'depth'\nsql = 'SELECT time, value FROM metrics'\ndirection = 'above'\nzone = 'Europe/Berlin'\n
             exclude = [{ from = '2026-12-24T00:00:00Z', to = '2026-12-27T00:00:00Z' }]\n
             [[series]]\nname = 'p95'\npromql = 'up'\nstep_seconds = 60\nhistory_days = 7\nof_step = 'max'\n",
        )
        .unwrap();
        assert_eq!(found.metrics, Metrics { watch: false, ..Metrics::default() });
        let [depth, p95] = found.series.as_slice() else { panic!("{found:?}") };
        assert_eq!(depth.watched.step_ns, 300 * SECOND_NS);
        assert_eq!((depth.settings.direction, depth.settings.zone.name()), (Direction::Above, "Europe/Berlin"));
        assert!(depth.excludes(Nanos(1_798_156_800_000_000_000)) && !depth.excludes(Nanos(0)));
        assert_eq!(
            (p95.watched.source.clone(), p95.watched.of_step),
            (SeriesSource::Promql("up".to_owned()), OfStep::Max)
        );
        assert_eq!((p95.history_ns, p95.settings.follow_points), (7 * DAY_NS, 720));
    }

    #[test]
    fn a_mistake_names_what_is_wrong_and_what_to_do() {
        for (text, wanted) in [
            ("[[series]]\nname = 'a'\n", "the series \"a\" needs either sql or promql"),
            ("[[series]]\nname = 'a'\nsql = 'x'\npromql = 'x'\n", "needs either sql or promql"),
            ("[[series]]\nname = 'a'\nsql = 'x'\nstep_seconds = 1\n", "is 1; use 10 to 86400"),
            ("[[series]]\nname = 'a'\nsql = 'x'\nzone = 'Mars'\n", "there is no time zone \"Mars\""),
            ("[[series]]\nname = 'a'\nsql = 'x'\nwidth = 0.0\n", "width is 0; it must be a number above 0"),
            ("[[series]]\nname = 'a'\nsql = 'x'\n[[series]]\nname = 'a'\nsql = 'x'\n", "two series are called \"a\""),
            ("[[series]]\nname = 'a{b}'\nsql = 'x'\n", "without braces"),
            ("[[series]]\nname = 'a'\nsql = 'x'\nexclude = [{from = 'now', to = 'then'}]\n", "is no time"),
            ("[[series]]\nname = 'a'\nsql = 'x'\nlimits = 3\n", "unknown field `limits`"),
        ] {
            let mistake = format!("{:#}", parse(text).unwrap_err());
            assert!(mistake.contains(wanted), "{mistake}");
        }
    }
}
