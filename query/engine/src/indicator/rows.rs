//! Events that are rows of a table.

use std::fmt::Write as _;

use ingest_model::Nanos;

use super::{EventMinute, EventTable, ROWS, RowEvents, SHARE_PARTS, Share, Worth};
use crate::error::QueryError;
use crate::events::{Events, Good, expression};
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Sessions;
use crate::{fence, question};

/// What a query tells of each event beside its minute: `good`, how many events it stands for (`n`), its groups.
struct Told {
    events: Events,
    /// How many events a row stands for.
    n: String,
    /// How many good ones, where a row is neither good nor bad as a whole.
    good_n: Option<String>,
    groups: Vec<String>,
}

pub(super) async fn count(
    sessions: &Sessions,
    events: &RowEvents,
    from: Nanos,
    to: Nanos,
) -> Result<Vec<EventMinute>, QueryError> {
    let query = Told::of(events)?.query(events.table)?;
    let statement = fence::admit(&query)?;
    let session = sessions.open()?;
    question::provide_tables(&session, &statement).await?;
    let batches = read::rows(&session, &query, vec![micros(from), micros(to)], ROWS).await?;
    let groups: Vec<String> = (0..events.group_by.len()).map(|number| format!("g{number}")).collect();
    let minutes = batches.iter().flat_map(|batch| {
        let (columns, groups) = (Columns::new(batch), &groups);
        (0..batch.num_rows()).map(move |row| EventMinute {
            group: groups.iter().map(|name| columns.optional_text(name, row)).collect(),
            minute: Nanos(columns.nanos("minute", row)),
            total: columns.int("total", row).unsigned_abs(),
            good: columns.int("good", row).unsigned_abs(),
        })
    });
    Ok(minutes.filter(|minute| minute.total > 0).collect())
}

// === impl Told ===

impl Told {
    fn of(events: &RowEvents) -> Result<Self, QueryError> {
        let n = match &events.count {
            Some(count) => format!("greatest(coalesce(CAST(({}) AS DOUBLE), 0), 0)", expression(count)?),
            None => "1".to_owned(),
        };
        let group = |text: &String| Ok(format!("CAST(({}) AS VARCHAR)", expression(text)?));
        let groups = events.group_by.iter().map(group).collect::<Result<_, QueryError>>()?;
        let (good, n, good_n) = match &events.worth {
            Worth::Good(good) => (good.clone(), n, None),
            Worth::Share(Share { ratio, of_bad }) => {
                let ratio = format!("CAST(({}) AS DOUBLE)", expression(ratio)?);
                let held = format!("least(greatest({ratio}, 0), 1)");
                let good = if *of_bad { format!("1 - {held}") } else { held };
                // A row without a ratio is no event.
                let parts = |share: &str| {
                    format!("CASE WHEN {ratio} IS NULL OR isnan({ratio}) THEN 0 ELSE {share} * {SHARE_PARTS} END")
                };
                (Good::Holds("true".to_owned()), parts("1"), Some(parts(&format!("({good})"))))
            }
        };
        Ok(Self { events: Events { among: events.among.clone(), good }, n, good_n, groups })
    }

    /// The query that counts, from `$1` on and before `$2`.
    fn query(&self, table: EventTable) -> Result<String, QueryError> {
        let each = match table {
            EventTable::Spans => self.events.each_with(&self.columns(|text| format!("max({text})")))?,
            EventTable::Logs => self.each_row("logs")?,
            EventTable::Metrics => self.each_row("metrics")?,
        };
        let names: String = (0..self.groups.len()).map(|number| format!(", g{number}")).collect();
        let good = if self.good_n.is_some() { "sum(good_n)" } else { "sum(n) FILTER (WHERE good)" };
        Ok(format!(
            "SELECT minute{names}, CAST(round(sum(n)) AS BIGINT) AS total, CAST(round(coalesce({good}, 0)) AS BIGINT) AS good
             FROM ({each}) AS events
             GROUP BY minute{names}"
        ))
    }

    /// The query for every row that is an event: a log record or a data point has no id, so each counts.
    fn each_row(&self, table: &str) -> Result<String, QueryError> {
        let (among, good) = (expression(&self.events.among)?, self.events.good.condition()?);
        Ok(format!(
            "SELECT date_bin(INTERVAL '1 minute', time) AS minute, coalesce({good}, false) AS good{}
             FROM {table}
             WHERE ({among}) AND time >= $1 AND time < $2",
            self.columns(str::to_owned)
        ))
    }

    fn columns(&self, of_event: impl Fn(&str) -> String) -> String {
        let mut columns = format!(", {} AS n", of_event(&self.n));
        if let Some(good_n) = &self.good_n {
            write!(columns, ", {} AS good_n", of_event(good_n)).ok();
        }
        for (number, group) in self.groups.iter().enumerate() {
            write!(columns, ", {} AS g{number}", of_event(group)).ok();
        }
        columns
    }
}
