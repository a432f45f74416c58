//! What of a service is looked at, as the address says it.

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};
use leptos_router::params::ParamsMap;

const HOUR_NS: i64 = 3_600 * 1_000_000_000;

/// The stretch of time and the chosen minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Hours up to the newest minute, where nothing more exact is asked for.
    pub(super) hours: i64,
    /// From and to.
    pub(super) absolute: Option<(Nanos, Nanos)>,
    /// The minute whose spans are shown.
    pub(super) minute: Option<Nanos>,
}

// === impl Look ===

impl Look {
    /// The choices of hours.
    pub(super) const HOURS: [i64; 4] = [1, 6, 24, 168];

    /// What the address says: `range=6h`, or `from` and `to`, and `minute`, in nanoseconds or RFC 3339.
    pub(super) fn from_query(query: &ParamsMap) -> Self {
        Self::read(|name| query.get_str(name))
    }

    fn read<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let time = |name: &str| get(name).and_then(|text| text.parse::<Nanos>().ok());
        let hours = get("range").and_then(|range| range.strip_suffix('h')?.parse().ok());
        Self {
            hours: hours.filter(|hours| Self::HOURS.contains(hours)).unwrap_or(1),
            absolute: time("from").zip(time("to")).filter(|(from, to)| from < to),
            minute: time("minute"),
        }
    }

    /// How far back to look where no start is asked for.
    pub(super) fn length_ns(self) -> i64 {
        self.hours * HOUR_NS
    }
}

/// Keeps the chosen minute in the address, and follows the address when Back changes it.
pub(super) fn follow(minute: RwSignal<Option<Nanos>>, look: Memo<Look>) {
    let (location, navigate) = (use_location(), use_navigate());
    let page = location.pathname.get_untracked();
    Effect::new(move || minute.set(look.get().minute));
    Effect::new(move |_| {
        let chosen = minute.get();
        let here = location.pathname.try_get_untracked().is_some_and(|path| path == page);
        if !here || look.get_untracked().minute == chosen {
            return;
        }
        let mut query = location.query.get_untracked();
        query.remove("minute");
        if let Some(chosen) = chosen {
            query.replace("minute", chosen.0.to_string());
        }
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        navigate(&format!("{page}{}", query.to_query_string()), options);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(pairs: &[(&str, &str)]) -> Look {
        Look::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value))
    }

    #[test]
    fn an_address_says_how_far_to_look() {
        assert_eq!(look(&[]).hours, 1);
        assert_eq!(look(&[("range", "24h")]).length_ns(), 24 * HOUR_NS);
        assert_eq!(look(&[("range", "9999999h")]).hours, 1);
        let exact = look(&[("from", "5"), ("to", "1970-01-01T00:00:01Z"), ("minute", "7")]);
        assert_eq!((exact.absolute, exact.minute), (Some((Nanos(5), Nanos(1_000_000_000))), Some(Nanos(7))));
        assert_eq!(look(&[("from", "9"), ("to", "5")]).absolute, None);
    }
}
