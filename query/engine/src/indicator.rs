//! Counts good and total events, minute by minute and group by group, as a service level indicator says.
//!
//! An indicator looks at rows of a table (`rows`), or at what queries in SQL or PromQL answer (`queries`, `promql`). However it is
//! asked, the answer is the same: of every group and minute how many events there were, and how many of them were good.

mod promql;
mod queries;
mod rows;
mod sums;

use ingest_model::Nanos;

use crate::cooperate::Wanted;
use crate::error::QueryError;
use crate::events::Events;
use crate::session::Sessions;

/// Minutes of all groups counted at once at most: 6 hours of 10,000 groups.
const ROWS: usize = 6 * 60 * 10_000;

/// A ratio of a moment is counted in so many parts: it weighs as much as this number of events, whatever it is of.
pub const SHARE_PARTS: u64 = 1_000_000;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Indicator {
    /// Rows of a table.
    Rows(RowEvents),
    /// What queries in SQL answer: rows with the columns `time` and `value`; further columns tell groups.
    Sql(Measure),
    /// What queries in PromQL answer; labels tell groups. `{{.window}}` stands for `5m`.
    Promql(Measure),
}

/// Rows of a table that are events. The texts are SQL over one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowEvents {
    /// The table.
    pub table: EventTable,
    /// Which rows are events.
    pub among: String,
    /// What they are worth.
    pub worth: Worth,
    /// How many events a row stands for; one if there is none.
    pub count: Option<String>,
    /// What tells groups.
    pub group_by: Vec<String>,
}

/// What is said of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// It is good, or not.
    Good(crate::Good),
    /// It is a ratio of a moment.
    Share(Share),
}

/// A ratio, from 0 to 1; what lies outside is held at the ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// A numeric expression, or a query.
    pub ratio: String,
    /// Whether it is the share of what is bad.
    pub of_bad: bool,
}

/// A table whose rows can be events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTable {
    /// Spans: one that is stored several times with the same ids and start counts once.
    Spans,
    /// Log records.
    Logs,
    /// Data points.
    Metrics,
}

/// What queries measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// How many events were good, of how many.
    Good {
        /// The query for good events.
        good: String,
        /// The query for all events.
        total: String,
    },
    /// How many events were bad, of how many.
    Bad {
        /// The query for bad events.
        bad: String,
        /// The query for all events.
        total: String,
    },
    /// Ratios, each of a moment.
    Share(Share),
    /// Values; each is an event, and good where it compares with a number as the operator says.
    Compares {
        /// The query for the values.
        value: String,
        /// One of `<`, `<=`, `>`, `>=`.
        op: &'static str,
        /// The number, in decimal.
        with: String,
    },
}

/// What one minute of one group counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMinute {
    /// What tells the group, in the order of the indicator; `None` where a row has no such value. Empty without groups.
    pub group: Vec<Option<String>>,
    /// Start of the minute.
    pub minute: Nanos,
    /// Events.
    pub total: u64,
    /// Good ones.
    pub good: u64,
}

// === impl Indicator ===

impl Indicator {
    /// The events as predicates over spans, where it has such; what is compared when causes are asked for.
    #[must_use]
    pub fn spans(&self) -> Option<Events> {
        match self {
            Self::Rows(RowEvents { table: EventTable::Spans, among, worth: Worth::Good(good), .. }) => {
                Some(Events { among: among.clone(), good: good.clone() })
            }
            Self::Rows(_) | Self::Sql(_) | Self::Promql(_) => None,
        }
    }

    /// The same of one group.
    #[must_use]
    pub fn spans_of(&self, group: &[Option<String>]) -> Option<Events> {
        let (Self::Rows(RowEvents { group_by, .. }), Some(events)) = (self, self.spans()) else { return None };
        let is = |(expression, value): (&String, &Option<String>)| match value {
            Some(value) => format!("CAST(({expression}) AS VARCHAR) = '{}'", value.replace('\'', "''")),
            None => format!("({expression}) IS NULL"),
        };
        let conditions = group_by.iter().zip(group).map(is);
        let among = conditions.fold(format!("({})", events.among), |among, is| format!("{among} AND {is}"));
        Some(Events { among, ..events })
    }
}

/// Counts the minutes from `from` (inclusive) to `to` (exclusive); those without events are left out.
///
/// # Errors
///
/// `BadRequest` for texts that are no SQL or PromQL, or answer something else than is counted; `ResourceLimit` for more minutes
/// than are counted at once.
pub(crate) async fn count(
    sessions: &Sessions,
    indicator: &Indicator,
    (from, to): (Nanos, Nanos),
    wanted: &Wanted,
) -> Result<Vec<EventMinute>, QueryError> {
    match indicator {
        Indicator::Rows(events) => rows::count(sessions, events, from, to).await,
        Indicator::Sql(measure) => queries::count(sessions, measure, from, to).await,
        Indicator::Promql(measure) => promql::count(sessions, measure, (from, to), wanted).await,
    }
}
