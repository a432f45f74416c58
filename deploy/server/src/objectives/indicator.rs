//! What an objective counts, as the engine is asked for it.

use query_engine::{EventTable, Good, Indicator, Measure, RowEvents, Share, Worth};
use query_slo::openslo::{Metric, MetricSource, Objective, Rows, Share as Of, Slo, Table};

/// What an objective counts; `None` for what other systems keep.
pub(super) fn indicator(slo: &Slo, objective: &Objective) -> Option<Indicator> {
    let metric = &slo.indicator_of(objective)?.metric;
    let main = metric.sources().pop()?;
    match main {
        MetricSource::Rows(rows) => Some(Indicator::Rows(row_events(metric, rows, objective)?)),
        MetricSource::Sql(_) => Some(Indicator::Sql(measure(metric, objective)?)),
        MetricSource::Promql(_) => Some(Indicator::Promql(measure(metric, objective)?)),
        MetricSource::Foreign { .. } => None,
    }
}

fn row_events(metric: &Metric, rows: &Rows, objective: &Objective) -> Option<RowEvents> {
    let worth = match metric {
        Metric::Good { good, .. } => Worth::Good(Good::Holds(predicate(good)?)),
        Metric::Bad { bad, .. } => Worth::Good(Good::Fails(predicate(bad)?)),
        Metric::Threshold(_) => {
            let threshold = objective.threshold?;
            let (op, with) = (threshold.op.sql(), threshold.value.to_string());
            Worth::Good(Good::Compares { value: rows.value.clone()?, op, with })
        }
        Metric::Raw { of, .. } => Worth::Share(Share { ratio: rows.value.clone()?, of_bad: is_of_bad(*of) }),
    };
    let table = match rows.table {
        Table::Spans => EventTable::Spans,
        Table::Logs => EventTable::Logs,
        Table::Metrics => EventTable::Metrics,
    };
    let (count, group_by) = (rows.count.clone(), rows.group_by.clone());
    Some(RowEvents { table, among: rows.events.clone(), worth, count, group_by })
}

fn measure(metric: &Metric, objective: &Objective) -> Option<Measure> {
    Some(match metric {
        Metric::Good { good, total } => Measure::Good { good: query(good)?, total: query(total)? },
        Metric::Bad { bad, total } => Measure::Bad { bad: query(bad)?, total: query(total)? },
        Metric::Raw { ratio, of } => Measure::Share(Share { ratio: query(ratio)?, of_bad: is_of_bad(*of) }),
        Metric::Threshold(value) => {
            let threshold = objective.threshold?;
            Measure::Compares { value: query(value)?, op: threshold.op.sql(), with: threshold.value.to_string() }
        }
    })
}

fn predicate(source: &MetricSource) -> Option<String> {
    match source {
        MetricSource::Rows(rows) => Some(rows.events.clone()),
        MetricSource::Sql(_) | MetricSource::Promql(_) | MetricSource::Foreign { .. } => None,
    }
}

fn query(source: &MetricSource) -> Option<String> {
    match source {
        MetricSource::Sql(text) | MetricSource::Promql(text) => Some(text.clone()),
        MetricSource::Rows(_) | MetricSource::Foreign { .. } => None,
    }
}

const fn is_of_bad(of: Of) -> bool {
    matches!(of, Of::Failure)
}
