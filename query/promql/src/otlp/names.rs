//! Names of metrics and labels.

use super::{Kind, Metric};
use crate::labels::Labels;

/// Units by their UCUM code.
const UNITS: [(&str, &str); 27] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("1", ""),
    ("%", "percent"),
    ("wk", "weeks"),
];

/// Units that something is counted by.
const PER: [(&str, &str); 8] = [
    ("s", "second"),
    ("m", "minute"),
    ("min", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// The name of a metric: its words, its unit, `ratio` for a gauge of unit 1, and `total` for a counter.
#[must_use]
pub fn family(metric: &Metric) -> String {
    let mut words = words(&metric.name);
    let (unit, per) = metric.unit.split_once('/').unwrap_or((&metric.unit, ""));
    let mut add = |word: &str| {
        if !word.is_empty() && !words.iter().any(|other| other == word) {
            words.push(word.to_owned());
        }
    };
    words_of_unit(unit, &UNITS).iter().for_each(|word| add(word));
    let per = words_of_unit(per, &PER);
    if !per.is_empty() {
        add("per");
        per.iter().for_each(|word| add(word));
    }
    if metric.kind == Kind::Gauge && metric.unit == "1" {
        add("ratio");
    }
    if metric.kind == Kind::Counter {
        words.retain(|word| word != "total");
        words.push("total".to_owned());
    }
    let name = words.join("_");
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// A text's runs of letters and digits; a colon is part of a name.
fn words(text: &str) -> Vec<String> {
    let ends = |letter: char| !(letter.is_ascii_alphanumeric() || letter == ':');
    text.split(ends).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The words of a unit. Units in braces only comment.
fn words_of_unit(unit: &str, known: &[(&str, &str)]) -> Vec<String> {
    let unit = unit.trim();
    if unit.is_empty() || unit.contains(['{', '}']) {
        return Vec::new();
    }
    match known.iter().find(|(code, _)| *code == unit) {
        Some((_, word)) => words(word),
        None => words(unit),
    }
}

/// The name of a label: what it may not hold becomes `_`, and `key_` comes before a digit.
#[must_use]
pub fn label(name: &str) -> String {
    let valid = |letter: char| if letter.is_ascii_alphanumeric() || letter == '_' { letter } else { '_' };
    let label: String = name.chars().map(valid).collect();
    if label.starts_with(|first: char| first.is_ascii_digit()) { format!("key_{label}") } else { label }
}

/// The labels of a series: the point's attributes, and `job` and `instance` of its resource. Attributes whose names become
/// the same have their values joined by `;`.
#[must_use]
pub fn labels<'a>(
    attributes: impl IntoIterator<Item = (&'a str, String)>,
    resource: impl Fn(&str) -> Option<String>,
) -> Labels {
    let mut pairs: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    let mut sorted: Vec<(&str, String)> = attributes.into_iter().collect();
    sorted.sort();
    for (name, value) in sorted {
        let joined = pairs.entry(label(name)).or_default();
        if !joined.is_empty() {
            joined.push(';');
        }
        joined.push_str(&value);
    }
    if let Some(name) = resource("service.name") {
        let job = resource("service.namespace").map_or_else(|| name.clone(), |space| format!("{space}/{name}"));
        pairs.insert("job".to_owned(), job);
    }
    if let Some(instance) = resource("service.instance.id") {
        pairs.insert("instance".to_owned(), instance);
    }
    Labels::new(pairs)
}
