//! Where an indicator's events come from (OpenSLO `metricSource`).

use super::field::{Field, Fields};
use super::free::Free;
use super::kind::Kind;
use super::mistake::Report;
use super::names::Names;

/// The `type` of a metric source of ours.
const SLOWBURN: &str = "slowburn";

/// Characters of a predicate, expression or query.
const TEXT: usize = 4_096;

/// Grouping expressions at most.
const GROUPINGS: usize = 8;

/// Where events come from. No text is looked into here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Rows of a table of ours.
    Rows(Rows),
    /// A query of ours in SQL, with the columns `time`, `value` and, if there are groups, those.
    Sql(String),
    /// A query of ours in PromQL; its labels are the groups. `{{.window}}` stands for the time that
    /// is counted at once.
    Promql(String),
    /// A source of another system: read, kept and written, and not counted here.
    Foreign {
        /// The `DataSource` it refers to.
        reference: Option<String>,
        /// Its type.
        kind: Option<String>,
        /// Its own fields.
        spec: Option<Free>,
    },
}

/// Rows of a table of ours, in SQL over one row; a predicate that is NULL does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// The table.
    pub table: Table,
    /// Predicate of the rows.
    pub events: String,
    /// Numeric expression that is compared; of a raw ratio, the ratio.
    pub value: Option<String>,
    /// Numeric expression of how many events a row stands for; one if there is none.
    pub count: Option<String>,
    /// Expressions that tell groups: each group has a budget of its own.
    pub group_by: Vec<String>,
}

/// A table whose rows can be events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// Spans.
    Spans,
    /// Log records.
    Logs,
    /// Data points.
    Metrics,
}

/// What a metric asks of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The events among which good or bad ones are counted.
    Total,
    /// Good or bad events.
    Part,
    /// Values that are compared, or are ratios.
    Values,
}

// === impl Table ===

impl Table {
    const WORDS: [(&'static str, Self); 3] = [("spans", Self::Spans), ("logs", Self::Logs), ("metrics", Self::Metrics)];

    /// The table's name in SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::WORDS.iter().find(|(_, table)| *table == self).map_or("", |(word, _)| word)
    }
}

// === impl Source ===

impl Source {
    /// Whether it can be counted from what is stored here.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        !matches!(self, Self::Foreign { .. })
    }

    /// The `metricSource` below a metric.
    pub(super) fn read(field: &Field<'_>, role: Role, names: &mut Names, report: &mut Report) -> Option<Self> {
        let mut fields = field.fields(report)?;
        let source = fields.required("metricSource", report);
        fields.close(report);
        let source = source?;
        let mut fields = source.fields(report)?;
        let reference = fields.optional("metricSourceRef");
        let reference = reference.and_then(|field| names.refer(Kind::DataSource, &field, report));
        let kind = match &reference {
            Some(_) => fields.optional("type"),
            None => fields.required("type", report),
        };
        let kind = kind.and_then(|kind| kind.text(report)).map(str::to_owned);
        let spec = fields.optional("spec");
        let referred = reference.as_ref().and_then(|name| names.source_type(name));
        let ours = kind.as_deref().or(referred) == Some(SLOWBURN);
        if ours && spec.is_none() {
            fields.missing("spec", "add `spec`", report);
        }
        fields.close(report);
        if !ours && (kind.is_some() || reference.is_some()) {
            source.unsupported(
                "metrics of other systems are",
                "it is kept; write `type: slowburn` to have it counted",
                report,
            );
            return Some(Self::Foreign { reference, kind, spec: spec.map(|spec| Free::read(spec.node)) });
        }
        ours_of(&spec?, role, report).filter(|_| ours)
    }

    /// Whether both are read in one way and of one table, so that one can be counted among the other.
    pub(super) fn goes_with(&self, total: &Self) -> bool {
        match (self, total) {
            (Self::Rows(one), Self::Rows(other)) => one.table == other.table,
            (Self::Sql(_), Self::Sql(_))
            | (Self::Promql(_), Self::Promql(_))
            | (Self::Foreign { .. }, Self::Foreign { .. }) => true,
            _ => false,
        }
    }
}

/// The `spec` of a metric source of ours: rows, SQL or PromQL.
fn ours_of(field: &Field<'_>, role: Role, report: &mut Report) -> Option<Source> {
    let mut fields = field.fields(report)?;
    let queries = [fields.optional("sql"), fields.optional("promql")];
    let source = match &queries {
        [None, None] => rows(&mut fields, role, report).map(Source::Rows),
        [Some(sql), None] => text(sql, report).map(Source::Sql),
        [None, Some(promql)] => text(promql, report).map(Source::Promql),
        [Some(_), Some(promql)] => {
            promql.conflicts("sql", report);
            None
        }
    };
    fields.close(report);
    source
}

fn rows(fields: &mut Fields<'_>, role: Role, report: &mut Report) -> Option<Rows> {
    let events = fields.required("where", report).and_then(|field| text(&field, report));
    let table = fields.optional("from").map(|field| field.one_of(&Table::WORDS, report));
    let value = match role {
        Role::Values => Some(fields.required("value", report).and_then(|field| text(&field, report))),
        Role::Total | Role::Part => {
            if let Some(value) = fields.optional("value") {
                value.wrong("a ratio counts events", "remove it, or use thresholdMetric", report);
            }
            None
        }
    };
    let count = fields.optional("count").map(|field| text(&field, report));
    let group_by = fields.optional("groupBy").map(|field| group_by(&field, role, report));
    let rows = Rows {
        table: table.unwrap_or(Some(Table::Spans))?,
        events: events?,
        value: value.map_or(Some(None), |value| value.map(Some))?,
        count: count.map_or(Some(None), |count| count.map(Some))?,
        group_by: group_by.unwrap_or_default(),
    };
    Some(rows)
}

fn group_by(field: &Field<'_>, role: Role, report: &mut Report) -> Vec<String> {
    if role == Role::Part {
        field.wrong("groups are those of all events", "write it below `total`", report);
    }
    let items = field.items(report).unwrap_or_default();
    if items.len() > GROUPINGS {
        field.wrong("those are too many groupings", format!("write at most {GROUPINGS}"), report);
    }
    items.iter().filter_map(|item| text(item, report)).collect()
}

fn text(field: &Field<'_>, report: &mut Report) -> Option<String> {
    field.text_up_to(TEXT, report).map(|text| text.trim().to_owned())
}
