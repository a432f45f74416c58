//! The column of a dense key.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, StringViewBuilder};
use arrow::datatypes::{DataType, Field};
use arrow::record_batch::RecordBatch;

use super::members::Members;
use super::{OBJECTS, dense_column, dense_key};

/// A key that gets a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dense {
    /// Which of [`OBJECTS`] has it.
    object: &'static str,
    key: String,
}

// === impl Dense ===

impl Dense {
    /// The key that a column of this name is of.
    pub(super) fn of(name: &str) -> Option<Self> {
        let (object, key) = dense_key(name)?;
        Some(Self { object, key: key.to_owned() })
    }

    /// Whether a column of a file, besides those of its table, is one of a dense key.
    pub(crate) fn is(field: &Field) -> bool {
        field.data_type() == &DataType::Utf8View && Self::of(field.name()).is_some()
    }

    /// The column as a file declares it.
    pub(crate) fn field(&self) -> Field {
        Field::new(dense_column(self.object, &self.key), DataType::Utf8View, true)
    }
}

/// The columns of dense keys, in their order, for rows of a table.
pub(crate) fn texts(rows: &RecordBatch, dense: &[Dense]) -> Vec<ArrayRef> {
    let none: ArrayRef = Arc::new(StringViewArray::new_null(rows.num_rows()));
    let mut columns: Vec<ArrayRef> = dense.iter().map(|_| Arc::clone(&none)).collect();
    for object in OBJECTS {
        let wanted: Vec<(usize, &str)> = positions(dense, object).collect();
        let objects = rows.column_by_name(object).and_then(|column| column.as_string_view_opt());
        let Some(objects) = objects.filter(|_| !wanted.is_empty()) else { continue };
        let keys: Vec<&str> = wanted.iter().map(|(_, key)| *key).collect();
        for ((position, _), column) in wanted.iter().zip(of_objects(objects, &keys)) {
            columns[*position] = column;
        }
    }
    columns
}

fn positions<'d>(dense: &'d [Dense], object: &str) -> impl Iterator<Item = (usize, &'d str)> {
    let of_object = dense.iter().enumerate().filter(move |(_, dense)| dense.object == object);
    of_object.map(|(position, dense)| (position, dense.key.as_str()))
}

/// The values of some keys of objects.
fn of_objects(objects: &StringViewArray, keys: &[&str]) -> Vec<ArrayRef> {
    let mut columns: Vec<_> = keys.iter().map(|_| StringViewBuilder::with_capacity(objects.len())).collect();
    let mut found: Vec<Option<Cow<'_, str>>> = vec![None; keys.len()];
    // Rows beside each other often share one object, at one place in memory.
    let mut last = None;
    for (row, view) in objects.views().iter().enumerate() {
        if last != Some(*view) || objects.is_null(row) {
            found.fill(None);
            let object = if objects.is_null(row) { "" } else { objects.value(row) };
            find(object, keys, &mut found);
            last = objects.is_valid(row).then_some(*view);
        }
        columns.iter_mut().zip(&found).for_each(|(column, text)| column.append_option(text.as_deref()));
    }
    columns.into_iter().map(|mut column| Arc::new(column.finish()) as ArrayRef).collect()
}

/// The texts of some keys in an object; of a key that is there twice, the first.
fn find<'a>(object: &'a str, keys: &[&str], found: &mut [Option<Cow<'a, str>>]) {
    let mut seen = 0_u64;
    for (key, value) in Members::of(object) {
        let Some(position) = keys.iter().position(|wanted| *wanted == key) else { continue };
        let bit = 1 << (position % 64);
        if seen & bit == 0 {
            found[position] = text(value);
            seen |= bit;
        }
    }
}

/// What `->>` answers for a value.
fn text(value: &str) -> Option<Cow<'_, str>> {
    match value.strip_prefix('"') {
        Some(_) if value.contains('\\') => serde_json::from_str(value).ok().map(Cow::Owned),
        Some(inner) => inner.strip_suffix('"').map(Cow::Borrowed),
        None => (value != "null").then_some(Cow::Borrowed(value)),
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Schema;

    use super::*;

    fn rows(objects: Vec<Option<&str>>) -> RecordBatch {
        let schema = Schema::new(vec![Field::new(OBJECTS[0], DataType::Utf8View, true)]);
        let objects: ArrayRef = Arc::new(StringViewArray::from(objects));
        RecordBatch::try_new(Arc::new(schema), vec![objects]).unwrap()
    }

    fn texts_of(objects: Vec<Option<&str>>, key: &str) -> Vec<Option<String>> {
        let dense =
            [Dense::of(&dense_column(OBJECTS[1], key)).unwrap(), Dense::of(&dense_column(OBJECTS[0], key)).unwrap()];
        let columns = texts(&rows(objects), &dense);
        assert_eq!(columns[0].null_count(), columns[0].len(), "rows without the objects have no texts");
        columns[1].as_string_view().iter().map(|text| text.map(str::to_owned)).collect()
    }

    #[test]
    fn a_column_holds_the_values_as_text() {
        let objects = vec![
            Some(r#"{"tier":"gold"}"#),
            Some(r#"{"tier":"a\"b\\\u4e2d"}"#),
            Some(r#"{"x":{"tier":"inner"},"tier":[1,"two"]}"#),
            Some(r#"{"tier":1.0}"#),
            Some(r#"{"tier":null}"#),
            Some(r#"{"tiers":"no"}"#),
            None,
            Some(r#"{"tier":"first","tier":"second"}"#),
            Some(r#"{"tier":null,"tier":"second"}"#),
            Some("damaged"),
        ];
        let expected = [
            Some("gold"),
            Some("a\"b\\中"),
            Some(r#"[1,"two"]"#),
            Some("1.0"),
            None,
            None,
            None,
            Some("first"),
            None,
            None,
        ];
        assert_eq!(texts_of(objects, "tier"), expected.map(|text| text.map(str::to_owned)));
    }

    #[test]
    fn the_same_object_in_a_row_is_read_once_and_told_for_each() {
        let object = Some(r#"{"process.runtime.name":"CPython"}"#);
        let expected = [Some("CPython"), Some("CPython"), None, Some("CPython")];
        let texts = texts_of(vec![object, object, None, object], "process.runtime.name");
        assert_eq!(texts, expected.map(|text| text.map(str::to_owned)));
    }

    #[test]
    fn only_columns_of_known_objects_are_dense() {
        assert!(Dense::is(&Field::new("attributes_rest:a:b", DataType::Utf8View, true)));
        for name in ["attributes_rest", "name:a", "scope_attributes:a"] {
            assert!(!Dense::is(&Field::new(name, DataType::Utf8View, true)), "{name}");
        }
        assert!(!Dense::is(&Field::new("attributes_rest:a", DataType::Int64, true)));
    }
}
