//! The distinct resources and scopes of a trace: rows point to them by index.

use std::collections::HashMap;

use ingest_model::{Level, Signal, promoted};

use super::fold::Kept;
use super::held::Held;
use super::rows::{At, Cell, Row, Rows};
use crate::error::QueryError;

/// The columns of a resource beside its promoted attributes.
const RESOURCE: [&str; 2] = ["resource_attributes_rest", "resource_schema_url"];

/// The columns of a scope.
const SCOPE: [&str; 4] = ["scope_name", "scope_version", "scope_attributes", "scope_schema_url"];

/// A row that is told, and what it points to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub(super) at: At,
    pub(super) repeats: u32,
    pub(super) resource: u32,
    pub(super) scope: u32,
}

/// A row that has a resource or a scope.
pub(super) type Source = (Signal, At);

/// Which resources and scopes were seen so far.
#[derive(Debug)]
pub(super) struct Origins<'a> {
    resources: Distinct<'a>,
    scopes: Distinct<'a>,
}

/// What rows have in some columns, numbered in the order it was first seen.
#[derive(Debug)]
struct Distinct<'a> {
    columns: Vec<&'static str>,
    numbers: HashMap<Vec<Cell<'a>>, u32>,
    /// By number.
    first: Vec<Source>,
    /// What is looked up, kept so that a lookup makes nothing.
    looked_up: Vec<Cell<'a>>,
}

// === impl Origins ===

impl<'a> Origins<'a> {
    pub(super) fn new() -> Self {
        let promoted = promoted(Level::Resource).iter().map(|promoted| promoted.column);
        Self {
            resources: Distinct::of(RESOURCE.into_iter().chain(promoted).collect()),
            scopes: Distinct::of(SCOPE.to_vec()),
        }
    }

    /// Those rows of a signal that are told.
    ///
    /// # Errors
    ///
    /// `ResourceLimit` when one more resource or scope does not fit into memory.
    pub(super) fn lines<K>(
        &mut self,
        signal: Signal,
        rows: &'a Rows,
        kept: &[Kept<K>],
        held: &Held,
    ) -> Result<Vec<Line>, QueryError> {
        let mut lines = Vec::with_capacity(kept.len());
        for Kept { at, repeats, .. } in kept {
            let (row, source) = (rows.row(*at), (signal, *at));
            let resource = self.resources.number_of(row, source, held)?;
            let scope = self.scopes.number_of(row, source, held)?;
            lines.push(Line { at: *at, repeats: *repeats, resource, scope });
        }
        Ok(lines)
    }

    /// A row of every resource and of every scope, by their numbers. What is held besides is given back.
    pub(super) fn end(self, held: &Held) -> (Vec<Source>, Vec<Source>) {
        held.give_back(self.resources.bytes() + self.scopes.bytes());
        (self.resources.first, self.scopes.first)
    }
}

// === impl Distinct ===

impl<'a> Distinct<'a> {
    fn of(columns: Vec<&'static str>) -> Self {
        let looked_up = Vec::with_capacity(columns.len());
        Self { columns, numbers: HashMap::new(), first: Vec::new(), looked_up }
    }

    /// The number of what a row has.
    fn number_of(&mut self, row: Row<'a>, source: Source, held: &Held) -> Result<u32, QueryError> {
        self.looked_up.clear();
        self.looked_up.extend(self.columns.iter().map(|column| row.cell(column)));
        if let Some(number) = self.numbers.get(&self.looked_up) {
            return Ok(*number);
        }
        held.take(self.bytes_of_one())?;
        let number = u32::try_from(self.first.len()).unwrap_or(u32::MAX);
        self.numbers.insert(self.looked_up.clone(), number);
        self.first.push(source);
        Ok(number)
    }

    fn bytes(&self) -> usize {
        self.numbers.len() * self.bytes_of_one()
    }

    /// A hash table that has just grown is half empty.
    fn bytes_of_one(&self) -> usize {
        self.columns.len() * size_of::<Cell<'_>>() + 2 * size_of::<(Vec<Cell<'_>>, u32)>()
    }
}
