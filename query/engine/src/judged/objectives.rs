//! Objectives as they are stored: what was promised, what was counted, what was corrected.

use std::collections::BTreeMap;

use datafusion::scalar::ScalarValue;
use ingest_model::{Judgement, Nanos};
use query_slo::{Calendar, Correction, Corrections, Counts, Floor, Minute, Minutes, Promise, Slices, When};

use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Session;

/// Rows of slices read at most: a period of 90 days of several objectives, some of them counted again.
const SLICES: usize = 2_000_000;

/// Objectives of an SLO.
const OBJECTIVES: usize = 1_000;

/// Corrections of all SLOs.
const CORRECTIONS: usize = 100_000;

const NEWEST: &str = "SELECT objective, target, service_name, definition, time_window, budgeting_method, period_minutes
    FROM (
        SELECT *, row_number() OVER (PARTITION BY objective ORDER BY revision DESC, minute DESC) AS age
        FROM stored.slo_slices WHERE slo = $1
    ) AS newest WHERE age = 1 ORDER BY objective";

const COUNTED: &str = "SELECT minute, slo_group, good, total, revision FROM stored.slo_slices
    WHERE slo = $1 AND objective = $2 AND definition = $3 AND minute >= $4";

const HOLDING: &str =
    "SELECT slo, name, effect, starts_at, ends_at, repeats, lasts_minutes, reason, changed_by, changed_at
    FROM slo_corrections WHERE effect <> 'withdrawn' ORDER BY slo, name";

/// An objective as it was counted last.
#[derive(Debug)]
pub(super) struct Objective {
    pub(super) number: i64,
    pub(super) target_text: String,
    pub(super) service: String,
    pub(super) promise: Promise,
    definition: String,
    period: Minutes,
}

/// The objectives of an SLO.
///
/// # Errors
///
/// When they cannot be read.
pub(super) async fn objectives(session: &Session, slo: &str) -> Result<Vec<Objective>, QueryError> {
    session.provide(Judgement::SloSlices.table()).await?;
    let corrections = corrections(session).await?.remove(slo).unwrap_or_default();
    let mut objectives = Vec::new();
    for batch in read::rows(session, NEWEST, vec![ScalarValue::from(slo)], OBJECTIVES).await? {
        let columns = Columns::new(&batch);
        objectives.extend((0..batch.num_rows()).filter_map(|row| objective(&columns, row, &corrections)));
    }
    Ok(objectives)
}

fn objective(columns: &Columns<'_>, row: usize, corrections: &Corrections) -> Option<Objective> {
    let target_text = columns.text("target", row);
    let mut promise = Promise::new(target_text.parse().ok()?, columns.text("time_window", row).parse().ok()?);
    promise.method = columns.text("budgeting_method", row).parse().ok()?;
    promise.floor = Floor::LOW_TRAFFIC;
    promise.corrections = corrections.clone();
    Some(Objective {
        number: columns.int("objective", row),
        target_text,
        service: columns.text("service_name", row),
        promise,
        definition: columns.text("definition", row),
        period: Minutes::new(u32::try_from(columns.int("period_minutes", row)).ok()?)?,
    })
}

/// What was counted of an objective within its period, by group. What was counted by other rules is left out.
///
/// # Errors
///
/// When it cannot be read, or there is more than is judged at once.
pub(super) async fn slices(
    session: &Session,
    slo: &str,
    objective: &Objective,
    now: Nanos,
) -> Result<BTreeMap<String, Slices>, QueryError> {
    let from = Minute::of(now).minus(objective.period).start();
    let (number, definition) = (ScalarValue::from(objective.number), ScalarValue::from(objective.definition.as_str()));
    let values = vec![ScalarValue::from(slo), number, definition, micros(from)];
    let mut groups: BTreeMap<String, Slices> = BTreeMap::new();
    for batch in read::rows(session, COUNTED, values, SLICES).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let (good, total) = (columns.int("good", row).unsigned_abs(), columns.int("total", row).unsigned_abs());
            let Ok(counts) = Counts::of_good(good, total) else { continue };
            let slices = groups.entry(columns.text("slo_group", row)).or_insert_with(|| Slices::new(objective.period));
            let (minute, revision) = (columns.nanos("minute", row), columns.int("revision", row));
            slices.put(Minute::of(Nanos(minute)), revision.unsigned_abs(), counts, now);
        }
    }
    Ok(groups)
}

/// The corrections that hold, by SLO.
///
/// # Errors
///
/// When they cannot be read.
pub(crate) async fn corrections(session: &Session) -> Result<BTreeMap<String, Corrections>, QueryError> {
    session.provide(Judgement::SloCorrections.table()).await?;
    let mut of_slo: BTreeMap<String, Vec<Correction>> = BTreeMap::new();
    for batch in read::rows(session, HOLDING, Vec::new(), CORRECTIONS).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let slo = columns.text("slo", row);
            match correction(&columns, row) {
                Some(correction) => of_slo.entry(slo).or_default().push(correction),
                None => tracing::error!(slo, name = columns.text("name", row), "a stored correction cannot be read"),
            }
        }
    }
    Ok(of_slo.into_iter().map(|(slo, corrections)| (slo, Corrections::from(corrections))).collect())
}

/// `None` for what was not stored by us.
fn correction(columns: &Columns<'_>, row: usize) -> Option<Correction> {
    let minute = |name: &str| Minute::of(Nanos(columns.nanos(name, row)));
    let (starts, ends) = (minute("starts_at"), minute("ends_at"));
    let repeats = columns.text("repeats", row);
    let when = if repeats.is_empty() {
        When::Once(starts..ends)
    } else {
        let calendar: Calendar = repeats.parse().ok()?;
        let lasts = Minutes::new(u32::try_from(columns.int("lasts_minutes", row)).ok()?)?;
        When::Every { calendar, lasts, until: Some(ends) }
    };
    Some(Correction {
        name: columns.text("name", row),
        when,
        effect: columns.text("effect", row).parse().ok()?,
        reason: columns.text("reason", row),
        by: columns.text("changed_by", row),
        at: Nanos(columns.nanos("changed_at", row)),
    })
}
