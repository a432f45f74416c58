//! Attributes that many rows have become columns when files are merged.
//!
//! The attributes of a level that have no column of their own stand together in one JSON object. A key that is dense in
//! the rows of a merged file, and whose values repeat, gets a column of that file: a **copy**, so that whoever reads the
//! object still finds everything. The column holds what `->>` answers, the value as text.
//!
//! No table has these columns and no Delta log names them: which there are is each file's own, like its row groups. What
//! is dense is told by a [`Census`] that every file carries in its footer.

mod census;
mod column;
mod members;

pub(crate) use census::{CENSUS, Census, Taking};
pub(crate) use column::{Dense, texts};
pub use members::Members;

/// The columns of JSON objects whose keys may become columns.
const OBJECTS: [&str; 2] = ["attributes_rest", "resource_attributes_rest"];

/// The column of a key in files where it is dense; `object` is the column of the JSON objects that have the key.
///
/// A file that has this column has it for all of its rows: NULL where the key is missing or its value is `null`, a string
/// as it is, any other value as its JSON.
#[must_use]
pub fn dense_column(object: &str, key: &str) -> String {
    format!("{object}:{key}")
}

/// The object and the key that a column of a file is of, where it is one of a dense key.
#[must_use]
pub fn dense_key(column: &str) -> Option<(&'static str, &str)> {
    let (object, key) = parts(column)?;
    Some((OBJECTS.into_iter().find(|known| *known == object)?, key))
}

/// The parts that [`dense_column`] made a name of.
fn parts(name: &str) -> Option<(&str, &str)> {
    name.split_once(':')
}
