//! The stretch of time a person looks at, as the address carries it from page to page.

use ingest_model::Nanos;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::api::encoded;

const HOUR_NS: i64 = 3_600 * 1_000_000_000;

/// `from` and `to` of the address. It survives clicks between pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Selection {
    /// Start, inclusive.
    pub(crate) from: Nanos,
    /// End, exclusive; after the start.
    pub(crate) to: Nanos,
}

/// What of a service or SLO is looked at: a selection, or hours up to the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Hours up to the newest minute, where nothing more exact is asked for.
    pub(crate) hours: i64,
    /// The selection.
    pub(crate) selection: Option<Selection>,
    /// The minute whose spans are shown.
    pub(crate) minute: Option<Nanos>,
}

// === impl Selection ===

impl Selection {
    /// A selection, unless it would be empty.
    pub(crate) fn new(from: Nanos, to: Nanos) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// What the address says: `from` and `to`, in nanoseconds or RFC 3339.
    pub(crate) fn from_query(query: &ParamsMap) -> Option<Self> {
        Self::read(|name| query.get_str(name), "from", "to")
    }

    /// What the address says of a baseline: `baseline_from` and `baseline_to`.
    pub(crate) fn baseline_from_query(query: &ParamsMap) -> Option<Self> {
        Self::read(|name| query.get_str(name), "baseline_from", "baseline_to")
    }

    fn read<'a>(get: impl Fn(&str) -> Option<&'a str>, from: &str, to: &str) -> Option<Self> {
        let time = |name: &str| get(name).and_then(|text| text.parse::<Nanos>().ok());
        Self::new(time(from)?, time(to)?)
    }
}

// === impl Look ===

impl Look {
    /// The choices of hours.
    pub(crate) const HOURS: [i64; 4] = [1, 6, 24, 168];

    /// What the address says: `range=6h`, or `from` and `to`, and `minute`; `hours` where it says nothing.
    pub(crate) fn from_query(query: &ParamsMap, hours: i64) -> Self {
        Self::read(|name| query.get_str(name), hours)
    }

    fn read<'a>(get: impl Fn(&str) -> Option<&'a str>, hours: i64) -> Self {
        let asked = get("range").and_then(|range| range.strip_suffix('h')?.parse().ok());
        Self {
            hours: asked.filter(|asked| Self::HOURS.contains(asked)).unwrap_or(hours),
            selection: Selection::read(&get, "from", "to"),
            minute: get("minute").and_then(|text| text.parse().ok()),
        }
    }

    /// How far back to look where there is no selection, in nanoseconds.
    pub(crate) fn length_ns(self) -> i64 {
        self.hours * HOUR_NS
    }
}

/// The selection of the address as it is now and will be.
pub(crate) fn use_selection() -> Memo<Option<Selection>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(Selection::from_query))
}

/// An address within the page that keeps the selection. `path` may have a query already.
pub(crate) fn with_selection(path: &str, selection: Option<Selection>) -> String {
    let joint = if path.contains('?') { '&' } else { '?' };
    selection
        .map_or_else(|| path.to_owned(), |Selection { from, to }| format!("{path}{joint}from={}&to={}", from.0, to.0))
}

/// The query of the address with some parameters set to other values, or taken out.
pub(crate) fn with_parameters(query: &ParamsMap, changes: &[(&str, Option<&str>)]) -> String {
    let pairs: Vec<_> = query.latest_values().map(|(name, value)| (name.as_ref(), value)).collect();
    changed(&pairs, changes)
}

fn changed(pairs: &[(&str, &str)], changes: &[(&str, Option<&str>)]) -> String {
    let kept = pairs.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name)).copied();
    let set = changes.iter().filter_map(|(name, value)| value.map(|value| (*name, value)));
    let pairs: Vec<String> = kept.chain(set).map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    format!("?{}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get<'a>(pairs: &'a [(&str, &str)]) -> impl Fn(&str) -> Option<&'a str> {
        |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    #[test]
    fn an_address_says_how_far_to_look() {
        let look = |pairs| Look::read(get(pairs), 6);
        assert_eq!(look(&[]).hours, 6);
        assert_eq!(look(&[("range", "24h")]).length_ns(), 24 * HOUR_NS);
        assert_eq!(look(&[("range", "9999999h")]).hours, 6);
        let exact = look(&[("from", "5"), ("to", "1970-01-01T00:00:01Z"), ("minute", "7")]);
        assert_eq!(exact.selection, Selection::new(Nanos(5), Nanos(1_000_000_000)));
        assert_eq!(exact.minute, Some(Nanos(7)));
        assert_eq!(look(&[("from", "9"), ("to", "5")]).selection, None);
    }

    #[test]
    fn a_link_reads_back_as_the_selection_it_was_made_from() {
        let selection = Selection::new(Nanos(1_767_225_600_000_000_001), Nanos(1_767_225_660_000_000_000));
        for path in ["/traces", "/traces?service=a"] {
            let link = with_selection(path, selection);
            let (before, query) = link.split_once('?').expect("a selection makes a query");
            assert_eq!(before, "/traces");
            let pairs: Vec<_> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
            assert_eq!(Selection::read(get(&pairs), "from", "to"), selection);
        }
        assert_eq!(with_selection("/traces", None), "/traces");
    }

    #[test]
    fn a_parameter_changes_and_the_others_stay() {
        let pairs = [("from", "5"), ("group", "[\"/a\"]"), ("to", "7")];
        assert_eq!(changed(&pairs, &[("group", None)]), "?from=5&to=7");
        assert_eq!(changed(&pairs, &[("group", Some("[\"a&b\"]"))]), "?from=5&to=7&group=[%22a%26b%22]");
        assert_eq!(changed(&[], &[("spent", None)]), "?", "an address without a query drops the one of before");
    }
}
