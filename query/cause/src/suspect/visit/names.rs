//! Names of services, operations and wordings as numbers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::super::wording::Wordings;
use super::super::{Seen, SeenRecord};

/// OTel's severity numbers come in classes of four: 1 to 4 is `TRACE`, 17 to 20 `ERROR`.
pub(super) const ERROR_CLASS: u8 = 4;

/// The names behind the numbers.
#[derive(Debug, Default)]
pub(in super::super) struct Names<'a> {
    numbers: HashMap<&'a str, u32>,
    texts: Vec<&'a str>,
    services: BTreeSet<&'a str>,
    wordings: Wordings<'a>,
    /// The least text of each wording.
    examples: BTreeMap<(u32, u8, u32), &'a str>,
}

// === impl Names ===

impl<'a> Names<'a> {
    /// The names in both windows.
    pub(super) fn of(windows: [&Seen<'a>; 2]) -> Self {
        let mut names = Self::default();
        windows.iter().for_each(|seen| names.read(seen));
        names.wordings.learn();
        windows.iter().flat_map(|seen| &seen.records).for_each(|record| names.keep_example(record));
        names
    }

    /// Service, severity class and wording of a record that was read.
    pub(super) fn wording(&self, record: &SeenRecord<'_>) -> Option<(u32, u8, u32)> {
        let (service, class) = voice(record, self);
        Some((service, class, self.wordings.of((service, class), record.text)?))
    }

    /// The number of a name; 0, which is no name, of an unknown one.
    pub(super) fn number(&self, text: &str) -> u32 {
        self.numbers.get(text).copied().unwrap_or_default()
    }

    /// All services, by name.
    pub(in super::super) fn services(&self) -> impl Iterator<Item = &'a str> {
        self.services.iter().copied()
    }

    /// The name behind a number.
    pub(in super::super) fn text(&self, number: u32) -> &'a str {
        self.texts.get(number as usize).copied().unwrap_or_default()
    }

    /// A record of a wording.
    pub(in super::super) fn example(&self, service: u32, class: u8, wording: u32) -> &'a str {
        self.examples.get(&(service, class, wording)).copied().unwrap_or_default()
    }

    fn read(&mut self, seen: &Seen<'a>) {
        self.add("");
        for span in &seen.spans {
            self.services.insert(span.service);
            self.add(span.service);
            self.add(span.name);
            self.add(span.peer);
        }
        for record in &seen.records {
            self.services.insert(record.service);
            self.add(record.service);
            let voice = voice(record, self);
            self.wordings.read(voice, record.text);
        }
    }

    fn add(&mut self, text: &'a str) {
        let next = self.texts.len() as u32;
        if *self.numbers.entry(text).or_insert(next) == next {
            self.texts.push(text);
        }
    }

    fn keep_example(&mut self, record: &SeenRecord<'a>) {
        let Some((service, class, wording)) = self.wording(record) else { return };
        let least = self.examples.entry((service, class, wording)).or_insert(record.text);
        *least = record.text.min(least);
    }
}

/// The service and the severity class of a record; an exception is an error at least.
fn voice(record: &SeenRecord<'_>, names: &Names<'_>) -> (u32, u8) {
    let class = record.severity.saturating_sub(1) / 4;
    let class = if record.exception { class.max(ERROR_CLASS) } else { class };
    (names.number(record.service), class)
}
