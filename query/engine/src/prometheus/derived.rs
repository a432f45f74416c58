//! Golden signals and calls between services as metrics: the names and labels are those of the OpenTelemetry Collector's
//! connectors `spanmetrics` and `servicegraph`.
//!
//! Their tables hold sums of minutes, which become counters. Where a metric of such a name was sent, it counts alone.

mod shape;

use std::collections::{BTreeMap, BTreeSet};

use datafusion::scalar::ScalarValue;
use ingest_model::{Judgement, Nanos};
use query_promql::otlp::Metric;
use query_promql::{Labels, METRIC_NAME, Matcher, MinuteSums, Need, STAYS, Series, Test, Value};

use super::{MetricFamily, SERIES, instant, text, too_many};
use crate::error::QueryError;
use crate::failure::micros;
use crate::read::{self, Columns};
use crate::session::Session;
use shape::{Latency, MILLISECONDS, SECONDS, Unit};

/// What a metric is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Golden signals of spans.
    Spans,
    /// Calls between services.
    Edges,
}

/// What of a row a metric counts.
#[derive(Debug, Clone, Copy)]
enum Figure {
    /// Requests, those that failed apart.
    ByStatus,
    Requests,
    Errors,
    Latency(Unit),
}

/// What is read of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Every minute, with sketches where durations are wanted.
    Figures,
    /// One row for all minutes, to know which series there are.
    Labels,
}

/// A metric that is made.
#[derive(Debug, Clone, Copy)]
struct Derived {
    name: &'static str,
    from: Origin,
    figure: Figure,
    help: &'static str,
}

const DERIVED: [Derived; 5] = [
    Derived {
        name: "traces_span_metrics_calls_total",
        from: Origin::Spans,
        figure: Figure::ByStatus,
        help: "Requests by service, operation and kind, from golden signals.",
    },
    Derived {
        name: "traces_span_metrics_duration_milliseconds",
        from: Origin::Spans,
        figure: Figure::Latency(MILLISECONDS),
        help: "Durations of requests by service, operation and kind, from golden signals.",
    },
    Derived {
        name: "traces_service_graph_request_total",
        from: Origin::Edges,
        figure: Figure::Requests,
        help: "Calls between services.",
    },
    Derived {
        name: "traces_service_graph_request_failed_total",
        from: Origin::Edges,
        figure: Figure::Errors,
        help: "Calls between services of which either side failed.",
    },
    Derived {
        name: "traces_service_graph_request_client_seconds",
        from: Origin::Edges,
        figure: Figure::Latency(SECONDS),
        help: "Durations of calls between services as the client saw them.",
    },
];

/// A row of either table.
struct Row<'a> {
    labels: Labels,
    requests: f64,
    errors: f64,
    latency: Option<Latency<'a>>,
}

/// The series of a need that are made.
///
/// # Errors
///
/// `ResourceLimit` when they have more than `most` samples.
pub(super) async fn read(
    session: &Session,
    known: &BTreeMap<Metric, String>,
    need: &Need,
    most: usize,
) -> Result<Vec<Series>, QueryError> {
    let wanted = wanted(known, &need.matchers);
    // What counts at a moment may have been counted in a minute this long before.
    let from = instant(need.after.saturating_sub(STAYS + 2 * shape::MINUTE), 0);
    let to = instant(need.until, 1);
    let mut sums = MinuteSums::default();
    for table in [Origin::Spans, Origin::Edges] {
        rows(session, (table, Asked::Figures), &wanted, &need.matchers, (from, to), &mut |minute, row| {
            series_of(&wanted, table, row, &mut |labels, value| {
                if need.matchers.iter().all(|matcher| matcher.fits(&labels)) {
                    sums.add(labels, minute, value);
                }
            });
            if sums.cost() > most { Err(too_many("samples", most)) } else { Ok(()) }
        })
        .await?;
    }
    Ok(sums.into_series(need.until))
}

/// The labels of the series that are made and fit.
///
/// # Errors
///
/// `ResourceLimit` when there are more than are told at once.
pub(super) async fn labels(
    session: &Session,
    known: &BTreeMap<Metric, String>,
    matchers: &[Matcher],
    from: Nanos,
    to: Nanos,
) -> Result<Vec<Labels>, QueryError> {
    let wanted = wanted(known, matchers);
    let mut found = BTreeSet::new();
    for table in [Origin::Spans, Origin::Edges] {
        rows(session, (table, Asked::Labels), &wanted, matchers, (from, to), &mut |_, row| {
            series_of(&wanted, table, row, &mut |labels, _| {
                if matchers.iter().all(|matcher| matcher.fits(&labels)) {
                    found.insert(labels);
                }
            });
            if found.len() > SERIES { Err(too_many("series", SERIES)) } else { Ok(()) }
        })
        .await?;
    }
    Ok(found.into_iter().collect())
}

