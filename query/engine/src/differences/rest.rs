//! Attributes without a column: JSON objects, of which equal ones are read once.

use std::borrow::Cow;

use arrow::array::{Array, AsArray};
use ingest_model::Level;
use ingest_store::Members;
use query_cause::{Population, Tally};

use super::{codes, name_of};

/// Counts the attributes of the objects of a column, of which level they are. Numbers count as values, and as measures.
pub(super) fn add(
    tally: &mut Tally,
    (column, level): (&dyn Array, Level),
    populations: &[Population],
    compares: &dyn Fn(&str) -> bool,
) {
    let Some(texts) = column.as_string_view_opt() else { return };
    let (rows, codes) = codes::texts_of(texts);
    let mut counts = vec![[0_u64; 2]; rows.len()];
    for (code, population) in codes.iter().zip(populations) {
        if let (Some(both), Population::Baseline | Population::Failing) = (counts.get_mut(*code as usize), population) {
            both[*population as usize] += 1;
        }
    }
    for (row, both) in rows.into_iter().zip(counts) {
        for (key, value) in Members::of(texts.value(row)) {
            let key = unescaped(key);
            let name = name_of(level, &key);
            if compares(&name) {
                one(tally, &name, value, both);
            }
        }
    }
}

/// Counts a value as it is written.
fn one(tally: &mut Tally, key: &str, value: &str, both: [u64; 2]) {
    match value.as_bytes().first() {
        Some(b'"') => told(tally, key, &unescaped(&value[1..value.len() - 1]), both),
        Some(b'-' | b'0'..=b'9') => {
            if let Ok(number) = value.parse() {
                tally.measured(key, number, both);
            }
            told(tally, key, value, both);
        }
        Some(b'n') | None => {}
        Some(_) => told(tally, key, value, both),
    }
}

/// A text as it is, which is written between quotes.
fn unescaped(written: &str) -> Cow<'_, str> {
    if !written.contains('\\') {
        return Cow::Borrowed(written);
    }
    Cow::Owned(serde_json::from_str(&format!("\"{written}\"")).unwrap_or_default())
}

fn told(tally: &mut Tally, key: &str, text: &str, both: [u64; 2]) {
    if codes::is_told(text) {
        tally.values(key, text, both);
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::StringViewArray;
    use query_cause::AttributeSettings;

    use super::*;

    #[test]
    fn values_are_what_they_say_not_how_they_are_written() {
        let mut tally = Tally::new(100);
        let objects = [r#"{"a":"x\u0041\n","b\"c":-2.5,"n":null,"list":[1,"q"]}"#, r#"{"a":"y","b\"c":7,"own":true}"#];
        let texts = StringViewArray::from_iter_values([objects[0], objects[1], objects[1]]);
        let populations = [Population::Failing, Population::Baseline, Population::Baseline];
        tally.events(&populations);
        add(&mut tally, (&texts, Level::Span), &populations, &|key| key != "own");
        let settings = AttributeSettings {
            false_discoveries: 1.0,
            min_support: 0.0,
            max_values_per_event: 1.0,
            ..AttributeSettings::default()
        };
        let causes = tally.causes(&settings).unwrap();
        let mut found: Vec<(&str, &str)> =
            causes.causes.iter().map(|cause| (cause.key.as_str(), cause.value.as_str())).collect();
        found.sort_unstable();
        assert_eq!(tally.size().0, 3, "{found:?}");
        assert!(found.contains(&("a", "xA\n")) && found.contains(&("list", "[1,\"q\"]")), "{found:?}");
        assert!(found.iter().any(|(key, _)| *key == "b\"c"), "{found:?}");
    }
}
