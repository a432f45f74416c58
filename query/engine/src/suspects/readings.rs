//! Readings of resources: processor and memory of processes, containers and pods, by OpenTelemetry's names. Those of a host
//! are shared by all that run on it, and tell nothing about one service.

use std::collections::BTreeMap;

use ingest_model::Nanos;
use query_cause::ResourceSeries;

use crate::error::QueryError;
use crate::failure::{SERVICE, micros};
use crate::read::{self, Columns};
use crate::session::Session;
use crate::windows::Windows;

/// Readings that are looked at.
const READINGS: usize = 1_000_000;

/// What is looked back on where the baseline's window has no readings.
const BEFORE_NS: i64 = 60 * 60 * 1_000_000_000;

/// Service, instance, metric and unit.
type Place = [String; 4];

/// The series of both windows. The baseline of one without readings in the baseline's window is the hour before the matter.
pub(super) async fn read(session: &Session, windows: &Windows) -> Result<Vec<ResourceSeries>, QueryError> {
    let baseline = between(session, windows.baseline_from, windows.baseline_to).await?;
    let mut before = between(session, windows.from.plus(-BEFORE_NS), windows.from).await?;
    before.extend(baseline);
    let fault = between(session, windows.from, windows.to).await?;
    let series = fault.into_iter().map(|(place, fault)| {
        let baseline = before.get(&place).cloned().unwrap_or_default();
        let [service, instance, name, unit] = place;
        ResourceSeries { service, instance, name, is_share: unit == "1", baseline, fault }
    });
    Ok(series.collect())
}

async fn between(session: &Session, from: Nanos, to: Nanos) -> Result<BTreeMap<Place, Vec<f64>>, QueryError> {
    let query = format!(
        "SELECT {SERVICE} AS service, metric_name, coalesce(unit, '') AS unit, value,
                coalesce(resource_attributes ->> 'service.instance.id', resource_attributes ->> 'k8s.pod.name',
                         resource_attributes ->> 'container.id', '') AS instance
         FROM metrics
         WHERE time >= $1 AND time < $2 AND metric_type = 'gauge' AND value IS NOT NULL
           AND (starts_with(metric_name, 'process.') OR starts_with(metric_name, 'container.')
                OR starts_with(metric_name, 'k8s.container.') OR starts_with(metric_name, 'k8s.pod.'))
           AND (strpos(metric_name, 'cpu') > 0 OR strpos(metric_name, 'memory') > 0)"
    );
    let mut readings: BTreeMap<Place, Vec<f64>> = BTreeMap::new();
    for batch in read::rows(session, &query, [from, to].map(micros).to_vec(), READINGS).await? {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let place = ["service", "instance", "metric_name", "unit"].map(|name| columns.text(name, row));
            readings.entry(place).or_default().extend(columns.double("value", row));
        }
    }
    Ok(readings)
}
