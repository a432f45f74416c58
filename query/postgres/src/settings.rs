//! What `SHOW` and `current_setting` answer, and what a client is told when it connects.

use pgwire::error::ErrorInfo;

use crate::failure::{self, Code};

/// What we say we are. Drivers choose what they ask the catalogue by it.
pub(crate) const VERSION: &str = concat!("16.6 (slowburn ", env!("CARGO_PKG_VERSION"), ")");

/// What `version()` answers.
pub(crate) const VERSION_TEXT: &str = concat!("PostgreSQL 16.6 (slowburn ", env!("CARGO_PKG_VERSION"), ")");

/// Every setting and its value. `SET` does not change them.
pub(crate) const SETTINGS: [(&str, &str); 27] = [
    ("application_name", ""),
    ("bytea_output", "hex"),
    ("client_encoding", "UTF8"),
    ("client_min_messages", "notice"),
    ("datestyle", "ISO, MDY"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "on"),
    ("extra_float_digits", "1"),
    ("in_hot_standby", "off"),
    ("integer_datetimes", "on"),
    ("intervalstyle", "postgres"),
    ("is_superuser", "off"),
    ("lc_collate", "C"),
    ("lc_ctype", "C"),
    ("lc_messages", "C"),
    ("max_identifier_length", "63"),
    ("max_index_keys", "32"),
    ("search_path", "public"),
    ("server_encoding", "UTF8"),
    ("server_version", VERSION),
    ("server_version_num", "160006"),
    ("standard_conforming_strings", "on"),
    ("statement_timeout", "0"),
    ("timezone", "UTC"),
    ("transaction_isolation", "read committed"),
    ("transaction_read_only", "on"),
    ("wal_level", "replica"),
];

/// Those a client is told when it connects, in the case PostgreSQL tells them.
pub(crate) const TOLD: [&str; 12] = [
    "application_name",
    "client_encoding",
    "DateStyle",
    "default_transaction_read_only",
    "in_hot_standby",
    "integer_datetimes",
    "IntervalStyle",
    "is_superuser",
    "server_encoding",
    "server_version",
    "standard_conforming_strings",
    "TimeZone",
];

/// The value of a setting; case does not matter.
pub(crate) fn value(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    SETTINGS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// The titles of columns, and rows of as many texts.
type Shown = (Vec<&'static str>, Vec<Vec<&'static str>>);

/// What `SHOW name` answers: the titles of its columns, and rows of as many texts.
///
/// # Errors
///
/// When there is no such setting.
pub(crate) fn show(name: &str) -> Result<Shown, Box<ErrorInfo>> {
    if name == "all" {
        let rows = SETTINGS.iter().map(|(name, value)| vec![*name, *value, ""]);
        return Ok((vec!["name", "setting", "description"], rows.collect()));
    }
    let name = match name {
        "time zone" => "timezone",
        "transaction isolation level" => "transaction_isolation",
        other => other,
    };
    match SETTINGS.iter().find(|(known, _)| *known == name) {
        Some((name, value)) => Ok((vec![*name], vec![vec![*value]])),
        None => {
            let message = format!("there is no setting {name:?}");
            Err(failure::error(Code::UndefinedObject, message, "SHOW ALL lists them"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_the_names_postgresql_gives_it() {
        assert_eq!(show("timezone").unwrap(), (vec!["timezone"], vec![vec!["UTC"]]));
        assert_eq!(show("time zone").unwrap(), (vec!["timezone"], vec![vec!["UTC"]]));
        assert_eq!(show("transaction isolation level").unwrap().1, [["read committed"]]);
        assert_eq!(show("all").unwrap().1.len(), SETTINGS.len());
        assert_eq!(show("tables").unwrap_err().code, "42704");
        assert!(TOLD.iter().all(|name| value(name).is_some()));
    }
}
