//! Where something stands in a file, and what is wrong there.

use std::collections::HashSet;
use std::fmt;

/// Something in a file that must be mended.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mistake {
    /// The file's name, as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, with the path of the field and the value that was given.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

/// Where a document begins.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    /// The file's name, as it was given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A place in one of the files that are read together, in the order of reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Index of the file.
    pub(crate) file: usize,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Collects the mistakes of all files.
#[derive(Debug)]
pub(crate) struct Report {
    files: Vec<String>,
    found: Vec<(Place, Mistake)>,
    noted: Vec<(Place, Mistake)>,
    /// Where the documents begin, in order.
    documents: Vec<Place>,
}

/// Characters of a given text that a message repeats at most.
const SHOWN: usize = 60;

/// The beginning of a text, as much as a message repeats.
pub(crate) fn shorten(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

// === impl Mistake ===

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, remedy } = self;
        write!(out, "{file}:{line}:{column}: {message}; {remedy}")
    }
}

// === impl Position ===

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file, self.line, self.column)
    }
}

// === impl Report ===

impl Report {
    pub(crate) fn new(files: Vec<String>) -> Self {
        Self { files, found: Vec::new(), noted: Vec::new(), documents: Vec::new() }
    }

    pub(crate) fn add(&mut self, place: Place, message: impl Into<String>, remedy: impl Into<String>) {
        let mistake = self.mistake(place, message.into(), remedy.into());
        self.found.push((place, mistake));
    }

    /// Adds something that is right and yet worth telling: it withholds nothing.
    pub(crate) fn note(&mut self, place: Place, message: impl Into<String>, remedy: impl Into<String>) {
        let mistake = self.mistake(place, message.into(), remedy.into());
        self.noted.push((place, mistake));
    }

    fn mistake(&self, place: Place, message: String, remedy: String) -> Mistake {
        let Position { file, line, column } = self.position(place);
        Mistake { file, line, column, message, remedy }
    }

    /// Notes where the next document begins.
    pub(crate) fn begin(&mut self, document: Place) {
        self.documents.push(document);
    }

    /// The number of the document that `place` lies in.
    pub(crate) fn document(&self, place: Place) -> usize {
        self.documents.partition_point(|begin| *begin <= place)
    }

    /// The numbers of the documents with mistakes.
    pub(crate) fn unsound(&self) -> HashSet<usize> {
        self.found.iter().map(|(place, _)| self.document(*place)).collect()
    }

    pub(crate) fn position(&self, place: Place) -> Position {
        let file = self.files.get(place.file).cloned().unwrap_or_default();
        Position { file, line: place.line, column: place.column }
    }

    /// All mistakes, and all notes, each in the order of the files and lines.
    pub(crate) fn into_told(self) -> (Vec<Mistake>, Vec<Mistake>) {
        let sorted = |mut told: Vec<(Place, Mistake)>| {
            told.sort_by_key(|(place, _)| *place);
            told.into_iter().map(|(_, mistake)| mistake).collect()
        };
        (sorted(self.found), sorted(self.noted))
    }
}
