//! Every file of `../../fixtures/slo/openslo` against the mistakes expected of it. `UPDATE_GOLDEN=1` writes
//! what is found instead, for a human to read.

use std::fs;
use std::path::{Path, PathBuf};

use query_slo::openslo::{Documents, Position, Source, read, write};

fn folder() -> PathBuf {
    Path::new("../../fixtures/slo/openslo").to_owned()
}

/// Every document file by name, with what is read from it.
fn corpus() -> Vec<(String, Documents)> {
    let entries = fs::read_dir(folder()).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("a file").file_name().into_string().expect("a plain name"));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".yaml")).collect();
    names.sort();
    let read_file = |name: String| {
        let text = fs::read_to_string(folder().join(&name)).expect("the file is text");
        let documents = read(&[Source { file: &name, text: &text }]);
        (name, documents)
    };
    names.into_iter().map(read_file).collect()
}

#[test]
fn every_file_has_exactly_the_mistakes_written_beside_it() {
    for (name, documents) in corpus() {
        let notes = documents.notes.iter().map(|note| format!("note: {note}\n"));
        let found: String = documents.mistakes.iter().map(|mistake| format!("{mistake}\n")).chain(notes).collect();
        let beside = folder().join(name.replace(".yaml", ".mistakes"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&beside, &found).expect("the folder can be written");
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert_eq!(found, expected, "{name}");
    }
}

/// What is written reads as what it was written from, wherever that stood.
#[test]
fn whatever_is_read_reads_the_same_after_it_was_written() {
    for (name, documents) in corpus().into_iter().filter(|(_, documents)| documents.mistakes.is_empty()) {
        let text = write(&documents);
        let again = read(&[Source { file: "written", text: &text }]);
        assert_eq!(again.mistakes, [], "{name}:\n{text}");
        assert_eq!(placeless(again.clone()), placeless(documents), "{name}:\n{text}");
        assert_eq!(write(&again), text, "{name}: written twice");
    }
}

/// Documents without the places they were read from.
fn placeless(mut documents: Documents) -> Documents {
    let nowhere = Position { file: String::new(), line: 0, column: 0 };
    documents.slos.iter_mut().for_each(|slo| slo.position = nowhere.clone());
    documents.services.iter_mut().for_each(|service| service.position = nowhere.clone());
    documents.slos.sort_by(|one, other| one.name.cmp(&other.name));
    documents.services.sort_by(|one, other| one.name.cmp(&other.name));
    documents.notes.clear();
    documents
}

#[test]
fn the_example_of_the_page_on_openslo_has_no_mistakes() {
    let page = Path::new("../../docs/formats/openslo.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let example = page.split("```").nth(1).and_then(|block| block.strip_prefix("yaml\n")).expect("it is YAML");
    let documents = read(&[Source { file: "openslo.md", text: example }]);
    assert_eq!(documents.mistakes, []);
    assert_eq!(documents.slos.len(), 2);
}

#[test]
fn good_files_have_slos_and_no_mistakes_and_the_others_the_opposite() {
    for (name, documents) in corpus() {
        let is_good = name.starts_with("good-");
        assert_eq!(documents.mistakes.is_empty(), is_good, "{name}");
        assert_eq!(documents.slos.is_empty(), !is_good, "{name}");
    }
}