/// The metrics that are made of what there is.
pub(super) async fn families(
    session: &Session,
    known: &BTreeMap<Metric, String>,
    from: Nanos,
    to: Nanos,
) -> Result<Vec<MetricFamily>, QueryError> {
    let mut families = Vec::new();
    for table in [Origin::Spans, Origin::Edges] {
        provide(session, table).await?;
        let query = match table {
            Origin::Spans => "SELECT 1 FROM stored.spans WHERE start_time >= $1 AND start_time < $2 LIMIT 1",
            Origin::Edges => "SELECT 1 FROM stored.service_edges WHERE minute >= $1 AND minute < $2 LIMIT 1",
        };
        if read::rows(session, query, vec![micros(from), micros(to)], 1).await?.iter().any(|batch| batch.num_rows() > 0)
        {
            let of_table = DERIVED.iter().filter(|derived| derived.from == table && !is_sent(known, derived));
            families.extend(of_table.map(Derived::family));
        }
    }
    Ok(families)
}

/// The names of series that fit, and the metrics they belong to.
fn wanted(known: &BTreeMap<Metric, String>, matchers: &[Matcher]) -> Vec<(Derived, Vec<String>)> {
    let of_name = |matcher: &&Matcher| matcher.name == METRIC_NAME;
    let fits = |name: &String| matchers.iter().filter(of_name).all(|matcher| matcher.test.fits(name));
    let unsent = DERIVED.iter().filter(|derived| !is_sent(known, derived));
    let named = unsent.map(|derived| (*derived, derived.series_names().into_iter().filter(fits).collect::<Vec<_>>()));
    named.filter(|(_, names)| !names.is_empty()).collect()
}

/// Whether somebody sends a metric of that name.
fn is_sent(known: &BTreeMap<Metric, String>, derived: &Derived) -> bool {
    known.keys().any(|metric| metric.series_names().iter().any(|name| derived.series_names().contains(name)))
}

/// The names of series of durations of spans that fit, and how many nanoseconds their unit has; `None` without any.
pub(super) fn durations(known: &BTreeMap<Metric, String>, matchers: &[Matcher]) -> Option<(f64, Vec<String>)> {
    wanted(known, matchers).into_iter().find_map(|(derived, names)| match (derived.from, derived.figure) {
        (Origin::Spans, Figure::Latency(unit)) => {
            let holds = |name: &String| !name.ends_with("_count") && !name.ends_with("_sum");
            Some((unit.nanos, names.into_iter().filter(holds).collect()))
        }
        _ => None,
    })
}

/// The series with these names in which a request counts that took so many nanoseconds, by its service, operation and
/// kind.
pub(super) fn of_operation([service, operation, kind]: [String; 3], names: &[String], nanos: f64) -> Vec<Labels> {
    let labels = operation_labels(service, operation, &kind);
    let named = |name: &String| {
        let labels = labels.with(METRIC_NAME, name);
        if name.ends_with("_bucket") { labels.with("le", &shape::bucket(MILLISECONDS, nanos)) } else { labels }
    };
    names.iter().map(named).collect()
}

fn operation_labels(service: String, operation: String, kind: &str) -> Labels {
    let kind = if kind.is_empty() { String::new() } else { format!("SPAN_KIND_{kind}") };
    Labels::new([("service_name", service), ("span_name", operation), ("span_kind", kind)])
}

async fn provide(session: &Session, table: Origin) -> Result<(), QueryError> {
    let name = match table {
        Origin::Spans => "golden_signals",
        Origin::Edges => Judgement::ServiceEdges.table(),
    };
    session.provide(name).await?;
    Ok(())
}

