use std::collections::HashSet;

use ingest_model::{Level, promoted};

use super::*;

#[test]
fn every_stored_column_can_be_read_through_the_logical_table() {
    for signal in Signal::ALL {
        let read: HashSet<String> = columns(signal)
            .iter()
            .flat_map(|column| {
                column.expr.column_refs().into_iter().map(|column| column.name.clone()).collect::<Vec<_>>()
            })
            .collect();
        let stored = &ingest_store::schema::table(signal).schema;
        let missing: Vec<_> = stored.fields().iter().filter(|field| !read.contains(field.name())).collect();
        assert!(missing.is_empty(), "{signal}: {missing:?}");
    }
}

#[test]
fn promoted_columns_and_rests_are_hidden() {
    for signal in Signal::ALL {
        for column in columns(signal) {
            assert!(!column.name.starts_with("attr_") && !column.name.ends_with("_rest"), "{}", column.name);
            let promoted = promoted(Level::Resource).iter().any(|promoted| promoted.column == column.name);
            assert!(!promoted || column.name == "service_name", "{}", column.name);
        }
    }
}

#[test]
fn every_column_has_one_line_of_help() {
    for signal in Signal::ALL {
        for column in columns(signal) {
            assert!(column.help.ends_with('.') && !column.help.contains('\n'), "{}", column.name);
        }
    }
}
