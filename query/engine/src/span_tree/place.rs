//! Rows of whole traces, sorted by trace, as rows with their places.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryViewArray, BooleanArray, Int64Array, UInt64Array};
use arrow::compute::take;
use arrow::datatypes::{Int64Type, SchemaRef, TimestampMicrosecondType};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use datafusion::common::{Result, internal_err};
use ingest_model::{Nanos, SpanId};

use super::columns::{Added, TRACE_ID};
use crate::trace::critical_path::critical_path;
use crate::trace::tree::{Family, Interval, Place, places};

/// A row that is told, and its place.
#[derive(Debug, Clone, Copy, Default)]
struct Placed {
    row: usize,
    /// The row of its root.
    root: usize,
    /// The row of its parent, if it has one.
    parent: Option<usize>,
    place: Place,
    /// `left` of its parent.
    parent_left: Option<i64>,
    critical_time_ns: i64,
    repeats: i64,
}

/// The columns the places follow from.
struct Keys<'a> {
    span_ids: &'a BinaryViewArray,
    parents: &'a BinaryViewArray,
    times: &'a [i64],
    nanos: &'a [i64],
    durations: &'a [i64],
}

/// Adds the places to the rows of whole traces: the columns of `schema`.
///
/// Rows that are equal in id, parent, start and duration are one span that was sent several times.
///
/// # Errors
///
/// When a column is missing or of another type, which is a bug.
pub(crate) fn with_places(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let keys = Keys::of(rows)?;
    let with_path = schema.column_with_name(Added::CriticalTime.name()).is_some();
    let mut placed = Vec::with_capacity(rows.num_rows());
    for trace in traces(binary(rows, TRACE_ID)?) {
        keys.place(trace, with_path, &mut placed);
    }
    let columns = schema.fields().iter().map(|field| column(field.name(), rows, &placed));
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(placed.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}

/// The rows of each trace.
fn traces(ids: &BinaryViewArray) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let begin = start;
        let id = (begin < ids.len()).then(|| ids.value(begin))?;
        start += 1;
        while start < ids.len() && ids.value(start) == id {
            start += 1;
        }
        Some(begin..start)
    })
}

fn column(name: &str, rows: &RecordBatch, placed: &[Placed]) -> Result<ArrayRef> {
    let of = |name: &str, row: &dyn Fn(&Placed) -> Option<usize>| -> Result<ArrayRef> {
        let indices = placed.iter().map(|placed| row(placed).map(|row| row as u64));
        Ok(take(any(rows, name)?, &UInt64Array::from_iter(indices), None)?)
    };
    let number =
        |number: fn(&Placed) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(placed.iter().map(number))) };
    let mark = |mark: fn(&Placed) -> bool| -> ArrayRef {
        Arc::new(placed.iter().map(|placed| Some(mark(placed))).collect::<BooleanArray>())
    };
    Ok(match Added::named(name) {
        None => of(name, &|placed| Some(placed.row))?,
        Some(Added::RootSpanId) => of("span_id", &|placed| Some(placed.root))?,
        Some(Added::RootServiceName) => of("service_name", &|placed| Some(placed.root))?,
        Some(Added::RootName) => of("name", &|placed| Some(placed.root))?,
        Some(Added::ParentServiceName) => of("service_name", &|placed| placed.parent)?,
        Some(Added::Depth) => number(|placed| placed.place.depth),
        Some(Added::TreeLeft) => number(|placed| placed.place.left),
        Some(Added::TreeRight) => number(|placed| placed.place.right),
        Some(Added::TreeParent) => Arc::new(placed.iter().map(|placed| placed.parent_left).collect::<Int64Array>()),
        Some(Added::SiblingNumber) => number(|placed| placed.place.sibling),
        Some(Added::ChildCount) => number(|placed| placed.place.children),
        Some(Added::SelfTime) => number(|placed| placed.place.self_time_ns),
        Some(Added::CriticalTime) => number(|placed| placed.critical_time_ns),
        Some(Added::IsOrphan) => mark(|placed| placed.place.is_orphan),
        Some(Added::IsSkewed) => mark(|placed| placed.place.is_skewed),
        Some(Added::OutsideParent) => number(|placed| placed.place.outside_parent_ns),
        Some(Added::Repeats) => number(|placed| placed.repeats),
    })
}

