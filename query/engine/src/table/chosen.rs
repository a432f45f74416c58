//! Which files, and which rows of them, may hold rows that the filters keep, as far as indexes know.

use std::collections::HashSet;

use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::physical_plan::parquet::{ParquetAccessPlan, RowGroupAccess};
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};
use datafusion_functions_json::udfs;
use ingest_store::{DataFile, Found, Held, OwnId, own_id, text_columns, words};
use parquet::arrow::arrow_reader::RowSelection;

use super::{Indexes, Tally, needles};
use crate::{attributes, has_word};

/// The column of trace ids, in the tables that have one.
pub(super) const TRACE_ID: &str = "trace_id";

/// Words an index is asked for at most; further ones leave out little more.
const WORDS: usize = 16;

/// A file that is to be read.
#[derive(Debug)]
pub(super) struct Chosen<'a> {
    pub(super) file: &'a DataFile,
    held: Held,
}

/// What is asked of the indexes.
#[derive(Debug)]
struct Asked {
    indexes: Indexes,
    files: Vec<DataFile>,
    traces: Option<Vec<Vec<u8>>>,
    words: Vec<String>,
}

// === impl Chosen ===

impl Chosen<'_> {
    /// Whether less than half of the file's rows are to be read.
    pub(super) fn is_narrow(&self) -> bool {
        let Held::Parts { parts, of } = &self.held else { return false };
        2 * parts.len() < of.parts().unwrap_or_default() as usize
    }

    /// The rows to read, where they are not all.
    pub(super) fn access(&self) -> Option<ParquetAccessPlan> {
        let Held::Parts { parts, of } = &self.held else { return None };
        let access = of.groups().iter().zip(of.rows(parts)).map(|(all, found)| match found.as_slice() {
            [] => RowGroupAccess::Skip,
            [whole] if whole.end - whole.start == *all => RowGroupAccess::Scan,
            _ => {
                let ranges = found.into_iter().map(|rows| rows.start as usize..rows.end as usize);
                RowGroupAccess::Selection(RowSelection::from_consecutive_ranges(ranges, *all as usize))
            }
        });
        let access: Vec<RowGroupAccess> = access.collect();
        (!access.is_empty()).then(|| ParquetAccessPlan::new(access))
    }
}

/// The files that may hold rows all filters keep.
///
/// # Errors
///
/// When asking the indexes panicked, which is a bug.
pub(super) async fn choose<'a>(
    indexes: &Indexes,
    filters: &[Expr],
    files: Vec<&'a DataFile>,
    tally: &Tally,
) -> Result<Vec<Chosen<'a>>> {
    let all = |files: Vec<&'a DataFile>| files.into_iter().map(|file| Chosen { file, held: Held::Unknown }).collect();
    let traces = indexes.traces.as_ref().and_then(|_| needles::needles(filters, TRACE_ID));
    let traces = traces.map(|ids| ids.into_iter().map(<[u8]>::to_vec).collect());
    let words = indexes.words.as_ref().map(|_| words_of_all(filters)).unwrap_or_default();
    if files.is_empty() || (traces.is_none() && words.is_empty()) {
        return Ok(all(files));
    }
    let owned = files.iter().copied().cloned().collect();
    let asked = Asked { indexes: indexes.clone(), files: owned, traces, words };
    let found = tokio::task::spawn_blocking(move || asked.find()).await;
    let found = found.map_err(|error| DataFusionError::External(Box::new(error)))?;
    tally.add_index(found.reads, found.bytes);
    let chosen = files.into_iter().zip(found.held).map(|(file, held)| Chosen { file, held });
    Ok(chosen.filter(|chosen| chosen.held != Held::Nowhere).collect())
}

/// The words a row must have, each somewhere in the columns whose words are listed.
fn words_of_all(filters: &[Expr]) -> Vec<String> {
    let mut words = HashSet::new();
    filters.iter().for_each(|filter| add_words(filter, &mut words));
    let mut words: Vec<String> = words.into_iter().collect();
    // Long words are rare words.
    words.sort_by_key(|word| (std::cmp::Reverse(word.len()), word.clone()));
    words.truncate(WORDS);
    words
}

fn add_words(filter: &Expr, words: &mut HashSet<String>) {
    match (filter, has_word::asked(filter)) {
        (_, Some((text, question))) if is_listed(text) => words.extend(words::words_of(question)),
        (Expr::BinaryExpr(BinaryExpr { left, op: Operator::And, right }), _) => {
            add_words(left, words);
            add_words(right, words);
        }
        _ => {}
    }
}

/// Whether every word of a text is listed for its row: it is the body, an attribute that is text, or a value within the
/// others.
fn is_listed(text: &Expr) -> bool {
    match text {
        Expr::Column(column) => text_columns().any(|listed| listed == column.name()),
        Expr::Cast(cast) => cast.field.data_type().is_string() && is_listed(&cast.expr),
        Expr::ScalarFunction(call) if call.func == udfs::json_as_text_udf() => {
            call.args.first().is_some_and(|object| match attributes::arguments(object) {
                Some(args) => args.len() == 1 && is_listed(&args[0]),
                None => is_listed(object),
            })
        }
        Expr::ScalarFunction(call) if call.func.name() == "coalesce" => call.args.iter().all(is_listed),
        _ => false,
    }
}

// === impl Asked ===

impl Asked {
    /// Where all that is asked may be.
    fn find(&self) -> Found {
        let files: Vec<&DataFile> = self.files.iter().collect();
        let mut all = Found { held: vec![Held::Unknown; files.len()], reads: 0, bytes: 0 };
        if let (Some(index), Some(ids)) = (&self.indexes.traces, &self.traces) {
            let found = index.find(&ids.iter().map(Vec::as_slice).collect::<Vec<_>>(), &files);
            add(&mut all, found, |_, found| if found == Held::Nowhere { found } else { Held::Unknown });
        }
        for word in &self.words {
            self.find_word(word, &files, &mut all);
        }
        all
    }

    fn find_word(&self, word: &str, files: &[&DataFile], all: &mut Found) {
        let Some(index) = &self.indexes.words else { return };
        let of_traces = match (own_id(word), &self.indexes.traces) {
            (None, _) => None,
            // A record's own trace id is listed among the traces only.
            (Some(OwnId::Trace), Some(traces)) => Some(traces.find(&[&hex::decode(word).unwrap_or_default()], files)),
            // A record's own span id is not listed at all.
            _ => return,
        };
        let mut found = index.find(&[word.as_bytes()], files);
        if let Some(of_traces) = of_traces {
            add(&mut found, of_traces, |held, of_trace| if of_trace == Held::Nowhere { held } else { Held::Unknown });
        }
        add(all, found, both);
    }
}

/// Joins what was found file by file, and adds up what it cost.
fn add(all: &mut Found, more: Found, join: impl Fn(Held, Held) -> Held) {
    let held = std::mem::take(&mut all.held);
    all.held = held.into_iter().zip(more.held).map(|(held, more)| join(held, more)).collect();
    all.reads += more.reads;
    all.bytes += more.bytes;
}

/// Where both may be.
fn both(left: Held, right: Held) -> Held {
    match (left, right) {
        (Held::Unknown, held) | (held, Held::Unknown) => held,
        (Held::Parts { parts, of }, Held::Parts { parts: others, .. }) => {
            let parts: Vec<u32> = parts.into_iter().filter(|part| others.binary_search(part).is_ok()).collect();
            if parts.is_empty() { Held::Nowhere } else { Held::Parts { parts, of } }
        }
        _ => Held::Nowhere,
    }
}
