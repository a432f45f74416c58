//! Events that queries in SQL tell of.

use std::collections::BTreeMap;

use datafusion::sql::parser::Statement;
use ingest_model::Nanos;

use super::sums::{self, Place, Sums};
use super::{EventMinute, Measure, ROWS};
use crate::error::QueryError;
use crate::events::expression;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::{Session, Sessions};
use crate::timed::{self, labels, told_labels};
use crate::{fence, question};

pub(super) async fn count(
    sessions: &Sessions,
    measure: &Measure,
    from: Nanos,
    to: Nanos,
) -> Result<Vec<EventMinute>, QueryError> {
    let fits = match measure {
        Measure::Compares { op, with, .. } => format!("value {op} {}", expression(with)?),
        Measure::Good { .. } | Measure::Bad { .. } | Measure::Share(_) => "false".to_owned(),
    };
    let session = sessions.open()?;
    let (total, part) = sums::queries(measure);
    let total = asked(&session, total, &fits, (from, to)).await?;
    let part = match part {
        Some(part) => asked(&session, part, &fits, (from, to)).await?,
        None => BTreeMap::new(),
    };
    Ok(sums::minutes(measure, total, &part))
}

/// What a query gives, by group and minute.
async fn asked(
    session: &Session,
    text: &str,
    fits: &str,
    (from, to): (Nanos, Nanos),
) -> Result<BTreeMap<Place, Sums>, QueryError> {
    let statement = fence::admit(text)?;
    let Statement::Statement(inner) = &statement else {
        return Err(QueryError::bad("EXPLAIN counts nothing", timed::REMEDY));
    };
    // Printed anew: what was written cannot reach beyond its place.
    let inner = inner.to_string();
    question::provide_tables(session, &statement).await?;
    let groups = labels(session, statement).await?;
    let query = counting(&inner, &groups, fits);
    question::provide_tables(session, &fence::admit(&query)?).await?;
    let mut sums = BTreeMap::new();
    for batch in read::rows(session, &query, vec![micros(from), micros(to)], ROWS).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let group = (0..groups.len()).map(|number| columns.optional_text(&format!("g{number}"), row)).collect();
            let count = |name| columns.int(name, row).unsigned_abs();
            let sum = |name| columns.double(name, row).unwrap_or_default();
            let found =
                Sums { values: count("values"), sum: sum("sum"), shares: sum("shares"), fitting: count("fitting") };
            sums.insert((group, Nanos(columns.nanos("minute", row))), found);
        }
    }
    Ok(sums)
}

/// The query that sums up a query by group and minute, from `$1` on and before `$2`.
fn counting(inner: &str, groups: &[String], fits: &str) -> String {
    let (told, names) = told_labels(groups);
    format!(
        "SELECT minute{names}, count(*) AS \"values\", sum(greatest(value, 0)) AS sum,
                sum(least(greatest(value, 0), 1)) AS shares, count(*) FILTER (WHERE {fits}) AS fitting
         FROM (
             SELECT date_bin(INTERVAL '1 minute', asked.time) AS minute, CAST(asked.value AS DOUBLE) AS value{told}
             FROM ({inner}) AS asked
             WHERE asked.time >= $1 AND asked.time < $2
         ) AS told
         WHERE value IS NOT NULL AND NOT isnan(value)
         GROUP BY minute{names}"
    )
}