fn any<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    let Some(column) = rows.column_by_name(name) else { return internal_err!("spans are read without {name}") };
    Ok(column)
}

fn binary<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a BinaryViewArray> {
    let Some(ids) = any(rows, name)?.as_binary_view_opt() else { return internal_err!("{name} is no id") };
    Ok(ids)
}

fn int<'a>(rows: &'a RecordBatch, name: &str) -> Result<&'a [i64]> {
    let Some(numbers) = any(rows, name)?.as_primitive_opt::<Int64Type>() else {
        return internal_err!("{name} is no number");
    };
    Ok(numbers.values())
}

// === impl Keys ===

impl<'a> Keys<'a> {
    fn of(rows: &'a RecordBatch) -> Result<Self> {
        let Some(times) = any(rows, "start_time")?.as_primitive_opt::<TimestampMicrosecondType>() else {
            return internal_err!("start_time is no time");
        };
        Ok(Self {
            span_ids: binary(rows, "span_id")?,
            parents: binary(rows, "parent_span_id")?,
            times: times.values(),
            nanos: int(rows, "start_time_nanos")?,
            durations: int(rows, "duration_ns")?,
        })
    }

    /// A row without a span id is none of a span.
    fn interval(&self, row: usize) -> Option<Interval> {
        let of = |ids: &BinaryViewArray| ids.is_valid(row).then(|| SpanId::from_bytes(ids.value(row))).flatten();
        let start = self.times[row].saturating_mul(Nanos::PER_MICRO).saturating_add(self.nanos[row]);
        Some(Interval {
            id: of(self.span_ids)?,
            parent: of(self.parents),
            start: Nanos(start),
            end: Nanos(start.saturating_add(self.durations[row])),
        })
    }

    /// The spans of a trace, by start, and their rows; repeats are counted with the first.
    fn spans(&self, trace: Range<usize>) -> (Vec<Interval>, Vec<(usize, i64)>) {
        let mut all: Vec<(Interval, usize)> =
            trace.filter_map(|row| self.interval(row).map(|interval| (interval, row))).collect();
        let key = |span: &Interval| (span.start, span.id.as_bytes().to_owned(), span.end, span.parent_bytes());
        all.sort_by_cached_key(|(span, _)| key(span));
        let (mut spans, mut rows): (Vec<Interval>, Vec<(usize, i64)>) = (Vec::new(), Vec::new());
        for (span, row) in all {
            match (spans.last(), rows.last_mut()) {
                (Some(before), Some((_, repeats))) if key(before) == key(&span) => *repeats += 1,
                _ => {
                    spans.push(span);
                    rows.push((row, 0));
                }
            }
        }
        (spans, rows)
    }

    fn place(&self, trace: Range<usize>, with_path: bool, out: &mut Vec<Placed>) {
        let (spans, rows) = self.spans(trace);
        let family = Family::of(&spans);
        let places = places(&spans, &family);
        let first = out.len();
        for (place, (row, repeats)) in places.iter().zip(&rows) {
            out.push(Placed {
                row: *row,
                root: rows[place.root].0,
                parent: place.parent.map(|parent| rows[parent].0),
                place: *place,
                parent_left: place.parent.map(|parent| places[parent].left),
                critical_time_ns: 0,
                repeats: *repeats,
            });
        }
        if with_path {
            for part in critical_path(&spans, &family) {
                let length = part.end_time_unix_nano.0.saturating_sub(part.start_time_unix_nano.0);
                out[first + part.span].critical_time_ns += length;
            }
        }
    }
}