/// Gives `take` the rows of a table from which wanted metrics are made, with the start of their minute in milliseconds.
async fn rows(
    session: &Session,
    (table, asked): (Origin, Asked),
    wanted: &[(Derived, Vec<String>)],
    matchers: &[Matcher],
    (from, to): (Nanos, Nanos),
    take: &mut (dyn FnMut(i64, &Row<'_>) -> Result<(), QueryError> + Send),
) -> Result<(), QueryError> {
    if !wanted.iter().any(|(derived, _)| derived.from == table) {
        return Ok(());
    }
    let is_latency = |derived: &Derived| derived.from == table && matches!(derived.figure, Figure::Latency(_));
    let latency = asked == Asked::Figures && wanted.iter().any(|(derived, _)| is_latency(derived));
    provide(session, table).await?;
    let (query, values) = query((table, asked), latency, matchers, from, to);
    read::each(session, &query, values, |batch| {
        let columns = Columns::new(&batch);
        for row in 0..batch.num_rows() {
            let minute = columns.micros("minute", row).div_euclid(1_000);
            let mut row = row_of(table, &columns, row);
            if asked == Asked::Labels {
                row.latency = Some(Latency::default());
            }
            take(minute, &row)?;
        }
        Ok(())
    })
    .await
}

fn query(
    (table, asked): (Origin, Asked),
    latency: bool,
    matchers: &[Matcher],
    from: Nanos,
    to: Nanos,
) -> (String, Vec<ScalarValue>) {
    let (name, own, spans, labels): (_, _, _, &[(&str, &str)]) = match table {
        Origin::Spans => (
            "golden_signals WHERE source = 'spans' AND",
            "service_name, operation, kind",
            "spans",
            &[("service_name", "service_name"), ("span_name", "operation")],
        ),
        Origin::Edges => (
            "service_edges WHERE requests > 0 AND",
            "client, server, connection_type",
            "requests",
            &[("client", "client"), ("server", "server")],
        ),
    };
    let figures =
        [("requests", "requests"), ("errors", "errors"), (spans, "spans")].map(|(column, name)| match asked {
            Asked::Figures => format!("CAST({column} AS DOUBLE) AS {name}"),
            Asked::Labels => format!("CAST(sum({column}) AS DOUBLE) AS {name}"),
        });
    let minute = if asked == Asked::Figures { "minute" } else { "min(minute) AS minute" };
    let latency = if latency {
        ", CAST(duration_sum_ns AS DOUBLE) AS duration_sum_ns, get_field(latency, 'offset') AS latency_offset,
         get_field(latency, 'counts') AS latency_counts"
    } else {
        ""
    };
    let mut values = vec![micros(from), micros(to)];
    let figures = figures.join(", ");
    let mut query = format!("SELECT {minute}, {own}, {figures}{latency} FROM {name} minute >= $1 AND minute < $2");
    for (label, column) in labels {
        let told = matchers.iter().find_map(|matcher| match &matcher.test {
            Test::Equal(value) if matcher.name == *label && !value.is_empty() => Some(value),
            _ => None,
        });
        if let Some(value) = told {
            values.push(text(value));
            query.push_str(&format!(" AND {column} = ${}", values.len()));
        }
    }
    if asked == Asked::Labels {
        query.push_str(&format!(" GROUP BY {own}"));
    }
    (query, values)
}

fn row_of<'a>(table: Origin, columns: &Columns<'a>, row: usize) -> Row<'a> {
    let labels = match table {
        Origin::Spans => {
            let (service, operation) = (columns.text("service_name", row), columns.text("operation", row));
            operation_labels(service, operation, &columns.text("kind", row))
        }
        Origin::Edges => {
            Labels::new(["client", "server", "connection_type"].map(|label| (label, columns.text(label, row))))
        }
    };
    let requests = columns.double("requests", row).unwrap_or(0.0);
    let spans = columns.double("spans", row).filter(|spans| *spans > 0.0).unwrap_or(1.0);
    let sum_ns = columns.double("duration_sum_ns", row).unwrap_or(0.0);
    let counts = columns.doubles("latency_counts", row);
    let latency = (!counts.is_empty()).then(|| Latency {
        offset: columns.int("latency_offset", row),
        counts,
        // A sampled span stands for several requests, and so does its duration.
        sum_ns: sum_ns * requests / spans,
    });
    Row { labels, requests, errors: columns.double("errors", row).unwrap_or(0.0), latency }
}

/// What a row adds to the series of wanted metrics.
fn series_of(wanted: &[(Derived, Vec<String>)], table: Origin, row: &Row<'_>, add: &mut dyn FnMut(Labels, Value)) {
    for (derived, names) in wanted.iter().filter(|(derived, _)| derived.from == table) {
        let named = |name: &str| row.labels.with(METRIC_NAME, name);
        match derived.figure {
            Figure::Requests => add(named(derived.name), Value::Float(row.requests)),
            Figure::Errors => add(named(derived.name), Value::Float(row.errors)),
            Figure::ByStatus => {
                let others = row.requests - row.errors;
                for (status, count) in [("STATUS_CODE_UNSET", others), ("STATUS_CODE_ERROR", row.errors)] {
                    if count > 0.0 {
                        add(named(derived.name).with("status_code", status), Value::Float(count));
                    }
                }
            }
            Figure::Latency(unit) => {
                let Some(latency) = &row.latency else { continue };
                for name in names {
                    match name.strip_prefix(derived.name).unwrap_or_default() {
                        "_bucket" => {
                            for (le, count) in latency.classic(unit) {
                                add(named(name).with("le", &le), Value::Float(count));
                            }
                        }
                        "_count" => add(named(name), Value::Float(latency.count())),
                        "_sum" => add(named(name), Value::Float(latency.sum_ns / unit.nanos)),
                        _ => add(named(name), Value::from(latency.native(unit))),
                    }
                }
            }
        }
    }
}

// === impl Derived ===

impl Derived {
    fn series_names(&self) -> Vec<String> {
        let ends: &[&str] = match self.figure {
            Figure::Latency(_) => &["", "_bucket", "_count", "_sum"],
            Figure::ByStatus | Figure::Requests | Figure::Errors => &[""],
        };
        ends.iter().map(|end| format!("{}{end}", self.name)).collect()
    }

    fn family(&self) -> MetricFamily {
        let (kind, unit) = match self.figure {
            Figure::Latency(unit) => ("histogram", unit.code),
            Figure::ByStatus | Figure::Requests | Figure::Errors => ("counter", ""),
        };
        MetricFamily {
            name: self.name.to_owned(),
            series: self.series_names(),
            kind,
            help: self.help.to_owned(),
            unit: unit.to_owned(),
        }
    }
}
